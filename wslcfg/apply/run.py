"""Act: carry a plan out. The backup lies synced before the first file is touched; what fails in the middle is put back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from wslcfg import __version__
from wslcfg.apply import root_script
from wslcfg.apply.foreign import who_wrote
from wslcfg.apply.generation import Generation, Record, common, identity
from wslcfg.apply.generations import Store, file_names, new_id
from wslcfg.apply.homes import Homes
from wslcfg.apply.lock import LONG_LEASE_S, Lock, hold
from wslcfg.apply.recover import put, recover
from wslcfg.apply.rescue import place_rescue
from wslcfg.apply.trial import refuse_during, supersede
from wslcfg.apply.undone import LABEL, known_bad, ran_with, started_well, take_in
from wslcfg.errors import Conflict, NeedsTerminal, Refused, Unreachable, WslcfgError
from wslcfg.host.atomic import digest
from wslcfg.host.port import Host, Ran
from wslcfg.host.process import boot_of
from wslcfg.inside.part import SECTIONS
from wslcfg.model.plan import FileChange, KeyChange, Plan, Restart
from wslcfg.model.record import NamedTuple

# sudo and wsl.exe: as long as a person may take to type a password.
_ROOT_TIMEOUT_S = 600.0

# A file that appears in our history for the first time, or was changed by others, is kept under these titles.
FOUND = "found"
FOREIGN = "changed outside wslcfg"


@runtime_checkable
class Terminal(Protocol):
    """A host that can let a child talk to the person (see `host.real.RealHost.on_terminal`)."""

    def on_terminal(self, argv: Sequence[str], *, stdin: bytes | None = None) -> Ran:
        """Run a child on our terminal."""


class Applied(NamedTuple):
    """What became of a plan.

    Attributes:
        changed: whether anything was (in a dry run: would be) written. generation, id: of the new entry of the history, None when nothing was.
        backups: paths of the old bytes. windows_backup: the first shared one as Windows writes it, None when there is none.
        in_place: a sentence for each file that could not be replaced and was written in place.
        notes: sentences about what else happened (an interrupted run put back, a foreign edit kept).
        restart: what the change waits for.
    """

    changed: bool
    generation: int | None
    id: str | None
    backups: tuple[str, ...]
    windows_backup: str | None
    in_place: tuple[str, ...]
    notes: tuple[str, ...]
    restart: Restart


def apply(
    plan: Plan,
    host: Host,
    homes: Homes,
    *,
    command: str,
    accepted: frozenset[str] = frozenset(),
    dry_run: bool = False,
    become: str = "",
    wait_s: float = 5.0,
    trying: str = "",
) -> Applied:
    """Carry a plan out, or say that there is nothing to do.

    Args:
        plan: what to do; each file's `before` must still be what is there.
        host: the machine.
        homes: where history lives.
        command: the command line, for the history.
        accepted: ids of dangers that the person accepted.
        dry_run: check everything, write nothing.
        become: how to carry out what only root may: `sudo`, `wsl` (`wsl.exe -u root`), '' not at all.
        wait_s: how long to wait for another wslcfg.
        trying: the nonce of the try that this is part of (see `apply.watchdog`).

    Raises:
        Refused: a danger that is forbidden or not accepted; a newer wslcfg's history.
        Conflict: a file changed since the plan was made, another wslcfg is at work, or a try of `.wslconfig` is running.
        NeedsTerminal: root is needed and `become` is ''. Unreachable: it could not be written; everything is as it was.
    """
    refuse_dangers(plan, accepted)
    todo = _todo(plan, host)
    nothing = Applied(False, None, None, (), None, (), (), "none")
    if not todo:
        return nothing
    store = Store(homes)
    store.check()
    refuse_dangers(Plan(plan.title, (), known_bad(store, plan)), accepted)
    tried = any(change.shared and change.label == LABEL for change in todo)
    if tried:
        refuse_during(homes, host.now(), own=trying)
    by_root = tuple(change for change in todo if change.as_root and not _writable(host, change.path))
    if dry_run:
        return nothing._replace(changed=True, restart=plan.restart)
    if by_root and become not in {"sudo", "wsl"}:
        raise NeedsTerminal(
            f"Only root may write {' and '.join(change.label for change in by_root)}.",
            "Say how: --root sudo, or --root wsl for wsl.exe -u root; --dry-run shows the script.",
            code="needs-root",
        )
    with hold(homes.local, homes.shared, distro=homes.distro, command=command, wait_s=wait_s) as lock:
        store.prepare()
        if tried:
            refuse_during(homes, host.now(), own=trying)
        notes = [*recover(store, host), *take_in(store, host)]
        started_well(store, host)
        todo = _todo(plan, host)
        if tried and todo:
            notes += supersede(homes, host.now())
        if not todo:
            return nothing._replace(notes=tuple(notes))
        notes += store.register()
        notes += _keep_what_others_did(store, host, todo, command)
        generation = store.add(
            _generation(
                store, host, "apply" if plan.back_to is None else "rollback", plan.title, command, todo, plan.changes, back_to=plan.back_to
            ),
            [(change.before, change.after) for change in todo],
        )
        # Before the file is touched, so that it is there when WSL does not come back.
        if any(record.shared for record in generation.records):
            notes += place_rescue(homes)
        try:
            _write(plan, host, lock, [change for change in todo if change not in by_root])
            if by_root:
                lock.extend(LONG_LEASE_S)
                _write_as_root(Plan(plan.title, by_root), host, homes, become)
        except BaseException as error:
            _undo(store, host, generation, todo, error)
            raise
        try:
            store.update(generation._replace(state="written"))
        except WslcfgError as error:
            notes.append(f"The files are written, but history could not note it ({error.message}); the next run will.")
        if not generation.registered and homes.windows:
            notes.append("The Windows side was not reachable; the history of this change is in this distro only, until the next apply.")
    return _applied(store, generation, host, tuple(notes), plan.restart)


def refuse_dangers(plan: Plan, accepted: frozenset[str]) -> None:
    """Raise Refused for a danger that is forbidden, or that `accepted` does not name."""
    for danger in plan.dangers:
        if danger.forbidden:
            raise Refused(danger.message, danger.hint or "This cannot be accepted; change the plan.", code=danger.id)
    missing = [danger for danger in plan.dangers if danger.id not in accepted]
    if missing:
        flags = " ".join(f"--accept {danger.id}" for danger in missing)
        data: dict[str, object] = {"dangers": [{"id": danger.id, "message": danger.message} for danger in missing]}
        raise Refused(
            " ".join(danger.message for danger in missing), f"If you want it all the same, add {flags}.", code=missing[0].id, data=data
        )


def _todo(plan: Plan, host: Host) -> tuple[FileChange, ...]:
    """The changes that are not yet there. Raises Conflict when a file is neither what the plan was made from nor what it wants."""
    todo = []
    for change in plan.files:
        now = host.read(change.path)
        if now == change.after:
            continue
        if now != change.before:
            what = "is gone" if now is None else "appeared" if change.before is None else "changed"
            raise Conflict(
                f"{change.label} {what} since the plan was made; nothing was written.",
                "Look at it (wslcfg plan) and run the command again.",
                code="changed",
                data={"path": change.path},
            )
        todo.append(change)
    return tuple(todo)


def _writable(host: Host, path: str) -> bool:
    """Whether this process may replace the file: itself where it is there, and its folder, or the nearest folder that is there."""
    there = host.stat(path)
    if there is not None and not there.writable:
        return False
    folder = os.path.dirname(there.real if there is not None else path)
    while (found := host.stat(folder)) is None and folder != "/":
        folder = os.path.dirname(folder)
    return found is not None and found.writable


def _keep_what_others_did(store: Store, host: Host, todo: Sequence[FileChange], command: str) -> list[str]:
    """Make a generation of files that are in no generation yet, and one of files that others changed since; returns notes."""
    last: dict[tuple[str, str], tuple[Generation, Record]] = {}
    for generation in store.all().generations:
        for record in generation.records:
            if generation.in_effect:
                last[identity(record.label, record.path, shared=record.shared, distro=generation.distro)] = (generation, record)
    found, foreign, writers = [], [], []
    for change in todo:
        if change.theirs:
            continue
        known = last.get(identity(change.label, change.path, shared=change.shared, distro=store.homes.distro))
        if known is None:
            found.append(
                FileChange(change.label, change.path, change.before, change.before, (), (), change.restart, change.shared, change.as_root)
            )
        elif (known[1].after or "") != digest(change.before) and change.part in ("", SECTIONS):  # others edit a file of theirs as they like
            try:
                old = store.bytes_of(*known, "after")
            except WslcfgError:
                old = None  # damaged: the guess is poorer, the new bytes are kept all the same
            foreign.append(FileChange(change.label, change.path, old, change.before, (), (), change.restart, change.shared, change.as_root))
            writers.append(who_wrote(old, change.before, shared=change.shared))
    notes = []
    if found:
        entry = _generation(store, host, "found", FOUND, command, found, ())
        entry = store.add(entry, [(change.before, change.after) for change in found])
        worked = any(change.label == LABEL and ran_with(host, change.path) for change in found)
        store.update(entry._replace(state="good", note="WSL started with it.") if worked else entry._replace(state="candidate"))
    if foreign:
        who = " and ".join(dict.fromkeys(writers))
        entry = _generation(store, host, "foreign", f"{FOREIGN}, by {who}", command, foreign, ())
        entry = store.add(entry._replace(writer=who), [(change.before, change.after) for change in foreign])
        store.update(entry._replace(state="written"))
        notes.append(
            f"{' and '.join(change.label for change in foreign)} was changed by {who} since; that is kept as generation {entry.number}."
        )
    return notes


def _generation(
    store: Store,
    host: Host,
    kind: str,
    title: str,
    command: str,
    files: Sequence[FileChange],
    changes: tuple[KeyChange, ...],
    *,
    back_to: int | None = None,
) -> Generation:
    """A pending generation of these files, with the next number."""
    homes, now = store.homes, host.now()
    records = []
    for change, name in zip(files, file_names([change.label for change in files]), strict=True):
        there = host.stat(change.path) if change.before is not None else None
        mode = there.mode if there is not None else None
        # Of a program's own file, which may be large, one whole copy is enough; people and rollback.cmd read those of settings.
        head, tail = common(change.before, change.after) if change.theirs and change.before and change.after else (0, 0)
        records.append(
            Record(
                label=change.label,
                path=change.path,
                windows_path=homes.windows_of(change.path),
                shared=change.shared,
                as_root=change.as_root,
                before=None if change.before is None else digest(change.before),
                after=None if change.after is None else digest(change.after),
                before_file=None if change.before is None else f"{name}.before",
                after_file=None if change.after is None else f"{name}.after",
                before_mode=mode,
                after_mode=None if change.after is None else change.mode if change.mode is not None else mode,
                restart=change.restart,
                part=change.part,
                after_head=head,
                after_tail=tail,
            )
        )
    return Generation(
        id=new_id(now.timestamp(), homes.distro),
        number=store.next_number(),
        kind=kind,
        made_at=now,
        title=title,
        command=command,
        tool=__version__,
        distro=homes.distro,
        user=homes.user,
        boot_id=boot_of(host),
        state="pending",
        records=tuple(records),
        changes=changes,
        back_to=back_to,
    )


def _write(plan: Plan, host: Host, lock: Lock, files: Sequence[FileChange]) -> None:
    for change in files:
        lock.check()
        put(host, change.path, change.after, mode=change.mode, expected=change.before)


def _write_as_root(plan: Plan, host: Host, homes: Homes, become: str) -> None:
    """Run the script for the plan's files and look at what it left. Raises Conflict, Unreachable."""
    script = root_script.root_script(plan).encode()
    if become == "sudo":
        argv = ["sudo", "--", "sh", "-s"]
        ran = (
            host.on_terminal(argv, stdin=script) if isinstance(host, Terminal) else host.run(argv, stdin=script, timeout_s=_ROOT_TIMEOUT_S)
        )
    else:
        ran = host.run(
            ["wsl.exe", "-d", homes.distro, "-u", "root", "--exec", "sh", "-s"], stdin=script, timeout_s=_ROOT_TIMEOUT_S, cwd="/"
        )
    said = ran.err.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("wslcfg: ")
    labels = " and ".join(change.label for change in plan.files)
    if ran.failure or ran.code not in {0, root_script.CHANGED, root_script.RESTORED, root_script.TORN}:
        why = {"missing": "is not there", "timeout": "did not answer"}.get(ran.failure, f"ended with {ran.code}")
        hint = "Run the command as root, or with the other way of --root."
        raise Unreachable(
            f"{labels} was not written: {'sudo' if become == 'sudo' else 'wsl.exe -u root'} {why}. {said}".strip(), hint, code="no-root"
        )
    if ran.code == root_script.CHANGED:
        raise Conflict(said or f"{labels} changed since the plan was made.", "Look at it and run the command again.", code="changed")
    if ran.code == root_script.RESTORED:
        raise Unreachable(
            said or f"{labels} could not be written and is as it was.", "Free some space and run the command again.", code="not-written"
        )
    if ran.code == root_script.TORN:
        raise Unreachable(
            said or f"{labels} could not be put back.", "The old bytes are in the newest generation (wslcfg history).", code="torn"
        )
    for change in plan.files:
        if host.read(change.path) != change.after:
            raise Conflict(f"{change.label} is not what was just written to it.", "Another program changes it; look at it.", code="changed")


