"""Act: finish what a killed apply left: a pending generation is resolved by what its files hold now."""

from __future__ import annotations

import os

from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.generations import Store
from wslcfg.errors import Refused, Unreadable, WslcfgError
from wslcfg.host.atomic import digest
from wslcfg.host.port import Host


def recover(store: Store, host: Host) -> tuple[str, ...]:
    """Resolve every pending generation that this distro can judge; the lock must be held, so that its maker is dead.

    All files new: it is `written`. All old: `abandoned`. Half: what is new is put back and it is `undone`. A file that neither
    is old nor new was edited meanwhile and stays, unless it is the new text over the old one, cut short: then it is put back too.

    Returns: a sentence for each generation that needed more than a look.
    """
    said = []
    for generation in store.all().generations:
        if generation.state == "pending":
            said += _resolve(store, host, generation)
    return tuple(said)


def _resolve(store: Store, host: Host, generation: Generation) -> list[str]:
    mine = generation.distro == store.homes.distro
    if not mine and not all(record.shared for record in generation.records):
        return []
    if generation.kind in {"found", "foreign"}:
        _resolve_kept(store, generation)
        return []
    seen = [(record, host.read(where(store, record))) for record in generation.records]
    standings = [_standing(store, generation, record, now) for record, now in seen]
    if set(standings) == {"new"}:
        store.update(generation._replace(state="written", note="The run was interrupted after the files were written."))
        return []
    what = f"Generation {generation.number} ({generation.title}) was interrupted"
    put_back, kept = [], []
    for (record, now), standing in zip(seen, standings, strict=True):
        path = where(store, record)
        if standing == "other":
            kept.append(record.label)
            continue
        try:
            if standing in {"new", "torn"}:
                put(host, path, store.bytes_of(generation, record, "before"), mode=record.before_mode, expected=now)
                put_back.append(record.label)
            _drop_copies(host, os.path.dirname(path), record.before)
        except WslcfgError as error:
            return [f"{what} and {record.label} cannot be put back yet: {error.message}"]
    notes = []
    if put_back:
        notes.append(f"{what}; {' and '.join(put_back)} was put back.")
    if kept:
        notes.append(f"{what}; {' and '.join(kept)} was changed since and stays.")
    note = " ".join(notes) or "The run was interrupted before it wrote."
    store.update(generation._replace(state="undone" if put_back else "abandoned", note=note))
    return notes


def _resolve_kept(store: Store, generation: Generation) -> None:
    """A generation that only keeps bytes: it counts when they are all there."""
    try:
        for record in generation.records:
            store.bytes_of(generation, record, "after")
    except (Unreadable, Refused):
        # The next apply keeps them anew: the file itself was not touched.
        store.update(generation._replace(state="abandoned", note="The run was interrupted before the copy was whole."))
        return
    store.update(generation._replace(state="candidate" if generation.kind == "found" else "written"))


def where(store: Store, record: Record) -> str:
    """Where a record's file lies in this distro: a shared one may be mounted elsewhere than where it was recorded."""
    return store.homes.paths.get(record.label, record.path) if record.shared else record.path


def put(host: Host, path: str, data: bytes | None, *, mode: int | None, expected: bytes | None) -> None:
    """Make a file hold `data` (None: not be there), provided it holds `expected` now. Raises Conflict, Unreachable."""
    if data is None:
        host.remove(path, if_digest=digest(expected))
    else:
        host.write(path, data, mode=mode, if_digest=digest(expected))


def _standing(store: Store, generation: Generation, record: Record, now: bytes | None) -> str:
    """`old`, `new`, `torn` or `other`; torn is what an in-place write leaves that was killed: the beginning new, the rest old."""
    seen = digest(now)
    if seen == (record.after or ""):
        return "new"
    if seen == (record.before or ""):
        return "old"
    if now is None or record.before is None or record.after is None:
        return "other"
    try:
        before, after = store.bytes_of(generation, record, "before") or b"", store.bytes_of(generation, record, "after") or b""
    except Unreadable:
        return "other"
    new = next((at for at, (one, two) in enumerate(zip(now, after, strict=False)) if one != two), min(len(now), len(after)))
    return "torn" if new and len(now) == max(len(before), new) and now[new:] == before[new:] else "other"


def _drop_copies(host: Host, folder: str, before: str | None) -> None:
    """Delete the copies that killed in-place writes left beside the file; the generation holds the same bytes."""
    for name in host.list(folder):
        if name.startswith(".wslcfg-") and name.endswith(".keep"):
            place = os.path.join(folder, name)
            if digest(host.read(place)) == before:
                host.remove(place, if_digest=before)
