"""Look: what a restart of WSL would stop: live agent sessions, containers, distros. From /proc and the mounts, without interop."""

from __future__ import annotations

import itertools
import re

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.machine.agents import agent_of
from wslcfg.machine.distro import distro_name
from wslcfg.machine.mounts import look_place
from wslcfg.machine.processes import Process, command_line, look_processes
from wslcfg.machine.services import DOCKER_DESKTOP
from wslcfg.model.facts import Work


def look_work(host: Host) -> Work:
    """Live agent sessions (a client's helper processes count with it), containers, and the distros that are known to run."""
    processes = look_processes(host)
    agents = []
    by_pid = {process.pid: process for process in processes}
    named = {process.pid: client for process in processes if (client := agent_of(host, process)) is not None}
    for pid, client in named.items():
        if not _below(pid, named.keys() - {pid}, by_pid):
            agents.append(f"{client} (pid {pid}){_where(host, pid)}")
    return Work(tuple(agents), tuple(_containers(host, processes)), _distributions(host))


def _below(pid: int, others: set[int], by_pid: dict[int, Process]) -> bool:
    """Whether one of the others is an ancestor."""
    seen = {pid}
    while (process := by_pid.get(pid)) is not None and process.parent not in seen:
        pid = process.parent
        seen.add(pid)
        if pid in others:
            return True
    return False


def _where(host: Host, pid: int) -> str:
    """` in /home/ana/shop`, nothing where the working folder may not be seen."""
    link = f"/proc/{pid}/cwd"
    folder = reading.there(host, link)
    return f" in {folder.real}" if folder is not None and folder.real != link else ""


def _containers(host: Host, processes: tuple[Process, ...]) -> list[str]:
    """Running containers by their shim's arguments: `containerd-shim-runc-v2 -namespace moby -id 3f…`, `conmon … -n web`."""
    found = []
    for process in processes:
        if process.comm.startswith(("containerd-shim", "conmon")):
            arguments = command_line(host, process.pid)
            pairs = dict(itertools.pairwise(arguments))
            name = pairs.get("-n") if process.comm == "conmon" else None
            said = name or pairs.get("-id") or pairs.get("-c") or f"pid {process.pid}"
            found.append(said[:12] if re.fullmatch(r"[0-9a-f]{64}", said) else said)
    return found


def _distributions(host: Host) -> tuple[str, ...]:
    """Running distros: this one, Docker Desktop's, and others by their number where the cgroup tree shows them."""
    if not look_place(host).is_wsl:
        return ()
    own = distro_name(host).value or "this distro"
    found = [own]
    if reading.there(host, DOCKER_DESKTOP) is not None:
        found.append("docker-desktop")
    shown = [name for name in reading.names(host, "/sys/fs/cgroup/wsl-user") if name.startswith("distro-")]
    more = len(shown) - len(found)
    if more > 0:
        found.append("another distro" if more == 1 else f"{more} other distros")
    return tuple(found)
