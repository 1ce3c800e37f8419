"""Think: one file edited as wanted, as a change of a plan, and what that change could do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wslcfg.model.facts import Machine
from wslcfg.model.plan import Danger, FileChange
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import Effective, HostView, Target
from wslcfg.plan.danger import Surroundings, conf_dangers, dangers
from wslcfg.plan.labels import LABELS
from wslcfg.wslconf.edit import Want, edit
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan


class Changed(NamedTuple):
    """One file's change (None when nothing differs) and what WSL uses of the file before and after."""

    target: Target
    change: FileChange | None
    before: Effective
    after: Effective


def change_file(raw: bytes | None, target: Target, path: str, wants: Sequence[Want], view: HostView) -> Changed:
    """Edit one of the two files. Raises Refused for what the file cannot hold, Bug when the edit contradicts itself."""
    label = LABELS[target]
    if not wants:
        return whole_file(raw, raw, target, path, view)
    edited = edit(raw, target, wants, label=label)
    changed = whole_file(raw, edited.raw if edited.raw or raw is not None else None, target, path, view)
    if changed.change is None:
        return changed
    return changed._replace(change=changed.change._replace(keys=edited.keys, repairs=edited.repairs))


def whole_file(raw: bytes | None, wanted: bytes | None, target: Target, path: str, view: HostView) -> Changed:
    """One of the two files replaced by other bytes, without saying by which keys they differ."""
    before = effective(scan(raw or b"", target, path), view)
    if wanted == raw:
        return Changed(target, None, before, before)
    shared = target == "wslconfig"
    change = FileChange(
        label=LABELS[target],
        path=path,
        before=raw,
        after=wanted,
        restart="vm" if shared else "distro",
        shared=shared,
        as_root=not shared,
        # wsl.conf is read by every user's tools; .wslconfig gets its rights from Windows.
        mode=None if shared or raw is not None else 0o644,
    )
    return Changed(target, change, before, effective(scan(wanted or b"", target, path), view))


def judge(files: Sequence[Changed], machine: Machine, exists: Callable[[str], bool | None] | None) -> tuple[Danger, ...]:
    """The dangers of these changes on a machine; each id once."""
    host = machine.host
    around = Surroundings(host.ram.value, host.disk_free.value, used_by_vm(machine), "standard", host.windows_in_use.value, exists)
    found: list[Danger] = []
    for file in files:
        if file.change is not None:
            found += dangers(file.before, file.after, around) if file.target == "wslconfig" else conf_dangers(file.before, file.after)
    return tuple({danger.id: danger for danger in reversed(found)}.values())[::-1]


def used_by_vm(machine: Machine) -> int | None:
    """Bytes of memory that the VM uses now; None when it was not measured."""
    total, available = machine.vm.memory_total.value, machine.vm.memory_available.value
    return None if total is None or available is None else total - available
