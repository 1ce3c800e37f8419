"""Carrying a plan out in front of a person: show, ask, apply, say what comes next. The one way that every writer goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from wslcfg.apply.generations import Store
from wslcfg.apply.impact import impact
from wslcfg.apply.root_script import root_script
from wslcfg.apply.run import Applied, apply
from wslcfg.apply.undone import known_bad
from wslcfg.cli.explained import explained
from wslcfg.cli.place import Place
from wslcfg.cli.shared import Consent, Flags, Json, asker
from wslcfg.errors import Refused
from wslcfg.host.port import Host
from wslcfg.machine.work import look_work
from wslcfg.model.plan import FileChange, Plan
from wslcfg.model.result import Message, Result
from wslcfg.ui.ask import AskNobody
from wslcfg.ui.diff import plan_diff
from wslcfg.ui.outcome import say
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.words import listing
from wslcfg.ui.wrap import fit

# More files than this are counted, not named: they stand in the preview.
_MOST_NAMED = 4
_NOTHING = "Nothing to do: everything is as wanted."


def carry_out(
    given: Flags,
    host: Host,
    place: Place,
    plan: Plan,
    consent: Consent,
    *,
    command: str,
    preview: str | None = None,
    takes_effect: bool = True,
    undo: str = "wslcfg rollback",
    writer: Callable[..., Applied] = apply,
    question: str = "Write this?",
) -> Result:
    """Show a plan, ask what is not yet answered, carry it out.

    Args:
        given: the common flags. host, place: where.
        plan: what to do.
        consent: answers given as flags.
        command: the command line for the history.
        preview: what to show before asking; the diff with its reasons when None, nothing when ''.
        undo: the command that takes it back.
        writer: what carries it out, called as `apply.run.apply`. question: the last one before that.
        takes_effect: whether to say what makes the change take effect (the wizard says it in its own list).

    Raises:
        Refused: a danger is forbidden or not accepted, or the person said no. NeedsTerminal: a question that no flag answered.
        Conflict, Unreachable: see `apply.run.apply`.
    """
    diff = plan_diff(plan)
    plan = plan._replace(dangers=(*plan.dangers, *known_bad(Store(place.homes), plan)))
    if not plan.files:
        return Result(_data(plan, diff, None), lambda: "" if given.quiet else _NOTHING, _notes(plan.notes))
    shown = explained(plan, Paint(on=wants_color(sys.stdout))) if preview is None else preview
    stops = impact(look_work(host), plan.restart, distro=place.homes.distro)
    accepted, asked = consent.accepted, False
    if not consent.dry_run and not any(danger.forbidden for danger in plan.dangers):  # a forbidden one is refused without a question
        accepted, asked = _answered(given, plan, consent, shown, stops, question)
    done = writer(
        plan,
        host,
        place.homes,
        command=command,
        accepted=frozenset(accepted),
        dry_run=consent.dry_run,
        become=consent.root or _own_way(plan, asked=asked),
    )
    if not done.changed:  # a saved plan that was carried out before
        return Result(_data(Plan(plan.title, ()), "", None), lambda: "" if given.quiet else _NOTHING, _notes((*plan.notes, *done.notes)))
    told = ([] if asked else [shown.rstrip("\n")] if shown else []) + outcome(
        plan, done, place, dry_run=consent.dry_run, takes_effect=takes_effect, undo=undo
    )
    if consent.dry_run and any(change.as_root for change in plan.files):
        told.append(root_script(plan))
    notes = _notes((*plan.notes, *done.in_place, *done.notes)) + (() if asked else _notes(stops))
    if given.quiet and not consent.dry_run:  # all went well, and that is not what --quiet says; a dry run is for looking
        told = []
    return Result(_data(plan, diff, done), lambda: "\n".join(told), notes)


def _answered(given: Flags, plan: Plan, consent: Consent, shown: str, stops: Sequence[str], question: str) -> tuple[tuple[str, ...], bool]:
    """Ask what no flag has answered; gives the ids of the accepted dangers, and whether anybody was asked.

    Raises:
        Refused: the person said no. NeedsTerminal: nobody can be asked; nothing has been printed then.
    """
    if consent.yes:
        return consent.accepted, False
    open_dangers = tuple(danger for danger in plan.dangers if danger.id not in consent.accepted)
    ask = asker(given)
    if not isinstance(ask, AskNobody):
        _say(shown, stops)
    for danger in open_dangers:
        if not ask.confirm(f"{danger.message} Do it all the same?", default=False, flag=f"--accept {danger.id}"):
            raise Refused("You said no; nothing was written.", f"Change the plan, or accept it with --accept {danger.id}.", code=danger.id)
    if not ask.confirm(question, default=True, flag="--yes"):
        raise Refused("You said no; nothing was written.", "Run the command again when you are ready.", code="declined")
    return (*consent.accepted, *(danger.id for danger in open_dangers)), True


def outcome(plan: Plan, done: Applied, place: Place, *, dry_run: bool, takes_effect: bool, undo: str = "wslcfg rollback") -> list[str]:
    """What happened, and what a person does next."""
    written = [place.windows_wslconfig if change.shared else change.label for change in plan.files if change.after is not None]
    removed = [change.label for change in plan.files if change.after is None]
    parts = [f"{_names(written)} would be written"] if written else []
    parts += [f"{_names(removed)} {'' if written else 'would be '}removed"] if removed else []
    if dry_run:
        return fit([f"Dry run: {', '.join(parts)}."])
    done_now = [f"Written: {_names(written)}."] if written else []
    done_now += [f"Removed: {_names(removed)}."] if removed else []
    lines = [f"{' '.join(done_now)} This is generation {done.generation}; `{undo}` undoes it."]
    if done.windows_backup:
        lines.append(f"Backup: {done.windows_backup}")
    if done.restart == "vm" and takes_effect:
        lines.append(
            "It takes effect when WSL restarts: end your work, then `wslcfg restart` (or `wsl --shutdown` in PowerShell). `wslcfg verify` tells whether it did."
        )
    elif done.restart == "distro" and takes_effect:
        lines.append(f"It takes effect at the distro's next start: `wsl --terminate {place.homes.distro}` in PowerShell.")
    return fit(lines)


def _names(labels: Sequence[str]) -> str:
    return listing(tuple(labels)) if len(labels) <= _MOST_NAMED else f"{len(labels)} files"


def changes_json(plan: Plan) -> list[Json]:
    """The key changes as the contract's JSON has them: the section and the key apart."""
    return [
        {"file": change.file, "section": change.section, "key": change.key, "old": change.old, "new": change.new, "why": change.why}
        for change in plan.changes
    ]


