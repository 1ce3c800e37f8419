"""`wslcfg sessions repair`: what can be mended, as a plan like any other; the originals are kept in a history of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from wslcfg.apply.generations import Store
from wslcfg.apply.homes import Homes
from wslcfg.cli.backups import Backups, engine_of, settle
from wslcfg.cli.carry import carry_out
from wslcfg.cli.place import Place
from wslcfg.cli.sessions_check import Examined, examine_all
from wslcfg.cli.sessions_pick import every, one_session
from wslcfg.cli.shared import Consent, Flags, Json, this_disk
from wslcfg.errors import Conflict, Refused, WslcfgError
from wslcfg.model.plan import Danger, FileChange, Plan
from wslcfg.model.plan import Repair as Mended
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.session import SessionFile
from wslcfg.sessions.codexstate import row_of
from wslcfg.sessions.examine import Aside, keep_days, whole
from wslcfg.sessions.find import identify
from wslcfg.sessions.live import live
from wslcfg.sessions.lost import from_backup, prompts_of
from wslcfg.sessions.repair import Repaired, repair
from wslcfg.sessions.rollout import described, first_line, numbered, with_first
from wslcfg.sessions.times import keep, kept
from wslcfg.sessions.unnamed import unnamed
from wslcfg.store.engine import Engine
from wslcfg.ui.diff import painted, plan_diff
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.words import count, listing

# Below wslcfg's state folder. The big history is for settings: a rollback of those must never put a session back to an older one.
HISTORY = "session-repairs"
_EMPTY = ("zero-byte", "all-nul")
_BACK = "wslcfg sessions repair --undo"
# Lines of one file's summary.
_SHOWN = 40


class RepairAsked(NamedTuple):
    """The words of the command line; `session` is with `undo` a generation's number."""

    session: str
    home: str
    repo: str
    client: str
    undo: bool


class Draft(NamedTuple):
    """What is to be written, what can't be repaired (sentences), and the prompts of sessions of which nothing else is left."""

    files: tuple[FileChange, ...]
    left: tuple[str, ...]
    prompts: dict[str, list[str]]
    dangers: tuple[Danger, ...] = ()


def run_repair(given: Flags, asked: RepairAsked, consent: Consent) -> Result:
    """Mend sessions: shown first, the originals kept, nothing written while a process has the session."""
    backups = settle(given, asked.home, asked.repo)
    place = _place(backups)
    if asked.undo:
        return _undo(given, backups, place, asked.session, consent)
    sessions = every(backups.where)
    chosen = one_session(sessions, asked.session) if asked.session else sessions
    found, unread = examine_all(backups.where, chosen, asked.client)
    if asked.session and unread:
        raise unread[0]
    draft = _draft(backups, found, alone=bool(asked.session))
    draft = _with_indexes(draft, found)
    plan = Plan(f"sessions repair {asked.session or '--all'}", draft.files, draft.dangers)
    told = [*(error.message for error in unread), *draft.left]
    shown = _shown(plan, Paint(on=wants_color(sys.stdout)))
    result = _carried(given, backups, place, plan, consent, command=f"wslcfg {plan.title}", preview=shown)
    data: Json = {**result.data, "left": told, "prompts": [{"id": key, "prompts": texts} for key, texts in draft.prompts.items()]}
    if not result.data["changed"]:
        data |= {"repairs": result.data["repairs"]}
    text = result.text
    if not plan.files:
        text = _nothing(len(found), told)
    said = text

    def whole_text() -> str:
        return "\n".join([said().rstrip("\n"), *_remembered(draft.prompts)])

    return result._replace(data=data, text=whole_text, messages=(*result.messages, *(Message("warning", one) for one in told)))


def _nothing(checked: int, told: Sequence[str]) -> Callable[[], str]:
    return lambda: f"{count(checked, 'session')} checked, " + ("nothing else to mend." if told else "nothing to mend.")


def _draft(backups: Backups, found: Sequence[Examined], *, alone: bool) -> Draft:
    """The changes of the sessions' own files."""
    ill = [one for one in found if any(problem.id not in ("stale-index", "retention") for problem in one.problems)]
    busy = live(backups.where, backups.state) if ill else {}
    files: list[FileChange] = []
    left: list[str] = []
    prompts: dict[str, list[str]] = {}
    dangers: list[Danger] = []
    engine: Engine | None = None
    for one in ill:
        session, path = one.one.id, one.one.real
        if session in busy:
            why = f"Session {session} is open in process {busy[session]}, so nothing is written to it."
            if alone:
                raise Refused(why, "End it there, and run the command again.", code="live")
            left.append(why)
            continue
        if maybe := unnamed(one.one):
            pids = listing([str(pid) for pid in maybe])
            text = f"Process {pids} is an agent in {one.one.project} that does not say which session it has: it may be {session}."
            dangers.append(Danger("maybe-live", text, "End it first; two writers lose records."))
        raw = whole(path)
        if any(problem.id in _EMPTY for problem in one.problems):
            try:
                engine = engine or engine_of(backups)
                back = from_backup(engine, one.one)
            except WslcfgError as error:
                left.append(f"Session {session}: no backup can be asked ({error.message})")
                back = None
            if back is not None:
                done = repair(back.raw, Aside(path))
                why = f"the file holds nothing; the version that was backed up {back.made_at:%Y-%m-%d %H:%M} UTC comes back"
                files.append(_change(path, raw, done, [Mended(path, 1, None, None, f"{one.problems[0].id}: {why}")]))
                continue
            texts = prompts_of(backups.where, session)
            prompts |= {session: texts} if texts else {}
            left.append(f"Session {session} holds nothing and no backup has it; {_only(len(texts))}")
            continue
        done = repair(raw, Aside(path))
        left += [f"Session {session}, {text}" for text in done.left]
        steps = [Mended(path, step.line, None, None, f"{step.id}: {step.why}") for step in done.steps]
        if any(problem.id == "lost-head" for problem in one.problems):
            first, why = _first_line(backups, one.one, done.raw)
            if first is None:
                left.append(f"Session {session}: {why}")
            else:
                done = done._replace(raw=with_first(done.raw, first))
                steps.append(Mended(path, 1, None, None, f"lost-head: {why}"))
        if done.raw != raw:
            files.append(_change(path, raw, done, steps))
    return Draft(tuple(files), tuple(left), prompts, tuple(dangers))


