"""`wslcfg rollback`: back to a generation, or one key of it; itself a new generation."""

from __future__ import annotations

from wslcfg.apply.generations import Store
from wslcfg.apply.rollback import back_to, live
from wslcfg.cli.carry import carry_out
from wslcfg.cli.keyname import known
from wslcfg.cli.place import existence, glance, settle_history
from wslcfg.cli.shared import Consent, Flags, open_host
from wslcfg.errors import Unreachable
from wslcfg.host.port import Host
from wslcfg.model.plan import FileChange, Plan
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
    undo = "wslcfg rollback" if key else f"wslcfg rollback {_stands_at(Store(place.homes), host, plan)}"
    try:
        result = carry_out(given, host, place, plan, consent, command=command, undo=undo)
    except Unreachable as error:
        alone = tuple(change for change in plan.files if change.label == LABELS["wslconfig"])
        if not alone or alone == plan.files:
            raise
        # All is as it was. What WSL starts with comes back without what cannot be written.
        stays = f"Only .wslconfig goes back. {error.message} {error.hint}"
        plan = plan._replace(files=alone, warnings=(*plan.warnings, stays), whole=False)
        result = carry_out(given, host, place, plan, consent, command=command, undo=undo)
    warnings = tuple(Message("warning", text) for text in plan.warnings)
    result = result._replace(messages=(*warnings, *result.messages), exit_code=0 if plan.whole else 1)
    if result.data["changed"] and not consent.dry_run and any(is_piece(change) for change in plan.files):
        from wslcfg.cli.ground import after_writing, look_ground  # only a rollback of pieces needs to know of them

        told = after_writing(look_ground(host, machine), plan.files)
        result = result._replace(messages=(*result.messages, *(Message("note", note) for note in told)))
    return result


def _stands_at(store: Store, host: Host, plan: Plan) -> int:
    """The number that will lead back to what is there now: a plain rollback only ever goes further back."""
    newest, drifted = live(store, host)
    edited = any(change.label in drifted and not change.part for change in plan.files)
    # An edit by others is kept first, as a generation of its own.
    return store.next_number() if newest is None or edited else newest.number


def is_piece(change: FileChange) -> bool:
    """Whether systemd or somebody else has to know of a change: it is about units."""
    return "/systemd/user/" in change.path or "/wslcfg/inside" in change.path
