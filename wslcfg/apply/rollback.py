"""Look: the plan that leads back to an older generation, of everything or of one key. It writes nothing; `run.apply` carries it out."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.apply.generation import Generation, Record, identity
from wslcfg.apply.generations import Store, elsewhere
from wslcfg.apply.key_diff import key_changes, key_edit
from wslcfg.apply.recover import where
from wslcfg.errors import Refused, WslcfgError
from wslcfg.host.atomic import digest
from wslcfg.host.port import Host
from wslcfg.inside.part import SECTIONS, take
from wslcfg.inside.part import put as put_part
from wslcfg.model.plan import FileChange, Plan
from wslcfg.model.record import NamedTuple
from wslcfg.plan.labels import LABELS
from wslcfg.wslconf.keys import find, split


class Step(NamedTuple):
    """One file's part in one generation."""

    generation: Generation
    record: Record


# All steps of one file, oldest first, only those whose bytes came to lie on the machine.
Trail = list[Step]


def back_to(store: Store, host: Host, number: int | None = None, key: str | None = None) -> Plan:
    """The plan that brings back what a generation left: every file of this distro and every shared one as they were then.

    Args:
        store: the history.
        host: the machine, read only.
        number: the generation; None undoes the newest change and touches only the files that it was about, so that repeated rollbacks go
            further back each time. Where `.wslconfig` was edited since (or /etc/wsl.conf, when the newest change was about it), None undoes
            that edit. With a key None is the newest generation where its value was another.
        key: only this setting (`wsl2.memory`, `wsl.conf:boot.systemd`); the rest of its file stays as it is now.

    Returns: a plan without files when all is so already. A file that cannot be edited stays, with a warning, for nothing may keep
        `.wslconfig` from coming back: WSL may not start with it.

    Raises:
        Refused: no such generation, none before the live one, an unknown key, a generation about another distro's files.
        Unreadable: the bytes that `.wslconfig` had then are damaged, or every file that would change cannot be edited.
    """
    trails = _trails(store)
    if key is not None:
        return _one_key(store, host, trails, number, key)
    target, aimed = _newest_change(store, host, trails) if number is None else (number, tuple(trails.values()))
    chosen = _usable(store, target)
    files: list[FileChange] = []
    stuck: list[tuple[str, WslcfgError]] = []
    rest = ""
    for trail in aimed:
        try:
            change = _restore(store, host, trail, target)
        except WslcfgError as error:
            if trail[-1].record.label == LABELS["wslconfig"]:
                raise
            stuck.append((trail[-1].record.label, error))
            continue
        if change is not None:
            files.append(change)
    if stuck:
        # What cannot be edited may still name a piece: then it must not find it gone.
        kept = [change.label for change in files if change.after is None and change.label not in LABELS.values()]
        files = [change for change in files if change.label not in kept]
        if not files:
            label, why = stuck[0]
            why.message = f"{label} cannot go back: {why.message}"
            raise why
        rest = f" Once it is mended, `wslcfg rollback {target}` does the rest."
        if kept:
            rest = f" What it may still use stays too ({len(kept)} of the files to be removed).{rest}"
    notes, warnings = _what_stays(store, host, [trail for trail in trails.values() if trail not in aimed], target)
    warnings += [_left(label, why) + rest for label, why in stuck]
    notes += [
        f"Generation {generation.number} is about {record.label} of {generation.distro}; that stays as it is."
        for generation in store.all().generations
        if generation.number > target and generation.in_effect
        for record in generation.records
        if not record.shared and generation.distro != store.homes.distro
    ]
    if chosen.state == "bad":
        notes.append(f"Generation {target} failed its check after a restart.")
    return Plan(
        f"rollback to {target}",
        tuple(sorted(files, key=_rank)),
        notes=tuple(notes),
        back_to=target,
        warnings=tuple(warnings),
        whole=not stuck,
    )


def live(store: Store, host: Host) -> tuple[Generation | None, tuple[str, ...]]:
    """The generation that the files hold now (a rollback stands for itself), and the labels of files that were changed since."""
    trails = _trails(store)
    newest = max((trail[-1].generation for trail in trails.values()), key=lambda item: item.number, default=None)
    drifted = []
    for trail in trails.values():
        try:
            there = _drifted(store, host, trail)
        except WslcfgError:
            there = True
        if there:
            drifted.append(trail[-1].record.label)
    return newest, tuple(drifted)


