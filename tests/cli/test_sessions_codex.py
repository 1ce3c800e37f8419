"""`wslcfg sessions check, repair` of Codex: any damage is read over, except in the first line."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Asked
from tests.cli.test_sessions_repair import Tree, tree
from wslcfg.store.codec import ZSTD

__all__ = ["tree"]


def test_codex_tolerates_all_but_the_first_line(tree: Tree, asked: Asked) -> None:
    """A torn end is ended; a lost first line is named and not guessed."""
    rollout = "0199a1b2-0000-7000-8000-000000000003"
    folder = tree.home / ".codex/sessions/2026/11/20"
    folder.mkdir(parents=True)
    path = folder / f"rollout-2026-11-20T10-00-00-{rollout}.jsonl"
    meta = b'{"timestamp":"t","type":"session_meta","payload":{"id":"x","cwd":"/home/ana"}}\n'
    event = b'{"timestamp":"t","type":"event_msg","payload":{"type":"user_message","message":"Hello"}}\n'
    path.write_bytes(meta + event + event[:20])
    assert asked("sessions", "repair", rollout, "--home", tree.home, "--yes")["data"]["changed"]
    assert path.read_bytes() == meta + event + event[:20] + b"\n"
    path.write_bytes(event)
    problems = asked("sessions", "check", rollout, "--home", tree.home)["data"]["sessions"][0]["problems"]
    assert [problem["id"] for problem in problems] == ["lost-head"]
    assert not asked("sessions", "repair", rollout, "--home", tree.home, "--yes")["data"]["changed"]


@pytest.fixture
def headless(tree: Tree) -> Rollout:
    """A rollout of Codex whose first line is torn, and no state database."""
    return Rollout(tree.home)


class Rollout:
    """A rollout with a first line as Codex 0.169.0 writes it, which is then torn."""

    def __init__(self, home: Path) -> None:
        self.id = "0199a1b2-0000-7000-8000-000000000003"
        self.codex = home / ".codex"
        self.path = self.codex / f"sessions/2026/11/20/rollout-2026-11-20T10-00-00-{self.id}.jsonl"
        self.path.parent.mkdir(parents=True)
        self.meta = b'{"timestamp":"2026-11-20T10:00:00.775Z","ordinal":0,"type":"session_meta","payload":{"id":"%s"}}\n' % self.id.encode()
        self.rest = b'{"timestamp":"t","ordinal":1,"type":"event_msg","payload":{"type":"user_message","message":"Hello"}}\n'
        self.path.write_bytes(self.meta + self.rest)

    def tear(self) -> bytes:
        """Lose the end of the first line; what the file is then."""
        raw = self.meta[:50] + b"\n" + self.rest
        self.path.write_bytes(raw)
        return raw

    def state(self, **columns: object) -> None:
        """A state database with this session in it, its rows still in the log beside it."""
        row = {"id": self.id, "created_at_ms": 1795679168741, "cwd": "/home/ana/shop", "source": "exec", "originator": "codex_exec"}
        row |= {"cli_version": "0.169.0", "history_mode": "paginated", "git_sha": None, **columns}
        base = sqlite3.connect(self.codex / "state_5.sqlite")
        base.execute("PRAGMA journal_mode=wal")
        base.execute(f"CREATE TABLE threads ({', '.join(row)})")
        base.execute(f"INSERT INTO threads VALUES ({', '.join('?' * len(row))})", list(row.values()))
        base.commit()
        self.base = base  # open: a Codex that runs


@pytest.mark.skipif(ZSTD is None, reason="this Python has no zstd")
def test_a_packed_rollout(headless: Rollout, tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """Once Codex has packed a rollout, it is not gone, its older plain version is not put beside it, and no repair writes to it."""
    assert ZSTD is not None
    words = ("--home", tree.home, "--repo", tmp_path / "store")
    asked("sessions", "backup", *words)
    packed = headless.path.with_name(headless.path.name + ".zst")
    packed.write_bytes(ZSTD.compress(headless.meta + headless.rest * 2))
    headless.path.unlink()
    assert asked("sessions", "list", "--deleted", *words)["data"]["sessions"] == []
    refused = asked("sessions", "restore", headless.id, "--in-place", "--yes", *words)["data"]["refused"]
    assert ["packed" in one["why"] for one in refused] == [True] and not headless.path.exists()
    assert "Hello" in str(asked("sessions", "show", headless.id, "--home", tree.home)["data"])
    # Of both kinds in the backup the newer one lands on an empty disk.
    asked("sessions", "backup", *words)
    whole = packed.read_bytes()
    packed.unlink()
    assert len(asked("sessions", "list", "--deleted", *words)["data"]["sessions"]) == 1
    asked("sessions", "restore", headless.id, "--in-place", "--yes", *words)
    assert packed.read_bytes() == whole and not headless.path.exists()
    packed.write_bytes(ZSTD.compress(headless.rest))
    left = asked("sessions", "repair", headless.id, "--yes", *words)
    assert not left["data"]["changed"] and "is packed by Codex" in str(left["messages"])
    assert packed.read_bytes() == ZSTD.compress(headless.rest)


def test_an_empty_rollout_is_remembered_by_codex(headless: Rollout, tree: Tree, asked: Asked) -> None:
    """Where no backup has it, what Codex's own history says was typed is shown."""
    headless.path.write_bytes(b"")
    (headless.codex / "history.jsonl").write_text(json.dumps({"session_id": headless.id, "ts": 1, "text": "mend the shop"}) + "\n")
    assert "mend the shop" in str(asked("sessions", "repair", headless.id, "--home", tree.home, "--yes"))


