"""Think: status. Per setting: what wslcfg wrote last (base), what the file says (actual), what the profile wants (target), what runs.

Three states and not two, because the WSL Settings app, Docker Desktop and people edit the same file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wslcfg.model.facts import VmFacts
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import MIB
from wslcfg.model.wslfile import Effective, Scan, Value
from wslcfg.wslconf import keys, values

# What the kernel keeps for itself: MemTotal is 94 to 100 % of the VM's memory; on small VMs a fixed part weighs more
# (4096 -> 3932, 8192 -> 7958, 12288 -> 11892.8 MiB: facts of WSL#6890, #6030, #9636).
_LEAST_PERCENT, _SMALL_PERCENT, _SMALL_PART = 94, 95, 64 * MIB


class Row(NamedTuple):
    """One setting.

    Attributes:
        setting: `wsl2.memory`; those of wsl.conf as `wsl.conf:boot.systemd`.
        base: raw text that the last generation wrote, None for no key or no generation.
        actual: logical text in the file now, None for no key. effective: what WSL makes of it, typed.
        target: logical text that the profile wants; None for no key.
        wanted: whether the profile says anything about it.
        running: what the VM has now, where that can be measured; None elsewhere.
        runs: whether what runs is what the file says; None where it cannot be measured.
        foreign: somebody else changed it since the last generation. differs: the file is not what the profile wants.
    """

    setting: str
    base: str | None
    actual: str | None
    effective: Value
    target: str | None
    wanted: bool
    running: int | None
    runs: bool | None
    foreign: bool
    differs: bool


class Status(NamedTuple):
    """All rows, and whether a restart is due: the file is newer than the VM, or what runs differs; `why` says which."""

    rows: tuple[Row, ...]
    pending: bool
    why: str


def memory_matches(memory: int, total: int) -> bool:
    """Whether a MemTotal can be that of a VM with this `memory` (bytes): 94 to 100 % of it, less on small ones."""
    vm = memory // (2 * MIB) * (2 * MIB)
    least = min(vm * _LEAST_PERCENT // 100, vm * _SMALL_PERCENT // 100 - _SMALL_PART)
    return least <= total <= vm


def status(
    scanned: Scan,
    effective: Effective,
    vm: VmFacts | None,
    *,
    base: Mapping[str, str | None] | None = None,
    target: Mapping[str, str | None] | None = None,
    modified_at: datetime | None = None,
) -> Status:
    """The state of every setting that one of base, file and target names, and of those that can be measured.

    Args:
        scanned: the file now.
        effective: what WSL makes of it.
        vm: the running VM; None when its facts do not belong to this file (another machine, `--file`).
        base: setting -> logical text as the last generation left the file; None when there is no generation.
        target: setting -> logical text that the profile wants, None for no key; settings that are absent are not wanted.
        modified_at: when the file was last written.
    """
    now = {entry.setting: entry.value for entry in scanned.entries if entry.live and entry.setting}
    measured = _measured(vm) if vm is not None and scanned.target == "wslconfig" else {}
    names = [setting.name for setting in keys.settings_of(scanned.target)]
    rows = []
    for name in names:
        if name in now or name in (base or {}) or name in (target or {}) or name in measured:
            rows.append(_row(name, scanned.target, now, effective, measured, base, target))
    pending, why = _pending(rows, vm, modified_at)
    return Status(tuple(rows), pending, why)


def _row(
    name: str,
    file: str,
    now: Mapping[str, str],
    effective: Effective,
    measured: Mapping[str, int],
    base: Mapping[str, str | None] | None,
    target: Mapping[str, str | None] | None,
) -> Row:
    """One setting's row."""
    actual, written, wanted = now.get(name), (base or {}).get(name), (target or {}).get(name)
    running = measured.get(name)
    return Row(
        setting=name if file == "wslconfig" else f"wsl.conf:{name}",
        base=written,
        actual=actual,
        effective=effective.values.get(name),
        target=wanted,
        wanted=name in (target or {}),
        running=running,
        runs=None if running is None else _runs(name, effective.values.get(name), running),
        foreign=base is not None and not _same(name, file, actual, written),
        differs=name in (target or {}) and not _same(name, file, actual, wanted),
    )


def _measured(vm: VmFacts) -> dict[str, int]:
    """What the running VM says of the settings that can be measured; swap only of WSL's own disk, not zram or a file inside."""
    found: dict[str, int] = {}
    if vm.memory_total.value is not None:
        found["wsl2.memory"] = vm.memory_total.value
    disks = [area.size for area in vm.swap_areas if area.kind == "partition" and area.path.startswith("/dev/sd")]
    if vm.swap_areas:
        found["wsl2.swap"] = sum(disks)
    elif vm.swap_total.value is not None:
        found["wsl2.swap"] = vm.swap_total.value
    if vm.processors.value is not None:
        found["wsl2.processors"] = vm.processors.value
    return found


def _runs(name: str, wanted: Value, running: int) -> bool | None:
    """Whether a measured number is the effective one; None when that one depends on an unknown fact."""
    if not isinstance(wanted, int):
        return None
    if name == "wsl2.memory":
        return memory_matches(wanted, running)
    # /proc/swaps counts in KiB, and mkswap keeps one page.
    return abs(wanted - running) <= MIB if name == "wsl2.swap" else wanted == running


def _same(name: str, file: str, a: str | None, b: str | None) -> bool:
    """Whether two texts of a setting mean the same; no key is only the same as no key."""
    if a is None or b is None:
        return a is b
    setting = keys.find(name, "wslconfig" if file == "wslconfig" else "wslconf")
    return a == b if setting is None else values.same(setting, a, b)


def _pending(rows: list[Row], vm: VmFacts | None, modified_at: datetime | None) -> tuple[bool, str]:
    """Whether a restart is due, and the sentence why."""
    different = [row.setting for row in rows if row.runs is False]
    started = vm.started_at.value if vm is not None else None
    newer = started is not None and modified_at is not None and modified_at > started
    if different and newer:
        return (
            True,
            f"The file was changed after WSL started, and {', '.join(different)} {'is' if len(different) == 1 else 'are'} not in effect.",
        )
    if newer:
        return True, "The file was changed after WSL started."
    if different:
        return True, f"What runs differs from the file: {', '.join(different)}. A restart may not have happened, or WSL could not do it."
    return False, ""


def as_dict(found: Status) -> dict[str, object]:
    """The status as plain data for JSON."""
    return {"settings": [row._asdict() for row in found.rows], "restart_pending": found.pending, "why": found.why or None}
