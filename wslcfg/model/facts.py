"""Think: what is known of a machine. Every datum is a value, or unknown with its reason; nothing here looks anything up."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from wslcfg.model.record import NamedTuple

T = TypeVar("T")


class Datum(Generic[T]):
    """A value with where it came from, or None with the reason why it is not known.

    Attributes:
        value: the value; sizes are bytes.
        source: for a value: who said it (`powershell`, `reg.exe`, `/proc/meminfo`, `asked`, `flag`). Empty when unknown.
        reason: for an unknown: one clause that fits after "unknown:". Empty when known.
    """

    __slots__ = ("reason", "source", "value")

    # Written out, because Python 3.10 has no generic named tuple and a dataclass costs every command's start ten times as much.
    def __init__(self, value: T | None, source: str = "", reason: str = "") -> None:
        self.value = value
        self.source = source
        self.reason = reason

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Datum) and (self.value, self.source, self.reason) == (other.value, other.source, other.reason)

    def __hash__(self) -> int:
        return hash((self.source, self.reason))

    def __repr__(self) -> str:
        return f"Datum({self.value!r}, {self.source!r}, {self.reason!r})"

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


def unknown(reason: str) -> Datum[T]:
    """A datum that could not be found out, with why."""
    return Datum(None, "", reason)


class Distribution(NamedTuple):
    """One registered distro as the registry (`HKCU\\…\\Lxss`) has it; `base_path` is a Windows path, `version` 1 or 2."""

    name: str
    version: int | None
    default: bool
    base_path: str | None = None


class HostFacts(NamedTuple):
    """The Windows side. Sizes in bytes; paths as Windows writes them.

    Attributes:
        ram: usable RAM (`TotalVisibleMemorySize` x 1024), what WSL clamps `memory` with; not the DIMM sum.
        ram_free: free now. windows_in_use: in use now by Windows without the WSL VM.
        page_total, page_free: Windows' page files. processors: logical.
        build, ubr: `26100`, `8037`. version: marketing name (`24H2`). architecture: `x64` or `arm64`.
        profile: `C:\\Users\\ana`. local_appdata: `C:\\Users\\ana\\AppData\\Local`. temp: where the swap file lies unless swapFile says otherwise.
        system_drive: `C:`. disk_total, disk_free: of the drive where the swap file will lie.
        policies: DWORDs under `HKLM\\Software\\Policies\\WSL`; empty dict means the key was read and there are none.
        wsl_version: `2.5.7.0`. distributions: the registry's list.
        how: `powershell`, `ladder`, `cache`, `recorded` or `none`.
    """

    ram: Datum[int]
    ram_free: Datum[int]
    windows_in_use: Datum[int]
    page_total: Datum[int]
    page_free: Datum[int]
    processors: Datum[int]
    build: Datum[int]
    ubr: Datum[int]
    version: Datum[str]
    architecture: Datum[str]
    profile: Datum[str]
    local_appdata: Datum[str]
    temp: Datum[str]
    system_drive: Datum[str]
    disk_total: Datum[int]
    disk_free: Datum[int]
    policies: Datum[dict[str, int]]
    wsl_version: Datum[str]
    distributions: Datum[tuple[Distribution, ...]]
    how: str
    taken_at: datetime


class SwapArea(NamedTuple):
    """One row of /proc/swaps; `kind` is `partition` or `file`, sizes in bytes."""

    path: str
    kind: str
    size: int
    used: int


class VmFacts(NamedTuple):
    """The running utility VM, from /proc and /sys. Sizes in bytes.

    Attributes:
        cgroup_layout: `v2-classic` (systemd at the root), `v2-isolated` (/wsl-user/distro-N), `v2-namespaced`, `v2-bare` (no systemd), `hybrid`, `v1`, `none`.
        started_at: when the VM booted.
    """

    memory_total: Datum[int]
    memory_available: Datum[int]
    swap_total: Datum[int]
    swap_free: Datum[int]
    swap_areas: tuple[SwapArea, ...]
    processors: Datum[int]
    kernel: Datum[str]
    boot_id: Datum[str]
    started_at: Datum[datetime]
    cgroup_layout: Datum[str]
    pressure: Datum[bool]


class DistroFacts(NamedTuple):
    """The distro this runs in.

    Attributes:
        name: `WSL_DISTRO_NAME` or what the registry and /etc say. os_name: `Ubuntu 24.04 LTS`.
        systemd: whether pid 1 is systemd. cron: `running`, `installed`, `absent`.
        windows_root: where drives are mounted (`/mnt/`), system_mount: the mount of Windows' system drive (`/mnt/c`).
        interop: `ok`, `off`, `broken-binfmt`, `no-server`; unknown where not WSL.
        user, uid, home: of the person.
    """

    is_wsl: bool
    name: Datum[str]
    os_name: Datum[str]
    systemd: Datum[bool]
    cron: Datum[str]
    interop: Datum[str]
    windows_root: Datum[str]
    system_mount: Datum[str]
    user: Datum[str]
    uid: Datum[int]
    home: Datum[str]


class Service(NamedTuple):
    """A resident service. Sizes in bytes.

    Attributes:
        name: the catalogue's name (`PostgreSQL`) or the unit's.
        unit: systemd unit, None when found as processes.
        current, peak: what was measured; None where it could not be.
        budget: documented need, used where there is no measurement.
        planned: what sizing counts: 1.2 x peak, else the budget.
        how: `cgroup peak`, `cgroup current`, `PSS`, `budget`, `flag`, `profile`.
        processes: how many processes were counted.
        running: False for a known service that is installed but not running now.
    """

    name: str
    unit: str | None
    current: int | None
    peak: int | None
    budget: int | None
    planned: int
    how: str
    processes: int = 0
    running: bool = True
    note: str = ""


class Work(NamedTuple):
    """What a restart of WSL would stop: live agent sessions and containers, as counted from /proc; names for people."""

    agents: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()


class Machine(NamedTuple):
    """Everything known of one machine at one time."""

    host: HostFacts
    vm: VmFacts
    distro: DistroFacts
    services: Datum[tuple[Service, ...]]
    work: Work = Work()
    notes: tuple[str, ...] = ()
