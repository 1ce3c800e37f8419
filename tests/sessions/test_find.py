"""Which session files there are, on a real disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.sessions.made import talk
from wslcfg.errors import Unreachable
from wslcfg.model.session import roots
from wslcfg.sessions.find import find, identify, look_at, prompts
from wslcfg.sessions.records import END

SESSION = "1e99f0aa-0000-4000-8000-000000000001"
PROJECT = ".claude/projects/-home-ana-shop"


def _write(home: Path, path: str, text: str) -> Path:
    place = home / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


def _line(text: str) -> str:
    return json.dumps({"type": "user", "cwd": "/home/ana/shop", "message": {"content": text}}) + "\n"


def test_only_sessions_are_found(tmp_path: Path) -> None:
    """Subagents, indexes, copies and folders that look like sessions are none; an empty file is one."""
    _write(tmp_path, f"{PROJECT}/{SESSION}.jsonl", _line("Hi"))
    _write(tmp_path, f"{PROJECT}/{SESSION}/subagents/agent-1.jsonl", _line("Side"))
    _write(tmp_path, f"{PROJECT}/agent-1234567.jsonl", _line("Side"))
    _write(tmp_path, f"{PROJECT}/{SESSION}.jsonl.bak", _line("Copy"))
    (tmp_path / PROJECT / "2b00f0aa-0000-4000-8000-000000000002.jsonl").mkdir()
    _write(tmp_path, f"{PROJECT}/3c00f0aa-0000-4000-8000-000000000003.jsonl", "")
    found = {one.id[:4]: one for one in find(roots(str(tmp_path)))}
    assert set(found) == {"1e99", "3c00"}
    assert found["3c00"].title == "(session)" and found["3c00"].project is None
    assert found["1e99"] == look_at(roots(str(tmp_path)), f"{PROJECT}/{SESSION}.jsonl")


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """What is no ordinary file is passed over, and nothing waits for it."""
    (tmp_path / PROJECT).mkdir(parents=True)
    os.mkfifo(tmp_path / PROJECT / f"{SESSION}.jsonl")
    assert list(find(roots(str(tmp_path)))) == []


def test_large_files_are_read_at_their_ends(tmp_path: Path) -> None:
    """The title in the tail of a large file is found, with a hole of junk between; its size is its own."""
    place = _write(tmp_path, f"{PROJECT}/{SESSION}.jsonl", _line("First"))
    with open(place, "ab") as file:
        file.truncate(300 << 20)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + json.dumps({"type": "custom-title", "customTitle": "Named"}).encode() + b"\n")
    (one,) = find(roots(str(tmp_path)))
    assert one.title == "Named" and one.bytes > 300 << 20 and one.project == "/home/ana/shop"


def test_a_tail_that_begins_with_a_record(tmp_path: Path) -> None:
    """The head is cut within a record of the conversation, and the tail begins with a title: they are no one line."""
    chained = '{"parentUuid":null,"type":"assistant","message":{"content":"%s"}}\n'
    title = '{"type":"custom-title","customTitle":"At the border"}\n'
    tail = title + chained % ("x" * (END - len(title) - len(chained % "")))
    _write(tmp_path, f"{PROJECT}/{SESSION}.jsonl", _line("First") + chained % ("x" * 2 * END) + tail)
    assert len(tail) == END
    assert [one.title for one in find(roots(str(tmp_path)))] == ["At the border"]


@pytest.mark.parametrize("text", ["", "\0\0", "[]", '{"entries":3}', '{"entries":[3,{"sessionId":7}]}'])
def test_a_damaged_index(tmp_path: Path, text: str) -> None:
    """An index that is not understood names nobody, as clients take it."""
    _write(tmp_path, f"{PROJECT}/{SESSION}.jsonl", _line("Hi"))
    _write(tmp_path, f"{PROJECT}/sessions-index.json", text)
    assert [one.indexed for one in find(roots(str(tmp_path)))] == [False]
    _write(tmp_path, f"{PROJECT}/sessions-index.json", json.dumps({"version": 1, "entries": [{"sessionId": SESSION}]}))
    assert [one.indexed for one in find(roots(str(tmp_path)))] == [True]


def test_the_name_that_a_codex_session_was_given(tmp_path: Path) -> None:
    """A renamed session has its last name; an empty one, another's and junk lines say nothing."""
    _write(
        tmp_path,
        f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{SESSION}.jsonl",
        '{"type":"session_meta","payload":{"cwd":"/a"}}\n',
    )
    lines = [{"id": SESSION, "thread_name": "First"}, {"id": SESSION, "thread_name": "Mend\nthe shop"}, {"id": "x", "thread_name": "Other"}]
    _write(tmp_path, ".codex/session_index.jsonl", "\n".join(["{", "7", *map(json.dumps, lines), '{"id":3,"thread_name":"x"}', '{"id']))
    assert [one.title for one in find(roots(str(tmp_path)))] == ["Mend the shop"]
    _write(tmp_path, ".codex/session_index.jsonl", json.dumps({"id": SESSION, "thread_name": " "}))
    assert [one.title for one in find(roots(str(tmp_path)))] == ["(session)"]


