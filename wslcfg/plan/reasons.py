"""Think: why each number of the sizing is what it is, in sentences, and the table before/after that the guide shows."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, human
from wslcfg.plan.demand import Demand, Sizing

_WORK = {
    "light": "a terminal and a light editor",
    "standard": "a browser, VS Code and chat",
    "heavy": "Visual Studio, many tabs or other VMs",
}


# How a service's number came about, where the fact's own word is not for people.
_HOW = {"flag": "1.2 x your figure", "profile": "1.2 x the profile's figure", "budget": "estimate", "PSS": "1.2 x its processes"}
_HOW |= {"cgroup peak": "1.2 x its peak", "cgroup current": "1.2 x its present use"}


class Row(NamedTuple):
    """One row of the table: `default` and `proposed` in bytes (None: no limit), `effect` a clause for people."""

    item: str
    default: int | None
    proposed: int | None
    effect: str


def memory_untouched(present: int | None, careful: bool) -> str:
    """Why memory stays as it is under `careful` or `keep`."""
    first = "Swap first: memory stays as it is; look again in a week." if careful else "The profile leaves memory as the file has it."
    return f"{first} The file says {human(present)}." if present is not None else first


def fixed(value: int, asked: int, default: int) -> str:
    """Why a number that a profile fixes is what it is."""
    if value == default:
        return f"The profile asks for {human(asked)}, which is WSL's default here, so the key is not written."
    if value != asked:
        return f"The profile asks for {human(asked)}; WSL would make {human(value)} of it on this host."
    return f"The profile fixes {human(value)}." if value else "The profile turns it off."


def memory(demand: Demand, wanted: int, cap: int, default: int, value: int | None) -> str:
    """Why the formula's memory is what it is; the four cases in its own order."""
    if demand.ram < 10 * GIB:
        return f"A host of {human(demand.ram)} is below 10 GB, where memory is never raised: Windows needs the rest."
    if value is None and wanted <= default:
        return f"WSL's default of {human(default)} holds the demand of {human(wanted)}, so the key is left out."
    if value is None and cap <= default:
        return f"The demand is {human(wanted)}, but Windows can spare no more than {human(cap)}; WSL's default of {human(default)} stays."
    if value is None:
        return f"The demand of {human(wanted)}, in whole GB, is no more than WSL's default of {human(default)}."
    if value == cap:
        return f"The demand is {human(wanted)}; Windows can spare no more than {human(cap)}."
    return f"The demand is {human(wanted)}, up to a whole GB; Windows could spare {human(cap)}."


def swap(value: int, need: int, default: int, memory: int) -> str:
    """Why the formula's swap is what it is."""
    if value < need:
        return f"{human(need)} would be wanted beside {human(memory)} of memory, but the drive must keep room."
    if value == default:
        return f"WSL's default of {human(default)} beside {human(memory)} of memory is enough, so the key is left out."
    return f"A buffer beside {human(memory)} of memory, so that a spike is slow instead of deadly; WSL's default would be {human(default)}."


def all_of(demand: Demand, sizing: Sizing, because_memory: str, because_swap: str) -> tuple[tuple[str, str], ...]:
    """Every number with its reason, in the order of the calculation."""
    session = f"{demand.sessions} {'session' if demand.sessions == 1 else 'sessions'} x {human(demand.session)}"
    parts = ["0.8 GB for the VM itself"]
    if demand.services:
        named = ", ".join(f"{one.name} ({human(one.planned)}, {_HOW.get(one.how, one.how)})" for one in demand.services)
        parts.append(f"{human(demand.resident)} for {named}")
    parts.append(session)
    if demand.builds:
        parts.append(f"{human(demand.builds)} for builds")
    room = "fits into" if sizing.feasible else "does not fit into"
    limits = [
        ("session_max", _why_session_max(demand, sizing)),
        ("session_swap", _why_session_swap(demand)),
        ("slice_max", _why_slice_max(demand, sizing)),
    ]
    if sizing.session_high is not None:
        limits.insert(1, ("session_high", "85 % of a session's limit: from there on it is slowed down before it is ended."))
    return (
        ("default_memory", f"Half of {human(demand.ram)} usable RAM: what WSL takes without a file."),
        ("default_swap", "A quarter of the VM's memory, up to a whole GB: what WSL takes without a file."),
        ("windows_reserve", _why_reserve(demand, sizing)),
        ("cap", _why_cap(demand, sizing)),
        ("demand", f"{', '.join(parts)}; 10 % on top, at least 0.5 GB."),
        ("memory", because_memory),
        ("swap", because_swap),
        ("feasible", f"The demand of {human(sizing.demand)} {room} {human(sizing.vm_memory)} of memory and the sessions' own swap."),
        *limits,
    )


def _why_reserve(demand: Demand, sizing: Sizing) -> str:
    """The reason for Windows' reserve: by its size and use, or by what it was seen using, whichever is more."""
    needs = f"What Windows needs for {demand.windows_use} use ({_WORK[demand.windows_use]}) on {human(demand.ram)}"
    if demand.windows_peak is None:
        return f"{needs}."
    seen = demand.windows_peak + GIB + GIB // 2
    measured = f"seen using {human(demand.windows_peak)}, with 1.5 GB added {human(seen)}"
    if seen < sizing.windows_reserve:
        return f"{needs}. That is more than measured ({measured}), so it counts."
    return f"Windows was {measured}, which is no less than {demand.windows_use} use ({_WORK[demand.windows_use]}) needs on {human(demand.ram)}."


