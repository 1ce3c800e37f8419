"""Think: would this kill have happened under other settings? Plain sums over the numbers of the dump, said with the sum.

held     = usable RAM - free - file pages - reclaimable slab + used swap      what could not have been given back
capacity = memory x (usable share of RAM) + swap                              what the proposed settings hold
A kill is prevented when held + 5 % fits into capacity, and nothing in it grows without end.
"""

from __future__ import annotations

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.oom.event import Account, OomEvent, Task
from wslcfg.oom.pattern import weight
from wslcfg.oom.story import Effect

# Programs that are agents' own; node and npm below them may be theirs or not.
AGENTS = frozenset({"claude", "codex", "gemini", "opencode", "copilot", "cursor-agent", "aider"})
# The kernel takes about so much of RAM for itself where the dump does not say (struct page alone is 1.6 %).
_OWN_PERCENT = 3
# Room that must be left so that a sum of estimates is called "prevented".
_MARGIN_PERCENT = 5


class Settings(NamedTuple):
    """What is proposed, bytes: the VM's memory and swap, one session's limit with its swap, the limit of all sessions together. None: not known.

    `memory_now` and `swap_now` are what the VM has; `kernel_command_line` what the file says now.
    """

    memory: int | None = None
    swap: int | None = None
    session_max: int | None = None
    session_swap: int = 0
    slice_max: int | None = None
    memory_now: int | None = None
    swap_now: int | None = None
    kernel_command_line: str = ""
    pressure_off: bool = False  # the kernel has pressure accounting but does not do it


class Held(NamedTuple):
    """What was needed at the time of the kill: bytes, the sum in words, and whether it is exact or an upper bound of RSS."""

    size: int
    words: str
    exact: bool


def held(event: OomEvent, account: Account) -> Held | None:
    """What could not have been given back; None where the dump has not the numbers."""
    memory = event.memory
    if memory.ram is not None and memory.free is not None and memory.active_file is not None and memory.inactive_file is not None:
        usable = memory.ram - (memory.reserved or 0)
        cache = memory.active_file + memory.inactive_file + (memory.slab_reclaimable or 0)
        used = (memory.swap_total or 0) - (memory.swap_free or 0)
        size = max(0, usable - memory.free - cache) + max(0, used)
        return Held(
            size,
            f"{human(usable)} of RAM less {human(memory.free)} free and {human(cache)} of cache, and {human(max(0, used))} of swap",
            True,
        )
    if account.programs:
        size = sum(one.weight for one in account.programs)
        exact = account.anon is not None
        return Held(size, f"the sum over all processes{'' if exact else ', an upper bound'}", exact)
    return None


def capacity(event: OomEvent, settings: Settings) -> int | None:
    """What the proposed memory and swap hold."""
    if settings.memory is None:
        return None
    ram, reserved = event.memory.ram, event.memory.reserved
    share = (ram - reserved) / ram if ram and reserved is not None else 1 - _OWN_PERCENT / 100
    return int(settings.memory * share) + (settings.swap or 0)


def more_memory(event: OomEvent, account: Account, settings: Settings, pattern: str) -> Effect | None:
    """Whether the proposed memory and swap would have held what was needed."""
    need, room = held(event, account), capacity(event, settings)
    if need is None or room is None:
        return None
    sums = f"needed: {human(need.size)} ({need.words}); the proposal holds {human(room)}"
    left = room - need.size
    if left <= room * _MARGIN_PERCENT // 100:
        short = f"{human(-left)} too little" if left < 0 else f"only {human(left)} to spare"
        return Effect(False, f"It would have happened all the same: {sums}, {short}.")
    if pattern == "one-process":
        return Effect(
            None,
            f"It would have come later, not never: {sums}, so there was room for {human(left)} more; one process that grows without end fills any room.",
        )
    if pattern == "burst":
        return Effect(None, f"This many would have fitted: {sums}, with {human(left)} to spare; a larger burst would not.")
    return Effect(True, f"It would not have happened: {sums}, with {human(left)} to spare.")


def session_cap(task: Task | None, settings: Settings) -> Effect | None:
    """Whether a limit per session would have caught the one process that is the culprit."""
    if task is None or settings.session_max is None:
        return None
    size, most = weight(task), settings.session_max + settings.session_swap
    limit = f"{human(settings.session_max)}{f' and {human(settings.session_swap)} of swap' if settings.session_swap else ''}"
    if size > most:
        return Effect(
            True,
            f"{task.name} had {human(size)}; with a limit of {limit} the kernel would have ended it there, alone, with {human(size - most)} less taken from everybody else.",
        )
    return Effect(
        False, f"{task.name} had {human(size)}, which is within a session's limit of {limit}: the limit alone would not have stepped in."
    )


def slice_cap(account: Account, settings: Settings) -> Effect | None:
    """Whether a limit for all sessions together would have stepped in before the VM was full."""
    own = [one for one in account.programs if one.name in AGENTS]
    if not own or settings.slice_max is None:
        return None
    size = sum(one.weight for one in own)
    names = ", ".join(one.name for one in own)
    if size > settings.slice_max:
        return Effect(
            True,
            f"The agents ({names}) had {human(size)}; all of them together may have {human(settings.slice_max)}, so the kernel would have ended "
            "one of them at that point, and no service or shell.",
        )
    return Effect(
        False, f"The agents ({names}) had {human(size)}, which is below the {human(settings.slice_max)} that all of them may have together."
    )
