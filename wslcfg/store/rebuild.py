"""Act: a manifest made from the packs alone, for a store that lost its own or has a damaged one.

Every frame says whose bytes it has. Those of a chain are put one behind the other; where a killed run left two frames for one place, the one of
the later run is it, and nothing of an earlier run follows on a later one. Which files are deleted upstream only the next backup can tell,
and that there was an empty file, which has no frame, only older snapshots.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from itertools import groupby

from wslcfg.errors import Unreadable
from wslcfg.store.disk import TEMPORARY, sync_folder
from wslcfg.store.entry import UNSEEN, Entry, Segment, Version, dump
from wslcfg.store.manifest import Maker, Manifests, Totals
from wslcfg.store.pack import ENDING, found_frames

# What a manifest that cannot be read is called from then on.
BROKEN = ".broken"
# path, chain, offset, length, run, mtime, mode, pack, at, stored, digest
_Row = tuple[bytes, str, int, int, str, int, int, str, int, int, str]


def rebuild(repo: str, id: str) -> int:
    """Set damaged manifests aside and make a full one of what the packs hold; gives the number of files. The lock is held. Raises OSError."""
    import sqlite3

    manifests = Manifests(os.path.join(repo, "snapshots"))
    _set_aside(manifests)
    table = os.path.join(repo, "rebuild" + TEMPORARY)
    try:
        with contextlib.closing(sqlite3.connect(table)) as frames:
            # A table on the disk, for it is sorted there; memory stays small.
            frames.execute("PRAGMA journal_mode=OFF")
            frames.execute("PRAGMA cache_size=-2048")
            frames.execute("PRAGMA temp_store=FILE")
            frames.execute("CREATE TABLE frame (path, chain, offset, length, run, mtime, mode, pack, at, stored, digest)")
            frames.executemany("INSERT INTO frame VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(os.path.join(repo, "packs")))
            return _write(manifests, id, frames.execute("SELECT * FROM frame ORDER BY path, chain, offset, run DESC, length DESC"))
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(table)


def _set_aside(manifests: Manifests) -> None:
    """Rename manifests that cannot be read, and those that stand on them."""
    for one in manifests.all():
        try:
            manifests.check(one)
        except Unreadable:
            path = os.path.join(manifests.folder, one.name)
            os.rename(path, path + BROKEN)
    sync_folder(manifests.folder)


def _rows(packs: str) -> Iterator[_Row]:
    for name in sorted(os.listdir(packs)):
        if name.endswith(ENDING):
            for at, one in found_frames(os.path.join(packs, name)):
                # As code points, the order in which the walk comes; sorting bytes of UTF-8 gives just that, surrogates included.
                path = one.path.encode("utf-8", "surrogatepass")
                pack = name.removesuffix(ENDING)
                yield path, one.chain, one.offset, one.length, one.run, one.mtime, one.mode, pack, at, one.stored, one.sha256[:16]


def _write(manifests: Manifests, id: str, rows: Iterator[_Row]) -> int:
    maker = Maker(manifests.folder, id, 0, "full")
    files = size = 0
    try:
        for raw, of_path in groupby(rows, key=lambda row: row[0]):
            versions = [made for _, of_chain in groupby(of_path, key=lambda row: row[1]) if (made := _version(list(of_chain)))]
            if versions:
                versions.sort(key=lambda one: one.until, reverse=True)
                now, *old = versions
                maker.add(dump(Entry(raw.decode("utf-8", "surrogatepass"), UNSEEN, now._replace(until=""), "", tuple(old))))
                files += 1
                size += now.size
        maker.seal(Totals(0, files, size, 0))
        maker.commit()
    finally:
        maker.drop()
    return files


def _version(rows: list[_Row]) -> Version | None:
    """The pieces of a chain one behind the other; None where its beginning is lost."""
    segments: list[Segment] = []
    at, run, last = 0, "", None
    for row in rows:
        # Sorted by offset, then the latest run first: the first that fits is it.
        if row[2] == at and row[4] >= run and row[3] > 0:
            segments.append(Segment(row[7], row[8], row[9], row[3], row[10]))
            at, run, last = at + row[3], row[4], row
    return None if last is None else Version(last[1], at, last[5], last[6], "", tuple(segments), run)
