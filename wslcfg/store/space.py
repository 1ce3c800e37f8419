"""Look: whether there is room for a backup, in the distro and on the Windows drive that holds its disk.

The distro's own disk says how large it may become, not what Windows has left: a terabyte free in it may be five gigabytes in truth.
"""

from __future__ import annotations

import os

from wslcfg.errors import Unreachable
from wslcfg.model.record import NamedTuple


class Floors(NamedTuple):
    """Bytes that must stay free: in the distro, where a full disk stops everything, and on Windows, where it stops WSL."""

    inside: int = 1 << 30
    windows: int = 5 << 30


def check(repo: str, windows_drive: str | None, floors: Floors, more: int = 0) -> None:
    """Raise Unreachable unless both have their floor free, or twice what is still to come (`more` bytes) where that is more."""
    for place, floor, whose in ((repo, floors.inside, "in the distro"), (windows_drive, floors.windows, "on the Windows drive")):
        if not place:
            continue
        try:
            there = os.statvfs(place)
        except OSError:
            continue  # not mounted now: nothing can be said of it
        free, needed = there.f_bavail * there.f_frsize, max(floor, 2 * more)
        if free < needed:
            raise Unreachable(
                f"Too little room for a backup {whose}: {free >> 20} MB free at {place}, {needed >> 20} MB needed. The backups made so far are whole.",
                "Free some space there, or run 'wslcfg sessions prune', and run the command again.",
                code="no-space",
            )
