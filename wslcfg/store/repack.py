"""Act: pieces move into new packs: out of packs that are mostly dead, and small ones of one file into larger ones, which squeeze better."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from wslcfg.errors import Unreadable
from wslcfg.store.entry import Entry, Segment, Version
from wslcfg.store.pack import PIECE, Reader, Writer

# Packs of which less than this is still named by a manifest are written anew.
LIVE = 0.7
# A frame's line and line break, about, in a pack's size.
OVERHEAD = 320
# So many small pieces behind each other are made one; 30 KB pieces squeeze 2.6-fold, whole files 4.5-fold.
RUN, SMALL = 4, PIECE // 4
# Moves are held in memory until every manifest knows of them; the rest is for the next time.
MOST_MOVES = 10_000


class Moves:
    """Which piece went where. Several may have gone into one; a version that ends within it is cut at its own size."""

    def __init__(self) -> None:
        self._to: dict[tuple[str, int], Segment] = {}
        self.warnings: list[str] = []

    def __len__(self) -> int:
        return len(self._to)

    def packs(self) -> set[str]:
        """The packs that something moved out of."""
        return {pack for pack, _ in self._to}

    def version(self, version: Version) -> Version:
        """A version with its pieces where they are now."""
        segments: list[Segment] = []
        for one in version.segments:
            moved = self._to.get((one.pack, one.at), one)
            if not segments or segments[-1] != moved:
                segments.append(moved)
        return version._replace(segments=tuple(segments))

    def make(self, entries: Iterable[Entry], tired: set[str], packs: str, writer: Writer) -> None:
        """Move what lies in the tired packs and what is in small pieces. A damaged piece stays, and with it its pack. Raises OSError."""
        reader = Reader(packs)
        try:
            for entry in entries:
                if len(self._to) >= MOST_MOVES:
                    self.warnings.append("Not everything was tidied in one go; the next prune goes on.")
                    return
                for version in (entry.now, *entry.old):
                    for run in _runs(version.segments, tired):
                        self._move(run, reader, writer)
        finally:
            reader.close()

    def _move(self, run: list[Segment], reader: Reader, writer: Writer) -> None:
        if any((one.pack, one.at) in self._to for one in run):
            return
        try:
            pieces = [reader.piece(one) for one in run]
        except Unreadable as error:
            self.warnings.append(f"Left where it is: {error.message}")
            return
        # The line of the joined frame tells of the first piece where it begins, and of the last one all else.
        frame = pieces[-1][0]._replace(offset=pieces[0][0].offset)
        data = pieces[0][1] if len(pieces) == 1 else b"".join(data for _, data in pieces)
        del pieces
        moved = writer.add(frame, data)
        for one in run:
            self._to[one.pack, one.at] = moved


def _runs(segments: tuple[Segment, ...], tired: set[str]) -> Iterator[list[Segment]]:
    """What to move of a version: runs of small pieces that become one, and single pieces of tired packs."""
    run: list[Segment] = []
    for one in (*segments, None):
        if one is not None and one.length < SMALL and sum(part.length for part in run) + one.length <= PIECE:
            run.append(one)
            continue
        if len(run) >= RUN:
            yield run
        else:
            yield from ([part] for part in run if part.pack in tired)
        run = []
        if one is not None:
            if one.length < SMALL:
                run = [one]
            elif one.pack in tired:
                yield [one]


def pack_sizes(packs: str) -> dict[str, int]:
    """Every pack that lies there with its size."""
    with os.scandir(packs) as found:
        return {one.name.removesuffix(".pack"): one.stat().st_size for one in found if one.name.endswith(".pack")}
