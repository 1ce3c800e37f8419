"""How a plan on session files is carried out: nothing while a process has one of them, the originals kept, each in its place in the clients' lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable

from wslcfg.cli.backups import Backups
from wslcfg.cli.carry import carry_out
from wslcfg.cli.sessions_kept import place_of
from wslcfg.cli.shared import Consent, Flags, this_disk
from wslcfg.errors import Refused
from wslcfg.model.plan import Danger, Plan
from wslcfg.model.result import Result
from wslcfg.model.session import SessionFile
from wslcfg.sessions.examine import keep_days
from wslcfg.sessions.hold import Hold, Holders
from wslcfg.sessions.times import keep, kept

MAYBE = "maybe-live"
UNDO = "wslcfg sessions repair --undo"


def live(held: Hold) -> Refused:
    """The refusal for a session that a process has."""
    return Refused(f"{held.why} Nothing is written to it.", "End it there, and run the command again.", code="live")


def maybe(held: Hold) -> Danger:
    """What has to be accepted where an agent may have the session."""
    return Danger(MAYBE, held.why, "End it first; two writers lose records.")


def carried(
    given: Flags,
    backups: Backups,
    plan: Plan,
    consent: Consent,
    sessions: Iterable[SessionFile],
    *,
    command: str,
    preview: str | None = None,
    known: Collection[int] = (),
) -> Result:
    """The plan carried out, and asked again of each file, right before it is written, who has it now.

    Args:
        sessions: those that the plan's files belong to. known: pids of agents that may have one, which the plan's dangers name.
    """
    host = this_disk(_asking(backups, sessions, consent, known))
    days = keep_days(backups.where)
    times = [kept(change.path, len(change.after), days) for change in plan.files if change.before is not None and change.after is not None]
    result = carry_out(given, host, place_of(backups), plan, consent, command=command, preview=preview, takes_effect=False, undo=UNDO)
    if result.data["changed"] and not consent.dry_run:
        for one in times:
            keep(one)
    return result


def _asking(backups: Backups, sessions: Iterable[SessionFile], consent: Consent, known: Collection[int]) -> Callable[[str], None]:
    by_file = {os.path.realpath(one.real): one for one in sessions}

    def ask(real: str) -> None:
        now = Holders(backups.where, backups.state)
        held = now.of(by_file[real]) if real in by_file else now.writer(real)
        if held is None:
            return
        if held.sure:
            raise live(held)
        # Who came while the person looked at the plan was accepted by nobody.
        if MAYBE not in consent.accepted and not set(held.pids) <= set(known):
            raise Refused(held.why, f"End it first, for two writers lose records; or add --accept {MAYBE}.", code=MAYBE)

    return ask
