"""Think: machines that are not there. `plan --host-ram 32GB` asks what would be proposed on one; nothing is looked at for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wslcfg.model.facts import Datum, DistroFacts, HostFacts, Machine, Service, VmFacts, unknown
from wslcfg.model.record import NamedTuple

_WHY = "the machine is hypothetical"


class WhatIf(NamedTuple):
    """Answers that go before the profile's own; None leaves the profile's. Sizes in bytes.

    Attributes:
        windows_use: `light`, `standard` or `heavy`. sessions: at the same time. session: what each may take. builds: beside them.
        careful: swap first.
    """

    windows_use: str | None = None
    sessions: int | None = None
    session: int | None = None
    builds: int | None = None
    careful: bool | None = None


def hypothetical_machine(
    host_ram: int | None, processors: int | None, services: Mapping[str, int], free_disk: int | None, now: datetime
) -> Machine:
    """A machine of which only this is known: usable RAM, processors, measured peaks of services by name, free space (bytes)."""
    peaks = tuple(Service(name, None, None, peak, None, peak * 6 // 5, "flag") for name, peak in services.items())
    host = HostFacts(
        ram=_given(host_ram),
        ram_free=unknown(_WHY),
        windows_in_use=unknown(_WHY),
        page_total=unknown(_WHY),
        page_free=unknown(_WHY),
        processors=_given(processors),
        build=unknown(_WHY),
        ubr=unknown(_WHY),
        version=unknown(_WHY),
        architecture=unknown(_WHY),
        profile=unknown(_WHY),
        local_appdata=unknown(_WHY),
        temp=unknown(_WHY),
        system_drive=unknown(_WHY),
        disk_total=unknown(_WHY),
        disk_free=_given(free_disk),
        policies=Datum({}, "flag"),
        wsl_version=unknown(_WHY),
        distributions=unknown(_WHY),
        how="none",
        taken_at=now,
    )
    vm = VmFacts(
        memory_total=unknown(_WHY),
        memory_available=unknown(_WHY),
        swap_total=unknown(_WHY),
        swap_free=unknown(_WHY),
        swap_areas=(),
        processors=unknown(_WHY),
        kernel=unknown(_WHY),
        boot_id=unknown(_WHY),
        started_at=unknown(_WHY),
        cgroup_layout=unknown(_WHY),
        pressure=unknown(_WHY),
    )
    distro = DistroFacts(
        is_wsl=False,
        name=unknown(_WHY),
        os_name=unknown(_WHY),
        systemd=unknown(_WHY),
        cron=unknown(_WHY),
        interop=unknown(_WHY),
        windows_root=unknown(_WHY),
        system_mount=unknown(_WHY),
        user=unknown(_WHY),
        uid=unknown(_WHY),
        home=unknown(_WHY),
    )
    return Machine(host, vm, distro, Datum(peaks, "flag"))


def _given(value: int | None) -> Datum[int]:
    """A number from a flag, or not known."""
    return Datum(value, "flag") if value is not None else unknown(_WHY)
