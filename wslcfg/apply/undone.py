"""Act: what rollback.cmd and guard.cmd did while WSL was away becomes history: their copies of what they undid are imported as *bad*.

What they did itself becomes a rollback.
"""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta

from wslcfg import __version__
from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.generations import Store, file_names, new_id
from wslcfg.apply.lock import hold
from wslcfg.apply.recover import recover, where
from wslcfg.apply.trial import CONFIRMED, unmarked
from wslcfg.errors import WslcfgError
from wslcfg.host.atomic import digest
from wslcfg.host.port import Host
from wslcfg.host.process import boot_of
from wslcfg.model.plan import Danger, Plan

# The only file that both know.
LABEL = ".wslconfig"
WRITER = "rollback.cmd"
GUARD = "guard.cmd"
_ENDING = ".wslconfig"


def waiting(store: Store) -> tuple[str, ...]:
    """The copies that rollback.cmd left to be imported, oldest first (`undone\\1.wslconfig`)."""
    if store.homes.shared is None:
        return ()
    folder = os.path.join(store.homes.shared, "undone")
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_ENDING) and name.removesuffix(_ENDING).isdigit()]
    except OSError:
        return ()
    return tuple(os.path.join(folder, name) for name in sorted(names, key=lambda name: int(name.removesuffix(_ENDING))))