def repairs_json(files: Sequence[FileChange]) -> list[Json]:
    """The repairs as JSON."""
    return [
        {"file": repair.file, "line": repair.line, "old": repair.old, "new": repair.new, "why": repair.why}
        for change in files
        for repair in change.repairs
    ]


def _data(plan: Plan, diff: str, done: Applied | None) -> Json:
    return {
        "changed": done is not None,
        "generation": done.generation if done else None,
        "generation_id": done.id if done else None,
        "changes": changes_json(plan),
        "repairs": repairs_json(plan.files),
        "diff": diff,
        "backup": done.backups[0] if done and done.backups else None,
        "backups": list(done.backups) if done else [],
        "windows_backup": done.windows_backup if done else None,
        "restart_needed": done is not None and done.restart != "none",
        "restart": done.restart if done else "none",
    }


def _own_way(plan: Plan, *, asked: bool) -> str:
    """How root's part is done when no flag says: a person who just said yes at the terminal is asked by sudo itself."""
    return "sudo" if asked and any(change.as_root for change in plan.files) else ""


def _say(shown: str, stops: Sequence[str]) -> None:
    """Put the preview before the question; it is said to a person, so it goes to stderr and stdout stays data."""
    sys.stdout.flush()
    say(shown + "".join(f"{sentence}\n" for sentence in fit(stops)))


def _notes(sentences: Sequence[str]) -> tuple[Message, ...]:
    return tuple(Message("note", sentence) for sentence in sentences)