def text_at(store: Store, generation: Generation, label: str) -> bytes | None:
    """The bytes of a file as that generation left it, for `history diff`; None where it was absent.

    Raises:
        Refused: no generation says anything of that file. Unreadable: its bytes are damaged.
    """
    for trail in _trails(store).values():
        if trail[-1].record.label == label:
            step, side = _at(trail, generation.number)
            return store.bytes_of(step.generation, step.record, side)
    raise Refused(f"History has nothing about {label}.", "See wslcfg history for the files that it knows.", code="no-history")


def _trails(store: Store) -> dict[tuple[str, str], Trail]:
    trails: dict[tuple[str, str], Trail] = {}
    for generation in store.all().generations:
        for record in generation.records:
            if generation.in_effect and _ours(store, generation, record):
                name = identity(record.label, record.path, shared=record.shared, distro=generation.distro)
                trails.setdefault(name, []).append(Step(generation, record))
    return trails


def _ours(store: Store, generation: Generation, record: Record) -> bool:
    if record.shared or generation.distro != store.homes.distro:
        return record.shared
    # Another user of this distro has files of their own, and the bytes of them in their own history.
    return record.as_root or generation.user == store.homes.user


def _usable(store: Store, number: int) -> Generation:
    """The generation, provided that it was carried out and is about a file that we may restore."""
    chosen = store.get(number)
    if not any(_ours(store, chosen, record) for record in chosen.records):
        raise elsewhere(chosen, chosen.records[0])
    if not chosen.in_effect:
        hint = "Choose another one from wslcfg history."
        raise Refused(f"Generation {number} was never carried out (it is {chosen.state}).", hint, code="not-in-effect")
    return chosen


def _newest_change(store: Store, host: Host, trails: dict[tuple[str, str], Trail]) -> tuple[int, tuple[Trail, ...]]:
    """What a plain `rollback` means: the number that it goes back to, and the files that it is about."""
    ours = {step.generation.number: step.generation for trail in trails.values() for step in trail}
    if not ours:
        raise Refused("There is nothing to go back to: wslcfg has not changed anything here.", "See wslcfg history.", code="no-generation")
    newest = ours[max(ours)]
    # Only what WSL reads decides: an edit of it may be why WSL does not start. A piece that is otherwise is told, and stays.
    ruling = {LABELS["wslconfig"], *(record.label for record in newest.records if record.label == LABELS["wslconf"])}
    by_hand = [trail for trail in trails.values() if trail[-1].record.label in ruling and _drifted(store, host, trail)]
    if by_hand:
        return newest.number, tuple(by_hand)
    position = newest.number
    # A rollback stands where it went back to, else two of them in a row would only swap.
    while position in ours and (went := ours[position].back_to) is not None:
        position = went
    for number in sorted((number for number in ours if number < position), reverse=True):
        # A generation that only kept bytes is no step back.
        if any(_digest_at(trail, number) != _digest_at(trail, position) for trail in trails.values()):
            return number, tuple(trail for trail in trails.values() if _digest_at(trail, number) != trail[-1].record.after)
    hint = "wslcfg history shows them all; name one to go forward again."
    raise Refused(f"Generation {min(position, *ours)} is the oldest; there is none before it.", hint, code="no-generation")


def _digest_at(trail: Trail, number: int) -> str | None:
    step, side = _at(trail, number)
    return step.record.after if side == "after" else step.record.before


def _what_stays(store: Store, host: Host, trails: Sequence[Trail], target: int) -> tuple[list[str], list[str]]:
    """Notes and warnings about files that a plain rollback does not touch and that are not as the history has them."""
    changed, warnings = [], []
    for trail in trails:
        label = trail[-1].record.label
        try:
            if _drifted(store, host, trail):
                changed.append(label)
        except WslcfgError as error:
            warnings.append(_left(label, error))
    if not changed:
        return [], warnings
    names, them = (" and ".join(changed), "it") if len(changed) == 1 else (f"{len(changed)} files ({changed[0]} …)", "them")
    return [f"{names} changed since, not by wslcfg, and stays so; `wslcfg rollback {target}` brings {them} back too."], warnings


