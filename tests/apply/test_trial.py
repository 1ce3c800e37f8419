"""A try as wslcfg sees it: the order in which a watchdog is armed, the file written and the word given, and what each failure leaves."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply import watchdog
from wslcfg.apply.trial import SAID, Times, Trial, latest, refuse_during, supersede
from wslcfg.apply.undone import take_in
from wslcfg.apply.watchdog import Setup, begin, check_revertible, confirm, decline
from wslcfg.errors import Conflict, Refused, Unreachable
from wslcfg.model.plan import Plan
from wslcfg.model.record import NamedTuple

SETUP = Setup("Ubuntu-24.04", "ana", "boot-before", "/home/ana/.local/bin/wslcfg", Times(300))
GUARD = Path(watchdog.__file__).parent / "resources" / watchdog.SCRIPT


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """OLD lies there, and nobody waits long."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    return made


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog that is not there need not be waited for here."""
    monkeypatch.setattr(watchdog, "ARM_S", 0.3)
    monkeypatch.setattr(watchdog, "GO_S", 0.3)


class Played(NamedTuple):
    """A watchdog that does just this: arm when started, begin when told, if it does that at all."""

    home: Home
    begins: bool = True
    spoils: bytes | None = None

    def start(self, script: str) -> None:
        """Arm, and wait beside."""
        folder = Path(script).parent
        self.state(folder, "armed")
        if self.spoils is not None:
            self.home.config.write_bytes(self.spoils)
        (folder / "armed").write_bytes(f"armed {folder.name}\r\n".encode())
        if self.begins:
            threading.Thread(target=self._wait, args=(folder,), daemon=True).start()

    def state(self, folder: Path, word: str) -> None:
        """Say how it stands."""
        (folder.parent / "state.txt").write_bytes(f"nonce={folder.name}\r\nstate={word}\r\n".encode())

    def _wait(self, folder: Path) -> None:
        end = time.monotonic() + 10
        while not (folder / "go").exists() and time.monotonic() < end:
            time.sleep(0.01)
        self.state(folder, "restarting")


def _begin(home: Home, played: Played) -> Trial:
    _, trial = begin(Plan("balanced", (home.change(NEW),)), home.host, home.homes(), SETUP, played.start, command="wslcfg apply --try 5")
    assert trial is not None
    return trial


def _folder(home: Home) -> Path:
    return next(path for path in (home.shared / "try").iterdir() if path.is_dir())


def test_what_the_watchdog_is_given(home: Home) -> None:
    """Its script as it ships, the bytes of before and after, ASCII lines that cmd.exe can read, and its word in the end."""
    trial = _begin(home, Played(home))
    folder = Path(trial.folder)
    assert (folder / f"guard-{trial.nonce}.cmd").read_bytes() == GUARD.read_bytes()
    assert ((folder / "before").read_bytes(), (folder / "after").read_bytes()) == (OLD, NEW)
    assert (folder / "go").read_bytes() == f"go {trial.nonce}\r\n".encode()
    told = dict(line.split("=", 1) for line in (folder / "try.txt").read_bytes().decode("ascii").split("\r\n") if line)
    assert (told["distro"], told["before"], told["after"], told["confirm_s"], told["generation"]) == (
        "Ubuntu-24.04", "before", "after", "300", "2",
    )  # fmt: skip
    assert home.config.read_bytes() == NEW


def test_every_word_of_the_script_is_known() -> None:
    """Each state that guard.cmd can write is one that we have a sentence for, and each of those is written by it or by us."""
    text = GUARD.read_text(encoding="ascii")
    written = {line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("call :state ")} - {"%outcome%"}
    written |= {line.partition("outcome=")[2].rstrip('"') for line in text.splitlines() if line.startswith('set "outcome=')}
    assert written == set(SAID)


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        (None, "", "did not start"),
        ("armed", "armed somebody-else", "did not start"),
        ("refused", "ping does not work", "ping does not work"),
    ],
    ids=["silent", "another", "refused"],
)
def test_not_armed(name: str | None, said: str, told: str, home: Home) -> None:
    """Before the watchdog has armed under its own name nothing is written: it is 3, with what it said, and one that comes late is stopped."""

    def start(script: str) -> None:
        if name is not None:
            Path(script).with_name(name).write_bytes(f"{said}\r\n".encode())

    with pytest.raises(Refused, match=told) as refused:
        begin(Plan("balanced", (home.change(NEW),)), home.host, home.homes(), SETUP, start, command="wslcfg apply --try 5")
    assert (refused.value.code, refused.value.exit_code) == ("not-armed", 3)
    assert (_folder(home) / "stop").exists() and not (_folder(home) / "go").exists()
    assert home.config.read_bytes() == OLD
    assert home.numbers() == []


def test_nobody_begins(home: Home) -> None:
    """A watchdog that armed and does not move when told: the file is written, which is said as an error with the way back, and it is stopped."""
    with pytest.raises(Unreachable, match="written") as gone:
        _begin(home, Played(home, begins=False))
    assert gone.value.code == "watchdog-gone"
    assert "wslcfg rollback" in gone.value.hint
    assert (_folder(home) / "stop").exists()
    assert home.config.read_bytes() == NEW


def test_what_cannot_be_written_stops_the_watchdog(home: Home) -> None:
    """A file that changed between the plan and the write: nothing is written, and the watchdog is told that no word will come."""
    with pytest.raises(Conflict):
        _begin(home, Played(home, spoils=b"# theirs\r\n"))
    assert (_folder(home) / "stop").exists()
    assert not (_folder(home) / "go").exists()
    assert home.config.read_bytes() == b"# theirs\r\n"


def test_a_start_that_fails_stops_it_too(home: Home) -> None:
    """Where no Windows program can be started nothing is written."""

    def start(script: str) -> None:
        raise Unreachable("No interop.", "Get some.")

    with pytest.raises(Unreachable):
        begin(Plan("balanced", (home.change(NEW),)), home.host, home.homes(), SETUP, start, command="wslcfg apply --try 5")
    assert (_folder(home) / "stop").exists()
    assert home.config.read_bytes() == OLD
    assert home.numbers() == []


def test_one_try_at_a_time(home: Home) -> None:
    """While a watchdog is at work a second try is refused; an older try's files go when the next one begins."""
    first = _begin(home, Played(home))
    with pytest.raises(Conflict):
        begin(Plan("again", (home.change(OLD),)), home.host, home.homes(), SETUP, Played(home).start, command="wslcfg apply --try 5")
    for _ in range(2):
        confirm(homes := home.homes(), home.host, "boot-after")
        home.config.write_bytes(OLD)
        _begin(home, Played(home))
    assert latest(homes) is not None
    assert not Path(first.folder).exists()
    assert len([path for path in (home.shared / "try").iterdir() if path.is_dir()]) == 2


