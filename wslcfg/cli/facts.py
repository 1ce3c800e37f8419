"""`wslcfg facts`: what was found on this machine, each value with its source or why it is unknown."""

from __future__ import annotations

from typing import Any

from wslcfg.cli.shared import Flags, Json, absolute, open_host
from wslcfg.machine.look import look
from wslcfg.model.facts import Datum, Distribution, Machine, Service
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.ui.tables import table
from wslcfg.ui.words import ago, as_json, count, listing, stamp, told


def run_facts(given: Flags, record: str, *, fresh: bool) -> Result:
    """Show what was found: host RAM, Windows build, disk, policies, the VM, the distro, resident services."""
    host = open_host(given)
    messages: list[Message] = []
    if record:
        from wslcfg.host.recorder import RecordingHost

        recorder = RecordingHost(host, absolute(record))
        machine = look(recorder, fresh=True)
        recorder.save()
        messages.append(Message("note", f"Recorded in {record}; read it before you send it, then anyone can use it with --machine."))
    else:
        machine = look(host, fresh=fresh)
    messages.extend(Message("warning", note) for note in machine.notes)
    return Result(as_data(machine), lambda: "\n".join(as_text(machine)), tuple(messages))


def as_data(machine: Machine) -> Json:
    """The machine as JSON data: every datum `{"value", "source"}` or `{"value": null, "reason"}`; sizes in bytes."""
    return {
        "host": {**_group(machine.host), "how": machine.host.how, "taken_at": stamp(machine.host.taken_at)},
        "vm": {
            **_group(machine.vm),
            "swap_areas": [{"path": area.path, "kind": area.kind, "size": area.size, "used": area.used} for area in machine.vm.swap_areas],
        },
        "distro": {"is_wsl": machine.distro.is_wsl, **_group(machine.distro)},
        "services": as_json(machine.services, lambda services: [service_data(service) for service in services]),
        "work": {
            "agents": list(machine.work.agents),
            "containers": list(machine.work.containers),
            "distributions": list(machine.work.distributions),
        },
    }


def service_data(service: Service) -> Json:
    """One service as JSON data, sizes in bytes."""
    return dict(service._asdict())


def _group(facts: Any) -> Json:
    """Every Datum of one group of facts."""
    return {name: as_json(value, _encode) for name, value in facts._asdict().items() if isinstance(value, Datum)}


def _encode(value: Any) -> object:
    if isinstance(value, tuple):
        return [item._asdict() if isinstance(item, Distribution) else item for item in value]
    return stamp(value) if hasattr(value, "astimezone") else value


def as_text(machine: Machine) -> list[str]:
    """The machine for a person: three short tables and the services."""
    host, vm, distro = machine.host, machine.vm, machine.distro
    windows = [
        ("usable RAM", told(host.ram, human)),
        ("in use by Windows", told(host.windows_in_use, human)),
        (
            "page file",
            f"{told(host.page_total, human)}" + (f", {human(host.page_free.value)} free" if host.page_free.value is not None else ""),
        ),
        ("processors", told(host.processors)),
        ("build", f"{told(host.build)}.{told(host.ubr)} {told(host.version)}" if host.build.known and host.ubr.known else told(host.build)),
        ("profile folder", told(host.profile)),
        ("swap drive", f"{told(host.disk_free, human)} free" if host.disk_free.known else told(host.disk_free)),
        ("policies", told(host.policies, _policies)),
        ("WSL", told(host.wsl_version)),
        ("distros", told(host.distributions, lambda all_: listing([one.name for one in all_]) or "none")),
    ]
    memory = [
        ("memory", told(vm.memory_total, human)),
        ("swap", told(vm.swap_total, human)),
        ("processors", told(vm.processors)),
        ("kernel", told(vm.kernel)),
        ("started", told(vm.started_at, lambda at: ago(at, host.taken_at) if at <= host.taken_at else stamp(at))),
        ("cgroups", told(vm.cgroup_layout)),
    ]
    inside = [
        ("distro", f"{told(distro.name)} ({told(distro.os_name)})" if distro.os_name.known else told(distro.name)),
        ("systemd", told(distro.systemd, lambda on: "yes" if on else "no")),
        ("cron", told(distro.cron)),
        ("interop", told(distro.interop)),
        ("drives at", told(distro.windows_root)),
    ]
    lines: list[str] = []
    asked = {
        "powershell": "asked through PowerShell",
        "ladder": "asked without PowerShell",
        "cache": "from this boot's answers",
        "none": "not asked",
    }.get(host.how, host.how)
    for title, rows in ((f"Windows ({asked})", windows), ("VM", memory), ("Distro", inside)):
        lines += [title, *table(rows, indent="  "), ""]
    services = machine.services.value
    if services is None:
        lines.append(f"Resident services: unknown: {machine.services.reason}")
    elif not services:
        lines.append("Resident services: none found")
    else:
        lines.append("Resident services")
        found = [
            (
                service.name,
                "" if service.peak is None else human(service.peak),
                human(service.planned),
                service.how + ("" if service.running else ", not running"),
            )
            for service in services
        ]
        lines += table(found, header=("service", "peak", "planned", "measured by"), right=frozenset({1, 2}), indent="  ")
    work = machine.work
    lines += ["", f"Live now: {count(len(work.agents), 'agent session')}, {count(len(work.containers), 'container')}"]
    return lines


def _policies(policies: dict[str, int]) -> str:
    return listing([f"{name}={value}" for name, value in sorted(policies.items())]) or "none"
