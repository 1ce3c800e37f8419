"""Act: bring backed-up files back, whatever the engine: below a folder as they were, or into the home by the rules of `landing`.

Into the home: everything is brought aside and compared first, what will be replaced is copied, the journal is synced, and only then the first file
changes. Each file changes by one rename (or link), so a kill leaves each old or new, whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from wslcfg.errors import Unreadable, WslcfgError
from wslcfg.host import atomic
from wslcfg.model.record import NamedTuple
from wslcfg.store import landing, place, restored
from wslcfg.store.engine import Engine, Held

_OVERLAP = 256


class Landed(NamedTuple):
    """A file that is restored: `how` is `created`, `replaced`, `merged` (lines were added) or `same` (it lay there already); `to` is where it lies."""

    path: str
    to: str
    bytes: int
    how: str


class Stays(NamedTuple):
    """A file that is not restored, why (a clause), and both sizes; `live` is None where nothing lies there."""

    path: str
    to: str
    why: str
    live: int | None
    held: int


class Outcome(NamedTuple):
    """What a restore did; `id` undoes it, None where nothing changed or it went to another folder."""

    id: str | None
    landed: tuple[Landed, ...]
    refused: tuple[Stays, ...]


class _Ready(NamedTuple):
    """A file that is about to land: `length` of its brought bytes and `more` behind them; `over` what it replaces."""

    held: Held
    real: str
    came: str
    length: int
    more: bytes
    over: os.stat_result | None


def restore_to(engine: Engine, wanted: Sequence[Held], folder: str) -> Outcome:
    """Bring files below a folder, byte for byte, with their times; what lies there already and differs is refused.

    Raises Unreachable (no room, no permission), and what the engine raises.
    """
    landed: list[Landed] = []
    refused: list[Stays] = []
    folders: set[str] = set()
    good = []
    for one in wanted:
        if landing.is_inside(one.path):
            good.append(one)
        else:
            refused.append(Stays(one.path, "", "its path leads out of the folder", None, one.bytes))

    def into(one: Held) -> str:
        parent = os.path.dirname(os.path.join(folder, one.path))
        try:
            if parent not in folders:
                place.make_folders(parent)
                atomic.sweep(parent)
                folders.add(parent)
        except OSError as error:
            raise atomic.unreachable(error, parent, "make") from error
        ready[one.path] = place.temporary(parent)
        return ready[one.path]

    ready: dict[str, str] = {}
    try:
        for one in _brought(engine, good, into, refused, lambda path: os.path.join(folder, path)):
            target = os.path.join(folder, one.path)
            came = ready.pop(one.path)
            try:
                when = one.modified_at.timestamp()
                os.utime(came, (when, when))
                _sync(came)
                if place.look(target) is None and place.settle(came, target, over=None):
                    landed.append(Landed(one.path, target, one.bytes, "created"))
                elif _same(came, target):
                    landed.append(Landed(one.path, target, one.bytes, "same"))
                else:
                    there = place.look(target)
                    refused.append(Stays(one.path, target, "another file lies there", there.st_size if there else None, one.bytes))
            except OSError as error:
                raise atomic.unreachable(error, target, "write") from error
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(came)
    finally:
        for left in ready.values():
            with contextlib.suppress(OSError):
                os.unlink(left)
    return Outcome(None, tuple(sorted(landed)), tuple(sorted(refused)))


def restore_in_place(
    engine: Engine,
    wanted: Sequence[Held],
    real: Callable[[str], str],
    state: str,
    *,
    session: str | None,
    busy: Mapping[str, int],
    title: str,
) -> Outcome:
    """Bring files back into the home by the rules of `landing`; can be undone by its id (`restored.undo`).

    Args:
        real: where a path as under the home lies. state: wslcfg's state folder. session: whose lines of history.jsonl come back, None for all.
        busy: sessions that a process has now, with its pid: their files stay. title: one line for the journal.

    Raises:
        Conflict: another restore runs. Unreachable: no room, no permission; and what the engine raises.
    """
    with restored.alone(state) as folder:
        work = _Work(os.path.join(folder, restored.new_id()), real)
        try:
            work.gather(engine, _allowed(work, wanted, busy), session)
            if work.ready or work.lines:
                work.carry_out(folder, title)
            return Outcome(work.id if work.changed else None, tuple(sorted(work.landed)), tuple(sorted(work.refused)))
        finally:
            shutil.rmtree(os.path.join(work.home, "new"), ignore_errors=True)
            if not work.begun:
                shutil.rmtree(work.home, ignore_errors=True)


class _Work:
    """One restore into the home as it goes on."""

    def __init__(self, home: str, real: Callable[[str], str]) -> None:
        self.home = home
        self.id = os.path.basename(home)
        self.landed: list[Landed] = []
        self.refused: list[Stays] = []
        self.ready: list[_Ready] = []
        self.lines: list[bytes] = []
        self.begun = False
        self.changed = False
        self._real = real
        try:
            os.makedirs(os.path.join(home, "new"), mode=0o700)
            os.mkdir(os.path.join(home, "old"), 0o700)
        except OSError as error:
            raise atomic.unreachable(error, home, "make") from error

    def real(self, path: str) -> str:
        """Where a file is written: links are followed, so that a linked folder or file stays one."""
        return os.path.realpath(self._real(path))

    def refuse(self, held: Held, why: str) -> None:
        """Leave a file as it is."""
        there = place.look(self.real(held.path)) if landing.is_inside(held.path) else None
        self.refused.append(Stays(held.path, self._real(held.path), why, there.st_size if there else None, held.bytes))

    def gather(self, engine: Engine, wanted: Iterable[Held], session: str | None) -> None:
        """Bring what may land aside, and decide on each."""
        allowed = list(wanted)
        names = {one.path: os.path.join(self.home, "new", str(number)) for number, one in enumerate(allowed)}
        for one in _brought(engine, allowed, lambda held: names[held.path], self.refused, self._real):
            came = names[one.path]
            if one.path == landing.HISTORY:
                self._merge(came, one, session)
            else:
                self._decide(one, came)

    def _decide(self, one: Held, came: str) -> None:
        real = self.real(one.path)
        there = place.look(real)
        lying = None
        if there is not None:
            short = there.st_size <= one.bytes
            lying = landing.Lying(there.st_size, there.st_mtime, place.begins_with(came, real) if short else False)
        ruling = landing.rule(one, lying)
        cut, ended = landing.torn_at(one.path, place.last_line(came))
        length, more = one.bytes - cut, b"\n" if ended else b""
        if length == 0 and one.bytes:  # half a line is all there is: it stays, for an empty session shows nowhere
            length, more = one.bytes, b"\n"
        if ruling.do == "replace" and there is not None and lying and lying.prefix and there.st_size >= length + len(more):
            ruling = landing.Ruling("same")
        if ruling.do == "refuse":
            self.refuse(one, ruling.why)
        elif ruling.do == "same":
            self.landed.append(Landed(one.path, real, one.bytes, "same"))
        else:
            self.ready.append(_Ready(one, real, came, length, more, there))

    def _merge(self, came: str, one: Held, session: str | None) -> None:
        """The lines of history.jsonl that are missing."""
        self._history = self.real(one.path)
        with open(came, "rb") as file:
            held = file.read()
        try:
            with open(self._history, "rb") as file:
                live = file.read()
        except FileNotFoundError:
            live = b""
        except OSError as error:
            raise atomic.unreachable(error, self._history, "read") from error
        lines = [line + b"\n" for line in landing.missing_lines(live, held, session)]
        if not lines:
            return
        if live and not live.endswith(b"\n"):
            lines.insert(0, b"\n")
        self.lines, self._live = lines, live

    def carry_out(self, folder: str, title: str) -> None:
        """Keep what will be replaced, write the journal, then change file after file."""
        entries: list[restored.Entry] = []
        folders: list[str] = []
        targets = [os.path.dirname(one.real) for one in self.ready] + ([os.path.dirname(self._history)] if self.lines else [])
        try:
            for target in dict.fromkeys(targets):
                folders += place.make_folders(target)
                atomic.sweep(target)
            for number, one in enumerate(self.ready):
                entries.append(self._entry(one, number))
            if self.lines:
                entries.append(self._merged())
        except OSError as error:
            for made in reversed(folders):
                with contextlib.suppress(OSError):
                    os.rmdir(made)
            raise atomic.unreachable(error, error.filename or self.home, "keep") from error
        atomic.sync_folder(os.path.join(self.home, "old"))
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        journal = restored.Journal(self.id, at, title, "begun", tuple(entries), tuple(folders))
        self.begun = True
        restored.write(folder, journal)
        try:
            for one in self.ready:
                self._land(one)
            if self.lines:
                self._add_lines()
        except WslcfgError as error:
            if self.changed:
                error.hint += f" `wslcfg sessions restore --undo {self.id}` takes back what was restored before that."
            raise
        restored.write(folder, journal._replace(state="done"))

    def _entry(self, one: _Ready, number: int) -> restored.Entry:
        """What the journal says of a file; what lies there is copied first."""
        before = old = None
        mode, modified = 0o600, 0
        if one.over is not None:
            old = f"old/{number}"
            before = place.copy(one.real, os.path.join(self.home, old))
            mode, modified = one.over.st_mode & 0o777, one.over.st_mtime_ns
        after = place.digest(one.came, length=one.length, more=one.more) or ""
        return restored.Entry(one.held.path, one.real, "replaced" if old else "created", before, after, old, mode, modified)

    def _merged(self) -> restored.Entry:
        added = os.path.join(self.home, "new", "lines")
        with open(added, "wb") as file:
            file.writelines(self.lines)
        place.copy(added, os.path.join(self.home, "old", "lines"))
        before = None if place.look(self._history) is None else atomic.digest(self._live)
        after = atomic.digest(self._live + b"".join(self.lines))
        return restored.Entry(landing.HISTORY, self._history, "merged", before, after, "old/lines", size=len(self._live))

    def _land(self, one: _Ready) -> None:
        try:
            ready = place.temporary(os.path.dirname(one.real))
            place.copy(one.came, ready, length=one.length, more=one.more)
            os.utime(ready)  # now: Claude's clean-up goes by it, and would delete an old session again at its next start
            done = place.settle(ready, one.real, over=place.print_of(one.over) if one.over else None)
        except OSError as error:
            raise atomic.unreachable(error, one.real, "write") from error
        if done:
            self.changed = True
            self.landed.append(Landed(one.held.path, one.real, one.length + len(one.more), "replaced" if one.over else "created"))
        else:
            self.refuse(one.held, "it changed while it was being restored")

    def _add_lines(self) -> None:
        try:
            place.append(self._history, self.lines)
        except OSError as error:
            raise atomic.unreachable(error, self._history, "write") from error
        self.changed = True
        self.landed.append(Landed(landing.HISTORY, self._history, sum(map(len, self.lines)), "merged"))


def parts(engine: Engine, everything: Mapping[str, Held], session: str, state: str) -> list[Held]:
    """All that belongs to a session: its own files, the lines of history.jsonl, and the plans that its transcript speaks of.

    Args:
        everything: what the engine holds, by path. state: wslcfg's state folder, where the transcript is looked at.
    """
    own = [one for path, one in everything.items() if landing.belongs(path, session)]
    found = {landing.HISTORY}
    if any(path.startswith(".claude/plans/") for path in everything):
        with restored.alone(state) as folder, tempfile.TemporaryDirectory(dir=folder) as aside:
            for one in own:
                if one.path.endswith(f"/{session}.jsonl"):
                    came = os.path.join(aside, "transcript")
                    with contextlib.suppress(Unreadable):  # a damaged transcript is told when it is restored
                        for _ in engine.bring([one], lambda _: came):
                            found |= _plans_of(came)
                            os.unlink(came)
    return [*own, *(everything[path] for path in sorted(found) if path in everything)]


def _plans_of(path: str) -> set[str]:
    """The plans (as under the home) that a transcript speaks of."""
    found: set[str] = set()
    before = b""
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found |= landing.plans(before + block)
            before = block[-_OVERLAP:]
    return found


def _allowed(work: _Work, wanted: Sequence[Held], busy: Mapping[str, int]) -> Iterator[Held]:
    """What is worth bringing: not what is refused by its size, its path or a running process, nor what lies there untouched."""
    for one in wanted:
        if not landing.is_inside(one.path):
            work.refuse(one, "its path leads out of the home")
            continue
        pid = next((pid for session, pid in busy.items() if landing.belongs(one.path, session)), None)
        there = place.look(work.real(one.path))
        if pid is not None:
            work.refuse(one, f"the session runs in process {pid}")
        elif one.path == landing.HISTORY or there is None:
            yield one
        elif not place.is_file(there):
            work.refuse(one, "what lies there is no file")
        elif there.st_size > one.bytes:
            work.refuse(one, landing.rule(one, landing.Lying(there.st_size, there.st_mtime, None)).why)
        elif there.st_size == one.bytes and abs(there.st_mtime - one.modified_at.timestamp()) < 0.001:
            work.landed.append(Landed(one.path, work.real(one.path), one.bytes, "same"))
        else:
            yield one


def _brought(
    engine: Engine, wanted: Sequence[Held], into: Callable[[Held], str], refused: list[Stays], real: Callable[[str], str]
) -> Iterator[Held]:
    """What the engine brings; a version whose bytes are damaged is refused, the others still come."""
    left = list(wanted)
    while left:
        done = set()
        try:
            for one in engine.bring(left, into):
                done.add(one.path)
                yield one
            return
        except Unreadable as error:
            hurt = next((one for one in left if one.path == error.data.get("path") and one.path not in done), None)
            if hurt is None:
                raise
            refused.append(Stays(hurt.path, real(hurt.path), error.message.rstrip("."), None, hurt.bytes))
            left = [one for one in left if one.path not in done and one is not hurt]


def _same(one: str, two: str) -> bool:
    there = place.look(two)
    return there is not None and place.is_file(there) and there.st_size == os.stat(one).st_size and place.begins_with(one, two)


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