def test_rollouts_and_archived_ones(tmp_path: Path) -> None:
    """Codex's sessions lie by date, archived ones beside them."""
    name = f"rollout-2026-11-20T10-00-00-{SESSION}.jsonl"
    meta = json.dumps({"type": "session_meta", "payload": {"cwd": "/home/ana/api"}}) + "\n"
    _write(tmp_path, f".codex/sessions/2026/11/20/{name}", meta)
    _write(tmp_path, f".codex/archived_sessions/{name}", meta)
    found = list(find(roots(str(tmp_path))))
    assert sorted(one.archived for one in found) == [False, True]
    assert all(identify(one.path) == ("codex", SESSION) and one.project == "/home/ana/api" for one in found)


def test_first_prompts(tmp_path: Path) -> None:
    """history.jsonl knows what a lost session was about; damaged lines cost themselves."""
    _write(
        tmp_path, ".claude/history.jsonl", '{"display":"One","sessionId":"a","project":"/p"}\n{"torn\n{"display":"Two","sessionId":"a"}\n'
    )
    assert prompts(roots(str(tmp_path))) == {"a": ("One", "/p")}
    assert prompts(roots(str(tmp_path / "nobody"))) == {}


def test_moved_folders() -> None:
    """The environment moves the agents' folders; a relative value means another folder in each cwd and does not count."""
    moved = roots("/home/ana", {"CLAUDE_CONFIG_DIR": "/data/cc/", "CODEX_HOME": "rel"})
    assert moved.real(".claude/projects/x") == "/data/cc/projects/x"
    assert moved.real(".codex/sessions/x") == "/home/ana/.codex/sessions/x"
    assert moved.real(".claude.json") == "/home/ana/.claude.json"
    assert roots("/home/ana").claude == "/home/ana/.claude"


def test_a_project_of_two_names_is_there_once(tmp_path: Path) -> None:
    """A link to a project shows nothing twice, and its own name is the one that counts; one that leads elsewhere is followed, two such once."""
    projects, away = tmp_path / ".claude/projects", tmp_path / "away"
    for folder in (projects / "-real", away):
        folder.mkdir(parents=True)
        (folder / f"{SESSION}.jsonl").write_bytes(talk(1))
    (projects / "-a-link").symlink_to("-real")
    (projects / "-b").symlink_to(away)
    (projects / "-c").symlink_to(away)
    found = sorted(one.path for one in find(roots(str(tmp_path))))
    assert len(found) == 2 and found[1] == f".claude/projects/-real/{SESSION}.jsonl"
    assert found[0].split("/")[2] in ("-b", "-c")


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    """A link that leads nowhere or to itself is an error where it stands for all sessions, and told where it stands for one project."""
    where = roots(str(tmp_path))
    projects = tmp_path / ".claude/projects"
    assert find(where) == []
    (tmp_path / ".claude").symlink_to(tmp_path / "not mounted")
    with pytest.raises(Unreachable, match=r"leads to .*not mounted"):
        find(where)
    (tmp_path / ".claude").unlink()
    projects.parent.mkdir()
    projects.symlink_to("projects")
    with pytest.raises(Unreachable, match="symbolic links"):
        find(where)
    projects.unlink()
    (projects / "-shop").mkdir(parents=True)
    (projects / "-shop" / f"{SESSION}.jsonl").write_bytes(talk(1))
    (projects / "-loop").symlink_to("-loop")
    unread: list[Unreachable] = []
    assert [one.id for one in find(where, unread=unread)] == [SESSION]
    assert [error.message for error in unread] == [f"Could not read {projects}/-loop: Too many levels of symbolic links."]
