"""Look: what is in a folder, and whether one that should be there can be reached at all."""

from __future__ import annotations

import os

from wslcfg.errors import Unreachable
from wslcfg.host.atomic import unreachable


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing where there is none.

    Raises:
        Unreachable: it is there by name and cannot be read: a link that leads nowhere (a drive that is not mounted), no permission, an I/O error.
    """
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError) as error:
        link = folder
        while not os.path.lexists(link):
            link = os.path.dirname(link)
        if os.path.islink(link) and not os.path.exists(link):
            raise Unreachable(
                f"{folder} cannot be read: {link} leads to {os.path.realpath(link)}, which is not there.",
                "Mount what it lies on, or repair the link, and run the command again.",
                code="no-folder",
            ) from error
        return []
    except OSError as error:
        raise unreachable(error, folder, "read") from error
