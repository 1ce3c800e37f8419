"""Act: one writer at a time, in this distro and across all distros that share `.wslconfig`.

In the distro an flock serves. Across distros no lock call works: each mounts the Windows drive for itself. So each writer lays a claim,
a file of its own name made exclusively in `locks/`, and then looks whether anybody else's living claim lies there; if so it takes
its own back and tries again. Two can thus back off at once, but never hold at once, and a dead claim can be deleted
without a race, for no living process ever has that name again.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator

from wslcfg.errors import Conflict
from wslcfg.host import atomic, process

# A claim whose process cannot be asked from here (another distro) counts as dead after this long without renewal; an apply takes milliseconds.
LEASE_S = 120.0

# While a person types a password for sudo nothing renews the lease.
LONG_LEASE_S = 900.0


class Lock:
    """A lock that is held; `check` before every write, since a lease can run out while a laptop sleeps."""

    def __init__(self, claim: str | None, about: dict[str, object]) -> None:
        self._claim = claim
        self._about = about
        self._until = time.time() + LEASE_S

    def check(self) -> None:
        """Raise Conflict when the lock was lost; renew it when half of its lease is gone."""
        if self._claim is None:
            return
        lost = not os.path.exists(self._claim)
        if not lost and time.time() > self._until - LEASE_S / 2:
            self.extend(LEASE_S)
            lost = not os.path.exists(self._claim) or bool(_others(os.path.dirname(self._claim), self._claim))
        if lost:
            raise Conflict(
                "Another wslcfg took the lock over, since this one was asleep for too long.", "Run the command again.", code="lock-lost"
            )

    def extend(self, seconds: float) -> None:
        """Hold on for that long from now. Raises Unreachable when that cannot be written down."""
        if self._claim is None:
            return
        self._until = time.time() + seconds
        try:
            # Without O_CREAT: a claim that was taken away must not come back.
            handle = os.open(self._claim, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
            try:
                os.write(handle, json.dumps({**self._about, "until": self._until}).encode())
            finally:
                os.close(handle)
        except FileNotFoundError:
            return  # lost; check says so
        except OSError as error:
            raise atomic.unreachable(error, self._claim, "renew the lock") from error


@contextlib.contextmanager
def hold(local: str, shared: str | None, *, distro: str, command: str, wait_s: float = 5.0) -> Iterator[Lock]:
    """Hold the lock of this distro's state folder and, where the shared home is reachable, the one of all distros.

    Raises:
        Conflict: another wslcfg holds it after `wait_s`; `data["holder"]` says who.
        Unreachable: a lock cannot be made (no permission, no space).
    """
    deadline = time.monotonic() + wait_s
    mine = process.me()
    about: dict[str, object] = {
        "boot_id": process.boot_id(),
        "distro": distro,
        "pid": mine.pid,
        "pid_started": mine.started,
        "command": command,
        "lease_s": LEASE_S,
    }
    with _in_distro(os.path.join(local, "lock"), about, deadline):
        claim = None
        try:
            if shared is not None:
                claim = _claim(os.path.join(shared, "locks"), mine, about, deadline)
            yield Lock(claim, about)
        finally:
            if claim is not None:
                with contextlib.suppress(OSError):
                    os.unlink(claim)


@contextlib.contextmanager
def _in_distro(path: str, about: dict[str, object], deadline: float) -> Iterator[None]:
    """The flock; the file tells who has it. File systems without flock do without."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise atomic.unreachable(error, path, "make") from error
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                    break
                if time.monotonic() >= deadline:
                    raise _held(_told(os.pread(handle, 4096, 0))) from None
                time.sleep(_jitter())
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(about).encode(), 0)
        yield
    finally:
        os.close(handle)


def _claim(folder: str, mine: process.Identity, about: dict[str, object], deadline: float) -> str:
    """Lay a claim that nobody contests, and return its path."""
    try:
        os.makedirs(folder, exist_ok=True)
        while True:
            others = _others(folder, "")
            if not others:
                claim = os.path.join(folder, f"{mine.boot}-{mine.space}-{mine.pid}-{mine.started}-{os.urandom(4).hex()}.lock")
                _lay(claim, {**about, "until": time.time() + LEASE_S})
                others = _others(folder, claim)
                if not others:
                    return claim
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(claim)
            if time.monotonic() >= deadline:
                raise _held(others[0])
            time.sleep(_jitter())
    except OSError as error:
        raise atomic.unreachable(error, folder, "make a lock in") from error


def _lay(claim: str, about: dict[str, object]) -> None:
    handle = os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        os.write(handle, json.dumps(about).encode())
    except OSError:
        os.unlink(claim)
        raise
    finally:
        os.close(handle)


def _others(folder: str, own: str) -> list[dict[str, object]]:
    """What the living claims of others say; dead ones are deleted on the way."""
    living = []
    for name in sorted(os.listdir(folder)):
        place = os.path.join(folder, name)
        if place == own or not name.endswith(".lock"):
            continue
        try:
            with open(place, "rb") as file:
                told = _told(file.read(4096))
            laid_at = os.stat(place).st_mtime
        except FileNotFoundError:
            continue
        if _dead(name, told, laid_at):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place)
        else:
            living.append(told)
    return living


def _dead(name: str, told: dict[str, object], laid_at: float) -> bool:
    """Whether a claim's writer is gone: asked where it can be, else by its lease."""
    parts = name.removesuffix(".lock").split("-")
    if len(parts) == 5 and parts[2].isdigit() and parts[3].isdigit():
        running = process.alive(process.Identity(parts[0], parts[1], int(parts[2]), int(parts[3])))
        if running is not None:
            return not running
    until = told.get("until")
    return time.time() > (float(until) if isinstance(until, (int, float)) else laid_at + LEASE_S)


def _told(raw: bytes) -> dict[str, object]:
    """What a lock says of its holder; empty when it is being written just now."""
    try:
        data = json.loads(raw)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _held(holder: dict[str, object]) -> Conflict:
    who = f"process {holder.get('pid', '?')} in {holder.get('distro') or 'this distro'} ({holder.get('command') or 'just starting'})"
    return Conflict(
        f"Another wslcfg is at work: {who}.", "Wait until it is done and run the command again.", code="locked", data={"holder": holder}
    )


def _jitter() -> float:
    """5 to 45 ms, different for each, so that two who backed off together do not meet again."""
    return 0.005 + os.urandom(1)[0] / 255 * 0.04
