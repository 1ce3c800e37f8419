"""Look: what of Windows' side a restart of WSL concerns: the distros that run, and the windows of editors that bring WSL back."""

from __future__ import annotations

from wslcfg.errors import Bug
from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.machine.interop import WSL, Interop
from wslcfg.machine.processes import command_line, look_processes
from wslcfg.machine.services import DOCKER_DESKTOP
from wslcfg.model.facts import Datum, unknown
from wslcfg.model.late import late

_TIMEOUT_S = 10.0
# The part of an editor that runs in the distro lies in a folder of its name: `~/.vscode-server/bin/COMMIT/node … server-main.js`.
_SERVER = late(r"/\.(vscode|cursor|windsurf|vscodium)-server(?:-insiders)?/")
_EDITORS = {"vscode": "VS Code", "cursor": "Cursor", "windsurf": "Windsurf", "vscodium": "VSCodium"}
# What such a server's processes are called; each other one need not be looked at more closely.
_COMM = ("node", "MainThread", "code-", "server")


def look_running(host: Host, interop: Interop) -> Datum[tuple[str, ...]]:
    """The distros that run, as `wsl.exe --list --quiet --running` says; the words of its other forms are translated."""
    try:
        ran = interop.run(WSL, ("--list", "--quiet", "--running"), _TIMEOUT_S)
    except Bug as error:
        if error.code != "not-recorded":
            raise
        return unknown("the recorded machine does not say")
    if ran.failure or ran.code != 0:
        return unknown(interop.why or "wsl.exe does not answer")
    text = ran.out.decode("utf-16-le" if b"\0" in ran.out else "utf-8", "replace").lstrip("\ufeff")
    names = tuple(name for line in text.splitlines() if (name := line.strip()))
    return Datum(names, "wsl.exe") if names else unknown("wsl.exe names none")


def look_docker_desktop(host: Host) -> bool:
    """Whether Docker Desktop serves this distro; it starts WSL again as soon as it notices that it is gone."""
    return reading.there(host, DOCKER_DESKTOP) is not None


def look_editors(host: Host) -> tuple[str, ...]:
    """Editors on Windows that have a window into this distro now, each once (`VS Code`)."""
    found = {}
    for process in look_processes(host):
        if process.comm.startswith(_COMM):
            seen = _SERVER.search(" ".join(command_line(host, process.pid)[:2]))
            if seen is not None:
                found[_EDITORS[seen[1]]] = True
    return tuple(found)
