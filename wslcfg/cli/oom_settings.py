"""What is proposed for the machine that a kill was on, so that `wslcfg oom` can say whether it would have happened under it."""

from __future__ import annotations

from wslcfg.cli.proposing import Answers, imagined, load_profile, proposal_for
from wslcfg.cli.shared import Flags
from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.machine.look import look
from wslcfg.model.facts import Machine
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, human
from wslcfg.oom.event import OomEvent
from wslcfg.oom.simulate import Settings
from wslcfg.oom.story import Verdict
from wslcfg.plan.propose import Proposal
from wslcfg.plan.sizing import SLICE_LEAST, VM_OWN, session_limit

# The first WSL kernel that is built with pressure accounting (switched off by default).
_PRESSURE_FROM = (6, 18)


class Proposed(NamedTuple):
    """The settings, facts for a report, and why something of it is not known, '' where all is."""

    settings: Settings
    facts: tuple[tuple[str, str], ...]
    unchecked: str = ""
    machine: Machine | None = None


def of_this_machine(host: Host) -> Proposed:
    """What `wslcfg plan` proposes here."""
    machine = look(host)
    vm = machine.vm
    now = Settings(
        memory_now=vm.memory_total.value,
        swap_now=vm.swap_total.value,
        pressure_off=vm.pressure.value is False and machine.distro.is_wsl and _release(vm.kernel.value or "") >= _PRESSURE_FROM,
    )
    try:
        proposal = proposal_for(host, machine, load_profile(host, ""), Answers())
    except WslcfgError as error:
        return Proposed(
            _limits(now, vm.memory_total.value), _facts(machine), f"What this host could give is not known: {error.message}", machine
        )
    return Proposed(_proposed(proposal, now), _facts(machine), "", machine)


def of_a_log(host: Host, given: Flags, verdict: Verdict, host_ram: str) -> Proposed:
    """What would be proposed for the machine that the log tells of, as far as the log and `--host-ram` say."""
    event = _dump(verdict)
    ram = event.memory.ram if event else None
    vm = None if event is None or ram is None else ram - (event.memory.reserved or 0)
    facts = [("Kernel", event.kernel)] if event and event.kernel else []
    facts += [("VM", f"{human(vm)} RAM, {human(event.memory.swap_total or 0)} swap")] if event and vm is not None else []
    now = Settings(memory_now=vm, swap_now=event.memory.swap_total if event else None)
    if host_ram:
        proposal = imagined(host, given, load_profile(host, ""), Answers(host_ram=host_ram), "")
        return Proposed(_proposed(proposal, now), tuple(facts))
    return Proposed(_limits(now, vm), tuple(facts), "What that host could give is not known: say --host-ram." if verdict.incidents else "")


def _dump(verdict: Verdict) -> OomEvent | None:
    newest = verdict.newest
    events = [one.event for one in newest.events] if newest else []
    return next((event for event in events if event.memory.ram is not None), events[0] if events else None)


def _proposed(proposal: Proposal, now: Settings) -> Settings:
    """The sizing's numbers; what it leaves out is WSL's default, which is what the VM will have."""
    sizing = proposal.sizing
    line = proposal.before.values.get("wsl2.kernelCommandLine")
    return now._replace(
        memory=sizing.vm_memory,
        swap=sizing.vm_swap,
        session_max=sizing.session_max,
        session_swap=sizing.session_swap,
        slice_max=sizing.slice_max,
        kernel_command_line=line if isinstance(line, str) else "",
    )


def _limits(now: Settings, memory: int | None) -> Settings:
    """The limits of sessions by the VM's memory alone, as the launcher would set them (two sessions, no services)."""
    if memory is None:
        return now
    limit = session_limit(memory, 0, 2)
    swap = min(limit // 4, now.swap_now or 0)
    return now._replace(session_max=limit, session_swap=swap, slice_max=max(SLICE_LEAST, memory - VM_OWN - GIB // 2))


def _release(kernel: str) -> tuple[int, int]:
    """`6.18.20.1-microsoft-standard-WSL2` as (6, 18)."""
    parts = kernel.split("-")[0].split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else (0, 0)


def _facts(machine: Machine) -> tuple[tuple[str, str], ...]:
    """What somebody who reads a report wants to know of the machine."""
    vm, host = machine.vm, machine.host
    found = [
        ("Kernel", vm.kernel.value),
        ("Distro", machine.distro.os_name.value),
        ("VM", f"{human(vm.memory_total.value)} RAM, {human(vm.swap_total.value or 0)} swap" if vm.memory_total.value else None),
        ("Host RAM", human(host.ram.value) if host.ram.value else None),
        ("WSL", host.wsl_version.value),
        ("cgroups", vm.cgroup_layout.value),
    ]
    return tuple((name, value) for name, value in found if value)
