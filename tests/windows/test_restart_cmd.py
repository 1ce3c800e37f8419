"""restart.cmd under a real cmd.exe (Wine's): started from the distro's side, with a stand-in for wsl.exe that writes down what it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.windows.wine import Interoperable, Windows
from wslcfg.apply.homes import Homes
from wslcfg.apply.restart import hand_over
from wslcfg.apply.restarted import FOLDER, printed
from wslcfg.host.port import Stat
from wslcfg.host.real import RealHost
from wslcfg.machine.interop import Interop
from wslcfg.machine.mounts import look_place

pytestmark = pytest.mark.slow

# What each way of calling wsl.exe does.
WSL = r"""@echo off
echo %*>>"%~dp0asked.txt"
if "%1"=="--shutdown" goto shutdown
if "%3"=="-u" exit /b 0
echo wsl: Unknown key 'wsl2.memroy' in C:\Users\ana\.wslconfig:3 1>&2
if not exist "%~dp0dead" echo 0f0f0f0f-1111-2222-3333-444444444444
exit /b 0
:shutdown
if not exist "%~dp0hangs" exit /b 0
if "%2"=="--force" exit /b 0
:hang
ping -n 2 127.0.0.1 >nul
if exist "%~dp0hangs" goto hang
exit /b 0
"""


class Shared(Interoperable):
    """A WSL whose Windows drive is this disk's own folder: what is written there is written for real."""

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        """Write a file of the Windows side."""
        RealHost().write(path, data, mode=mode, if_digest=if_digest)

    def remove(self, path: str, *, if_digest: str | None = None) -> None:
        """Remove a file of the Windows side."""
        RealHost().remove(path, if_digest=if_digest)

    def stat(self, path: str) -> Stat | None:
        """A file of the Windows side, else of the recording."""
        return RealHost().stat(path) if "/drive_c/users/" in path else super().stat(path)

    def list(self, path: str) -> tuple[str, ...]:
        """The same for a folder."""
        return RealHost().list(path) if "/drive_c/users/" in path else super().list(path)


class Desk:
    """A user of that Windows with a stand-in for wsl.exe, and the WSL that a restart is asked from."""

    def __init__(self, windows: Windows, folder: Path, name: str) -> None:
        self.profile = windows.user(name)
        self.shared = self.profile / "AppData/Local/wslcfg"
        self.shared.mkdir()
        self.tools = windows.drive / f"tools{len(list(windows.drive.glob('tools*')))}"
        self.tools.mkdir()
        self.wsl = self.tools / "wsl.cmd"
        self.wsl.write_bytes(WSL.replace("\n", "\r\n").encode("ascii"))
        host = windows.host(folder)
        self.host = Shared(Path(host.folder), windows.env | {"WINEPATH": windows.path(self.tools)})

    def restart(self, *, after: str = "", seconds: tuple[int, int] = (20, 20)) -> Path:
        """Hand a restart over; the state file."""
        interop = Interop(self.host, look_place(self.host))
        return Path(
            hand_over(
                self.host, interop, str(self.shared), distro="Debian (old)", user="ana", after=after, pause=time.sleep, seconds=seconds
            )
        )

    @property
    def asked(self) -> list[str]:
        """What wsl.exe was asked, in order."""
        log = self.tools / "asked.txt"
        return [line.strip() for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def desk(windows: Windows, tmp_path: Path) -> Callable[[str], Desk]:
    """A desk of a user with that name."""
    return lambda name: Desk(windows, tmp_path / "wsl", name)


def _until(state: Path, word: str) -> None:
    end = time.monotonic() + 60
    while not (state.exists() and state.read_text().strip() == word):
        assert time.monotonic() < end, (
            state.read_text() if state.exists() else "no state",
            sorted(one.name for one in state.parent.iterdir()),
        )
        time.sleep(0.1)


def test_shut_down_and_started_again(desk: Callable[[str], Desk]) -> None:
    """The VM is shut down, the distro is asked for its boot id, a terminal opens, and verify finds what WSL printed for that boot alone."""
    there = desk("Jose (&!) 100%TEMP% ana")
    state = there.restart(after="/home/ana & co/after-restart")
    _until(state, "restarted")
    start = '-d "Debian (old)" --exec /bin/cat /proc/sys/kernel/random/boot_id'
    assert there.asked[:2] == ["--shutdown", start]
    end = time.monotonic() + 20
    while len(there.asked) < 3 and time.monotonic() < end:
        time.sleep(0.1)
    assert there.asked[2:] == ['-d "Debian (old)" -u "ana" --exec /bin/sh "/home/ana & co/after-restart"']
    homes = Homes(str(there.host.folder), str(there.shared), "Debian", "ana")
    assert printed(homes, "0f0f0f0f-1111-2222-3333-444444444444") == ("Unknown key 'wsl2.memroy' in C:\\Users\\ana\\.wslconfig:3",)
    assert printed(homes, "another") is None
    _until(state, "restarted")
    assert not list((there.shared / FOLDER).glob("*.go"))


def test_a_shutdown_that_hangs_is_forced_and_a_dead_distro_is_told(desk: Callable[[str], Desk]) -> None:
    """After its seconds the shutdown is tried with --force; a distro that says nothing ends in the state `dead`, and no boot is claimed."""
    there = desk("bert")
    (there.tools / "hangs").touch()
    (there.tools / "dead").touch()
    state = there.restart(seconds=(2, 4))
    try:
        _until(state, "dead")
    finally:
        (there.tools / "hangs").unlink()
    assert there.asked[:2] == ["--shutdown", "--shutdown --force"]
    assert not (there.shared / FOLDER / "boot.txt").exists()
