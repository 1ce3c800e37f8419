"""`wslcfg run --status` and the mistakes that `run` meets; what the launcher does with a program stands in tests/launch."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call
from tests.started import started

REPORT = "kind=killed\nat=2026-05-04T12:00:00Z\ntext=The kernel killed claude.\nnext=Go on with: cd /x && claude --resume 1\n"
RECORD = "door=shim\nhow=scope\nprogram=claude\nunit=wslcfg-claude-1-1.scope\nsession=\ncwd=/home/ana/my\\\\shop\ntty=\nat=2026-05-04T12:00:00Z\ncgroup=/sys/fs/cgroup/nowhere\n"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of this call."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "wslcfg"


@pytest.fixture
def live(state: Path) -> Iterator[int]:
    """A live process with a record of the launcher."""
    child = subprocess.Popen(["sleep", "60"])
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    folder = state / "launch/live"
    folder.mkdir(parents=True)
    (folder / str(child.pid)).write_text(f"pid={child.pid}\nstart={started}\n{RECORD}")
    # The pid of a process that is gone, and one that is another process's by now.
    (folder / "4194300").write_text(f"start=1\n{RECORD}")
    (folder / "1").write_text(f"start=77\n{RECORD}")
    yield child.pid
    child.kill()
    child.wait()


def test_status_shows_what_lives(asked: Asked, live: int) -> None:
    """A record counts while its process has the start that it names; where the process really is, is looked up."""
    (session,) = asked("run", "--status")["data"]["sessions"]
    assert (session["pid"], session["program"], session["door"], session["cwd"]) == (live, "claude", "shim", "/home/ana/my\\shop")
    assert session["inside"] is False
    group = next((line[3:] for line in Path(f"/proc/{live}/cgroup").read_text().splitlines() if line.startswith("0::")), "")
    assert session["cgroup"] == group


def test_status_says_who_left(call: Call, live: int) -> None:
    """A program that is no longer in its group is named; the table has a line for it."""
    said = call("run", "--status")
    assert said.code == 0 and f"claude (process {live}) has left its limit" in said.err
    assert any(line.split()[:2] == [str(live), "claude"] for line in said.out.splitlines())


def test_agents_without_a_limit_are_counted(asked: Asked, state: Path, tmp_path: Path) -> None:
    """A live agent in no group of ours is listed."""
    agent = tmp_path / "claude"
    agent.write_text("#!/bin/sh\nread -r line\n")
    agent.chmod(0o755)
    child = subprocess.Popen([str(agent)], stdin=subprocess.PIPE)
    try:
        started(child, str(agent))
        found = {one["pid"]: one["program"] for one in asked("run", "--status")["data"]["without_limit"]}
        assert found[child.pid] == "claude"
    finally:
        child.communicate(b"\n", timeout=30)


def test_reports_are_shown_once(asked: Asked, call: Call, state: Path) -> None:
    """A program that reads the JSON takes no report away from the person; the person sees each once."""
    new = state / "launch/reports/new"
    new.mkdir(parents=True)
    (new / "20260504T120000Z-7").write_text(REPORT)
    (new / ".8").write_text("half")
    (report,) = asked("run", "--status")["data"]["reports"]
    assert (report["kind"], report["text"]) == ("killed", "The kernel killed claude.")
    said = call("run", "--status")
    assert "The kernel killed claude." in said.err and "claude --resume 1" in said.err
    assert "killed" not in call("run", "--status").err
    assert (state / "launch/reports/seen/20260504T120000Z-7").read_text() == REPORT


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", "--"],
        ["run", "--status", "--limit", "1GB"],
        ["run", "--status", "--", "true"],
        ["run", "--json", "--", "true"],
        ["run", "--limit"],
    ],
)
def test_what_makes_no_sense(call: Call, words: list[str]) -> None:
    """Flags that do not go together start nothing and end with 2."""
    assert call(*words).code == 2


def test_help_is_the_parsers(call: Call) -> None:
    """`wslcfg run --help` is answered, not handed to the launcher."""
    said = call("run", "--help")
    assert said.code == 0 and "--limit SIZE" in said.out
