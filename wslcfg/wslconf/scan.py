"""Think: what WSL's grammar makes of a file, for any bytes. An expression takes the ordinary lines, `grammar` all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.model.late import late
from wslcfg.model.wslfile import BadLine, Entry, Header, Scan
from wslcfg.wslconf import warnings
from wslcfg.wslconf.envelope import WEOF, open_text
from wslcfg.wslconf.grammar import Reader

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Target

# A line without NULs and non-ASCII characters in its value, and with an ordinary end. No two neighbouring parts can match the same
# characters, so that a line that does not match costs linear time.
_LINE = r"[ \t]*(?:([A-Za-z][A-Za-z0-9]*)[ \t]*=([{value}]*)(#[{rest}]*)?|\[([A-Za-z][A-Za-z0-9]*)\][ \t]*(#[{rest}]*)?|#[{rest}]*|)\r?\n"
_ORDINARY = late(_LINE.format(value=r"\x01-\x09\x0b\x0c\x0e-\x22\x24-\x7f", rest=r"^\r\n"))
# U+FFFF ends the file for WSL. Few files have it, and a class that names it takes Python milliseconds to compile.
_ORDINARY_TO_THE_END = late(_LINE.format(value=r"\x01-\x09\x0b\x0c\x0e-\x22\x24-\x7f", rest=r"^\r\n\uffff"))
_EMPTY = late(r"\n+")


def scan(raw: bytes, target: Target, path: str) -> Scan:
    """Read a file as WSL does. Never fails, whatever the bytes.

    Args:
        raw: the file. target: which of the two grammars' flavours. path: how WSL's warnings name the file.
    """
    return read(raw, target, path, keep_going=False)


def read(raw: bytes, target: Target, path: str, *, keep_going: bool) -> Scan:
    """`scan`, or with `keep_going` a wsl.conf as if its first mistake did not end it: what a repair would bring to life."""
    envelope = open_text(raw, target)
    reader = Reader(raw, envelope, target, abort=target == "wslconf" and not keep_going)
    _read_items(reader, twice=target == "wslconf")
    parts = tuple(reader.parts)
    said = () if envelope.opened else (warnings.cannot_open(path),)
    return Scan(
        raw, target, path, envelope.encoding, _newline(envelope.text, target), parts, said + _grammar_warnings(parts, path), reader.aborted,
        envelope.opened, envelope.read_end, envelope.broken,
    )  # fmt: skip


def _read_items(reader: Reader, *, twice: bool) -> None:
    """Walk the text from line to line. `twice`: WSL counts CR LF behind a header or a value as two lines (wsl.conf)."""
    text = reader.text
    end = len(text)
    here = 0
    match = (_ORDINARY_TO_THE_END if WEOF in text else _ORDINARY).match
    while here < end:
        found = match(text, here)
        value = None
        if found is not None and (kind := found.lastindex) is not None and kind <= 3:
            written = found[2].strip(" \t")
            value = _plain_value(written) if '"' in written or "\\" in written else written
        if found is None or (found[1] is not None and value is None):
            here = reader.item(here)
            if reader.aborted:
                return
            continue
        after = found.end()
        kind = found.lastindex
        if kind is not None:
            crlf = text[after - 2] == "\r"
            stop = after - 2 if crlf else after - 1
            if value is not None:
                whole = found[2]
                value_start = found.start(2) + (len(whole) - len(whole.lstrip(" \t")) if written else whole[:1] == " ")
                reader.add_entry(found[1], value, (here, stop), found.span(1), (value_start, value_start + len(written)))
            else:
                reader.add_header(found[4], here, stop)
            if twice and crlf and kind in (2, 4):
                reader.line += 1
        reader.line += 1
        reader.editor_line += 1
        here = after
        if text[after : after + 1] == "\n":
            here = _EMPTY.match(text, after).end()  # type: ignore[union-attr]
            reader.line += here - after
            reader.editor_line += here - after


def _plain_value(written: str) -> str | None:
    """A value whose only escapes are doubled backslashes and whose quotes are closed; None for what the grammar itself has to read."""
    rest = written.replace("\\\\", "")
    if "\\" in rest or rest.count('"') % 2:
        return None
    return written.replace('"', "").replace("\\\\", "\\")


def _newline(text: str, target: Target) -> str:
    """The line end a new line should get: the file's majority, the file's own kind where it has none."""
    pairs = text.count("\r\n")
    single = text.count("\n") - pairs
    if pairs == single:
        return "\r\n" if target == "wslconfig" else "\n"
    return "\r\n" if pairs > single else "\n"


def _grammar_warnings(parts: tuple[Entry | Header | BadLine, ...], path: str) -> tuple[str, ...]:
    """What the grammar alone makes WSL say, in its order."""
    said: list[str] = []
    first: dict[str, Entry] = {}
    for part in parts:
        if isinstance(part, Entry):
            if part.setting is None:
                said.append(warnings.unknown_key(part, path))
            elif part.live:
                first[part.setting] = part
            else:
                said.append(warnings.duplicate(part, first[part.setting], path))
        elif isinstance(part, BadLine):
            said.append(warnings.bad_line(part, path))
    return tuple(said)
