"""What other programs leave behind, read as they write it; and what cannot be read is said."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some

from tests.oom.crashes import AT
from wslcfg.host.real import RealHost
from wslcfg.host.recorded import RecordedHost
from wslcfg.oom import panes, traces
from wslcfg.oom.story import Counter
from wslcfg.oom.surroundings import look_around, look_counters

ID = "1e993f75-53a1-48e1-a6af-690a1b6233f6"
OTHER = "f097b34d-31f4-4683-b676-819a5dc8f2cd"


def test_resumes_in_shell_histories() -> None:
    """Bash with and without times, zsh and fish: resumes are found with their time, and nothing else is taken out of a history."""
    bash = f"#1775104927\nclaude --resume {ID}\nls\n#1775104930\nexport TOKEN=abc\nclaude -r {ID} --model x\n"
    found = traces.history(bash, "~/.bash_history")
    assert [(one.text, one.at, one.proof.line) for one in found] == [
        (f"claude --resume {ID}", datetime(2026, 4, 2, 4, 42, 7, tzinfo=timezone.utc), 2),
        (f"claude --resume {ID}", None, 6),
    ]
    zsh = f": 1775104927:0;cd shop && claude --resume={ID}\n: 1775104928:3;git status\n"
    assert [(one.at is not None, one.text) for one in traces.history(zsh, "z")] == [(True, f"claude --resume {ID}")]
    fish = f"- cmd: codex resume {OTHER}\n  when: 1775104927\n- cmd: ls\n  when: 1775104928\n"
    (one,) = traces.history(fish, "f")
    assert (one.text, one.at) == (f"codex resume {OTHER}", AT)


def test_npm_logs() -> None:
    """The name of an npm log is its time, its title what was run; another file is none."""
    name = "2026-04-02T04_41_07_123Z-debug-0.log"
    text = '0 verbose cli /usr/bin/node /usr/bin/npm\n1 info using npm@10.8.2\n4 verbose title npm run serve\n5 verbose argv "run" "serve"\n6 verbose cwd /home/ana/shop\n'
    one = traces.npm_log(name, text, "~/.npm/_logs/x")
    assert one is not None
    assert (one.text, one.at, one.proof.line) == ("npm run serve in /home/ana/shop", datetime(2026, 4, 2, 4, 41, 7, tzinfo=timezone.utc), 3)
    assert traces.npm_log("notes.log", text, "x") is None
    assert traces.npm_log("2026-99-02T04_41_07_123Z-debug-0.log", text, "x") is None


def test_cron_jobs_and_units() -> None:
    """Of the journal, cron's jobs and started units are taken; what somebody only wrote there is neither."""
    rows = [
        {"SYSLOG_IDENTIFIER": "CRON", "MESSAGE": "(root) CMD (run-parts /etc/cron.hourly)", "__REALTIME_TIMESTAMP": "1775104927000000"},
        {
            "SYSLOG_IDENTIFIER": "systemd",
            "MESSAGE": "Started apt-daily.service - Daily apt.",
            "UNIT": "apt-daily.service",
            "__REALTIME_TIMESTAMP": "1775104927000000",
        },
        {"SYSLOG_IDENTIFIER": "systemd", "MESSAGE": "Started session-4.scope - Session 4 of User ana.", "__REALTIME_TIMESTAMP": "1"},
        {"SYSLOG_IDENTIFIER": "claude", "MESSAGE": "(root) CMD (rm -rf /)"},
        {"SYSLOG_IDENTIFIER": "systemd", "MESSAGE": [1, 2]},
    ]
    found = traces.journal("\n".join([*map(json.dumps, rows), "no json", "[]"]))
    assert [(one.what, one.text, one.at) for one in found] == [
        ("cron", "cron ran run-parts /etc/cron.hourly", AT),
        ("unit", "systemd started apt-daily.service", AT),
    ]


def tab(key: str, pane: dict[str, object], updated: int = 1, status: str = "open", kind: str = "terminal") -> dict[str, object]:
    """A record of freshell's registry with one pane."""
    return {"tabKey": key, "status": status, "updatedAt": updated, "revision": 1, "panes": [{"paneId": "p", "kind": kind, "payload": pane}]}


def test_freshells_panes() -> None:
    """Several clients repeat a tab: the newest record of it counts; closed tabs, browsers and junk do not; both ways to write the id do."""
    rows = [
        tab("a", {"mode": "claude", "resumeSessionId": ID, "initialCwd": "/home/ana"}),
        tab("a", {"mode": "claude", "resumeSessionId": OTHER}, updated=0),
        tab("b", {"mode": "claude", "sessionRef": {"provider": "claude", "sessionId": ID}}),
        tab("c", {"mode": "claude"}, status="closed"),
        tab("d", {"provider": "claude"}, kind="claude-chat"),
        tab("e", {"url": "http://x"}, kind="browser"),
        tab("f", {"mode": "shell"}),
        {"tabKey": 7},
        {"tabKey": "g", "status": "open", "panes": "no"},
    ]
    found = panes.open_panes(("registry", row) for row in rows)
    assert [(one.key, one.kind, one.session) for one in found] == [
        ("a", "claude", ID),
        ("b", "claude", ID),
        ("d", "freshclaude", None),
        ("f", "shell", None),
    ]