def _first_line(backups: Backups, one: SessionFile, raw: bytes) -> tuple[bytes | None, str]:
    """The line that describes a rollout, and where it is from; None and why where nothing has it."""
    try:
        back = from_backup(engine_of(backups), one, lambda raw: described(raw, one.id))
    except WslcfgError:
        back = None
    if back is not None:
        return back.raw.partition(b"\n")[0], f"the first line comes back from what was backed up {back.made_at:%Y-%m-%d %H:%M} UTC"
    row = row_of(backups.where, one.id)
    made = None if row is None else first_line(row, numbered=numbered(raw))
    if made is None:
        return None, "its first line is lost, and neither a backup nor Codex's own database has it."
    return made, "the first line is made anew from what Codex's own database says of the session"


def _only(texts: int) -> str:
    return f"{count(texts, 'prompt')} of it are in history.jsonl, shown below." if texts else "nothing is left of it."


def _change(path: str, before: bytes, done: Repaired, steps: list[Mended]) -> FileChange:
    lines = [f"@@ line {step.line} @@ {step.why}" for step in steps]
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"… and {len(lines) - _SHOWN} more"]
    return FileChange(path, path, before, done.raw, repairs=tuple(steps), summary="\n".join(lines), theirs=True, mode=0o600)


def _with_indexes(draft: Draft, found: Sequence[Examined]) -> Draft:
    """The same and the indexes that hide a session moved aside: the client reads the sessions themselves then."""
    hidden: dict[str, list[str]] = {}
    for one in found:
        for problem in one.problems:
            if problem.id == "stale-index":
                hidden.setdefault(f"{os.path.dirname(one.one.real)}/sessions-index.json", []).append(f"{one.one.id}: {problem.effect}")
    files = []
    for path, why in hidden.items():
        repairs = tuple(Mended(path, 1, None, None, f"stale-index: {text}; it is moved aside") for text in why)
        summary = "\n".join(f"@@ {text} @@" for text in why)
        files.append(FileChange(path, path, whole(path), None, repairs=repairs, summary=summary, theirs=True))
    return draft._replace(files=(*draft.files, *files))


def _undo(given: Flags, backups: Backups, place: Place, number: str, consent: Consent) -> Result:
    """Put back what a repair replaced, provided that nothing was written to it since."""
    host = this_disk()
    store = Store(place.homes)
    done = [one for one in store.all().generations if one.in_effect]
    if number and not number.isdigit():
        raise Refused(f"'{number}' is no number of a repair.", f"`{_BACK}` alone takes back the newest one.", code="no-generation")
    chosen = next((one for one in reversed(done) if not number or one.number == int(number)), None)
    if chosen is None:
        raise Refused("There is no repair to take back.", "Only what `wslcfg sessions repair` wrote can be.", code="no-generation")
    files = []
    busy = live(backups.where, backups.state)
    for record in chosen.records:
        before, after = store.bytes_of(chosen, record, "before"), store.bytes_of(chosen, record, "after")
        now = host.read(record.path)
        if now == before:
            continue
        if now != after:
            raise Conflict(f"{record.path} was written to since; putting it back would lose that.",
                           "Its old bytes lie beside generation.json in the history of repairs.", code="changed")  # fmt: skip
        named = identify(".claude/projects/x/" + os.path.basename(record.path))
        if named and named[1] in busy:
            raise Refused(
                f"Session {named[1]} is open in process {busy[named[1]]}.", "End it there, and run the command again.", code="live"
            )
        summary = "@@ as before the repair @@"
        files.append(FileChange(record.path, record.path, now, before, summary=summary, theirs=True, mode=record.before_mode))
    plan = Plan(f"undo {chosen.title}", tuple(files))
    return _carried(given, backups, place, plan, consent, command=_BACK)


def _carried(
    given: Flags, backups: Backups, place: Place, plan: Plan, consent: Consent, *, command: str, preview: str | None = None
) -> Result:
    """The plan carried out, each session's place in the clients' lists as it was."""
    days = keep_days(backups.where)
    times = [kept(change.path, len(change.after), days) for change in plan.files if change.before is not None and change.after is not None]
    result = carry_out(given, this_disk(), place, plan, consent, command=command, preview=preview, takes_effect=False, undo=_BACK)
    if result.data["changed"] and not consent.dry_run:
        for one in times:
            keep(one)
    return result


def _place(backups: Backups) -> Place:
    """Where the originals are kept: this distro alone knows its sessions."""
    return Place("", "", "", Homes(local=f"{backups.state}/{HISTORY}", shared=None, distro="linux", user="", windows=False))


def _shown(plan: Plan, paint: Paint) -> str:
    return painted(plan_diff(plan), paint)


def _remembered(prompts: dict[str, list[str]]) -> list[str]:
    lines = []
    for session, texts in prompts.items():
        lines += ["", f"What was typed in {session}:", *(f"  {text}" for text in texts)]
    return lines
