"""Look: the processes of this distro, read once from /proc, and what they really occupy."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import KIB

# WSL's kernels use pages of 4 KiB on x64 and on ARM64.
_PAGE = 4 * KIB
# smaps_rollup costs 4.5 ms for a process of 200 MB and 100 ms for one of 4 GB: the largest of a group get one, the rest count by statm.
_MOST_ROLLUPS = 48


class Process(NamedTuple):
    """One process: `comm` as the kernel cuts it (15 bytes), `tty` 0 for none, `resident` bytes with shared pages counted in full."""

    pid: int
    parent: int
    comm: str
    tty: int
    resident: int


class Occupied(NamedTuple):
    """Memory of several processes, bytes. `how` is `PSS`, or `RSS` where smaps may not be read: then it is an upper bound."""

    size: int
    how: str


def look_processes(host: Host) -> tuple[Process, ...]:
    """Every process of this pid namespace, by pid; kernel threads and those that end while we look are left out."""
    found = []
    for name in reading.names(host, "/proc"):
        if name.isdigit():
            process = parse_stat(reading.text(host, f"/proc/{name}/stat"))
            if process is not None and process.pid != 2 and process.parent != 2:
                found.append(process)
    return tuple(sorted(found))


def parse_stat(text: str) -> Process | None:
    """Read `/proc/PID/stat`, `310 (redis server) S 1 310 310 0 …` (proc_pid_stat(5)); the name may hold blanks and brackets."""
    head, bracket, tail = text.rpartition(")")
    pid, _, comm = head.partition(" (")
    fields = tail.split()
    if not bracket or not pid.isdigit() or len(fields) < 22 or fields[0] in {"Z", "X"}:
        return None
    return Process(int(pid), int(fields[1]), comm, int(fields[4]), int(fields[21]) * _PAGE)


def command_line(host: Host, pid: int) -> tuple[str, ...]:
    """The arguments of a process; empty when they cannot be read (or it has overwritten them with nothing)."""
    return tuple(part for part in reading.text(host, f"/proc/{pid}/cmdline").split("\x00") if part)


def occupied(host: Host, pids: Sequence[int]) -> Occupied:
    """What a group of processes occupies: the sum of their PSS with their swap, each shared page counted once.

    The sum of RSS is wrong by up to two orders for servers that fork (facts of the field: 110 GB for 0.7 GB), so it is used only for processes of
    other people, as private pages plus the largest shared part, and marked.
    """
    sizes = {pid: _statm(host, pid) for pid in pids}
    order = sorted(sizes, key=lambda pid: sizes[pid][0], reverse=True)
    total = 0
    unread = []
    for count, pid in enumerate(order):
        pss = _rollup(host, pid) if count < _MOST_ROLLUPS else None
        if pss is None:
            unread.append(pid)
        else:
            total += pss
    private = sum(sizes[pid][0] - sizes[pid][1] for pid in unread)
    shared = max((sizes[pid][1] for pid in unread), default=0)
    return Occupied(total + private + shared, "RSS" if unread else "PSS")


def _rollup(host: Host, pid: int) -> int | None:
    """Pss and SwapPss of smaps_rollup, bytes; None when it may not be read (another person's process)."""
    total = None
    for line in reading.text(host, f"/proc/{pid}/smaps_rollup").splitlines():
        name, _, rest = line.partition(":")
        if name in {"Pss", "SwapPss"} and rest.split()[:1] and rest.split()[0].isdigit():
            total = (total or 0) + int(rest.split()[0]) * KIB
    return total


def _statm(host: Host, pid: int) -> tuple[int, int]:
    """Resident and shared bytes of `/proc/PID/statm` (`size resident shared …`, pages)."""
    fields = reading.text(host, f"/proc/{pid}/statm").split()
    if len(fields) < 3 or not (fields[1].isdigit() and fields[2].isdigit()):
        return 0, 0
    return int(fields[1]) * _PAGE, int(fields[2]) * _PAGE
