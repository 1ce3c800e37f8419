"""Think: the proposal. Facts, a profile and the present files become a plan: what would be written, why, and what could go wrong."""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.model.facts import Datum, Machine
from wslcfg.model.plan import Danger, Plan
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, human
from wslcfg.model.wslfile import Effective, Scan, Target
from wslcfg.plan import sizing as sizes
from wslcfg.plan.danger import Surroundings, conf_dangers, dangers, fills_disk
from wslcfg.plan.demand import Demand, Sizing
from wslcfg.plan.filechange import Changed, change_file, used_by_vm
from wslcfg.plan.view import view_of
from wslcfg.plan.wanted import demand_of, facts_of, other_wants, present_size, sized_want
from wslcfg.plan.what_if import WhatIf
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan


class Paths(NamedTuple):
    """Where the two files lie, as this Linux sees them."""

    wslconfig: str = ".wslconfig"
    wslconf: str = "/etc/wsl.conf"


class Proposal(NamedTuple):
    """What is proposed.

    Attributes:
        plan: the changes with their dangers; no files means nothing to do.
        sizing, demand: the numbers, and what they were asked for. reasons: (number, because).
        machine, profile: what it was made from.
        before, after: what WSL uses of `.wslconfig` now and then.
        targets, conf_targets: setting -> logical text in the planned file, None for no key, of each setting that the profile names (for
            `status`).
    """

    plan: Plan
    sizing: Sizing
    demand: Demand
    reasons: tuple[tuple[str, str], ...]
    machine: Machine
    profile: Profile
    before: Effective
    after: Effective
    targets: dict[str, str | None]
    conf_targets: dict[str, str | None]


def propose(
    machine: Machine,
    profile: Profile,
    wslconfig: bytes | None,
    wslconf: bytes | None,
    *,
    hypothetical: WhatIf | None = None,
    paths: Paths | None = None,
    exists: Callable[[str], bool | None] | None = None,
) -> Proposal:
    """What a profile means for a machine and its present files.

    A value equal to WSL's default is not written; a sound value of the person's own stays; a value that WSL cannot read is replaced when
    its setting is in the plan. Settings that the profile does not name are left as they are.

    Args:
        machine: the facts; the host's RAM must be known.
        profile: what is wanted.
        wslconfig: the bytes of `.wslconfig`, None where there is none.
        wslconf: the bytes of `wsl.conf`, None where there is none.
        hypothetical: answers from flags or the wizard, which go before the profile's own.
        paths: where the files lie.
        exists: whether a Windows path is there, None where that cannot be told; for the dangers that keep WSL from starting.

    Raises:
        NeedsTerminal: the host's RAM, or a fact that an expression needs, is unknown; the hint names the flag.
        Refused: a value that cannot be written, or an expression that gives nonsense here.
        Bug: the edit contradicts itself; nothing would be written.
    """
    answers, where, view = hypothetical or WhatIf(), paths or Paths(), view_of(machine)
    scanned = scan(wslconfig or b"", "wslconfig", where.wslconfig)
    now, plain = effective(scanned, view), effective(scan(b"", "wslconfig", where.wslconfig), view)
    memory, swap = (present_size(scanned, now, name) for name in ("wsl2.memory", "wsl2.swap"))
    demand = demand_of(machine, profile, answers, memory.value, swap.value)
    sizing = sizes.propose(demand)
    because = dict(sizing.reasons)
    sized = (
        sized_want(
            "wsl2.memory",
            sizing.memory,
            because["memory"],
            memory,
            kept=sizing.memory_kept,
            touched=demand.memory_rule != "keep" and not demand.careful,
        ),
        sized_want("wsl2.swap", sizing.swap, because["swap"], swap, kept=sizing.swap_kept, touched=demand.swap_rule != "keep"),
    )
    others, notes = other_wants(profile, "wslconfig", scanned, now, plain, facts_of(demand), view)
    config = change_file(wslconfig, "wslconfig", where.wslconfig, [*(want for want in sized if want), *others], view)
    conf_scan = scan(wslconf or b"", "wslconf", where.wslconf)
    conf_now, conf_plain = effective(conf_scan, view), effective(scan(b"", "wslconf", where.wslconf), view)
    conf_wants, conf_notes = other_wants(profile, "wslconf", conf_scan, conf_now, conf_plain, facts_of(demand), view)
    conf = change_file(wslconf, "wslconf", where.wslconf, conf_wants, view)
    around = Surroundings(demand.ram, demand.free_disk, used_by_vm(machine), demand.windows_use, demand.windows_peak, exists)
    found = [*dangers(config.before, config.after, around), *conf_dangers(conf.before, conf.after), *_no_room(demand, sizing)]
    plan = Plan(
        title=profile.name,
        files=tuple(changed.change for changed in (config, conf) if changed.change is not None),
        dangers=tuple({danger.id: danger for danger in reversed(found)}.values())[::-1],
        notes=(
            *sizing.notes,
            *_way_out(sizing),
            *notes,
            *conf_notes,
            *_left_over(config, ".wslconfig"),
            *_left_over(conf, "/etc/wsl.conf"),
        ),
    )
    return Proposal(
        plan,
        sizing,
        demand,
        sizing.reasons,
        machine,
        profile,
        config.before,
        config.after,
        _targets(profile, "wslconfig", config, scanned),
        _targets(profile, "wslconf", conf, conf_scan),
    )


