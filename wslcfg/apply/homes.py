"""Think: where history lives, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wslcfg.model.record import NamedTuple


def no_windows_path(path: str) -> str | None:
    """For machines without a Windows side."""
    return None


class Homes(NamedTuple):
    """Where history lives, and whose it is.

    Attributes:
        local: `$XDG_STATE_HOME/wslcfg`, absolute. shared: `%LOCALAPPDATA%\\wslcfg` as this Linux sees it, None when there is none.
        distro, user: names for the records. shared_windows: the shared home as Windows writes it.
        windows_of: a path here as Windows writes it, None when it lies in the distro.
        paths: where shared files lie here, by label (`.wslconfig`): other distros may mount the drive elsewhere.
        windows: whether there is a Windows side at all; False where this is not WSL.
    """

    local: str
    shared: str | None
    distro: str
    user: str
    shared_windows: str | None = None
    windows_of: Callable[[str], str | None] = no_windows_path
    paths: Mapping[str, str] = {}
    windows: bool = True