def _undo(store: Store, host: Host, generation: Generation, todo: Sequence[FileChange], cause: BaseException) -> None:
    """Put back what was written, newest first, and let the generation say so. Adds to `cause` what could not be put back."""
    left, undone = [], False
    for change in reversed(todo):
        try:
            if host.read(change.path) == change.after:
                put(host, change.path, change.before, mode=_mode_before(generation, change), expected=change.after)
                undone = True
        except WslcfgError as error:
            left.append(f"{change.label} could not be put back: {error.message}")
    if left:
        # It stays pending: the next run tries again with the same bytes.
        if isinstance(cause, WslcfgError):
            cause.message = f"{cause.message} {' '.join(left)}"
        return
    why = cause.message if isinstance(cause, WslcfgError) else type(cause).__name__
    try:
        store.update(generation._replace(state="undone" if undone else "abandoned", note=f"Not applied: {why}"))
    except WslcfgError:
        return  # no space even for that: it stays pending, and the next run finds the files as they were


def _mode_before(generation: Generation, change: FileChange) -> int | None:
    return next((record.before_mode for record in generation.records if record.path == change.path), None)


def _applied(store: Store, generation: Generation, host: Host, notes: tuple[str, ...], restart: Restart) -> Applied:
    backups, windows = [], None
    for record in generation.records:
        if record.before_file is None:
            continue
        backups.append(store.place(generation, record.before_file, shared=record.shared))
        if record.shared and windows is None and store.homes.shared_windows is not None:
            windows = f"{store.homes.shared_windows}\\history\\{generation.id}\\{record.before_file}"
    told = getattr(host, "in_place", {})
    places = [f"{record.label} was written in place, since {told[record.path]}." for record in generation.records if record.path in told]
    return Applied(True, generation.number, generation.id, tuple(backups), windows, tuple(places), notes, restart)
