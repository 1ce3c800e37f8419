"""Think: the bytes of a log file as text of one byte a letter: packed files unpacked, UTF-16 (PowerShell's `>`) made UTF-8, in a stream."""

from __future__ import annotations

import bz2
import codecs
import lzma
import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from wslcfg.errors import Unreadable

_GZIP, _XZ, _BZIP2 = b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh"
_ZSTD, _JOURNAL = b"\x28\xb5\x2f\xfd", b"LPKSHHRH"
# A packed file is unpacked so many bytes at a time, however well it packs.
_PIECE = 1 << 20


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool:
        """Whether the packed stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """The next bytes."""


def unwrapped(chunks: Iterable[bytes], notes: list[str] | None = None) -> Iterator[bytes]:
    """The text of a log, whatever it is wrapped in, in pieces of a megabyte or what came in.

    Args:
        chunks: its bytes.
        notes: gets a sentence where a packed log is cut off in the middle; what can be unpacked of it is read.

    Raises:
        Unreadable: a packed file is broken, or packed in a way that Python cannot undo.
    """
    stream = iter(chunks)
    head = b""
    for chunk in stream:
        head += chunk
        if len(head) >= 8:
            break
    if head.startswith((_GZIP, _XZ, _BZIP2)):
        yield from unwrapped(_unpacked(_joined(head, stream), head, notes), notes)
    elif head.startswith(_ZSTD):
        raise Unreadable("the log is packed with zstd", "unpack it on the way: zstd -dc FILE | wslcfg oom --log -")
    elif head.startswith(_JOURNAL):
        raise Unreadable(
            "this is a journal's own file, not a text", "let journalctl write it: journalctl --file FILE -k -o json | wslcfg oom --log -"
        )
    elif wide := _wide(head):
        decoder = codecs.getincrementaldecoder(wide)("replace")
        for chunk in _joined(head, stream):
            yield decoder.decode(chunk).removeprefix("\ufeff").encode("utf-8", "backslashreplace")
        yield decoder.decode(b"", True).encode("utf-8", "backslashreplace")
    else:
        yield from _joined(head.removeprefix(b"\xef\xbb\xbf"), stream)


def _joined(head: bytes, stream: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from stream


def _wide(head: bytes) -> str | None:
    """UTF-16 by its mark, or without one by the zeros that ASCII letters have there."""
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    if len(head) >= 8:
        if not any(head[1:8:2]) and all(head[0:8:2]):
            return "utf-16-le"
        if not any(head[0:8:2]) and all(head[1:8:2]):
            return "utf-16-be"
    return None


def _unpacker(head: bytes) -> _Unpacker:
    if head.startswith(_GZIP):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    return bz2.BZ2Decompressor() if head.startswith(_BZIP2) else lzma.LZMADecompressor()


def _unpacked(chunks: Iterable[bytes], head: bytes, notes: list[str] | None) -> Iterator[bytes]:
    """Unpack; rotated logs may be several packed ones in a row."""
    unpacker = _unpacker(head)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if unpacker.eof:
                    if not rest.startswith((_GZIP, _XZ, _BZIP2)):
                        return  # padding behind the last
                    unpacker = _unpacker(rest)
                piece = unpacker.decompress(rest, _PIECE)
                if piece:
                    yield piece
                rest = unpacker.unused_data if unpacker.eof else getattr(unpacker, "unconsumed_tail", b"")
                # bz2 and lzma keep what they have not looked at yet and want to be asked for it.
                while not unpacker.eof and not getattr(unpacker, "needs_input", True):
                    yield unpacker.decompress(b"", _PIECE)
                    rest = unpacker.unused_data if unpacker.eof else b""
        if not unpacker.eof and notes is not None:
            notes.append("The packed log is cut off in the middle: what stood behind that could not be read.")
    except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
        raise Unreadable(
            f"the packed log is broken: {error}", "unpack it yourself as far as it goes, and read that: zcat FILE | wslcfg oom --log -"
        ) from error
