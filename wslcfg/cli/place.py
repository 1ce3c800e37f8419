"""Where the person's files and history lie, as one value that commands share. Looks at no more of the machine than that needs."""

from __future__ import annotations

import os
from collections.abc import Callable

from wslcfg.apply.generations import Store
from wslcfg.apply.homes import Homes
from wslcfg.cli.shared import absolute
from wslcfg.errors import Refused, Unreachable, WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.host.winpath import to_linux, to_windows
from wslcfg.machine.distro import look_distro
from wslcfg.machine.look import local_folder, profile_folder
from wslcfg.machine.memory import look_vm
from wslcfg.machine.mounts import look_mounts
from wslcfg.machine.reading import there
from wslcfg.machine.windows import look_host
from wslcfg.model.facts import Machine, unknown
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import Target
from wslcfg.plan.labels import LABELS


class Place(NamedTuple):
    r"""The person's files and history.

    Attributes:
        wslconfig: `.wslconfig` as this Linux sees it. windows_wslconfig: as Windows writes it (`C:\Users\ana\.wslconfig`).
        wslconf: `/etc/wsl.conf`. homes: where history lives.
    """

    wslconfig: str
    windows_wslconfig: str
    wslconf: str
    homes: Homes

    def path(self, target: Target) -> str:
        """The path of one of the two files."""
        return self.wslconfig if target == "wslconfig" else self.wslconf


def glance(host: Host) -> Machine:
    """The machine without its services and what runs on it: enough to find the files, and quick."""
    return Machine(host=look_host(host), vm=look_vm(host), distro=look_distro(host), services=unknown("not looked at"))


def settle(host: Host, machine: Machine) -> Place:
    """Find the files and the history.

    Raises:
        Unreachable: not WSL, no Windows drive mounted, or the profile folder is not known (see `machine.look.require_windows`).
    """
    folder = profile_folder(host, machine)
    local = local_folder(host, machine)
    mounts = look_mounts(host)
    wslconfig = f"{folder}/.wslconfig"

    def windows_of(path: str) -> str | None:
        try:
            return to_windows(seen_path(host, path), mounts)
        except Refused:
            return None

    homes = Homes(
        local=real_path(host, state_folder(host)),
        shared=real_path(host, f"{local}/wslcfg"),
        distro=machine.distro.name.value or "linux",
        user=machine.distro.user.value or "",
        shared_windows=to_windows(f"{local}/wslcfg", mounts),
        windows_of=windows_of,
        paths={LABELS["wslconfig"]: wslconfig},
    )
    return Place(wslconfig, to_windows(wslconfig, mounts), "/etc/wsl.conf", homes)


def settle_near(host: Host, machine: Machine) -> Place:
    """As `settle`; where there is no Windows side, a place with this distro's own history alone and no `.wslconfig`."""
    try:
        return settle(host, machine)
    except Unreachable:
        homes = Homes(
            local=real_path(host, state_folder(host)),
            shared=None,
            distro=machine.distro.name.value or "linux",
            user=machine.distro.user.value or "",
            windows=machine.distro.is_wsl,
        )
        return Place("", "", "/etc/wsl.conf", homes)


def settle_history(host: Host, machine: Machine) -> Place:
    """As `settle`; where there is no Windows side, this distro's own history, provided that it has one. Raises Unreachable as `settle`."""
    try:
        return settle(host, machine)
    except Unreachable:
        near = settle_near(host, machine)
        if not Store(near.homes).all().generations:
            raise
        return near


def state_folder(host: Host) -> str:
    """`$XDG_STATE_HOME/wslcfg`; a relative XDG_STATE_HOME does not count, as its specification says."""
    stated = host.env("XDG_STATE_HOME") or ""
    base = stated if stated.startswith("/") else f"{host.env('HOME') or os.path.expanduser('~')}/.local/state"
    return f"{base}/wslcfg"


def config_folder(host: Host) -> str:
    """`$XDG_CONFIG_HOME/wslcfg`."""
    stated = host.env("XDG_CONFIG_HOME") or ""
    base = stated if stated.startswith("/") else f"{host.env('HOME') or os.path.expanduser('~')}/.config"
    return f"{base}/wslcfg"


def any_pieces(host: Host) -> bool:
    """Whether anything of the pieces inside the distro was ever placed or has run; four looks, for commands that else need not know of them."""
    stated = host.env("XDG_DATA_HOME") or ""
    data = stated if stated.startswith("/") else f"{host.env('HOME') or os.path.expanduser('~')}/.local/share"
    state = state_folder(host)
    places = (f"{config_folder(host)}/inside.conf", f"{data}/wslcfg/inside", f"{state}/launch", f"{state}/backup")
    return any(there(host, path) is not None for path in places)


def real_path(host: Host, path: str) -> str:
    """Where a path of the host lies on this disk: a recorded machine keeps what is written below its overlay."""
    return f"{host.overlay}/files{path}" if isinstance(host, RecordedHost) else path


def seen_path(host: Host, path: str) -> str:
    """The opposite of `real_path`."""
    if isinstance(host, RecordedHost):
        inside = f"{host.overlay}/files"
        return path[len(inside) :] if path.startswith(inside + "/") else path
    return path


def own_target(host: Host, machine: Machine, file: str) -> Target | None:
    """Which of the person's own two files a path of the command line is, links resolved; None for any other file."""
    path = absolute(file)
    if isinstance(host, RecordedHost):
        # Both the machine's own spelling and where its files lie on this disk.
        real = os.path.realpath(path)
        folders = [f"{os.path.realpath(folder)}/files/" for folder in (host.overlay, host.folder)]
        path = next((real[len(folder) - 1 :] for folder in folders if real.startswith(folder)), path)
    try:
        place = settle_near(host, machine)
    except WslcfgError:
        return None
    own: tuple[tuple[Target, str], ...] = (("wslconfig", place.wslconfig), ("wslconf", place.wslconf if machine.distro.is_wsl else ""))
    return next((target for target, mine in own if mine and _same(host, path, mine)), None)


def _same(host: Host, one: str, other: str) -> bool:
    """Whether two paths are one file. Windows' drives take names in any case, and a hard link is the same file too."""
    try:
        if not isinstance(host, RecordedHost) and os.path.samefile(one, other):
            return True
    except OSError:
        pass  # one of them is not there
    return _resolved(host, one).casefold() == _resolved(host, other).casefold()


def _resolved(host: Host, path: str) -> str:
    if not isinstance(host, RecordedHost):
        return os.path.realpath(path)
    there_now = host.stat(path)
    return there_now.real if there_now is not None else path


def existence(host: Host, machine: Machine) -> Callable[[str], bool | None] | None:
    """Answers whether a Windows path is there, None where nobody could look; no answer at all where this is not WSL."""
    if not machine.distro.is_wsl:
        return None
    mounts = look_mounts(host)

    def exists(path: str) -> bool | None:
        try:
            return host.stat(to_linux(path, mounts)) is not None
        except WslcfgError:  # an unmounted drive, a network path, a text that is no path
            return None

    return exists
