"""Think: lint rules about settings that do nothing, or something else, because of another setting."""

from __future__ import annotations

from collections.abc import Iterator

from wslcfg.model.wslfile import Entry
from wslcfg.wslconf.lint_case import Case, Hit, Rule, Splice

# What has an effect in bridged networking alone (facts about WslCoreConfig.cpp:99-103).
_BRIDGED_ONLY = ("wsl2.vmSwitch", "wsl2.macAddress", "wsl2.dhcp", "wsl2.dhcpTimeout", "wsl2.ipv6")


def _hit(entry: Entry, message: str, fix: str | None = None, mend: Splice | None = None) -> Hit:
    return Hit(entry.start, entry.editor_line, entry.setting, message, fix, mend)


def _live(case: Case, name: str, *values: object) -> Entry | None:
    """The live entry of a setting, when its effective value is one of these (any value when none is named)."""
    entry = case.live.get(name)
    return entry if entry is not None and (not values or case.value(name) in values) else None


def _safe_mode(case: Case) -> Iterator[Hit]:
    entry = _live(case, "wsl2.safeMode", True)
    if entry:
        yield _hit(entry, "Safe mode is on: no swap, no network, no Windows drives, no GPU.", "Remove the line when the repair is done.")


def _localhost_mirrored(case: Case) -> Iterator[Hit]:
    entry = _live(case, "wsl2.localhostForwarding")
    if entry and case.value("wsl2.networkingMode") == "Mirrored":
        yield _hit(entry, "localhostForwarding has no effect in mirrored mode, and WSL warns about it at each start.", "Remove the line.")


def _mirrored_only(case: Case) -> Iterator[Hit]:
    if case.value("wsl2.networkingMode") == "Mirrored":
        return
    for name, off in (("experimental.hostAddressLoopback", ("false", "0")), ("experimental.ignoredPorts", ("",))):
        entry = case.live.get(name)
        if entry and entry.value.lower() not in off:
            key = name.partition(".")[2]
            message = f"{key} has an effect only in mirrored mode; in {case.value('wsl2.networkingMode')} mode WSL silently ignores it."
            yield _hit(entry, message, "Set networkingMode=mirrored, or remove the line.")


def _bridged_only(case: Case) -> Iterator[Hit]:
    if case.value("wsl2.networkingMode") == "Bridged":
        return
    for name in _BRIDGED_ONLY:
        entry = case.live.get(name)
        if entry:
            yield _hit(entry, f"{name.partition('.')[2]} has an effect only in bridged mode.")


