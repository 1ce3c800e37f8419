"""Think: single changes of a file's bytes: a value in place, a new line, a new section, a line taken out. All else stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import BadLine, Entry, Header
from wslcfg.wslconf.envelope import decode, encode
from wslcfg.wslconf.mend import BAD_HEADERS
from wslcfg.wslconf.swallowed import commented, swallowed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wslcfg.model.wslfile import Scan
    from wslcfg.wslconf.keys import Setting

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\b": "\\b"})
_SEPARATOR = late(r"[ \t]*=[ \t]*")
# A value that WSL drops, for the comment behind it: quotes hide a `#`, a backslash takes the character behind it along.
_DROPPED_VALUE = late(r'(?:[^"\\#]|\\.?|"(?:[^"\\]|\\.?)*"?)*', re.DOTALL)


class Spliced(NamedTuple):
    """The new bytes, and the raw value before and after; None where it was or is not there."""

    raw: bytes
    old: str | None
    new: str | None


def spell(value: str) -> str:
    r"""A logical value as it has to stand in the file: `C:\wsl` -> `C:\\wsl`, quotes round `#` and round spaces at its edges."""
    text = value.translate(_ESCAPES)
    return f'"{text}"' if "#" in value or value != value.strip(" ") else text


def value_of(scan: Scan, part: Entry) -> str:
    """The raw value of an entry as it stands in the file."""
    return decode(scan.raw[part.value_start : part.value_end], scan.encoding)


def line_of(scan: Scan, part: Entry) -> str:
    """The whole text of an entry's line."""
    return decode(scan.raw[part.start : part.end], scan.encoding)


def replace_value(scan: Scan, entry: Entry, value: str, setting: Setting) -> Spliced:
    """Another value for an entry; lines that the old one has swallowed stay below it as comments."""
    new = spell(value)
    kept = swallowed(scan, entry, setting)
    if kept:
        return Spliced(_above_kept(scan, entry, new, commented(scan, kept)), value_of(scan, entry), new)
    behind = decode(scan.raw[entry.value_end : entry.end], scan.encoding)
    gap = " " if entry.value_start == entry.value_end and behind.startswith("#") else ""
    raw = scan.raw[: entry.value_start] + encode(new + gap, scan.encoding) + scan.raw[entry.value_end :]
    return Spliced(raw, value_of(scan, entry), new)


def _above_kept(scan: Scan, part: Entry | BadLine, new: str, kept: bytes) -> bytes:
    """The file with a new value in a statement of several lines, and below it what is kept of those."""
    end = part.end + _line_end(scan, part.end)
    newline = encode(scan.newline, scan.encoding)
    head = scan.raw[: part.value_start] + encode(new, scan.encoding) + newline
    return head + (kept if end > part.end else kept.removesuffix(newline)) + scan.raw[end:]


def replace_dropped(scan: Scan, bad: BadLine, value: str, setting: Setting) -> Spliced:
    """A value for a line of the setting whose own value the grammar cannot read; a comment behind it stays, and lines it has swallowed too."""
    kept = swallowed(scan, bad, setting)
    if kept:
        old = decode(scan.raw[bad.value_start : bad.end], scan.encoding)
        return Spliced(_above_kept(scan, bad, spell(value), commented(scan, kept)), old, spell(value))
    written = decode(scan.raw[bad.value_start : bad.end], scan.encoding)
    found = _DROPPED_VALUE.match(written)
    old = written[: found.end()].rstrip(" \t") if found is not None else written
    end = bad.value_start + len(encode(old, scan.encoding))
    if scan.raw[bad.value_start : end] != encode(old, scan.encoding):
        end, old = bad.end, written  # broken characters: the whole rest of the line is the value
    new = spell(value)
    return Spliced(scan.raw[: bad.value_start] + encode(new, scan.encoding) + scan.raw[end:], old, new)


def section_of(scan: Scan, name: str) -> tuple[Header, Entry | None] | None:
    """The first section of that name, and its last key line; None where there is no such section."""
    for index, part in enumerate(scan.parts):
        if isinstance(part, Header) and part.name.lower() == name.lower():
            last = None
            for behind in scan.parts[index + 1 :]:
                if isinstance(behind, Header) or (isinstance(behind, BadLine) and behind.problem in BAD_HEADERS):
                    break
                if isinstance(behind, Entry):
                    last = behind
            return part, last
    return None


def add(scan: Scan, setting: Setting, value: str) -> Spliced:
    """A new line behind the last key line of the first matching section, or a new section at the end of what WSL reads."""
    new = spell(value)
    found = section_of(scan, setting.section)
    if found is None:
        return Spliced(_with_section(scan, setting, new), None, new)
    header, last = found
    line = _line(scan, setting, new, last or _any_entry(scan), indent=last)
    here = header.end if last is None else last.end
    end = here + _line_end(scan, here)
    text = line + scan.newline if end > here else scan.newline + line
    return Spliced(scan.raw[:end] + encode(text, scan.encoding) + scan.raw[end:], None, new)


