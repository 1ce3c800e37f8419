"""Act: what is remembered of backups in the state folder: the last that went well, the last failure, the last verification and pruning.

JSON, replaced whole; the launcher's due-check reads the time of `last-success` alone.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime, timedelta, timezone

from wslcfg.errors import WslcfgError
from wslcfg.host import atomic
from wslcfg.model.inside import LAST_BACKUP, LAST_FAILURE

# A note from the future (the clock was set back) says nothing.
_SKEW = timedelta(minutes=5)


def read(state: str, name: str) -> dict[str, object] | None:
    """A note; None when there is none, or none that can be read."""
    try:
        with open(os.path.join(state, name), "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write(state: str, name: str, now: datetime, **more: object) -> None:
    """Write a note with its time. Raises Unreachable."""
    whole = {"at": now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), **more}
    atomic.replace(os.path.join(state, name), json.dumps(whole, indent=1).encode() + b"\n", mode=0o600)


def succeeded(state: str, now: datetime, **more: object) -> None:
    """A backup went well: note it, and forget the last failure. Raises Unreachable."""
    write(state, LAST_BACKUP, now, **more)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(state, LAST_FAILURE))


def failed(state: str, now: datetime, error: WslcfgError) -> None:
    """A backup failed: note why. Where even that cannot be written, the error itself has to do."""
    with contextlib.suppress(WslcfgError, OSError):
        write(state, LAST_FAILURE, now, why=f"{error.message} {error.hint}", code=error.code)


def at(state: str, name: str) -> datetime | None:
    """When a note was written; None where there is none."""
    note = read(state, name) or {}
    try:
        found = datetime.fromisoformat(str(note.get("at")).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def due(state: str, name: str, now: datetime, every: timedelta) -> bool:
    """Whether it is time again: never done, done `every` ago, or done at a time that is still to come."""
    last = at(state, name)
    return last is None or now - last >= every or last - now > _SKEW
