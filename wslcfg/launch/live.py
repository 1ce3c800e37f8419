"""Look: what the launcher has running: capped sessions with what they hold, agents without a limit, and reports that nobody has seen.

A record of a live program (`launch/live/PID`) counts only while its process has the start that the record names; where the program really is and
what its limits really are is read from /proc and /sys, not from the record.
"""

from __future__ import annotations

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.machine.agents import agent_of
from wslcfg.machine.processes import look_processes
from wslcfg.model.inside import LIVE, REPORTS_NEW, parse_record
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple

# Groups of ours: a scope, or a session of the boot-prepared folder.
_OURS = late(r"/wslcfg-[^/]+\.scope(?=/|$)|/wslcfg-[^/]+/s-[0-9]+-[0-9]+(?=/|$)")
_TOP = "/sys/fs/cgroup"


class Capped(NamedTuple):
    """A program that the launcher started and that lives. Sizes in bytes, None where there is none or it cannot be read.

    Attributes:
        pid, program, door (`run`, `shim`, `wrapper`), unit, session (the agent's id, '' when not known), cwd, tty, at (RFC 3339): as recorded.
        cgroup: where it is now. inside: whether that is the group it was put into. limit, swap, high: as the kernel has them there now.
        current, peak, swap_current: what the group holds. processes: how many are in it.
    """

    pid: int
    program: str
    door: str
    unit: str
    session: str
    cwd: str
    tty: str
    at: str
    cgroup: str
    inside: bool
    limit: int | None
    swap: int | None
    high: int | None
    current: int | None
    peak: int | None
    swap_current: int | None
    processes: int


class Uncapped(NamedTuple):
    """A live agent that is in no group of ours."""

    pid: int
    program: str
    cgroup: str


class Report(NamedTuple):
    """A report that nobody has seen yet: its file's name and its keys."""

    name: str
    values: dict[str, str]


class Live(NamedTuple):
    """Everything of the launcher that is to be seen now."""

    capped: tuple[Capped, ...]
    uncapped: tuple[Uncapped, ...]
    reports: tuple[Report, ...]


def look_live(host: Host, state: str) -> Live:
    """Look at the launcher's programs; `state` is `$XDG_STATE_HOME/wslcfg`."""
    capped = []
    for name in reading.names(host, f"{state}/{LIVE}"):
        if name.isdigit():
            record = parse_record(reading.text(host, f"{state}/{LIVE}/{name}"))
            if record.get("start") == started(host, int(name)) and record.get("how") in ("scope", "folder"):
                capped.append(_capped(host, int(name), record))
    reports = tuple(
        Report(name, parse_record(reading.text(host, f"{state}/{REPORTS_NEW}/{name}")))
        for name in reading.names(host, f"{state}/{REPORTS_NEW}")
        if not name.startswith(".")
    )
    return Live(tuple(capped), _uncapped(host), reports)


def started(host: Host, pid: int) -> str:
    """Field 22 of /proc/PID/stat, the start in clock ticks since boot; '' for no such process or what is left of one."""
    fields = reading.text(host, f"/proc/{pid}/stat").rpartition(")")[2].split()
    return "" if len(fields) < 20 or fields[0] in {"Z", "X"} else fields[19]


def group_of(host: Host, pid: int) -> str:
    """The unified cgroup path of a process, '' where it cannot be read."""
    lines = reading.text(host, f"/proc/{pid}/cgroup").splitlines()
    return next((line[3:] for line in lines if line.startswith("0::")), "")


def _capped(host: Host, pid: int, record: dict[str, str]) -> Capped:
    group = group_of(host, pid)
    ours = _OURS.search(group)
    # The limits stand at the group that the launcher made; a session that dies as a whole lives one folder further down.
    folder = _TOP + (group[: ours.end()] if ours else group)
    return Capped(
        pid=pid,
        program=record.get("program", ""),
        door=record.get("door", ""),
        unit=record.get("unit", ""),
        session=record.get("session", ""),
        cwd=record.get("cwd", ""),
        tty=record.get("tty", ""),
        at=record.get("at", ""),
        cgroup=group,
        inside=(_TOP + group) == record.get("cgroup"),
        limit=reading.number(host, f"{folder}/memory.max"),
        swap=reading.number(host, f"{folder}/memory.swap.max"),
        high=reading.number(host, f"{folder}/memory.high"),
        current=reading.number(host, f"{folder}/memory.current"),
        peak=reading.number(host, f"{folder}/memory.peak"),
        swap_current=reading.number(host, f"{folder}/memory.swap.current"),
        processes=reading.number(host, f"{folder}/pids.current") or 0,
    )


def _uncapped(host: Host) -> tuple[Uncapped, ...]:
    """Agents outside our groups; an agent's helper processes count with it."""
    processes = look_processes(host)
    named = {process.pid: program for process in processes if (program := agent_of(host, process)) is not None}
    found = []
    for process in processes:
        if process.pid in named and process.parent not in named and not _OURS.search(group := group_of(host, process.pid)):
            found.append(Uncapped(process.pid, named[process.pid], group))
    return tuple(found)
