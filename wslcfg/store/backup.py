"""Act: one backup: what grew is stored from where it grew, what was rewritten is stored anew, what is gone stays held.

The lines of the newest manifest and the files come sorted by path and are walked side by side, so that memory does not grow with them. Packs are
written on the way; the manifest's rename at the end is the snapshot.
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat as modes
import zlib
from collections.abc import Callable, Iterable, Iterator

from wslcfg.errors import Bug
from wslcfg.model.record import NamedTuple
from wslcfg.store.disk import BIG, forget
from wslcfg.store.engine import Source
from wslcfg.store.entry import GONE, TAIL, UNSEEN, Entry, Segment, Version, begin, dump, lean, load, path_of, tail_of
from wslcfg.store.manifest import MOST_DIFFS, MOST_LINES, Maker, Manifest, Manifests, Totals, joined, resolved
from wslcfg.store.pack import PIECE, Frame, Writer
from wslcfg.store.pending import Pending
from wslcfg.store.standing import Standing

# In so many runs every held byte is compared with its file again: a day of runs at one each half hour.
ROUNDS = 48
# Held files up to this size are compared whole when they grow: that takes less time than opening them did.
SMALL = 256 << 10
# More warnings than this are counted, not listed.
MOST_WARNINGS = 50


class Done(NamedTuple):
    """What a run did; `snapshot` is None when nothing was new."""

    snapshot: str | None
    files: int
    new_bytes: int
    stored_bytes: int
    warnings: tuple[str, ...]


class Run:
    """One run.

    Args:
        standing: knows what of the store is still there. round: which of the ROUNDS parts is compared whole.
        closed: called after each pack, to look at the free space.
    """

    def __init__(
        self,
        repo: str,
        id: str,
        standing: Standing,
        *,
        round: int = 0,
        full_check: bool = False,
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        self._standing = standing
        self._id, self._round, self._full_check = id, round, full_check
        self._manifests = Manifests(os.path.join(repo, "snapshots"))
        self._writer = Writer(os.path.join(repo, "packs"), closed)
        self._pending = Pending(repo)
        self._warnings: list[str] = []
        self._unlisted = self._mended = self._gone = 0
        # Whether a file whose pieces are lost could not be read just now.
        self.left_lost = False
        self._files = self._bytes = self._new = 0
        self._before = ""
        # Made when the first line comes: most runs have none.
        self._maker: Maker | None = None

    def back_up(self, sources: Iterable[Source], before: Manifest | None) -> Done:
        """Back the files up on top of the newest manifest. Raises OSError and Unreadable; then nothing new is visible."""
        folder = self._manifests.folder
        chain = self._manifests.chain(before) if before is not None else []
        self._before = before.id if before is not None else ""
        if before is None:
            self._make = functools.partial(Maker, folder, self._id, 0, "full")
        else:
            self._make = functools.partial(Maker, folder, self._id, 0, "diff", before.key)
        full = None
        try:
            self._walk(sources, self._manifests.state(before) if before is not None else iter(()))
            self._writer.close()
            if self._maker is None:
                self._pending.clear()
                return Done(None, self._files, 0, 0, self._said())
            totals = Totals(0, self._files, self._bytes, self._new)
            sealed = self._maker.seal(totals)
            if before is not None and self._full_is_due(chain, self._maker.lines):
                full = Maker(folder, self._id, 0, "full")
                for _, old, new in joined(self._manifests.state(before), self._manifests.lines(sealed)):
                    full.add(resolved(new, old) if new is not None else old or "")
                full.seal(totals)
            size = (full or self._maker).commit()
            self._pending.clear()
            return Done(self._id, self._files, self._new, self._writer.stored + size, self._said())
        finally:
            self._pending.close()
            self._writer.drop()
            self._standing.close()
            for one in (self._maker, full):
                if one is not None:
                    one.drop()

    @property
    def written(self) -> dict[str, int]:
        """The packs that were written, with their sizes."""
        return self._writer.made

    def _full_is_due(self, chain: list[Manifest], lines: int) -> bool:
        """A day's first manifest is full, and one that too many lines of diffs would stand on."""
        lines += sum(self._manifests.totals(one).lines for one in chain[1:])
        return chain[0].id[:8] != self._id[:8] or len(chain) > MOST_DIFFS or lines > MOST_LINES

    def _walk(self, sources: Iterable[Source], held: Iterator[str]) -> None:
        noted = self._pending.start()
        if noted is not None:
            self._walk_with_notes(sources, joined(held, noted))
            return
        line = next(held, None)
        for path, source in _sorted(sources):
            # Most files have the very next line, which a look at its beginning tells.
            while line is not None and not line.startswith(begin(path)) and path_of(line) < path:
                self._missing(line, None)
                line = next(held, None)
            if line is not None and line.startswith(begin(path)):
                self._file(source, line, None)
                line = next(held, None)
            else:
                self._file(source, None, None)
        while line is not None:
            self._missing(line, None)
            line = next(held, None)

    def _walk_with_notes(self, sources: Iterable[Source], rows: Iterator[tuple[str, str | None, str | None]]) -> None:
        """The same with the notes of a killed run beside the lines."""
        row = next(rows, None)
        for path, source in _sorted(sources):
            while row is not None and row[0] < path:
                self._missing(row[1], row[2])
                row = next(rows, None)
            if row is not None and row[0] == path:
                self._file(source, row[1], row[2])
                row = next(rows, None)
            else:
                self._file(source, None, None)
        while row is not None:
            self._missing(row[1], row[2])
            row = next(rows, None)

    def _file(self, source: Source, held: str | None, noted: str | None) -> None:
        """One file, with its line in the manifest and the one of a killed run."""
        line = noted if noted is not None else held
        try:
            seen = os.stat(source.real)
            if not modes.S_ISREG(seen.st_mode):
                self._missing(held, noted)
                return
            if (
                line is not None
                and line.startswith(begin(source.path, _seen(source, seen)))
                and not self._is_due(source.path, seen.st_size)
                and (not self._standing.doubt or self._standing.names_whole(line))
            ):
                self._files += 1
                self._bytes += seen.st_size
                if noted is not None:
                    self._emit(load(noted), held)
                return
            handle = os.open(source.real, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            self._missing(held, noted)
            return
        except OSError as error:
            self._unread(source, held, noted, error)
            return
        try:
            entry = load(line) if line is not None else None
            self._look(source, handle, entry, held, noted)
        finally:
            os.close(handle)

    def _same_as(self, line: str, size: int, held: str | None, noted: str | None) -> None:
        """A file that is what its line says."""
        self._files += 1
        self._bytes += size
        if noted is not None:
            self._emit(load(line), held)

    def _look(self, source: Source, handle: int, entry: Entry | None, held: str | None, noted: str | None) -> None:
        """Store what is new of an open file."""
        there = os.fstat(handle)
        size, seen, mode = there.st_size, _seen(source, there), modes.S_IMODE(there.st_mode)
        try:
            lost = entry is not None and not self._standing.is_whole(entry.now)
            # What is lost is stored anew under its own chain where the file still has just those bytes: older snapshots then find them there.
            grew = entry is not None and (self._same(handle, entry, None) if lost else self._grew(handle, entry, there, seen))
            if entry is not None and grew and not lost and entry.seen == seen:
                self._same_as(dump(entry), size, held, noted)
                return
            start = entry.now.size if entry is not None and grew and not lost else 0
            chain = entry.now.chain if entry is not None and grew else os.urandom(8).hex()
            frame = Frame(source.path, chain, start, 0, 0, "", "", there.st_mtime_ns, mode, self._id)
            segments, end, tail = self._store(handle, frame, size)
        except _SourceError as error:
            self._unread(source, held, noted, error.why)
            return
        if end < size:
            self._warn(f"{source.path} was cut short while it was read; what was there is kept.")
            seen = UNSEEN
        kept = entry.now.segments if entry is not None and grew and not lost else ()
        self._mended += lost
        now = Version(chain, end, there.st_mtime_ns, mode, tail, (*kept, *segments))
        old = () if entry is None else entry.old
        if entry is not None and not grew:
            old = (entry.now._replace(until=entry.now.until or self._before or self._id), *old)
            if size < entry.now.size and not source.snapshot:
                self._warn(f"{source.path} shrank from {entry.now.size} to {size} bytes; both versions are kept.")
        made = Entry(source.path, seen, now, "", old)
        self._files += 1
        self._bytes += end
        if size >= BIG:
            forget(handle)
        if made != entry or noted is not None:
            self._emit(made, held)

    def _grew(self, handle: int, entry: Entry, there: os.stat_result, seen: str) -> bool:
        """Whether the file still begins with all the bytes that are held of it.

        A larger file that only grew is believed by its inode and the end of the held part; an edit further up in a file that also grew is found when
        its turn comes to be compared whole.
        """
        now = entry.now
        if there.st_size < now.size:
            return False
        if entry.seen == seen and not self._full_check:
            return self._same(handle, entry, self._round if now.size > PIECE else None)
        same_file = entry.seen.rpartition(" ")[2] == str(there.st_ino)
        if same_file and there.st_size > now.size > SMALL and now.tail and not self._full_check and not self._is_due(entry.path, 0):
            end = _read(handle, max(now.size - TAIL, 0), min(TAIL, now.size))
            if tail_of(end) == now.tail:
                return True
        return self._same(handle, entry, None)

    def _same(self, handle: int, entry: Entry, part: int | None) -> bool:
        """Whether the held pieces are what the file has in their place; with `part` only those whose turn it is."""
        at = 0
        for segment in entry.now.segments:
            length = min(segment.length, entry.now.size - at)
            if length != segment.length:
                return False
            if part is None or _part(entry.path, at) == part:
                data = _read(handle, at, length)
                if len(data) != length or hashlib.sha256(data).hexdigest()[:16] != segment.digest:
                    return False
            at += length
        return at == entry.now.size

    def _store(self, handle: int, frame: Frame, size: int) -> tuple[list[Segment], int, str]:
        """Store [frame.offset, size) of the file; gives the pieces, where they end, and the tail."""
        at = frame.offset
        end = _read(handle, max(at - TAIL, 0), min(TAIL, at))
        made = []
        while at < size:
            data = _read(handle, at, min(PIECE, size - at))
            if not data:
                break
            made.append(self._writer.add(frame._replace(offset=at), data))
            at += len(data)
            self._new += len(data)
            end = (end + data[-TAIL:])[-TAIL:]
        return made, at, tail_of(end)

    def _missing(self, held: str | None, noted: str | None) -> None:
        """A file that was there before and is not now: it stays held."""
        line = noted if noted is not None else held
        if line is None:
            return
        entry = load(line)
        if self._standing.doubt and not self._standing.is_whole(entry.now):
            self._gone += 1
        if entry.seen != GONE:
            self._emit(entry._replace(seen=GONE, gone=self._id, now=entry.now._replace(until=self._before or self._id)), held)
        elif noted is not None:
            self._emit(entry, held)

    def _unread(self, source: Source, held: str | None, noted: str | None, why: OSError) -> None:
        """A file that cannot be read now: what is held of it stays as it is."""
        self._warn(f"{source.path} could not be read ({why.strerror or why}); what was held of it stays.")
        line = noted if noted is not None else held
        if line is not None:
            entry = load(line)
            self.left_lost = self.left_lost or not self._standing.is_whole(entry.now)
            self._files += entry.seen != GONE
            self._bytes += 0 if entry.seen == GONE else entry.now.size
            if line != held:
                self._emit(entry, held)

    def _emit(self, entry: Entry, held: str | None) -> None:
        """Put an entry into the manifest; in a diff without the segments that the line before it has."""
        self._pending.note(dump(entry))
        line = lean(entry, load(held) if held is not None else None)
        if self._maker is None:
            self._maker = self._make()
        self._maker.add(line)

    def _is_due(self, path: str, size: int) -> bool:
        """Whether it is this file's turn to be compared; of a file of several pieces some may be in every run."""
        return self._full_check or size > PIECE or _part(path, 0) == self._round

    def _warn(self, text: str) -> None:
        if len(self._warnings) < MOST_WARNINGS:
            self._warnings.append(text)
        else:
            self._unlisted += 1

    def _said(self) -> tuple[str, ...]:
        said = [f"{self._unlisted} more warnings of this kind."] if self._unlisted else []
        if self._mended:
            said.append(f"The store had lost bytes of files that are on the disk: {self._mended} stored anew.")
        if self._gone:
            said.append(
                f"The store has lost bytes of files that are gone from the disk: {self._gone}. 'wslcfg sessions verify' names them."
            )
        return (*self._warnings, *said)


def _sorted(sources: Iterable[Source]) -> Iterator[tuple[str, Source]]:
    """The sources with their paths; raises Bug for one that is out of order, for then the walk would take others for gone."""
    last = ""
    for source in sources:
        if source.path <= last:
            raise Bug(f"{source.path} comes after {last}: the files to back up are not sorted.", "Please report this.")
        last = source.path
        yield last, source


class _SourceError(Exception):
    """Reading the file failed, as opposed to writing the store."""

    def __init__(self, why: OSError) -> None:
        super().__init__(str(why))
        self.why = why


def _read(handle: int, at: int, length: int) -> bytes:
    """So many bytes of the file, fewer only at its end."""
    try:
        data = os.pread(handle, length, at)
        while 0 < len(data) < length and (more := os.pread(handle, length - len(data), at + len(data))):
            data += more
    except OSError as error:
        raise _SourceError(error) from error
    return data


def _seen(source: Source, there: os.stat_result) -> str:
    """How a file is seen; a temporary copy has a new inode each time."""
    if source.snapshot:
        return f"{there.st_size} {there.st_mtime_ns} 0 0"
    return f"{there.st_size} {there.st_mtime_ns} {there.st_ctime_ns} {there.st_ino}"


def _part(path: str, at: int) -> int:
    """Which of the ROUNDS parts a piece belongs to."""
    return zlib.crc32(path.encode("utf-8", "surrogateescape"), at & 0xFFFFFFFF) % ROUNDS
