"""`wslcfg restart` and `wslcfg park` on practice laptops: what is said, what is asked, and that nothing is ended without a yes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from tests.started import started
from wslcfg.apply.restart import after_script

RECORDED = sorted(one.name for one in (Path(__file__).parents[1] / "machines").iterdir() if one.is_dir())
SHARED = "overlay/files/mnt/c/Users/ana/AppData/Local/wslcfg"
START = """
[[run]]
argv = ['/mnt/c/Windows/System32/cmd.exe', '/d', '/c', 'start', '', '/b', 'cmd.exe', '/d', '/c', '*restart-*', '<nul', '>nul', '2>&1']
cwd = '/mnt/c/Users/ana/AppData/Local/wslcfg/restart'
"""


@pytest.fixture
def windows(laptop: Callable[..., Laptop]) -> Laptop:
    """A practice laptop whose Windows starts restart.cmd."""
    made = laptop()
    with (made.folder / "runs.toml").open("a") as file:
        file.write(START)
    return made


@contextmanager
def answering(laptop: Laptop) -> Iterator[list[str]]:
    """While this holds, restart.cmd says that it lives as soon as it is there; the names of what it was given come back."""
    folder, over, seen = laptop.folder / SHARED / "restart", threading.Event(), list[str]()

    def answer() -> None:
        while not over.wait(0.02):
            for script in folder.glob("restart-*.cmd"):
                run = script.stem
                if run not in seen:
                    seen.append(run)
                    (folder / f"{run}.armed").write_text(run)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_what_would_stop_is_said(windows: Laptop, asked: Asked, call: Call) -> None:
    """Distros, sessions and what is lost, without doing anything; live sessions are a danger with an id."""
    before = windows.tree()
    data = asked("restart", "--dry-run", *windows.flags)["data"]
    assert (data["restarted"], data["distros"], len(data["agents"])) == (False, ["Ubuntu-24.04"], 2)
    assert [danger["id"] for danger in data["dangers"]] == ["live-sessions"]
    said = call("restart", "--dry-run", *windows.flags).out
    assert "A restart stops Ubuntu-24.04," in said and "2 live agent sessions end" in said and "is lost" in said
    assert windows.tree() == before


def test_nobody_to_ask(windows: Laptop, asked: Asked) -> None:
    """Without a terminal it stops with 7 and names the flag; --yes alone does not end live sessions (3). Nothing is started."""
    whole = asked("restart", *windows.flags)
    assert (whole["exit_code"], "--accept live-sessions" in whole["errors"][0]["hint"]) == (7, True)
    assert asked("restart", "--accept", "live-sessions", *windows.flags)["exit_code"] == 7
    whole = asked("restart", "--yes", *windows.flags)
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (3, "live-sessions")
    assert not (windows.folder / SHARED / "restart").exists()


def test_handed_over(windows: Laptop, asked: Asked) -> None:
    """The script is there as it ships, says that it lives, and only then is let go."""
    with answering(windows) as runs:
        data = asked("restart", "--yes", "--accept", "live-sessions", "--no-window", *windows.flags)["data"]
    assert data["restarted"] is True and data["backup"] is None
    folder = windows.folder / SHARED / "restart"
    assert len(runs) == 1 and (folder / f"{runs[0]}.go").exists()
    shipped = Path(__file__).parents[2] / "wslcfg/apply/resources/restart.cmd"
    assert (folder / f"{runs[0]}.cmd").read_bytes() == shipped.read_bytes()
    assert (folder / f"{runs[0]}.txt").read_bytes() == b"distro=Ubuntu-24.04\r\nshutdown=60\r\nstart=150\r\n"
    with answering(windows):
        asked("restart", "--yes", "--accept", "live-sessions", "--no-window", *windows.flags)
    assert len(list(folder.glob("restart-*.cmd"))) == 1, "what an earlier restart left is removed"


def test_a_terminal_opens_afterwards(windows: Laptop, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows is told whose terminal to open with which script, and the script lies there."""
    monkeypatch.setattr(sys, "argv", ["/opt/ana's/wslcfg.pyz"])
    monkeypatch.setenv("PATH", "/nowhere")
    with answering(windows) as runs:
        assert asked("restart", "--yes", "--accept", "live-sessions", *windows.flags)["data"]["window"] is True
    told = (windows.folder / SHARED / "restart" / f"{runs[0]}.txt").read_text()
    assert "user=ana\nafter=/home/ana/.local/state/wslcfg/after-restart\n" in told
    script = windows.place("/home/ana/.local/state/wslcfg/after-restart")
    assert f"'{sys.executable}' '/opt/ana'\\''s/wslcfg.pyz' verify" in script.read_text() and script.stat().st_mode & 0o777 == 0o700


