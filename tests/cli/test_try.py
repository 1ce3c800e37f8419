"""`apply --try` and `confirm` on practice laptops: what is refused, what is written when, and who may decide. The watchdog itself: tests/windows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from tests.cli.terminal import on_terminal
from wslcfg.cli.practice import PracticeHost
from wslcfg.host.process import boot_of

Machines = Callable[..., Laptop]
SHARED = "overlay/files/mnt/c/Users/ana/AppData/Local/wslcfg"
# A recorded machine answers what Windows would have started; the tests play that.
STARTS = """
[[run]]
argv = ['/mnt/c/Windows/System32/cmd.exe', '/d', '/c', 'start', '', '/b', 'cmd.exe', '/d', '/c', '*guard-*', '<nul', '>nul', '2>&1']
"""


def test_without_a_terminal(laptop: Machines, call: Call) -> None:
    """Nobody could confirm, so it is 7 and two lines, with --yes too, and nothing is written; a dry run needs nobody."""
    machine = laptop()
    before = machine.tree()
    for words in (("--yes",), ("--no-input",), ("--yes", "--json")):
        said = call("apply", "--try", "5", *words, *machine.flags)
        assert said.code == 7
    assert len(call("apply", "--try", "5", *machine.flags).err.splitlines()) == 2
    assert call("apply", "--try", "5", "--dry-run", *machine.flags).code == 0
    assert machine.tree() == before


@pytest.mark.parametrize("minutes", ["-1", "0", "1441", "soon"])
def test_odd_minutes(minutes: str, laptop: Machines, call: Call) -> None:
    """What is no number of minutes is a usage error, and nothing is written without the net that was asked for."""
    machine = laptop()
    before = machine.tree()
    assert call("apply", "--try", minutes, "--yes", *machine.flags).code == 2
    assert machine.tree() == before


def test_what_windows_cannot_take_back(laptop: Machines, asked: Asked, tmp_path: Path) -> None:
    """A plan that writes wsl.conf too is refused before anything is asked; so is a try where no Windows program can be started."""
    machine = laptop()
    profile = tmp_path / "both.toml"
    profile.write_text('schema = 1\nextends = "balanced"\n[wslconf]\nnetwork.hostname = "laptop"\n')
    said = asked("apply", profile, "--try", "5", "--dry-run", *machine.flags)
    assert (said["exit_code"], said["errors"][0]["code"]) == (3, "not-revertible")
    assert "/etc/wsl.conf" in said["errors"][0]["message"]
    said = asked("apply", "--try", "5", "--dry-run", "--host-ram", "16GB", *laptop("no-interop").flags)
    assert (said["exit_code"], said["errors"][0]["code"]) == (5, "no-interop")


@pytest.mark.slow
def test_no_windows_behind_it(laptop: Machines) -> None:
    """On a practice laptop nothing can be started that would take it back: 5, and the file is as it was."""
    machine = laptop()
    before = machine.wslconfig.read_bytes()
    code, shown = on_terminal(["apply", "--try", "5", "--yes", *machine.flags], b"", [])
    assert code == 5, shown
    assert "recorded machine" in shown
    assert machine.wslconfig.read_bytes() == before


@pytest.mark.slow
def test_a_try(laptop: Machines, call: Call) -> None:
    """Asked once; nothing is written before the watchdog is armed; then it gets its word, and the person knows what comes."""
    machine = laptop()
    with (machine.folder / "runs.toml").open("a") as file:
        file.write(STARTS)
    before = machine.wslconfig.read_bytes()
    seen: list[bytes] = []
    playing = threading.Thread(target=_guard, args=(machine, seen), daemon=True)
    playing.start()
    code, shown = on_terminal(["apply", "--try", "5", *machine.flags], b"\r", ["restart WSL now?"])
    playing.join(10)
    assert code == 0, shown
    assert seen == [before]
    assert b"memory=10GB" in machine.wslconfig.read_bytes()
    assert "within 5 minutes the old file comes back" in shown
    assert "wsl --shutdown" not in shown
    assert "runs: WSL is being restarted" in call("history", *machine.flags).err


@pytest.fixture
def trying(laptop: Machines, asked: Asked) -> Laptop:
    """Settings were applied, WSL restarted, and a watchdog waits for an answer."""
    machine = laptop()
    applied = asked("apply", "--yes", *machine.flags)["data"]
    _lay(machine, applied["generation"], "asking")
    return machine


def test_confirm(trying: Laptop, asked: Asked) -> None:
    """Kept: the generation is good, twice is once, and status and history say how the try ended."""
    assert asked("status", *trying.flags)["data"]["try"]["state"] == "asking"
    done = asked("confirm", *trying.flags)["data"]
    assert (done["state"], done["generation"], done["try"]["state"]) == ("kept", 2, "kept")
    assert asked("confirm", *trying.flags)["data"]["state"] == "kept"
    history = asked("history", *trying.flags)
    assert [item["state"] for item in history["data"]["generations"]] == ["good", "good"]
    assert history["data"]["try"]["state"] == "kept"
    assert "was confirmed" in asked("status", *trying.flags)["messages"][0]["text"]


def test_meanwhile_nobody_else_writes(trying: Laptop, asked: Asked) -> None:
    """set, unset and rollback say that a try runs and what to do, and change nothing; other files are none of its business."""
    before = trying.wslconfig.read_bytes()
    for words in (("rollback", "--yes"), ("set", "wsl2.swap=4GB", "--yes"), ("unset", "wsl2.swap", "--yes")):
        said = asked(*words, *trying.flags)
        assert (said["exit_code"], said["errors"][0]["code"]) == (6, "try-running"), said
        assert "wslcfg confirm" in said["errors"][0]["hint"]
    assert trying.wslconfig.read_bytes() == before
    assert asked("set", "wsl.conf:network.hostname=laptop", "--yes", *trying.flags)["errors"][0]["code"] == "needs-root"


def test_a_try_that_is_over(trying: Laptop, asked: Asked) -> None:
    """One whose watchdog has gone keeps nobody from writing, and can do nothing any more at the next log-on; confirm comes too late then."""
    _lay(trying, 2, "asking", ago_s=3600)
    assert asked("status", *trying.flags)["data"]["try"]["state"] == "stopped"
    assert asked("rollback", "--yes", *trying.flags)["exit_code"] == 0
    assert asked("history", *trying.flags)["data"]["try"]["state"] == "superseded"
    assert not (trying.folder / SHARED / "try/ab12/open").exists()
    assert asked("confirm", *trying.flags)["errors"][0]["code"] == "no-try"


def test_it_is_too_late_to_confirm(trying: Laptop, asked: Asked) -> None:
    """Once the watchdog has decided it is 8: applied, and rolled back."""
    os.rename(trying.folder / SHARED / "try/ab12/open", trying.folder / SHARED / "try/ab12/undone")
    assert asked("confirm", *trying.flags)["exit_code"] == 8


def test_nothing_to_confirm(laptop: Machines, trying: Laptop, asked: Asked, call: Call) -> None:
    """Without a try, before WSL was restarted, and with a question that nobody can answer: 3, 3 and 7."""
    assert asked("confirm", *laptop("practice-32gb").flags)["errors"][0]["code"] == "no-try"
    assert call("confirm", "--ask", *trying.flags).code == 7
    _lay(trying, 2, "asking", boot=_boot(trying))
    assert asked("confirm", *trying.flags)["errors"][0]["code"] == "not-restarted"


def test_state_files_of_others(trying: Laptop, asked: Asked) -> None:
    """Whatever lies there, status works, and a state that is none counts as no try."""
    state = trying.folder / SHARED / "try/state.txt"
    for text in (b"", b"\xff\xfe", b"nonce=../../x\r\nstate=kept\r\n", b"nonce=ab12\r\nstate=odd\r\n", b"nonce=cd34\r\nstate=asking\r\n"):
        state.write_bytes(text)
        assert asked("status", *trying.flags)["data"]["try"] is None


@pytest.mark.slow
def test_the_window_asks(trying: Laptop) -> None:
    """`confirm --ask` shows what is tried and until when; Enter is a no, which the watchdog is told."""
    code, shown = on_terminal(["confirm", "--ask", *trying.flags], b"\r", ["Keep these settings?"])
    assert code == 0, shown
    assert "wsl2.memory: 8gb -> 10GB" in shown
    assert (trying.folder / SHARED / "try/ab12/no").exists()
    assert (trying.folder / SHARED / "try/ab12/open").exists()


def _lay(machine: Laptop, generation: int, state: str, *, ago_s: int = 0, boot: str = "another") -> None:
    """Lay out the files of a try as wslcfg and its watchdog do, that far before the machine's own time."""
    top = machine.folder / SHARED / "try"
    (top / "ab12").mkdir(parents=True, exist_ok=True)
    rows = {"nonce": "ab12", "distro": "Ubuntu-24.04", "user": "ana", "boot": boot, "generation": generation, "confirm_s": 300}
    (top / "ab12/try.txt").write_bytes("".join(f"{key}={value}\r\n" for key, value in rows.items()).encode())
    (top / "ab12/open").touch()
    (top / "state.txt").write_bytes(f"nonce=ab12\r\nstate={state}\r\n".encode())
    when = PracticeHost(machine.folder).now().timestamp() - ago_s
    os.utime(top / "state.txt", (when, when))


def _guard(machine: Laptop, seen: list[bytes]) -> None:
    """Play the watchdog: arm, note what the file is then, begin when told."""
    end = time.monotonic() + 60
    while not (found := list((machine.folder / SHARED / "try").glob("*/guard-*.cmd"))) and time.monotonic() < end:
        time.sleep(0.02)
    folder = found[0].parent
    seen.append(machine.wslconfig.read_bytes())
    (folder / "armed").write_bytes(f"armed {folder.name}\r\n".encode())
    while not (folder / "go").exists() and time.monotonic() < end:
        time.sleep(0.02)
    (folder.parent / "state.txt").write_bytes(f"nonce={folder.name}\r\nstate=restarting\r\n".encode())


def _boot(machine: Laptop) -> str:
    return boot_of(PracticeHost(machine.folder))
