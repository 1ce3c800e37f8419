"""`wslcfg sessions restore`: sessions out of the backup, below a folder or into the home, and back again with --undo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.cli.backups import Backups, engine_of, settle
from wslcfg.cli.moment import moment
from wslcfg.cli.shared import Consent, Flags, Json, absolute, asker
from wslcfg.errors import Refused, Usage
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.sessions.find import identify
from wslcfg.sessions.live import live
from wslcfg.store import restored
from wslcfg.store.engine import Engine, Held
from wslcfg.store.fetch import Outcome, Stays, parts
from wslcfg.store.restore import Foreseen, foresee, restore_in_place
from wslcfg.store.restore_to import restore_to
from wslcfg.ui.words import count

# As many file names as a person wants to read in one answer.
_SHOWN = 20


class RestoreAsked(NamedTuple):
    """The words of the command line: a session (or, with undo, a restore's id), and what stands beside it."""

    session: str
    everything: bool
    at: str
    to: str
    in_place: bool
    undo: bool
    home: str
    repo: str


def run_restore(given: Flags, asked: RestoreAsked, consent: Consent) -> Result:
    """Restore one session or all; anything refused makes exit 3, the others are still restored."""
    if asked.undo:
        if asked.everything or asked.to or asked.in_place or asked.at:
            raise Usage("--undo takes back a restore and nothing else.", "Write `wslcfg sessions restore --undo [ID]`.")
        return _undo(given, asked, consent)
    if bool(asked.session) == asked.everything:
        raise Usage("Which session?", "Name one by its id (or the beginning of it), or write --all; `wslcfg sessions list` shows them.")
    if bool(asked.to) == asked.in_place:
        raise Usage("Where to?", "Write --to DIR (the bytes as they were) or --in-place (into the home, by careful rules).")
    backups = settle(given, asked.home, asked.repo)
    engine = engine_of(backups)
    when = moment(asked.at, "--at", datetime.now(timezone.utc)) if asked.at else None
    held = {one.path: one for one in engine.held(at=when)}
    session = "" if asked.everything else whole_id(held, asked.session)
    wanted = parts(engine, held, session, backups.state) if session else list(held.values())
    if not wanted:
        if when is None:
            raise Refused("The backup holds nothing yet.", "`wslcfg sessions backup` makes the first snapshot.", code="nothing")
        raise Refused("The backup holds nothing at that time.", "`wslcfg sessions snapshots` shows from when on it does.", code="nothing")
    if asked.to:
        return _to(engine, wanted, absolute(asked.to), consent)
    return _in_place(given, backups, engine, wanted, session, consent)


def whole_id(held: dict[str, Held], beginning: str) -> str:
    """The session id that begins so. Raises Refused: there is none, or there are several."""
    ids = sorted({named[1] for path in held if (named := identify(path)) and named[1].startswith(beginning.lower())})
    if len(ids) == 1 or beginning in ids:
        return beginning if beginning in ids else ids[0]
    if not ids:
        raise Refused(
            f"The backup holds no session {beginning}.", "`wslcfg sessions list --deleted` shows what only it has.", code="no-session"
        )
    raise Refused(
        f"{len(ids)} sessions begin with {beginning}.",
        f"Write more of one: {', '.join(ids[:3])}{' …' if len(ids) > 3 else ''}",
        code="ambiguous",
    )


def _to(engine: Engine, wanted: Sequence[Held], folder: str, consent: Consent) -> Result:
    """Below a folder, which touches nobody's sessions, so nothing is asked."""
    if consent.dry_run:
        size = sum(one.bytes for one in wanted)
        data: Json = {"restored": [], "refused": [], "id": None, "dry_run": True, "files": len(wanted), "bytes": size}
        return Result(data, lambda: f"{count(len(wanted), 'file')} with {human(size)} would be written below {folder}.")
    return _said(restore_to(engine, wanted, folder), f"below {folder}")


def _in_place(given: Flags, backups: Backups, engine: Engine, wanted: list[Held], session: str, consent: Consent) -> Result:
    busy = live(backups.where, backups.state)
    seen = foresee(wanted, backups.where.real, busy)
    if consent.dry_run:
        data: Json = {"restored": [], "refused": [_stays(one) for one in seen.refused], "id": None, "dry_run": True}
        return Result(data, lambda: "\n".join(_foreseen(seen)), (), 3 if seen.refused else 0, _errors(seen.refused))
    if seen.new or seen.compared:
        question = f"Restore {'session ' + session[:8] if session else 'all sessions'} into {backups.where.home}? {_foreseen(seen)[0]}"
        if not consent.yes and not asker(given).confirm(question, default=True, flag="--yes"):
            return Result({"restored": [], "refused": [], "id": None, "dry_run": False}, lambda: "Nothing was restored.")
    title = f"restore {session or '--all'}"
    busy = live(backups.where, backups.state)  # who came while the question stood counts too
    done = restore_in_place(engine, wanted, backups.where.real, backups.state, session=session or None, busy=busy, title=title)
    return _said(done, "into the home")


def _undo(given: Flags, asked: RestoreAsked, consent: Consent) -> Result:
    """Take the named restore back, or the newest."""
    backups = settle(given, asked.home, asked.repo)
    known = [one for one in restored.journals(backups.state) if one.state != "undone"]
    chosen = next((one for one in reversed(known) if not asked.session or one.id == asked.session), None)
    if chosen is None:
        raise Refused(
            f"There is no restore {asked.session} to undo." if asked.session else "There is no restore to undo.",
            "Only restores with --in-place are undone; each prints its id.",
            code="no-restore",
        )
    told = f"{chosen.title} of {chosen.at}: {count(len(chosen.entries), 'file')}"
    if consent.dry_run:
        return Result({"restored": [], "refused": [], "id": chosen.id, "dry_run": True}, lambda: f"Would be undone: {told}.")
    if not consent.yes and not asker(given).confirm(f"Undo {told}?", default=True, flag="--yes"):
        return Result({"restored": [], "refused": [], "id": chosen.id, "dry_run": False}, lambda: "Nothing was undone.")
    done = restored.undo(backups.state, chosen.id, live(backups.where, backups.state))
    data: Json = {
        "restored": [{"path": one.path, "to": one.real, "how": "removed" if one.before is None else "put-back"} for one in done.back],
        "refused": [{"path": one.path, "to": one.real, "why": why} for one, why in done.refused],
        "id": done.id,
        "dry_run": False,
    }
    lines = [f"{count(len(done.back), 'file')} as before the restore."]
    lines += [f"left alone: {one.real}: {why}" for one, why in done.refused]
    errors: tuple[Refused, ...] = ()
    if done.refused:
        errors = (
            Refused(f"{count(len(done.refused), 'file')} left alone.", "What changed since the restore stays; see above.", code="changed"),
        )
    return Result(data, lambda: "\n".join(lines), (), 3 if errors else 0, errors)


def _said(done: Outcome, where: str) -> Result:
    changed = [one for one in done.landed if one.how != "same"]
    same = len(done.landed) - len(changed)
    data: Json = {
        "restored": [one._asdict() for one in done.landed],
        "refused": [_stays(one) for one in done.refused],
        "id": done.id,
        "dry_run": False,
    }
    lines = [f"{count(len(changed), 'file')} restored {where}" + (f", {same} there already." if same else ".")]
    lines += [f"  {one.how:8}  {one.to}" for one in changed[:_SHOWN]]
    if len(changed) > _SHOWN:
        lines.append(f"  … and {len(changed) - _SHOWN} more")
    lines += [f"refused: {one.to or one.path}: {_why(one)}" for one in done.refused]
    notes = [Message("note", f"`wslcfg sessions restore --undo {done.id}` takes it back.")] if done.id else []
    return Result(data, lambda: "\n".join(lines), tuple(notes), 3 if done.refused else 0, _errors(done.refused))


def _errors(refused: Sequence[Stays]) -> tuple[Refused, ...]:
    if not refused:
        return ()
    return (
        Refused(
            f"{count(len(refused), 'file')} not restored.",
            "Each is named with its reason; --to DIR brings the backed-up bytes without touching what is there.",
            code="not-restored",
        ),
    )


def _stays(one: Stays) -> Json:
    """A refused file as JSON: both sizes in bytes."""
    return {"path": one.path, "to": one.to, "why": one.why, "live_bytes": one.live, "backup_bytes": one.held}


def _why(one: Stays) -> str:
    return one.why + ("" if one.live is None else f" ({human(one.live)} there, {human(one.held)} in the backup)")


def _foreseen(seen: Foreseen) -> list[str]:
    """What would happen, in a sentence, then the refusals."""
    words = [f"{count(seen.new, 'file')} would be created", f"{count(seen.compared, 'file')} compared and completed where safe"]
    words += [f"{seen.same} are there already"] if seen.same else []
    words += [f"{len(seen.refused)} refused"] if seen.refused else []
    return [", ".join(words) + ".", *(f"refused: {one.to or one.path}: {_why(one)}" for one in seen.refused)]
