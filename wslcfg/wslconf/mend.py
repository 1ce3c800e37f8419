"""Think: what has to change in a file before WSL can read it at all, or can read on: encodings, broken bytes, wsl.conf's first mistake.

Each function gives the mended bytes and what was mended; where nothing is wrong, the bytes come back as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.model.plan import Repair
from wslcfg.model.wslfile import BadLine, Entry, Header
from wslcfg.wslconf.scan import read, scan

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Target

_BOM = b"\xef\xbb\xbf"
# A header that is none, by what WSL finds wrong with it.
BAD_HEADERS = frozenset({"section", "expected-]", "expected-eol"})


def encoding(raw: bytes, target: Target, label: str) -> tuple[bytes, tuple[Repair, ...]]:
    """Re-encode a file that WSL cannot open or takes for noise: UTF-16BE, UTF-16 without its mark, and in wsl.conf any mark at all."""
    kind = _utf16_kind(raw, target)
    if kind is not None:
        mark, codec, said = kind
        try:
            mended = raw[mark : len(raw) - (len(raw) - mark) % 2].decode(codec, "replace").encode("utf-8", "replace")
        except UnicodeError:
            return raw, ()
        return mended, (Repair(label, 1, said, "UTF-8", f"WSL cannot read this file as {said}, so it is written as UTF-8."),)
    if target == "wslconf" and raw.startswith(_BOM):
        first = raw[3:].split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace")
        why = "WSL takes the byte order mark for a mistake and ignores the whole file."
        return raw[3:], (Repair(label, 1, "\ufeff" + first, first, why),)
    return raw, ()


def broken_bytes(raw: bytes, label: str) -> tuple[bytes, tuple[Repair, ...]]:
    """Make every byte valid UTF-8: WSL stops reading where a broken character meets the end of a 2048-byte piece or of the file.

    What is not UTF-8 was most likely written on Windows as CP1252, so that is what it is read as.
    """
    old_lines = raw.split(b"\n")
    new_lines = [_as_utf8(line) for line in old_lines]
    why = "WSL stops reading at broken UTF-8, so the characters are written as UTF-8."
    repairs = tuple(
        Repair(label, number, old.rstrip(b"\r").decode("utf-8", "replace"), new.rstrip(b"\r").decode("utf-8", "replace"), why)
        for number, (old, new) in enumerate(zip(old_lines, new_lines, strict=True), 1)
        if old != new
    )
    return b"\n".join(new_lines), repairs


def first_mistake(raw: bytes, label: str) -> tuple[bytes, tuple[Repair, ...]]:
    """Comment out what makes WSL stop reading a wsl.conf, so that it reads to the end.

    Below a bad header the keys go with it: without it they would belong to the section above.
    """
    whole = read(raw, "wslconf", label, keep_going=True)
    stops, belongs = "WSL stops reading the file at this line.", "Without its header this line would belong to the section above."
    spans: list[tuple[int, int, str]] = []
    headless = False
    for part in whole.parts:
        if isinstance(part, Header):
            headless = False
        elif isinstance(part, BadLine):
            headless = headless or part.problem in BAD_HEADERS
            spans.append((part.start, part.end, stops))
        elif headless:
            spans.append((part.start, part.end, belongs))
    pieces: list[bytes] = []
    repairs: list[Repair] = []
    done = line = 0
    for start, end, why in spans:
        line += raw.count(b"\n", done, start)
        pieces.append(raw[done:start])
        for offset, old in enumerate(raw[start:end].split(b"\n")):
            pieces.append((b"\n" if offset else b"") + b"# " + old)
            text = old.rstrip(b"\r").decode("utf-8", "replace")
            repairs.append(Repair(label, line + offset + 1, text, "# " + text, why))
        line += raw.count(b"\n", start, end)
        done = end
    pieces.append(raw[done:])
    return b"".join(pieces), tuple(repairs)


def open_end(raw: bytes, target: Target, label: str) -> tuple[bytes, tuple[Repair, ...]]:
    """Comment out a last line that ends in a backslash and nothing: WSL drops it now, and would join it with a line put below."""
    scanned = scan(raw, target, label)
    last = scanned.parts[-1] if scanned.parts else None
    if not isinstance(last, BadLine) or last.problem != "escape" or last.end != scanned.read_end:
        return raw, ()
    hash_sign = "# ".encode("utf-16-le") if scanned.encoding == "utf16le-bom" else b"# "
    why = "WSL drops this line; its last backslash would join it with the line below."
    return raw[: last.start] + hash_sign + raw[last.start :], (Repair(label, last.editor_line, last.text, "# " + last.text, why),)


def _utf16_kind(raw: bytes, target: Target) -> tuple[int, str, str] | None:
    """Length of the mark, codec and name of a UTF-16 that WSL does not read in this file; None for what it reads."""
    if raw.startswith(b"\xfe\xff"):
        return 2, "utf-16-be", "UTF-16BE"
    if raw.startswith(b"\xff\xfe"):
        return (2, "utf-16-le", "UTF-16LE") if target == "wslconf" else None
    head = raw[:4]
    if len(head) < 4 or len(raw) % 2:
        return None
    wide = [("utf-16-le", head[1] | head[3], head[0] and head[2]), ("utf-16-be", head[0] | head[2], head[1] and head[3])]
    codec = next((codec for codec, zeros, letters in wide if zeros == 0 and letters), None)
    if codec is None or any(isinstance(part, Entry) for part in scan(raw, target, "").parts):
        return None
    try:
        raw.decode(codec)
    except UnicodeError:
        return None
    return 0, codec, codec.upper().replace("UTF-16-", "UTF-16") + " without a byte order mark"


def _as_utf8(line: bytes) -> bytes:
    text = line.decode("utf-8", "surrogateescape")
    if text.isascii():
        return line
    return "".join(_guessed(char) if "\udc80" <= char <= "\udcff" else char for char in text).encode("utf-8")


def _guessed(char: str) -> str:
    byte = bytes([ord(char) - 0xDC00])
    try:
        return byte.decode("cp1252")
    except UnicodeDecodeError:
        return byte.decode("latin-1")
