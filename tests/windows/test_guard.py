"""guard.cmd, the watchdog of `apply --try`, under a real cmd.exe (Wine's), with a batch file for wsl.exe: every way that a try can end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.apply.practice import NEW, OLD
from tests.windows.laptop import Laptop
from tests.windows.wine import Windows
from wslcfg.apply import watchdog
from wslcfg.apply.detached import start_detached
from wslcfg.apply.restarted import printed
from wslcfg.apply.run import Applied
from wslcfg.apply.trial import Times, Trial, latest
from wslcfg.errors import Conflict, Refused, RolledBack
from wslcfg.machine.interop import Interop
from wslcfg.machine.mounts import look_place
from wslcfg.model.plan import Plan

pytestmark = pytest.mark.slow

RUN_ONCE = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce"
# One person is logged on at a time.
LOG_ON = threading.Lock()
# Another VM than the one that the try has ended.
AFTER = "boot-after"

WSL = """@echo off
echo %*>>"%T_VM%\\calls"
if "%~1"=="--shutdown" goto shutdown
if exist "%T_VM%\\hangs" ping -n 30 127.0.0.1 >nul
if exist "%T_VM%\\dead" goto dead
if "%~3"=="-u" goto window
echo wsl: Unknown key 'wsl2.nonsense' in C:\\Users\\ana\\.wslconfig:3 1>&2
for /f "tokens=2 delims=; " %%A in ("%~6") do echo %%A
echo boot-after
exit /b 0
:shutdown
if not "%~2"=="--force" if exist "%T_VM%\\busy" ping -n 30 127.0.0.1 >nul
exit /b 0
:dead
echo Error code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_CONNECTION_TIMEOUT
exit /b 1
:window
echo %*>"%T_VM%\\window"
"""


class Tried(Laptop):
    """A laptop on which settings are tried, and the VM that a batch file plays."""

    def __init__(self, windows: Windows, root: Path) -> None:
        super().__init__(windows, root)
        self.config.write_bytes(OLD)
        self.vm = self.drive_folder("vm")
        (windows.tools / "wsl.cmd").write_bytes(WSL.replace("\n", "\r\n").encode("ascii"))
        self.wsl = windows.host(root / "wsl")
        self.wsl.session |= {"T_VM": windows.path(self.vm), "WINEPATH": f"Z:{windows.tools}".replace("/", "\\")}

    def drive_folder(self, name: str) -> Path:
        """A folder of this person."""
        folder = self.profile / name
        folder.mkdir()
        return folder

    def start(self, script: str, *words: str) -> None:
        """Start a script as wslcfg does."""
        start_detached(Interop(self.wsl, look_place(self.wsl)), script, *words)

    def start_as_me(self, script: str) -> None:
        """As `start`, by this person, who alone is logged on until the script has said something."""
        with LOG_ON:
            self.windows.log_in(self.profile)
            self.start(script)
            end = time.monotonic() + 60
            while not any(Path(script).with_name(name).exists() for name in ("armed", "refused")) and time.monotonic() < end:
                time.sleep(0.02)

    def begin(self, start: Callable[[str], None] | None = None, **times: int) -> tuple[Applied, Trial | None]:
        """Try NEW; this person has logged on to Windows."""
        return self.begin_as_is(start or self.start_as_me, **times)

    def begin_as_is(self, start: Callable[[str], None] | None = None, **times: int) -> tuple[Applied, Trial | None]:
        """Try NEW, whoever has logged on to Windows."""
        given = {"confirm_s": 600, "answer_s": 20, "again_s": 1, "force_s": 20, "locked_s": 2, "go_s": 20} | times
        setup = watchdog.Setup("Ubuntu-24.04", "ana", "boot-before", "/home/ana/.local/bin/wslcfg", Times(**given))
        plan = Plan("balanced", (self.change(NEW),))
        return watchdog.begin(plan, self.host, self.homes(), setup, start or self.start, command="wslcfg apply --try 1")

    def trial(self) -> Trial:
        """The try as wslcfg reads it, once there is one."""
        end = time.monotonic() + 30
        while (found := latest(self.homes())) is None:
            assert time.monotonic() < end
            time.sleep(0.05)
        return found

    def log_on(self) -> None:
        """This person logs on to Windows."""
        self.windows.log_in(self.profile)
        self.windows.boot(self.wsl.session)

    def comes_to(self, *states: str, seconds: float = 60) -> Trial:
        """Wait until the try is in one of these states."""
        end = time.monotonic() + seconds
        while (trial := self.trial()).state not in states:
            assert time.monotonic() < end, f"{trial.state}; {self.calls()}"
            time.sleep(0.05)
        return trial

    def over(self) -> None:
        """Wait until the watchdog has gone; its entry for the next log-on must have gone with it."""
        end = time.monotonic() + 60
        while self.watchdogs():
            assert time.monotonic() < end
            time.sleep(0.1)
        assert self.trial().nonce not in self.windows.registry(RUN_ONCE)

    def watchdogs(self) -> list[int]:
        """Processes that run this try's script as the watchdog itself, not as one of its parts."""
        name = f"guard-{self.trial().nonce}.cmd"
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                except OSError:
                    continue
                if any(name in word for word in words) and not any(word in words for word in ("say", "window", "query", "shutdown")):
                    found.append(int(folder.name))
        return found

    def says(self, name: str) -> str:
        """Wait for what wsl.exe has to say in a file."""
        end = time.monotonic() + 30
        while not ((self.vm / name).exists() and (said := (self.vm / name).read_text())):
            assert time.monotonic() < end, f"no {name}; {self.calls()}"
            time.sleep(0.05)
        return said

    def calls(self) -> list[str]:
        """How wsl.exe was called."""
        place = self.vm / "calls"
        return [line.strip() for line in place.read_text().splitlines()] if place.exists() else []

    def shutdowns(self) -> int:
        """How often WSL was shut down."""
        return sum(call.startswith("--shutdown") for call in self.calls())


