"""Act: the single file that an upgrade came from lies on the Windows side afterwards, so that the other distros upgrade from it, offline."""

from __future__ import annotations

import contextlib
import hashlib
import os

from wslcfg.apply.homes import Homes
from wslcfg.apply.installed import Offer
from wslcfg.errors import WslcfgError
from wslcfg.host import atomic

# Where install.ps1 puts it too.
FOLDER, NAME = "install", "wslcfg.pyz"


def share(homes: Homes, offered: Offer) -> tuple[str, ...]:
    """Copy a wslcfg.pyz to the Windows side. Returns a sentence when that could not be done, which is no reason to stop."""
    if homes.shared is None or offered.kind != "pyz":
        return ()
    place = os.path.join(homes.shared, FOLDER, NAME)
    if os.path.realpath(place) == os.path.realpath(offered.path):
        return ()
    try:
        with open(offered.path, "rb") as file:
            data = file.read()
        # The digest goes first and comes last: between the two there is none, and nobody compares with an old one.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{place}.sha256")
        atomic.replace(place, data)
        atomic.replace(f"{place}.sha256", f"{hashlib.sha256(data).hexdigest()}  {NAME}\n".encode("ascii"))
    except (OSError, WslcfgError) as error:
        return (f"The file could not be kept on the Windows side for other distros: {error}",)
    return ()
