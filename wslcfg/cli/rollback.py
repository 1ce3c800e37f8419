"""`wslcfg rollback`: back to a generation, or one key of it; itself a new generation."""

from __future__ import annotations

from wslcfg.apply.generations import Store
from wslcfg.apply.rollback import back_to
from wslcfg.cli.carry import carry_out
from wslcfg.cli.keyname import known
from wslcfg.cli.place import existence, glance, settle_history
from wslcfg.cli.shared import Consent, Flags, open_host
from wslcfg.model.plan import FileChange
from wslcfg.model.result import Message, Result
from wslcfg.plan.filechange import judge, whole_file
from wslcfg.plan.labels import LABELS
from wslcfg.plan.view import view_of


def run_rollback(given: Flags, number: int | None, key: str, consent: Consent) -> Result:
    """Go back to what a generation left; that is itself a new generation, so a rollback can be rolled back."""
    host = open_host(given)
    machine = glance(host)
    place = settle_history(host, machine)
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
    result = carry_out(given, host, place, plan, consent, command=command)
    warnings = tuple(Message("warning", text) for text in plan.warnings)
    result = result._replace(messages=(*warnings, *result.messages), exit_code=0 if plan.whole else 1)
    if result.data["changed"] and not consent.dry_run and any(is_piece(change) for change in plan.files):
        from wslcfg.cli.ground import after_writing, look_ground  # only a rollback of pieces needs to know of them

        told = after_writing(look_ground(host, machine), plan.files)
        result = result._replace(messages=(*result.messages, *(Message("note", note) for note in told)))
    return result


def is_piece(change: FileChange) -> bool:
    """Whether systemd or somebody else has to know of a change: it is about units."""
    return "/systemd/user/" in change.path or "/wslcfg/inside" in change.path
