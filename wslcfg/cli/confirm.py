"""`wslcfg confirm`: keep what `wslcfg apply --try` is trying."""

from __future__ import annotations

from wslcfg.apply.generations import Store
from wslcfg.apply.trial import KEPT, Trial, as_data
from wslcfg.apply.watchdog import confirm, decline, under_way
from wslcfg.cli.place import glance, settle
from wslcfg.cli.shared import Flags, Json, asker, open_host
from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.process import boot_of
from wslcfg.model.facts import VmFacts
from wslcfg.model.result import Result
from wslcfg.model.size import human
from wslcfg.ui.ask import AskNobody
from wslcfg.ui.outcome import say


def run_confirm(given: Flags, *, ask: bool) -> Result:
    """Keep what is tried; with `ask` only after a yes, and a no takes it back at once."""
    host = open_host(given)
    machine = glance(host)
    homes = settle(host, machine).homes
    boot = boot_of(host)
    if ask:
        trial = under_way(homes, boot)
        person = asker(given)
        if trial.state != KEPT and not isinstance(person, AskNobody):
            say("".join(f"{line}\n" for line in _shown(Store(homes), trial, machine.vm, host)))
        if trial.state != KEPT and not person.confirm("Keep these settings?", default=False, flag="wslcfg confirm"):
            trial = decline(homes, boot)
            text = "The old settings come back in a moment. They hold from the next restart of WSL: `wsl --shutdown` in PowerShell."
            return Result(_data("declined", trial, host), lambda: text)
    trial = confirm(homes, host, boot)
    return Result(_data("kept", trial, host), lambda: f"Kept: the settings of generation {trial.generation} stay.")


def _shown(store: Store, trial: Trial, vm: VmFacts, host: Host) -> list[str]:
    """What the person has to decide on."""
    lines = [trial.sentence(host.now())]
    try:
        found = store.get(trial.generation or 0)
    except WslcfgError:
        return lines
    lines += [f"  {change.section}.{change.key}: {change.old or 'not set'} -> {change.new or 'not set'}" for change in found.changes]
    running = [
        f"{what} {human(datum.value)}" for what, datum in (("memory", vm.memory_total), ("swap", vm.swap_total)) if datum.value is not None
    ]
    return [*lines, f"WSL runs now with {' and '.join(running)}."] if running else lines


def _data(state: str, trial: Trial, host: Host) -> Json:
    return {"state": state, "generation": trial.generation, "try": as_data(trial, host.now())}
