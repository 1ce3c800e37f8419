"""Which sessions a process has now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wslcfg.model.session import roots
from wslcfg.sessions.live import live

SESSION = "1e99f0aa-0000-4000-8000-000000000011"


@pytest.fixture
def sleeper() -> Iterator[tuple[int, str]]:
    """A process that is no client: its pid and its start time."""
    child = subprocess.Popen(["sleep", "60"])
    yield child.pid, Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    child.kill()
    child.wait()


def test_the_launchers_record(tmp_path: Path, sleeper: tuple[int, str]) -> None:
    """A record counts while its process lives and is the same that wrote it."""
    pid, start = sleeper
    record = tmp_path / f"launch/live/{pid}"
    record.parent.mkdir(parents=True)
    record.write_text(f"session={SESSION}\nstart={start}\n")
    assert live(roots(str(tmp_path)), str(tmp_path)).get(SESSION) == pid
    record.write_text(f"session={SESSION}\nstart=1\n")
    assert SESSION not in live(roots(str(tmp_path)), str(tmp_path))
    record.rename(record.with_name("999999999"))
    assert SESSION not in live(roots(str(tmp_path)), str(tmp_path))


def test_the_clients_own_list(tmp_path: Path, sleeper: tuple[int, str]) -> None:
    """sessions/PID.json counts by start time; one that a killed client left does not, nor what is no list."""
    pid, start = sleeper
    told = tmp_path / f".claude/sessions/{pid}.json"
    told.parent.mkdir(parents=True)
    told.write_text(json.dumps({"sessionId": SESSION, "procStart": start}))
    (told.parent / f"{pid}.abc.key").write_text("secret")
    (told.parent / "1.json").write_text("[3]")
    assert live(roots(str(tmp_path)), str(tmp_path)).get(SESSION) == pid
    told.write_text(json.dumps({"sessionId": SESSION, "procStart": "1"}))
    assert SESSION not in live(roots(str(tmp_path)), str(tmp_path))


@pytest.mark.parametrize("words", [("--resume", SESSION), (f"--resume={SESSION}",), ("--session-id", SESSION), ("-r", SESSION)])
def test_arguments(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A native client names its session in its arguments."""
    code = "print('up', flush=True); import time; time.sleep(60)"
    child = subprocess.Popen(["claude", "-c", code, *words], executable=sys.executable, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline()
        assert live(roots(str(tmp_path)), str(tmp_path)).get(SESSION) == child.pid
    finally:
        child.kill()
        child.wait()


def test_the_rollout_that_codex_holds(tmp_path: Path) -> None:
    """Codex is found by the file that it has open."""
    rollout = tmp_path / f"rollout-2026-11-20T10-00-00-{SESSION}.jsonl"
    code = f"file = open({os.fspath(rollout)!r}, 'w'); print('up', flush=True); import time; time.sleep(60)"
    child = subprocess.Popen(["codex", "-c", code], executable=sys.executable, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline()
        assert live(roots(str(tmp_path)), str(tmp_path)).get(SESSION) == child.pid
    finally:
        child.kill()
        child.wait()
