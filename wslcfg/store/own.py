"""Act: wslcfg's own store as an engine: transcripts only grow, so what grew is all that is stored of them."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone

from wslcfg.errors import Refused, Unreachable, Unreadable
from wslcfg.host import atomic
from wslcfg.store import space
from wslcfg.store.backup import Run
from wslcfg.store.disk import BEGUN, TEMPORARY, locked, make_folder, name_of, reading, sweep, told, write
from wslcfg.store.engine import BackedUp, Held, Keep, Pruned, Snapshot, Source, Verified
from wslcfg.store.entry import made_at, named
from wslcfg.store.held import Elsewhere, bring, held
from wslcfg.store.manifest import Manifest, Manifests
from wslcfg.store.mirror import DRIVES, bring_back, bring_up_to_date
from wslcfg.store.pack import Reader
from wslcfg.store.prune import Pruning
from wslcfg.store.rebuild import rebuild
from wslcfg.store.repack import pack_sizes
from wslcfg.store.standing import Standing
from wslcfg.store.verify import Verification

FORMAT = 1
# What may lie in a store's folder.
OURS = ("packs", "snapshots", "pending", "pending.new", "removed", BEGUN)


class OwnStore:
    """A store at `repo`; locks and small notes lie in `state`.

    Args:
        repo: the store's folder; a mirror can be opened as well, to read from it.
        state: a folder of Linux's own.
        mirror: a second folder that gets a copy of everything. windows_drive: the mount of the drive that holds the distro's disk.
        warn_size: bytes from which on a backup warns; 0 is never. floors: what must stay free.
        now: the clock.
    """

    name = "own"

    def __init__(
        self,
        repo: str,
        state: str,
        *,
        mirror: str | None = None,
        windows_drive: str | None = None,
        warn_size: int = 0,
        floors: space.Floors = space.Floors(),  # noqa: B008 -- frozen
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.repo, self.state, self.mirror = os.path.abspath(repo), os.path.abspath(state), mirror
        self._windows_drive, self._warn_size, self._floors, self._now = windows_drive, warn_size, floors, now
        self.packs, self.folder = os.path.join(self.repo, "packs"), os.path.join(self.repo, "snapshots")
        self._manifests = Manifests(self.folder)

    def backup(self, sources: Iterable[Source], *, full_check: bool = False) -> BackedUp:
        """See Engine."""
        started = time.monotonic()
        with told(self.repo):
            make_folder(self.repo)
            with locked(self.repo, self.state):
                id = self._prepare()
                self._make_room()
                warnings = self._mended()
                newest = self._newest()
                standing, back = self._standing(newest, id, full_check=full_check)
                run = Run(self.repo, self._next_id(newest), standing, round=self._round(), full_check=full_check, closed=self._room)
                done = run.back_up(sources, newest)
                self._remember(standing, run)
                if done.snapshot is not None or newest is not None:
                    self._note_first()
                said, behind = self._mirrored(id)
        warnings = (*warnings, *back, *done.warnings, *said, *self._too_large())
        return BackedUp(done.snapshot, done.files, done.new_bytes, done.stored_bytes, time.monotonic() - started, warnings, behind)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """See Engine."""
        self._open()
        made = []
        for one in self._manifests.listing():
            try:
                totals = self._manifests.totals(one)
                made.append(Snapshot(one.id, made_at(one.id), totals.files, totals.bytes, totals.new))
            except Unreadable:  # damaged; verify says so, and the others are still to be listed
                made.append(Snapshot(one.id, made_at(one.id), None, None))
        return tuple(made)

    def held(self, *, at: datetime | None = None) -> Iterator[Held]:
        """See Engine."""
        self._open()
        newest = next((one for one in reversed(self._manifests.listing()) if at is None or made_at(one.id) <= at), None)
        if newest is not None:
            for entry in self._manifests.entries(newest):
                yield held(entry, newest)

    def bring(self, wanted: Sequence[Held], into: Callable[[Held], str]) -> Iterator[Held]:
        """See Engine."""
        self._open()
        reader, elsewhere = Reader(self.packs), Elsewhere(self._manifests)
        with reading(self.repo):
            try:
                for one in wanted:
                    bring(reader, one, into(one), elsewhere)
                    yield one
            finally:
                reader.close()

    def verify(self, how: str) -> Verified:
        """See Engine."""
        self._open(listed=False)
        with reading(self.repo):
            return Verification(self.repo, how).run()

    def prune(self, keep: Keep, *, dry_run: bool = False) -> Pruned:
        """See Engine."""
        self._open()
        with told(self.repo), locked(self.repo, self.state):
            if dry_run:
                return self._pruning(keep).run(dry_run=True)
            id = self._prepare()
            done = self._pruning(keep).run(dry_run=False)
            said, _ = self._mirrored(id)
        return done._replace(warnings=(*done.warnings, *said))

    def rebuild(self) -> BackedUp:
        """Make a new manifest of what the packs hold, and set aside those that are damaged. Raises as `backup`."""
        started = time.monotonic()
        self._open(listed=False)
        with told(self.repo), locked(self.repo, self.state):
            self._prepare()
            id, files = self._rebuilt()
        return BackedUp(id, files, 0, 0, time.monotonic() - started)

    def _rebuilt(self) -> tuple[str, int]:
        id = self._next_id(self._newest())
        return id, rebuild(self.repo, id)

    def _mended(self) -> tuple[str, ...]:
        """Make sure of the newest snapshot before anything builds on it: where it is damaged or lost it is made anew from the packs."""
        newest = self._newest()
        try:
            if newest is not None:
                self._manifests.check(newest)
                return ()
            if not os.path.exists(self._first_path):
                return ()
            why = "Every manifest of the store is gone."
        except Unreadable as error:
            why = error.message
        id, files = self._rebuilt()
        return (f"{why} Made anew from the packs: snapshot {id} with {files} files.",)

    def _standing(self, newest: Manifest | None, id: str, *, full_check: bool) -> tuple[Standing, tuple[str, ...]]:
        """What still stands, after what was lost came back from the mirror where that has it; with what is to be said of that."""
        note = os.path.join(self.state, f"store-{name_of(self.repo)}.packs")
        name = newest.name if newest is not None else ""
        made = Standing(self.packs, note, name, prove=full_check)
        if newest is None or not made.doubt or not self.mirror:
            return made, ()
        back = bring_back(self.repo, self.mirror, id, made.sizes, sorted(made.lacking(self._manifests.entries(newest))))
        if not back:
            return made, ()
        return Standing(self.packs, note, name, prove=full_check), (
            f"{_counted(back, 'pack')} that the store had lost came back from the mirror.",
        )

    def _remember(self, standing: Standing, run: Run) -> None:
        newest = self._newest()
        if run.left_lost:
            standing.forget()
        else:
            standing.remember(newest.name if newest is not None else "", run.written)

    def _pruning(self, keep: Keep) -> Pruning:
        return Pruning(self.repo, keep, self._now(), journal=self.mirror is not None)

    def _make_room(self) -> None:
        """Look at the free space; where it is too little, what nobody needs goes first. Raises Unreachable."""
        try:
            self._room()
        except Unreachable:
            if self._newest() is None:
                raise
            self._pruning(Keep()).remove_dead()
            self._room()

    def _mirrored(self, id: str) -> tuple[tuple[str, ...], int]:
        """Bring the mirror up to date; gives warnings, and how many files it lacks. It never fails what it is a copy of."""
        if not self.mirror:
            return (), 0
        path = os.path.join(self.state, f"store-{name_of(self.repo)}.mirror")
        # Beside the drive that is mounted others are expected.
        roots = {*DRIVES, os.path.dirname(self._windows_drive or DRIVES[0])} - {"/"}
        done = bring_up_to_date(self.repo, self.mirror, id, sorted(roots))
        since = self._now().isoformat(timespec="seconds")
        if done.why:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError), open(path, encoding="utf-8") as file:
                since = str(json.load(file)["since"])
        note = json.dumps({"behind": done.behind, "since": since, "why": done.why, "mirror": self.mirror})
        with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as file:
            file.write(note + "\n")
        if not done.why:
            return (), 0
        return (f"The mirror lacks {_counted(done.behind, 'file')} since {since}: {done.why}. The backup itself is made.",), done.behind

    def mirror_state(self) -> dict[str, object] | None:
        """How the mirror stands: `path`, `at` (when it was whole; from when on it is not, where `error` says why), `behind` files; None without one."""
        if not self.mirror:
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            with open(os.path.join(self.state, f"store-{name_of(self.repo)}.mirror"), encoding="utf-8") as file:
                told = json.load(file)
            return {"path": self.mirror, "at": str(told["since"]), "behind": int(told["behind"]), "error": told["why"] or None}
        return {"path": self.mirror, "at": None, "behind": None, "error": "it was not written yet"}

    def _too_large(self) -> tuple[str, ...]:
        size = sum(pack_sizes(self.packs).values()) if self._warn_size else 0
        if size <= self._warn_size:
            return ()
        return (
            f"The backups take {size / 2**30:.1f} GB, more than the {self._warn_size / 2**30:.1f} GB from which you wanted to be told.",
        )

    @property
    def _first_path(self) -> str:
        """A file that says that there was a snapshot once: without it a store with no manifest is one whose first run was killed."""
        return os.path.join(self.repo, BEGUN)

    def _note_first(self) -> None:
        if not os.path.exists(self._first_path):
            write(self._first_path, b"")

    def _open(self, *, listed: bool = True) -> None:
        """Raise unless there is a store here that this wslcfg can read; with `listed` also unless it knows what it holds."""
        there = self._names()
        if not there:
            raise Unreachable(
                f"There are no backups at {self.repo}.", "Run 'wslcfg sessions backup', or name another store with --repo.", code="no-repo"
            )
        if self._format() is None and not {"packs", "snapshots"} & set(there):
            raise Unreadable(f"{self.repo} is no store of backups.", "Name one with --repo, or leave it out.", code="not-a-store")
        if listed and os.path.exists(self._first_path) and not self._manifests.all():
            raise Unreadable(
                f"{self.repo} has lost every list of what it holds; its packs are still there.",
                f"Run `wslcfg sessions verify --rebuild --repo {shlex.quote(self.repo)}`, which makes one anew from them.",
                code="no-lists",
            )

    def _names(self) -> list[str]:
        """What lies in the store's folder, leftovers of killed runs not counted."""
        try:
            return [name for name in os.listdir(self.repo) if not name.endswith(TEMPORARY)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise atomic.unreachable(error, self.repo, "open") from error

    def _prepare(self) -> str:
        """Make the store's folders, and clean up after a killed run; gives the store's own id. The lock is held."""
        id = self._format()
        if id is None:
            if any(name not in OURS for name in self._names()):
                raise Refused(
                    f"{self.repo} holds other things and no backups of wslcfg.",
                    "Name an empty or new folder as the store.",
                    code="not-a-store",
                )
            id = os.urandom(8).hex()
            write(self._format_path, json.dumps({"format": FORMAT, "id": id, "made_by": "wslcfg"}).encode() + b"\n")
        make_folder(self.packs)
        make_folder(self.folder)
        sweep(self.repo, self.packs, self.folder)
        return id

    @property
    def _format_path(self) -> str:
        return os.path.join(self.repo, "format.json")

    def _format(self) -> str | None:
        """The store's own id, None where there is none yet. Raises Unreadable for a newer format."""
        try:
            with open(self._format_path, "rb") as file:
                plain = json.loads(file.read(4096))
            number, id = int(plain["format"]), str(plain["id"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unreadable(
                f"{self._format_path} is not understood: {error}.",
                "Remove that one file; the next backup makes it anew from what lies there.",
            ) from error
        if number > FORMAT:
            raise Unreadable(f"The backups at {self.repo} are of format {number}, newer than this wslcfg.", "Update wslcfg.", code="newer")
        return id

    def _newest(self) -> Manifest | None:
        return next(reversed(self._manifests.listing()), None)

    def _next_id(self, newest: Manifest | None) -> str:
        """The id of a snapshot made now; later than every other, whatever the clock says."""
        now = self._now()
        if newest is not None and made_at(newest.id) >= now:
            now = made_at(newest.id) + timedelta(microseconds=1)
        return named(now)

    def _room(self) -> None:
        """Look at the free space after each pack."""
        space.check(self.repo, self._windows_drive, self._floors)

    def _round(self) -> int:
        """Whose turn it is to be compared whole; counted in the state folder, where a lost count does no harm."""
        path = os.path.join(self.state, f"store-{name_of(self.repo)}.round")
        try:
            with open(path, encoding="ascii") as file:
                round = int(file.read(20)) + 1
        except (OSError, ValueError):
            round = 0
        with open(path, "w", encoding="ascii") as file:
            file.write(str(round))
        return round % 48


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
