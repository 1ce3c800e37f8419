"""Look: the running utility VM, from /proc and /sys. Starts nothing."""

from __future__ import annotations

import re
from datetime import timedelta

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.machine.cgroups import look_layout
from wslcfg.model.facts import Datum, SwapArea, VmFacts, unknown
from wslcfg.model.late import late
from wslcfg.model.size import KIB

_OCTAL = late(r"\\([0-7]{3})")


def look_vm(host: Host) -> VmFacts:
    """Memory, swap, kernel, boot and cgroup layout of the VM that this runs in (of the machine, where it is not WSL)."""
    info = parse_meminfo(reading.text(host, "/proc/meminfo"))
    areas = parse_swaps(reading.text(host, "/proc/swaps"))
    uptime = re.match(r"\d+(?:\.\d+)?", reading.text(host, "/proc/uptime"))
    # Whole seconds: the time and the uptime are read one after the other, and a start time that changes from call to call serves nobody.
    booted = (host.now() - timedelta(seconds=float(uptime[0]))).replace(microsecond=0) if uptime else None
    kernel = reading.text(host, "/proc/sys/kernel/osrelease").strip()
    boot_id = reading.text(host, "/proc/sys/kernel/random/boot_id").strip()
    return VmFacts(
        memory_total=_row(info, "MemTotal"),
        memory_available=_row(info, "MemAvailable"),
        swap_total=_row(info, "SwapTotal"),
        swap_free=_row(info, "SwapFree"),
        swap_areas=areas,
        processors=_processors(host),
        kernel=Datum(kernel, "/proc/sys/kernel/osrelease") if kernel else unknown("/proc/sys/kernel/osrelease cannot be read"),
        boot_id=Datum(boot_id, "/proc/sys/kernel/random/boot_id") if boot_id else unknown("/proc/sys/kernel/random/boot_id cannot be read"),
        started_at=Datum(booted, "/proc/uptime") if booted else unknown("/proc/uptime cannot be read"),
        cgroup_layout=look_layout(host),
        pressure=Datum(reading.there(host, "/proc/pressure/memory") is not None, "/proc/pressure"),
    )


def parse_meminfo(text: str) -> dict[str, int]:
    """Read `MemTotal:       16307792 kB` lines into bytes (kernel's fs/proc/meminfo.c); lines of another shape are left out."""
    rows = re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)
    return {name: int(number) * KIB for name, number in rows}


def parse_swaps(text: str) -> tuple[SwapArea, ...]:
    r"""Read /proc/swaps: `/dev/sdb  partition  2097152  0  -2`, sizes in KiB, spaces in names as `\040` (kernel's mm/swapfile.c)."""
    areas = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 4 and fields[2].isdigit() and fields[3].isdigit():
            path = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[0])
            areas.append(SwapArea(path, fields[1], int(fields[2]) * KIB, int(fields[3]) * KIB))
    return tuple(areas)


def parse_online(text: str) -> int | None:
    """Count the processors of a list such as `0-11` or `0-3,8-11` (/sys/devices/system/cpu/online); None when it is no such list."""
    total = 0
    for part in text.strip().split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if match is None:
            return None
        total += int(match[2] or match[1]) - int(match[1]) + 1
    return total


def _processors(host: Host) -> Datum[int]:
    path = "/sys/devices/system/cpu/online"
    count = parse_online(reading.text(host, path))
    return Datum(count, path) if count else unknown(f"{path} cannot be read")


def _row(info: dict[str, int], name: str) -> Datum[int]:
    return Datum(info[name], "/proc/meminfo") if name in info else unknown(f"/proc/meminfo has no {name}")