def take_in(store: Store, host: Host) -> tuple[str, ...]:
    """Import those copies; the lock must be held. Each step can be repeated, and a copy goes last: a kill loses nothing.

    Returns: a sentence for each. Raises Unreachable.
    """
    kept = unmarked(store)
    if kept is not None:
        store.update(kept._replace(state="good", note=CONFIRMED))
    notes = []
    for path in waiting(store):
        data = _bytes(path)
        if data is None:
            continue
        mine = [(item, record) for item in store.all().generations if item.in_effect for record in item.records if record.label == LABEL]
        same = [item for item, record in mine if record.after == digest(data)]
        if _happened(store, host, path, data, known=bool(same)):
            writer, text = _by(path)
            for item in same:
                store.update(item._replace(state="bad", note=text))
            if not same:
                old = mine[-1][1] if mine else None
                same = [_add(store, host, old, None, data, "bad", f"undone by {writer}", text, None, writer)]
            notes.append(f"Generation {same[-1].number} counts as bad from now on: {text}")
            notes += _as_rollback(store, host, data, writer)
        for gone in (path, _by_path(path)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(gone)
    return tuple(notes)


def _happened(store: Store, host: Host, path: str, data: bytes, *, known: bool) -> bool:
    """Whether a copy tells of something that was undone: not where the script ended between its copy and its work, or in the middle of the copy.

    A copy that is not whole is the beginning of what it is a copy of: the file itself, or the copy beside the file, which was made before it.
    """
    place = store.homes.paths.get(LABEL, "")
    now = host.read(place) if place else None
    if data == now:
        return False
    beside = host.read(f"{place}.undone-{os.path.basename(path).removesuffix(_ENDING)}") if place else None
    if known or data == beside:
        return True
    return bool(data) and not any(whole is not None and whole.startswith(data) for whole in (now, beside))


def started_well(store: Store, host: Host) -> None:
    """Mark the live generation good when WSL was started anew since and has its bytes still: then WSL starts with them.

    The boot id tells, not a clock: that generation was made in another life of the VM, which had to end for this one to begin.
    """
    trail = [(item, record) for item in store.all().generations if item.in_effect for record in item.records if record.label == LABEL]
    if not trail:
        return
    item, record = trail[-1]
    booted = boot_of(host)
    if item.state != "written" or not booted or item.boot_id in ("", booted):
        return
    if digest(host.read(where(store, record))) == (record.after or ""):
        store.update(item._replace(state="good", note=item.note or "WSL started with it."))


def ran_with(host: Host, path: str) -> bool:
    """Whether WSL has started with the file as it is: it was last written before the VM started, or is not there (WSL's defaults start)."""
    there = host.stat(path)
    if there is None:
        return True
    uptime = (host.read("/proc/uptime") or b"").split()[:1]
    try:
        return there.modified_at < host.now() - timedelta(seconds=float(uptime[0]))
    except (IndexError, ValueError):
        return False


def take_in_alone(store: Store, host: Host, *, command: str) -> tuple[str, ...]:
    """As `take_in`, with the lock taken for it; for commands that only look, which must not fail for it: the next apply tries again."""
    if not waiting(store) and unmarked(store) is None:
        return ()
    with (
        contextlib.suppress(WslcfgError),
        hold(store.homes.local, store.homes.shared, distro=store.homes.distro, command=command, wait_s=0.5),
    ):
        store.prepare()
        return (*recover(store, host), *take_in(store, host))
    return ()


def known_bad(store: Store, plan: Plan) -> tuple[Danger, ...]:
    """The danger of a plan that writes what is known to have failed; none as soon as the content is another, or was good since."""
    after = next((change.after for change in plan.files if change.shared and change.label == LABEL and change.after != change.before), None)
    if after is None:
        return ()
    wanted = digest(after)
    judged = [
        item
        for item in store.all().generations
        if item.state in ("good", "bad")
        for record in item.records
        if record.label == LABEL and record.after == wanted
    ]
    bad = [item for item in judged[-1:] if item.state == "bad"]
    if not bad and not any(digest(_bytes(path)) == wanted for path in waiting(store)):
        return ()
    which = f"the settings of generation {bad[0].number}, which" if bad else "settings that"
    hint = f"Change a value; what failed: wslcfg history show {bad[0].number}" if bad else "Change a value."
    text = f"These are {which} failed or were undone on Windows: WSL may not start with them."
    return (Danger("known-bad", text, hint),)


def _by_path(path: str) -> str:
    return f"{path.removesuffix(_ENDING)}.by"


def _by(path: str) -> tuple[str, str]:
    """Who left a copy, and what that says of it: the watchdog of a try (guard.cmd) has a line beside it, `guard.cmd unconfirmed`."""
    words = (_bytes(_by_path(path)) or b"").decode("ascii", "replace").split()
    if not words or words[0] != GUARD:
        return WRITER, f"{WRITER} undid it on Windows."
    return GUARD, {
        "never-answered": "A try of it failed: WSL did not answer, and its watchdog put the old file back.",
        "cut": "A try of it was cut before it was confirmed, and its watchdog put the old file back.",
    }.get(words[-1], "A try of it was not confirmed, and its watchdog put the old file back.")


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _as_rollback(store: Store, host: Host, undone: bytes, writer: str) -> list[str]:
    """Note the way back itself, where the file now is as some generation left it."""
    trail = [(item, record) for item in store.all().generations if item.in_effect for record in item.records if record.label == LABEL]
    path = where(store, trail[-1][1])
    now = host.read(path)
    back = [item for item, record in trail if (record.after or "") == digest(now)]
    if not back or (trail[-1][1].after or "") == digest(now):
        return []
    title = f"rollback to {back[-1].number}, by {writer}"
    entry = _add(store, host, trail[-1][1], undone, now, "written", title, "Done on Windows, without WSL.", back[-1].number, writer)
    return [f"The way back to generation {back[-1].number} is kept as generation {entry.number}."]


def _add(
    store: Store,
    host: Host,
    like: Record | None,
    before: bytes | None,
    after: bytes | None,
    state: str,
    title: str,
    note: str,
    back_to: int | None,
    writer: str,
) -> Generation:
    """A generation of `.wslconfig` alone: `foreign` keeps bytes (before equals after), a rollback leads from one to the other."""
    homes, now = store.homes, host.now()
    keeps = back_to is None
    first = after if keeps else before
    name = file_names([LABEL])[0]
    path = where(store, like) if like is not None else homes.paths.get(LABEL, "")
    record = Record(
        label=LABEL,
        path=path,
        windows_path=homes.windows_of(path),
        shared=True,
        as_root=False,
        before=None if first is None else digest(first),
        after=None if after is None else digest(after),
        before_file=None if first is None else f"{name}.before",
        after_file=None if after is None else f"{name}.after",
        restart="vm",
    )
    entry = Generation(
        id=new_id(now.timestamp(), homes.distro),
        number=store.next_number(),
        kind="foreign" if keeps else "rollback",
        made_at=now,
        title=title,
        command=writer,
        tool=__version__,
        distro=homes.distro,
        user=homes.user,
        boot_id=boot_of(host),
        state="pending",
        records=(record,),
        back_to=back_to,
        writer=writer,
        note=note,
    )
    entry = store.add(entry, [(first, after)])._replace(state=state)
    store.update(entry)
    return entry