def _idle(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.vmIdleTimeout")
    vm, distro = case.value("wsl2.vmIdleTimeout"), case.value("general.instanceIdleTimeout")
    if entry and isinstance(vm, int) and vm < 0 and isinstance(distro, int) and distro >= 0:
        message = f"vmIdleTimeout keeps the virtual machine, but each distro in it still stops after {distro / 1000:g} s without a session."
        yield _hit(entry, message, "Set instanceIdleTimeout=-1 under [general] as well.")


def _consomme(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.networkingMode")
    version = case.around.version
    if entry and entry.value.lower() == "consomme" and not (version is not None and version >= (2, 9, 0)):
        message = "WSL before 2.9.0 does not know the word Consomme and falls back to NAT."
        yield _hit(
            entry, message, "Write VirtioProxy, which every release takes.", Splice(entry.value_start, entry.value_end, "VirtioProxy")
        )


def _consomme_without_virtio(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.networkingMode")
    if (
        entry
        and entry.value.lower() in ("consomme", "virtioproxy")
        and case.value("wsl2.virtio") is False
        and not case.value("wsl2.safeMode")
    ):
        yield _hit(entry, "This mode needs virtio, which is off, so WSL uses NAT.", "Remove virtio=false.")


def _sparse(case: Case) -> Iterator[Hit]:
    entry = _live(case, "experimental.sparseVhd", True)
    if entry:
        message = "sparseVhd does nothing but warn: WSL creates no sparse disks any more, because of data corruption."
        yield _hit(entry, message, "Remove the line.")


def _virtio9p(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.virtio9p")
    if entry and entry.value.lower() in ("true", "1"):
        yield _hit(entry, "virtio9p does nothing but warn: WSL falls back to 9p over vsock.", "Remove the line.")


def _needs_tunnel(case: Case) -> Iterator[Hit]:
    if case.value("wsl2.dnsTunneling") is not False or "wsl2.dnsTunneling" not in case.live:
        return
    for name in ("experimental.bestEffortDnsParsing", "experimental.dnsTunnelingIpAddress"):
        entry = case.live.get(name)
        if entry and entry.value.lower() not in ("false", "0"):
            yield _hit(entry, f"{name.partition('.')[2]} has no effect, because dnsTunneling is off.", "Remove one of the two lines.")


def _bridged_without_switch(case: Case) -> Iterator[Hit]:
    entry = _live(case, "wsl2.networkingMode", "Bridged")
    if entry and not case.value("wsl2.vmSwitch"):
        yield _hit(
            entry,
            "Bridged networking without vmSwitch: WSL starts without a network.",
            "Name a Hyper-V switch with vmSwitch=, or use mirrored.",
        )


def _bridged(case: Case) -> Iterator[Hit]:
    entry = _live(case, "wsl2.networkingMode", "Bridged")
    if entry:
        yield _hit(entry, "Bridged networking is deprecated since WSL 2.4.5.", "Use mirrored.")


def _firewall_mirrored(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.firewall")
    if entry and entry.value.lower() in ("false", "0") and case.value("wsl2.networkingMode") == "Mirrored":
        yield _hit(entry, "In mirrored mode the firewall is always on; firewall=false is silently ignored.", "Remove the line.")


def _gradual_swaps(case: Case) -> Iterator[Hit]:
    entry = _live(case, "experimental.autoMemoryReclaim", "Gradual")
    version = case.around.version
    if entry and case.value("wsl2.swap") != 0 and not (version is not None and version > (2, 9, 4)):
        message = "Up to WSL 2.9.4 gradual reclaim also pushes programs' memory into swap while the VM is idle."
        yield _hit(entry, message, "DropCache, the default, gives back page cache alone.")


def _cgroups_v1(case: Case) -> Iterator[Hit]:
    entry = _live(case, "automount.cgroups", "v1")
    if entry:
        message = "Control groups of version 1 do not go with isolateDistroCgroup, and systemd, Docker and memory limits want version 2."
        yield _hit(entry, message, "Remove the line.")


def _cut_off(case: Case) -> Iterator[Hit]:
    for name, loses in (("automount.enabled", "the Windows drives, .wslconfig among them"), ("interop.enabled", "Windows programs")):
        entry = _live(case, name, False)
        if entry:
            yield _hit(entry, f"{name}=false: nothing in this distro reaches {loses}, wslcfg neither.")


RULES: tuple[Rule, ...] = (
    Rule("WC100", "warning", "use", "safe mode left on", _safe_mode),
    Rule("WC101", "warning", "use", "localhostForwarding in mirrored mode", _localhost_mirrored),
    Rule("WC102", "warning", "use", "only for mirrored mode", _mirrored_only),
    Rule("WC103", "info", "use", "only for bridged mode", _bridged_only),
    Rule("WC104", "warning", "use", "vmIdleTimeout without instanceIdleTimeout", _idle),
    Rule("WC105", "warning", "use", "Consomme is a new word", _consomme),
    Rule("WC106", "warning", "use", "mode needs virtio", _consomme_without_virtio),
    Rule("WC107", "warning", "use", "sparseVhd does nothing", _sparse),
    Rule("WC108", "warning", "use", "virtio9p does nothing", _virtio9p),
    Rule("WC109", "warning", "use", "needs dnsTunneling", _needs_tunnel),
    Rule("WC110", "error", "use", "bridged without a switch", _bridged_without_switch),
    Rule("WC111", "info", "use", "bridged is deprecated", _bridged),
    Rule("WC112", "warning", "use", "firewall in mirrored mode", _firewall_mirrored),
    Rule("WC113", "info", "use", "gradual reclaim and swap", _gradual_swaps),
    Rule("WC114", "warning", "use", "control groups of version 1", _cgroups_v1),
    Rule("WC115", "info", "use", "cut off from Windows", _cut_off),
)
