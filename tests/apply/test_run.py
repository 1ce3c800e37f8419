"""Carrying a plan out: backup first, guards, dangers, undo, and what the history says afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply.generations import Store
from wslcfg.apply.run import apply
from wslcfg.errors import Conflict, NeedsTerminal, Refused, Unreachable
from wslcfg.host.port import Ran, Stat
from wslcfg.host.real import RealHost
from wslcfg.model.plan import Danger, FileChange, Plan


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a `.wslconfig`."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    return made


def test_the_first_change_keeps_what_was_found_and_the_second_changes_nothing(home: Home) -> None:
    """Generation 1 holds the very first bytes; applying the same again writes nothing at all."""
    applied = home.apply(home.change(NEW))
    assert (applied.changed, applied.generation, applied.restart, applied.in_place) == (True, 2, "vm", ())
    assert home.config.read_bytes() == NEW
    assert home.numbers() == [(1, "found", "candidate"), (2, "apply", "written")]
    first, second = home.store().all().generations
    assert home.store().bytes_of(first, first.records[0], "after") == OLD
    assert home.store().bytes_of(second, second.records[0], "before") == OLD
    assert [Path(path).read_bytes() for path in applied.backups] == [OLD]
    assert applied.windows_backup == f"C:\\Users\\ana\\AppData\\Local\\wslcfg\\history\\{applied.id}\\wslconfig.before"
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*")}
    again = home.apply(home.change(NEW), home.change(NEW, before=OLD))
    assert (again.changed, again.generation) == (False, None)
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*")} == before


def test_an_absent_file_is_made_and_removed(home: Home) -> None:
    """Absent is a state like any other, in the history too."""
    home.config.unlink()
    assert home.apply(home.change(NEW)).backups == ()
    home.apply(home.change(None))
    assert not home.config.exists()
    records = [item.records[0] for item in home.store().all().generations]
    assert [(record.before_file, record.after_file) for record in records] == [
        (None, None),
        (None, "wslconfig.after"),
        ("wslconfig.before", None),
    ]


def test_a_dry_run_writes_nothing(home: Home) -> None:
    """It says that something would change; no lock, no folder, no file."""
    applied = apply(Plan("x", (home.change(NEW),)), home.host, home.homes(), command="", dry_run=True)
    assert (applied.changed, applied.generation) == (True, None)
    assert sorted(path.name for path in home.root.rglob("*")) == [".wslconfig", "ana"]


def test_a_file_that_changed_since_is_a_conflict_before_anything_is_written(home: Home) -> None:
    """The plan was shown for other bytes: nobody said yes to this; also for the second file of a plan, and in a dry run."""
    own = home.own("Ubuntu", b"[boot]\nsystemd=true\n")
    stale = home.change(NEW, before=b"[wsl2]\n")
    for dry in (True, False):
        with pytest.raises(Conflict) as caught:
            apply(Plan("x", (own, stale)), home.host, home.homes(), command="", dry_run=dry)
        assert caught.value.exit_code == 6
    assert home.config.read_bytes() == OLD
    assert not Path(own.path).exists()
    assert home.numbers() == []


def test_dangers_need_their_own_yes(home: Home) -> None:
    """A forbidden danger is refused whatever is accepted; another one by its own id alone."""
    plan = Plan(
        "x", (home.change(NEW),), dangers=(Danger("starves-windows", "Windows gets 1 GB."), Danger("swap-full", "The disk is full."))
    )
    with pytest.raises(Refused) as caught:
        apply(plan, home.host, home.homes(), command="", accepted=frozenset({"swap-full"}))
    assert "--accept starves-windows" in caught.value.hint and "swap-full" not in caught.value.hint
    forbidden = Plan("x", plan.files, dangers=(Danger("no-kernel", "WSL would not start.", forbidden=True),))
    with pytest.raises(Refused, match="would not start"):
        apply(forbidden, home.host, home.homes(), command="", accepted=frozenset({"no-kernel"}))
    assert home.config.read_bytes() == OLD
    applied = apply(plan, home.host, home.homes(), command="", accepted=frozenset({"starves-windows", "swap-full"}))
    assert applied.changed


def test_an_edit_by_others_is_kept_and_named(home: Home) -> None:
    """The WSL Settings app rewrote the file: its bytes become a generation of their own before ours."""
    home.apply(home.change(NEW))
    foreign = b"# mine\r\n[wsl2]\r\nmemory=5368709120\r\n"
    home.config.write_bytes(foreign)
    applied = home.apply(home.change(OLD))
    assert home.numbers()[2:] == [(3, "foreign", "written"), (4, "apply", "written")]
    kept = home.store().get(3)
    assert home.store().bytes_of(kept, kept.records[0], "after") == foreign
    assert home.store().bytes_of(kept, kept.records[0], "before") == NEW
    assert kept.writer == "the WSL Settings app"
    assert "kept as generation 3" in applied.notes[0]


class _Failing(RealHost):
    """A machine on which one file cannot be written."""

    def __init__(self, path: str, error: BaseException) -> None:
        super().__init__()
        self.path, self.error = path, error

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        if path == self.path:
            raise self.error
        super().write(path, data, mode=mode, if_digest=if_digest)


@pytest.mark.parametrize("error", [Unreachable("No space.", "Free some."), KeyboardInterrupt()])
def test_a_failure_in_the_middle_puts_back_what_was_written(home: Home, error: BaseException) -> None:
    """Three files, the third fails or the person presses Ctrl-C: the made one is gone, the changed one is old, the history says undone."""
    made, last = home.own("Ubuntu", b"new\n", "made"), home.own("Ubuntu", b"last\n", "last")
    plan = Plan("x", (made, home.change(NEW), last))
    with pytest.raises(type(error)):
        apply(plan, _Failing(last.path, error), home.homes(), command="")
    assert home.config.read_bytes() == OLD
    assert not Path(made.path).exists() and not Path(last.path).exists()
    assert home.numbers()[-1] == (2, "apply", "undone")
    assert home.apply(*plan.files).generation == 3


def test_a_failure_at_the_first_file_is_abandoned(home: Home) -> None:
    """Nothing was written, so nothing was undone; the reason stands in the history."""
    with pytest.raises(Unreachable):
        apply(Plan("x", (home.change(NEW),)), _Failing(str(home.config), Unreachable("No space.", "")), home.homes(), command="")
    assert home.numbers()[-1] == (2, "apply", "abandoned")
    assert home.store().get(2).note == "Not applied: No space."


def test_links_and_hard_links(home: Home) -> None:
    """A linked dotfile keeps its link; a hard link is written in place, and that is said."""
    dotfiles = home.root / "dotfiles"
    dotfiles.mkdir()
    os.rename(home.config, dotfiles / "wslconfig")
    home.config.symlink_to(dotfiles / "wslconfig")
    assert home.apply(home.change(NEW)).in_place == ()
    assert home.config.is_symlink() and (dotfiles / "wslconfig").read_bytes() == NEW
    os.link(dotfiles / "wslconfig", home.root / "twin")
    applied = home.apply(home.change(OLD))
    assert "was written in place, since it has 2 hard links" in applied.in_place[0]
    assert (home.root / "twin").read_bytes() == OLD


def test_numbers_are_unique_over_distros_and_bytes_stay_at_home(home: Home) -> None:
    """Debian's wsl.conf is registered for all by number, but its bytes are in Debian alone; `.wslconfig` is everybody's."""
    home.apply(home.change(NEW))
    home.apply(home.own("Debian", b"[boot]\n"), distro="Debian")
    assert home.apply(home.change(OLD)).generation == 5
    assert home.numbers() == home.numbers("Debian")
    debians = home.store().get(4)
    assert (debians.distro, debians.records[0].label) == ("Debian", "/etc/wsl.conf")
    assert not list(home.shared.rglob("wsl.conf.*"))
    with pytest.raises(Refused, match="Debian, another distro"):
        home.store().bytes_of(debians, debians.records[0], "after")
    ubuntus = home.store("Debian").get(2)
    assert home.store("Debian").bytes_of(ubuntus, ubuntus.records[0], "after") == NEW


def test_history_goes_on_without_the_windows_side(home: Home) -> None:
    """The shared home is away for a while: the history stays here and is registered later, renumbered where another distro took the number."""
    home.apply(home.change(NEW))
    alone = home.apply(home.own("Ubuntu", b"[boot]\n"), shared=False)
    assert "not reachable" in alone.notes[-1]
    home.apply(home.change(OLD), distro="Debian")
    applied = home.apply(home.change(NEW))
    numbers = [item.number for item in home.store().all().generations]
    assert sorted(set(numbers)) == numbers and len(numbers) == 6
    assert "is now number" in " ".join(applied.notes)
    assert all(item.registered for item in home.store().all().generations)
    assert [item.number for item in home.store("Debian").all().generations] == numbers


class _NotRoot(RealHost):
    """A machine where `/etc` is not ours and `sudo` is this very shell."""

    def __init__(self, locked: str, answer: Ran | None = None) -> None:
        super().__init__()
        self.locked, self.answer, self.asked = locked, answer, [[""]]

    def stat(self, path: str) -> Stat | None:
        there = super().stat(path)
        if there is None or not path.startswith(self.locked):
            return there
        return Stat(there.kind, there.size, there.mode, there.modified_at, there.links, there.real, False)

    def on_terminal(self, argv: Sequence[str], *, stdin: bytes | None = None) -> Ran:
        self.asked.append(list(argv))
        if self.answer is not None:
            return self.answer
        ran = subprocess.run(["sh", "-s"], input=stdin, capture_output=True)
        return Ran(ran.returncode, ran.stdout, ran.stderr)


def _root_plan(home: Home) -> tuple[Plan, Path]:
    etc = home.root / "Ubuntu" / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    conf = etc / "wsl.conf"
    conf.write_bytes(b"[boot]\n")
    change = FileChange("/etc/wsl.conf", str(conf), b"[boot]\n", b"[boot]\nsystemd=true\n", restart="distro", as_root=True)
    return Plan("x", (change, home.change(NEW))), conf


def test_roots_files_are_written_by_one_script(home: Home) -> None:
    """Not root: the flag is named first; with it sudo gets the script, the backup is ours, and the person's own file is ours to write."""
    plan, conf = _root_plan(home)
    host = _NotRoot(str(conf.parent))
    with pytest.raises(NeedsTerminal) as caught:
        apply(plan, host, home.homes(), command="")
    assert "--root sudo" in caught.value.hint
    assert home.numbers() == [] and home.config.read_bytes() == OLD
    applied = apply(plan, host, home.homes(), command="", become="sudo")
    assert host.asked[-1] == ["sudo", "--", "sh", "-s"]
    assert (conf.read_bytes(), home.config.read_bytes()) == (b"[boot]\nsystemd=true\n", NEW)
    assert sorted(Path(path).name for path in applied.backups) == ["wsl.conf.before", "wslconfig.before"]


