"""Think: what each setting of .wslconfig means, in sentences of our own; `line` is where WslCoreConfig.cpp declares it (3e27a6a50177).

Where Microsoft's page says something else than its code, the code counts.
"""

from __future__ import annotations

from wslcfg.model.record import NamedTuple


class Meaning(NamedTuple):
    """The texts of one setting.

    Attributes:
        line: the line of the source that declares it. what: what it does, one or two sentences.
        range: which values are taken and what happens to the others; '' when the type says it all.
        default: how the default is found where it is not a plain value; '' when it is.
        note: what else a person should know; '' when nothing.
    """

    line: int
    what: str
    range: str = ""
    default: str = ""
    note: str = ""


_MODES = "None, Nat, Bridged, Mirrored or Consomme, in any case; VirtioProxy is the older word for Consomme"
_MILLISECONDS = "milliseconds"
_NEEDS_MIRRORED = "has an effect only with networkingMode=mirrored"

WSLCONFIG: dict[str, Meaning] = {
    "wsl2.kernel": Meaning(
        73,
        "The Linux kernel to boot instead of Microsoft's.",
        "an absolute Windows path, backslashes doubled",
        "the kernel that comes with WSL",
        "If the file is not there, no distro starts (WslCoreVm.cpp:200-206).",
    ),
    "wsl2.kernelCommandLine": Meaning(74, "Words added to the kernel's command line.", "text; quote it when it holds a #"),
    "wsl2.kernelModules": Meaning(
        75,
        "A disk image with the modules of your own kernel.",
        "an absolute Windows path of a VHD",
        "the modules that come with WSL",
        "If the file is not there, or is set without `kernel`, no distro starts (WslCoreVm.cpp:246-258).",
    ),
    "wsl2.memory": Meaning(
        76,
        "The most RAM the virtual machine of all distros may take. It is a ceiling that fills lazily: page cache grows into it.",
        "0 is the default; else at least 256 MB and at most the host's usable RAM, rounded down to an even number of MB",
        "half of the host's usable RAM",
        "Only upper-case units directly behind a whole number count: 8GB, not 8gb, 8 GB or 7.5GB. Anything else gives the default.",
    ),
    "wsl2.processors": Meaning(
        77,
        "How many logical processors the virtual machine gets.",
        "0 and below mean all; more than the host has means all, with a warning",
        "all logical processors of the host",
        "A leading 0 makes it octal (010 is 8), 0x makes it hexadecimal.",
    ),
    "wsl2.debugConsole": Meaning(
        78, "Opens a console window with the kernel's messages when a distro starts.", note="Windows 11. Turns earlyBootLogging on."
    ),
    "wsl2.earlyBootLogging": Meaning(
        79, "Logs the kernel's first messages too; the start is slower.", "", "false, or true with debugConsole or debugConsoleLogFile"
    ),
    "wsl2.swap": Meaning(
        80,
        "The size of the swap disk of the virtual machine.",
        "0 is no swap; there is no upper limit and no check of the disk",
        "a quarter of the VM's memory (not of the host's RAM), rounded up to a whole GB",
        "Raising memory raises this default. Where the swap disk cannot be created, the VM runs without. WSL 2.0.0 rejected 0GB: write 0.",
    ),
    "wsl2.swapFile": Meaning(
        81,
        "Where the swap disk lies.",
        "an absolute Windows path, backslashes doubled, ASCII only; .vhdx is added when it is missing",
        r"%TEMP%\<a new GUID>\swap.vhdx",
        "Its folder must exist, uncompressed and writable. %TEMP% and other variables are not expanded.",
    ),
    "wsl2.localhostForwarding": Meaning(
        82, "Lets Windows reach ports of the VM under localhost.", note="Ignored, with a warning, in mirrored mode."
    ),
    "wsl2.nestedVirtualization": Meaning(
        83,
        "Lets virtual machines run inside WSL.",
        "",
        "true on Windows 11 on x64, else false",
        "Where the processor cannot, it is off with a warning.",
    ),
    "wsl2.virtio9p": Meaning(
        84,
        "Once mounted Windows drives by 9p over virtio.",
        note="Dead: true gives a warning and counts as false (WslCoreConfig.cpp:454-458).",
    ),
    "wsl2.virtiofs": Meaning(
        85, "Mounts Windows drives by virtiofs instead of 9p.", note="Reserves 64 MB of the VM's memory where memory is at least 1088 MB."
    ),
    "wsl2.kernelDebugPort": Meaning(86, "The TCP port for a kernel debugger; 0 is off."),
    "wsl2.gpuSupport": Meaning(87, "Gives every distro access to the GPU.", note="The same per distro: gpu.enabled in wsl.conf."),
    "wsl2.guiApplications": Meaning(
        88, "Turns WSLg, graphical Linux programs, on.", note="Per distro: general.guiApplications in wsl.conf."
    ),
    "wsl2.systemDistro": Meaning(
        89,
        "The image of the system distro (WSLg, mkswap) to use instead of Microsoft's.",
        "a Windows path ending in .img or .vhd",
        "the image that comes with WSL",
        "If the file is not there or has another ending, no distro starts.",
    ),
    "wsl2.telemetry": Meaning(90, "Sends usage data to Microsoft.", default="true in Microsoft's builds"),
    "wsl2.vmIdleTimeout": Meaning(
        91,
        "How long the virtual machine stays up after the last distro has stopped.",
        f"{_MILLISECONDS}; a negative value keeps it up",
        note="A distro itself stops earlier, see general.instanceIdleTimeout: to keep a distro alive, set that one to -1 as well.",
    ),
    "wsl2.debugConsoleLogFile": Meaning(92, "A Windows file that gets the kernel's messages.", "a Windows path"),
    "wsl2.kernelBootTimeout": Meaning(93, "How long WSL waits for the kernel to boot.", _MILLISECONDS),
    "wsl2.distributionStartTimeout": Meaning(94, "How long WSL waits for a distro to start.", _MILLISECONDS),
    "wsl2.virtio": Meaning(
        95,
        "Offers virtio devices to the VM.",
        "",
        "true; on ARM64 only from Windows 11",
        "false turns off virtiofs and Consomme networking.",
    ),
    "wsl2.hostFileSystemAccess": Meaning(96, "Lets distros reach Windows drives and Windows reach distros' files."),
    "wsl2.mountDeviceTimeout": Meaning(97, "How long WSL waits for a disk to appear in the VM.", _MILLISECONDS),
    "wsl2.hardwarePerformanceCounters": Meaning(98, "Lets perf in the VM use the processor's counters.", default="true on x64, else false"),
    "wsl2.vmSwitch": Meaning(99, "The name of the Hyper-V switch for bridged networking.", note="Bridged mode does not work without it."),
    "wsl2.macAddress": Meaning(
        100,
        "The VM's network address for bridged networking.",
        "17 characters, 00:11:22:33:44:55 or 00-11-22-33-44-55",
        "random, with bridged networking",
        "The one setting whose bad value stops every distro from starting.",
    ),
    "wsl2.dhcp": Meaning(101, "Asks for an address by DHCP in bridged mode."),
    "wsl2.dhcpTimeout": Meaning(102, "How long WSL waits for DHCP.", _MILLISECONDS),
    "wsl2.ipv6": Meaning(103, "Turns IPv6 on in bridged mode."),
    "wsl2.dnsProxy": Meaning(104, "Offers the host's DNS under the NAT gateway's address.", note="NAT mode only."),
    "wsl2.safeMode": Meaning(
        105,
        "Starts WSL with nearly everything off, to repair a distro.",
        note="Forces no swap, no networking, no Windows drives, no GPU and Microsoft's kernel, and turns most of wsl.conf off.",
    ),
    "wsl2.defaultVhdSize": Meaning(
        106, "The most the disk of a newly installed distro may grow to.", note="Disks that exist keep their size."
    ),
    "wsl2.crashDumpFolder": Meaning(
        107, "Where crash dumps of Linux programs go.", "a Windows path", "%TEMP%\\wsl-crashes, while maxCrashDumpCount is not negative"
    ),
    "wsl2.maxCrashDumpCount": Meaning(108, "How many crash dumps are kept.", "a negative value turns crash dumps off"),
    "general.distributionInstallPath": Meaning(109, "Where wsl --install puts new distros.", "a Windows path", "%LOCALAPPDATA%\\wsl"),
    "general.instanceIdleTimeout": Meaning(
        110,
        "How long a distro stays up after its last program that was started from Windows has ended.",
        f"{_MILLISECONDS}; a negative value never stops it",
        note="Services alone do not keep a distro up; this does.",
    ),
    "wsl2.loadDefaultKernelModules": Meaning(111, "Loads tun, ip_tables and br_netfilter at start."),
    "wsl2.loadKernelModules": Meaning(
        112,
        "More kernel modules to load at start, after the default ones.",
        "names with commas between, for example nbd,zram",
        "none; what WSL then loads is tun,ip_tables,br_netfilter",
    ),
    "wsl2.isolateDistroCgroup": Meaning(
        113,
        "Puts each distro into a cgroup of its own below /sys/fs/cgroup/wsl-user, so that WSL's own processes keep 32 MB.",
        note="Does not go with automount.cgroups=v1.",
    ),
    "wsl2.networkingMode": Meaning(
        116,
        "How the VM reaches the network.",
        _MODES,
        "Nat, or what the policy DefaultNetworkingMode says",
        "Mirrored needs Windows 11 22H2. Consomme is unknown before WSL 2.9.0; VirtioProxy works everywhere. Bridged is deprecated.",
    ),
    "wsl2.dnsTunneling": Meaning(
        117,
        "Answers DNS requests through Windows instead of over the network.",
        note="Windows 11 22H2. Off in None and Bridged modes.",
    ),
    "wsl2.firewall": Meaning(118, "Applies the Windows firewall's rules to the VM.", note="Windows 11 22H2. Always on in mirrored mode."),
    "wsl2.autoProxy": Meaning(119, "Takes the HTTP proxy over from Windows.", note="Windows 11 22H2."),
    "experimental.autoMemoryReclaim": Meaning(
        122,
        "Gives unused page cache back to Windows while the VM is idle.",
        "Disabled, Gradual or DropCache, in any case",
        note="Idle means below 0.5 % of CPU for minutes; with resident services this never happens. Only `memory` is a hard limit.",
    ),
    "experimental.sparseVhd": Meaning(
        123,
        "Once made new disks shrink by themselves.",
        note="Does nothing now: WSL creates no sparse disk because of data corruption (WslCoreFilesystem.cpp:37-42).",
    ),
    "experimental.bestEffortDnsParsing": Meaning(
        124, "Takes the question out of odd DNS requests and ignores the rest.", note="Needs dnsTunneling."
    ),
    "experimental.dnsTunnelingIpAddress": Meaning(
        125,
        "The nameserver's address in resolv.conf with dnsTunneling.",
        "four numbers with dots",
        note="A bad address turns dnsTunneling off.",
    ),
    "experimental.initialAutoProxyTimeout": Meaning(126, "How long a start waits for the proxy settings of autoProxy.", _MILLISECONDS),
    "experimental.ignoredPorts": Meaning(
        127,
        "Ports that Linux may bind although Windows uses them.",
        "numbers from 1 to 65535 with commas between; 3000-4000 counts as 3000",
        note=f"It {_NEEDS_MIRRORED}.",
    ),
    "experimental.hostAddressLoopback": Meaning(
        128, "Lets host and VM reach each other under the host's addresses.", note=f"It {_NEEDS_MIRRORED}."
    ),
    "experimental.setVersionDebug": Meaning(
        129, "Keeps more traces of a conversion between WSL 1 and 2.", note="Temporary, not documented."
    ),
    "experimental.swiotlb": Meaning(
        130,
        "Reserves memory of the VM as bounce buffer.",
        default="0; 64 MB with virtiofs or Consomme networking where memory is at least 1088 MB",
        note="What is reserved is missing from the VM's memory.",
    ),
    "experimental.virtioFsAggregateShares": Meaning(131, "Shares all Windows drives through one virtiofs device."),
}
