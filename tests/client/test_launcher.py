"""The real client through the shim and as the process wrapper has it: it must not notice, and nothing that it starts goes around them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clientlab.lab import HOME, PROJECT, Lab, enter, wait_for
from tests.house.source import ROOT

pytestmark = [pytest.mark.client, pytest.mark.slow]

VERSIONS = ("2.1.112", "2.1.329")
NEWEST = VERSIONS[-1]
INSIDE = HOME / ".local/share/wslcfg/inside"
STATE = HOME / ".local/state/wslcfg"
LOUD = "WITHOUT A MEMORY LIMIT"
Homes = Callable[[list[str], str], Path]
Clients = Callable[[str], list[str]]


def furnish(home: Path) -> Path:
    """Put the launcher's texts where `install` puts them; the home."""
    texts = ROOT / "wslcfg/inside/resources"
    inside = home / INSIDE.relative_to(HOME)
    (inside / "shims").mkdir(parents=True)
    for name in ("launcher", "watcher", "wrapper"):
        shutil.copy(texts / f"{name}.sh", inside / name)
    shutil.copy(texts / "shim.sh", inside / "shims/claude")
    return home


def live() -> dict[str, str]:
    """The launcher's record of the one session that lives, empty when there is none."""
    found = list((STATE / "launch/live").glob("[0-9]*"))
    assert len(found) < 2, found
    return dict(line.split("=", 1) for line in found[0].read_text(encoding="utf-8").splitlines()) if found else {}


def through_the_shim(lab: Lab) -> dict[str, Any]:
    """The same question with and without the shim, a failing one, and one in a terminal that is then killed."""
    real = str(HOME / ".local/bin/claude")
    plain = [lab.run([real, "-p", text]) for text in ("one two", "CONTEXT?")]
    lab.env["PATH"] = f"{INSIDE}/shims:{HOME}/.local/bin:{lab.env['PATH']}"
    shimmed = [lab.run(["claude", "-p", text]) for text in ("one two", "CONTEXT?")]
    wrong = [lab.run([name, "--resume", "00000000-0000-4000-8000-000000000000", "-p", "x"]) for name in (real, "claude")]
    pane = lab.pane(["claude"])
    pane.wait("❯")
    pane.type("from the terminal")
    pane.wait(r"ECHO\[\d+\]: from the terminal")
    wait_for(live, "the session was not written down")
    record = live()

    def written() -> list[str]:
        return [path.stem for path in (HOME / ".claude/projects").glob("*/*.jsonl") if b"from the terminal" in path.read_bytes()]

    wait_for(written, "the client wrote no transcript")
    found = written()
    os.kill(pane.pid, signal.SIGKILL)
    wait_for(lambda: not live(), "the watcher did not notice the end", 30)
    reports = [path.read_text(encoding="utf-8") for path in (STATE / "launch/reports").rglob("2*")]
    told = {"plain": plain, "shimmed": shimmed, "wrong": wrong, "pid": pane.pid}
    return {**told, "record": record, "reports": reports, "written": found}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_client_does_not_notice_the_shim(version: str, installed: Clients, home: Homes) -> None:
    """Answers and exit codes are the client's own, the process is the one that was started, and only stderr has a line more."""
    told = enter(through_the_shim, furnish(home(installed(version), version)))
    for (code, out, _), (code_, out_, err_) in zip(told["plain"], told["shimmed"], strict=True):
        assert (code_, out_) == (code, out) and code == 0
        # The tests' machine has no cgroup v2 to offer, or a namespace without a manager: the launcher has to say so.
        assert LOUD in err_
    (code, _, err), (code_, _, err_) = told["wrong"]
    assert code == code_ == 1 and err.strip() in err_
    record = told["record"]
    assert int(record["pid"]) == told["pid"], "the program was not exec'd"
    assert (record["program"], record["cwd"], record["door"]) == ("claude", str(PROJECT), "shim")
    assert (record["minted"], told["written"]) == ("yes", [record["session"]]), "the client did not take the id that the launcher gave it"
    assert told["reports"] == [], "nobody was out of memory"


def in_the_background(lab: Lab) -> dict[str, Any]:
    """A background session with the wrapper in settings.json, its restart, and the same once the wrapper has gone."""
    claude = str(HOME / ".local/bin/claude")
    settings = HOME / ".claude/settings.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps({"env": {"CLAUDE_CODE_PROCESS_WRAPPER": str(INSIDE / "wrapper")}}))
    started = lab.run([claude, "--bg", "first in the background"])
    job = re.search(r"backgrounded · (\w+)", started.out)
    assert job, started
    wait_for(lambda: _asked(lab, "first in the background"), "the session never asked the model")
    time.sleep(1)
    seen = lab.processes()
    log = (STATE / "launch/log").read_text(encoding="utf-8")
    respawned = lab.run([claude, "respawn", job[1]])
    wait_for(lambda: (STATE / "launch/log").read_text(encoding="utf-8").count("claude[") > log.count("claude["), "the restart went around")
    lab.run([claude, "stop", job[1]])
    for pid, words in lab.processes().items():
        if "claude" in words:
            os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    (INSIDE / "wrapper").unlink()
    missing = lab.run([claude, "--bg", "without the wrapper"])
    shutil.copy(ROOT / "wslcfg/inside/resources/stub.sh", INSIDE / "wrapper")
    stub = lab.run([claude, "--bg", "with the stub"])
    wait_for(lambda: _asked(lab, "with the stub"), "the stub did not run the session")
    return {"started": started, "seen": seen, "log": log, "respawned": respawned, "missing": missing, "stub": stub}


def _asked(lab: Lab, text: str) -> bool:
    return any(text in row["last_user"] for row in lab.requests())


def test_the_background_service_goes_through_the_wrapper(installed: Clients, home: Homes) -> None:
    """The service, each background session and its restart pass the silent wrapper; without its file the client refuses, and a stub is enough."""
    told = enter(in_the_background, furnish(home(installed(NEWEST), NEWEST)))
    code, out, err = told["started"]
    assert code == 0 and "wslcfg" not in out + err
    # The service, a terminal for each session and the session itself: each was started by the wrapper and logged that it has no limit.
    passed = re.findall(r"claude\[(\d+)\].*" + LOUD, told["log"])
    named = {
        pid: words
        for pid, words in told["seen"].items()
        if re.search(r"daemon run|--session-id|--bg-pty-host", words) and "/bin/sh" not in words
    }
    assert len(named) >= 3, told["seen"]
    assert named.keys() <= set(passed), (named, told["log"])
    assert told["respawned"][0] == 0, told["respawned"]
    assert told["missing"][0] != 0, "the client did not mind a missing wrapper: the facts about it changed"
    assert told["stub"][0] == 0, told["stub"]
