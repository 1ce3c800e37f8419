"""Unified diffs of the files of a plan, as text that a person and `patch` can read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from wslcfg.model.plan import FileChange, Plan
from wslcfg.ui.paint import Paint

# Lines shown before and after a change, as diff -u has it.
_CONTEXT = 3


def readable(raw: bytes | None) -> list[str]:
    """A file's lines for showing: UTF-16 with a BOM decoded, else UTF-8 with stray bytes as `\\xNN`; line ends dropped, a lone CR shown as `\\r`."""
    if not raw:
        return []
    if raw.startswith(b"\xff\xfe"):
        text = raw[2:].decode("utf-16-le", "replace")
    elif raw.startswith(b"\xfe\xff"):
        text = raw[2:].decode("utf-16-be", "replace")
    else:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "backslashreplace")
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    # Control characters other than tab would change the terminal, not the text on it.
    return ["".join(char if char >= " " or char == "\t" else repr(char)[1:-1] for char in line.removesuffix("\r")) for line in lines]


def ending(raw: bytes | None) -> str:
    """What a diff says beside the file's name: its encoding and line ends, so that a change of those alone is seen."""
    if raw is None:
        return "absent"
    marks = []
    if raw.startswith(b"\xff\xfe"):
        marks.append("UTF-16LE")
    elif raw.startswith(b"\xfe\xff"):
        marks.append("UTF-16BE")
    elif raw.startswith(b"\xef\xbb\xbf"):
        marks.append("BOM")
    crlf = raw.replace(b"\x00", b"").count(b"\r\n")
    lf = raw.count(b"\n") - crlf
    if crlf:
        marks.append("CRLF and LF mixed" if lf > 0 else "CRLF")
    return ", ".join(marks)


def unified(change: FileChange) -> str:
    """The unified diff of one file, '' when nothing differs. The `---`/`+++` lines name the file and, after a tab, its line ends."""
    before, after = ending(change.before), ending(change.after)
    head = [
        f"--- {'/dev/null' if change.before is None else change.label}\t{before}",
        f"+++ {'/dev/null' if change.after is None else change.label}\t{after}",
    ]
    if change.summary:
        return "\n".join([*head, change.summary.rstrip("\n")]) + "\n"
    lines = list(hunks(readable(change.before), readable(change.after)))
    if not lines and change.before == change.after:
        return ""
    return "\n".join([*head, *lines]) + "\n"


def hunks(old: list[str], new: list[str]) -> Iterator[str]:
    """The hunks of a unified diff with three lines of context.

    What both have in common at their beginning and end is set aside first: difflib takes lines that repeat often for noise, and would
    show a change of one line in a long file as a change of most of it.
    """
    start, ahead = 0, min(len(old), len(new))
    while start < ahead and old[start] == new[start]:
        start += 1
    end = 0
    while end < ahead - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, last = max(start - _CONTEXT, 0), max(end - _CONTEXT, 0)
    matcher = SequenceMatcher(None, old[first : len(old) - last], new[first : len(new) - last])
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        rows = (group[0][1] + first, group[-1][2] + first)
        columns = (group[0][3] + first, group[-1][4] + first)
        yield f"@@ -{_range(*rows)} +{_range(*columns)} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[first + i1 : first + i2])
                continue
            yield from (f"-{line}" for line in old[first + i1 : first + i2])
            yield from (f"+{line}" for line in new[first + j1 : first + j2])


def _range(start: int, stop: int) -> str:
    """A hunk's place as the format has it: from 1, the length left out where it is 1, the line before where it is 0."""
    length = stop - start
    return f"{start + 1}" if length == 1 else f"{start + 1 if length else start},{length}"


def plan_diff(plan: Plan) -> str:
    """The unified diff of every file of a plan."""
    return "".join(unified(change) for change in plan.files)


def painted(diff: str, paint: Paint) -> str:
    """A diff with colours: added green, removed red, places cyan."""
    if not paint.on:
        return diff
    styled = []
    for line in diff.splitlines():
        if line.startswith(("+++", "---")):
            styled.append(paint(line, "bold"))
        elif line.startswith("+"):
            styled.append(paint(line, "green"))
        elif line.startswith("-"):
            styled.append(paint(line, "red"))
        elif line.startswith("@@"):
            styled.append(paint(line, "cyan"))
        else:
            styled.append(line)
    return "\n".join(styled) + "\n" if styled else ""
