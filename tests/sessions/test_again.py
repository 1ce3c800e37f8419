"""The line that goes on with a session: by id where that leads to its file, else in the way that its client takes."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from wslcfg.model.session import SessionFile
from wslcfg.sessions.again import line
from wslcfg.sessions.records import encode, resume

ID = "1e99f0aa-0000-4000-8000-000000000001"
OLD, NEW = "2.1.112", "2.1.329"


def session(folder: str, cwd: str | None, version: str = NEW, provider: str = "claude") -> SessionFile:
    """A session whose file lies in a project folder of that name."""
    real, now = f"/home/ana/.claude/projects/{folder}/{ID}.jsonl", datetime(2026, 11, 26, tzinfo=timezone.utc)
    return SessionFile(provider, ID, real, real, cwd, 1, now, "title", resume(provider, ID, cwd), None, version)


@pytest.mark.parametrize("version", ["", OLD, NEW])
def test_the_folder_leads_there(tmp_path: Path, version: str) -> None:
    """A folder that is there and whose name the project folder has: every client finds the id."""
    assert line(session(encode(str(tmp_path)), str(tmp_path), version)) == f"cd {tmp_path} && claude --resume {ID}"


def test_the_folder_is_gone(tmp_path: Path) -> None:
    """A worktree that was removed: clients of today take the file, older ones find the id once the folder is back."""
    gone = str(tmp_path / "a tree")
    real = session(encode(gone), gone).real
    assert line(session(encode(gone), gone)) == line(session(encode(gone), gone, "")) == f"claude --resume {real}"
    assert line(session(encode(gone), gone, OLD)) == f"mkdir -p '{gone}' && cd '{gone}' && claude --resume {ID}"
    # A Windows drive is not waited for.
    away = "/mnt/q/shop"
    assert line(session(encode(away), away)) == f"cd {away} && claude --resume {ID}"


def test_the_file_lies_elsewhere(tmp_path: Path) -> None:
    """A file in a project folder of another name is named itself, from its own folder where that is there."""
    assert line(session("-moved", str(tmp_path))) == f"cd {tmp_path} && claude --resume {session('-moved', None).real}"
    assert (
        line(session("-moved", None))
        == line(session("-moved", "/nowhere/at/all", OLD))
        == f"claude --resume {session('-moved', None).real}"
    )
    assert line(session("-moved", None, provider="codex")) == f"codex resume {ID}"
