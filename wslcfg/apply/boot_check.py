"""Act: after a new boot, mark the generation in effect *good*, or write down that its limits did not take effect. Starts no process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from wslcfg.apply import lock
from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.generations import Store
from wslcfg.host import atomic
from wslcfg.host.port import Host
from wslcfg.model.facts import VmFacts
from wslcfg.model.inside import LIMITS_MISSED, SEEN_BOOT, parse_record
from wslcfg.model.wslfile import HostView
from wslcfg.plan.boot import Verdict, judge
from wslcfg.plan.labels import LABELS

# WSL makes the swap after it has started the distro; facts of WSL's own code say seconds.
_PAUSES_S = (0.5, 0.5, 1.0, 2.0, 4.0, 6.0, 6.0)


def seen(state: str, boot: str) -> bool:
    """Whether this boot was looked at already."""
    return _line(os.path.join(state, SEEN_BOOT)) == boot


def note_seen(state: str, boot: str) -> None:
    """Remember that this boot was looked at. Raises Unreachable."""
    atomic.replace(os.path.join(state, SEEN_BOOT), boot.encode() + b"\n", mode=0o600)


def missed(state: str) -> dict[str, str] | None:
    """The record of limits that did not take effect (`model.inside.LIMITS_MISSED`), None where there is none."""
    try:
        with open(os.path.join(state, LIMITS_MISSED), encoding="utf-8", errors="replace") as file:
            return parse_record(file.read())
    except OSError:
        return None


def check(
    store: Store, host: Host, path: str, state: str, view: HostView, look: Callable[[], VmFacts], pause: Callable[[float], None]
) -> tuple[Generation | None, Verdict]:
    """Hold the running VM against the newest generation of .wslconfig that is in effect.

    Args:
        path: .wslconfig as the host sees it. state: wslcfg's state folder on this disk. look: the VM as it is now. pause: waits so many seconds.

    Returns: the generation (None: there is none, or the file is somebody else's by now) and what was found.

    Raises:
        Conflict: another wslcfg writes the history. Unreachable: no permission, no space.
    """
    newest = newest_of(store)
    if newest is None:
        return None, Verdict("unknown", "There is no generation of .wslconfig yet.")
    generation, record = newest
    raw = host.read(path)
    if (atomic.digest(raw) or None) != record.after:
        return None, Verdict("unknown", f"The file was changed since generation {generation.number}.")
    found, boot = wait(host, path, raw, view, look, pause, generation)
    remember(store, host, state, generation, found, boot)
    return generation, found


def _restarted(generation: Generation, boot: str | None) -> bool | None:
    """Whether the VM was started anew since a generation was made, as the boot ids tell; None where they tell nothing.

    What was found, or done by others, says with its boot id only when it was noticed.
    """
    if generation.kind not in {"apply", "rollback"} or generation.writer or not generation.boot_id or not boot:
        return None
    return generation.boot_id != boot


def wait(
    host: Host,
    path: str,
    raw: bytes | None,
    view: HostView,
    look: Callable[[], VmFacts],
    pause: Callable[[float], None],
    generation: Generation | None,
) -> tuple[Verdict, str]:
    """Judge the VM (see `plan.boot.judge`), again and again for 20 s while its swap is still missing; with it the boot id, '' when unknown.

    Args: as in `check`; generation: the one that the file is, None for somebody else's file.
    """
    there = host.stat(path)
    modified_at = there.modified_at if there is not None else None
    vm = look()
    restarted = _restarted(generation, vm.boot_id.value) if generation is not None else None
    found = judge(raw, path, view, vm, modified_at, restarted=restarted)
    for seconds in _PAUSES_S:
        if not found.waiting:
            break
        pause(seconds)
        found = judge(raw, path, view, look(), modified_at, restarted=restarted)
    return found, vm.boot_id.value or ""


def remember(store: Store, host: Host, state: str, generation: Generation, found: Verdict, boot: str) -> bool:
    """Mark a generation good, or write down which limits it missed; nothing where that is not known. Whether it was marked now.

    Raises:
        Conflict: another wslcfg writes the history. Unreachable: no permission, no space.
    """
    marked = False
    if found.word == "good":
        if generation.state in {"written", "candidate"}:
            mark(store, generation, "good", command="boot check")
            marked = True
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(state, LIMITS_MISSED))
    elif found.word == "missed":
        _write_missed(state, generation, found, boot, host.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    return marked


def mark(store: Store, generation: Generation, word: str, *, command: str, note: str = "") -> None:
    """`Store.mark` under the lock. Raises Conflict, Refused, Unreachable."""
    homes = store.homes
    with lock.hold(homes.local, homes.shared, distro=homes.distro, command=command):
        store.mark(generation.number, word, note)


def newest_of(store: Store) -> tuple[Generation, Record] | None:
    """The newest generation of .wslconfig that is in effect, with its record of that file."""
    for generation in reversed(store.all().generations):
        if generation.in_effect:
            for record in generation.records:
                if record.label == LABELS["wslconfig"]:
                    return generation, record
    return None


def _write_missed(state: str, generation: Generation, found: Verdict, boot: str, at: str) -> None:
    rows: dict[str, object] = {
        "at": at,
        "boot": boot,
        "generation": generation.number,
        "expected-memory": found.expected_memory,
        "memory": found.memory,
        "expected-swap": found.expected_swap,
        "swap": found.swap,
        "why": found.why,
    }
    text = "".join(f"{key}={'' if value is None else value}\n" for key, value in rows.items())
    atomic.replace(os.path.join(state, LIMITS_MISSED), text.encode(), mode=0o600)


def _line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""
