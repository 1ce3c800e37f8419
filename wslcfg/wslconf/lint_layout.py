"""Think: lint rules about lines that WSL's grammar throws away. One bad line gives one hit, by what the person most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from wslcfg.model.late import late
from wslcfg.model.wslfile import BadLine, Entry, Header
from wslcfg.wslconf import keys
from wslcfg.wslconf.guess import guess, guess_section
from wslcfg.wslconf.lint_case import Case, Hit, Move, Rule, Splice, is_header
from wslcfg.wslconf.lint_lost import lost_keys
from wslcfg.wslconf.lint_meant import meant

_COLON = late(r"([A-Za-z][A-Za-z0-9]*)[ \t]*(:)[ \t]*\S")
_DOTTED = late(r"([A-Za-z][A-Za-z0-9]*)\.([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(.*)")
_ASSIGNED = late(r"([^=]*?)[ \t]*=[ \t]*(.*)", re.DOTALL)
_OTHER_COMMENT = late(r"(//|--|::|<!--|(?i:rem)\b)")
# What a value may hold that has to be read by WSL's rules first.
_MARKED = late(r'["\\#]|[^ -~\t]')
_CONFLICT = late(r"(<{7}|={7}|>{7})")
_LETTERS = late(r"[^A-Za-z0-9]")
# What `[wsl2` and `[ "wsl2" ]` have around the name: nothing else may stand there, or the line is left to the person.
_NEAR_HEADER = late(r"""\[[ \t]*["']?[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*["']?[ \t]*\]?[ \t]*(#.*)?""")


def _sections(case: Case) -> dict[int, str]:
    """The section that each bad line stands in, by its start: in lower case, '' above every header and below a broken one."""
    found: dict[int, str] = {}
    section = ""
    for part in case.scan.parts:
        if isinstance(part, Header):
            section = part.name.lower()
        elif isinstance(part, BadLine):
            found[part.start] = section
            if is_header(part):
                section = ""
    return found


def _hit(case: Case, bad: BadLine, key: str | None, message: str, fix: str, mend: Splice | Move | None = None) -> Hit:
    """A hit on a bad line; in wsl.conf it says as well which keys are lost below, since WSL reads no further there."""
    if not case.scan.aborted:
        return Hit(bad.start, bad.editor_line, key, message, fix, mend)
    lost = [f"{name} (line {line})" for name, line in lost_keys(case.scan, bad)]
    end = f", so {', '.join(lost)} {'is' if len(lost) == 1 else 'are'} lost." if lost else "."
    return Hit(bad.start, bad.editor_line, key, f"{message.removesuffix('.')}; it reads no further{end}", fix, mend, level="error")


def _bad_lines(case: Case) -> Iterator[tuple[BadLine, str, int]]:
    """The bad lines with their text without indent and the byte offset where that text begins."""
    if case.garbled or (case.target == "wslconf" and case.scan.raw.startswith(b"\xef\xbb\xbf")):
        return
    for bad in case.bad_lines:
        text = case.text(bad.start, bad.end)
        bare = text.lstrip(" \t")
        yield bad, bare, bad.start + case.width(text[: len(text) - len(bare)])


def _semicolon(case: Case) -> Iterator[Hit]:
    for bad, text, at in _bad_lines(case):
        if text.startswith(";"):
            message = "A semicolon begins no comment for WSL, it throws the line away."
            yield _hit(case, bad, None, message, "Begin the comment with #.", Splice(at, at + case.width(";"), "#"))


def _other_comment(case: Case) -> Iterator[Hit]:
    for bad, text, at in _bad_lines(case):
        match = _OTHER_COMMENT.match(text)
        if match:
            message = f"'{match[1]}' begins no comment for WSL, it throws the line away."
            yield _hit(case, bad, None, message, "Begin the comment with #.", Splice(at, at, "# "))


def _conflict(case: Case) -> Iterator[Hit]:
    for bad, text, _ in _bad_lines(case):
        if _CONFLICT.match(text):
            yield _hit(case, bad, None, "This is a marker of an unresolved merge.", "Keep one of the two sides and remove the markers.")


def _system_distro_env(case: Case) -> Iterator[Hit]:
    for bad, text, _ in _bad_lines(case):
        if is_header(bad) and "system-distro-env" in text.lower():
            message = "The section [system-distro-env] belongs into .wslgconfig; here WSL throws its header away."
            yield _hit(case, bad, "system-distro-env", message, "Move it to .wslgconfig in the same folder.")


def _until_section(case: Case, bad: BadLine) -> Iterator[Entry]:
    """The entries that would stand in a header's section if it were mended: a further broken header, which WSL ignores, ends none."""
    behind = (part for part in case.scan.parts if part.start > bad.start)
    return (part for part in takewhile(lambda part: not isinstance(part, Header), behind) if isinstance(part, Entry))


def _header(case: Case) -> Iterator[Hit]:
    for bad, text, at in _bad_lines(case):
        if not is_header(bad):
            continue
        message = "WSL cannot read this section header, and ignores it."
        near = _NEAR_HEADER.fullmatch(text.rstrip())
        section = guess_section(near[1], case.target) if near else None
        if near is None or section is None:
            yield _hit(case, bad, None, message, "Write the name alone in brackets, for example [wsl2].")
            continue
        kept = text[: near.start(2)] if near[2] else text.rstrip()
        below = [*_until_section(case, bad)]
        clash = [keys.find(f"{section}.{entry.key}", case.target) for entry in below if entry.setting is None]
        clear = not any(setting is not None and setting.name in case.live for setting in clash)
        # What counts now by the section above would be taken out of it.
        clear = clear and not any(entry.live and entry.setting and not entry.setting.startswith(f"{section}.") for entry in below)
        mend = Splice(at, at + case.width(kept.rstrip()), f"[{section}]") if clear else None
        yield _hit(case, bad, section, message, f"Write [{section}].", mend)


def _escape(case: Case) -> Iterator[Hit]:
    for bad, _, _ in _bad_lines(case):
        if bad.problem != "escape":
            continue
        setting = keys.find(bad.name, case.target)
        name = setting.name if setting else None
        message = f"WSL throws this line away because of a backslash{' in ' + name if name else ''}; one that is meant has to be doubled."
        value = case.text(bad.value_start, bad.end)
        mend = None
        if setting and setting.type == "path" and setting.name not in case.live and "\n" not in value and "\r" not in value:
            mend = Splice(bad.value_start, bad.end, doubled(value))
        plain = setting is not None and setting.type not in ("path", "text")
        yield _hit(case, bad, name, message, "Remove the backslash." if plain else f"Write {doubled(value.strip())}.", mend)


def doubled(value: str) -> str:
    r"""A raw value with each single backslash doubled: `C:\wsl\swap.vhdx` -> `C:\\wsl\\swap.vhdx`; pairs and `\"` stay."""
    return re.sub(r'\\(\\|"|)', lambda found: found[0] if found[1] else "\\\\", value)


def _quote(case: Case) -> Iterator[Hit]:
    for bad, _, _ in _bad_lines(case):
        if bad.problem == "quote":
            setting = keys.find(bad.name, case.target)
            message = "A quotation mark is opened and not closed, so WSL throws the line away."
            yield _hit(case, bad, setting.name if setting else None, message, 'Close it, or write \\" for the character itself.')


def _colon(case: Case) -> Iterator[Hit]:
    for bad, text, at in _bad_lines(case):
        match = _COLON.match(text)
        if match and bad.problem == "expected-=":
            setting = keys.find(bad.name, case.target)
            name = setting.name if setting else match[1]
            colon = at + case.width(text[: match.start(2)])
            mend = Splice(colon, colon + case.width(":"), "=") if setting and setting.name not in case.live else None
            yield _hit(
                case, bad, name, f"WSL throws this line away: after {match[1]} it wants = and not a colon.", "Write = instead of :.", mend
            )


def _dotted(case: Case) -> Iterator[Hit]:
    sections = _sections(case)
    for bad, text, at in _bad_lines(case):
        match = _DOTTED.match(text)
        if match is None or is_header(bad):
            continue
        setting = keys.find(f"{match[1]}.{match[2]}", case.target)
        mend: Splice | Move | None = None
        if setting and setting.name not in case.live and case.target == "wslconfig":
            if sections[bad.start] == setting.section.lower():
                mend = Splice(at, at + case.width(text[: match.start(2)]), "")
            else:
                value = None if _MARKED.search(match[3]) else meant(setting, match[3].strip())
                mend = Move(bad.start, bad.end, setting.name, value) if value is not None else None
        name = setting.name if setting else f"{match[1]}.{match[2]}"
        message = f"WSL throws this line away: a key holds no dot, {match[1]} is the section."
        yield _hit(case, bad, name, message, f"Write {match[2]} under [{match[1]}].", mend)


def _bad_key(case: Case) -> Iterator[Hit]:
    sections = _sections(case)
    for bad, text, at in _bad_lines(case):
        match = _ASSIGNED.fullmatch(text)
        if match is None or bad.problem not in ("key", "expected-="):
            continue
        word = match[1].split()[-1] if match[1].split() else ""
        section = sections[bad.start]
        name = guess(f"{section}.{_LETTERS.sub('', word)}", case.target) if word else None
        message = (
            "WSL throws this line away: a key consists of letters and digits alone."
            if word
            else "WSL throws this line away: there is no key."
        )
        if name is None:
            yield _hit(case, bad, None, message, "Write key=value.")
            continue
        here, _, key = name.partition(".")
        mend = None
        if here == section and name not in case.live:
            mend = Splice(at, at + case.width(match[1]), key)
        yield _hit(case, bad, name, message, f"Write {key}= under [{here}].", mend)


def _no_setting(case: Case) -> Iterator[Hit]:
    for bad, _, _ in _bad_lines(case):
        yield _hit(
            case,
            bad,
            None,
            "WSL throws this line away: it is no setting, no section and no comment.",
            "Write key=value, or # before a comment.",
        )


RULES: tuple[Rule, ...] = (
    Rule("WC020", "warning", "line", "semicolon comment", _semicolon),
    Rule("WC021", "warning", "line", "other comment sign", _other_comment),
    Rule("WC022", "error", "line", "merge conflict", _conflict),
    Rule("WC023", "error", "line", "[system-distro-env] in the wrong file", _system_distro_env),
    Rule("WC024", "error", "line", "unreadable section header", _header),
    Rule("WC025", "error", "line", "single backslash", _escape),
    Rule("WC026", "error", "line", "unclosed quotation mark", _quote),
    Rule("WC027", "error", "line", "colon instead of =", _colon),
    Rule("WC028", "error", "line", "dotted key", _dotted),
    Rule("WC029", "error", "line", "bad key name", _bad_key),
    Rule("WC030", "error", "line", "no setting", _no_setting),
)
