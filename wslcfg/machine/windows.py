"""Look: the Windows side. One PowerShell process a boot; where it does not answer, the ladder, once a boot as well."""

from __future__ import annotations

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host, Ran
from wslcfg.host.winpath import to_linux
from wslcfg.machine import cache, ladder, probe, reading
from wslcfg.machine.found import Found, from_probe, to_facts
from wslcfg.machine.interop import POWERSHELL, Interop
from wslcfg.machine.mounts import Place, look_place
from wslcfg.model.facts import HostFacts

# A reason for a datum that no step gave.
_NOBODY_SAID = "Windows did not say"


def look_host(host: Host, *, fresh: bool = False) -> HostFacts:
    """Everything known of the Windows side; each datum a value or unknown with its reason. Never raises.

    Args:
        host: the machine.
        fresh: ask Windows again although it was asked in this boot already.
    """
    place = look_place(host)
    if not place.is_wsl:
        return to_facts(Found(), "none", host.now(), "not WSL")
    interop = Interop(host, place)
    why = interop.why
    key = _key(host, place, interop)
    kept = None if fresh else cache.load(host, key)
    if kept is not None:
        found, _, taken_at = kept
        how = "cache"
    else:
        taken_at = host.now()
        found, how = _ask(host, place, interop)
        cache.store(host, key, found, how, taken_at)
    _measure_disk(host, place, found)
    return to_facts(found, how, taken_at, found.failed.get("interop") or why or found.failed.get("powershell") or _NOBODY_SAID)


def look_kept(host: Host) -> HostFacts:
    """What Windows said last, in this boot or an earlier one: RAM and folders outlive a restart of WSL. Starts nothing."""
    kept = cache.load(host, None)
    if kept is None:
        return to_facts(Found(), "none", host.now(), "Windows was not asked yet")
    found, _, taken_at = kept
    return to_facts(found, "cache", taken_at, _NOBODY_SAID)


def _key(host: Host, place: Place, interop: Interop) -> str:
    """What the kept answers stand for; '' (nothing is kept) where there is no boot id."""
    boot = reading.text(host, "/proc/sys/kernel/random/boot_id").strip()
    return "|".join([boot, str(probe.VERSION), place.system or "-", interop.state]) if boot else ""


def _ask(host: Host, place: Place, interop: Interop) -> tuple[Found, str]:
    """Ask PowerShell, then whatever else is left to ask."""
    found = Found()
    how = "ladder"
    if interop.usable:
        ran = interop.run(POWERSHELL, probe.ARGUMENTS, probe.TIMEOUT_S)
        answer = probe.parse(ran.out)
        if answer is None:
            found.failed["powershell"] = _why(ran)
            ladder.walk(host, place, interop, found)
        else:
            how = "powershell"
            from_probe(found, answer)
            if found.lacks("profile", "build"):
                ladder.walk(host, place, interop, found)
            else:
                ladder.ask_linux(host, place, found)
    else:
        ladder.walk(host, place, interop, found)
    if interop.why:
        found.failed["interop"] = interop.why
    return found, how if found.values else "none"


def _measure_disk(host: Host, place: Place, found: Found) -> None:
    """Room where the swap file will lie (`%TEMP%` unless swapFile says otherwise), now: by the mount, else as PowerShell had it."""
    for name in ("disk_total", "disk_free"):
        found.values.pop(name, None)
    folder = found.text("temp") or found.text("profile") or found.text("system_drive")
    space = None
    if folder:
        try:
            space = host.space(to_linux(folder if len(folder) > 2 else folder + "\\", place.mounts))
        except WslcfgError:
            space = None
    if space is not None:
        found.add("disk_total", space.total, "statvfs")
        found.add("disk_free", space.free, "statvfs")
    elif folder and folder[:2].upper() == (found.text("system_drive") or "").upper():
        found.add("disk_total", found.values.get("drive_total"), found.sources.get("drive_total", ""))
        found.add("disk_free", found.values.get("drive_free"), found.sources.get("drive_free", ""))


def _why(ran: Ran) -> str:
    """One clause on why PowerShell gave no answer; its own words are in a language and a code page that are not ours, so they are not quoted."""
    if ran.failure == "timeout":
        return f"PowerShell did not answer in {probe.TIMEOUT_S:.0f} s"
    if ran.failure == "missing":
        return "there is no powershell.exe"
    if ran.failure == "not-executable":
        return "powershell.exe could not be started (blocked?)"
    if ran.failure == "unusable":
        return ran.err.decode()
    return f"PowerShell gave no answer that can be read (exit code {ran.code})"