class Tries(NamedTuple):
    """Tries begun at the same time, so that they wait at the same time; what becomes of each is a test's business."""

    kept: Tried
    declined: Tried
    killed: Tried
    unconfirmed: Tried
    never: Tried
    hanging: Tried
    held: Tried


@pytest.fixture(scope="module")
def tries(windows: Windows, patience: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tries]:
    """All of them: three wait for a person, the others for nobody; the settings file of the last one can be written by nobody any more."""
    made = Tries(*[Tried(windows, tmp_path_factory.mktemp("try")) for _ in Tries._fields])
    made.killed.config.unlink()
    made.unconfirmed.config.rename(made.unconfirmed.profile / "dotfiles")
    made.unconfirmed.config.symlink_to(made.unconfirmed.profile / "dotfiles")
    (made.never.vm / "dead").touch()
    (made.hanging.vm / "busy").touch()
    (made.hanging.vm / "hangs").touch()
    times = {
        made.unconfirmed: {"confirm_s": 1},
        made.hanging: {"force_s": 1, "answer_s": 2},
        made.held: {"confirm_s": 3, "locked_s": 1},
    }

    def begin(laptop: Tried) -> None:
        laptop.begin(**times.get(laptop, {}))
        if laptop is made.held:
            laptop.hold()

    with ThreadPoolExecutor(len(made)) as together:
        for begun in [together.submit(begin, laptop) for laptop in made]:
            begun.result()
    yield made
    made.held.let_go()


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A busy machine may take long to start Wine's programs; how long people wait is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watchdog, "ARM_S", 60.0)
        patch.setattr(watchdog, "GO_S", 60.0)
        yield


@pytest.fixture
def laptop(windows: Windows, tmp_path: Path) -> Tried:
    """OLD lies there."""
    return Tried(windows, tmp_path)


def test_kept(tries: Tries) -> None:
    """WSL restarts once, the distro answers, a window asks, the person confirms: the new file stays and counts as good."""
    laptop = tries.kept
    assert laptop.config.read_bytes() == NEW
    asking = laptop.comes_to("asking")
    assert (asking.generation, asking.running(laptop.host.now())) == (2, True)
    assert laptop.says("window").split() == [
        "-d", '"Ubuntu-24.04"', "-u", '"ana"', "--exec", '"/home/ana/.local/bin/wslcfg"', "confirm", "--ask",
    ]  # fmt: skip
    with pytest.raises(Conflict, match="confirm"):
        laptop.apply(laptop.change(OLD))
    with pytest.raises(Refused, match="not restarted"):
        watchdog.confirm(laptop.homes(), laptop.host, "boot-before")
    watchdog.confirm(laptop.homes(), laptop.host, AFTER)
    assert printed(laptop.homes(), AFTER) == ("Unknown key 'wsl2.nonsense' in C:\\Users\\ana\\.wslconfig:3",)
    laptop.over()
    assert laptop.trial().state == "kept"
    assert laptop.config.read_bytes() == NEW
    assert laptop.numbers()[1:] == [(2, "apply", "good")]
    assert laptop.shutdowns() == 1


def test_a_no_ends_it_at_once(tries: Tries) -> None:
    """Who answers no need not wait; what somebody wrote into the file meanwhile stays as it is."""
    laptop = tries.declined
    laptop.comes_to("asking")
    edited = NEW + b"# by hand\r\n"
    laptop.config.write_bytes(edited)
    watchdog.decline(laptop.homes(), AFTER)
    laptop.comes_to("changed")
    laptop.over()
    assert laptop.config.read_bytes() == edited


