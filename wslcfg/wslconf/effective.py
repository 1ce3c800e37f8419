"""Think: what WSL will use: typed values, computed defaults, clamps, policies and consequences, with its warnings in its order.

Source: src/windows/common/WslCoreConfig.cpp (ParseConfigFile, Initialize), src/windows/common/helpers.cpp, src/windows/service/exe/
WslCoreVm.cpp, src/linux/init/WslDistributionConfig.cpp of microsoft/WSL at 3e27a6a50177.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, MIB
from wslcfg.model.wslfile import BadLine, Effective, Entry
from wslcfg.wslconf import keys, values, warnings

if TYPE_CHECKING:
    from wslcfg.model.wslfile import HostView, Scan, Value

# WSL gives the VM at least this much, whatever the file says (WslCoreConfig.cpp:319).
LEAST_MEMORY = 256 * MIB
# What a swap size means that nobody wrote: compute it (WslCoreConfig.h:323).
_NO_SWAP_WRITTEN = values.U64 - 1
# Bounce buffer of virtio devices, and the memory from which on WSL reserves it (helpers.cpp:811-822).
_SWIOTLB = 64 * MIB
_SWIOTLB_FROM = GIB + 64 * MIB
_DEFAULT_MODULES = ("tun", "ip_tables", "br_netfilter")
# wslpolicies.h and the enum in WslCoreConfig.h; Bridged (2) needs more than a policy and is not taken.
_POLICY_MODES = {0: "None", 1: "Nat", 3: "Mirrored", 4: "Consomme"}
_OFF_IN_SAFE_MODE = (
    "hostFileSystemAccess", "nestedVirtualization", "hardwarePerformanceCounters", "gpuSupport", "virtio", "guiApplications",
)  # fmt: skip
_TUNNEL_ADDRESS = "10.255.255.254"


def effective(scan: Scan, view: HostView) -> Effective:
    """What WSL will use of a file on a host; what needs a host fact that is not known is None.

    A file with a `fatal` text starts no VM: its values are then those of an empty file.
    """
    reading = _read(scan)
    if scan.target == "wslconf":
        return Effective(_wslconf(reading.values), tuple(reading.warnings), None, scan.aborted)
    if reading.fatal is not None:
        return Effective(_wslconfig(_untouched(scan), view), tuple(reading.warnings), reading.fatal, False)
    return Effective(_wslconfig(reading, view), tuple(reading.warnings), None, False)


class _Reading(NamedTuple):
    """What the file alone says: `values` of every setting before computing, and which settings had a value WSL took."""

    values: dict[str, Value]
    present: set[str]
    warnings: list[str]
    fatal: str | None


def _untouched(scan: Scan) -> _Reading:
    """The reading of an empty file; the warnings are the caller's own."""
    found = {setting.name: setting.default for setting in keys.settings_of(scan.target)}
    if scan.target == "wslconfig":
        found |= {
            "wsl2.memory": 0, "wsl2.swap": _NO_SWAP_WRITTEN, "wsl2.processors": 0, "wsl2.loadKernelModules": "", "wsl2.crashDumpFolder": "",
            "general.distributionInstallPath": "", "experimental.dnsTunnelingIpAddress": None,
        }  # fmt: skip
    return _Reading(found, set(), [], None)


def _read(scan: Scan) -> _Reading:
    """Take the entries in the file's order, as WSL does: one value can undo an earlier one (dnsTunnelingIpAddress)."""
    reading = _untouched(scan)
    if not scan.opened:
        reading.warnings.append(warnings.cannot_open(scan.path))
    first: dict[str, Entry] = {}
    for part in scan.parts:
        if isinstance(part, BadLine):
            reading.warnings.append(warnings.bad_line(part, scan.path))
        elif isinstance(part, Entry):
            if part.setting is None:
                reading.warnings.append(warnings.unknown_key(part, scan.path))
            elif not part.live:
                reading.warnings.append(warnings.duplicate(part, first[part.setting], scan.path))
            else:
                first[part.setting] = part
                fatal = _take(part, scan, reading)
                if fatal is not None:
                    return reading._replace(fatal=fatal)
    return reading


