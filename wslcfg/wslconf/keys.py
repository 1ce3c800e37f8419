"""Think: the settings WSL knows, as data: 55 keys of .wslconfig and 25 of wsl.conf. This is the one place where the schema stands.

Source: microsoft/WSL at 3e27a6a50177 (src/windows/common/WslCoreConfig.cpp:73-131, src/linux/init/WslDistributionConfig.cpp:26-59). The
longer texts about each key are in `meanings`, which only explain and the docs import; did-you-mean is in `guess`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.model.record import NamedTuple

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Target, Value


class Setting(NamedTuple):
    r"""One setting.

    Attributes:
        name: `section.key` in Microsoft's spelling (`wsl2.memory`).
        type: `bool`, `int`, `memory` (bytes), `path` (Windows), `text`, `enum`, `mac`, `ipv4`, `ports` or `list` (comma separated).
        default: the value without a file, typed as WSL's own; None where it is computed from the host (memory, swap, processors) or
            where there is none. For nestedVirtualization and hardwarePerformanceCounters that of Windows 11 on x64.
        aliases: other names that WSL reads as this setting; the older spelling under [experimental].
        choices: an enum's canonical names. synonyms: (accepted word, canonical name) beside them.
        since: the first public release tag whose source has it; 2.5.8 is the first with public source, so the key may be older.
            '' means after 2.9.4, in no tag that was looked at.
        gui: whether the WSL Settings app edits it. documented: whether learn.microsoft.com/windows/wsl/wsl-config has it.
        restart: what has to start again before WSL reads it: `vm` or `distro`.
        policy: the DWORD under HKLM\Software\Policies\WSL that locks it when it is 0; '' where none does.
    """

    name: str
    type: str
    default: Value = None
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    since: str = "2.5.8"
    gui: bool = False
    documented: bool = False
    restart: str = "vm"
    policy: str = ""

    @property
    def section(self) -> str:
        """`wsl2` of `wsl2.memory`."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """`memory` of `wsl2.memory`."""
        return self.name.partition(".")[2]


WSLCONFIG: tuple[Setting, ...] = (
    Setting("wsl2.kernel", "path", "", gui=True, documented=True, policy="AllowKernelUserSetting"),
    Setting("wsl2.kernelCommandLine", "text", "", documented=True, policy="AllowKernelCommandLineUserSetting"),
    Setting("wsl2.kernelModules", "path", "", gui=True, documented=True, policy="AllowKernelUserSetting"),
    Setting("wsl2.memory", "memory", None, gui=True, documented=True),
    Setting("wsl2.processors", "int", None, gui=True, documented=True),
    Setting("wsl2.debugConsole", "bool", False, gui=True, documented=True),
    Setting("wsl2.earlyBootLogging", "bool", False),
    Setting("wsl2.swap", "memory", None, gui=True, documented=True),
    Setting("wsl2.swapFile", "path", "", gui=True, documented=True),
    Setting("wsl2.localhostForwarding", "bool", True, gui=True, documented=True),
    Setting("wsl2.nestedVirtualization", "bool", True, gui=True, documented=True, policy="AllowNestedVirtualization"),
    Setting("wsl2.virtio9p", "bool", False),
    Setting("wsl2.virtiofs", "bool", False),
    Setting("wsl2.kernelDebugPort", "int", 0, policy="AllowKernelDebugUserSetting"),
    Setting("wsl2.gpuSupport", "bool", True),
    Setting("wsl2.guiApplications", "bool", True, gui=True, documented=True),
    Setting("wsl2.systemDistro", "path", "", gui=True, policy="AllowSystemDistroUserSetting"),
    Setting("wsl2.telemetry", "bool", True),
    Setting("wsl2.vmIdleTimeout", "int", 60000, gui=True, documented=True),
    Setting("wsl2.debugConsoleLogFile", "path", ""),
    Setting("wsl2.kernelBootTimeout", "int", 30000),
    Setting("wsl2.distributionStartTimeout", "int", 60000),
    Setting("wsl2.virtio", "bool", True),
    Setting("wsl2.hostFileSystemAccess", "bool", True),
    Setting("wsl2.mountDeviceTimeout", "int", 5000),
    Setting("wsl2.hardwarePerformanceCounters", "bool", True, gui=True),
    Setting(
        "wsl2.networkingMode",
        "enum",
        "Nat",
        aliases=("experimental.networkingMode",),
        gui=True,
        documented=True,
        choices=("None", "Nat", "Bridged", "Mirrored", "Consomme"),
        synonyms=(("VirtioProxy", "Consomme"),),
        policy="AllowNetworkingModeUserSetting",
    ),
    Setting("wsl2.vmSwitch", "text", ""),
    Setting("wsl2.macAddress", "mac", None),
    Setting("wsl2.dhcp", "bool", True),
    Setting("wsl2.dhcpTimeout", "int", 5000),
    Setting("wsl2.ipv6", "bool", False),
    Setting("wsl2.dnsProxy", "bool", True, gui=True, documented=True),
    Setting("wsl2.safeMode", "bool", False, gui=True, documented=True),
    Setting("wsl2.defaultVhdSize", "memory", 1099511627776, gui=True, documented=True),
    Setting("wsl2.crashDumpFolder", "path", "%TEMP%\\wsl-crashes"),
    Setting("wsl2.maxCrashDumpCount", "int", 10, documented=True),
    Setting("general.distributionInstallPath", "path", "%LOCALAPPDATA%\\wsl"),
    Setting("general.instanceIdleTimeout", "int", 15000, gui=True),
    Setting("wsl2.loadDefaultKernelModules", "bool", True),
    Setting("wsl2.loadKernelModules", "list", "tun,ip_tables,br_netfilter"),
    Setting("wsl2.isolateDistroCgroup", "bool", True, since=""),
    Setting("wsl2.dnsTunneling", "bool", True, aliases=("experimental.dnsTunneling",), gui=True, documented=True),
    Setting(
        "wsl2.firewall",
        "bool",
        True,
        aliases=("experimental.firewall",),
        gui=True,
        documented=True,
        policy="AllowFirewallUserSetting",
    ),
    Setting("wsl2.autoProxy", "bool", True, aliases=("experimental.autoProxy",), gui=True, documented=True),
    Setting("experimental.autoMemoryReclaim", "enum", "DropCache", choices=("Disabled", "Gradual", "DropCache"), gui=True, documented=True),
    Setting("experimental.sparseVhd", "bool", False, gui=True, documented=True),
    Setting("experimental.bestEffortDnsParsing", "bool", False, gui=True, documented=True),
    Setting("experimental.dnsTunnelingIpAddress", "ipv4", "10.255.255.254", documented=True),
    Setting("experimental.initialAutoProxyTimeout", "int", 1000, gui=True, documented=True),
    Setting("experimental.ignoredPorts", "ports", "", gui=True, documented=True),
    Setting("experimental.hostAddressLoopback", "bool", False, gui=True, documented=True),
    Setting("experimental.setVersionDebug", "bool", False),
    Setting("experimental.swiotlb", "memory", 0, since="2.8.9"),
    Setting("experimental.virtioFsAggregateShares", "bool", True, since=""),
)

WSLCONF: tuple[Setting, ...] = (
    Setting("automount.enabled", "bool", True, documented=True, restart="distro"),
    Setting("automount.root", "text", "/mnt/", documented=True, restart="distro"),
    Setting("automount.options", "text", None, documented=True, restart="distro"),
    Setting("automount.mountFsTab", "bool", True, documented=True, restart="distro"),
    Setting("automount.ldconfig", "bool", True, restart="distro"),
    Setting("automount.cgroups", "enum", "v2", choices=("v1", "v2"), since="2.6.2", restart="distro"),
    Setting("filesystem.umask", "int", 18, documented=True, restart="distro"),
    Setting("interop.appendWindowsPath", "bool", True, documented=True, restart="distro"),
    Setting("interop.enabled", "bool", True, documented=True, restart="distro"),
    Setting("network.generateHosts", "bool", True, documented=True, restart="distro"),
    Setting("network.generateResolvConf", "bool", True, documented=True, restart="distro"),
    Setting("network.hostname", "text", None, documented=True, restart="distro"),
    Setting("time.useWindowsTimezone", "bool", True, documented=True, restart="distro"),
    Setting("fileServer.enabled", "bool", True, documented=True, restart="distro"),
    Setting("fileServer.logFile", "text", None, restart="distro"),
    Setting("fileServer.logLevel", "int", 4, restart="distro"),
    Setting("fileServer.logTruncate", "bool", True, restart="distro"),
    Setting("gpu.enabled", "bool", True, documented=True, restart="distro"),
    Setting("gpu.appendLibPath", "bool", True, restart="distro"),
    Setting("user.default", "text", None, documented=True, restart="distro"),
    Setting("boot.command", "text", None, documented=True, restart="distro"),
    Setting("boot.systemd", "bool", False, restart="distro"),
    Setting("boot.initTimeout", "int", 10000, restart="distro"),
    Setting("boot.protectBinfmt", "bool", True, documented=True, restart="distro"),
    Setting("general.guiApplications", "bool", False, documented=True, restart="distro"),
)

_BY_NAME: dict[str, dict[str, Setting]] = {
    target: {name.lower(): setting for setting in settings for name in (setting.name, *setting.aliases)}
    for target, settings in (("wslconfig", WSLCONFIG), ("wslconf", WSLCONF))
}

# How the command line names the two files before a colon.
_FILES: dict[str, Target] = {
    ".wslconfig": "wslconfig", "wslconfig": "wslconfig",
    "wsl.conf": "wslconf", "/etc/wsl.conf": "wslconf", "wslconf": "wslconf",
}  # fmt: skip


def settings_of(target: Target) -> tuple[Setting, ...]:
    """Every setting of one of the two files, in WSL's own order."""
    return WSLCONFIG if target == "wslconfig" else WSLCONF


def find(name: str, target: Target = "wslconfig") -> Setting | None:
    """The setting of that name or alias, read without regard to case as WSL does; None when WSL does not know it."""
    return _BY_NAME[target].get(name.lower())


def split(text: str) -> tuple[Target, str]:
    """Read KEY of the command line: `wsl.conf:boot.systemd` -> (`wslconf`, `boot.systemd`); without a file it is .wslconfig's."""
    file, colon, name = text.strip().partition(":")
    target = _FILES.get(file.lower()) if colon else None
    return (target, name.strip()) if target else ("wslconfig", text.strip())
