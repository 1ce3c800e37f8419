"""A person of that Windows, with a distro: what tests of the scripts there begin with."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apply.practice import Home
from tests.windows.wine import Said, Windows

_count = itertools.count(1)


class Laptop(Home):
    """A user of that Windows, whose name no code page holds and whose signs mean something to cmd; and a distro."""

    def __init__(self, windows: Windows, root: Path) -> None:
        super().__init__(root)
        self.windows = windows
        self.profile = windows.user(f"José (&!^) 李 {next(_count)}")
        self.config = self.profile / ".wslconfig"
        self.shared = self.profile / "AppData/Local/wslcfg"

    def rollback(self, *words: str, folder: Path | None = None) -> Said:
        """Run rollback.cmd, without an argument as a double click does."""
        return self.windows.run(self.profile, (folder or self.shared) / "rollback.cmd", *words)

    def park(self, *words: str) -> Said:
        """Run park.cmd."""
        return self.windows.run(self.profile, self.shared / "park.cmd", *words)

    def beside(self) -> list[str]:
        """The names of the settings file and of what was kept beside it."""
        return sorted(path.name for path in self.profile.iterdir() if path.name.startswith(".wslconfig"))

    def hold(self) -> None:
        """Keep everybody from writing the settings file, as a program that has it open does."""
        if subprocess.run(["chattr", "+i", self.config], capture_output=True, check=False).returncode:
            pytest.skip("chattr +i does not work on this file system, and only it keeps root's Wine from writing")

    def let_go(self) -> None:
        """Let it be written again."""
        subprocess.run(["chattr", "-i", self.config], capture_output=True, check=False)

    @contextlib.contextmanager
    def stuck(self) -> Iterator[None]:
        """The settings file cannot be written meanwhile."""
        self.hold()
        try:
            yield
        finally:
            self.let_go()
