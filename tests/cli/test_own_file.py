"""`--file` and a named file of `lint --fix` when that is the person's own file: guarded and with a history all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call, Laptop

OWN = "/mnt/c/Users/ana/.wslconfig"


@pytest.fixture(params=["as the machine has it", "in another case", "where it lies", "by a link"])
def name(request: pytest.FixtureRequest, laptop: Callable[..., Laptop], tmp_path: Path) -> tuple[Laptop, str]:
    """A practice laptop and one of the names of its .wslconfig."""
    machine = laptop()
    disk = machine.folder / "files" / OWN.lstrip("/")
    link = tmp_path / "link"
    link.symlink_to(disk)
    names = {
        "as the machine has it": OWN,
        "in another case": "/mnt/c/users/ANA/.WSLConfig",
        "where it lies": str(disk),
        "by a link": str(link),
    }
    return machine, names[request.param]


def test_a_danger_is_refused(name: tuple[Laptop, str], asked: Asked) -> None:
    """A value with which WSL may not start needs --accept under every name of the file, and nothing asks."""
    laptop, file = name
    before = laptop.tree()
    answer = asked(*laptop.flags, "set", "wsl2.memory=1KB", "--file", file)
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (3, "memory-too-small")
    assert {path: raw for path, raw in laptop.tree().items() if "wslconfig" in path} == {
        path: raw for path, raw in before.items() if "wslconfig" in path
    }


def test_it_is_a_generation(name: tuple[Laptop, str], asked: Asked) -> None:
    """A sound value is written without a question, with a backup and a generation that can be rolled back."""
    laptop, file = name
    before = laptop.wslconfig.read_bytes()
    data = asked(*laptop.flags, "set", "wsl2.memory=9GB", "--file", file)["data"]
    assert data["changed"]
    assert data["generation"]
    assert laptop.wslconfig.read_bytes() == before.replace(b"memory=8gb", b"memory=9GB")
    assert asked(*laptop.flags, "rollback", "--yes")["exit_code"] == 0
    assert laptop.wslconfig.read_bytes() == before


def test_lint_fix(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """`lint --fix FILE` of the own file proposes, and with --yes goes through history too."""
    machine = laptop()
    before = machine.wslconfig.read_bytes()
    assert asked(*machine.flags, "lint", OWN, "--fix")["data"]["changed"] is False
    assert machine.wslconfig.read_bytes() == before
    assert asked(*machine.flags, "lint", OWN, "--fix", "--yes")["data"]["generation"]
    assert machine.wslconfig.read_bytes() != before


def test_the_other_files_settings(laptop: Callable[..., Laptop], call: Call) -> None:
    """A setting of wsl.conf is not put into the person's own .wslconfig."""
    machine = laptop()
    before = machine.wslconfig.read_bytes()
    assert call(*machine.flags, "set", "wsl.conf:boot.systemd=true", "--file", OWN).code == 3
    assert machine.wslconfig.read_bytes() == before
