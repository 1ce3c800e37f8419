"""`wslcfg confirm`: keep what `wslcfg apply --try` is trying."""

from __future__ import annotations

from wslcfg.apply.generations import Store
from wslcfg.apply.trial import KEPT, Trial, as_data
from wslcfg.apply.watchdog import confirm, decline, under_way
from wslcfg.cli.place import Place, glance, settle
from wslcfg.cli.shared import Flags, Json, asker, open_host
from wslcfg.cli.verify import as_text, look
from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.process import boot_of
from wslcfg.model.result import Result
from wslcfg.ui.ask import AskNobody
from wslcfg.ui.outcome import say


def run_confirm(given: Flags, *, ask: bool) -> Result:
    """Keep what is tried; with `ask` only after a yes, and a no takes it back at once."""
    host = open_host(given)
    place = settle(host, glance(host))
    homes = place.homes
    boot = boot_of(host)
    if ask:
        trial = under_way(homes, boot)
        person = asker(given)
        if trial.state != KEPT and not isinstance(person, AskNobody):
            say(f"{trial.sentence(host.now())}\n")
            say("".join(f"{line}\n" for line in _shown(host, place, trial)))
        if trial.state != KEPT and not person.confirm("Keep these settings?", default=False, flag="wslcfg confirm"):
            trial = decline(homes, boot)
            text = "The old settings come back in a moment. They hold from the next restart of WSL: `wsl --shutdown` in PowerShell."
            return Result(_data("declined", trial, host), lambda: text)
    trial = confirm(homes, host, boot)
    return Result(_data("kept", trial, host), lambda: f"Kept: the settings of generation {trial.generation} stay.")


def _shown(host: Host, place: Place, trial: Trial) -> list[str]:
    """What the person has to decide on: what is tried, and what `verify` finds of it."""
    store = Store(place.homes)
    try:
        changes = store.get(trial.generation or 0).changes
        lines = [f"  {change.section}.{change.key}: {change.old or 'not set'} -> {change.new or 'not set'}" for change in changes]
        seen = look(host, place, store)
    except WslcfgError:  # then the question stands alone
        return []
    warned = [f"WSL printed: {text}" for text in seen.warned or ()]
    return [*lines, "", *as_text(seen._replace(marked=False)), *warned]


def _data(state: str, trial: Trial, host: Host) -> Json:
    return {"state": state, "generation": trial.generation, "try": as_data(trial, host.now())}
