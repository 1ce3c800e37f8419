"""`wslcfg restart`: say what will stop, back the sessions up, then let Windows restart WSL."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from wslcfg.apply.impact import impact
from wslcfg.apply.restart import after_script, hand_over
from wslcfg.apply.run import refuse_dangers
from wslcfg.apply.trial import refuse_during
from wslcfg.cli.place import Place, any_pieces, glance, seen_path, settle
from wslcfg.cli.shared import Consent, Flags, Json, asker, open_host
from wslcfg.errors import Refused, Unreachable, WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.machine.interop import Interop
from wslcfg.machine.mounts import look_place
from wslcfg.machine.running import look_docker_desktop, look_editors, look_running
from wslcfg.machine.work import look_work
from wslcfg.model.facts import Work
from wslcfg.model.inside import LAST_BACKUP
from wslcfg.model.plan import Danger, Plan
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.plan.danger import at_restart
from wslcfg.ui.ask import AskNobody
from wslcfg.ui.outcome import say
from wslcfg.ui.words import listing
from wslcfg.ui.wrap import fit

if TYPE_CHECKING:
    from wslcfg.model.session import SessionFile

AFTER = "after-restart"


class Stops(NamedTuple):
    """What a restart stops: running work, the distros by name (None: not known), editors with a window, Docker Desktop, live sessions."""

    work: Work
    distros: tuple[str, ...] | None
    editors: tuple[str, ...]
    docker_desktop: bool
    sessions: tuple[SessionFile, ...]


def run_restart(given: Flags, consent: Consent, *, backup: bool, window: bool) -> Result:
    """Restart WSL from the Windows side, with everything in it.

    Raises:
        Refused: live sessions that `--accept` does not name, the person said no, or the backup failed. NeedsTerminal: a question that no flag
        answered. Unreachable: no way to Windows; nothing was restarted.
    """
    host = open_host(given)
    place = settle(host, glance(host))
    interop = Interop(host, look_place(host))
    stops = _look(host, interop)
    dangers = at_restart(stops.work, "vm")
    sentences = said(stops, place.homes.distro)
    if consent.dry_run:
        return Result(as_data(stops, dangers), lambda: "\n".join(fit([*sentences, "Dry run: nothing was restarted."])))
    if not interop.usable:
        raise Unreachable(
            f"Nothing can be started on the Windows side: {interop.why}.", "Run in PowerShell: wsl --shutdown", code="no-interop"
        )
    refuse_during(place.homes, host.now())
    told = _consent(given, dangers, consent, sentences)
    kept = _back_up(given, host) if backup else None
    resume = tuple(one.resume for one in stops.sessions)
    shared = seen_path(host, place.homes.shared or "")
    after = _write_after(host, place, resume) if window else ""
    hand_over(host, interop, shared, distro=place.homes.distro, user=place.homes.user, after=after, pause=time.sleep)
    lines = [] if told else fit(sentences)
    if kept is not None:
        lines.append(f"Sessions are backed up: {kept or 'nothing new'}.")
    lines += fit(
        ["WSL restarts now; this window goes with it." + (" A new one opens and tells whether the settings count." if after else "")]
    )
    if resume:
        lines += ["Afterwards these lines bring the sessions back:", *(f"  {line}" for line in resume)]
    data = as_data(stops, dangers) | {"restarted": True, "backup": kept, "window": bool(after)}
    return Result(data, lambda: "\n".join(lines), () if after else (Message("note", "Then see `wslcfg verify`."),))


def _look(host: Host, interop: Interop) -> Stops:
    running = look_running(host, interop) if interop.usable else None
    found = running.value if running is not None else None
    return Stops(look_work(host), found, look_editors(host), look_docker_desktop(host), _sessions(host))


def _sessions(host: Host) -> tuple[SessionFile, ...]:
    """The live sessions, with the line that resumes each afterwards: by its file where the folder does not lead to it.

    A recorded machine has none, and without files of sessions nothing is loaded for it.
    """
    own = os.path.expanduser("~")
    if isinstance(host, RecordedHost) or not any(os.path.isdir(f"{own}/{name}") for name in (".claude", ".codex")):
        return ()
    from wslcfg.cli.backups import settle as settle_backups
    from wslcfg.sessions.again import line
    from wslcfg.sessions.cache import Cache
    from wslcfg.sessions.find import find
    from wslcfg.sessions.live import live

    backups = settle_backups(Flags())
    busy = live(backups.where, backups.state)
    try:
        found = find(backups.where, Cache(backups.state)) if busy else []
    except Unreachable:  # what cannot be read keeps nobody from a restart; the agents themselves are named
        return ()
    return tuple(one._replace(resume=line(one)) for one in found if one.id in busy)


def said(stops: Stops, distro: str) -> tuple[str, ...]:
    """What stops and what brings WSL back, as sentences."""
    sentences = list(impact(stops.work, "vm", distro=distro))
    if stops.distros is not None:
        sentences[0] = f"A restart stops {listing(stops.distros)}, with everything that runs there."
    if stops.work.agents:
        sentences.append("What a session is doing now is lost: an answer that is being written, a command that runs. Its transcript stays.")
    unseen = [name for name in stops.distros or () if name != distro and not name.startswith("docker-desktop")]
    if unseen:
        sentences.append(f"What runs in {listing(unseen)} cannot be seen from here: look there first.")
    if stops.docker_desktop:
        sentences.append("The containers of Docker Desktop stop too.")
    back = [*(["Docker Desktop"] if stops.docker_desktop else []), *(f"the window of {name}" for name in stops.editors)]
    if back:
        names = listing(back)
        sentences.append(f"{names[0].upper()}{names[1:]} will bring WSL back at once.")
    return tuple(sentences)


def _consent(given: Flags, dangers: tuple[Danger, ...], consent: Consent, sentences: tuple[str, ...]) -> bool:
    """Ask what no flag has answered; whether the sentences were shown. Raises Refused, NeedsTerminal."""
    missing = tuple(danger for danger in dangers if danger.id not in consent.accepted)
    if consent.yes:
        refuse_dangers(Plan("restart", (), dangers), frozenset(consent.accepted))
        return False
    ask = asker(given)
    shown = not isinstance(ask, AskNobody)
    if shown:
        sys.stdout.flush()
        say("".join(f"{sentence}\n" for sentence in fit(sentences)))
    for danger in missing:
        if not ask.confirm(f"{danger.message} Restart all the same?", default=False, flag=f"--accept {danger.id}"):
            raise Refused("You said no; nothing was restarted.", danger.hint, code=danger.id)
    if not ask.confirm("Restart WSL now?", default=True, flag="--yes"):
        raise Refused("You said no; nothing was restarted.", "Run the command again when you are ready.", code="declined")
    return shown


def _back_up(given: Flags, host: Host) -> str | None:
    """A backup of the sessions where backups are installed: the snapshot's id, '' for nothing new, None where there are no backups.

    Raises:
        Refused: it failed, and what runs now would not be in it.
    """
    if isinstance(host, RecordedHost) or not any_pieces(host):
        return None
    from wslcfg.cli.backups import engine_of
    from wslcfg.cli.backups import settle as settle_backups
    from wslcfg.cli.sessions_backup import back_up

    try:
        backups = settle_backups(given)
        regular = any(section == "backup" for section, _ in backups.conf.values) or os.path.exists(os.path.join(backups.state, LAST_BACKUP))
        if not regular or backups.conf.get("backup", "enabled") == "no":
            return None
        return back_up(backups, engine_of(backups)).snapshot or ""
    except WslcfgError as error:
        raise Refused(
            f"The sessions could not be backed up first ({error.message}); nothing was restarted.",
            f"{error.hint} Or restart without: --no-backup",
            code="no-backup",
        ) from error


def _write_after(host: Host, place: Place, resume: tuple[str, ...]) -> str:
    """Leave the script that the new window runs; its path."""
    path = f"{seen_path(host, place.homes.local)}/{AFTER}"
    host.write(path, after_script(_program(), resume), mode=0o700)
    return path


def _program() -> tuple[str, ...]:
    """The words that start this wslcfg from anywhere: installed, the single file, or as a module."""
    installed = shutil.which("wslcfg")
    if installed is not None:
        return (os.path.abspath(installed),)
    if sys.argv[0].endswith(".pyz"):
        return (sys.executable, os.path.abspath(sys.argv[0]))
    return (sys.executable, "-m", "wslcfg")


def as_data(stops: Stops, dangers: tuple[Danger, ...]) -> Json:
    """What would stop as JSON data."""
    return {
        "restarted": False,
        "distros": None if stops.distros is None else list(stops.distros),
        "agents": list(stops.work.agents),
        "containers": list(stops.work.containers),
        "editors": list(stops.editors),
        "docker_desktop": stops.docker_desktop,
        "sessions": [{"provider": one.provider, "id": one.id, "project": one.project, "resume": one.resume} for one in stops.sessions],
        "dangers": [{"id": danger.id, "message": danger.message} for danger in dangers],
        "backup": None,
        "window": False,
    }
