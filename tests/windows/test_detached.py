"""What is started from the distro and goes on when that is gone, under a real cmd.exe (Wine's)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.windows.wine import Windows
from wslcfg.apply.detached import start_detached
from wslcfg.machine.interop import Interop
from wslcfg.machine.mounts import look_place

pytestmark = pytest.mark.slow

SCRIPT = """@echo off
cd /d "%~dp0"
echo %1>began
:wait
ping -n 2 127.0.0.1 >nul
if not exist go goto wait
echo went>ended
"""


def test_a_script_outlives_the_process_that_interop_made(windows: Windows, tmp_path: Path) -> None:
    """From a folder whose name means things to cmd, with its word; it is still there when the cmd.exe that interop started has ended."""
    profile = windows.user("José (&!) 100%PATH% 李")
    (profile / "copy-1f.cmd").write_bytes(SCRIPT.replace("\n", "\r\n").encode("ascii"))
    host = windows.host(tmp_path / "wsl")
    start_detached(Interop(host, look_place(host)), str(profile / "copy-1f.cmd"), "word-1")
    _wait_for(profile / "began")
    assert (profile / "began").read_text().split() == ["word-1"]
    (profile / "go").touch()
    _wait_for(profile / "ended")


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end, f"{path.name} never came"
        time.sleep(0.05)
