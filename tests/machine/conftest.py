"""Recorded machines for the tests of this room: each opened with an overlay of its own, so that no test writes into the tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machine.watched import FOLDERS, WatchedHost


@pytest.fixture
def open_machine(tmp_path: Path) -> Callable[[str], WatchedHost]:
    """Opens a recorded machine by name; opening it again keeps what was written."""

    def opened(name: str) -> WatchedHost:
        folder = next(top / name for top in FOLDERS if (top / name).is_dir())
        return WatchedHost(folder, tmp_path / name)

    return opened
