"""Before a start: the session about to be resumed gets the line end that a kill took, so that no client glues its next record to a torn one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.launch.conftest import Home, soon
from wslcfg.sessions.records import encode

ID = "1e99f0aa-0000-4000-8000-000000000012"
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


def _own(home: Home, folder: Path | None = None) -> str:
    """The name of the project folder of a folder (the home's own)."""
    return encode(str((folder or home.root).resolve()))


@pytest.mark.parametrize("words", [("-c",), ("--resume",), ("-r", "a title")])
def test_the_words_leave_it_open(ready: Home, words: tuple[str, ...]) -> None:
    """Where the client takes its newest session or shows its list, each torn one of this folder is ended; others' folders and the times stay as they are."""
    old, new, elsewhere = (_put(ready, WHOLE + b"{", *place) for place in ((OTHER, _own(ready)), (ID, _own(ready)), (ID, "-x")))
    whole = _put(ready, WHOLE, "3c00f0aa-0000-4000-8000-000000000003", _own(ready))
    _put(ready, b"", "4d00f0aa-0000-4000-8000-000000000004", _own(ready))
    (old.parent / "agent-1.jsonl").write_bytes(b"{")
    subprocess.run(["touch", "-d", "2020-01-01 01:02:03.5", old], check=True)
    was = {path: path.stat().st_mtime_ns for path in (old, new, whole)}
    assert ready.run("claude", *words).returncode == 0
    assert (old.read_bytes(), new.read_bytes(), elsewhere.read_bytes()) == (WHOLE + b"{\n", WHOLE + b"{\n", WHOLE + b"{")
    assert (old.parent / "agent-1.jsonl").read_bytes() == b"{"
    assert {path: path.stat().st_mtime_ns for path in was} == was
    assert not list((ready.state / "launch").glob(".time*"))


def test_a_list_within_the_client_finds_them_ended(ready: Home) -> None:
    """A new session may turn to an old one (/resume): behind its start the folder's torn lines are ended."""
    path = _put(ready, WHOLE + b"{", ID, _own(ready))
    assert ready.run("claude", "hello there").returncode == 0
    soon(lambda: path.read_bytes() == WHOLE + b"{\n")


@pytest.mark.parametrize("name", ["plain", "with blank", "dots.and_more", "ümlaut 漢字", "beyond \U0001f600", "x" * 210])
def test_every_folder_has_its_name(ready: Home, name: str) -> None:
    """The project folder is found under the name that the client makes, whatever the folder is called."""
    place = ready.root / name
    place.mkdir()
    path = _put(ready, WHOLE + b"{", ID, _own(ready, place))
    ready.run("claude", "--resume", cwd=place)
    assert path.read_bytes() == WHOLE + b"{\n"


def test_a_record_in_the_making_is_not_cut(ready: Home) -> None:
    """A file that grows is being written to by a client that nobody knows of: it is left alone."""
    path = _put(ready, WHOLE + b"{", ID, _own(ready))
    writer = subprocess.Popen(["sh", "-c", 'while :; do printf x >>"$1"; sleep 0.01; done', "sh", path])
    try:
        ready.run("claude", "--resume")
    finally:
        writer.kill()
        writer.wait()
    assert path.read_bytes().count(b"\n") == 1


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


def test_codex_shows_its_list(ready: Home) -> None:
    """Of the rollouts those are ended that say this folder in their first line."""
    folder = ready.root / ".codex/sessions/2026/11/20"
    folder.mkdir(parents=True)
    texts = [f'{{"type":"session_meta","payload":{{"cwd":"{cwd}"}}}}\n{{' for cwd in (ready.root.resolve(), "/elsewhere")]
    paths = [folder / f"rollout-2026-11-20T10-00-0{at}-{session}.jsonl" for at, session in enumerate((ID, OTHER))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    ready.run("codex", "-c", "model=x")
    assert [path.read_text() for path in paths] == texts
    ready.run("codex", "resume", "--last")
    assert [path.read_text() for path in paths] == [texts[0] + "\n", texts[1]]
