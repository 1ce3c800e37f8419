"""One Wine prefix for all tests of the Windows side; each test makes a user of its own in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.windows.wine import Windows, fresh_folder, missing


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    """A Windows with a working cmd.exe; skips with the reason where there is none."""
    if why := missing():
        pytest.skip(why)
    folder = fresh_folder()
    made = Windows(folder)
    yield made
    made.end()
    shutil.rmtree(folder, ignore_errors=True)
