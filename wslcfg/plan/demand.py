"""Think: the two ends of the sizing: what is asked (`Demand`) and what comes out (`Sizing`). All sizes in bytes."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB

# What a session may take when planning: the guide's cap, since a leak will fill whatever it is given (facts: field-and-sizing 4.3, S).
SESSION = 4 * GIB

# How Windows is used beside WSL; decides its reserve.
USES = ("light", "standard", "heavy")


class Resident(NamedTuple):
    """A service as sizing counts it: `planned` bytes, and `how` that number came about (`cgroup peak`, `budget`, `flag` …)."""

    name: str
    planned: int
    how: str


class Demand(NamedTuple):
    """What the sizing is asked for.

    Attributes:
        ram: usable host RAM (`TotalVisibleMemorySize`), what WSL clamps with.
        services: resident services, each with its planned bytes.
        sessions: agent sessions that run at the same time. session: what each may take when planning.
        builds: for builds and tests beside the sessions.
        windows_use: `light`, `standard` or `heavy`. windows_peak: in use by Windows without the VM, None when not measured.
        free_disk: free on the drive of the swap file, None when unknown.
        memory_rule, swap_rule: `auto` (the formula), `keep` (as the file has it), `unset` (no key) or bytes that a profile fixes;
            swap 0 is no swap.
        present_memory, present_swap: what the file says now in a live and valid line; None when it says nothing.
        careful: swap first: memory is left as it is, whatever memory_rule says.
        session_max, session_swap, slice_max: bytes that a profile fixes instead of the formula's.
        throttle: whether MemoryHigh is wanted (off by default: without swap it stalls a session instead of ending it).
    """

    ram: int
    services: tuple[Resident, ...] = ()
    sessions: int = 2
    session: int = SESSION
    builds: int = 0
    windows_use: str = "standard"
    windows_peak: int | None = None
    free_disk: int | None = None
    memory_rule: int | str = "auto"
    swap_rule: int | str = "auto"
    present_memory: int | None = None
    present_swap: int | None = None
    careful: bool = False
    session_max: int | None = None
    session_swap: int | None = None
    slice_max: int | None = None
    throttle: bool = False

    @property
    def resident(self) -> int:
        """Sigma: what all services together are planned with."""
        return sum(service.planned for service in self.services)


class Sizing(NamedTuple):
    """What comes out, in bytes.

    Attributes:
        default_memory, default_swap: what WSL gives without a file.
        memory, swap: what the file should say; None means the key is left out. A sound value of the person's own stays and stands here.
        vm_memory, vm_swap: what the VM then has, WSL's defaults filled in.
        windows_reserve: what Windows needs. cap: the most that `memory` may be beside it. demand: what the VM is asked to hold.
        feasible: whether the demand fits into memory and the sessions' own swap.
        session_max, session_high, session_swap: the cgroup limits of one session; session_high is None when MemoryHigh is off.
        slice_max: the limit of all sessions together.
        disk_limit: the most that swap may take of the drive; None when the free space is unknown.
        reasons: (number, because) in the order of the calculation. notes: sentences worth saying. drop: what would make it feasible.
        memory_kept, swap_kept: whether that number is the file's own and stays.
    """

    default_memory: int
    default_swap: int
    memory: int | None
    swap: int | None
    vm_memory: int
    vm_swap: int
    windows_reserve: int
    demand: int
    cap: int
    feasible: bool
    session_max: int
    session_high: int | None
    session_swap: int
    slice_max: int
    disk_limit: int | None
    reasons: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    memory_kept: bool = False
    swap_kept: bool = False
