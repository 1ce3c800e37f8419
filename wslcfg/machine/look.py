"""Look: the whole machine. The parts can be called on their own; only `look_host` may start a Windows program."""

from __future__ import annotations

from wslcfg.errors import Unreachable
from wslcfg.host.port import Host
from wslcfg.host.winpath import mount_command, to_linux
from wslcfg.machine.distro import look_distro, only_one
from wslcfg.machine.memory import look_vm
from wslcfg.machine.mounts import look_mounts, look_place
from wslcfg.machine.services import docker_desktop, look_services
from wslcfg.machine.windows import look_host
from wslcfg.machine.work import look_work
from wslcfg.model.facts import Datum, DistroFacts, HostFacts, Machine, Service

_WAY_OUT = {
    "off": "Interop is switched off ([interop] enabled in /etc/wsl.conf): values that only Windows knows are unknown.",
    "broken-binfmt": "The kernel has lost WSL's handler for Windows programs; wslcfg starts them through /init, other programs cannot.",
    "no-server": "No interop server serves this session: values that only Windows knows are unknown.",
}


def look(host: Host, *, fresh: bool = False) -> Machine:
    """Everything known of this machine now. Never raises: what cannot be found out is unknown with its reason.

    Args:
        host: the machine.
        fresh: ask Windows again although it was asked in this boot already.
    """
    windows = look_host(host, fresh=fresh)
    distro = look_distro(host)
    if not distro.name.known and distro.is_wsl:
        only = only_one(windows.distributions.value or ())
        distro = distro._replace(name=Datum(only, windows.distributions.source)) if only else distro
    return Machine(
        host=windows,
        vm=look_vm(host),
        distro=distro,
        services=_with_docker_desktop(look_services(host), windows),
        work=look_work(host),
        notes=_notes(host, windows, distro),
    )


def require_windows(machine: Machine) -> None:
    """Make sure that the person's .wslconfig can be reached from here.

    Raises:
        Unreachable: this is not WSL, no Windows drive is mounted (the hint is the command that mounts it), or the profile folder is not known.
    """
    if not machine.distro.is_wsl:
        raise Unreachable("This is not WSL.", "Run wslcfg inside a WSL distro, or try `wslcfg demo`, which works anywhere.", code="not-wsl")
    if not machine.distro.system_mount.known:
        drive = machine.host.system_drive.value or "C:"
        raise Unreachable(
            "No Windows drive is mounted in this distro.", f"Mount it, then try again: {mount_command(drive)}", code="not-mounted"
        )
    if not machine.host.profile.known:
        raise Unreachable(
            f"The Windows profile folder is unknown: {machine.host.profile.reason}.",
            "Run wslcfg from an ordinary WSL terminal once, or name the file with --file.",
            code="no-profile",
        )


def profile_folder(host: Host, machine: Machine) -> str:
    """The folder that holds .wslconfig, as Linux sees it (`/mnt/c/Users/ana`).

    Raises:
        Unreachable: as `require_windows`, or the profile's drive is not mounted.
    """
    require_windows(machine)
    return to_linux(machine.host.profile.value or "", look_mounts(host))


def local_folder(host: Host, machine: Machine) -> str:
    """`%LOCALAPPDATA%` as Linux sees it, by default `AppData/Local` below the profile. Raises Unreachable as `profile_folder`."""
    if machine.host.local_appdata.value is None:
        return profile_folder(host, machine) + "/AppData/Local"
    require_windows(machine)
    return to_linux(machine.host.local_appdata.value, look_mounts(host))


def _with_docker_desktop(services: Datum[tuple[Service, ...]], windows: HostFacts) -> Datum[tuple[Service, ...]]:
    """Add Docker Desktop where it is registered and not seen running: it comes back with the next log-on."""
    registered = any(one.name == "docker-desktop" for one in windows.distributions.value or ())
    if not registered or services.value is None or any(service.name == "Docker Desktop" for service in services.value):
        return services
    return Datum((*services.value, docker_desktop(running=False)), services.source)


def _notes(host: Host, windows: HostFacts, distro: DistroFacts) -> tuple[str, ...]:
    """What a person should know beside the values."""
    if not distro.is_wsl:
        return ()
    notes = []
    if look_place(host).version == 1:
        notes.append("This distro runs on WSL 1, which has no VM: .wslconfig changes nothing for it.")
    if distro.interop.value in _WAY_OUT:
        notes.append(_WAY_OUT[distro.interop.value])
    if not distro.system_mount.known:
        notes.append(f"No Windows drive is mounted; {mount_command('C:')} brings it.")
    if windows.how != "none" and not windows.ram.known:
        notes.append(f"Windows' RAM is unknown: {windows.ram.reason}.")
    return tuple(notes)
