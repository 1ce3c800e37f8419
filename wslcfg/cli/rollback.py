"""`wslcfg rollback`: back to a generation, or one key of it; itself a new generation."""

from __future__ import annotations

from wslcfg.apply.generations import Store
from wslcfg.apply.rollback import back_to
from wslcfg.cli.carry import carry_out
from wslcfg.cli.keyname import known
from wslcfg.cli.place import existence, glance, settle
from wslcfg.cli.shared import Consent, Flags, open_host
from wslcfg.model.result import Result
from wslcfg.plan.filechange import judge, whole_file
from wslcfg.plan.labels import LABELS
from wslcfg.plan.view import view_of


def run_rollback(given: Flags, number: int | None, key: str, consent: Consent) -> Result:
    """Go back to what a generation left; that is itself a new generation, so a rollback can be rolled back."""
    host = open_host(given)
    machine = glance(host)
    place = settle(host, machine)
    if key:
        known(key)
    plan = back_to(Store(place.homes), host, number, key or None)
    # An old file can be one that WSL does not start with: it is judged like any other change.
    judged = [
        whole_file(change.before, change.after, target, change.path, view_of(machine))
        for change in plan.files
        for target, label in LABELS.items()
        if change.label == label
    ]
    plan = plan._replace(dangers=judge(judged, machine, existence(host, machine)))
    command = " ".join(["wslcfg rollback", *([str(number)] if number is not None else []), *(["--key", key] if key else [])])
    return carry_out(given, host, place, plan, consent, command=command)
