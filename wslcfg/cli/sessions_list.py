"""`wslcfg sessions list`: the agents' sessions on this disk, or with --deleted those that only the backup still has."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from wslcfg.cli.backups import Backups, engine_of, settle
from wslcfg.cli.moment import moment
from wslcfg.cli.sessions_pick import here, newest_first
from wslcfg.cli.shared import Flags, Json, absolute
from wslcfg.errors import Unreachable, Unreadable
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.session import SessionFile, roots
from wslcfg.model.size import human
from wslcfg.sessions.again import line
from wslcfg.sessions.cache import Cache
from wslcfg.sessions.find import find, identify, look_at, prompts
from wslcfg.sessions.live import live
from wslcfg.sessions.packed import lies
from wslcfg.sessions.records import resume
from wslcfg.sessions.search import says
from wslcfg.ui.tables import table
from wslcfg.ui.words import ago, count, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wslcfg.store.engine import Engine, Held

_TITLE = 60
# A deleted session that history.jsonl does not know is looked into up to this size.
_LOOKED_INTO = 64 << 20


class ListAsked(NamedTuple):
    """The words of the command line."""

    home: str
    repo: str
    deleted: bool
    project: str
    since: str
    here: bool
    search: str = ""
    health: bool = False


def run_list(given: Flags, asked: ListAsked) -> Result:
    """List sessions, newest first."""
    backups = settle(given, asked.home, asked.repo)
    now = datetime.now(timezone.utc)
    since = moment(asked.since, "--since", now) if asked.since else None
    kept = Cache(backups.state)
    messages = []
    if asked.deleted:
        try:
            everything = _deleted(backups)
        except Unreachable as error:
            if error.code not in {"no-repo", "no-repository", "no-password"}:
                raise
            everything = []
            messages.append(Message("note", f"{error.message} {error.hint}"))
    else:
        unread: list[Unreachable] = []
        everything = find(backups.where, kept, unread)
        messages += [Message("warning", error.message) for error in unread]
    chosen = [one for one in everything if since is None or one.modified_at >= since]
    if asked.project:
        project = os.path.realpath(absolute(asked.project)) if asked.project.split("/")[0] in (".", "..", "~") else asked.project
        chosen = [one for one in chosen if _in_project(one, project)]
    if asked.here:
        chosen = here(chosen)
    if asked.search:
        chosen = [one for one in chosen if says(one, asked.search)]
    chosen = newest_first(chosen)
    busy = {} if asked.deleted else live(backups.where, backups.state)
    judged: dict[str, Json] = {}
    if asked.health and not asked.deleted:
        from wslcfg.cli.sessions_health import judge  # reads whole files, with what that takes

        judged = judge(backups.where, chosen, kept)
    kept.save()
    folders: dict[str, bool] = {}

    def again(one: SessionFile) -> str:
        return one.resume if asked.deleted else line(one, folders)

    # Of ten thousand sessions either the rows or the lines are made.
    rows: list[Json] = []
    for one in chosen if given.json else ():
        row = _row(one, again(one), deleted=asked.deleted, pid=busy.get(one.id))
        rows.append(row | judged[one.real] if one.real in judged else row)
    data: Json = {"sessions": rows, "home": backups.where.home}
    if chosen and asked.deleted:
        messages.append(Message("note", "`wslcfg sessions restore SESSION --in-place` brings one back."))
    return Result(
        data,
        lambda: "\n".join(
            _lines(chosen, now, asked, busy, judged, again if given.verbose or len(chosen) == 1 else None, verbose=given.verbose)
        ),
        tuple(messages),
    )


def _deleted(backups: Backups) -> list[SessionFile]:
    """Sessions whose own file is gone from the disk. Their titles come from history.jsonl, else from the backed-up file itself."""
    from wslcfg.store.landing import alone  # no other list needs it

    engine = engine_of(backups)
    said = prompts(backups.where)
    gone = [one for one in alone(engine.held()) if identify(one.path) and not lies(backups.where.real(one.path))]
    found = []
    unknown = []
    for one in gone:
        provider, session = identify(one.path) or ("", "")
        title, cwd = said.get(session, ("", None))
        if not title and one.bytes <= _LOOKED_INTO:
            unknown.append(one)
            continue
        line = resume(provider, session, cwd)
        real = backups.where.real(one.path)
        found.append(SessionFile(provider, session, one.path, real, cwd, one.bytes, one.modified_at, title or "(deleted)", line))
    return found + (_looked_into(backups, engine, unknown) if unknown else [])


def _looked_into(backups: Backups, engine: Engine, unknown: Sequence[Held]) -> list[SessionFile]:
    """What the backed-up files say of themselves; they are brought aside for that and gone afterwards."""
    import tempfile  # no other list needs it, and it takes a tenth of a start

    os.makedirs(backups.state, mode=0o700, exist_ok=True)
    found = []
    with tempfile.TemporaryDirectory(prefix="look-", dir=backups.state) as aside:

        def into(one: Held) -> str:
            place = os.path.join(aside, one.path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            return place

        try:
            for one in engine.bring(unknown, into):
                if seen := look_at(roots(aside), one.path):
                    found.append(seen._replace(real=backups.where.real(one.path), modified_at=one.modified_at))
                os.unlink(os.path.join(aside, one.path))
        except Unreadable:
            pass  # `sessions verify` tells of damage; here it costs a title
    known = {one.path for one in found}
    for one in unknown:
        if one.path not in known:
            provider, session = identify(one.path) or ("", "")
            line, real = resume(provider, session, None), backups.where.real(one.path)
            found.append(SessionFile(provider, session, one.path, real, None, one.bytes, one.modified_at, "(deleted)", line))
    return found


def _in_project(one: SessionFile, project: str) -> bool:
    """Whether a session belongs to a project: its folder or one above, or a part of its name."""
    folder = one.project or ""
    if folder == project or folder.startswith(project.rstrip("/") + "/"):
        return True
    return project in (folder or one.path)


def _row(one: SessionFile, again: str, *, deleted: bool, pid: int | None) -> Json:
    return {
        "provider": one.provider,
        "id": one.id,
        "project": one.project,
        "path": one.real,
        "bytes": one.bytes,
        "records": None,
        "good_bytes": None,
        "modified_at": stamp(one.modified_at),
        "title": one.title,
        "resume": again,
        "problems": None,
        "indexed": one.indexed,
        "version": one.version or None,
        "archived": one.archived,
        "deleted": deleted,
        "live": pid,
    }


def _lines(
    found: list[SessionFile],
    now: datetime,
    asked: ListAsked,
    busy: dict[str, int],
    judged: dict[str, Json],
    again: Callable[[SessionFile], str] | None,
    *,
    verbose: bool,
) -> list[str]:
    """The text; `again` makes the line that resumes a session, None where it is not wanted."""
    if not found:
        if asked.deleted:
            return ["Nothing is gone: every session that the backup holds is on the disk."]
        return ["No session is like that." if asked.project or asked.since or asked.here or asked.search else "No sessions."]
    home = os.path.expanduser("~")
    longest = None if verbose else _TITLE
    columns: dict[str, list[str]] = {
        "when": [ago(one.modified_at, now) for one in found],
        "agent": [one.provider for one in found],
        "id": [one.id[:8] + "*" if one.id in busy else one.id[:8] for one in found],
        "size": [human(one.bytes) for one in found],
    }
    if verbose:
        columns["client"] = [one.version or "-" for one in found]
    if asked.health:
        columns["prompts"] = [str(judged[one.real]["prompts"]) if one.real in judged else "-" for one in found]
    columns["project"] = [_short(one.project, home) for one in found]
    columns["title"] = [one.title if longest is None or len(one.title) <= longest else one.title[: longest - 1] + "…" for one in found]
    if asked.health:
        columns["health"] = [_said(judged.get(one.real)) for one in found]
    right = frozenset(at for at, name in enumerate(columns) if name in ("size", "prompts"))
    lines = table(list(zip(*columns.values(), strict=True)), header=tuple(columns), right=right)
    if verbose and again:
        lines += ["", *map(again, found)]
    elif again:
        lines += ["", again(found[0])]
    else:
        lines += ["", f"{count(len(found), 'session')}; -v adds the client's version and the line that resumes each."]
    if any(one.id in busy for one in found):
        lines.append("* is open in a process.")
    return lines


def _said(judged: Json | None) -> str:
    problems = judged["problems"] if judged else None
    return (", ".join(map(str, problems)) or "well") if isinstance(problems, list) else ""


def _short(project: str | None, home: str) -> str:
    if project is None:
        return "-"
    return f"~{project[len(home) :]}" if project == home or project.startswith(home + "/") else project
