"""Look: is this WSL, which Windows drives are mounted, and which of them Windows lives on."""

from __future__ import annotations

from wslcfg.host import winpath
from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.model.record import NamedTuple

# Where newer WSL keeps links from a virtiofs tag (a GUID) to the Windows path that it shows (WSL#14380).
_TAGS = "/run/wsl/virtiofs"


class Place(NamedTuple):
    """Where this runs.

    Attributes:
        is_wsl: in a WSL distro (also WSL 1), not merely in a container on WSL's kernel.
        version: 2, or 1 where the kernel is Windows' own translation; 0 when not WSL.
        mounts: the Windows folders mounted here.
        root: where drives are mounted by themselves (`/mnt/`, `/win/`); None when no drive is.
        system: mount of the drive that holds Windows (`/mnt/c`); None when it is not mounted.
    """

    is_wsl: bool
    version: int
    mounts: tuple[winpath.Mount, ...]
    root: str | None
    system: str | None


def look_place(host: Host) -> Place:
    """Find out where this runs, from /proc, /run and the environment; starts nothing."""
    kernel = reading.text(host, "/proc/sys/kernel/osrelease").strip().lower()
    marked = host.env("WSL_DISTRO_NAME") is not None or reading.there(host, "/run/WSL") is not None
    # Docker Desktop's containers run on WSL's kernel without being a distro: nothing of .wslconfig can be reached from there.
    contained = reading.there(host, "/.dockerenv") is not None or reading.there(host, "/run/.containerenv") is not None
    if not marked and ("microsoft" not in kernel or contained):
        return Place(False, 0, (), None, None)
    version = 1 if "microsoft" in kernel and "wsl2" not in kernel and kernel.startswith("4.4.0") else 2
    mounted = look_mounts(host)
    drives = [mount for mount in mounted if mount.is_drive]
    system = _system(host, drives)
    anchor = system or (drives[0] if drives else None)
    root = anchor.linux.rsplit("/", 1)[0] + "/" if anchor else None
    return Place(True, version, mounted, root, system.linux if system else None)


def look_mounts(host: Host) -> tuple[winpath.Mount, ...]:
    """The Windows folders mounted here, for `winpath.to_linux` and `winpath.to_windows`."""
    tags = {}
    for tag in reading.names(host, _TAGS):
        there = reading.there(host, f"{_TAGS}/{tag}")
        if there is not None:
            # The link points at a Windows path; resolved against its folder it carries that folder in front.
            tags[tag] = there.real.removeprefix(f"{_TAGS}/")
    return winpath.mounts(reading.text(host, "/proc/mounts"), tags)


def _system(host: Host, drives: list[winpath.Mount]) -> winpath.Mount | None:
    """The drive that holds Windows: the one in PATH first (two installations can be mounted), then C:, then whichever has System32."""
    path = (host.env("PATH") or "").casefold().split(":")

    def rank(mount: winpath.Mount) -> tuple[bool, bool]:
        return f"{mount.linux}/windows/system32".casefold() not in path, mount.windows != "C:"

    for mount in sorted(drives, key=rank):
        if reading.there(host, f"{mount.linux}/Windows/System32") is not None:
            return mount
    return None