def _targets(profile: Profile, table: Target, changed: Changed, now: Scan) -> dict[str, str | None]:
    """What the planned file says of each setting that the profile names and does not leave alone."""
    planned = now if changed.change is None else scan(changed.change.after or b"", table, now.path)
    texts = {entry.setting: entry.value for entry in planned.entries if entry.live and entry.setting}
    return {name: texts.get(name) for name, value in profile.table(table).items() if value.given != "keep"}


def _no_room(demand: Demand, sizing: Sizing) -> list[Danger]:
    """The danger of a drive too full for the swap that the formula leaves, whether or not the plan changes it."""
    if demand.swap_rule != "auto" or sizing.disk_limit is None or demand.free_disk is None or sizing.vm_swap <= sizing.disk_limit:
        return []
    if sizing.swap_kept and sizing.disk_limit >= GIB:  # the sizing has found that the drive can take it
        return []
    return [fills_disk(sizing.vm_swap, demand.free_disk, sizing.disk_limit)]


def _way_out(sizing: Sizing) -> tuple[str, ...]:
    """A note with what would make an infeasible demand fit."""
    return (f"What would make it fit: {' Or: '.join(sizing.drop)}",) if sizing.drop else ()


def _left_over(changed: Changed, label: str) -> tuple[str, ...]:
    """A note about what WSL would still complain about in the file."""
    count = len(changed.after.warnings)
    if not count:
        return ()
    lines, them = ("a line", "it") if count == 1 else (f"{count} lines", "them")
    return (f"WSL will still complain about {lines} of {label}; `wslcfg lint` names {them}.",)


def as_dict(proposal: Proposal) -> dict[str, object]:
    """The contract's `data` of `plan`, without `diff`."""
    plan = proposal.plan
    return {
        "profile": {"name": proposal.profile.name, "chain": list(proposal.profile.chain)},
        "machine": _machine(proposal.machine, proposal.demand),
        "sizing": sizing_dict(proposal.sizing),
        "reasons": [{"number": number, "because": because} for number, because in proposal.reasons],
        "changes": [
            {"file": change.file, "section": change.section, "key": change.key, "old": change.old, "new": change.new, "why": change.why}
            for change in plan.changes
        ],
        "needs_restart": plan.restart != "none",
        "restart": plan.restart,
        "dangers": [
            {"id": danger.id, "message": danger.message, "hint": danger.hint, "forbidden": danger.forbidden} for danger in plan.dangers
        ],
        "notes": list(plan.notes),
    }


def sizing_dict(sizing: Sizing) -> dict[str, object]:
    """The contract's `sizing`: bytes; memory and swap are null where the key is left out, session_high where MemoryHigh is off."""
    return {
        "default_memory": sizing.default_memory,
        "default_swap": sizing.default_swap,
        "memory": sizing.memory,
        "swap": sizing.swap,
        "vm_memory": sizing.vm_memory,
        "vm_swap": sizing.vm_swap,
        "windows_reserve": sizing.windows_reserve,
        "demand": sizing.demand,
        "cap": sizing.cap,
        "feasible": sizing.feasible,
        "session_max": sizing.session_max,
        "session_high": sizing.session_high,
        "session_swap": sizing.session_swap,
        "slice_max": sizing.slice_max,
        "disk_limit": sizing.disk_limit,
        "drop": list(sizing.drop),
    }


def _machine(machine: Machine, demand: Demand) -> dict[str, object]:
    """The facts that the plan rests on; unknown ones are null with a reason in `unknown`."""
    host = machine.host
    data: tuple[tuple[str, Datum[int] | Datum[str]], ...] = (
        ("host_ram", host.ram),
        ("processors", host.processors),
        ("windows_in_use", host.windows_in_use),
        ("free_disk", host.disk_free),
        ("windows_build", host.build),
        ("wsl_version", host.wsl_version),
        ("vm_memory_total", machine.vm.memory_total),
        ("vm_swap_total", machine.vm.swap_total),
    )
    found: dict[str, object] = {name: datum.value for name, datum in data}
    found["windows_use"] = demand.windows_use
    found["sessions"] = demand.sessions
    found["session"] = demand.session
    found["services"] = [{"name": service.name, "planned": service.planned, "how": service.how} for service in demand.services]
    found["unknown"] = {name: datum.reason for name, datum in data if not datum.known}
    return found


def summary(proposal: Proposal) -> str:
    """One line for a person: `memory 10 GB, swap 8 GB` or that nothing has to change."""
    if not proposal.plan.files:
        return "Nothing has to change."
    memory = "WSL's default" if proposal.sizing.memory is None else human(proposal.sizing.memory)
    swap = "WSL's default" if proposal.sizing.swap is None else human(proposal.sizing.swap)
    return f"memory {memory}, swap {swap}"
