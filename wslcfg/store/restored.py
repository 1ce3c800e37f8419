"""Act: the journal of a restore into the home, so that it can be undone: `STATE/restored/<id>/journal.json` and the replaced files beside it.

The journal is written and synced before the first file changes. It says of each file what it was and what it will be; whichever of the two lies there
tells how far a killed restore came, so that undoing works from any moment on and may itself be killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

from wslcfg.errors import Conflict, Refused, Unreadable
from wslcfg.host import atomic
from wslcfg.model.record import NamedTuple
from wslcfg.store import place

FOLDER = "restored"
_JOURNAL = "journal.json"
_SCHEMA = 1
# A restore can be undone for so long, as a change of .wslconfig can; the newest one for ever.
KEEP_DAYS = 90


class Entry(NamedTuple):
    """One file of a restore.

    Attributes:
        path: as under the home. real: absolute. kind: `created`, `replaced` or `merged` (lines were added to it).
        before: sha256 (hex) of what lay there, None for nothing. after: of what was put there.
        old: name of the kept file in the journal's folder, None where there was none; for `merged` of the added lines.
        old_mode, old_ns: permission bits and time of what lay there. size: for `merged` the length before.
    """

    path: str
    real: str
    kind: str
    before: str | None
    after: str
    old: str | None = None
    old_mode: int = 0o600
    old_ns: int = 0
    size: int = 0


class Journal(NamedTuple):
    """A restore: `id` is its folder's name, `state` is `begun`, `done` or `undone`; `folders` were made for it, outermost first."""

    id: str
    at: str
    title: str
    state: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...] = ()


class Undone(NamedTuple):
    """What an undo did: `back` are the files that are as before now, `refused` (path, why) those that stay as they are."""

    id: str
    back: tuple[Entry, ...]
    refused: tuple[tuple[Entry, str], ...]


@contextlib.contextmanager
def alone(state: str) -> Iterator[str]:
    """Hold the lock of restores; yield their folder, cleared of what killed ones left. Raises Conflict, Unreachable."""
    folder = os.path.join(state, FOLDER)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise atomic.unreachable(error, folder, "make") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("Another restore is at work.", "Wait until it is done and run the command again.", code="locked") from error
        for name in os.listdir(folder):
            home = os.path.join(folder, name)
            if os.path.isdir(home) and not os.path.exists(os.path.join(home, _JOURNAL)):
                shutil.rmtree(home, ignore_errors=True)
            else:
                shutil.rmtree(os.path.join(home, "new"), ignore_errors=True)
        yield folder
    finally:
        os.close(handle)


def new_id() -> str:
    """An id that sorts by time, two of one second as well: `20261126T035307.123456Z-3f9a01`."""
    now = time.time_ns() // 1000
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now // 10**6))}.{now % 10**6:06}Z-{os.urandom(3).hex()}"


def write(folder: str, journal: Journal) -> None:
    """Write a journal, synced. Raises Unreachable."""
    whole = {"schema": _SCHEMA, **journal._asdict(), "entries": [entry._asdict() for entry in journal.entries]}
    atomic.replace(os.path.join(folder, journal.id, _JOURNAL), json.dumps(whole, indent=1).encode() + b"\n", mode=0o600)
    atomic.sync_folder(folder)


def journals(state: str) -> list[Journal]:
    """Every restore that is known, oldest first; a journal that cannot be read is passed over."""
    folder = os.path.join(state, FOLDER)
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found.append(_read(folder, name))
    return found


class Cleaned(NamedTuple):
    """What cleaning removed (in a dry run: would remove): restores that can no longer be undone then, and the bytes kept for them."""

    restores: int
    bytes: int


def clean(state: str, now: datetime, *, dry_run: bool = False) -> Cleaned:
    """Remove what was kept for restores that are undone or older than KEEP_DAYS; the newest that is not undone stays. Raises Conflict, Unreachable."""
    known = journals(state)
    newest = next((one.id for one in reversed(known) if one.state != "undone"), "")
    oldest = (now - timedelta(days=KEEP_DAYS)).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    worn = [one.id for one in known if one.state == "undone" or (one.at < oldest and one.id != newest)]
    size = sum(place.size_below(os.path.join(state, FOLDER, id)) for id in worn)
    if worn and not dry_run:
        with alone(state) as folder:
            for id in worn:
                # The journal first: a folder without one is nobody's, and goes with the next restore if this is killed.
                with contextlib.suppress(FileNotFoundError):
                    atomic.remove(os.path.join(folder, id, _JOURNAL))
                shutil.rmtree(os.path.join(folder, id), ignore_errors=True)
    return Cleaned(len(worn), size)


