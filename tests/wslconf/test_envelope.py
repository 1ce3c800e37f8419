"""What reaches WSL's grammar: byte order marks, encodings, and where the C library stops reading."""

from __future__ import annotations

import pytest

from wslcfg.wslconf.envelope import PIECE, open_text

_FILL = b"[wsl2]\n#"


def piece(last: bytes) -> bytes:
    """A first piece of 2048 bytes that ends in `last`, and a line behind it."""
    return _FILL.ljust(PIECE - len(last), b"x") + last + b"\nmemory=4GB\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "text", "read_end"),
    [
        (b"a=1", "utf8", "a=1", 3),
        (b"\xef\xbb\xbfa", "utf8-bom", "a", 4),
        (b"\xff\xfea\0\r\0", "utf16le-bom", "a\r", 6),
        (b"\xff\xfea\0x", "utf16le-bom", "a", 4),
        (b"\xff\xfe=\xd8\0\xde", "utf16le-bom", "\ud83d\ude00", 6),
        (b"\xff\xfea\0\x1a\0b\0", "utf16le-bom", "a", 4),
        (b"a\x1ab", "utf8", "a", 1),
        (b"caf\xe9\x1ab", "utf8", "caf", 3),
        (b"", "utf8", "", 0),
    ],
)
def test_marks_and_ends(raw: bytes, encoding: str, text: str, read_end: int) -> None:
    """The mark decides the encoding, and Ctrl-Z, a lone last byte and a half character end the text where Windows ends it."""
    got = open_text(raw, "wslconfig")
    assert (got.encoding, got.text, got.read_end, got.opened) == (encoding, text, read_end, True)


def test_utf16be_does_not_open() -> None:
    """A file that Windows refuses to open is told apart from an empty one."""
    got = open_text(b"\xfe\xff\0[\0a\0]", "wslconfig")
    assert (got.opened, got.text, got.read_end) == (False, "", 0)


def test_wslconf_is_bytes() -> None:
    """Linux sees every byte of wsl.conf: marks, Ctrl-Z and broken characters are characters like others."""
    raw = b"\xef\xbb\xbf\x1a\xe9\xff"
    assert open_text(raw, "wslconf").text.encode("latin-1") == raw


@pytest.mark.parametrize(
    ("raw", "read_end"),
    [
        (piece(b"\xa9"), 0),
        (piece(b"\xe9"), None),
        (piece(b"\xc3\xa9"), None),
        (piece(b"\xe2\x82"), None),
        (b"[wsl2]\n# caf\xe9", 12),
        (b"[wsl2]\n# caf\xe9\n", None),
        (b"[wsl2]\n#\x80\x80\x80\x80\x80", 0),
        (b"\x80", 0),
        (b"\xe9", 0),
        (piece(b"x") + b"\x80\x80\x80\x80\x80", PIECE),
    ],
)
def test_broken_characters(raw: bytes, read_end: int | None) -> None:
    """A broken character costs nothing inside a piece of 2048 bytes, the rest of the file at its end, or the whole piece."""
    got = open_text(raw, "wslconfig")
    assert got.broken is (read_end is not None)
    assert got.read_end == (len(raw) if read_end is None else read_end)


def test_low_bytes() -> None:
    """Of each UTF-16 unit only the low byte is left, in both encodings, and a broken byte is U+FFFD before that."""
    assert open_text(b"", "wslconfig").low_bytes("Ł\x1f601".encode().decode("latin-1")) == "A\x1f601"
    assert open_text(b"", "wslconfig").low_bytes("\U0001f600".encode().decode("latin-1")) == "=\0"
    assert open_text(b"", "wslconfig").low_bytes("\xe9") == "\xfd"
    assert open_text(b"\xff\xfe", "wslconfig").low_bytes("Ł\ud83d\ude00") == "A=\0"
