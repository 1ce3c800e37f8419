"""Think: dangers. What a change of the files could do to Windows, to running work or to WSL's start; each with a stable id.

A danger is about the change: what was so before and stays so is for lint. Only what keeps WSL from starting is forbidden whether new
or old, since writing a file that cannot start is never right.
"""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.model.facts import Work
from wslcfg.model.plan import Danger, Restart
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, human
from wslcfg.model.wslfile import Effective, Value
from wslcfg.plan import sizing


class Surroundings(NamedTuple):
    """What the judgement of `.wslconfig` needs besides the file; None is unknown and takes the danger that needs it away.

    Attributes:
        ram: usable host RAM. free_disk: on the drive of the swap file. vm_used: bytes of memory that the VM uses now.
        windows_use, windows_peak: as in the sizing.
        exists: whether a Windows path is there; None where that cannot be told.
    """

    ram: int | None = None
    free_disk: int | None = None
    vm_used: int | None = None
    windows_use: str = "standard"
    windows_peak: int | None = None
    exists: Callable[[str], bool | None] | None = None


def dangers(before: Effective, after: Effective, around: Surroundings) -> tuple[Danger, ...]:
    """What the change of `.wslconfig` from `before` to `after` could do; forbidden ones first."""
    found = [*_no_start(after, around.exists)]
    old, new = before.values, after.values
    memory, swap = new.get("wsl2.memory"), new.get("wsl2.swap")
    if isinstance(memory, int):
        found += _memory(memory, old.get("wsl2.memory"), around)
    if isinstance(swap, int):
        found += _swap(swap, old.get("wsl2.swap"), around)
    return tuple(found)


def conf_dangers(before: Effective, after: Effective) -> tuple[Danger, ...]:
    """What the change of `wsl.conf` from `before` to `after` could do."""
    found: list[Danger] = []
    if after.aborted and not before.aborted:
        text = "WSL would stop reading wsl.conf at the first mistake, and every setting below it would be lost."
        found.append(Danger("wsl-conf-abort", text, "Correct the line that `wslcfg lint /etc/wsl.conf` names first."))
    if before.values.get("boot.systemd") is True and after.values.get("boot.systemd") is False:
        text = "systemd would be off: its services and timers would not start, and limits for agents would need another way."
        found.append(Danger("systemd-off", text, "Set wsl.conf:boot.systemd=true to keep it."))
    return tuple(found)


def at_restart(work: Work, restart: Restart) -> tuple[Danger, ...]:
    """What a restart would end; for the commands that restart, not for those that only write."""
    if restart == "none" or not work.agents:
        return ()
    count = len(work.agents)
    sessions = "1 agent session" if count == 1 else f"{count} agent sessions"
    named = ", ".join(work.agents[:3]) + (" …" if count > 3 else "")
    return (Danger("live-sessions", f"A restart ends {sessions} ({named}).", "End them first, or restart later: the file waits."),)


def _memory(memory: int, before: Value, around: Surroundings) -> list[Danger]:
    """Too little for WSL itself, more than before and too much for Windows, or less than before and than is in use."""
    found: list[Danger] = []
    if memory != before and memory < sizing.VM_OWN:
        text = f"WSL itself needs about {human(sizing.VM_OWN)} of memory; with {human(memory)} it may not start (WSL#11144)."
        found.append(Danger("memory-too-small", text, "Write a size such as 4GB, or unset wsl2.memory."))
    grows = not isinstance(before, int) or memory > before
    if grows and around.ram is not None and memory > sizing.default_memory(around.ram):
        reserve = sizing.windows_reserve(around.ram, around.windows_use, around.windows_peak)
        most = max(sizing.cap(around.ram, reserve), sizing.default_memory(around.ram))
        if memory > most:
            text = f"{human(memory)} for WSL leave Windows {human(around.ram - memory)}; it needs about {human(reserve)} and would page."
            found.append(Danger("windows-starves", text, f"Take at most {human(most)}."))
    if memory != before and around.vm_used is not None and memory < around.vm_used:
        text = f"The VM uses {human(around.vm_used)} of memory now and would have {human(memory)}: the same work would swap or be killed."
        found.append(Danger("memory-below-use", text, "Stop what is running first, or leave more memory."))
    return found


def _swap(swap: int, before: Value, around: Surroundings) -> list[Danger]:
    """No swap any more, or more than before and than the drive can take."""
    if swap == 0 and before != 0:
        return [Danger("no-swap", "Without swap a short spike of memory ends in an OOM kill.", "Give WSL some swap, for example 4GB.")]
    grows = not isinstance(before, int) or swap > before
    limit = sizing.disk_limit(around.free_disk)
    if grows and limit is not None and around.free_disk is not None and swap > limit:
        return [fills_disk(swap, around.free_disk, limit)]
    return []


def fills_disk(swap: int, free: int, limit: int) -> Danger:
    """A swap file that could fill its drive; all sizes in bytes."""
    text = f"{human(swap)} of swap on a drive with {human(free)} free could fill it, and Windows with it."
    hint = f"Take at most {human(limit)}." if limit >= GIB else "Free some room first, or put the swap file on another drive."
    return Danger("swap-fills-disk", text, hint)


def _no_start(after: Effective, exists: Callable[[str], bool | None] | None) -> list[Danger]:
    """What keeps every distro from starting: missing files (WslCoreVm.cpp:200-258) and a bad macAddress."""
    found: list[Danger] = []
    if after.fatal is not None:
        found.append(Danger("bad-mac", f"WSL would not start: {after.fatal}", "Correct or unset wsl2.macAddress.", forbidden=True))
    kernel, modules, distro = (_path(after, name) for name in ("wsl2.kernel", "wsl2.kernelModules", "wsl2.systemDistro"))
    for key, path, id in (
        ("kernel", kernel, "kernel-missing"),
        ("kernelModules", modules, "kernel-modules"),
        ("systemDistro", distro, "system-distro-missing"),
    ):
        if path and exists is not None and exists(path) is False:
            text = f"WSL would not start: wsl2.{key} names {path}, which is not there."
            found.append(Danger(id, text, f"Put the file there, or unset wsl2.{key}.", forbidden=True))
    if modules and not kernel:
        text = "WSL would not start: wsl2.kernelModules goes only with a kernel of your own in wsl2.kernel."
        found.append(Danger("kernel-modules", text, "Unset wsl2.kernelModules, or name the kernel too.", forbidden=True))
    if distro and not distro.lower().endswith((".img", ".vhd")):
        text = f"WSL would not start: wsl2.systemDistro takes a .img or .vhd file, not {distro}."
        found.append(Danger("system-distro-missing", text, "Unset wsl2.systemDistro, or name such a file.", forbidden=True))
    return list({danger.id: danger for danger in reversed(found)}.values())[::-1]


def _path(after: Effective, name: str) -> str:
    """A path setting's effective value, '' when there is none."""
    value = after.values.get(name)
    return value if isinstance(value, str) else ""
