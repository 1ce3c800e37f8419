"""Think: the bytes of a file as WSL's C libraries hand them to its grammar: byte order marks, encodings, and where reading stops.

`.wslconfig` goes through the Windows C library's text mode (`_wfopen(path, L"rt,ccs=UTF-8")`), `/etc/wsl.conf` through musl's
byte-transparent stdio. Source: UCRT lowio/open.cpp and lowio/read.cpp, musl's C locale; proven against recorded readings of WSL.
"""

from __future__ import annotations

from struct import unpack
from typing import TYPE_CHECKING

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Target

# UCRT fills a 4096-byte stream buffer with UTF-16, so it reads half of that in UTF-8 bytes at a time (read.cpp, _read_nolock).
PIECE = 2048

# The end-of-file sign of a wide stream is also a character, U+FFFF: WSL's loops take it as the end of a line (WEOF).
WEOF = "\uffff"
_WEOF_UTF8 = b"\xef\xbf\xbf"

_CTRL_Z = 0x1A
_NON_ASCII = late(rb"[\x80-\xff]")


class Envelope(NamedTuple):
    """A file's text, one character per unit that WSL reads, and how to get from there back to bytes.

    Attributes:
        text: UTF-16: its code units. Else: one character per *byte* (Latin-1), so that offsets stay byte offsets; U+FFFF stands as three
            WEOF characters, since no byte can stand for it. Nothing behind `read_end` is in it.
        base: byte offset of text[0]. width: bytes per character, 1 or 2.
        encoding, opened, read_end, broken: see model.wslfile.Scan.
    """

    text: str
    base: int
    width: int
    encoding: str
    opened: bool
    read_end: int
    broken: bool

    @property
    def weof_width(self) -> int:
        """How many characters of `text` one U+FFFF takes."""
        return 1 if self.width == 2 else 3

    def low_bytes(self, text: str) -> str:
        r"""What is left of a piece of a value: WSL keeps the low byte of each UTF-16 unit (`static_cast<char>`): `Ł` -> `A`.

        Gives Latin-1 characters, one per byte. The piece must not have been put together from parts that a quote or an escape separated.
        """
        if text.isascii() or self.encoding == "bytes":
            return text
        if self.width == 2:
            return "".join(chr(ord(unit) & 0xFF) for unit in text)
        wide = text.encode("latin-1").decode("utf-8", "replace").encode("utf-16-le")
        return wide[::2].decode("latin-1")


def open_text(raw: bytes, target: Target) -> Envelope:
    """Open a file as WSL does; never fails, `opened` is False where WSL's own open fails (UTF-16BE with a byte order mark)."""
    if target == "wslconf":
        return Envelope(raw.decode("latin-1"), 0, 1, "bytes", True, len(raw), False)
    if raw.startswith(b"\xff\xfe"):
        return _utf16(raw)
    if raw.startswith(b"\xfe\xff"):
        return Envelope("", 2, 2, "utf16be-bom", False, 0, False)
    base = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    end, broken = _reading_stops(raw, base)
    text = raw[base:end].decode("latin-1")
    if _WEOF_UTF8 in raw:
        text = text.replace(_WEOF_UTF8.decode("latin-1"), WEOF * 3)
    return Envelope(text, base, 1, "utf8-bom" if base else "utf8", True, end, broken)


def encode(text: str, encoding: str) -> bytes:
    """New text in a file's encoding (see Scan.encoding), without a byte order mark."""
    return text.encode("utf-16-le" if encoding == "utf16le-bom" else "utf-8")


def decode(raw: bytes, encoding: str) -> str:
    """A stretch of a file for people to read: never fails, what is broken becomes U+FFFD."""
    return raw.decode("utf-16-le" if encoding == "utf16le-bom" else "utf-8", "replace")


def units(raw: bytes, width: int) -> str:
    """A stretch of a file with one character for each code unit (of one byte or two), for finding offsets."""
    return raw.decode("latin-1") if width == 1 else "".join(map(chr, unpack(f"<{len(raw) // 2}H", raw[: len(raw) - len(raw) % 2])))


def _utf16(raw: bytes) -> Envelope:
    """UTF-16LE: code units up to Ctrl-Z; a lone last byte is never read."""
    body = raw[2 : len(raw) - len(raw) % 2]
    text = body.decode("utf-16-le", "surrogatepass")
    if 2 * len(text) != len(body):  # pairs of surrogates: WSL sees two units where Python sees one character
        text = "".join(map(chr, unpack(f"<{len(body) // 2}H", body)))
    stop = text.find("\x1a")
    if stop >= 0:
        return Envelope(text[:stop], 2, 2, "utf16le-bom", True, 2 + 2 * stop, False)
    return Envelope(text, 2, 2, "utf16le-bom", True, 2 + len(body), False)


def _reading_stops(raw: bytes, base: int) -> tuple[int, bool]:
    """Where UCRT stops reading UTF-8, and whether because of broken bytes.

    It translates a piece at a time and looks only at the piece's last character: an unfinished one is left for the next piece, and one
    that has no lead byte within five bytes makes the read fail, so that the *whole* piece is lost (EILSEQ).
    """
    ctrl_z = raw.find(_CTRL_Z, base)
    end = len(raw) if ctrl_z < 0 else ctrl_z
    if _NON_ASCII.search(raw, base, end) is None:
        return end, False
    here = base
    while here < end:
        stop = min(here + PIECE, end)
        left = _unfinished(raw, here, stop)
        # Left bytes are read again; where nothing else was read, UCRT converts zero bytes and takes that for an error.
        if left < 0 or (left and stop - left <= here):
            return here, True
        if ctrl_z >= 0 and stop == end:
            return end - left, False
        here = stop - left
    return end, False


def _unfinished(raw: bytes, start: int, end: int) -> int:
    """How many bytes at the end of a piece are left for the next one; -1 where UCRT gives the piece up."""
    tail = raw[max(start, end - 16) : end].replace(b"\r\n", b"\n")
    if tail.endswith(b"\r") and raw[end : end + 1] == b"\n":
        tail = tail[:-1]  # a CR at the end of a piece is dropped when LF follows
    if not tail or tail[-1] < 0x80:
        return 0
    counter, here = 1, len(tail) - 1
    while here >= 0 and not _trailing(tail[here]) and counter <= 4:
        here -= 1
        counter += 1
    follow = _trailing(tail[here]) if here >= 0 else 0
    if follow == 0:
        return -1
    return 0 if follow + 1 == counter else counter


def _trailing(byte: int) -> int:
    """How many bytes follow this lead byte, 0 for any other byte (UCRT's table)."""
    if 0xC0 <= byte < 0xE0:
        return 1
    if 0xE0 <= byte < 0xF0:
        return 2
    return 3 if 0xF0 <= byte < 0xF8 else 0
