"""What the tests of the command line share: practice machines to break, and a call that is watched."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

import wslcfg
from tests.cli.person import Person
from tests.cli.pieces import CRONTAB, Home
from wslcfg.__main__ import run
from wslcfg.cli.schemas import DATA, envelope
from wslcfg.ui import paint

MACHINES = Path(wslcfg.__file__).parent / "demo_machines"


class Said(NamedTuple):
    """What one call said: its exit code, stdout, stderr."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]
Asked = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call inherits the colour that an earlier one chose, nor its machine."""
    monkeypatch.setattr(paint, "_choice", "")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run one command line in this process; words may be anything that has a text."""

    def _call(*words: object) -> Said:
        capsys.readouterr()
        code = run([os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return _call


@pytest.fixture
def asked(call: Call) -> Asked:
    """Run one command line with --json; the envelope, held against the contract and the command's own schema."""

    def _asked(*words: object) -> dict[str, Any]:
        said = call(*words, "--json")
        whole: dict[str, Any] = json.loads(said.out)
        assert said.err == ""
        keep_the_contract(whole, said.code)
        return whole

    return _asked


def keep_the_contract(whole: dict[str, Any], code: int) -> None:
    """Fail unless an envelope is as the contract has it."""
    assert whole["schema"] == "wslcfg/1"
    assert whole["exit_code"] == code
    assert whole["ok"] is (code in (0, 1))
    assert {"command", "data", "messages", "errors"} <= whole.keys()
    assert (whole["errors"] == []) == whole["ok"]
    for error in whole["errors"]:
        assert all(isinstance(error[key], str) and error[key].strip() for key in ("code", "message", "hint")), error
    if whole["command"] in DATA:
        checked("whole", whole["command"]).validate(whole)
    if whole["ok"]:
        checked("data", whole["command"]).validate(whole["data"])


@functools.cache
def checked(what: str, command: str) -> Any:
    """The validator of a command's `data`, or of its whole answer; made once, since making one costs more than a call."""
    schema = DATA[command] if what == "data" else envelope(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


class Laptop:
    """A copy of a practice machine: where its files lie on this disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flags = ("--machine", str(folder))

    def place(self, path: str) -> Path:
        """Where the machine's file lies now: the overlay's before the recording's."""
        over = self.folder / "overlay/files" / path.lstrip("/")
        return over if over.exists() else self.folder / "files" / path.lstrip("/")

    @property
    def wslconfig(self) -> Path:
        """The person's `.wslconfig`."""
        found = [
            path.relative_to(self.folder / top) for top in ("overlay/files", "files") for path in (self.folder / top).rglob(".wslconfig")
        ]
        return self.place(f"/{found[0]}") if found else self.folder / "files/none"

    def tree(self) -> dict[str, bytes]:
        """Every file below the machine's folder with its bytes."""
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()}


@pytest.fixture
def laptop(tmp_path: Path) -> Callable[[str], Laptop]:
    """Copy a practice machine into the test's folder."""

    def _laptop(name: str = "practice-16gb", called: str = "") -> Laptop:
        folder = tmp_path / (called or name)
        shutil.copytree(MACHINES / name, folder, ignore=shutil.ignore_patterns("overlay"))
        return Laptop(folder)

    return _laptop


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """A person whose sessions are not backed up yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Person(tmp_path)


@pytest.fixture
def saved(person: Person, asked: Asked) -> Person:
    """A person whose sessions are backed up."""
    assert asked("sessions", "backup", *person.words)["exit_code"] == 0
    return person


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own, with a space in its name, and a crontab of its own: that of whoever runs the tests is not touched."""
    made = Home(tmp_path / "home of ana")
    made.crontab = tmp_path / "crontab"
    program = made.write("../bin/crontab", CRONTAB.encode())
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("CRONTAB_FILE", str(made.crontab))
    monkeypatch.setenv("HOME", str(made.path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "ZDOTDIR", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    return made