def _take(entry: Entry, scan: Scan, reading: _Reading) -> str | None:
    """Take one live entry's value, or warn; gives the text where WSL gives up."""
    setting = keys.find(entry.name, scan.target)
    if setting is None:  # the scanner has found it under this name
        return None
    kind, name = setting.type, setting.name
    if kind == "ports":
        ports = values.parse_ports(entry.value)
        reading.warnings.extend([warnings.bad_value(kind, entry, scan.path)] * ports.refused)
        reading.values[name] = ",".join(map(str, ports.numbers))
        return None
    if kind in ("text", "path", "list"):
        reading.values[name] = entry.value
        return None
    value = values.parsed(setting, entry.value)
    if isinstance(value, (bool, int, str)):
        reading.values[name] = value
        reading.present.add(name)
        return None
    said = warnings.bad_value(kind, entry, scan.path, values.enum_words(setting) if kind == "enum" else "")
    if kind == "mac":
        return said
    reading.warnings.append(said)
    if kind == "ipv4":
        reading.values["wsl2.dnsTunneling"] = False
    return None


def _wslconf(found: dict[str, Value]) -> dict[str, Value]:
    """The one computed value of wsl.conf: the mount root ends in a slash."""
    root = str(found["automount.root"] or "")
    return found | {"automount.root": root if root.endswith("/") else root + "/"}


def _wslconfig(reading: _Reading, view: HostView) -> dict[str, Value]:
    """From what the file says to what the VM gets, in the order of WslCoreConfig.cpp."""
    found, said = reading.values, reading.warnings
    for name, default in (
        ("wsl2.nestedVirtualization", view.x64 and view.windows11),
        ("wsl2.virtio", view.x64 or view.windows11),
        ("wsl2.hardwarePerformanceCounters", view.x64),
    ):
        if name not in reading.present:
            found[name] = default
    firewall = found["wsl2.networkingMode"] == "Mirrored" or bool(found["wsl2.firewall"])
    _after_parsing(reading)
    _sizes(found, said, view)
    policies = {name.lower(): number for name, number in view.policies}
    _switch_off(found, said, policies)
    _networking_mode(reading, policies)
    if found["wsl2.networkingMode"] != "Mirrored" and not firewall and not _allowed(policies, "AllowFirewallUserSetting"):
        firewall = True
        said.append(warnings.policy("wsl2.firewall"))
    found["wsl2.firewall"] = firewall
    _consequences(found, said)
    return found


def _after_parsing(reading: _Reading) -> None:
    """What one value means for another before the host comes in (the end of ParseConfigFile)."""
    found = reading.values
    if found["wsl2.dnsTunneling"] and found["experimental.dnsTunnelingIpAddress"] is None:
        found["experimental.dnsTunnelingIpAddress"] = _TUNNEL_ADDRESS
    if (found["wsl2.debugConsole"] or found["wsl2.debugConsoleLogFile"]) and "wsl2.earlyBootLogging" not in reading.present:
        found["wsl2.earlyBootLogging"] = True
    dumps = found["wsl2.maxCrashDumpCount"]
    if not found["wsl2.crashDumpFolder"] and isinstance(dumps, int) and dumps >= 0:
        found["wsl2.crashDumpFolder"] = "%TEMP%\\wsl-crashes"
    if not found["general.distributionInstallPath"]:
        found["general.distributionInstallPath"] = "%LOCALAPPDATA%\\wsl"
    modules = _DEFAULT_MODULES if found["wsl2.loadDefaultKernelModules"] else ()
    found["wsl2.loadKernelModules"] = ",".join((*modules, *values.parse_list(str(found["wsl2.loadKernelModules"]))))


def _sizes(found: dict[str, Value], said: list[str], view: HostView) -> None:
    """Processors, memory and swap: clamped to the host, computed where the file says nothing; None without the host's number."""
    wanted, present = found["wsl2.processors"], view.processors
    if present is None:
        found["wsl2.processors"] = None
    elif isinstance(wanted, int) and wanted > present:
        said.append(warnings.too_many_processors(wanted, present))
        found["wsl2.processors"] = present
    elif isinstance(wanted, int) and wanted <= 0:
        found["wsl2.processors"] = present
    memory: int | None = None
    if view.ram is not None:
        written = found["wsl2.memory"]
        memory = min(max(written, LEAST_MEMORY), view.ram) if isinstance(written, int) and written else view.ram // 2
    found["wsl2.memory"] = memory
    # The VM gets an even number of MiB (WslCoreVm.cpp:1434).
    found["vm.memory_mib"] = None if memory is None else memory // MIB & ~1
    if found["wsl2.swap"] == _NO_SWAP_WRITTEN:
        found["wsl2.swap"] = None if memory is None else default_swap(memory)