def test_a_watchdog_that_is_killed(tries: Tries) -> None:
    """A log-off ends it; at the next log-on Windows starts the rest of it: there was no file at first, and there is none again."""
    laptop = tries.killed
    laptop.comes_to("asking")
    for pid in laptop.watchdogs():
        with contextlib.suppress(ProcessLookupError):  # what had started it ends by itself
            os.kill(pid, signal.SIGKILL)
    laptop.log_on()
    laptop.comes_to("cut")
    laptop.over()
    assert laptop.beside() == [".wslconfig.undone-1"]
    assert laptop.shutdowns() == 1
    # What took its place since is nothing that the rest of it may touch.
    folder = Path(laptop.trial().folder)
    (folder.parent / "state.txt").write_bytes(f"nonce={folder.name}\r\nstate=asking\r\n".encode())
    laptop.config.write_bytes(NEW)
    (folder / "undone").rename(folder / "superseded")
    laptop.start(str(folder / f"guard-{folder.name}.cmd"), "finish")
    end = time.monotonic() + 30
    while b"superseded" not in (folder.parent / "state.txt").read_bytes():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert laptop.config.read_bytes() == NEW


def test_answered_but_not_confirmed(tries: Tries) -> None:
    """The old file comes back through its link, WSL is not shut down again, the new one is kept and known as bad; it is too late to confirm."""
    laptop = tries.unconfirmed
    laptop.comes_to("unconfirmed")
    laptop.over()
    assert laptop.config.is_symlink()
    assert laptop.config.resolve().read_bytes() == OLD
    assert (laptop.profile / ".wslconfig.undone-1").read_bytes() == NEW
    assert laptop.shutdowns() == 1
    with pytest.raises(RolledBack):
        watchdog.confirm(laptop.homes(), laptop.host, AFTER)
    laptop.apply(laptop.change(b"[wsl2]\r\nmemory=9GB\r\n"))
    assert laptop.numbers()[1:] == [(2, "apply", "bad"), (3, "rollback", "written"), (4, "apply", "written")]
    assert laptop.store().get(2).note.startswith("A try of it was not confirmed")
    assert laptop.store().get(3).writer == "guard.cmd"
    assert not list((laptop.shared / "undone").iterdir())


def test_never_answered(tries: Tries) -> None:
    """Three starts that fail: the old file comes back, WSL is shut down again, so that the next start has it, and no window asks."""
    laptop = tries.never
    laptop.comes_to("never-answered")
    laptop.over()
    assert laptop.config.read_bytes() == OLD
    assert [call.split()[0] for call in laptop.calls()] == ["--shutdown", "-d", "-d", "-d", "--shutdown"]
    assert not (laptop.vm / "window").exists()


def test_a_wsl_that_hangs(tries: Tries) -> None:
    """A shutdown that hangs is forced, and a start that never comes back is not waited for."""
    laptop = tries.hanging
    laptop.comes_to("never-answered")
    laptop.over()
    assert laptop.config.read_bytes() == OLD
    # Beside the first question at the latest: a busy machine may not be done with it in the one second that it has here.
    assert laptop.calls()[0] == "--shutdown"
    assert "--shutdown --force" in laptop.calls()[:3]


def test_a_file_that_is_held(tries: Tries) -> None:
    """What cannot be put back now is put back at the next log-on; until then nothing counts as undone."""
    laptop = tries.held
    laptop.comes_to("locked")
    assert laptop.config.read_bytes() == NEW
    assert laptop.beside() == [".wslconfig"]
    assert not list((laptop.shared / "undone").iterdir())
    laptop.let_go()
    laptop.log_on()
    laptop.comes_to("cut")
    laptop.over()
    assert laptop.config.read_bytes() == OLD


def test_never_armed(laptop: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an armed watchdog nothing is written; one that comes late, or that sees another person's file, says so and goes."""
    monkeypatch.setattr(watchdog, "ARM_S", 0.5)
    late: list[str] = []
    with pytest.raises(Refused, match="did not start") as refused:
        laptop.begin(late.append)
    assert refused.value.code == "not-armed"
    assert laptop.config.read_bytes() == OLD
    assert laptop.numbers() == []
    laptop.start_as_me(late[0])
    laptop.comes_to("dropped")
    laptop.over()
    monkeypatch.setattr(watchdog, "ARM_S", 60.0)
    laptop.config.chmod(0o444)
    with pytest.raises(Refused, match="read-only"):
        laptop.begin()
    laptop.config.chmod(0o644)
    laptop.windows.log_in(laptop.windows.user(f"{laptop.profile.name} other"))
    with pytest.raises(Refused, match="does not see the same"):
        laptop.begin_as_is()
    assert laptop.config.read_bytes() == OLD
    assert laptop.calls() == []
