"""`wslcfg sessions backup`: back the agents' session files up. Also the hot lane's work, so nothing here is slow to import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone

from wslcfg.cli.backups import Backups, engine_of, settle
from wslcfg.cli.shared import Flags, Json
from wslcfg.errors import Conflict, WslcfgError
from wslcfg.host.folder import entries
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.store import notes
from wslcfg.store.engine import BackedUp, Engine, Source
from wslcfg.store.sources import Places, Shut, sources
from wslcfg.ui.words import count


def run_backup(given: Flags, home: str, repo: str, *, full_check: bool, dry_run: bool = False) -> Result:
    """Back up what is new; nothing new is no snapshot."""
    backups = settle(given, home, repo)
    engine = engine_of(backups)
    if dry_run:
        return _foresee(backups)
    done = back_up(backups, engine, full_check=full_check)
    return Result(
        _data(backups, engine, done), lambda: "" if given.quiet else _text(done), tuple(Message("warning", text) for text in done.warnings)
    )


def back_up(backups: Backups, engine: Engine, *, full_check: bool = False) -> BackedUp:
    """One backup, with its note in the state folder: success, or why not. Raises what the engine raises."""
    shut = _shut(backups)
    try:
        done = engine.backup(_sources(backups, shut), full_check=full_check)
    except WslcfgError as error:
        if not backups.named and not isinstance(error, Conflict):  # who is in the way makes the backup himself
            notes.failed(backups.state, _now(), error)
        raise
    done = done._replace(warnings=(*done.warnings, *_left_out(backups, shut)))
    if not backups.named:
        more = {"snapshot": done.snapshot, "files": done.files, "new_bytes": done.new_bytes, "stored_bytes": done.stored_bytes}
        notes.succeeded(backups.state, _now(), **more, seconds=round(done.seconds, 3), engine=engine.name, mirror=mirror_of(engine))
    return done


def mirror_of(engine: Engine) -> Json | None:
    """How the mirror stands: its path, when it was whole last, how many files it lacks and why; None without one."""
    state = getattr(engine, "mirror_state", None)  # restic has none: it goes to other places itself
    told: Json | None = state() if state is not None else None
    return told


def _sources(backups: Backups, shut: Shut) -> Iterator[Source]:
    where = Places(*backups.where)
    # A folder that is there and cannot be read is not one without sessions.
    for folder in (f"{where.claude}/projects", f"{where.codex}/sessions", f"{where.codex}/archived_sessions"):
        entries(folder)
    return sources(where, os.path.join(backups.state, "backup", "scratch"), backups.conf.includes, shut)


def _shut(backups: Backups) -> Shut:
    """What wslcfg itself writes: a store that backs itself up grows with each run."""
    mirror = backups.conf.get("backup", "mirror")
    return Shut(backups.repo, os.path.expanduser(mirror), backups.state)


def _left_out(backups: Backups, shut: Shut) -> tuple[str, ...]:
    said = []
    for folder in dict.fromkeys(shut.met):
        agents = any(folder.startswith(own + "/") for own in (backups.where.claude, backups.where.codex))
        advice = " Better keep backups outside of the agents' folders, which their clean-up sweeps." if agents else ""
        said.append(f"{folder} is left out of the backup: wslcfg keeps its own files there.{advice}")
    return tuple(said)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _foresee(backups: Backups) -> Result:
    """What a backup would look at."""
    files = size = 0
    shut = _shut(backups)
    for source in _sources(backups, shut):
        files += 1
        try:
            size += os.stat(source.real).st_size
        except OSError:
            continue
    data: Json = {
        "snapshot": None,
        "files": files,
        "new_bytes": 0,
        "stored_bytes": 0,
        "seconds": 0.0,
        "repo": backups.repo,
        "dry_run": True,
    }
    return Result(
        {**data, "bytes": size},
        lambda: f"{count(files, 'file')} with {human(size)} would be backed up to {backups.repo}.",
        tuple(Message("warning", text) for text in _left_out(backups, shut)),
    )


def _data(backups: Backups, engine: Engine, done: BackedUp) -> Json:
    return {
        "snapshot": done.snapshot,
        "files": done.files,
        "new_bytes": done.new_bytes,
        "stored_bytes": done.stored_bytes,
        "seconds": round(done.seconds, 3),
        "engine": engine.name,
        "repo": backups.repo,
        "mirror": mirror_of(engine),
        "dry_run": False,
    }


def short(snapshot: str) -> str:
    """A snapshot's id as it is told: restic's hash by its first 8 digits, ours whole."""
    return snapshot[:8] if len(snapshot) > 32 else snapshot


def _text(done: BackedUp) -> str:
    if done.snapshot is None:
        return f"Nothing new in {count(done.files, 'file')}: no snapshot is needed." if done.files else "There are no session files yet."
    return (
        f"Snapshot {short(done.snapshot)}: {count(done.files, 'file')}, {human(done.new_bytes)} new, {human(done.stored_bytes)} stored, "
        f"{done.seconds:.1f} s."
    )