# The DWORDs under HKLM\\Software\\Policies\\WSL that settings of .wslconfig obey (wslpolicies.h:21-35).
POLICIES = (
    "AllowKernelUserSetting",
    "AllowSystemDistroUserSetting",
    "AllowKernelCommandLineUserSetting",
    "AllowKernelDebugUserSetting",
    "AllowNestedVirtualization",
    "AllowNetworkingModeUserSetting",
    "AllowFirewallUserSetting",
    "DefaultNetworkingMode",
)
# Those beside them that no setting of the file obeys (Microsoft's enterprise documentation).
OTHER_POLICIES = ("AllowWSL", "AllowInboxWSL", "AllowWSL1", "AllowDebugShell", "AllowDiskMount")


def default_swap(memory: int) -> int:
    """Bytes of swap WSL gives where the file says nothing: a quarter of the VM's memory, rounded up to whole GiB."""
    return (memory // 4 + GIB - 1) // GIB * GIB


def _allowed(policies: dict[str, int], name: str) -> bool:
    """Whether a policy leaves a setting to the user. Only 0 forbids: any other number than 1 is an error that WSL takes for yes."""
    return policies.get(name.lower()) != 0


def _switch_off(found: dict[str, Value], said: list[str], policies: dict[str, int]) -> None:
    """Settings a policy resets, nestedVirtualization's default too."""
    for policy, name, empty in (
        ("AllowKernelUserSetting", "wsl2.kernel", ""),
        ("AllowKernelUserSetting", "wsl2.kernelModules", ""),
        ("AllowSystemDistroUserSetting", "wsl2.systemDistro", ""),
        ("AllowKernelCommandLineUserSetting", "wsl2.kernelCommandLine", ""),
        ("AllowKernelDebugUserSetting", "wsl2.kernelDebugPort", 0),
        ("AllowNestedVirtualization", "wsl2.nestedVirtualization", False),
    ):
        if found[name] != empty and not _allowed(policies, policy):
            found[name] = empty
            said.append(warnings.policy(name))


def _networking_mode(reading: _Reading, policies: dict[str, int]) -> None:
    """The mode a policy makes the default, and whether the user may have another; None is always allowed."""
    found = reading.values
    default = _POLICY_MODES.get(policies.get("defaultnetworkingmode", 1), "Nat")
    if "wsl2.networkingMode" not in reading.present:
        found["wsl2.networkingMode"] = default
    elif not _allowed(policies, "AllowNetworkingModeUserSetting") and found["wsl2.networkingMode"] not in ("None", default):
        found["wsl2.networkingMode"] = default
        reading.warnings.append(warnings.policy("wsl2.networkingMode"))


def _consequences(found: dict[str, Value], said: list[str]) -> None:
    """Settings that switch others off (the end of Initialize)."""
    if found["wsl2.safeMode"]:
        said.append(warnings.SAFE_MODE)
        for name in _OFF_IN_SAFE_MODE:
            found[f"wsl2.{name}"] = False
        found |= {
            "wsl2.swap": 0, "wsl2.kernel": "", "wsl2.kernelModules": "", "wsl2.networkingMode": "None", "wsl2.dnsTunneling": False,
            "wsl2.autoProxy": False,
        }  # fmt: skip
    if not found["wsl2.virtio"]:
        found |= {"wsl2.virtio9p": False, "wsl2.virtiofs": False, "experimental.swiotlb": 0}
        if found["wsl2.networkingMode"] == "Consomme":
            said.append(warnings.CONSOMME_NEEDS_VIRTIO)
            found["wsl2.networkingMode"] = "Nat"
    elif found["experimental.swiotlb"] == 0 and (found["wsl2.virtiofs"] or found["wsl2.networkingMode"] == "Consomme"):
        memory = found["wsl2.memory"]
        found["experimental.swiotlb"] = None if not isinstance(memory, int) else _SWIOTLB if memory >= _SWIOTLB_FROM else 0
    if found["wsl2.virtio9p"]:
        said.append(warnings.VIRTIO_9P)
        found["wsl2.virtio9p"] = False
    mode = found["wsl2.networkingMode"]
    if mode in ("None", "Bridged"):
        found["wsl2.dnsTunneling"] = False
    if not found["wsl2.dnsTunneling"]:
        found |= {"experimental.bestEffortDnsParsing": False, "experimental.dnsTunnelingIpAddress": None}
    if mode != "Mirrored":
        found |= {"experimental.ignoredPorts": "", "experimental.hostAddressLoopback": False}
