"""Act: what a run has stored so far, kept beside the store until its snapshot is made, so that the run after a killed one need not store it again.

A line is `CRC32 LINE`, a manifest's line, written as the walk goes and never synced: a line counts only if it is whole and every pack
that it names lies there. Nothing of it is visible as a snapshot.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator

from wslcfg.errors import Unreadable
from wslcfg.store.disk import Fresh
from wslcfg.store.entry import load
from wslcfg.store.manifest import joined

OLD, NEW = "pending", "pending.new"


class Pending:
    """The notes of this run and of killed ones before it."""

    def __init__(self, repo: str) -> None:
        self._old, self._new = os.path.join(repo, OLD), os.path.join(repo, NEW)
        self._packs = os.path.join(repo, "packs")
        self._file = -1

    def start(self) -> Iterator[str] | None:
        """Begin notes of this run; gives the lines of the runs before it, sorted by path, None when there is none."""
        if not os.path.exists(self._old) and not os.path.exists(self._new):
            return None
        packs = self._there()
        if os.path.exists(self._new):
            self._fold(packs)
        return _lines(self._old, packs)

    def lines(self) -> Iterator[str]:
        """Every line of the notes, in no order."""
        packs = self._there()
        yield from _lines(self._old, packs)
        yield from _lines(self._new, packs)

    def note(self, line: str) -> None:
        """Note a line; its packs need not be closed yet."""
        if self._file < 0:
            self._file = os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        data = line.encode()
        os.write(self._file, b"%08x %s\n" % (zlib.crc32(data), data))

    def close(self) -> None:
        """Stop; the notes stay."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def clear(self) -> None:
        """Remove all notes: their snapshot is made, or nobody wants them."""
        self.close()
        for path in (self._old, self._new):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _there(self) -> set[str]:
        try:
            return {name.removesuffix(".pack") for name in os.listdir(self._packs)}
        except FileNotFoundError:
            return set()

    def _fold(self, packs: set[str]) -> None:
        """Two killed runs: make their notes one, the later ones first."""
        folded = Fresh(self._old)
        try:
            for _, before, after in joined(_lines(self._old, packs), _lines(self._new, packs)):
                data = (after or before or "").encode()
                folded.write(b"%08x %s\n" % (zlib.crc32(data), data))
            folded.commit()
        finally:
            folded.drop()
        os.unlink(self._new)


def _lines(path: str, packs: set[str]) -> Iterator[str]:
    """The lines that count, up to the first torn one."""
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for raw in file:
            try:
                if not raw.endswith(b"\n") or int(raw[:8], 16) != zlib.crc32(raw[9:-1]):
                    return
                line = raw[9:-1].decode()
                entry = load(line)
            except (ValueError, Unreadable):
                return
            if all(one.pack in packs for version in (entry.now, *entry.old) for one in version.segments):
                yield line
