"""Look: how this wslcfg was installed, and which version a file or a clone would bring. The layout is install.sh's."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile

from wslcfg.errors import Refused, Unreachable, Unreadable
from wslcfg.model.record import NamedTuple

_VERSION = re.compile(rb'^__version__ = "([0-9A-Za-z.+-]+)"', re.MULTILINE)
_INIT = "wslcfg/__init__.py"
# Folders by which other installers are known: pipx, `uv tool`, and the cache that wslcfg.pyz unpacks itself into.
_OTHERS = (("pipx", "/pipx/venvs/"), ("uv", "/uv/tools/"), ("pyz", "/wslcfg/pyz/"))


class Installed(NamedTuple):
    """How the running wslcfg lies on this disk.

    Attributes:
        kind: `own` (install.sh), `pipx`, `uv`, `pyz` (the file itself), `other` (a clone, an environment of somebody's).
        environment: for `own`: the folder below `versions/`. data: `$XDG_DATA_HOME/wslcfg`.
    """

    kind: str
    environment: str
    data: str


class Offer(NamedTuple):
    """What an upgrade would install: `kind` is `pyz`, `wheel` or `clone`."""

    path: str
    kind: str
    version: str


def look_installed(package: str, data: str) -> Installed:
    """Tell by where the package lies. Args: package: the folder of the running wslcfg. data: `$XDG_DATA_HOME/wslcfg`."""
    place = os.path.realpath(package)
    versions = os.path.join(os.path.realpath(data), "versions")
    if place.startswith(versions + "/"):
        return Installed("own", os.path.join(versions, place[len(versions) + 1 :].split("/")[0]), data)
    kind = next((kind for kind, mark in _OTHERS if mark in place), "other")
    return Installed(kind, "", data)


def offer(path: str) -> Offer:
    """What a file or a clone holds.

    Raises:
        Unreachable: it is not there, or may not be read. Unreadable: it is no wslcfg. Refused: its digest is not the one that lies beside it.
    """
    if os.path.isdir(path):
        return Offer(path, "clone", _version(_read(os.path.join(path, _INIT)), path))
    kind = "wheel" if path.endswith(".whl") else "pyz"
    listed = f"{path}.sha256"
    if os.path.exists(listed):
        wanted = (_read(listed).split() or [b""])[0].decode("ascii", "replace").lower()
        found = hashlib.sha256(_read(path)).hexdigest()
        if wanted != found:
            raise Refused(f"{path} has the digest {found}, and should have '{wanted}'.", "Fetch it again.", code="wrong-digest")
    try:
        with zipfile.ZipFile(path) as archive:
            init = archive.read(_INIT)
            if (damaged := archive.testzip()) is not None:
                raise Unreadable(f"{path} is damaged at {damaged}.", "Fetch it again.", code="damaged")
    except FileNotFoundError as error:
        raise Unreachable(f"There is no file {path}.", "Name a wslcfg.pyz, a wheel or a clone with --from.", code="no-file") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}.", "Copy it to your home folder.", code="no-file") from error
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise Unreadable(f"{path} is cut, or no wslcfg.", "Fetch it again, or name another file.", code="no-wslcfg") from error
    return Offer(path, kind, _version(init, path))


def _version(init: bytes, path: str) -> str:
    found = _VERSION.search(init)
    if found is None:
        raise Unreadable(f"{path} is no wslcfg: it has no version.", "Name a wslcfg.pyz, a wheel or a clone with --from.", code="no-wslcfg")
    return found[1].decode("ascii")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise Unreachable(f"There is no {path}.", "Name a wslcfg.pyz, a wheel or a clone with --from.", code="no-file") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}.", "Copy it to your home folder.", code="no-file") from error
