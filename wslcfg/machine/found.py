"""Think: what was found out about Windows so far: values with their sources, and reasons for what is missing. The way from answers to facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from wslcfg.machine import answers, probe
from wslcfg.model.facts import Datum, Distribution, HostFacts, unknown
from wslcfg.model.size import KIB

T = TypeVar("T")
# A distro as it is kept: name, version, default, base path.
DistroRow = list[object]

# Names that HostFacts and Found share, by type.
NUMBERS = ("ram", "ram_free", "windows_in_use", "page_total", "page_free", "processors", "build", "ubr", "disk_total", "disk_free")
TEXTS = ("version", "architecture", "profile", "local_appdata", "temp", "system_drive", "wsl_version")

# The policy names are a registry key's values; only DWORDs count (wslpolicies.h).
_LARGEST_DWORD = 0xFFFFFFFF


class Found:
    """Values by fact name, each with the source that said it first; reasons by fact name; `failed` by step of the ladder.

    It is what the cache keeps, so it holds only what JSON can: numbers, texts, a dict of policies, a list of distro rows.
    """

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.sources: dict[str, str] = {}
        self.failed: dict[str, str] = {}

    def add(self, name: str, value: object, source: str) -> None:
        """Keep a value unless it is None or an earlier, better source has given one."""
        if value is not None and name not in self.values:
            self.values[name] = value
            self.sources[name] = source

    def lacks(self, *names: str) -> bool:
        """Whether any of these is still missing."""
        return any(name not in self.values for name in names)

    def text(self, name: str) -> str | None:
        """A text that was found."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None


def from_probe(found: Found, answer: dict[str, object]) -> None:
    """Take over what the PowerShell probe answered (`probe.parse`)."""
    source = "powershell"
    for name, keys in (
        ("profile", ("profile",)),
        ("local_appdata", ("localappdata",)),
        ("temp", ("temp",)),
    ):
        found.add(name, answers.folder(probe.text(answer, *keys)), source)
    total, free = probe.number(answer, "mem", "total_kib"), probe.number(answer, "mem", "free_kib")
    if total and free is not None:
        found.add("ram", total * KIB, source)
        found.add("ram_free", free * KIB, source)
        virtual_machine = _vm_working_set(answer)
        if virtual_machine is not None and virtual_machine < (total - free) * KIB:
            found.add("windows_in_use", (total - free) * KIB - virtual_machine, source)
        else:
            found.failed["windows_in_use"] = "the WSL VM was not among Windows' processes"
    elif "cim" in _errors(answer):
        found.failed["cim"] = "Windows' management service (CIM) did not answer PowerShell"
    for name, key in (("page_total", "page_kib"), ("page_free", "page_free_kib")):
        size = probe.number(answer, "mem", key)
        found.add(name, size * KIB if size is not None else None, source)
    found.add("processors", probe.number(answer, "cpus") or None, source)
    found.add("build", probe.number(answer, "build"), source)
    found.add("ubr", probe.number(answer, "ubr"), source)
    found.add("version", probe.text(answer, "display"), source)
    found.add("architecture", architecture(probe.text(answer, "arch")), source)
    found.add("system_drive", probe.text(answer, "drive"), source)
    found.add("wsl_version", probe.text(answer, "wsl_msi"), source)
    drive_free, drive_used = probe.number(answer, "sysdrive", "free"), probe.number(answer, "sysdrive", "used")
    if drive_free is not None and drive_used is not None:
        found.add("drive_free", drive_free, source)
        found.add("drive_total", drive_free + drive_used, source)
    policies = answer.get("policies")
    if isinstance(policies, dict):
        numbers = {
            name: int(said) for name, said in policies.items() if isinstance(said, str) and said.isdigit() and int(said) <= _LARGEST_DWORD
        }
        found.add("policies", numbers, source)
    distros = probe.rows(answer, "distros")
    if distros is not None:
        default = probe.text(answer, "default")
        rows: list[DistroRow] = []
        for row in distros:
            called = probe.text(row, "name")
            if called:
                base = answers.folder(probe.text(row, "path"))
                rows.append([called, probe.number(row, "version"), default is not None and probe.text(row, "id") == default, base])
        found.add("distributions", rows, source)


def architecture(said: str | None) -> str | None:
    """`x64` or `arm64` out of Windows' PROCESSOR_ARCHITECTURE or Linux' machine name."""
    return {"amd64": "x64", "x86_64": "x64", "arm64": "arm64", "aarch64": "arm64"}.get((said or "").lower())


def to_facts(found: Found, how: str, taken_at: datetime, default_reason: str) -> HostFacts:
    """HostFacts out of what was found; what is missing is unknown for its own reason, else for the default one."""

    def reason(name: str) -> str:
        if name in found.failed:
            return found.failed[name]
        if name in {"ram", "ram_free", "page_total", "page_free", "windows_in_use"}:
            return found.failed.get("cim") or found.failed.get("powershell") or default_reason
        return default_reason

    def datum(name: str, kind: Callable[[object], T | None]) -> Datum[T]:
        value = kind(found.values.get(name))
        return Datum(value, found.sources.get(name, "")) if value is not None else unknown(reason(name))

    def number(name: str) -> Datum[int]:
        return datum(name, lambda value: value if isinstance(value, int) else None)

    def text(name: str) -> Datum[str]:
        return datum(name, lambda value: value if isinstance(value, str) else None)

    return HostFacts(
        ram=number("ram"),
        ram_free=number("ram_free"),
        windows_in_use=number("windows_in_use"),
        page_total=number("page_total"),
        page_free=number("page_free"),
        processors=number("processors"),
        build=number("build"),
        ubr=number("ubr"),
        version=text("version"),
        architecture=text("architecture"),
        profile=text("profile"),
        local_appdata=text("local_appdata"),
        temp=text("temp"),
        system_drive=text("system_drive"),
        disk_total=number("disk_total"),
        disk_free=number("disk_free"),
        policies=datum("policies", _policies),
        wsl_version=text("wsl_version"),
        distributions=datum("distributions", _distributions),
        how=how,
        taken_at=taken_at,
    )


def _errors(answer: dict[str, object]) -> list[object]:
    """The sections of the probe that failed."""
    said = answer.get("errors")
    return said if isinstance(said, list) else [said]


def _vm_working_set(answer: dict[str, object]) -> int | None:
    """What Windows pays for the WSL VM, bytes: `vmmemWSL` (Windows 11), else every `vmmem` (Windows 10, where other VMs may hide behind it)."""
    sizes: dict[str, int] = {}
    for row in probe.rows(answer, "vm") or []:
        name, size = probe.text(row, "name"), probe.number(row, "ws")
        if name and size:
            sizes[name.lower()] = sizes.get(name.lower(), 0) + size
    return sizes.get("vmmemwsl") or sizes.get("vmmem")


def _policies(value: object) -> dict[str, int] | None:
    return {str(name): said for name, said in value.items() if isinstance(said, int)} if isinstance(value, dict) else None


def _distributions(value: object) -> tuple[Distribution, ...] | None:
    if not isinstance(value, list):
        return None
    rows = [row for row in value if isinstance(row, list) and len(row) == 4 and isinstance(row[0], str)]
    return tuple(
        Distribution(name, version if isinstance(version, int) else None, default is True, base if isinstance(base, str) else None)
        for name, version, default, base in rows
    )
