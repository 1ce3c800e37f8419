"""What `install`, `uninstall`, `setup` and `status` know of the pieces inside the distro, looked up once."""

from __future__ import annotations

from wslcfg.apply.generations import Store
from wslcfg.apply.last import last_written
from wslcfg.cli.place import Place, real_path, settle_near
from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.host.winpath import to_windows
from wslcfg.inside.activate import activate, mend_modes
from wslcfg.inside.around import Around, Seen
from wslcfg.inside.look import look_around, look_seen
from wslcfg.inside.pieces import conf_of, installed
from wslcfg.machine.look import local_folder
from wslcfg.machine.mounts import look_mounts
from wslcfg.model.facts import Machine
from wslcfg.model.inside import Conf
from wslcfg.model.plan import FileChange
from wslcfg.model.record import NamedTuple


class Ground(NamedTuple):
    """The distro as the pieces see it, and which of them are there."""

    host: Host
    machine: Machine
    place: Place
    around: Around
    seen: Seen
    conf: Conf
    there: frozenset[str]

    def real(self, path: str) -> str:
        """Where a path lies on this disk."""
        return real_path(self.host, path)


def look_ground(host: Host, machine: Machine) -> Ground:
    """Look at the pieces of this distro."""
    place = settle_near(host, machine)
    local = windows = ""
    try:
        local = local_folder(host, machine)
        windows = to_windows(local, look_mounts(host))
    except WslcfgError:
        local = ""  # no Windows side: the pieces do without
    around = look_around(host, machine.distro, layout=machine.vm.cgroup_layout.value or "", local=local, local_windows=windows)
    if isinstance(host, RecordedHost) and not around.program:
        around = around._replace(program=f"{around.home}/.local/bin/wslcfg")  # where install.sh would have put it
    seen = look_seen(host, last_written(Store(place.homes)))
    return Ground(host, machine, place, around, seen, conf_of(around, seen), installed(around, seen))


def after_writing(ground: Ground, files: tuple[FileChange, ...]) -> tuple[str, ...]:
    """Tell systemd and mend permissions after a plan of pieces; notes. Nothing is started on a recorded machine."""
    if isinstance(ground.host, RecordedHost):
        return ()
    return (*activate(ground.host, ground.around, files), *mend_modes(ground.host, ground.around))