def test_a_script_that_does_not_live_restarts_nothing(windows: Laptop, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Windows starts nothing within 10 s the script is never let go: exit 5, and the line to type instead."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    whole = asked("restart", "--yes", "--accept", "live-sessions", "--no-window", *windows.flags)
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (5, "not-armed")
    assert "wsl --shutdown" in whole["errors"][0]["hint"] and 9.9 < sum(waited) < 10.2
    assert list((windows.folder / SHARED / "restart").glob("*.go")) == []


def test_not_during_a_try(windows: Laptop, asked: Asked) -> None:
    """While the watchdog of `apply --try` is at work a restart would take its answer away: conflict, and nothing is started."""
    folder = windows.folder / SHARED / "try"
    (folder / "ab").mkdir(parents=True)
    (folder / "state.txt").write_text("nonce=ab\nstate=asking\n")
    (folder / "ab/try.txt").write_text("nonce=ab\ngeneration=2\n")
    whole = asked("restart", "--yes", "--accept", "live-sessions", *windows.flags)
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (6, "try-running")
    assert not (windows.folder / SHARED / "restart").exists()


def test_without_interop(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """Where no Windows program can be started the person gets the line to type, before any question."""
    made = laptop("no-interop")
    whole = asked("restart", "--yes", *made.flags)
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (5, "no-interop")
    assert asked("restart", "--dry-run", *made.flags)["data"]["distros"] is None


def test_who_brings_wsl_back(windows: Laptop, asked: Asked, call: Call) -> None:
    """Docker Desktop and windows of VS Code are named: they start WSL again by themselves."""
    toml = windows.folder / "machine.toml"
    text = toml.read_text().replace("folders = [", "folders = [\n  '/mnt/wsl/docker-desktop',")
    stat = "900 (node) S 1 900 900 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 1200 90000000 9000 " + "18446744073709551615 " + "0 " * 27
    toml.write_text(
        f"{text}\"/proc/900/stat\" = '{stat.strip()}'\n"
        '"/proc/900/cmdline" = "/home/ana/.vscode-server/bin/1f/node\\u0000/home/ana/.vscode-server/bin/1f/out/server-main.js\\u0000"\n'
    )
    data = asked("restart", "--dry-run", *windows.flags)["data"]
    assert (data["docker_desktop"], data["editors"]) == (True, ["VS Code"])
    runs = windows.folder / "runs.toml"
    runs.write_text(
        runs.read_text().replace("'--running',\n]\nout = '''\nUbuntu-24.04\n", "'--running',\n]\nout = '''\nUbuntu-24.04\nDebian\n")
    )
    said = call("restart", "--dry-run", *windows.flags).out
    assert "A restart stops Ubuntu-24.04 and Debian," in said and "What runs in Debian cannot be seen from here" in said
    assert "Docker Desktop and the window of VS Code will bring WSL back at once." in said


@pytest.mark.parametrize("line", ["cd '/home/ana/my shop' && claude --resume 1e99", "codex resume $(rm -rf ~)"])
def test_the_window_afterwards(line: str, tmp_path: Path) -> None:
    """The script runs verify, shows each line as it is (no shell looks into it), and hands over to the person's shell."""
    program = tmp_path / "it's here" / "wslcfg"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "asked: $*"\n')
    program.chmod(0o755)
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\necho "shell: $*"\n')
    shell.chmod(0o755)
    done = subprocess.run(
        ["sh", "-s"], input=after_script([str(program)], [line]), env={**os.environ, "SHELL": str(shell)}, capture_output=True, check=True
    )
    said = done.stdout.decode().splitlines()
    assert (said[0], f"  {line}" in said, said[-1]) == ("asked: verify", True, "shell: -l")


def test_sessions_are_backed_up_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where backups are installed a restart makes one; where that fails nothing is restarted and the flag is named."""
    from wslcfg.cli.restart import _back_up
    from wslcfg.cli.shared import Flags, this_disk
    from wslcfg.errors import Refused

    home = tmp_path / "ana"
    session = home / ".claude/projects/-home-ana/11111111-2222-3333-4444-555555555555.jsonl"
    session.parent.mkdir(parents=True)
    session.write_text('{"type":"user"}\n')
    monkeypatch.setenv("HOME", str(home))
    assert _back_up(Flags(), this_disk()) is None, "no backups are installed"
    conf = home / ".config/wslcfg/inside.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("[backup]\nevery-minutes = 30\n")
    assert _back_up(Flags(), this_disk())
    assert _back_up(Flags(), this_disk()) == ""
    conf.write_text("[backup]\nengine = tape\n")
    with pytest.raises(Refused, match="nothing was restarted") as raised:
        _back_up(Flags(), this_disk())
    assert "--no-backup" in raised.value.hint


def test_a_session_whose_folder_is_gone_comes_back_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live session is named with the line that still works afterwards, as `sessions list` has it."""
    from wslcfg.cli.restart import _sessions
    from wslcfg.cli.shared import this_disk

    id, gone = f"1e99f0aa-0000-4000-8000-{os.getpid():012}", tmp_path / "worktree"
    session = tmp_path / f"home/.claude/projects/{''.join(sign if sign.isalnum() else '-' for sign in str(gone))}/{id}.jsonl"
    session.parent.mkdir(parents=True)
    record = {"type": "user", "uuid": "a", "parentUuid": None, "cwd": str(gone), "version": "2.1.329", "message": {"content": "Mend it"}}
    session.write_text(json.dumps(record) + "\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert _sessions(this_disk()) == (), "no process has it"
    program = tmp_path / "claude"
    program.symlink_to("/bin/sh")
    with subprocess.Popen([str(program), "-c", "read line", "--resume", id], stdin=subprocess.PIPE) as child:
        try:
            started(child, id)
            assert [(one.id, one.resume) for one in _sessions(this_disk())] == [(id, f"claude --resume {session}")]
        finally:
            child.kill()


def test_park_and_back(laptop: Callable[..., Laptop], asked: Asked, call: Call) -> None:
    """The file goes with a backup and a diff, `rollback` brings every byte back, and where there is none nothing happens."""
    made = laptop()
    first = made.wslconfig.read_bytes()
    assert asked("park", *made.flags)["exit_code"] == 7
    assert asked("park", "--dry-run", *made.flags)["data"]["diff"].startswith("--- .wslconfig")
    assert made.wslconfig.read_bytes() == first
    data = asked("park", "--yes", *made.flags)["data"]
    assert data["changed"] and data["restart"] == "vm" and not list(made.folder.glob("overlay/files/**/.wslconfig"))
    again = asked("park", "--yes", *made.flags)
    assert (again["exit_code"], again["data"]["changed"]) == (0, False)
    assert "on its defaults already" in call("park", "--yes", *made.flags).out
    assert asked("rollback", "--yes", *made.flags)["exit_code"] == 0
    assert made.place("/mnt/c/Users/ana/.wslconfig").read_bytes() == first


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_machine_has_an_answer(name: str, tmp_path: Path, asked: Asked) -> None:
    """Whatever is odd about a machine: what a restart stops and whether the file is in effect are said, or the reason why not."""
    machine = shutil.copytree(Path(__file__).parents[1] / "machines" / name, tmp_path / name)
    restarts, verifies = asked("restart", "--dry-run", "--machine", machine), asked("verify", "--machine", machine)
    assert restarts["exit_code"] in (0, 5) and verifies["exit_code"] in (0, 1, 5), (restarts["errors"], verifies["errors"])
    if verifies["exit_code"] == 1:
        assert verifies["data"]["problems"]
