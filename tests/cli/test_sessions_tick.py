"""`wslcfg sessions backup --quiet --tick`: what timers, cron and the launcher start."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MACHINES
from tests.cli.person import TRANSCRIPT, TREE, Person, record
from tests.house.source import ROOT
from wslcfg.cli.lane import quiet_backup
from wslcfg.model.inside import parse_record


def _lane(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    frame = "import sys; from wslcfg.__main__ import run; code = run(sys.argv[1:]); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    return subprocess.run(
        [sys.executable, "-c", frame, "sessions", "backup", *words],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )


def test_the_lane_goes_past_the_parser(person: Person, tmp_path: Path) -> None:
    """What timers start imports no typer and says nothing; success is noted, a second tick finds that nothing is due."""
    env = {"HOME": str(person.home), "XDG_STATE_HOME": str(tmp_path / "s"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    done = _lane("--quiet", "--tick", env=env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert not {"typer", "questionary", "subprocess", "tomlkit", "msgspec"} & set(done.stderr.split())
    note = tmp_path / "s/wslcfg/backup/last-success"
    told = json.loads(note.read_text())
    assert told["files"] == len(TREE) and told["snapshot"] and told["engine"] == "own" and told["mirror"] is None
    assert (tmp_path / "s/wslcfg/launch/seen-boot").read_text().strip() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    person.write(TRANSCRIPT, TREE[TRANSCRIPT] + record(2, "More"))
    assert _lane("--tick", "-q", env=env).returncode == 0
    assert json.loads(note.read_text()) == told
    note.write_text(json.dumps({**told, "at": "2020-01-01T00:00:00Z"}))
    assert _lane("--tick", "-q", env=env).returncode == 0
    assert json.loads(note.read_text())["snapshot"] not in (None, told["snapshot"])


@pytest.mark.parametrize("setting", ["repo = backups", "mirror = ./copies", "engine = restic\nrepo = backups", "repo = ~"])
def test_a_store_has_one_place(person: Person, tmp_path: Path, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place in inside.conf that depends on the current folder is refused, and nothing is made in that folder; ~ is the home."""
    env = {"HOME": str(person.home), "XDG_STATE_HOME": str(tmp_path / "s"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    (tmp_path / "c/wslcfg").mkdir(parents=True)
    (tmp_path / "c/wslcfg/inside.conf").write_text(f"[backup]\n{setting}{'/kept' if '~' in setting else ''}\n")
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for words in (("--quiet", "--tick"), ("--dry-run",)):
        done = _lane(*words, env=env)
        assert done.returncode == (0 if "~" in setting else 3), done.stderr
        assert ("Write the whole path" in done.stderr) == (done.returncode == 3)
    assert list((tmp_path / "project").iterdir()) == []
    if setting == "repo = backups":
        named = _lane("--repo", "mine", env=env)
        assert named.returncode == 0, "a person at a prompt means the folder he is in"
        assert (tmp_path / "project/mine/packs").is_dir()
    assert (person.home / "kept/packs").is_dir() == ("~" in setting)


def test_a_failing_tick_is_noted(person: Person, tmp_path: Path) -> None:
    """Why a backup failed is written down for `status`, and forgotten with the next that goes well; a bad setting costs two lines."""
    env = {"HOME": str(person.home), "XDG_STATE_HOME": str(tmp_path / "s"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    conf = tmp_path / "c/wslcfg/inside.conf"
    conf.parent.mkdir(parents=True)
    (tmp_path / "blocked").write_text("no folder")
    conf.write_text(f"[backup]\nrepo = {tmp_path}/blocked\n")
    assert _lane("--quiet", "--tick", env=env).returncode in (3, 5)
    told = json.loads((tmp_path / "s/wslcfg/backup/last-failure").read_text())
    assert told["why"] and told["code"] and told["at"]
    conf.write_text("[backup]\nevery-minutes = often\n")
    assert _lane("--quiet", "--tick", env=env).returncode == 3
    assert json.loads((tmp_path / "s/wslcfg/backup/last-failure").read_text())["code"] == "bad-number"
    conf.write_text("[backup]\n")
    assert _lane("--quiet", "--tick", env=env).returncode == 0
    assert not (tmp_path / "s/wslcfg/backup/last-failure").exists()
    conf.write_text("[backup]\nenabled = no\n")
    assert _lane("--quiet", "--tick", env=env).returncode == 0


def test_two_ticks_at_once(person: Person, tmp_path: Path) -> None:
    """A tick beside a running one is a conflict (6), which a timer takes as done."""
    folder = tmp_path / "s/wslcfg/backup"
    folder.mkdir(parents=True)
    with open(folder / "tick.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        env = {"HOME": str(person.home), "XDG_STATE_HOME": str(tmp_path / "s"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
        assert _lane("--quiet", "--tick", env=env).returncode == 6


@pytest.mark.parametrize(
    "words", [(), ("--tick",), ("--quiet", "--json"), ("--quiet", "--repo"), ("--quiet", "--nonsense"), ("-q", "--home", "")]
)
def test_other_words_are_the_parsers(words: tuple[str, ...]) -> None:
    """The lane takes the plain forms alone."""
    assert quiet_backup(words) is None
    assert quiet_backup(("--quiet", "--home", "/x")) is not None


def test_the_lanes_memory(person: Person, tmp_path: Path) -> None:
    """A tick with the own engine stays below 40 MB, so that it can run in a VM that has none to spare."""
    frame = (
        # Not getrusage: its peak counts what the parent had when it forked.
        "import re, sys; from wslcfg.__main__ import run; code = run(sys.argv[1:]);"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]); sys.exit(code)"
    )
    env = {"HOME": str(person.home), "XDG_STATE_HOME": str(tmp_path / "s"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    done = subprocess.run(
        [sys.executable, "-c", frame, "sessions", "backup", "--quiet", "--tick"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 40 * 1024


def test_a_tick_tells_of_kills_once(person: Person, tmp_path: Path) -> None:
    """With oom-notice each kill becomes one report, which the launcher's hint shows in one terminal; without it nobody looks."""
    env = {"HOME": str(person.home), "XDG_STATE_HOME": str(tmp_path / "s"), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    program, conf, new = tmp_path / "wslcfg", tmp_path / "c/wslcfg/inside.conf", tmp_path / "s/wslcfg/launch/reports/new"
    # The real command, on the practice laptop that has had a crash; what was told is kept beside the recording.
    machine = shutil.copytree(MACHINES / "practice-16gb", tmp_path / "machine", ignore=shutil.ignore_patterns("overlay"))
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wslcfg --machine {machine} "$@"\n')
    program.chmod(0o755)
    conf.parent.mkdir(parents=True)
    conf.write_text(f"[launcher]\nwslcfg = {program}\n")
    assert _lane("--quiet", "--tick", env=env).returncode == 0
    assert not new.exists()
    conf.write_text(f"[launcher]\nwslcfg = {program}\noom-notice = yes\n")
    assert _lane("--quiet", "--tick", env=env).returncode == 0
    (report,) = new.iterdir()
    told = parse_record(report.read_text())
    assert told["kind"] == "oom" and "postgres" in told["text"].lower() and told["next"].endswith("wslcfg oom")
    launcher = ROOT / "wslcfg/inside/resources/launcher.sh"
    hints = [
        subprocess.run(["sh", launcher, "--hint"], env={**os.environ, **env}, capture_output=True, text=True, check=True) for _ in "12"
    ]
    assert hints[0].stderr.splitlines() == [f"wslcfg: {told['text']}", f"wslcfg: {told['next']}"] and hints[1].stderr == ""
    assert _lane("--quiet", "--tick", env=env).returncode == 0
    assert not list(new.iterdir())