@given(some.text(max_size=200))
def test_junk_is_passed_over(text: str) -> None:
    """Whatever such a file holds, reading it ends without an error."""
    assert traces.session_file(text, "x", None) is None or "sessionId" in text
    assert isinstance(traces.history(text, "x"), tuple)
    assert isinstance(traces.journal(text), tuple)
    assert isinstance(panes.snapshots(text), tuple)
    assert isinstance(panes.open_panes(("x", row) for row in panes.records(text)), tuple)


def home_of_a_swarm(home: Path) -> None:
    """A home folder with everything that is looked at."""

    def put(path: str, text: str) -> None:
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text, encoding="utf-8")

    put(".bash_history", f"claude --resume {ID}\nclaude --resume {ID}\n")
    put(".npm/_logs/2026-04-02T04_41_07_123Z-debug-0.log", "1 verbose title npm run serve\n")
    put(".npm/_logs/2026-04-01T04_41_07_123Z-debug-0.log", "1 verbose title npm run yesterday\n")
    began = int((AT - timedelta(days=3)).timestamp() * 1000)
    for pid in (11, 12):
        put(
            f".claude/sessions/{pid}.json",
            json.dumps({"pid": pid, "sessionId": ID, "cwd": "/home/ana/shop", "startedAt": began, "procStart": "77"}),
        )
    put(".claude/sessions/pid-9.json", "{}")
    put(
        ".freshell/tabs-registry/v1/manifest.json",
        json.dumps({"committedAt": began, "openSnapshots": {"c": {"path": "objects/3f.json"}, "evil": {"path": "../../x"}}}),
    )
    put(".freshell/tabs-registry/v1/objects/3f.json", json.dumps({"records": [tab("a", {"mode": "claude", "resumeSessionId": ID})]}))


def test_a_home_folder(tmp_path: Path) -> None:
    """Everything that a home folder tells of a kill is found, and nothing of another day."""
    home_of_a_swarm(tmp_path)
    found = look_around(RealHost(), str(tmp_path), (AT,), live=False)
    assert [one.text for one in found.ran if one.what == "npm"] == ["npm run serve"]
    assert len([one for one in found.ran if one.what == "resume"]) == 2
    assert [(one.pid, one.alive) for one in found.agents] == [(11, None), (12, None)]
    assert [one.session for one in found.panes] == [ID] and found.panes_at == AT - timedelta(days=3)
    assert found.unchecked == () and "~/.bash_history" in found.looked


def test_the_registry_before_may(tmp_path: Path) -> None:
    """The old registry, a file of lines, is read the same; one that is too large is not read, which is said."""
    folder = tmp_path / ".freshell/tabs-registry"
    folder.mkdir(parents=True)
    file = folder / "tabs-registry.jsonl"
    file.write_text(
        "\n".join(json.dumps(tab(key, {"mode": "claude", "resumeSessionId": ID})) for key in "abc") + "\n{torn", encoding="utf-8"
    )
    assert len(look_around(RealHost(), str(tmp_path), (), live=False).panes) == 3
    with file.open("r+b") as stream:
        stream.truncate(40 << 20)
    found = look_around(RealHost(), str(tmp_path), (), live=False)
    assert found.panes == () and "40 MB" in found.unchecked[0]


def test_an_empty_home_was_looked_at(tmp_path: Path) -> None:
    """A home without traces gives nothing, and no complaint."""
    found = look_around(RealHost(), str(tmp_path), (AT,), live=False)
    assert (found.ran, found.agents, found.panes, found.unchecked) == ((), (), (), ())


def test_the_counts_of_prepared_folders(tmp_path: Path) -> None:
    """Where systemd is off, the agents' cgroup is the folder that root prepared at boot, wherever this WSL has its cgroups; a system's slice is none."""
    said = {
        "wsl-user/wslcfg-Ubuntu/memory.events": "low 0\nhigh 0\nmax 9\noom 3\noom_kill 3\noom_group_kill 0\n",
        "wsl-user/wslcfg-Ubuntu/memory.max": "4294967296\n",
        "wslcfg-Debian/memory.events": "oom_kill 1\n",
        "wslcfg-agents.slice/memory.events": "oom_kill 7\n",
    }
    for path, text in said.items():
        place = tmp_path / "files/sys/fs/cgroup" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "machine.toml").write_text("schema = 1\nnow = 2026-10-05T08:30:00Z\n")
    assert look_counters(RecordedHost(tmp_path)) == (
        Counter("/wsl-user/wslcfg-Ubuntu", 3, 9, 4 << 30, None),
        Counter("/wslcfg-Debian", 1, 0, None, None),
    )