def test_a_dry_run_asks_for_no_root(home: Home) -> None:
    """What is only shown needs no way to become root: the refusal itself points to the dry run."""
    plan, conf = _root_plan(home)
    host = _NotRoot(str(conf.parent))
    assert apply(plan, host, home.homes(), command="", dry_run=True).changed
    assert (conf.read_bytes(), home.config.read_bytes(), home.numbers()) == (b"[boot]\n", OLD, [])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Ran(1, b"", b"sudo: a password is required"), Unreachable),
        (Ran(127, b"", b"", "missing"), Unreachable),
        (Ran(10, b"", b"wslcfg: /etc/wsl.conf changed since the plan was made. Nothing was written."), Conflict),
        (Ran(11, b"", b"wslcfg: No space beside it. Every file is as it was."), Unreachable),
        (Ran(0, b"", b""), Conflict),
    ],
)
def test_a_script_that_fails_undoes_the_rest(home: Home, answer: Ran, error: type[Exception]) -> None:
    """No password, no sudo, a changed file, no space, or a lie: the person's own file is put back too."""
    plan, conf = _root_plan(home)
    with pytest.raises(error):
        apply(plan, _NotRoot(str(conf.parent), answer), home.homes(), command="", become="sudo")
    assert (conf.read_bytes(), home.config.read_bytes()) == (b"[boot]\n", OLD)
    assert home.numbers()[-1][2] == "undone"


def test_a_newer_wslcfgs_history_is_not_touched(home: Home) -> None:
    """An older wslcfg refuses before it writes anything."""
    home.apply(home.change(NEW))
    (home.shared / "state.json").write_text('{"schema": 2, "tool": "9.0"}')
    with pytest.raises(Refused, match=r"wslcfg 9\.0 \(schema 2\)") as caught:
        home.apply(home.change(OLD))
    assert caught.value.exit_code == 3
    assert home.config.read_bytes() == NEW
    with pytest.raises(Refused):
        Store(home.homes()).all()
