"""Act: the way back that needs no WSL: scripts and a page in `%LOCALAPPDATA%\\wslcfg`, and an entry of the Start menu.

The scripts themselves lie in `resources/`; they read the same history folders as we do, so nothing has to be kept up to date for them.
"""

from __future__ import annotations

import json
import os
import struct
from importlib.machinery import SourceFileLoader
from zipimport import zipimporter

from wslcfg import __version__
from wslcfg.apply.homes import Homes
from wslcfg.errors import WslcfgError
from wslcfg.host import atomic
from wslcfg.model.version import newer

# Below `%LOCALAPPDATA%\wslcfg`; the one for a single generation lies in its folder (`generations.Store`).
FILES = ("rollback.cmd", "park.cmd", "README.txt")
HERE = "rollback-here.cmd"
# Beside them: {tool, distro} of whoever wrote them last, for the distros that share them can differ in version.
WRITTEN_BY = "written-by.json"

# What a person finds who types "WSL" or "undo".
ENTRY = "WSL - undo last settings change.lnk"
LEADS_TO = "%LOCALAPPDATA%\\wslcfg\\rollback.cmd"
_MENU = ("Roaming", "Microsoft", "Windows", "Start Menu", "Programs")


def place_rescue(homes: Homes) -> tuple[str, ...]:
    """Write what is missing or old of the rescue; nothing where there is no Windows side, or where all is there.

    Returns: a sentence when it could not be written. That is no reason to stop: the backup itself is in place.
    """
    if homes.shared is None:
        return ()
    by = os.path.join(homes.shared, WRITTEN_BY)
    # Another distro may have a newer wslcfg, whose files know what ours do: then only what is missing is ours to write.
    theirs = newer(_tool(by), __version__)
    menu = os.path.join(os.path.dirname(os.path.dirname(homes.shared)), *_MENU)
    try:
        wanted = [(os.path.join(homes.shared, name), resource(name)) for name in FILES]
        # Where the organisation keeps it elsewhere there is none here, and install.ps1 asks Windows for it.
        if os.path.isdir(menu):
            wanted.append((os.path.join(menu, ENTRY), shortcut(LEADS_TO)))
        for path, data in wanted:
            there = _read(path)
            if there is None or (there != data and not theirs):
                atomic.replace(path, data)
        if not theirs and _tool(by) != __version__:
            atomic.replace(by, json.dumps({"tool": __version__, "distro": homes.distro}).encode() + b"\n")
    except (OSError, WslcfgError) as error:
        return (f"The scripts for going back without WSL could not be written beside the backup: {error}",)
    return ()


def resource(name: str) -> bytes:
    """A file of `resources/`, from a folder or from inside wslcfg.pyz."""
    loader = __spec__.loader
    assert isinstance(loader, (SourceFileLoader, zipimporter))
    return loader.get_data(os.path.join(os.path.dirname(__file__), "resources", name))


def shortcut(target: str) -> bytes:
    r"""A Windows shortcut (.lnk) to a path with variables (`%LOCALAPPDATA%\wslcfg\rollback.cmd`), ASCII.

    The variables are why it is made by hand: a user's name may be one that no code page here can write. The form is [MS-SHLLINK]: a header
    with the flag HasExpString, no list of item ids, an EnvironmentVariableDataBlock, and an empty block that ends the file.
    """
    has_exp_string, is_unicode, normal_window = 0x200, 0x80, 1
    header = struct.pack(
        "<I16sII8s8s8sIIIHHII",
        0x4C,
        bytes.fromhex("0114020000000000c000000000000046"),  # the class id of a shortcut
        has_exp_string | is_unicode,
        0,
        *[bytes(8)] * 3,
        0,
        0,
        normal_window,
        0,
        0,
        0,
        0,
    )
    block = struct.pack("<II260s520s", 0x314, 0xA0000001, target.encode("ascii"), target.encode("utf-16-le"))
    return header + block + bytes(4)


def _tool(path: str) -> str:
    """The version that wrote the files, '' where nobody says."""
    try:
        said = json.loads(_read(path) or b"{}")
    except ValueError:
        return ""
    tool = said.get("tool") if isinstance(said, dict) else None
    return tool if isinstance(tool, str) else ""


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
