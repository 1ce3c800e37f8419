"""Look: resident services and their memory: by cgroup where systemd runs them, else by their processes; known ones that are stopped by budget."""

from __future__ import annotations

from wslcfg.host.port import Host
from wslcfg.machine import catalogue, reading
from wslcfg.machine.agents import agent_of
from wslcfg.machine.cgroups import UnitMemory, look_units, members
from wslcfg.machine.memory import parse_meminfo
from wslcfg.machine.processes import Process, command_line, look_processes, occupied, parse_stat
from wslcfg.model.facts import Datum, Service, unknown
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import MIB, human

# Below this a service that the catalogue does not know is noise, summed up with the others of its kind.
_NOISE = 20 * MIB
# Children of init that carry a session and are no daemons: WSL's own relays, shells, what runs a line of cron.
_SESSIONS = late(r"SessionLeader|Relay\(|init|plan9|login|(?:ba|z|da|fi|k)?sh$|sleep|sshd|\(sd-pam\)|tmux|screen|sudo|su$")
_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
# Docker Desktop puts its own distro's sockets here while it runs (the folder is shared by all distros of the VM).
DOCKER_DESKTOP = "/mnt/wsl/docker-desktop"
# Estimate for its distro without containers (facts of the field, 4.4).
_DOCKER_DESKTOP_BUDGET = 1024 * MIB


class _Group(NamedTuple):
    """Processes of one service that no unit holds."""

    name: str
    known: catalogue.Known | None
    pids: list[int]


def look_services(host: Host) -> Datum[tuple[Service, ...]]:
    """The resident services, largest plan first. Agent sessions are not among them, nor what belongs to the system itself."""
    asking = parse_stat(reading.text(host, "/proc/self/stat"))
    # Whoever asks is gone in a moment, and no service, even below a daemon of the person's own.
    processes = tuple(process for process in look_processes(host) if asking is None or process.pid != asking.pid)
    units = look_units(host)
    if not processes and not units:
        return unknown("neither /proc nor the cgroups can be read")
    memory = parse_meminfo(reading.text(host, "/proc/meminfo")).get("MemTotal")
    by_pid = {process.pid: process for process in processes}
    found: list[Service] = []
    held: set[int] = set()
    noise: list[UnitMemory] = []
    containers: list[UnitMemory] = []
    for unit in units:
        pids = members(host, unit.folder) if unit.ours else ()
        held.update(pids)
        if unit.container:
            containers.append(unit)
        elif not catalogue.of_the_system(unit.name):
            service = _of_unit(host, unit, pids, by_pid, memory)
            if service is None:
                noise.append(unit)
            else:
                found.append(service)
    found.extend(_of_processes(host, [process for process in processes if process.pid not in held], memory))
    found.extend(_sum("containers", containers, f"{len(containers)} running"))
    found.extend(_sum("small services", noise, f"{len(noise)} of less than {human(_NOISE)} each", least=_NOISE))
    found.extend(_stopped(host, {service.name for service in found}))
    if reading.there(host, DOCKER_DESKTOP) is not None:
        found.append(docker_desktop(running=True))
    return Datum(tuple(sorted(found, key=lambda service: (-service.planned, service.name))), "cgroups and /proc")


def docker_desktop(*, running: bool) -> Service:
    """Docker Desktop's distro, which shares the VM and cannot be measured from another distro."""
    size = _DOCKER_DESKTOP_BUDGET
    note = "its distro shares the VM; estimate without containers"
    return Service("Docker Desktop", None, None, None, size, size, "budget", running=running, note=note)


def planned(measured: int) -> int:
    """What sizing counts for a measured service: 1.2 times it, since a week has busier hours than the one that was looked at."""
    return measured * 6 // 5


