"""Look: what restart.cmd left on the Windows side: the boot that it started, and what WSL printed then."""

from __future__ import annotations

import os

from wslcfg.apply.homes import Homes

# Below `%LOCALAPPDATA%\\wslcfg`. The boot id as the new VM said it, and what wsl.exe said to the client that started it.
FOLDER, BOOT, SAID = "restart", "boot.txt", "said.txt"
# More is not WSL's: a few lines, each a warning.
_MOST = 64 * 1024


def printed(homes: Homes, boot: str) -> tuple[str, ...] | None:
    """The warnings that WSL printed when it started this boot (`wsl: …`, in the language of Windows), None where nobody kept them.

    They are printed once a VM, to whoever starts it, so only a restart of ours has them for sure.
    """
    if homes.shared is None or not boot:
        return None
    if _text(os.path.join(homes.shared, FOLDER, BOOT)).strip() != boot:
        return None
    said = _text(os.path.join(homes.shared, FOLDER, SAID))
    return tuple(line[4:].strip() for line in said.splitlines() if line.startswith("wsl:"))


def _text(path: str) -> str:
    """A text that a Windows program wrote, UTF-8 or UTF-16; '' where there is none."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_MOST)
    except OSError:
        return ""
    return raw.decode("utf-16-le" if b"\0" in raw else "utf-8", "replace").lstrip("\ufeff")
