"""What the launcher's tests share: a home with the pieces in it, and a call of the launcher under each shell that people have as sh."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.source import PACKAGE
from wslcfg.model.inside import CONF, parse_record

RESOURCES = PACKAGE / "inside" / "resources"
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash", "--posix"]}


class Home:
    """A person's home with the pieces as `install` places them."""

    def __init__(self, root: Path, shell: list[str]) -> None:
        self.root = root
        self.shell = shell
        self.data = root / ".local/share/wslcfg/inside"
        self.state = root / ".local/state/wslcfg"
        self.conf = root / ".config/wslcfg" / CONF
        self.bin = root / "bin"
        for folder in (self.data / "shims", self.conf.parent, self.bin):
            folder.mkdir(parents=True)
        for name in ("launcher", "watcher", "wrapper", "stub"):
            shutil.copy(RESOURCES / f"{name}.sh", self.data / name)
        shutil.copy(RESOURCES / "shim.sh", self.data / "shims/claude")
        self.launcher = self.data / "launcher"
        self.settings()

    @property
    def env(self) -> dict[str, str]:
        """The environment of a call."""
        return {"HOME": str(self.root), "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}

    def settings(self, *lines: str, backup: tuple[str, ...] = ()) -> None:
        """Write CONF."""
        self.conf.write_text("\n".join(["[launcher]", "session-max = 4294967296", *lines, "[backup]", *backup, ""]))

    def program(self, name: str, text: str, folder: Path | None = None) -> Path:
        """Write a program; a text without a shebang is the body of a Python script."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text.startswith("#!") else f"#!{sys.executable}\n{text}")
        path.chmod(0o755)
        return path

    def run(
        self, *words: str | Path, script: Path | None = None, env: dict[str, str] | None = None, **more
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts (the launcher) under this home's shell to its end."""
        argv = [*self.shell, str(script or self.launcher), *map(str, words)]
        given = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60, "check": False, "cwd": self.root, **more}
        return subprocess.run(argv, env=self.env | (env or {}), **given)

    def open(self, *words: str | Path, **more) -> subprocess.Popen[str]:
        """Start the launcher and leave it running."""
        return subprocess.Popen([*self.shell, str(self.launcher), *map(str, words)], env=self.env, text=True, cwd=self.root, **more)

    def live(self, pid: int) -> dict[str, str]:
        """The record of a live program, as soon as its watcher has written it."""
        path = self.state / "launch/live" / str(pid)
        soon(path.exists)
        return parse_record(path.read_text())

    def reports(self, which: str = "new") -> list[dict[str, str]]:
        """The reports that are there."""
        return [parse_record(path.read_text()) for path in sorted((self.state / "launch/reports" / which).glob("[!.]*"))]


def soon(what: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is so; a busy machine may take its time."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def has_manager() -> bool:
    """Whether a systemd user manager would give this test a real limit."""
    return Path(f"/run/user/{os.getuid()}/systemd/private").exists() or (os.getuid() == 0 and Path("/run/systemd/private").exists())


@pytest.fixture(params=list(SHELLS))
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home whose launcher runs under one of the shells."""
    shell = SHELLS[request.param]
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not here (Debian package {shell[0]}; make test installs it where it may)")
    return Home(tmp_path / "a home", shell)


@pytest.fixture
def one_home(tmp_path: Path) -> Home:
    """A home whose launcher runs under this machine's sh."""
    return Home(tmp_path / "a home", ["/bin/sh"])
