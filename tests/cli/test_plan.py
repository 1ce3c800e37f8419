"""`wslcfg plan`: what would be proposed, on a machine that only flags describe, and saved for later."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Asked, Call, Laptop

GUIDE = ("--host-ram", "16GB", "--service", "PostgreSQL=0.5GB", "--service", "Elastic Agent=0.7GB", "--sessions", "2")
GIB = 1 << 30


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any child process fails the test."""

    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"started {args}")

    monkeypatch.setattr(subprocess, "Popen", refused)
    monkeypatch.setattr("os.posix_spawn", refused)
    monkeypatch.setattr("wslcfg.host.real.RealHost.run", refused)


@pytest.mark.usefixtures("alone")
def test_the_guides_laptop(asked: Asked) -> None:
    """16 GB, standard use, two sessions and two services come out at memory 10 GB and swap 8 GB, as bytes, and nothing is started for it."""
    data = asked("plan", *GUIDE)["data"]
    assert (data["sizing"]["memory"], data["sizing"]["swap"]) == (10 * GIB, 8 * GIB)
    assert data["sizing"]["default_memory"] == 8 * GIB
    assert data["sizing"]["feasible"] is True
    assert [(row["file"], row["section"], row["key"], row["old"], row["new"]) for row in data["changes"]] == [
        (".wslconfig", "wsl2", "memory", None, "10GB"),
        (".wslconfig", "wsl2", "swap", None, "8GB"),
    ]
    assert all(row["why"] for row in data["changes"])
    assert "+memory=10GB\n+swap=8GB\n" in data["diff"]
    assert data["needs_restart"] is True
    assert {"memory", "swap", "demand", "windows_reserve", "cap"} <= {row["number"] for row in data["reasons"]}


@pytest.mark.usefixtures("alone")
def test_against_a_file(tmp_path: Path, asked: Asked) -> None:
    """With --file the diff is that file's, every other line of it stays, and the file is only read."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(b"# mine\n[wsl2]\nmemory=10240MB\n")
    data = asked("plan", *GUIDE, "--file", file)["data"]
    assert [(row["key"], row["old"], row["new"]) for row in data["changes"]] == [("swap", None, "8GB")]
    assert "-" not in data["diff"].split("@@")[2]
    assert file.read_bytes() == b"# mine\n[wsl2]\nmemory=10240MB\n"
    assert asked("plan", *GUIDE, "--file", tmp_path / "none")["exit_code"] == 5


def test_check(tmp_path: Path, call: Call) -> None:
    """`--check` is 1 while something would change, 0 when nothing would."""
    file = tmp_path / ".wslconfig"
    assert call("plan", *GUIDE, "--check").code == 1
    file.write_bytes(b"[wsl2]\nmemory=10GB\nswap=8GB\n")
    assert call("plan", *GUIDE, "--file", file, "--check").code == 0


def test_a_host_that_nobody_knows(asked: Asked) -> None:
    """Without the host's RAM there is no advice; the flag that gives it is named."""
    answer = asked("plan", "--sessions", 2)
    assert answer["exit_code"] == 7
    assert "--host-ram" in answer["errors"][0]["hint"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--host-ram", "16XB"), 3),
        (("--host-ram", "0"), 3),
        (("--host-ram", "16GB", "--service", "X"), 2),
        (("--host-ram", "16GB", "--service", "X=lots"), 3),
        (("--host-ram", "16GB", "--sessions", "-1"), 2),
        (("--host-ram", "16GB", "--sessions", "two"), 2),
        (("--host-ram", "16GB", "--processors", "0"), 2),
        (("--host-ram", "16GB", "--windows-use", "none"), 2),
        (("nobody", "--host-ram", "16GB"), 3),
    ],
)
def test_answers_that_make_no_sense(words: tuple[str, ...], code: int, asked: Asked) -> None:
    """A bad answer is refused before anything is looked at."""
    assert asked("plan", *words)["exit_code"] == code


@pytest.mark.parametrize(
    "words", [("--free-disk", "0"), ("--sessions", "0"), ("--windows-use", "heavy"), ("--processors", "4"), ("--sessions", "40")]
)
@pytest.mark.parametrize("profile", ["balanced", "swap-first", "base", "agents-heavy", "services", "small-8gb", "large-host"])
def test_every_profile(profile: str, words: tuple[str, ...], asked: Asked, call: Call) -> None:
    """Every built-in profile answers every what-if flag, as data and as text."""
    sizing = asked("plan", profile, "--host-ram", "8GB", *words)["data"]["sizing"]
    assert sizing["memory"] is None  # never raised on so small a host
    assert call("plan", profile, "--host-ram", "64GB", *words).code == 0