def _of_unit(host: Host, unit: UnitMemory, pids: tuple[int, ...], by_pid: dict[int, Process], memory: int | None) -> Service | None:
    """A unit as a service; None when it is noise, or when nothing can be measured of one that the catalogue does not know."""
    known = catalogue.by_unit(unit.name)
    current, peak, how = unit.current, unit.peak, "cgroup peak" if unit.peak is not None else "cgroup current"
    if peak is None and current is None and pids:
        current, how = occupied(host, pids)
    measured = peak if peak is not None else current
    if known is None and (measured is None or measured < _NOISE):
        return None
    name, budget, notes = known.name if known else unit.name.removesuffix(".service"), known.budget if known else None, []
    java = [pid for pid in pids if pid in by_pid and by_pid[pid].comm == "java"]
    if java:
        limit = catalogue.heap(command_line(host, java[0]))
        budget = catalogue.jvm_budget(limit, memory)
        notes.append(f"a JVM with -Xmx {human(limit)}" if limit else "a JVM without -Xmx, which takes a quarter of memory")
    if not pids and not measured:
        # A unit without processes (`postgresql.service` is one that only starts others) occupies nothing.
        return None
    if how == "RSS":
        notes.append("an upper bound: its shared pages cannot be told apart")
    if unit.cache is not None and current and unit.cache > 64 * MIB and unit.cache * 2 > current:
        notes.append(f"{human(unit.cache)} of what it holds now is file cache")
    if not unit.ours:
        notes.append("in another distro")
    plan = planned(measured) if measured is not None else budget or 0
    how = how if measured is not None else "budget"
    return Service(name, unit.name, current, peak, budget, plan, how, len(pids), note="; ".join(notes))


def _of_processes(host: Host, processes: list[Process], memory: int | None) -> list[Service]:
    """Services among processes that no unit holds: the catalogue's, and daemons (child of init, no terminal) that are large enough."""
    comms = {process.pid: process.comm for process in processes}
    groups: dict[str, _Group] = {}
    inside: dict[int, str] = {}
    heaps: dict[str, int | None] = {}
    for process in processes:
        arguments = command_line(host, process.pid) if process.comm in catalogue.INTERPRETERS else ()
        if agent_of(host, process) is not None:
            continue
        known = catalogue.by_process(process.comm, arguments)
        name = known.name if known else inside.get(process.parent) if process.tty == 0 else None
        daemon = process.tty == 0 and process.parent == 1 and process.pid != 1 and not catalogue.of_the_system(process.comm)
        if name is None and daemon and not _SESSIONS.match(process.comm):
            name = process.comm
        if name is None:
            continue
        group = groups.setdefault(name, _Group(name, known or catalogue.by_process(comms.get(process.parent, ""), ()), []))
        group.pids.append(process.pid)
        inside[process.pid] = name
        if process.comm == "java":
            heaps[name] = catalogue.heap(arguments)
    found = []
    for group in groups.values():
        size, how = occupied(host, group.pids)
        if group.known is None and size < _NOISE:
            continue
        budget = group.known.budget if group.known else None
        notes = ["an upper bound: other people's shared pages cannot be told apart"] if how == "RSS" else []
        if group.name in heaps:
            limit = heaps[group.name]
            budget = catalogue.jvm_budget(limit, memory) or budget
            notes.append(f"a JVM with -Xmx {human(limit)}" if limit else "a JVM without -Xmx, which takes a quarter of memory")
        found.append(Service(group.name, None, size, None, budget, planned(size), how, len(group.pids), note="; ".join(notes)))
    return found


def _sum(name: str, units: list[UnitMemory], note: str, *, least: int = 1) -> list[Service]:
    """Several units as one service, none when they are too small to matter."""
    peaks = [unit.peak if unit.peak is not None else unit.current or 0 for unit in units]
    if sum(peaks) < least:
        return []
    exact = all(unit.peak is not None for unit in units)
    current = sum(unit.current or 0 for unit in units)
    how = "cgroup peak" if exact else "cgroup current"
    return [Service(name, None, current, sum(peaks) if exact else None, None, planned(sum(peaks)), how, len(units), note=note)]


def _stopped(host: Host, running: set[str]) -> list[Service]:
    """Services of the catalogue that are installed and enabled but not running now, by their budget."""
    enabled: set[str] = set()
    for folder in ("multi-user.target.wants", "default.target.wants", "sockets.target.wants"):
        enabled.update(reading.names(host, f"/etc/systemd/system/{folder}"))
    found: dict[str, Service] = {}
    for unit in sorted(enabled):
        known = catalogue.by_unit(unit) if unit.endswith(".service") else None
        if known is None or known.budget is None or known.name in running | found.keys():
            continue
        if known.name == "containerd" and ("Docker" in running or "docker.service" in enabled):
            continue
        if any(reading.there(host, f"{folder}/{unit}") is not None for folder in _UNIT_FOLDERS):
            note = f"installed, not running; {known.source}"
            found[known.name] = Service(known.name, unit, None, None, known.budget, known.budget, "budget", running=False, note=note)
    return list(found.values())
