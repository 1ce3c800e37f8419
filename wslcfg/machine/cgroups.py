"""Look: which cgroup layout this is, and which systemd units it holds with what memory. Nothing is assumed about where `system.slice` lies.

Three layouts of WSL are known: classic (systemd at the root of the tree, up to 2.8), isolated (`/wsl-user/distro-N/systemd`, one tree for all
distros, 2.9.5 to about 2.9.9) and namespaced (the root that is seen is the distro's own group, WSL#41512).
"""

from __future__ import annotations

import re

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.model.facts import Datum, unknown
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple

# Containers, as systemd's and the cgroupfs driver name them: `docker-<64 hex>.scope`, `libpod-<64 hex>.scope`, `/docker/<64 hex>`.
_CONTAINER = late(r"(?:(?:docker|libpod|cri-containerd)-)?([0-9a-f]{64})(?:\.scope)?")
# Enough for any distro; a machine with more is a container farm, where looking at each unit would cost more than it tells.
_MOST_FOLDERS = 1500


class UnitMemory(NamedTuple):
    """A unit's cgroup. `current` and `peak` in bytes, None where the kernel or the permissions do not give them; `cache` is file cache within current."""

    name: str
    folder: str
    current: int | None
    peak: int | None
    cache: int | None
    container: bool
    ours: bool


def look_layout(host: Host) -> Datum[str]:
    """The layout's name, see `VmFacts.cgroup_layout`."""
    table = reading.text(host, "/proc/mounts")
    if not table:
        return unknown("/proc/mounts cannot be read")
    kinds = {fields[2] for line in table.splitlines() if len(fields := line.split(" ")) > 2 and fields[1].startswith("/sys/fs/cgroup")}
    if "cgroup" in kinds:
        return Datum("hybrid" if "cgroup2" in kinds else "v1", "/proc/mounts")
    if "cgroup2" not in kinds:
        return Datum("none", "/proc/mounts")
    first = _unified(reading.text(host, "/proc/1/cgroup"))
    if first.startswith("/wsl-user") or reading.there(host, "/sys/fs/cgroup/wsl-user") is not None:
        return Datum("v2-isolated", "/proc/1/cgroup")
    if reading.there(host, "/sys/fs/cgroup/cgroup.events") is not None:
        # Only a group below the kernel's root has cgroup.events: what is mounted here is a namespace's view.
        return Datum("v2-namespaced", "/sys/fs/cgroup")
    systemd = reading.text(host, "/proc/1/comm").strip() == "systemd"
    return Datum("v2-classic" if systemd else "v2-bare", "/proc/1/cgroup")


def look_units(host: Host) -> tuple[UnitMemory, ...]:
    """Every systemd service and container that has a cgroup, with its memory; those of other distros too where the tree is shared.

    The user manager (`user@1000.service`) is walked into and not counted: agents and shells live below it.
    """
    layout = look_layout(host).value or "none"
    if layout in {"none", "v1"}:
        return ()
    top = "/sys/fs/cgroup/unified" if layout == "hybrid" else "/sys/fs/cgroup"
    own = re.sub(r"/init\.scope$", "", _unified(reading.text(host, "/proc/1/cgroup")))
    roots = [(top + own.rstrip("/"), True)]
    if layout == "v2-isolated":
        for name in reading.names(host, f"{top}/wsl-user"):
            if name.startswith("distro-"):
                roots.append((f"{top}/wsl-user/{name}/systemd", False))
    elif not reading.names(host, f"{top}{own}/system.slice".replace("//", "/")):
        roots = [(top, True)]
    found: dict[str, UnitMemory] = {}
    budget = [_MOST_FOLDERS]
    for root, ours in roots:
        for slice_ in ("system.slice", "user.slice", "docker"):
            _walk(host, f"{root}/{slice_}", ours, budget, found)
    return tuple(found.values())


def members(host: Host, folder: str) -> tuple[int, ...]:
    """The pids in a unit's cgroup; empty when it cannot be read. Pids of another distro appear as 0 and are left out."""
    return tuple(pid for pid in map(int, re.findall(r"^\d+$", reading.text(host, f"{folder}/cgroup.procs"), re.MULTILINE)) if pid)


def _walk(host: Host, folder: str, ours: bool, budget: list[int], found: dict[str, UnitMemory]) -> None:
    """Collect units below a folder into `found`, at most `budget` folders in all."""
    if budget[0] <= 0 or folder in found:
        return
    budget[0] -= 1
    name = folder.rsplit("/", 1)[-1]
    container = _CONTAINER.fullmatch(name)
    if container or (name.endswith(".service") and not name.startswith("user@")):
        found[folder] = UnitMemory(
            container[1][:12] if container else name,
            folder,
            reading.number(host, f"{folder}/memory.current"),
            reading.number(host, f"{folder}/memory.peak"),
            _cache(host, folder),
            container is not None,
            ours,
        )
        return
    if name.endswith((".slice", ".service")) or name == "docker":
        for child in reading.names(host, folder):
            if child.endswith((".slice", ".service")) or _CONTAINER.fullmatch(child):
                _walk(host, f"{folder}/{child}", ours, budget, found)


def _cache(host: Host, folder: str) -> int | None:
    """File cache of a group (`active_file` and `inactive_file` of memory.stat), None when it cannot be read."""
    rows = re.findall(r"^(?:active_file|inactive_file) (\d+)$", reading.text(host, f"{folder}/memory.stat"), re.MULTILINE)
    return sum(map(int, rows)) if rows else None


def _unified(text: str) -> str:
    """The cgroup-v2 path of a /proc/PID/cgroup text (`0::/init.scope`); `/` when there is none."""
    for line in text.splitlines():
        if line.startswith("0::"):
            return line[3:].removesuffix(" (deleted)") or "/"
    return "/"
