"""The rescue on the Windows side, and what its scripts did, taken into history."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply import run, undone
from wslcfg.apply.rescue import ENTRY, FILES, HERE, resource
from wslcfg.apply.rollback import back_to
from wslcfg.apply.undone import known_bad, take_in, take_in_alone
from wslcfg.errors import Refused
from wslcfg.model.plan import Plan


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Generation 1 found OLD, 2 wrote NEW."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    made.apply(made.change(NEW))
    return made


def _undone_on_windows(home: Home, undone: bytes, now: bytes) -> None:
    """What rollback.cmd leaves: a copy of what it undid, and the older bytes in the file."""
    (home.shared / "undone").mkdir(exist_ok=True)
    (home.shared / "undone" / "1.wslconfig").write_bytes(undone)
    home.config.write_bytes(now)


@pytest.mark.parametrize("name", [*FILES, HERE, "guard.cmd"])
def test_what_windows_reads_is_ascii_with_crlf(name: str) -> None:
    """Cmd reads a batch file in the machine's code page and stumbles over bare line feeds after labels."""
    raw = resource(name)
    raw.decode("ascii")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 2
    assert not raw.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["rollback.cmd", HERE, "park.cmd", "guard.cmd", "restart.cmd"])
def test_no_path_goes_through_call(name: str) -> None:
    """Windows' cmd (Wine's does not) doubles `^` and expands `%` once more in what call is handed, and a user's name may have both."""
    paths = {
        "config",
        "home",
        "folder",
        "source",
        "that",
        "before",
        "after",
        "oldest",
        "kept",
        "queued",
        "failed",
        "USERPROFILE",
        "LOCALAPPDATA",
    }
    lines = [line for line in resource(name).decode().splitlines() if not line.startswith("rem ")]
    for call in (words for line in lines for words in re.findall(r"\bcall (.*)", line)):
        assert not set(re.findall(r"%(\w+)%", call)) & paths and "%~dp" not in call, call


def test_apply_leaves_the_way_back(home: Home) -> None:
    """After an apply the scripts lie beside the history and in the generation's folder; a broken one is renewed, a whole one is left."""
    for name in FILES:
        assert (home.shared / name).read_bytes() == resource(name)
    assert (home.shared / "history" / home.store().get(2).id / "rollback.cmd").read_bytes() == resource(HERE)
    (home.shared / "park.cmd").write_bytes(b"cut")
    before = (home.shared / "rollback.cmd").stat().st_ino
    home.apply(home.change(OLD))
    assert (home.shared / "park.cmd").read_bytes() == resource("park.cmd")
    assert (home.shared / "rollback.cmd").stat().st_ino == before


def test_no_windows_side_no_scripts(tmp_path: Path) -> None:
    """Where there is no Windows side nothing is left anywhere, and a change of the distro's own files leaves none either."""
    home = Home(tmp_path)
    home.apply(home.own("Ubuntu", b"[boot]\n"))
    home.apply(home.change(NEW), shared=False)
    assert not list(home.root.rglob("*.cmd"))


def test_the_start_menu_has_it(tmp_path: Path) -> None:
    """The shortcut goes where Windows looks for it, and its one block names rollback.cmd through a variable, never through a user's name."""
    home = Home(tmp_path)
    home.shared = home.profile / "AppData" / "Local" / "wslcfg"
    menu = home.profile / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs"
    menu.mkdir(parents=True)
    home.apply(home.change(NEW))
    raw = (menu / ENTRY).read_bytes()
    size, signature = struct.unpack_from("<I16s", raw)
    block, kind = struct.unpack_from("<II", raw, size)
    assert (size, signature.hex()) == (76, "0114020000000000c000000000000046")
    assert (block, kind) == (788, 0xA0000001)
    assert raw[size + 8 :].split(b"\0")[0] == b"%LOCALAPPDATA%\\wslcfg\\rollback.cmd"
    assert raw[size + 268 : size + 788].decode("utf-16-le").rstrip("\0") == "%LOCALAPPDATA%\\wslcfg\\rollback.cmd"
    assert raw[size + block :] == bytes(4)


def test_scripts_that_cannot_be_written_stop_nothing(home: Home) -> None:
    """The backup is what counts: where a script cannot be written, the change goes on and says so."""
    (home.shared / "README.txt").unlink()
    (home.shared / "README.txt").mkdir()
    done = home.apply(home.change(OLD))
    assert done.changed
    assert any("without WSL could not be written" in note for note in done.notes)


def test_what_was_undone_counts_as_bad(home: Home) -> None:
    """The bytes that rollback.cmd undid make their generation bad, the way back becomes a rollback, and importing twice changes nothing."""
    _undone_on_windows(home, NEW, OLD)
    notes = take_in_alone(home.store(), home.host, command="wslcfg history")
    assert "Generation 2 counts as bad" in notes[0]
    assert home.numbers() == [(1, "found", "candidate"), (2, "apply", "bad"), (3, "rollback", "written")]
    assert home.store().get(3).back_to == 1
    assert take_in_alone(home.store(), home.host, command="wslcfg history") == ()
    assert not list((home.shared / "undone").iterdir())