def test_the_first_line_comes_back_from_the_backup(headless: Rollout, tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """As it was, from the newest version that has it; what is left of the torn one stays behind it."""
    words = ("--home", tree.home, "--repo", tmp_path / "store")
    asked("sessions", "backup", *words)
    torn = headless.tear()
    os.utime(headless.path, (time.time() + 2, time.time() + 2))
    asked("sessions", "backup", *words)
    assert asked("sessions", "repair", "--yes", *words)["data"]["changed"]
    assert headless.path.read_bytes() == headless.meta + torn
    assert asked("sessions", "check", "--home", tree.home)["exit_code"] == 0
    assert not asked("sessions", "repair", "--yes", *words)["data"]["changed"]


def test_the_first_line_is_made_from_codexs_own_database(headless: Rollout, tree: Tree, asked: Asked) -> None:
    """Without a backup it says what the row of the session says, read while somebody has the database open; a row that lacks something makes none."""
    torn = headless.tear()
    headless.state(source='{"subagent":"review"}', git_sha="a1")
    assert asked("sessions", "repair", "--yes", "--home", tree.home)["data"]["changed"]
    first, _, rest = headless.path.read_bytes().partition(b"\n")
    made = json.loads(first)
    assert (rest, made["type"], made["ordinal"], made["timestamp"]) == (torn, "session_meta", 0, "2026-11-26T07:46:08.741Z")
    payload = {
        "session_id": headless.id,
        "id": headless.id,
        "timestamp": made["timestamp"],
        "cwd": "/home/ana/shop",
        "originator": "codex_exec",
    }
    payload |= {"cli_version": "0.169.0", "history_mode": "paginated", "source": {"subagent": "review"}, "git": {"commit_hash": "a1"}}
    assert made["payload"] == payload
    headless.tear()
    headless.base.execute("UPDATE threads SET originator = ''")
    headless.base.commit()
    answer = asked("sessions", "repair", "--yes", "--home", tree.home)
    assert not answer["data"]["changed"] and "neither a backup" in str(answer["messages"])


def test_a_damaged_state_database_is_named(headless: Rollout, tree: Tree, asked: Asked) -> None:
    """Codex goes on with nothing then; it is said with what helps, and nothing is written to it."""
    headless.state()
    assert asked("sessions", "check", "--home", tree.home)["messages"] == []
    headless.base.close()
    path = headless.codex / "state_5.sqlite"
    path.write_bytes(b"\0" * path.stat().st_size)
    said = asked("sessions", "check", "--home", tree.home)
    assert f"{path} is damaged" in str(said["messages"]) and path.read_bytes().strip(b"\0") == b""
