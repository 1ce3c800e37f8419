"""`wslcfg sessions check`: what is wrong with session files, with its line and what a resume really brings back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.cli.backups import settle
from wslcfg.cli.sessions_pick import every, one_session
from wslcfg.cli.shared import Flags, Json
from wslcfg.errors import Unreachable, Usage
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.again import line
from wslcfg.sessions.check import CLIENTS, Health, Problem
from wslcfg.sessions.codexstate import damage, database
from wslcfg.sessions.examine import examine_each, keep_days, retention, stale_indexes
from wslcfg.sessions.versions import numbers
from wslcfg.ui.harmless import one_line
from wslcfg.ui.words import count

_STATE = "{path} is damaged ({said}): end Codex, then move it aside with its -wal and -shm; Codex makes it anew from the sessions' files."
# So many problems of one file are shown; -v shows all.
_SHOWN = 8


class Examined(NamedTuple):
    """A session with its health and what stands beside it: `problems` has all of it."""

    one: SessionFile
    health: Health
    problems: tuple[Problem, ...]


def run_check(given: Flags, session: str, home: str, client: str) -> Result:
    """Read every byte of the sessions meant and judge them; problems make the exit code 1."""
    backups = settle(given, home)
    where = backups.where
    closed: list[Unreachable] = []
    sessions = every(where, backups.state, closed)
    chosen = one_session(sessions, session) if session else sessions
    found, unread = examine_all(where, chosen, version_of(client))
    unread = [*closed, *unread]
    ill = [one for one in found if one.problems]
    data: Json = {
        "sessions": [_row(one) for one in (found if session or given.verbose else ill)],
        "checked": len(found),
        "unread": [{"path": error.data.get("path"), "why": error.message} for error in unread],
        "keep_days": keep_days(where),
    }
    messages = [Message("warning", error.message) for error in unread]
    if not session and (said := damage(where)):
        messages.append(Message("warning", _STATE.format(path=database(where), said=said)))
    if any(problem.id == "retention" for one in ill for problem in one.problems):
        messages.append(Message("note", "`wslcfg sessions keep` raises cleanupPeriodDays, so that nothing is deleted."))
    text = "\n".join(_lines(found, ill, unread=bool(unread), whole=given.verbose or bool(session)))
    return Result(data, lambda: text, tuple(messages), 1 if ill or unread else 0)


def version_of(client: str) -> str:
    """What `--client` says; '' where it is not given. Raises Usage: it is no version."""
    if client and not numbers(client):
        raise Usage(
            f"--client takes a version, as 2.1.29, not '{client}'.", "Leave it out for the newest one that the project was used with."
        )
    return client


def examine_all(where: Roots, sessions: Sequence[SessionFile], client: str = "") -> tuple[list[Examined], list[Unreachable]]:
    """Examine sessions, with what their indexes and the retention do to them; and what could not be read."""
    now = datetime.now(timezone.utc)
    days = keep_days(where)
    healths: list[tuple[SessionFile, Health]] = []
    unread = []
    for one, found_or_not in zip(sessions, examine_each(sessions), strict=True):
        if isinstance(found_or_not, Health):
            healths.append((one, found_or_not))
        else:
            unread.append(found_or_not)
    hidden = stale_indexes(healths, client)
    found = []
    for one, health in healths:
        problems = list(health.problems)
        if why := hidden.get(f"{os.path.dirname(one.real)}/sessions-index.json", {}).get(one.id):
            problems.append(Problem("stale-index", None, why))
        if soon := retention(one, days, now):
            problems.append(soon)
        found.append(Examined(one, health, tuple(problems)))
    return found, unread


def _row(one: Examined) -> Json:
    return {
        "provider": one.one.provider,
        "id": one.one.id,
        "project": one.one.project,
        "path": one.one.real,
        "bytes": one.health.bytes,
        "records": one.health.records,
        "good_bytes": one.health.good_bytes,
        "problems": [problem._asdict() for problem in one.problems],
        "resumes": [
            {"clients": CLIENTS[resume.reader], "prompts": resume.prompts, "of": resume.of, "hangs": resume.hangs}
            for resume in one.health.resumes
        ],
        "resume": line(one.one),
    }


def _lines(found: Sequence[Examined], ill: Sequence[Examined], *, unread: bool, whole: bool) -> list[str]:
    lines: list[str] = []
    for one in ill:
        lines.append(f"{one.one.id}  {one_line(one.one.title[:60])}")
        shown = one.problems if whole else one.problems[:_SHOWN]
        lines += [f"  {problem.id}{f', line {problem.line}' if problem.line else ''}: {problem.effect}" for problem in shown]
        if len(one.problems) > len(shown):
            lines.append(f"  … and {len(one.problems) - len(shown)} more (-v)")
    mendable = any(problem.id != "retention" for one in ill for problem in one.problems)
    if not ill:
        return [f"{count(len(found), 'session')} checked, {'the others are' if unread else 'all'} well."]
    told = f"{count(len(found), 'session')} checked, {len(ill)} with problems."
    return [*lines, "", f"{told} `wslcfg sessions repair` shows what can be mended." if mendable else told]