def test_this_machine(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """On a machine that is known nothing is assumed: its own services, RAM and file, and nothing is written."""
    machine = laptop()
    before = machine.wslconfig.read_bytes()
    data = asked("plan", *machine.flags)["data"]
    assert data["machine"]["host_ram"] == 16965120000
    assert {one["name"] for one in data["machine"]["services"]} == {"PostgreSQL", "Elastic Agent"}
    assert machine.wslconfig.read_bytes() == before


def _saved(machine: Laptop, asked: Asked, file: Path) -> dict[str, Any]:
    asked("plan", *machine.flags, "--out", file)
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def test_a_saved_plan(laptop: Callable[..., Laptop], tmp_path: Path, asked: Asked) -> None:
    """A saved plan is carried out as it is; once more there is nothing to do."""
    machine, file = laptop(), tmp_path / "plan.json"
    _saved(machine, asked, file)
    first = asked("apply", "--plan", file, "--yes", *machine.flags)["data"]
    assert first["changed"] is True
    assert b"memory=10GB" in machine.wslconfig.read_bytes()
    second = asked("apply", "--plan", file, "--yes", *machine.flags)
    assert (second["exit_code"], second["data"]["changed"], second["data"]["changes"], second["data"]["diff"]) == (0, False, [], "")
    assert asked("apply", "balanced", "--plan", file, "--yes", *machine.flags)["exit_code"] == 2


def test_a_stale_plan(laptop: Callable[..., Laptop], tmp_path: Path, asked: Asked) -> None:
    """A plan whose file or machine has changed since is refused with 6, and nothing is written."""
    machine, file = laptop(), tmp_path / "plan.json"
    _saved(machine, asked, file)
    path = machine.wslconfig
    first = path.read_bytes()
    path.write_bytes(first + b"# later\r\n")
    before = machine.tree()
    assert asked("apply", "--plan", file, "--yes", *machine.flags)["exit_code"] == 6
    # The same file on a machine with other facts: only the facts' digest can tell.
    other = laptop("practice-32gb")
    other.wslconfig.write_bytes(first)
    refused = asked("apply", "--plan", file, "--yes", *other.flags)
    assert (refused["exit_code"], refused["errors"][0]["code"]) == (6, "stale-plan")
    assert other.wslconfig.read_bytes() == first
    assert {name: raw for name, raw in machine.tree().items() if name in before} == before


@pytest.mark.parametrize(("old", "new"), [(b"10GB", b"12GB"), (b'"title"', b'"titel"'), (b"}", b""), (b"{", b"\xff")])
def test_a_plan_that_was_touched(old: bytes, new: bytes, laptop: Callable[..., Laptop], tmp_path: Path, asked: Asked) -> None:
    """A plan that is not as it was saved is not understood: 4."""
    machine, file = laptop(), tmp_path / "plan.json"
    _saved(machine, asked, file)
    raw = file.read_bytes()
    assert old in raw
    file.write_bytes(raw.replace(old, new, 1))
    before = machine.wslconfig.read_bytes()
    assert asked("apply", "--plan", file, "--yes", *machine.flags)["exit_code"] == 4
    assert machine.wslconfig.read_bytes() == before


def test_no_plan_there(laptop: Callable[..., Laptop], tmp_path: Path, asked: Asked) -> None:
    """A plan that is not there is 5, a folder 4."""
    machine = laptop()
    assert asked("apply", "--plan", tmp_path / "none", "--yes", *machine.flags)["exit_code"] == 5
    assert asked("apply", "--plan", tmp_path, "--yes", *machine.flags)["exit_code"] == 4
    assert asked("plan", *machine.flags, "--out", tmp_path)["exit_code"] in (4, 5)
    shutil.rmtree(machine.folder)
    assert asked("plan", *machine.flags)["exit_code"] == 2


def test_out_spares_what_is_no_plan(laptop: Callable[[str], Laptop], tmp_path: Path, asked: Asked) -> None:
    """--out replaces an older plan and an empty file, and refuses whatever else is there, by a link too."""
    words = (*laptop("practice-16gb").flags, "plan", "--out")
    file, link = tmp_path / "keep.json", tmp_path / "link"
    link.symlink_to(file)
    for theirs in (b'{"mine": 1}\n', b"[wsl2]\n"):
        file.write_bytes(theirs)
        for name in (file, link):
            answer = asked(*words, name)
            assert (answer["exit_code"], answer["errors"][0]["code"], file.read_bytes()) == (3, "not-a-plan", theirs)
    file.write_bytes(b"")
    assert asked(*words, file)["exit_code"] == 0
    saved = file.read_bytes()
    assert asked(*words, link)["exit_code"] == 0
    assert file.read_bytes() == saved


def test_explain_names_each_number_with_its_value(laptop: Callable[[str], Laptop], call: Call) -> None:
    """Beside every number's name stands its value, before its reason."""
    said = call(*laptop("practice-16gb").flags, "plan", "--explain").out.partition("Why these numbers")[2]
    numbers = dict(line.split(None, 1) for line in said.splitlines() if line[2:3].strip())
    for name, value in (
        ("default_memory", "7.9 GB"),
        ("windows_reserve", "6 GB"),
        ("cap", "10 GB"),
        ("demand", "11.3 GB"),
        ("swap", "8 GB"),
    ):
        assert numbers[name].startswith(f"{value}  "), name