def undo(state: str, chosen: str, busy: Mapping[str, int]) -> Undone:
    """Take a restore back: what it created goes, what it replaced comes back; a file that changed since is left alone.

    Args:
        chosen: the restore's id, '' for the newest that is not undone. busy: sessions that a process has now, with its pid.

    Raises:
        Refused: there is no such restore. Unreadable: a kept file is gone or damaged. Conflict, Unreachable.
    """
    with alone(state) as folder:
        known = [one for one in journals(state) if (one.id == chosen if chosen else one.state != "undone")]
        if not known:
            raise Refused(
                f"There is no restore {chosen}." if chosen else "There is no restore to undo.",
                "Only restores with --in-place are undone; their ids are printed with them.",
                code="no-restore",
            )
        journal = known[-1]
        back, refused = [], []
        for entry in reversed(journal.entries):
            pid = next((pid for session, pid in busy.items() if session in entry.path), None)
            if entry.kind == "merged" and busy:
                why = "agents are running and write to it"
            elif pid is not None:
                why = f"the session runs in process {pid}"
            else:
                why = _put_back(os.path.join(folder, journal.id), entry)
            if why:
                refused.append((entry, why))
            else:
                back.append(entry)
        for made in reversed(journal.folders):
            with contextlib.suppress(OSError):
                os.rmdir(made)
        if not refused:
            write(folder, journal._replace(state="undone"))
            # What was kept lies in its place again.
            shutil.rmtree(os.path.join(folder, journal.id, "old"), ignore_errors=True)
        return Undone(journal.id, tuple(reversed(back)), tuple(reversed(refused)))


def _put_back(folder: str, entry: Entry) -> str:
    """Make one file what it was; why not, '' when it is. Raises Unreadable, Unreachable."""
    if entry.kind == "merged":
        try:
            return _cut(folder, entry)
        except OSError as error:
            raise atomic.unreachable(error, entry.real, "put back") from error
    now = place.digest(entry.real)
    if now == entry.before:
        return ""
    if now != entry.after:
        return "it is gone" if now is None else "it changed since"
    try:
        if entry.old is None:
            os.unlink(entry.real)
            atomic.sync_folder(os.path.dirname(entry.real))
            return ""
        kept = os.path.join(folder, entry.old)
        if place.digest(kept) != entry.before:
            raise Unreadable(f"{kept} is damaged or gone; {entry.real} stays as it is.", "Look for another copy.", code="damaged")
        there = place.look(entry.real)
        ready = place.temporary(os.path.dirname(entry.real))
        place.copy(kept, ready)
        os.chmod(ready, entry.old_mode)
        os.utime(ready, ns=(entry.old_ns, entry.old_ns))
        done = there is not None and place.settle(ready, entry.real, over=place.print_of(there))
    except OSError as error:
        raise atomic.unreachable(error, entry.real, "put back") from error
    return "" if done else "it changed just now"


def _cut(folder: str, entry: Entry) -> str:
    """Take added lines (all, or as many as a killed restore came to) off the end of a file again, if nobody added more."""
    with open(os.path.join(folder, entry.old or ""), "rb") as kept:
        added = kept.read()
    try:
        with open(entry.real, "rb+") as file:
            file.seek(entry.size)
            rest = file.read(len(added) + 1)
            unlike = place.digest(entry.real, length=entry.size) != (entry.before or atomic.digest(b""))
            if unlike or not added.startswith(rest):
                return "it changed since"
            file.truncate(entry.size)
            file.flush()
            os.fsync(file.fileno())
        if entry.before is None:
            os.unlink(entry.real)
    except FileNotFoundError:
        return "" if entry.before is None else "it is gone"
    return ""


def _read(folder: str, name: str) -> Journal:
    with open(os.path.join(folder, name, _JOURNAL), "rb") as file:
        raw = json.loads(file.read())
    if raw.pop("schema") != _SCHEMA or raw["id"] != name:
        raise ValueError
    entries = tuple(Entry(**entry) for entry in raw.pop("entries"))
    if any(entry.old is not None and ("/" in entry.old.removeprefix("old/") or ".." in entry.old) for entry in entries):
        raise ValueError
    return Journal(**{**raw, "entries": entries, "folders": tuple(raw["folders"])})
