"""Think: what each setting of /etc/wsl.conf means, in sentences of our own; `line` is where WslDistributionConfig.cpp declares it."""

from __future__ import annotations

from wslcfg.wslconf.meanings_wslconfig import Meaning

WSLCONF: dict[str, Meaning] = {
    "automount.enabled": Meaning(
        26, "Mounts the fixed Windows drives below automount.root.", note="Without it wslcfg cannot reach .wslconfig from this distro."
    ),
    "automount.root": Meaning(
        27, "The folder below which Windows drives are mounted.", "a Linux path; a trailing / is added, empty means /"
    ),
    "automount.options": Meaning(
        28, "Mount options for every drive, for example metadata,umask=022.", "drvfs options with commas between", "none"
    ),
    "automount.mountFsTab": Meaning(29, "Runs mount -a over /etc/fstab at start."),
    "automount.ldconfig": Meaning(30, "Makes the GPU's libraries known to ldconfig at start."),
    "automount.cgroups": Meaning(
        31,
        "The version of control groups that is mounted.",
        "v1 or v2",
        note="v1 does not go with wsl2.isolateDistroCgroup, and takes memory limits away from systemd.",
    ),
    "filesystem.umask": Meaning(33, "The umask of new processes.", "an integer as in C: 022 is octal, 22 is decimal (026)", "0022"),
    "interop.appendWindowsPath": Meaning(35, "Adds Windows' PATH to the distro's PATH."),
    "interop.enabled": Meaning(
        36, "Lets Linux start Windows programs.", note="Without it wslcfg knows nothing of Windows but what lies on /mnt/c."
    ),
    "network.generateHosts": Meaning(38, "Writes /etc/hosts at start."),
    "network.generateResolvConf": Meaning(39, "Writes /etc/resolv.conf at start."),
    "network.hostname": Meaning(40, "The distro's host name.", "made a valid host name of at most 64 characters", "Windows' host name"),
    "time.useWindowsTimezone": Meaning(42, "Follows Windows' time zone."),
    "fileServer.enabled": Meaning(44, r"Offers the distro's files to Windows under \\wsl.localhost."),
    "fileServer.logFile": Meaning(45, "A file for the file server's log.", "a Linux path", "none"),
    "fileServer.logLevel": Meaning(46, "How much the file server logs.", "1 (least) to 5 (most)"),
    "fileServer.logTruncate": Meaning(47, "Starts the file server's log anew at each start."),
    "gpu.enabled": Meaning(49, "Lets Linux programs use Windows' GPU."),
    "gpu.appendLibPath": Meaning(50, "Adds the folder with the GPU's libraries to the library path."),
    "user.default": Meaning(52, "The user a session starts as.", "a user name of the distro", "the user the distro was registered with"),
    "boot.command": Meaning(
        54, "A command that root's shell runs when the distro starts.", default="none", note="It does not keep the distro alive."
    ),
    "boot.systemd": Meaning(
        55,
        "Starts systemd as process 1.",
        default="false in WSL's code; many distros ship /etc/wsl.conf with true",
        note="Needs WSL 2 and an executable /sbin/init.",
    ),
    "boot.initTimeout": Meaning(56, "How long WSL waits for systemd.", "milliseconds; 0 and below mean no wait"),
    "boot.protectBinfmt": Meaning(57, "Keeps systemd from removing what lets Linux start Windows programs."),
    "general.guiApplications": Meaning(59, "Turns WSLg on for this distro.", default="what wsl2.guiApplications in .wslconfig says"),
}
