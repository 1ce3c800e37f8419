"""Look: which process this is, in words by which another process can tell whether it is still alive.

All distros of a person share one kernel and one boot id but not their process ids: a pid alone says nothing across distros.
"""

from __future__ import annotations

import os

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.model.record import NamedTuple

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Identity(NamedTuple):
    """One process of one boot.

    Attributes:
        boot: the kernel's boot id, the first 8 hex digits; '' where it cannot be read.
        space: the inode of the pid namespace, '' where it cannot be read; two distros differ in it.
        pid: the process id inside that namespace. started: clock ticks since boot (/proc/PID/stat, field 22), 0 when unknown.
    """

    boot: str
    space: str
    pid: int
    started: int


def boot_id() -> str:
    """The kernel's boot id as it stands in /proc/sys/kernel/random/boot_id (`d8dfcf77-1054-…`), '' where there is none."""
    return _first_line(_BOOT_ID)


def boot_of(host: Host) -> str:
    """The boot id of a host, which for a recorded one is not this kernel's; '' where there is none."""
    try:
        raw = host.read(_BOOT_ID)
    except WslcfgError:
        return ""
    return (raw or b"").decode("ascii", "replace").strip()


def me() -> Identity:
    """The identity of this process."""
    try:
        space = "".join(sign for sign in os.readlink("/proc/self/ns/pid") if sign.isdigit())
    except OSError:
        space = ""
    pid = os.getpid()
    return Identity(boot_id()[:8], space, pid, _started(pid))


def alive(other: Identity) -> bool | None:
    """Whether that process still runs; None when it cannot be told from here (another distro, no /proc)."""
    mine = me()
    if not other.boot or not mine.boot:
        return None
    if other.boot != mine.boot:
        # The VM was started anew since, and with it every process of the old boot went.
        return False
    if other.space != mine.space or not other.space:
        return None
    started = _started(other.pid)
    return started != 0 and (other.started == 0 or started == other.started)


def _started(pid: int) -> int:
    """Start time in clock ticks, 0 when there is no such process (zombies count as gone).

    Reads `/proc/PID/stat`: `4242 (a name) S 1 …`; the name may hold spaces and brackets, so it is cut at the last bracket.
    """
    fields = _first_line(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in {"Z", "X"}:
        return 0
    return int(fields[19])


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""
