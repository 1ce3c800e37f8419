"""Act: bring backed-up files back into the home by the rules of `landing`, whatever the engine; it can be undone.

Everything is brought aside and compared first, what will be replaced is copied, the journal is synced, and only then the first file
changes. Each file changes by one rename (or link), so a kill leaves each old or new, whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from wslcfg.errors import WslcfgError
from wslcfg.host import atomic
from wslcfg.model.record import NamedTuple
from wslcfg.store import landing, place, restored
from wslcfg.store.engine import Engine, Held
from wslcfg.store.fetch import Landed, Outcome, Stays, brought


class _Ready(NamedTuple):
    """A file that is about to land: `length` of its brought bytes and `more` behind them; `over` what it replaces."""

    held: Held
    real: str
    came: str
    length: int
    more: bytes
    over: os.stat_result | None


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
        for one in brought(engine, allowed, lambda held: names[held.path], self.refused, self._real):
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


class Foreseen(NamedTuple):
    """What a restore into the home would meet: how many files are not there, have to be compared, lie there untouched; and which are refused."""

    new: int
    compared: int
    same: int
    refused: tuple[Stays, ...]


def foresee(wanted: Sequence[Held], real: Callable[[str], str], busy: Mapping[str, int]) -> Foreseen:
    """Look what lies where the files would land; nothing is brought and nothing written."""
    new = compared = same = 0
    refused = []
    for one in landing.alone(wanted):
        word, there = _glance(one, real, busy)
        if word == "new":
            new += 1
        elif word == "same":
            same += 1
        elif word == "compare":
            compared += 1
        else:
            refused.append(Stays(one.path, real(one.path), word, there.st_size if there else None, one.bytes))
    return Foreseen(new, compared, same, tuple(refused))


def _glance(one: Held, real: Callable[[str], str], busy: Mapping[str, int]) -> tuple[str, os.stat_result | None]:
    """What to do with a file by its path, its size and its time alone: `new`, `same`, `compare`, or else the reason against it."""
    if not landing.is_inside(one.path):
        return "its path leads out of the home", None
    there = place.look(real(one.path))
    pid = next((pid for session, pid in busy.items() if landing.belongs(one.path, session)), None)
    if pid is not None:
        return f"the session runs in process {pid}", there
    if one.path == landing.HISTORY:
        return "compare", there
    if there is None:
        twin = landing.beside(one.path)
        near = place.look(real(twin)) if twin else None
        if near is not None and (why := landing.hides(one, near.st_mtime)):
            return why, there
        # A log that outlived its database would be replayed into the restored one.
        log = one.path.endswith(landing.DATABASES) and place.look(f"{real(one.path)}-wal") is not None
        return ("the log of another database lies beside it" if log else "new"), there
    if not place.is_file(there):
        return "what lies there is no file", there
    if there.st_size > one.bytes:
        return landing.rule(one, landing.Lying(there.st_size, there.st_mtime, None)).why, there
    untouched = there.st_size == one.bytes and abs(there.st_mtime - one.modified_at.timestamp()) < 0.001
    return "same" if untouched else "compare", there


def _allowed(work: _Work, wanted: Sequence[Held], busy: Mapping[str, int]) -> Iterator[Held]:
    """What is worth bringing: not what is refused by its size, its path or a running process, nor what lies there untouched."""
    for one in landing.alone(wanted):
        word, _ = _glance(one, work.real, busy)
        if word in {"new", "compare"}:
            yield one
        elif word == "same":
            work.landed.append(Landed(one.path, work.real(one.path), one.bytes, "same"))
        else:
            work.refuse(one, word)
