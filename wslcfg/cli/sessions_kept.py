"""Where the originals of repaired sessions are kept, and for how long. The timers ask this too, so it imports no reader of transcripts."""

from __future__ import annotations

from datetime import datetime

from wslcfg.apply.generations import Store
from wslcfg.apply.homes import Homes
from wslcfg.apply.prune import forget
from wslcfg.cli.backups import Backups
from wslcfg.cli.place import Place

# Below wslcfg's state folder. The big history is for settings: a rollback of those must never put a session back to an older one.
HISTORY = "session-repairs"
# So long a repair can be taken back; the newest one always can.
KEEP_DAYS = 90


def place_of(backups: Backups) -> Place:
    """Where the originals are kept: this distro alone knows its sessions."""
    return Place("", "", "", Homes(local=f"{backups.state}/{HISTORY}", shared=None, distro="linux", user="", windows=False))


def forget_old(backups: Backups, now: datetime, *, dry_run: bool = False) -> tuple[int, int]:
    """Forget repairs that nobody will take back any more; how many, and their bytes. Raises Conflict, Unreachable."""
    return forget(Store(place_of(backups).homes), now=now, keep_days=KEEP_DAYS, dry_run=dry_run)
