"""Think: the sizing. How much memory and swap the VM should have, each number by one formula that stands beside it.

Objective: the smallest chance of an OOM kill in WSL, subject to three things: Windows keeps its reserve in RAM, swap never fills the
drive, and a single runaway session can exhaust neither RAM nor swap. Two facts shape it: page cache fills whatever `memory=` allows
(reclaim needs an idle CPU that agents never leave it, WSL#10011), so the ceiling counts as used; and the ceiling is a question of what
Windows can spare, while the demand is a question of what runs inside, so memory is raised only as far as the demand needs.

The coefficients are estimates, fitted to three known machines: 16 GB with 10 GB for WSL, Windows' own floor of 4 GB, and the 64 GB
host of WSL#10011, where 44 GB for WSL was too much and 37 would have been right.

All arithmetic is in whole bytes, so that no float decides a rounding.
"""

from __future__ import annotations

from wslcfg.errors import Refused
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, MIB, human
from wslcfg.plan import reasons
from wslcfg.plan.demand import USES, Demand, Resident, Sizing

# The VM's own need: kernel, init, WSLg's system distro: 0.8 GiB.
VM_OWN = GIB * 8 // 10
# WSL raises a smaller `memory` to this (WslCoreConfig.cpp:310-322) and rounds every one down to even MiB (WslCoreVm.cpp:1434).
WSL_LEAST, EVEN = 256 * MIB, 2 * MIB
# Below this host size memory is never raised: what Windows gives up there it takes back from its own page file.
NEVER_RAISE_BELOW = 10 * GIB
# On top of what Windows was seen using: the next browser tab.
WINDOWS_MARGIN = GIB + GIB // 2
# A session's enforced limit stays between what a working session needs at all and what only a leak reaches.
SESSION_LEAST, SESSION_MOST = 2 * GIB, 8 * GIB
# Under these bounds swap is no buffer, above them it is only wear on the drive (RHEL 9: at least 4 GB; zram-generator: at most 4 GB).
SWAP_LEAST, SWAP_MOST = 6 * GIB, 16 * GIB
# Always left free on the drive of the swap file: Windows' updates and its hibernation file.
DISK_KEPT = 15 * GIB
# How far a present swap may be above the drive's limit before it goes: free space moves from day to day, and a plan should not.
DISK_SLACK = GIB
# The agents' slice is never made smaller than this: a limit near zero would kill everything at its start.
SLICE_LEAST = GIB // 2