def _why_cap(demand: Demand, sizing: Sizing) -> str:
    """The reason for the most that memory may be."""
    rest = demand.ram - sizing.windows_reserve
    text = f"{human(demand.ram)} less Windows' {human(sizing.windows_reserve)}"
    if rest < sizing.cap - GIB // 2:
        return f"{text} leave {human(max(rest, 0))}; less than {human(sizing.cap)} serves nobody."
    said = f"{text} are {human(rest)}, to the nearest whole GB"
    return f"{said}; Windows then keeps {_short(sizing.cap - rest)} less." if _short(sizing.cap - rest) else f"{said}."


def _short(missing: int) -> str:
    """What is missing, in GB to one decimal; '' where it does not show in that."""
    tenths = round(missing * 10 / GIB)
    return f"{tenths / 10:g} GB" if tenths > 0 else ""


def _why_session_max(demand: Demand, sizing: Sizing) -> str:
    """The reason for a session's limit."""
    if demand.session_max is not None:
        return f"The profile fixes {human(demand.session_max)}."
    share = "what memory leaves" if demand.sessions <= 1 else f"an equal share for {demand.sessions} of what memory leaves"
    return f"{share[0].upper()}{share[1:]} beside the services, from 2 to 8 GB: a leak ends its own session at {human(sizing.session_max)}."


def _why_session_swap(demand: Demand) -> str:
    """The reason for a session's share of swap."""
    if demand.session_swap is not None:
        return f"The profile fixes {human(demand.session_swap)}."
    return "A quarter of a session's limit, so that a leak cannot eat the swap of all."


def _why_slice_max(demand: Demand, sizing: Sizing) -> str:
    """The reason for the limit of all sessions together."""
    if demand.slice_max is not None:
        return f"The profile fixes {human(demand.slice_max)}."
    return f"All agents together: {human(sizing.vm_memory)} less the VM's own 0.8 GB, the services and 0.5 GB of air."


def notes(demand: Demand, sizing: Sizing) -> tuple[str, ...]:
    """Sentences for the person beside the numbers."""
    found: list[str] = []
    if not sizing.feasible:
        found.append(f"This does not fit: {human(sizing.demand)} are wanted, {human(sizing.vm_memory)} is what the VM can have.")
    if sizing.session_max < demand.session and demand.sessions:
        found.append(f"A session is planned with {human(demand.session)} and will be ended at {human(sizing.session_max)}.")
    if demand.ram >= 60 * GIB and sizing.memory is not None and not sizing.memory_kept and demand.windows_peak is None:
        found.append("On a host of this size measure what Windows really uses before raising memory (WSL#10011).")
    if demand.ram >= 120 * GIB:
        found.append("On a host of this size a limit for all agents and the guard against duplicate sessions do more than memory.")
    if sizing.disk_limit is None and sizing.swap is not None and not sizing.swap_kept:
        found.append(f"The free space of the drive is unknown; make sure that {human(sizing.swap)} of swap fit (--free-disk).")
    return tuple(found)


def table(sizing: Sizing, ram: int) -> tuple[Row, ...]:
    """The guide's table: item, WSL's default, what is proposed, and what that does."""
    default_total = sizing.default_memory + sizing.default_swap
    total = sizing.vm_memory + sizing.vm_swap
    left = ram - sizing.vm_memory
    memory_step = _step(sizing.vm_memory - sizing.default_memory, "for agents and services")
    swap_step = _step(sizing.vm_swap - sizing.default_swap, "as a buffer for spikes")
    return (
        Row("WSL2 memory", sizing.default_memory, sizing.vm_memory, memory_step),
        Row("WSL2 swap", sizing.default_swap, sizing.vm_swap, swap_step),
        Row("Total", default_total, total, _threshold(total, default_total)),
        Row("Windows keeps", ram - sizing.default_memory, left, _windows(left, sizing)),
    )


def _step(difference: int, purpose: str) -> str:
    """`+2 GB for agents and services`."""
    if difference == 0:
        return "as it is by default"
    return f"+{human(difference)} {purpose}" if difference > 0 else f"{human(difference)} {purpose}"


def _threshold(total: int, default: int) -> str:
    """How far the point moves at which the kernel kills, in percent of WSL's default."""
    percent = round((total - default) * 100 / default)
    return f"{percent:+d} % before the kernel kills" if percent else "the kernel kills at the same point"


def _windows(left: int, sizing: Sizing) -> str:
    """What the rest means for Windows."""
    needs, short = human(sizing.windows_reserve), _short(sizing.windows_reserve - left)
    if not short:
        return f"enough: it needs about {needs}"
    text = f"{short} short of the {needs} that it is reckoned to need"
    if left + GIB // 2 < sizing.windows_reserve:
        return f"{text}: expect paging under load"
    # Half a GB is within what the estimate of that need can tell; below, why it is proposed all the same.
    if sizing.memory_kept:
        return f"{text}: that is the file's own memory"
    if sizing.memory is None:
        return f"{text}: that is WSL's own default"
    return f"{text}: memory goes by whole GB"
