"""Think: the facts of a machine that WSL's own arithmetic uses."""

from __future__ import annotations

from wslcfg.model.facts import Machine
from wslcfg.model.wslfile import HostView

# Windows 11's first build; older ones are Windows 10 or Server 2019/2022.
_WINDOWS_11 = 22000


def view_of(machine: Machine) -> HostView:
    """The facts of the machine that WSL's own arithmetic uses; Windows 11 on x64 where that is not known."""
    host = machine.host
    return HostView(
        ram=host.ram.value,
        processors=host.processors.value,
        policies=tuple(sorted((host.policies.value or {}).items())),
        windows11=host.build.value is None or host.build.value >= _WINDOWS_11,
        x64=host.architecture.value != "arm64",
    )
