"""Think: the lines that a value has swallowed over a backslash at the end of a line, which an edit of that value keeps as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import BadLine, Entry
from wslcfg.wslconf import keys
from wslcfg.wslconf.envelope import decode, encode, units
from wslcfg.wslconf.values import parsed

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Scan
    from wslcfg.wslconf.keys import Setting

CONTINUED = late(r"\\(?:\r\n|\n|\r)")
_KEY_LINE = late(r"[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=")
_HEADER_LINE = late(r"[ \t]*\[[A-Za-z][A-Za-z0-9]*\]")

# Settings whose text is words, not one value: here a line may well be continued, and quotation marks may be meant to stay.
WORDS = ("text", "list")


class Swallowed(NamedTuple):
    """A line that WSL reads as part of the value above it: its number as an editor counts, and its bytes without the line end."""

    line: int
    raw: bytes


def looks_meant(scan: Scan, line: str) -> bool:
    """Whether a swallowed line is a setting or a header of its own."""
    match = _KEY_LINE.match(line)
    known = {setting.key.lower() for setting in keys.settings_of(scan.target)}
    return header_like(line) or (match is not None and match[1].lower() in known)


def header_like(line: str) -> bool:
    """Whether a line begins as a section header does."""
    return _HEADER_LINE.match(line) is not None


def key_of(line: str) -> str | None:
    """The key of a line that reads `key = …`, None for any other."""
    match = _KEY_LINE.match(line)
    return match[1] if match is not None else None


def swallowed(scan: Scan, part: Entry | BadLine, setting: Setting | None) -> tuple[Swallowed, ...]:
    """The lines in a statement that are no part of what its value was meant to be; the last one with the comment behind it.

    A value that WSL can read has its lines for itself (`4\\` and `GB`); words, and those of an unknown key, end where a line is a
    setting or a header of its own.
    """
    if part.value_start < 0:
        return ()
    width = 2 if scan.encoding == "utf16le-bom" else 1
    # Behind the value only a comment stands, in which a backslash means nothing.
    end = part.value_end if isinstance(part, Entry) else part.end
    text = units(scan.raw[part.value_start : end], width)
    found = list(CONTINUED.finditer(text))
    words = setting is None or setting.type in WORDS
    reads = isinstance(part, Entry) and setting is not None and setting.type != "path" and parsed(setting, part.value) is not None
    if not found or (reads and not words):
        return ()
    kept: list[Swallowed] = []
    line = part.editor_line
    for index, match in enumerate(found):
        line += 1
        start = part.value_start + width * match.end()
        stop = part.value_start + width * found[index + 1].start() if index + 1 < len(found) else part.end
        raw = scan.raw[start:stop]
        piece = decode(raw, scan.encoding)
        meant = looks_meant(scan, piece) if words else not _is_comment(piece)
        if piece.strip() and (kept or meant):
            kept.append(Swallowed(line, raw))
    return tuple(kept)


def as_comment(line: str) -> str:
    """A line's text as a comment."""
    return line if _is_comment(line) else f"# {line}"


def commented(scan: Scan, lines: tuple[Swallowed, ...]) -> bytes:
    """The lines as comments, each with the file's line end behind it."""
    mark, end = encode("# ", scan.encoding), encode(scan.newline, scan.encoding)
    return b"".join((b"" if _is_comment(decode(line.raw, scan.encoding)) else mark) + line.raw + end for line in lines)


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t").startswith("#")
