"""Look: the distro this runs in and the person who asks. Starts nothing."""

from __future__ import annotations

import re

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.machine.interop import look_interop
from wslcfg.machine.mounts import look_place
from wslcfg.model.facts import Datum, Distribution, DistroFacts, unknown

# Distros that are parts of a program and never the one a person works in.
PARTS_OF_PROGRAMS = ("docker-desktop", "docker-desktop-data", "rancher-desktop", "rancher-desktop-data", "podman-machine-default")
# Daemons that run crontabs: Debian and Ubuntu, Fedora, Alpine and Arch.
_CRON_COMMS = {"cron", "crond", "cronie", "fcron", "dcron"}
_CRON_PROGRAMS = ("/usr/sbin/cron", "/usr/sbin/crond", "/usr/bin/crond", "/usr/sbin/fcron")
# Enough to meet one shell of the person; each costs a read.
_MOST_ENVIRONMENTS = 40


def look_distro(host: Host) -> DistroFacts:
    """The distro, its init system, cron and interop, and who asks. Never raises; on a machine that is not WSL `is_wsl` is False."""
    place = look_place(host)
    uid = _uid(host)
    entry = _passwd(host, uid)
    user = host.env("USER") or host.env("LOGNAME") or (entry[0] if entry else None)
    home = host.env("HOME") or (entry[5] if entry else None)
    os_name = _os_name(host)
    first = reading.text(host, "/proc/1/comm").strip()
    not_wsl = "not WSL"
    return DistroFacts(
        is_wsl=place.is_wsl,
        name=distro_name(host) if place.is_wsl else unknown(not_wsl),
        os_name=Datum(os_name, "/etc/os-release") if os_name else unknown("/etc/os-release does not say"),
        systemd=Datum(first == "systemd", "/proc/1/comm") if first else unknown("/proc/1/comm cannot be read"),
        cron=_cron(host),
        interop=Datum(look_interop(host, place), "/proc/sys/fs/binfmt_misc") if place.is_wsl else unknown(not_wsl),
        windows_root=_mount(place.root, place.is_wsl),
        system_mount=_mount(place.system, place.is_wsl),
        user=Datum(user, "environment" if host.env("USER") else "/etc/passwd")
        if user
        else unknown("neither the environment nor /etc/passwd says"),
        uid=Datum(uid, "/proc/self/status") if uid is not None else unknown("/proc/self/status cannot be read"),
        home=Datum(home, "environment" if host.env("HOME") else "/etc/passwd")
        if home
        else unknown("neither the environment nor /etc/passwd says"),
    )


def only_one(distributions: tuple[Distribution, ...]) -> str | None:
    """The name of the registered distro that this must be: the only WSL 2 one that a person can work in."""
    names = [one.name for one in distributions if one.version != 1 and one.name not in PARTS_OF_PROGRAMS]
    return names[0] if len(names) == 1 else None


def distro_name(host: Host) -> Datum[str]:
    """WSL_DISTRO_NAME of this process, else of another one of the same person: cron, sudo and systemd units do not have it."""
    own = host.env("WSL_DISTRO_NAME")
    if own:
        return Datum(own, "environment")
    pids = [name for name in reading.names(host, "/proc") if name.isdigit()]
    for pid in sorted(pids, key=int)[:_MOST_ENVIRONMENTS]:
        match = re.search(r"(?:^|\0)WSL_DISTRO_NAME=([^\0]+)", reading.text(host, f"/proc/{pid}/environ"))
        if match:
            return Datum(match[1], "the environment of another process")
    return unknown("no process that may be read has WSL_DISTRO_NAME")


def _mount(point: str | None, is_wsl: bool) -> Datum[str]:
    if not is_wsl:
        return unknown("not WSL")
    return Datum(point, "/proc/mounts") if point else unknown("no Windows drive is mounted (automount.enabled=false?)")


def _os_name(host: Host) -> str | None:
    """PRETTY_NAME of os-release (`PRETTY_NAME="Ubuntu 24.04.2 LTS"`, os-release(5))."""
    said = reading.text(host, "/etc/os-release") or reading.text(host, "/usr/lib/os-release")
    match = re.search(r"^PRETTY_NAME=(.*)$", said, re.MULTILINE)
    return match[1].strip().strip("\"'") or None if match else None


def _cron(host: Host) -> Datum[str]:
    """`running`, `installed` (a daemon that nothing has started: the rule where systemd is off) or `absent`."""
    for pid in reading.names(host, "/proc"):
        if pid.isdigit() and reading.text(host, f"/proc/{pid}/comm").strip() in _CRON_COMMS:
            return Datum("running", "/proc")
    if any(reading.there(host, path) is not None for path in _CRON_PROGRAMS):
        return Datum("installed", "/usr/sbin")
    return Datum("absent", "/usr/sbin")


def _uid(host: Host) -> int | None:
    """The effective user id, out of `Uid:	1000	1000	1000	1000` (real, effective, saved, file system; proc_pid_status(5))."""
    match = re.search(r"^Uid:\s+\d+\s+(\d+)", reading.text(host, "/proc/self/status"), re.MULTILINE)
    return int(match[1]) if match else None


def _passwd(host: Host, uid: int | None) -> list[str] | None:
    """The seven fields of the person's line in /etc/passwd, None where there is none (LDAP)."""
    for line in reading.text(host, "/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[2] == str(uid):
            return fields
    return None
