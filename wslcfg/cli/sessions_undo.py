"""`wslcfg sessions repair --undo`: what a repair replaced is put back, as far as nothing was written to it since."""

from __future__ import annotations

import os
from collections.abc import Callable

from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.generations import Store
from wslcfg.cli.backups import Backups
from wslcfg.cli.sessions_kept import place_of
from wslcfg.cli.sessions_pick import every
from wslcfg.cli.sessions_write import UNDO, carried, live, maybe
from wslcfg.cli.shared import Consent, Flags, this_disk
from wslcfg.errors import Conflict, Refused, WslcfgError
from wslcfg.host.atomic import digest
from wslcfg.model.plan import Danger, FileChange, Plan
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.session import Roots
from wslcfg.sessions.find import session_of
from wslcfg.sessions.hold import Holders

# A plan that takes a repair back has this before the repair's title.
_TITLE = "undo "


class _Draft(NamedTuple):
    """What is put back, why other files are not, and the agents that may have a session."""

    files: tuple[FileChange, ...]
    left: tuple[WslcfgError, ...]
    dangers: tuple[Danger, ...]
    pids: tuple[int, ...]


def run_undo(given: Flags, backups: Backups, wanted: str, consent: Consent) -> Result:
    """Take a repair back: the one of a number, a session's newest, or the newest that is not taken back yet.

    A file that was written to since, or that a process has, stays; where others can be put back, they are.
    """
    store = Store(place_of(backups).homes)
    sessions = every(backups.where)
    by_path = {one.real: one for one in sessions}
    host, holders = this_disk(), Holders(backups.where, backups.state)

    def draft(chosen: Generation, records: tuple[Record, ...]) -> _Draft:
        files: list[FileChange] = []
        left: list[WslcfgError] = []
        dangers: list[Danger] = []
        pids: list[int] = []
        for record in records:
            before, now = store.bytes_of(chosen, record, "before"), host.read(record.path)
            if now == before:
                continue
            kept = store.place(chosen, record.before_file, shared=False) if record.before_file else ""
            if digest(now) != (record.after or ""):
                hint = f"Its bytes before the repair lie in {kept}." if kept else "Before the repair there was no such file."
                left.append(Conflict(f"{record.path} was written to since; putting it back would lose that.", hint, code="changed"))
                continue
            one = by_path.get(record.path)
            held = holders.writer(record.path) if one is None else holders.of(one)
            if held is not None and held.sure:
                left.append(live(held))
                continue
            if held is not None:
                dangers.append(maybe(held))
                pids += held.pids
            summary = "@@ as before the repair @@"
            files.append(FileChange(record.label, record.path, now, before, summary=summary, theirs=True, mode=record.before_mode))
        return _Draft(tuple(files), tuple(left), tuple(dangers), tuple(pids))

    chosen, made = _chosen(store, backups.where, wanted, draft)
    if made.left and not made.files:
        raise made.left[0]
    plan = Plan(f"{_TITLE}{chosen.title}", made.files, made.dangers)
    result = carried(given, backups, plan, consent, sessions, command=f"{UNDO} {wanted}".rstrip(), known=made.pids)
    if not made.left:
        return result
    told = tuple(Message("warning", f"{error.message} {error.hint}") for error in made.left)
    some = Refused(f"{len(made.left)} of {len(made.left) + len(made.files)} files stay as they are.", "Each is named with its reason.",
                   code=made.left[0].code)  # fmt: skip
    data = {**result.data, "left": [error.message for error in made.left]}
    return result._replace(data=data, messages=(*result.messages, *told), exit_code=some.exit_code, errors=(some,))


def _chosen(
    store: Store, where: Roots, wanted: str, draft: Callable[[Generation, tuple[Record, ...]], _Draft]
) -> tuple[Generation, _Draft]:
    """The repair that is meant, and what taking it back does. Raises Refused: there is none."""
    found = [one for one in store.all().generations if one.in_effect]
    here = [one for one in found if all(_below(record.path, where) for record in one.records)]
    if wanted.isdigit() and (numbered := next((one for one in found if str(one.number) == wanted), None)):
        if numbered not in here:
            path = numbered.records[0].path
            raise Refused(f"Repair {wanted} is of another home: {path}.", "Name that home with --home.", code="other-home")
        return numbered, draft(numbered, numbered.records)
    ids = {named for one in here for record in one.records if (named := session_of(record.path)) and named.startswith(wanted.lower())}
    if wanted and len(ids) > 1:
        raise Refused(f"{len(ids)} repaired sessions begin with {wanted}.", f"Write more of one: {', '.join(sorted(ids)[:3])}",
                      code="ambiguous")  # fmt: skip
    for one in reversed(here):
        records = tuple(record for record in one.records if not wanted or session_of(record.path) in ids)
        # What takes a repair back is none: said again, --undo goes on to the repair before.
        made = _Draft((), (), (), ()) if one.title.startswith(_TITLE) else draft(one, records)
        if made.files or made.left:
            return one, made
    if wanted:
        raise Refused(f"There is no repair {wanted} to take back.", f"`{UNDO}` alone takes back the newest one.", code="no-generation")
    raise Refused("There is no repair to take back.", "Only what `wslcfg sessions repair` wrote can be.", code="no-generation")


def _below(path: str, where: Roots) -> bool:
    """Whether a file is one of this home's agents, by its name or by where links lead."""
    roots = (where.claude, where.codex)
    return path.startswith(tuple(f"{root}/" for root in roots)) or os.path.realpath(path).startswith(
        tuple(f"{os.path.realpath(root)}/" for root in roots)
    )