def up(size: int, step: int = GIB) -> int:
    """Round up to a multiple of step."""
    return -(-size // step) * step


def default_memory(ram: int) -> int:
    """WSL's default: half of the usable RAM, exact bytes (WslCoreConfig.cpp:310-322)."""
    return ram // 2


def default_swap(memory: int) -> int:
    """WSL's default: a quarter of the VM's memory (the documentation says the host's), up to a whole GiB (WslCoreConfig.cpp:324-331)."""
    return up(memory // 4)


def windows_reserve(ram: int, use: str, peak: int | None = None) -> int:
    """R: what Windows needs: what it was seen using + 1.5 GiB, but at least so much for its size and use.

    light (terminal, light editor):           max(3 GiB + T/8,   T/4)
    standard (browser, VS Code, chat):        max(3 GiB + 3T/16, T/3)
    heavy (Visual Studio, Rider, other VMs):  max(4 GiB + T/4,   0.42 T)
    """
    if use == "light":
        least = max(3 * GIB + ram // 8, ram // 4)
    elif use == "standard":
        least = max(3 * GIB + 3 * ram // 16, ram // 3)
    else:
        least = max(4 * GIB + ram // 4, 42 * ram // 100)
    return least if peak is None else max(least, peak + WINDOWS_MARGIN)


def cap(ram: int, reserve: int) -> int:
    """The most that `memory` may be: max(2, floor(T - R + 0.5)) GiB; so the reserve holds within half a GiB."""
    return max(2 * GIB, (ram - reserve + GIB // 2) // GIB * GIB)


def disk_limit(free: int | None) -> int | None:
    """The most that swap may take of a drive: min(25 % of what is free, free - max(15 GB, 10 %)), down to a whole GB; None when unknown."""
    if free is None:
        return None
    return max(0, min(free // 4, free - max(DISK_KEPT, free // 10))) // GIB * GIB


def total_demand(demand: Demand) -> int:
    """D = base + max(0.5 GiB, base/10); base = 0.8 GiB + services + sessions x S + builds."""
    base = VM_OWN + demand.resident + demand.sessions * demand.session + demand.builds
    return base + max(GIB // 2, base // 10)


def raised_memory(ram: int, wanted: int, most: int) -> int | None:
    """The formula's memory: None if T < 10 or ceil(D) <= default or cap <= default; else min(ceil(D), cap), in whole GiB."""
    default = default_memory(ram)
    if ram < NEVER_RAISE_BELOW or up(wanted) <= default or most <= default:
        return None
    return min(up(wanted), most)


def session_limit(memory: int, resident: int, sessions: int) -> int:
    """C = clamp(ceil((m - 0.8 - sigma - 1) / n), 2, 8) GiB: a session's MemoryMax."""
    share = -(-(memory - VM_OWN - resident - GIB) // max(sessions, 1))
    return min(max(up(share), SESSION_LEAST), SESSION_MOST)


def _swap_once(memory: int, wanted: int, limit: int) -> int:
    """max(ceil(m/4), clamp(0.8 m, 6, 16), min(D + C - m, m)), up to an even GiB."""
    share = min(max(memory * 4 // 5, SWAP_LEAST), SWAP_MOST)
    overflow = min(wanted + limit - memory, memory)
    return up(max(default_swap(memory), share, overflow), 2 * GIB)


def needed_swap(demand: Demand, memory: int, *, raised: bool) -> int:
    """The swap that the demand needs beside `memory`, before the disk has its say.

    The formula alone falls by an even step where growing services push C down to the next whole GiB. Less swap for more demand makes no
    sense, so the largest value it had on the way up counts: those just before each step of C.

    Args:
        demand: what is asked.
        memory: the VM's memory.
        raised: whether memory came out of the formula (then a smaller demand has its own memory) or is given.
    """
    best = 0
    shared, sessions = memory - VM_OWN - GIB, max(demand.sessions, 1)
    steps = (shared - limit * sessions - 1 for limit in range(SESSION_LEAST, SESSION_MOST, GIB))
    for resident in (demand.resident, *(step for step in steps if 0 <= step < demand.resident)):
        lesser = total_demand(demand._replace(services=(Resident("all", resident, "sum"),)))
        held = memory
        if raised:
            most = cap(demand.ram, windows_reserve(demand.ram, demand.windows_use, demand.windows_peak))
            held = raised_memory(demand.ram, lesser, most) or default_memory(demand.ram)
        best = max(best, _swap_once(held, lesser, demand.session_max or session_limit(held, resident, demand.sessions)))
    return best


class Settled(NamedTuple):
    """A number of the file with the sentence why: None leaves the key out; `kept` means the file's own value stays."""

    value: int | None
    because: str
    kept: bool = False


def settle_memory(demand: Demand, wanted: int, most: int) -> Settled:
    """What `memory` in the file should be: the formula's, the profile's, or the person's own where that one does no harm.

    A person's own value stays when Windows can spare it and it holds the demand or had a reason (Windows needs the rest); it goes when
    it starves Windows, when it is below what the formula gives, or when it is below WSL's default without need.
    """
    default, present = default_memory(demand.ram), demand.present_memory
    if demand.careful or demand.memory_rule == "keep":
        return Settled(present, reasons.memory_untouched(present, demand.careful), present is not None)
    if demand.memory_rule == "unset":
        return Settled(None, "The profile takes the key out, so WSL's default holds.")
    if isinstance(demand.memory_rule, int):
        # 0 is WSL's own word for its default, and a difference that its rounding takes away is none.
        asked = demand.memory_rule or default
        fixed = min(max(asked, WSL_LEAST), demand.ram // EVEN * EVEN)
        same = fixed // EVEN == default // EVEN
        return Settled(None if same else fixed, reasons.fixed(default if same else fixed, asked, default))
    value = raised_memory(demand.ram, wanted, most)
    because = reasons.memory(demand, wanted, most, default, value)
    if present is None or present == value:
        return Settled(value, because)
    if present > max(default, most + _slack(demand)):
        return Settled(value, f"The file's {human(present)} leaves Windows too little. {because}")
    if value is not None and present < value:
        return Settled(value, because)
    if value is None and present < min(default, wanted, most):
        return Settled(None, f"The file's {human(present)} is less than WSL's own default and than the demand. {because}")
    return Settled(present, f"The file's own {human(present)} stays: Windows can spare it, and nothing here needs it changed.", True)


def _slack(demand: Demand) -> int:
    """How far a present memory may be above the cap where a reading of Windows' use set the cap: such a reading moves from day to day."""
    steady = windows_reserve(demand.ram, demand.windows_use)
    return GIB if windows_reserve(demand.ram, demand.windows_use, demand.windows_peak) > steady else 0


def settle_swap(demand: Demand, memory: int, limit: int | None, *, raised: bool) -> Settled:
    """What `swap` in the file should be beside `memory`; a larger swap of the person's own stays while the drive can take it."""
    default, present = default_swap(memory), demand.present_swap
    if demand.swap_rule == "keep":
        return Settled(present, "The profile leaves swap as the file has it.", present is not None)
    if demand.swap_rule == "unset":
        return Settled(None, "The profile takes the key out, so WSL's default holds.")
    if isinstance(demand.swap_rule, int):
        value = None if demand.swap_rule == default else demand.swap_rule
        return Settled(value, reasons.fixed(demand.swap_rule, demand.swap_rule, default))
    need = needed_swap(demand, memory, raised=raised)
    if limit is not None and limit < GIB:
        if present is not None and present <= max(limit, default):  # without the key WSL would take its larger default
            return Settled(present, "The drive is nearly full, so the file's small swap stays.", True)
        return Settled(None, "The drive of the swap file is nearly full: no swap size is safe until there is room.")
    held = need if limit is None else min(need, limit)
    because = reasons.swap(held, need, default, memory)
    settled = None if held == default else held
    if present is None or present == settled:
        return Settled(settled, because)
    if limit is not None and present > limit + DISK_SLACK:
        return Settled(settled, f"The file's {human(present)} could fill the drive. {because}")
    if present >= held:
        return Settled(present, f"The file's own {human(present)} stays: it is at least the {human(held)} needed here.", True)
    return Settled(settled, because if present else f"The file turns swap off, so a spike would end in an OOM kill. {because}")


def propose(demand: Demand) -> Sizing:
    """The whole sizing of a demand, with a reason for each number.

    Raises:
        Refused: a RAM, a number of sessions or a use that makes no sense.
    """
    _check(demand)
    sizing, because_memory, because_swap = _numbers(demand)
    return sizing._replace(
        reasons=reasons.all_of(demand, sizing, because_memory, because_swap),
        notes=reasons.notes(demand, sizing),
        drop=() if sizing.feasible else _what_to_drop(demand),
    )


def _numbers(demand: Demand) -> tuple[Sizing, str, str]:
    """The numbers alone, and why memory and swap are what they are."""
    reserve = windows_reserve(demand.ram, demand.windows_use, demand.windows_peak)
    most = cap(demand.ram, reserve)
    wanted = total_demand(demand)
    memory = settle_memory(demand, wanted, most)
    vm_memory = default_memory(demand.ram) if memory.value is None else memory.value
    limit = disk_limit(demand.free_disk)
    by_formula = demand.memory_rule == "auto" and not demand.careful and not memory.kept
    swap = settle_swap(demand, vm_memory, limit, raised=by_formula)
    vm_swap = default_swap(vm_memory) if swap.value is None else swap.value
    session_max = demand.session_max or session_limit(vm_memory, demand.resident, demand.sessions)
    # MemorySwapMax = C/4: a leak eats a quarter of its cap in swap before it ends, not all the swap there is.
    session_swap = min(session_max // 4 if demand.session_swap is None else demand.session_swap, vm_swap)
    sizing = Sizing(
        default_memory=default_memory(demand.ram),
        default_swap=default_swap(default_memory(demand.ram)),
        memory=memory.value,
        swap=swap.value,
        vm_memory=vm_memory,
        vm_swap=vm_swap,
        windows_reserve=reserve,
        demand=wanted,
        cap=most,
        # D <= m + n x C/4, as far as there is so much swap
        feasible=wanted <= vm_memory + min(demand.sessions * session_swap, vm_swap),
        session_max=session_max,
        # MemoryHigh = 0.85 C, and only where swap is allowed: without it the session stalls for good instead of ending.
        session_high=session_max * 85 // 100 if demand.throttle and session_swap else None,
        session_swap=session_swap,
        # A = m - 0.8 - sigma - 0.5
        slice_max=demand.slice_max or max(SLICE_LEAST, vm_memory - VM_OWN - demand.resident - GIB // 2),
        disk_limit=limit,
        memory_kept=memory.kept,
        swap_kept=swap.kept,
    )
    return sizing, memory.because, swap.because


def _check(demand: Demand) -> None:
    """Refuse what no formula can answer."""
    if demand.ram < GIB:
        raise Refused(f"{human(demand.ram)} is too little RAM for WSL2.", "Give the usable RAM of Windows, for example --host-ram 16GB.")
    if demand.sessions < 0 or demand.sessions > 1000:
        raise Refused(f"{demand.sessions} sessions make no sense.", "Give a number from 0 to 1000 with --sessions.")
    if demand.windows_use not in USES:
        raise Refused(f"'{demand.windows_use}' is no use of Windows.", "Say --windows-use light, standard or heavy.")
    if min(demand.session, demand.builds, demand.resident) < 0:
        raise Refused("A size is negative.", "Give sizes of 0 or more.")


def _fits(demand: Demand) -> bool:
    """Whether a demand is feasible, with the swap that the drive leaves it."""
    return _numbers(demand)[0].feasible


def _what_to_drop(demand: Demand) -> tuple[str, ...]:
    """Sentences, each naming one thing that alone would make the demand feasible; the mildest first."""
    found: list[str] = []
    if demand.builds and _fits(demand._replace(builds=0)):
        found.append(f"Build while no session runs: the {human(demand.builds)} for builds would do it.")
    for service in sorted(demand.services, key=lambda service: service.planned):
        rest = tuple(other for other in demand.services if other is not service)
        if _fits(demand._replace(services=rest)):
            found.append(f"Stop {service.name} ({human(service.planned)}).")
            break
    else:
        if len(demand.services) > 1 and _fits(demand._replace(services=())):
            found.append(f"Stop {' and '.join(service.name for service in demand.services)} ({human(demand.resident)} together).")
    if fewer := next((n for n in range(demand.sessions - 1, 0, -1) if _fits(demand._replace(sessions=n))), 0):
        found.append(f"Run {fewer} {'session' if fewer == 1 else 'sessions'} at a time instead of {demand.sessions}.")
    sizes = (half * GIB // 2 for half in range(demand.session * 2 // GIB, 1, -1))
    smaller = next((size for size in sizes if _fits(demand._replace(session=size))), 0)
    if 0 < smaller < demand.session:
        found.append(f"Plan each session with {human(smaller)} instead of {human(demand.session)}, and keep sessions short.")
    if demand.windows_use != "light" and _fits(demand._replace(windows_use="light")):
        found.append("Use Windows lightly while agents run (--windows-use light).")
    return tuple(found) or ("No single change makes it fit: run one session, stop the services, or add RAM.",)