def test_nothing_to_do_starts_nothing(home: Home) -> None:
    """A plan that is carried out already begins no try."""
    plan = Plan("balanced", (home.change(NEW),))
    home.config.write_bytes(NEW)

    def start(script: str) -> None:
        raise AssertionError("started")

    assert begin(plan, home.host, home.homes(), SETUP, start, command="wslcfg apply --try 5")[1] is None
    assert not (home.shared / "try").exists()


def test_only_what_windows_can_take_back(home: Home) -> None:
    """wsl.conf beside it, a name that cmd.exe would misread, and a machine without a Windows side are refused."""
    both = Plan("both", (home.change(NEW), home.own("Ubuntu", b"[boot]\n")))
    with pytest.raises(Refused, match="also writes /etc/wsl"):
        check_revertible(both, home.homes(), SETUP)
    with pytest.raises(Refused, match="distro named"):
        check_revertible(Plan("one", (home.change(NEW),)), home.homes(), SETUP._replace(distro="My & Distro"))
    with pytest.raises(Unreachable):
        check_revertible(Plan("one", (home.change(NEW),)), home.homes(shared=False), SETUP)


def test_a_program_with_an_odd_path_is_left_to_the_login_shell(home: Home) -> None:
    """What cmd.exe cannot pass on as it is does not come into its file."""
    odd = SETUP._replace(program='/home/josé/a b"&calc')
    begin(Plan("balanced", (home.change(NEW),)), home.host, home.homes(), odd, Played(home).start, command="wslcfg apply --try 5")
    assert b"program=\r\n" in (_folder(home) / "try.txt").read_bytes()


def test_who_renames_first_decides(home: Home) -> None:
    """After the watchdog has decided nobody confirms; after a yes a no is too late; a lock in others' hands does not lose a yes."""
    trial = _begin(home, Played(home))
    decline(home.homes(), "boot-after")
    confirm(home.homes(), home.host, "boot-after")
    with pytest.raises(Refused, match="confirmed already"):
        decline(home.homes(), "boot-after")
    assert os.path.exists(os.path.join(trial.folder, "kept"))
    store = home.store()
    store.mark(2, "written")
    assert take_in(store, home.host) == ()
    assert home.numbers()[1] == (2, "apply", "good")


def test_how_long_a_try_counts_as_running(home: Home) -> None:
    """As long as its watchdog can be at work, with half as much again, since a second of its is a ping; then it is cut, and gives way."""
    trial = _begin(home, Played(home))
    Played(home).state(Path(trial.folder), "asking")
    asking = latest(home.homes())
    assert asking is not None
    soon, late = asking.at + timedelta(seconds=320), asking.at + timedelta(seconds=1.5 * 360 + 61)
    assert asking.running(soon) and not asking.cut(soon)
    assert asking.cut(late) and "next log-on" in asking.sentence(late)
    with pytest.raises(Conflict):
        refuse_during(home.homes(), soon)
    refuse_during(home.homes(), late)
    assert supersede(home.homes(), soon) == ()
    assert len(supersede(home.homes(), late)) == 1
    assert not os.path.exists(os.path.join(trial.folder, "open"))
