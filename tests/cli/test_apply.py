"""`apply`, `rollback`, `history` and `status` on practice laptops: backup first, every state can be had back, nothing without a yes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call, Laptop

Machines = Callable[..., Laptop]
WRITTEN = {"changed", "generation", "changes", "diff", "backup", "windows_backup", "restart_needed"}


def test_there_and_back(laptop: Machines, asked: Asked) -> None:
    """Apply writes and keeps the old bytes, a second one changes nothing, and rollback brings the first bytes back as a generation of its own."""
    machine = laptop()
    first = machine.wslconfig.read_bytes()
    done = asked("apply", "--yes", *machine.flags)["data"]
    assert done.keys() >= WRITTEN
    assert (done["changed"], done["generation"], done["restart_needed"]) == (True, 2, True)
    assert Path(done["backup"]).read_bytes() == first
    assert done["windows_backup"].startswith("C:\\Users\\ana\\AppData\\Local\\wslcfg\\history\\")
    assert [(row["section"], row["key"], row["old"], row["new"]) for row in done["changes"]] == [
        ("wsl2", "memory", "8gb", "10GB"),
        ("wsl2", "swap", None, "8GB"),
    ]
    applied = machine.wslconfig.read_bytes()
    again = asked("apply", "--yes", *machine.flags)["data"]
    assert (again["changed"], again["generation"], again["changes"], again["diff"], again["restart_needed"]) == (False, None, [], "", False)
    back = asked("rollback", "--yes", *machine.flags)["data"]
    assert back.keys() >= WRITTEN
    assert (back["changed"], back["generation"]) == (True, 3)
    assert machine.wslconfig.read_bytes() == first
    assert asked("rollback", "2", "--yes", *machine.flags)["data"]["generation"] == 4
    assert machine.wslconfig.read_bytes() == applied
    numbers = [item["number"] for item in asked("history", *machine.flags)["data"]["generations"]]
    assert numbers == [1, 2, 3, 4]


def test_without_a_file(laptop: Machines, asked: Asked) -> None:
    """Where there was no .wslconfig, rolling back the first apply takes the file away again."""
    machine = laptop("practice-8gb")
    assert not machine.wslconfig.exists()
    done = asked("apply", "--yes", *machine.flags)["data"]
    assert done["changed"] is True
    assert done["backup"] is None
    assert machine.wslconfig.exists()
    assert asked("rollback", "--yes", *machine.flags)["data"]["changed"] is True
    assert not machine.wslconfig.exists()
    assert asked("status", *machine.flags)["exit_code"] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("apply",),
        ("set", "wsl2.swap=8GB"),
        ("set", "wsl.conf:boot.systemd=false", "--accept", "systemd-off", "--root", "sudo"),
        ("unset", "wsl2.memory"),
        ("setup",),
        ("lint", "--fix"),
        ("profile", "save", "mine"),
    ],
)
def test_a_dry_run_writes_nothing_at_all(words: tuple[str, ...], laptop: Machines, asked: Asked, call: Call) -> None:
    """`--dry-run` leaves no byte behind, no folder, no lock, no history, with and without --yes."""
    machine = laptop()
    before = machine.tree()
    assert asked(*words, *machine.flags, "--dry-run")["exit_code"] == 0
    assert call(*words, *machine.flags, "--dry-run", "--yes").code == 0
    assert machine.tree() == before


def test_a_rollback_as_dry_run(laptop: Machines, asked: Asked) -> None:
    """`rollback --dry-run` shows the way back and goes none of it; `prune --dry-run` forgets nothing."""
    machine = laptop()
    asked("apply", "--yes", *machine.flags)
    before = machine.tree()
    assert "-memory=10GB" in asked("rollback", *machine.flags, "--dry-run")["data"]["diff"]
    asked("history", "prune", *machine.flags, "--dry-run")
    assert machine.tree() == before


@pytest.mark.parametrize("words", [("apply",), ("set", "wsl2.swap=8GB"), ("unset", "wsl2.memory"), ("rollback",)])
def test_nobody_to_ask(words: tuple[str, ...], laptop: Machines, asked: Asked, call: Call) -> None:
    """Without a terminal nothing is written: 7, two lines, and the flag that answers is named."""
    machine = laptop()
    asked("apply", "balanced", "--yes", *machine.flags) if words == ("rollback",) else None
    before = machine.wslconfig.read_bytes()
    said = call(*words, *machine.flags)
    assert (said.code, said.out, len(said.err.splitlines())) == (7, "", 2)
    assert "--yes" in said.err.splitlines()[1]
    assert asked(*words, *machine.flags)["exit_code"] == 7
    assert asked(*words, *machine.flags, "--no-input")["exit_code"] == 7
    assert machine.wslconfig.read_bytes() == before


def test_a_danger(laptop: Machines, asked: Asked, call: Call) -> None:
    """`--yes` is not enough for a danger: 3, naming the words that are; with them it is done."""
    machine = laptop()
    words = ("set", "wsl2.memory=15GB", *machine.flags)
    said = call(*words, "--yes")
    assert (said.code, len(said.err.splitlines())) == (3, 2)
    assert "--accept windows-starves" in said.err
    answer = asked(*words, "--yes")
    assert answer["errors"][0]["data"]["dangers"][0]["id"] == "windows-starves"
    assert "--accept windows-starves" in asked(*words)["errors"][0]["hint"]
    assert asked(*words, "--yes", "--accept", "no-swap")["exit_code"] == 3
    assert b"15GB" not in machine.wslconfig.read_bytes()
    assert asked(*words, "--yes", "--accept", "windows-starves")["data"]["changed"] is True
    assert b"memory=15GB" in machine.wslconfig.read_bytes()


@pytest.mark.parametrize("setting", ["wsl2.kernel=C:\\nope\\kernel", "wsl2.systemDistro=C:\\nope.vhd", "wsl2.kernelModules=C:\\nope.vhdx"])
def test_what_would_not_start(setting: str, laptop: Machines, asked: Asked) -> None:
    """What keeps WSL from starting is refused whatever is said on the command line, and without a question."""
    machine = laptop()
    before = machine.tree()
    ids = ("kernel-missing", "system-distro-missing", "kernel-modules")
    for flags in ((), ("--yes",), ("--yes", *(word for one in ids for word in ("--accept", one)))):
        answer = asked("set", setting, *machine.flags, *flags)
        assert answer["exit_code"] == 3
        assert answer["errors"][0]["code"] in ids
    assert asked("set", "wsl2.macAddress=foo", *machine.flags, "--yes")["exit_code"] == 3
    assert machine.tree() == before


def test_rollback_to_what_does_not_start(laptop: Machines, asked: Asked) -> None:
    """A file that WSL does not start with is not brought back either, though it is kept."""
    machine = laptop()
    asked("apply", "--yes", *machine.flags)
    place = machine.wslconfig
    broken = place.read_bytes() + b"[wsl2]\r\nkernel=C:\\\\nope\r\n"
    place.write_bytes(broken)
    assert asked("rollback", "--yes", *machine.flags)["exit_code"] == 0
    kept = [item for item in asked("history", *machine.flags)["data"]["generations"] if item["kind"] == "foreign"]
    assert kept[0]["files"][0]["after"] == hashlib.sha256(broken).hexdigest()
    assert asked("rollback", kept[0]["number"], "--yes", *machine.flags)["exit_code"] == 3


def test_an_edit_of_others(laptop: Machines, asked: Asked) -> None:
    """What others wrote since is named by `status` and kept as a generation of its own before anything is written over it."""
    machine = laptop()
    asked("apply", "--yes", *machine.flags)
    place = machine.wslconfig
    edited = place.read_bytes().replace(b"processors=12", b"processors=6")
    place.write_bytes(edited)
    status = asked("status", "--check", *machine.flags)
    assert (status["exit_code"], status["data"]["changed_since"]) == (1, [".wslconfig"])
    answer = asked("set", "wsl2.swap=4GB", "--yes", *machine.flags)
    assert answer["data"]["generation"] == 4
    assert any("generation 3" in message["text"] for message in answer["messages"])
    assert b"processors=6" in place.read_bytes()
    assert asked("rollback", "3", "--yes", *machine.flags)["data"]["changed"] is True
    assert place.read_bytes() == edited


def test_one_key(laptop: Machines, asked: Asked) -> None:
    """`rollback --key` takes one setting back and leaves the rest."""
    machine = laptop()
    asked("apply", "--yes", *machine.flags)
    data = asked("rollback", "1", "--key", "WSL2.memory", "--yes", *machine.flags)["data"]
    assert [(row["key"], row["old"], row["new"]) for row in data["changes"]] == [("memory", "10GB", "8gb")]
    assert b"swap=8GB" in machine.wslconfig.read_bytes()
    assert asked("rollback", "1", "--key", "wsl2.memry", *machine.flags)["exit_code"] == 3


def test_history(laptop: Machines, asked: Asked, call: Call) -> None:
    """Generations can be listed, shown, compared and forgotten; numbers that are not there are refused."""
    machine = laptop()
    assert asked("history", *machine.flags)["data"]["generations"] == []
    assert asked("rollback", *machine.flags, "--yes")["exit_code"] == 3
    for swap in ("1GB", "2GB", "3GB"):
        asked("set", f"wsl2.swap={swap}", "--yes", *machine.flags)
    assert "+swap=1GB" in asked("history", "show", 2, *machine.flags)["data"]["diff"]
    assert "+swap=3GB" in asked("history", "diff", 2, 4, *machine.flags)["data"]["diff"]
    assert asked("history", "show", 9, *machine.flags)["exit_code"] == 3
    for words in (("show",), ("show", "x"), ("show", "²"), ("diff", 1), ("nonsense",), ("show", "-1")):
        assert asked("history", *words, *machine.flags)["exit_code"] == 2
    assert asked("history", "prune", "--keep", 1, "--keep-days", 0, *machine.flags)["exit_code"] in (0, 7)
    removed = asked("history", "prune", "--keep", 1, "--keep-days", 0, "--yes", *machine.flags)["data"]["removed"]
    left = [item["number"] for item in asked("history", *machine.flags)["data"]["generations"]]
    assert sorted((*removed, *left)) == [1, 2, 3, 4]
    assert 4 in left
    assert call("history", *machine.flags).out.count("\n") == len(left) + 2


def test_status(laptop: Machines, asked: Asked) -> None:
    """Base, actual and running stand beside each other, and a restart is pending until the VM has what the file says."""
    machine = laptop()
    asked("apply", "--yes", *machine.flags)
    answer = asked("status", "balanced", *machine.flags)["data"]
    rows = {row["setting"]: row for row in answer["settings"]}
    assert (rows["wsl2.memory"]["base"], rows["wsl2.memory"]["actual"], rows["wsl2.memory"]["target"]) == ("10GB", "10GB", "10GB")
    assert answer["restart_pending"] is True
    assert answer["generation"]["number"] == 2
    assert answer["changed_since"] == []


def test_no_windows_drive(tmp_path: Path, asked: Asked) -> None:
    """With automount off there is nothing to edit: 5, and the command that mounts the drive."""
    source = Path(__file__).parents[1] / "machines/automount-off"
    for words in (
        ("apply", "--yes"),
        ("setup", "--yes"),
        ("status",),
        ("set", "wsl2.memory=8GB", "--yes"),
        ("get", "wsl2.memory"),
        ("lint",),
    ):
        answer = asked(*words, "--machine", source)
        assert answer["exit_code"] == 5
        assert "mount -t drvfs C:" in answer["errors"][0]["hint"]


@pytest.mark.parametrize(
    "words", [("setup",), ("apply", "--yes"), ("plan",), ("status",), ("history",), ("rollback", "--yes"), ("get", "wsl2.swap")]
)
def test_not_wsl(words: tuple[str, ...], asked: Asked) -> None:
    """On a machine that is not WSL: 5, and the way to see it all the same."""
    answer = asked(*words)
    assert answer["exit_code"] == 5
    assert "wslcfg demo" in answer["errors"][0]["hint"]


@pytest.mark.slow
def test_many_at_once(laptop: Machines, asked: Asked) -> None:
    """Applies that run at the same time end with 0 or 6, the file is one of theirs, whole, and history has every one that was done."""
    machine = laptop()
    words = [sys.executable, "-m", "wslcfg", *machine.flags, "set", "--yes", "--json"]
    root = str(Path(__file__).parents[2])
    calls = [
        subprocess.Popen([*words, f"wsl2.swap={size}GB"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root) for size in range(1, 7)
    ]
    ends = [one.communicate(timeout=60) for one in calls]
    assert all(one.returncode in (0, 6) for one in calls), ends
    assert all(error == b"" for _, error in ends)
    done = sum(one.returncode == 0 for one in calls)
    assert done >= 1
    items = asked("history", *machine.flags)["data"]["generations"]
    assert [item["number"] for item in items] == list(range(1, done + 2))
    assert machine.wslconfig.read_bytes().count(b"swap=") == 1
    assert asked("rollback", 1, "--yes", *machine.flags)["exit_code"] == 0