def take_out(scan: Scan, entries: Sequence[Entry], setting: Setting) -> bytes:
    """The file without these entries' lines (given in its order).

    A comment behind a value stays, on a line of its own, and lines that a value has swallowed stay as comments.
    """
    pieces: list[bytes] = []
    done = 0
    for entry in entries:
        start, end = _line_span(scan, entry)
        kept = commented(scan, swallowed(scan, entry, setting))
        if kept:
            start, end = entry.start, entry.end + _line_end(scan, entry.end)
            kept = kept if end > entry.end else kept.removesuffix(encode(scan.newline, scan.encoding))
        pieces += [scan.raw[done : max(start, done)], kept]
        done = max(end, done)
    return b"".join((*pieces, scan.raw[done:]))


def _line_span(scan: Scan, entry: Entry) -> tuple[int, int]:
    """The bytes that go with an entry: its line with the line end; of a last line without one, the line end before it; or all but its comment."""
    if decode(scan.raw[entry.value_end : entry.end], scan.encoding).lstrip(" \t").startswith("#"):
        return entry.key_start, entry.end - _comment_length(scan, entry)
    end = entry.end + _line_end(scan, entry.end)
    if end > entry.end or entry.end != len(scan.raw):
        return entry.start, end
    return entry.start - _line_end_before(scan, entry.start), end


def _comment_length(scan: Scan, entry: Entry) -> int:
    """Bytes of the comment that ends an entry's line."""
    mark = encode("#", scan.encoding)
    here = entry.value_end
    while scan.raw[here : here + len(mark)] != mark:
        here += len(mark)
    return entry.end - here


def _with_section(scan: Scan, setting: Setting, new: str) -> bytes:
    """The file with a new section at the end of what WSL reads, a blank line before it."""
    head, tail = scan.raw[: scan.read_end], scan.raw[scan.read_end :]
    newline = scan.newline
    lf = encode("\n", scan.encoding)
    empty = scan.read_end <= _mark_length(scan)
    last = scan.parts[-1] if scan.parts else None
    # A value that is continued onto nothing has taken the line end that stands there.
    ended = empty or (head.endswith(lf) and not (isinstance(last, Entry) and last.end == scan.read_end))
    blank = empty or (ended and head.endswith((lf + lf, encode("\n\r\n", scan.encoding))))
    text = ("" if ended else newline) + ("" if blank else newline)
    text += f"[{setting.section}]{newline}{_line(scan, setting, new, _any_entry(scan), indent=None)}"
    if ended or tail:
        text += newline
    return head + encode(text, scan.encoding) + tail


def _mark_length(scan: Scan) -> int:
    return {"utf8-bom": 3, "utf16le-bom": 2}.get(scan.encoding, 0)


def _any_entry(scan: Scan) -> Entry | None:
    """The file's last entry, whose spacing a first line of a section takes over."""
    return next((part for part in reversed(scan.parts) if isinstance(part, Entry)), None)


def _line(scan: Scan, setting: Setting, new: str, like: Entry | None, *, indent: Entry | None) -> str:
    """`key = value` with the spacing of `like` and the indentation of `indent`."""
    space = ""
    if indent is not None:
        space = decode(scan.raw[indent.start : indent.key_start], scan.encoding)
    separator = "="
    if like is not None:
        found = _SEPARATOR.match(decode(scan.raw[like.key_end : like.end], scan.encoding))
        separator = found[0] if found is not None else "="
        before, _, behind = separator.partition("=")
        if len(before) > 1 and "\t" not in before:  # equals signs stand in one column
            column = len(like.key) + len(before)
            before = " " * max(1, column - len(setting.key))
        separator = before + "=" + (behind if len(behind) <= 1 else behind[:1])
    return space + setting.key + separator + new


def _line_end(scan: Scan, here: int) -> int:
    """Bytes of the line end at an offset; 0 where there is none."""
    for text in ("\r\n", "\n", "\r"):
        found = encode(text, scan.encoding)
        if scan.raw.startswith(found, here) and here + len(found) <= scan.read_end:
            return len(found)
    return 0


def _line_end_before(scan: Scan, here: int) -> int:
    """Bytes of the line end just before an offset; 0 where there is none."""
    for text in ("\r\n", "\n", "\r"):
        found = encode(text, scan.encoding)
        if here >= len(found) + _mark_length(scan) and scan.raw.startswith(found, here - len(found)):
            return len(found)
    return 0