def _left(label: str, error: WslcfgError) -> str:
    return f"{label} cannot be edited and stays as it is: {error.message}"


def _drifted(store: Store, host: Host, trail: Trail) -> bool:
    """Whether a file is not as the history has it. Raises as `take` where our part of it cannot be told."""
    step = trail[-1]
    now = host.read(where(store, step.record))
    if digest(now) == (step.record.after or ""):
        return False
    if step.record.part in ("", SECTIONS):
        return not step.record.part
    return take(step.record.part, now) != take(step.record.part, store.bytes_of(step.generation, step.record, "after"))


def _at(trail: Trail, number: int) -> tuple[Step, str]:
    """Which bytes a file held when the generation of that number was live: (step, `after` or `before`)."""
    until = [step for step in trail if step.generation.number <= number]
    if until:
        return until[-1], "after"
    # The file came into history later: what the first step found is what was there all the time.
    return trail[0], "before"


def _restore(store: Store, host: Host, trail: Trail, number: int) -> FileChange | None:
    """One file's change back to that generation, None when it is so already."""
    step, side = _at(trail, number)
    record = trail[-1].record
    wanted = store.bytes_of(step.generation, step.record, side)
    path = where(store, record)
    now = host.read(path)
    if record.part == SECTIONS and now is not None and wanted is not None and digest(wanted) == record.after:
        return None  # we have not changed it since: what is otherwise is the person's
    if record.part not in ("", SECTIONS) and now is not None:
        # The file is somebody else's: only our part of it goes back.
        wanted = put_part(record.part, now, take(record.part, wanted))
    if now == wanted:
        return None
    mode = step.record.after_mode if side == "after" else step.record.before_mode
    there = host.stat(path)
    # Modes mean nothing on a Windows drive, and a mode that is right needs no chmod.
    keep = mode is None or record.shared or (there is not None and there.mode == mode)
    keys = key_changes(record.label, now, wanted, f"as in generation {number}")
    mode = None if keep or (record.part and now is not None) else mode
    return FileChange(record.label, path, now, wanted, keys, (), record.restart, record.shared, record.as_root, mode, part=record.part)


def _rank(change: FileChange) -> int:
    """What others rely on comes first and goes last: new files, edits, our parts of other people's files, removals."""
    return 2 if change.part not in ("", SECTIONS) else 0 if change.before is None else 3 if change.after is None else 1


def _one_key(store: Store, host: Host, trails: dict[tuple[str, str], Trail], number: int | None, key: str) -> Plan:
    target, name = split(key)
    setting = find(name, target)
    if setting is None:
        raise Refused(f"WSL knows no setting '{name}' in {LABELS[target]}.", "wslcfg explain lists the settings.", code="unknown-key")
    trail = next((steps for steps in trails.values() if steps[-1].record.label in {LABELS[target], target}), None)
    if trail is None:
        raise Refused(f"History has nothing about {LABELS[target]}.", "wslcfg has not changed it yet.", code="no-generation")
    record = trail[-1].record
    path = where(store, record)
    now = host.read(path)
    chosen = _usable(store, number) if number is not None else None
    for step, side in [_at(trail, chosen.number)] if chosen is not None else _backwards(trail):
        old = store.bytes_of(step.generation, step.record, side)
        edited = key_edit(target, setting, now, old, record.label, f"as in generation {step.generation.number}")
        if edited is not None:
            raw, keys, repairs = edited
            change = FileChange(record.label, path, now, raw, keys, repairs, record.restart, record.shared, record.as_root)
            return Plan(f"rollback {setting.name} to {step.generation.number}", (change,))
    what = f"was so in generation {number} too" if number is not None else "never had another value in the history"
    return Plan(f"rollback {setting.name}", (), notes=(f"{setting.name} {what}; nothing to do.",))


def _backwards(trail: Trail) -> Sequence[tuple[Step, str]]:
    """Every state a file had, newest first, down to the one that was found."""
    return [*((step, "after") for step in reversed(trail)), (trail[0], "before")]
