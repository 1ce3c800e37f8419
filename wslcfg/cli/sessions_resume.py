"""`wslcfg sessions resume`: a picker that starts the chosen session through the launcher."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.cli.backups import Backups, settle
from wslcfg.cli.sessions_pick import every, here, one_session
from wslcfg.cli.shared import Flags, Json, asker
from wslcfg.errors import Refused, Unreachable
from wslcfg.launch.start import start
from wslcfg.model.result import Result
from wslcfg.model.session import SessionFile
from wslcfg.sessions.again import line
from wslcfg.sessions.live import live
from wslcfg.ui.ask import Choice
from wslcfg.ui.words import ago

# A person looks at no more of a list.
_OFFERED = 30


def run_resume(given: Flags, session: str, home: str, *, everywhere: bool, show: bool) -> Result:
    """Become the agent with the chosen session.

    Raises:
        Refused: there is no such session, or a process has it already. NeedsTerminal: nobody can choose.
    """
    backups = settle(given, home)
    sessions = every(backups.where, backups.state)
    if session:
        chosen = one_session(sessions, session)[0]
    else:
        offered = sessions if everywhere else here(sessions)
        if not offered:
            raise Refused("There is no session of this folder.", "--all offers those of any folder.", code="no-session")
        chosen = _pick(given, offered[:_OFFERED], backups)
    busy = live(backups.where, backups.state)
    if chosen.id in busy and not show:
        raise Refused(
            f"Session {chosen.id} is open in process {busy[chosen.id]}; two on one session lose what one of them writes.",
            "Go on in that one, or end it first.",
            code="live",
        )
    again = line(chosen)
    data: Json = {"session": chosen.id, "resume": again}
    if show or given.json:
        return Result(data, lambda: again)
    _become(chosen)
    raise Unreachable("The launcher is not here.", f"Start it by hand: {again}", code="no-launcher")


def _pick(given: Flags, offered: Sequence[SessionFile], backups: Backups) -> SessionFile:
    now = datetime.now(timezone.utc)
    busy = live(backups.where, backups.state)
    choices = [
        Choice(one.real, f"{ago(one.modified_at, now):>10}  {'* ' if one.id in busy else ''}{one.title[:70]}  ({one.provider})")
        for one in offered
    ]
    answer = asker(given).choose("Go on with which session?", choices, default=choices[0].value, flag="the id of one")
    return next(one for one in offered if one.real == answer)


def _become(chosen: SessionFile) -> None:
    if chosen.project is not None:
        try:
            os.chdir(chosen.project)
        except OSError as error:
            raise Unreachable(
                f"The session's folder {chosen.project} is gone.",
                f"Go where it shall work instead, then: {line(chosen)}",
                code="no-folder",
            ) from error
    # The folder is left to the chdir: it is the command alone that is started.
    start([], shlex.split(line(chosen).rpartition(" && ")[2]))
