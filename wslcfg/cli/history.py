"""`wslcfg history`: generations; list, show, diff, prune."""

from __future__ import annotations

import sys

from wslcfg.apply.generation import Generation
from wslcfg.apply.generations import Store
from wslcfg.apply.prune import prune as forget
from wslcfg.apply.rollback import live, text_at
from wslcfg.apply.trial import as_data as try_data
from wslcfg.apply.trial import latest
from wslcfg.apply.undone import take_in_alone
from wslcfg.cli.place import glance, settle_history
from wslcfg.cli.shared import Consent, Flags, Json, asker, open_host
from wslcfg.errors import Usage
from wslcfg.host.port import Host
from wslcfg.model.plan import FileChange
from wslcfg.model.result import Message, Result
from wslcfg.ui.diff import painted, unified
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.tables import table
from wslcfg.ui.words import ago, count, listing, stamp

# More files than this are counted, not named; `history show` names them.
_MOST_NAMED = 3


def run_history(given: Flags, words: tuple[str, ...], keep: int, keep_days: int, consent: Consent) -> Result:
    """List generations, show one, compare two, or forget old ones."""
    host = open_host(given)
    store = Store(settle_history(host, glance(host)).homes)
    imported = take_in_alone(store, host, command="wslcfg history")
    match list(words):
        case [] | ["list"]:
            return _list(host, store, imported)
        case ["show", number]:
            return _show(store, _number(number))
        case ["diff", first, second]:
            return _diff(store, _number(first), _number(second))
        case ["prune"]:
            chosen = forget(store, now=host.now(), keep=keep, keep_days=keep_days, dry_run=True)
            if chosen.removed and not consent.dry_run:
                question = f"Forget {count(len(chosen.removed), 'generation')} for good?"
                if not consent.yes and not asker(given).confirm(question, default=False, flag="--yes"):
                    return Result({"removed": []}, lambda: "Nothing was removed.")
                chosen = forget(store, now=host.now(), keep=keep, keep_days=keep_days)
            numbers = [item.number for item in chosen.removed]
            kept = [{"number": item.number, "because": why} for item, why in chosen.kept]
            verb = "would go" if consent.dry_run else "removed"
            text = f"{count(len(numbers), 'generation')} {verb}, {len(kept)} kept."
            return Result({"removed": numbers, "kept": kept, "dry_run": consent.dry_run}, lambda: text)
        case _:
            raise Usage(
                f"history does not know '{' '.join(words)}'.", "Write `history`, `history show N`, `history diff N M` or `history prune`."
            )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Usage(f"'{text}' is no generation's number.", "See `wslcfg history` for the numbers.")
    return int(text)


def as_data(item: Generation) -> Json:
    """A generation as JSON data."""
    return {
        "number": item.number,
        "id": item.id,
        "kind": item.kind,
        "state": item.state,
        "made_at": stamp(item.made_at),
        "title": item.title,
        "command": item.command,
        "distro": item.distro,
        "writer": item.writer or None,
        "back_to": item.back_to,
        "note": item.note or None,
        "files": [
            {"file": record.label, "path": record.windows_path or record.path, "before": record.before, "after": record.after}
            for record in item.records
        ],
        "changes": [
            {"file": key.file, "section": key.section, "key": key.key, "old": key.old, "new": key.new, "why": key.why}
            for key in item.changes
        ],
    }


def _list(host: Host, store: Store, imported: tuple[str, ...]) -> Result:
    found = store.all()
    newest, drifted = live(store, host)
    data: Json = {
        "generations": [{**as_data(item), "live": newest is not None and item.number == newest.number} for item in found.generations],
        "changed_since": list(drifted),
        "problems": list(found.problems),
    }
    trial = latest(store.homes)
    data["try"] = try_data(trial, host.now()) if trial is not None else None
    rows = []
    for item in reversed(found.generations):
        mark = "*" if newest is not None and item.number == newest.number else ""
        what = item.title + (f", by {item.writer}" if item.writer and item.writer not in item.title else "")
        labels = [record.label for record in item.records]
        files = listing(labels) if len(labels) <= _MOST_NAMED else f"{len(labels)} files"
        rows.append((mark + str(item.number), ago(item.made_at, host.now()), item.distro, item.state, files, what))
    lines = (
        table(rows, header=("no", "when", "distro", "state", "file", "what"), right=frozenset({0}), stack=True)
        if rows
        else ["No history yet: wslcfg has changed nothing here."]
    )
    if trial is not None and trial.recent(host.now()):
        imported += (trial.sentence(host.now()),)
    messages = [Message("note", sentence) for sentence in imported] + [Message("warning", problem) for problem in found.problems]
    if drifted:
        messages.append(Message("note", f"{listing(drifted)} was changed since the newest generation; `wslcfg status` shows what."))
    return Result(data, lambda: "\n".join(lines), tuple(messages))


def _show(store: Store, number: int) -> Result:
    item = store.get(number)
    changes = [
        FileChange(record.label, record.path, store.bytes_of(item, record, "before"), store.bytes_of(item, record, "after"))
        for record in item.records
    ]
    diff = "".join(unified(change) for change in changes)
    head = [f"Generation {item.number} ({item.state}), {stamp(item.made_at)}, {item.distro}: {item.title}"]
    head += [text for text in (f"by {item.writer}" if item.writer else "", item.note, f"command: {item.command}") if text]
    body = painted(diff, Paint(on=wants_color(sys.stdout))) or "It left every file as it was.\n"
    return Result({**as_data(item), "diff": diff}, lambda: "\n".join([*head, "", body]))


def _diff(store: Store, first: int, second: int) -> Result:
    one, two = store.get(first), store.get(second)
    labels = list(
        dict.fromkeys(
            record.label
            for item in store.all().generations
            if item.in_effect
            for record in item.records
            if record.shared or item.distro == store.homes.distro
        )
    )
    changes = [FileChange(label, label, text_at(store, one, label), text_at(store, two, label)) for label in labels]
    diff = "".join(unified(change) for change in changes if change.before != change.after)
    data: Json = {"from": first, "to": second, "diff": diff}
    return Result(data, lambda: painted(diff, Paint(on=wants_color(sys.stdout))) or f"Generations {first} and {second} are the same.")
