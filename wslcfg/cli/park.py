"""`wslcfg park`: sets .wslconfig aside, so that WSL starts on its defaults; as park.cmd does from Windows, but as a plan with history."""

from __future__ import annotations

from wslcfg.cli.carry import carry_out
from wslcfg.cli.place import existence, glance, settle
from wslcfg.cli.shared import Consent, Flags, open_host
from wslcfg.model.plan import Plan
from wslcfg.model.result import Message, Result
from wslcfg.plan.filechange import judge, whole_file
from wslcfg.plan.view import view_of

_BACK = "Your settings come back with `wslcfg rollback`, and without WSL with rollback.cmd."


def run_park(given: Flags, consent: Consent) -> Result:
    """Take the file away: backup, diff, dangers and history like every change. Raises as `carry.carry_out`."""
    host = open_host(given)
    machine = glance(host)
    place = settle(host, machine)
    changed = whole_file(host.read(place.wslconfig), None, "wslconfig", place.wslconfig, view_of(machine))
    if changed.change is None:
        nothing = carry_out(given, host, place, Plan("park", ()), consent, command="wslcfg park")
        return nothing._replace(text=lambda: "There is no .wslconfig, so WSL starts on its defaults already.")
    gone = changed.change._replace(why="The file is kept in history, and WSL starts on its defaults.")
    plan = Plan("park", (gone,), judge([changed], machine, existence(host, machine)))
    result = carry_out(given, host, place, plan, consent, command="wslcfg park")
    return result if consent.dry_run else result._replace(messages=(*result.messages, Message("note", _BACK)))
