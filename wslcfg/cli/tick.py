"""`wslcfg sessions backup --tick`: what timer, cron and the launcher run. One at a time, out of everybody's way, and no Windows process ever."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from wslcfg.apply.boot_check import seen
from wslcfg.cli.backups import Backups, engine_of, keep_of, number, settle
from wslcfg.cli.sessions_backup import back_up, mirror_of
from wslcfg.cli.shared import Flags, Json, this_disk
from wslcfg.cli.tick_notice import tell_of_kills
from wslcfg.errors import Conflict, WslcfgError
from wslcfg.host import atomic
from wslcfg.host.process import boot_id
from wslcfg.model.inside import LAST_BACKUP, LAST_PRUNE, LAST_VERIFY
from wslcfg.model.result import Message, Result
from wslcfg.store import notes
from wslcfg.store.engine import Engine

_PRUNE_EVERY, _VERIFY_EVERY = timedelta(days=1), timedelta(days=7)
# A timer that fires every 30 minutes must not find the last backup 29:59 old.
_EARLY = timedelta(seconds=90)
# ioprio_set(2): which number the call has, whom it means (1: a process), the idle class (3 << 13).
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_WHO_PROCESS, _IDLE = 1, 3 << 13


def run_tick(given: Flags, home: str, repo: str) -> Result:
    """Do what is due: the boot check, a backup, pruning once a day, a quick verification once a week.

    Raises:
        Conflict: another tick or backup is at work, which a timer takes as done.
    """
    backups = settle(given, home, repo)
    if backups.conf.get("backup", "enabled") == "no":
        return Result(
            {"due": False, "backup": None, "boot": None}, lambda: "" if given.quiet else "Backups are switched off (enabled = no)."
        )
    out_of_the_way()
    messages: list[Message] = []
    with _alone(backups):
        boot = _boot(backups, messages)
        now = datetime.now(timezone.utc)
        _kills(backups, now, messages)
        try:
            every = timedelta(minutes=number(backups.conf, "every-minutes")) - _EARLY
            if not backups.named and not notes.due(backups.state, LAST_BACKUP, now, every):
                nothing: Json = {"due": False, "backup": None, "boot": boot}
                return Result(nothing, lambda: "" if given.quiet else "Not due yet.", tuple(messages))
            engine = engine_of(backups)
        except WslcfgError as error:  # settings that make no sense: `status` has to tell of these too
            notes.failed(backups.state, now, error)
            raise
        done = back_up(backups, engine)
        messages += [Message("warning", text) for text in done.warnings]
        problems = [] if backups.named else _upkeep(backups, engine, now, messages)
    data: Json = {"due": True, "backup": {**done._asdict(), "warnings": list(done.warnings)}, "boot": boot, "mirror": mirror_of(engine)}
    said = f"Backed up: {done.snapshot or 'nothing new'}."
    return Result({**data, "problems": problems}, lambda: "" if given.quiet else said, tuple(messages), 1 if problems else 0)


def out_of_the_way() -> None:
    """Let everything else go first: lowest CPU and disk priority, and the first to go when memory runs out."""
    with contextlib.suppress(OSError):
        os.nice(19)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("800")
    call = _IOPRIO_SET.get(os.uname().machine)
    if call is not None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).syscall(call, _WHO_PROCESS, 0, _IDLE)


def _boot(backups: Backups, messages: list[Message]) -> str | None:
    """The boot check where this boot was not looked at yet; its trouble never keeps a backup from being made."""
    boot = boot_id()
    if not boot or seen(backups.state, boot):
        return None
    from wslcfg.cli.boot import check_boot

    try:
        return check_boot(this_disk(), backups.state, boot)
    except WslcfgError as error:
        messages.append(Message("note", f"The boot was not checked: {error.message}"))
        return None


def _kills(backups: Backups, now: datetime, messages: list[Message]) -> None:
    """Look for kills where the person wants to be told; its trouble never keeps a backup from being made."""
    try:
        note = tell_of_kills(this_disk(), backups.conf, backups.state, now)
    except WslcfgError as error:
        note = Message("note", f"Nobody looked for kills: {error.message}")
    if note is not None:
        messages.append(note)


def _upkeep(backups: Backups, engine: Engine, now: datetime, messages: list[Message]) -> list[str]:
    """Prune and verify when their time has come; what fails there is a warning, for the backup itself stands."""
    problems: list[str] = []

    def prune() -> None:
        from wslcfg.cli.sessions_kept import forget_old  # once a day; no other tick needs what it takes
        from wslcfg.store.restored import clean

        messages.extend(Message("warning", text) for text in engine.prune(keep_of(backups.conf)).warnings)
        clean(backups.state, now)
        with contextlib.suppress(Conflict):  # a repair is at work: tomorrow then
            forget_old(backups, now)
        notes.write(backups.state, LAST_PRUNE, now)

    def verify() -> None:
        problems.extend(engine.verify("quick").problems)
        notes.write(backups.state, LAST_VERIFY, now, how="quick", problems=problems)
        messages.extend(Message("warning", text) for text in problems)

    for name, every, work in ((LAST_PRUNE, _PRUNE_EVERY, prune), (LAST_VERIFY, _VERIFY_EVERY, verify)):
        try:
            if notes.due(backups.state, name, now, every):
                work()
        except WslcfgError as error:
            messages.append(Message("warning", f"The backup stands; looking after the store failed: {error.message} {error.hint}"))
    return problems


@contextlib.contextmanager
def _alone(backups: Backups) -> Iterator[None]:
    """One tick at a time; the kernel lets go of the lock with the process. Raises Conflict, Unreachable."""
    path = os.path.join(backups.state, "backup", "tick.lock")
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise atomic.unreachable(error, path, "make") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("A backup is running already.", "Nothing to do: it does the work of this one.", code="locked") from error
        yield
    finally:
        os.close(handle)
