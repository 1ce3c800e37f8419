"""`wslcfg demo`: the whole journey everywhere, and nothing left of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MACHINES, Asked, Call

ROOT = Path(__file__).parents[2]
SCENARIOS = ("16gb", "8gb", "32gb", "128gb", "no-interop")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a temporary folder of the test's own, to see what is left in them."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_as_data(scenario: str, asked: Asked, home: Path) -> None:
    """Every scenario goes to its end, the bytes are the first ones, and nothing is left: no folder, nothing at home, nothing in the package."""
    practice = sorted(path for path in MACHINES.rglob("*") if "__pycache__" not in path.parts)
    answer = asked("demo", "--scenario", scenario)
    assert answer["exit_code"] == 0
    data = answer["data"]
    assert (data["scenario"], data["bytes_restored"]) == (scenario, True)
    assert data["steps"][0]["command"] == "wslcfg facts"
    assert all(step["exit_code"] in (0, 1) for step in data["steps"])
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert list((home / "tmp").iterdir()) == []
    assert sorted(path for path in MACHINES.rglob("*") if "__pycache__" not in path.parts) == practice


def test_as_text(call: Call) -> None:
    """Each step says what it would be called on the real machine, in the order of a person's journey."""
    said = call("demo")
    assert (said.code, said.err) == (0, "")
    lines = [line.split()[2] for line in said.out.splitlines() if line.startswith("$ wslcfg ")]
    assert lines == ["facts", "lint", "plan", "apply", "lint", "rollback", "history", "rollback"]
    assert "byte for byte: yes" in said.out
    assert "wslcfg setup" in said.out.splitlines()[-1]


def test_keep(call: Call, home: Path, asked: Asked) -> None:
    """`--keep` leaves the laptop there and says where."""
    kept = asked("demo", "--keep")["data"]["kept"]
    assert kept.startswith(str(home / "tmp"))
    assert call("history", "--machine", kept).code == 0


def test_colour_stays_off(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `--color` says holds for every command inside."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\x1b" not in call("demo", "--color", "never").out
    assert call("demo", "--color", "always").out.count("\x1b[") > 50


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("utf-8", marks=pytest.mark.slow)])
def test_under_a_pipe(encoding: str, home: Path) -> None:
    """In a pipe, without stdin, with whatever encoding: exit 0 and not a word on stderr."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "TMPDIR": str(home / "tmp")}
    done = subprocess.run([sys.executable, "-m", "wslcfg", "demo"], stdin=subprocess.DEVNULL, capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"byte for byte: yes" in done.stdout
    assert b"\x1b" not in done.stdout
    assert ("\u2014" if encoding == "utf-8" else "-") + " Look at the machine" in done.stdout.decode(encoding)
    assert list((home / "tmp").iterdir()) == []


def test_no_temporary_folder(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written it says so, in two lines."""
    monkeypatch.setattr("tempfile.mkdtemp", _refused)
    answer = asked("demo")
    assert answer["exit_code"] == 5
    assert json.dumps(answer["errors"]).count("message") == 1


def _refused(*args: object, **kwargs: object) -> str:
    raise OSError(30, "Read-only file system", "/tmp/wslcfg-demo-x")
