"""`wslcfg sessions resume`: a picker that starts the chosen session through the launcher."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.cli.backups import Backups, settle
from wslcfg.cli.sessions_pick import every, here, one_session
from wslcfg.cli.sessions_write import MAYBE
from wslcfg.cli.shared import Flags, Json, asker
from wslcfg.errors import Refused, Unreachable
from wslcfg.launch.start import start
from wslcfg.model.result import Message, Result
from wslcfg.model.session import SessionFile
from wslcfg.sessions.again import command, line
from wslcfg.sessions.hold import Holders
from wslcfg.sessions.live import live
from wslcfg.ui.ask import Choice
from wslcfg.ui.words import ago

# A person looks at no more of a list.
_OFFERED = 30


def run_resume(given: Flags, session: str, home: str, *, everywhere: bool, show: bool, accepted: tuple[str, ...] = ()) -> Result:
    """Become the agent with the chosen session.

    Raises:
        Refused: there is no such session, a process has it already, or the person said no. NeedsTerminal: nobody can choose, or say so.
    """
    backups = settle(given, home)
    sessions = every(backups.where, backups.state)
    if session:
        chosen = one_session(sessions, session)[0]
    else:
        offered = sessions if everywhere else here(sessions)
        if not offered:
            raise Refused("There is no session of this folder.", "--all offers those of any folder.", code="no-session")
        chosen = _pick(given, offered, backups)
    held = Holders(backups.where, backups.state).of(chosen)
    if held is not None and held.sure and not show:
        raise Refused(f"{held.why} Two on one session lose what one of them writes.", "Go on in that one, or end it first.", code="live")
    again = line(chosen)
    data: Json = {"session": chosen.id, "resume": again}
    if show or given.json:
        told = (Message("warning", f"{held.why} Two on one session lose what one of them writes."),) if held is not None else ()
        return Result(data, lambda: again, told)
    if held is not None and MAYBE not in accepted:
        question = f"{held.why} Two on one session lose what one of them writes. Go on all the same?"
        if not asker(given).confirm(question, default=False, flag=f"--accept {MAYBE}"):
            raise Refused("You said no; nothing was started.", f"End the other one first, or add --accept {MAYBE}.", code=MAYBE)
    _become(chosen)
    raise Unreachable("The launcher is not here.", f"Start it by hand: {again}", code="no-launcher")


def _pick(given: Flags, offered: Sequence[SessionFile], backups: Backups) -> SessionFile:
    now = datetime.now(timezone.utc)
    busy = live(backups.where, backups.state)
    choices = [
        Choice(one.real, f"{ago(one.modified_at, now):>10}  {'* ' if one.id in busy else ''}{one.title[:70]}  ({one.provider})")
        for one in offered[:_OFFERED]
    ]
    more = f" (the newest {_OFFERED} of {len(offered)}; others by their id)" if len(offered) > _OFFERED else ""
    answer = asker(given).choose(f"Go on with which session?{more}", choices, default=choices[0].value, flag="the id of one")
    return next(one for one in offered if one.real == answer)


def _become(chosen: SessionFile) -> None:
    if chosen.project is not None:
        try:
            os.chdir(chosen.project)
        except (OSError, ValueError) as error:  # the latter for a name that no folder can have
            raise Unreachable(
                f"The session's folder {chosen.project} is gone.",
                f"Go where it shall work instead, then: {line(chosen)}",
                code="no-folder",
            ) from error
    start([], command(chosen))
