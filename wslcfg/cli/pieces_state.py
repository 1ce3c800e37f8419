"""What `status` says of the pieces inside the distro: which are there and whole, what `claude` is in a fresh shell, how the backups stand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from wslcfg.cli.ground import Ground, look_ground
from wslcfg.cli.install import refreshed
from wslcfg.cli.shared import Json
from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.inside.components import COMPONENTS
from wslcfg.inside.resolve import Resolved, resolve
from wslcfg.machine import reading
from wslcfg.model.facts import Machine
from wslcfg.model.inside import LAST_BACKUP, LAST_FAILURE
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message
from wslcfg.ui.words import ago, count, listing

# From here on a backup that is missing is worth a warning.
_LATE = timedelta(days=1)


class State(NamedTuple):
    """For `status`: its part of the data, lines for a person, messages, and whether something is off."""

    data: Json
    lines: tuple[str, ...]
    messages: tuple[Message, ...]
    off: bool


def look_state(host: Host, machine: Machine) -> State:
    """Look at the pieces, the shells and the backups."""
    ground = look_ground(host, machine)
    messages: list[Message] = []
    pieces, lines, off = _pieces(ground, messages)
    found: tuple[Resolved, ...] = ()
    if "shims" in ground.there and not isinstance(host, RecordedHost):
        found = resolve(host, ground.around)
        bare = [f"{one.how} {one.shell}" for one in found if one.path is not None and not one.shim and one.how != "non-interactive"]
        if bare:
            messages.append(Message("warning", f"claude is not the shim in {listing(bare)}: it starts there without a limit."))
    data: Json = {"pieces": pieces, "resolves": [one._asdict() for one in found]}
    if found:
        lines.append("claude in a fresh shell: " + "; ".join(_resolved(one) for one in found))
    backup, said = _backup(ground, messages)
    data["backup"] = backup
    lines += said
    return State(data, tuple(lines), tuple(messages), off)


def _pieces(ground: Ground, messages: list[Message]) -> tuple[list[Json], list[str], bool]:
    """Which components are there, and what a refresh would change of them."""
    if not ground.there:
        return [], [], False
    try:
        plan = refreshed(ground).plan
    except WslcfgError as error:
        messages.append(Message("warning", f"The pieces could not be compared: {error.message}"))
        return [{"name": name, "whole": None} for name in _ordered(ground)], [f"Pieces: {listing(_ordered(ground))}"], True
    names = _ordered(ground)
    if plan.files:
        what = listing([change.label for change in plan.files]) if len(plan.files) < 4 else count(len(plan.files), "file")
        messages.append(Message("warning", f"Not as installed: {what}; `wslcfg install --refresh` mends it."))
    drift: list[Json] = [{"path": change.path, "missing": change.before is None} for change in plan.files]
    rows: list[Json] = [{"name": name, "whole": not drift} for name in names]
    if drift:
        rows[0]["changed"] = drift
    return rows, [f"Pieces: {listing(names)}{'' if not drift else ' (not as installed)'}"], bool(drift)


def _ordered(ground: Ground) -> list[str]:
    return [one.name for one in COMPONENTS if one.name in ground.there]


def _resolved(one: Resolved) -> str:
    what = one.why or ("the shim" if one.shim else one.path or "not found")
    return f"{one.how} {one.shell}: {what}"


def _backup(ground: Ground, messages: list[Message]) -> tuple[Json | None, list[str]]:
    """The last backup that went well, the last failure, and the mirror."""
    good, bad = _note(ground, LAST_BACKUP), _note(ground, LAST_FAILURE)
    if good is None and bad is None and "backup-timer" not in ground.there:
        return None, []
    now, lines = ground.host.now(), []
    at = _time(good)
    if at is not None:
        lines.append(f"Last backup: {ago(at, now)}")
    if "backup-timer" in ground.there and (at is None or now - at > _LATE):
        since = "There is no backup of agent sessions yet." if at is None else f"The last backup of agent sessions is from {ago(at, now)}."
        messages.append(Message("warning", f"{since} `wslcfg sessions backup` makes one."))
    if bad is not None:
        messages.append(Message("warning", f"The last try of a backup failed: {bad.get('why', 'unknown why')}"))
    mirror = (good or {}).get("mirror")
    if isinstance(mirror, dict) and (mirror.get("behind") or mirror.get("error")):
        behind = mirror.get("behind")
        lacks = f" lacks {count(behind, 'file')}" if isinstance(behind, int) and behind else " is behind"
        messages.append(
            Message("warning", f"The mirror {mirror.get('path')}{lacks}: {mirror.get('error') or 'they come with the next backup'}")
        )
    return {"last_success": good, "last_failure": bad}, lines


def _note(ground: Ground, name: str) -> Json | None:
    text = reading.text(ground.host, f"{ground.around.state}/{name}")
    try:
        found = json.loads(text) if text.strip() else None
    except ValueError:
        return {"why": f"{name} cannot be read"}
    return found if isinstance(found, dict) else None


def _time(note: Json | None) -> datetime | None:
    try:
        return datetime.fromisoformat(str((note or {}).get("at", "")).replace("Z", "+00:00"))
    except ValueError:
        return None