def test_undone_bytes_that_history_did_not_know(home: Home) -> None:
    """An edit by hand that rollback.cmd undid is kept with its bytes, as a bad generation."""
    broken = b"[wsl2]\nkernel=nowhere\n"
    _undone_on_windows(home, broken, NEW)
    home.apply(home.change(OLD))
    assert home.numbers()[2:] == [(3, "foreign", "bad"), (4, "rollback", "written"), (5, "apply", "written")]
    third = home.store().get(3)
    assert home.store().bytes_of(third, third.records[0], "after") == broken


@pytest.mark.parametrize("copy", [b"", NEW[:9], NEW], ids=["empty", "cut", "whole"])
def test_a_rollback_that_did_not_happen(home: Home, copy: bytes) -> None:
    """A copy of what is live still, whole or cut, tells of no rollback: nothing counts as bad, and the copy goes."""
    _undone_on_windows(home, copy, NEW)
    assert take_in_alone(home.store(), home.host, command="wslcfg history") == ()
    assert home.numbers() == [(1, "found", "candidate"), (2, "apply", "written")]
    assert not list((home.shared / "undone").iterdir())
    home.apply(home.change(OLD))


def test_a_copy_that_is_the_beginning_of_what_came_back(home: Home) -> None:
    """Undone settings may be the beginning of the older ones: whole they are where history, or the copy beside the file, has the same bytes."""
    short = OLD[:9]
    _undone_on_windows(home, short, OLD)
    (home.profile / ".wslconfig.undone-1").write_bytes(short)
    assert "Generation 3 counts as bad" in take_in_alone(home.store(), home.host, command="wslcfg history")[0]
    home.config.write_bytes(short + b"more")
    (home.shared / "undone" / "2.wslconfig").write_bytes(short)
    assert "Generation 3 counts as bad" in take_in_alone(home.store(), home.host, command="wslcfg history")[0]


def test_a_cut_copy_beside_a_later_edit(home: Home) -> None:
    """The copy beside the file was made first: a shorter one in the queue is not whole, whatever the file holds now."""
    edited = b"[wsl2]\nkernel=nowhere\n"
    _undone_on_windows(home, edited[:5], OLD)
    (home.profile / ".wslconfig.undone-1").write_bytes(edited)
    assert take_in_alone(home.store(), home.host, command="wslcfg history") == ()


def test_bad_settings_are_refused_until_they_change(home: Home) -> None:
    """The same bytes need --accept known-bad, before the import as after it; other bytes, and bytes that were good since, do not."""
    _undone_on_windows(home, NEW, OLD)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            home.apply(home.change(NEW))
        assert refused.value.code == "known-bad"
        assert home.config.read_bytes() == OLD
        take_in_alone(home.store(), home.host, command="wslcfg history")
    assert not known_bad(home.store(), Plan("other", (home.change(NEW + b"# other\r\n"),)))
    plan = back_to(home.store(), home.host, 2)
    run.apply(plan, home.host, home.homes(), command="wslcfg rollback 2", accepted=frozenset({"known-bad"}))
    assert home.config.read_bytes() == NEW
    home.store().mark(4, "good")
    home.apply(home.change(OLD))
    home.apply(home.change(NEW))
    assert home.config.read_bytes() == NEW


def test_an_import_can_be_cut_anywhere(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is deleted last: whatever step fails before, the next run imports it whole and once."""
    _undone_on_windows(home, NEW, OLD)
    store = home.store()
    monkeypatch.setattr(undone, "_as_rollback", lambda *_: (_ for _ in ()).throw(PermissionError("cut")))
    with pytest.raises(PermissionError):
        take_in(store, home.host)
    monkeypatch.undo()
    take_in_alone(store, home.host, command="wslcfg history")
    assert home.numbers() == [(1, "found", "candidate"), (2, "apply", "bad"), (3, "rollback", "written")]


def test_what_wsl_started_with_becomes_good(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generation of an earlier boot whose bytes are still there is good at the next apply; one of this boot, or one edited since, is not."""
    home.apply(home.change(OLD))
    assert home.numbers()[1] == (2, "apply", "written")
    monkeypatch.setattr(undone, "boot_of", lambda _: "another-boot")
    home.apply(home.change(NEW))
    assert home.numbers()[2:] == [(3, "apply", "good"), (4, "apply", "written")]
    home.config.write_bytes(b"# by hand\n")
    monkeypatch.setattr(undone, "boot_of", lambda _: "a-third-boot")
    home.apply(home.change(OLD))
    assert home.store().get(4).state == "written"
