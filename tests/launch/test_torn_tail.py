"""Before a start: the session about to be resumed gets the line end that a kill took, so that no client glues its next record to a torn one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.launch.conftest import Home

ID = "1e99f0aa-0000-4000-8000-000000000001"
OTHER = "2b00f0aa-0000-4000-8000-000000000002"
WHOLE = b'{"type":"mode"}\n'


@pytest.fixture
def ready(home: Home) -> Home:
    """A home, under each shell, whose claude ends at once."""
    home.program("claude", "#!/bin/sh\nexit 0\n")
    home.program("codex", "#!/bin/sh\nexit 0\n")
    return home


def _put(home: Home, raw: bytes, session: str = ID, folder: str = "-x") -> Path:
    path = home.root / ".claude/projects" / folder / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("torn", [b'{"type":"us', b"\0\0\0", b"\0\0\0x", "é".encode()[:1], WHOLE[:-1]])
def test_a_torn_line_is_ended(ready: Home, torn: bytes) -> None:
    """Whatever the last byte is, a line end follows it; the other sessions stay as they are."""
    path, other = _put(ready, WHOLE + torn), _put(ready, WHOLE + torn, OTHER)
    assert ready.run("claude", "--resume", ID).returncode == 0
    assert path.read_bytes() == WHOLE + torn + b"\n"
    assert other.read_bytes() == WHOLE + torn
    ready.run("claude", "--resume", ID)
    assert path.read_bytes() == WHOLE + torn + b"\n"


@pytest.mark.parametrize("words", [("--resume",), ("--session-id", ID), ("-p", "hi"), ("--resume", ID, "--fork-session")])
def test_others_are_left_alone(ready: Home, words: tuple[str, ...]) -> None:
    """A whole file, an empty one, and a start that does not resume the session by its id change nothing."""
    path = _put(ready, WHOLE + b"{")
    ready.run("claude", *words)
    assert path.read_bytes() == WHOLE + b"{"
    for raw in (WHOLE, b""):
        path.write_bytes(raw)
        ready.run("claude", "--resume", ID)
        assert path.read_bytes() == raw


def test_the_newest_goes_on(ready: Home, tmp_path: Path) -> None:
    """--continue takes the newest session of the folder."""
    folder = "".join(char if char.isascii() and char.isalnum() else "-" for char in str(ready.root.resolve()))
    old, new = _put(ready, WHOLE + b"{", OTHER, folder), _put(ready, WHOLE + b"{", ID, folder)
    subprocess.run(["touch", "-d", "2020-01-01", old], check=True)
    ready.run("claude", "--continue")
    assert (old.read_bytes(), new.read_bytes()) == (WHOLE + b"{", WHOLE + b"{\n")


def test_a_live_session_is_not_touched(ready: Home) -> None:
    """While a process has the session, its writer may be in the middle of a record."""
    path = _put(ready, WHOLE + b"{")
    with subprocess.Popen(["sleep", "60"]) as child:
        started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
        told = ready.root / ".claude/sessions" / f"{child.pid}.json"
        told.parent.mkdir(parents=True)
        told.write_text(json.dumps({"sessionId": ID, "procStart": started}))
        ready.run("claude", "--resume", ID)
        assert path.read_bytes() == WHOLE + b"{"
        child.kill()
    ready.run("claude", "--resume", ID)
    assert path.read_bytes() == WHOLE + b"{\n"


def test_codex(ready: Home) -> None:
    """A rollout is found by the id in its name."""
    path = ready.root / f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{ID}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(WHOLE + b"{")
    ready.run("codex", "resume", ID)
    assert path.read_bytes() == WHOLE + b"{\n"
