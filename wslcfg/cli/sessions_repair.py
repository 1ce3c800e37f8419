"""`wslcfg sessions repair`: what can be mended, as a plan like any other; the originals are kept in a history of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from wslcfg.cli.backups import Backups, engine_of, settle
from wslcfg.cli.sessions_check import Examined, examine_all, version_of
from wslcfg.cli.sessions_pick import every, one_session
from wslcfg.cli.sessions_undo import run_undo
from wslcfg.cli.sessions_write import carried, live, maybe
from wslcfg.cli.shared import Consent, Flags, Json
from wslcfg.errors import Unreachable, WslcfgError
from wslcfg.model.plan import Danger, FileChange, Plan
from wslcfg.model.plan import Repair as Mended
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.session import SessionFile
from wslcfg.sessions.codexstate import row_of
from wslcfg.sessions.examine import Aside, whole
from wslcfg.sessions.hold import Holders
from wslcfg.sessions.lost import all_of, from_backup, prompts_of
from wslcfg.sessions.packed import is_packed
from wslcfg.sessions.repair import Repaired, repair
from wslcfg.sessions.rollout import described, first_line, numbered, with_first
from wslcfg.store.engine import Engine
from wslcfg.ui.diff import painted, plan_diff
from wslcfg.ui.harmless import one_line
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.words import count

_EMPTY = ("zero-byte", "all-nul")
# Lines of one file's summary.
_SHOWN = 40


class RepairAsked(NamedTuple):
    """The words of the command line; `session` may with `undo` be a repair's number."""

    session: str
    home: str
    repo: str
    client: str
    undo: bool


class Draft(NamedTuple):
    """What is to be written, what can't be repaired (sentences), the prompts of sessions of which nothing else is left, and who may have one."""

    files: tuple[FileChange, ...]
    left: tuple[str, ...]
    prompts: dict[str, list[str]]
    dangers: tuple[Danger, ...] = ()
    pids: tuple[int, ...] = ()


def run_repair(given: Flags, asked: RepairAsked, consent: Consent) -> Result:
    """Mend sessions: shown first, the originals kept, nothing written while a process has the session."""
    backups = settle(given, asked.home, asked.repo)
    if asked.undo:
        return run_undo(given, backups, asked.session, consent)
    closed: list[Unreachable] = []
    sessions = every(backups.where, unread=closed)
    chosen = one_session(sessions, asked.session) if asked.session else sessions
    found, unread = examine_all(backups.where, chosen, version_of(asked.client))
    if asked.session and unread:
        raise unread[0]
    draft = _draft(backups, found, alone=bool(asked.session))
    draft = _with_indexes(draft, found)
    plan = Plan(f"sessions repair {asked.session or '--all'}", draft.files, draft.dangers)
    told = [*(error.message for error in (*closed, *unread)), *draft.left]
    shown = _shown(plan, Paint(on=wants_color(sys.stdout)))
    result = carried(
        given, backups, plan, consent, [one.one for one in found], command=f"wslcfg {plan.title}", preview=shown, known=draft.pids
    )
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
    holders = Holders(backups.where, backups.state) if ill else None
    files: list[FileChange] = []
    left: list[str] = []
    prompts: dict[str, list[str]] = {}
    dangers: list[Danger] = []
    pids: list[int] = []
    written: set[str] = set()
    engine: Engine | None = None
    for one in ill:
        session, path = one.one.id, one.one.real
        if is_packed(path):
            left.append(f"Session {session} is packed by Codex ({os.path.basename(path)}): it is left as it is.")
            continue
        held = holders.of(one.one) if holders else None
        if held is not None and held.sure:
            if alone:
                raise live(held)
            left.append(f"{held.why} Nothing is written to it.")
            continue
        # One file under two names is mended under the first.
        if (real := os.path.realpath(path)) in written:
            continue
        written.add(real)
        if held is not None:
            dangers.append(maybe(held))
            pids += held.pids
        raw = whole(path)
        if any(problem.id in _EMPTY for problem in one.problems):
            try:
                engine = engine or engine_of(backups)
                back = from_backup(engine, one.one, all_of(raw))
            except WslcfgError as error:
                left.append(f"Session {session}: no backup can be asked ({error.message})")
                back = None
            if back is not None:
                done = repair(back.raw, Aside(path))
                why = f"nothing that was said is in the file; the version that was backed up {back.made_at:%Y-%m-%d %H:%M} UTC comes back"
                files.append(_change(path, raw, done, [Mended(path, 1, None, None, f"{one.problems[0].id}: {why}")]))
                continue
            texts = prompts_of(backups.where, session)
            prompts |= {session: texts} if texts else {}
            left.append(f"Session {session} holds nothing that was said, and no backup has it; {_only(len(texts))}")
            if not one.health.records:
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
    return Draft(tuple(files), tuple(left), prompts, tuple(dangers), tuple(pids))


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
    return (
        f"{count(texts, 'prompt')} of it {'is' if texts == 1 else 'are'} in history.jsonl, shown below."
        if texts
        else "nothing is left of it."
    )


def _change(path: str, before: bytes, done: Repaired, steps: list[Mended]) -> FileChange:
    lines = [f"@@ line {step.line} @@ {step.why}" for step in steps]
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"… and {len(lines) - _SHOWN} more"]
    return FileChange(one_line(path), path, before, done.raw, repairs=tuple(steps), summary="\n".join(lines), theirs=True, mode=0o600)


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
        files.append(FileChange(one_line(path), path, whole(path), None, repairs=repairs, summary=summary, theirs=True))
    return draft._replace(files=(*draft.files, *files))


def _shown(plan: Plan, paint: Paint) -> str:
    return painted(plan_diff(plan), paint)


def _remembered(prompts: dict[str, list[str]]) -> list[str]:
    lines = []
    for session, texts in prompts.items():
        lines += ["", f"What was typed in {session}:", *(f"  {text}" for text in texts)]
    return lines
