"""What every test gets: a home folder of its own, fast tests before slow ones, and property tests without a clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: the machines that run this are shared, and a slow minute is no bug. The same examples each time; `make fuzz` looks for new ones.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None)
settings.load_profile("fuzz" if os.environ.get("WSLCFG_TEST_FUZZ") else "house")

# What would let a person's own settings or another wslcfg into a test.
_FOREIGN = (
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "PYTHONPATH",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow tests last, so that a small mistake shows within seconds; the order is otherwise kept."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the run a home folder of its own: no test reads or writes the person's."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        # pip's cache and settings stay: they are how this machine reaches packages, not what is tested.
        cache, pip_conf = Path.home() / ".cache/pip", Path.home() / ".config/pip/pip.conf"
        if cache.is_dir() and "PIP_CACHE_DIR" not in os.environ:
            patch.setenv("PIP_CACHE_DIR", str(cache))
        if pip_conf.is_file() and "PIP_CONFIG_FILE" not in os.environ:
            patch.setenv("PIP_CONFIG_FILE", str(pip_conf))
        for name in [*_FOREIGN, *(name for name in os.environ if name.startswith("WSLCFG_"))]:
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        patch.setenv("TERM", "xterm-256color")
        yield home
