"""The first tick after WSL was started: are the limits of .wslconfig in effect? Asks nothing of Windows."""

from __future__ import annotations

import time

from wslcfg.apply import boot_check
from wslcfg.apply.generations import Store
from wslcfg.cli.place import settle
from wslcfg.errors import Conflict, WslcfgError
from wslcfg.host.port import Host
from wslcfg.machine.distro import look_distro
from wslcfg.machine.memory import look_vm
from wslcfg.machine.windows import look_kept
from wslcfg.model.facts import Machine, unknown
from wslcfg.plan.view import view_of


def check_boot(host: Host, state: str, boot: str) -> str:
    """Judge the boot, once; what was found, in one sentence. A boot that cannot be judged (not WSL, no history) is not looked at again.

    Args:
        state: wslcfg's state folder on this disk. boot: the kernel's boot id.

    Raises:
        Conflict: another wslcfg writes the history; the next tick tries again.
    """
    try:
        machine = Machine(host=look_kept(host), vm=look_vm(host), distro=look_distro(host), services=unknown("not looked at"))
        place = settle(host, machine)
        _, found = boot_check.check(Store(place.homes), host, place.wslconfig, state, view_of(machine), lambda: look_vm(host), time.sleep)
        why = found.why
    except Conflict:
        raise
    except WslcfgError as error:
        why = error.message
    boot_check.note_seen(state, boot)
    return why
