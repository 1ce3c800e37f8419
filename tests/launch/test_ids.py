"""Which session a process has: a new one gets its id from the launcher where the client surely takes it, and what the client says later is taken over."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from tests.launch.conftest import Home, soon
from tests.launch.test_shell_reading import functions
from wslcfg.sessions.records import encode

ID, OTHER = "1e991e99-0000-4000-8000-000000000001", "1e991e99-0000-4000-8000-000000000002"
WORDS = '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n'
SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(60)\n"


def native(home: Home, text: str = WORDS, version: str = "2.1.329") -> None:
    """A client as the native installer leaves it."""
    (home.bin / "claude").unlink(missing_ok=True)
    (home.bin / "claude").symlink_to(home.program(version, text, home.root / ".local/share/claude/versions"))


def words_of(home: Home, *words: str, **more) -> list[str]:
    """The words that the client got."""
    done = home.run("--", "claude", *words, **more)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "words", [[], ["fix the bug"], ["-p", "what is this"], ["--model", "opus"], ["--dangerously-skip-permissions", "--verbose", "a b"]]
)
def test_a_new_session_gets_its_id(home: Home, words: list[str]) -> None:
    """The client gets an id of its own in front of its words, which stay as they were."""
    native(home)
    first, second = words_of(home, *words), words_of(home, *words)
    for got in (first, second):
        assert (got[0], got[2:]) == ("--session-id", words)
        assert str(uuid.UUID(got[1])) == got[1]
    assert first[1] != second[1]


DOUBTFUL = [
    *(
        ["--resume"],
        ["--resume", ID],
        ["-r", "title"],
        ["--continue"],
        ["-c"],
        ["--session-id", ID],
        [f"--session-id={ID}"],
        ["--fork-session"],
    ),
    *(
        ["mcp", "list"],
        ["update"],
        ["config"],
        ["doctor"],
        ["--help"],
        ["--version"],
        ["-p", "update"],
        ["/resume it"],
        ["--", "a b"],
        [""],
    ),
    *(
        ["--bg", "a b"],
        ["--worktree", "x"],
        ["--unknown"],
        ["--model"],
        ["--model", "--verbose"],
        ["--no-session-persistence", "-p", "a b"],
    ),
]


def test_what_is_not_sure_stays(one_home: Home) -> None:
    """Words that name a session, commands of the client's, and whatever is not known get the line as it was typed."""
    native(one_home)
    for words in DOUBTFUL:
        assert words_of(one_home, *words) == words


@pytest.mark.parametrize(
    "env", [{"CLAUDECODE": "1"}, {"CLAUDE_CODE_ENTRYPOINT": "sdk-ts"}, {"CLAUDE_CODE_SESSION_ID": ID}], ids=lambda env: next(iter(env))
)
def test_who_starts_agents_passes_words_of_their_own(one_home: Home, env: dict[str, str]) -> None:
    """Below an agent or an SDK nothing is added."""
    native(one_home)
    assert words_of(one_home, "a b", env=env) == ["a b"]


def test_only_a_known_client_gets_an_id(one_home: Home) -> None:
    """Its version must be known and tried; another program of that name, another provider and the process wrapper stay as they are."""
    for version in ("2.1.26", "2.0.77", "1.9.99", "2.1", "latest"):
        native(one_home, version=version)
        assert words_of(one_home) == []
    for version in ("2.1.27", "2.2.0", "3.0.1"):
        native(one_home, version=version)
        assert words_of(one_home)[:1] == ["--session-id"]
        assert one_home.run("claude", script=one_home.data / "wrapper").stdout == ""
    one_home.settings("session-ids = leave")
    assert words_of(one_home) == []
    one_home.settings()
    (one_home.bin / "claude").unlink()
    one_home.program("claude", WORDS)
    assert words_of(one_home) == []
    one_home.program("codex", WORDS)
    assert one_home.run("--", "codex").stdout == ""


@pytest.mark.parametrize("version", ["2.1.112", "2.1.20"])
def test_npm_says_its_version(one_home: Home, version: str) -> None:
    """A client out of npm's folder says its version in its package.json."""
    package = one_home.root / "lib/node_modules/@anthropic-ai/claude-code"
    cli = one_home.program("cli.js", WORDS, package)
    (package / "package.json").write_text(json.dumps({"name": "@anthropic-ai/claude-code", "version": version}, indent=2))
    (one_home.bin / "claude").symlink_to(cli)
    assert bool(words_of(one_home)) == (version == "2.1.112")


def test_the_id_is_recorded_from_the_first_second(home: Home) -> None:
    """The live record names the session before the client has said a word, and a second start of it is noticed."""
    native(home, SLEEPER)
    child = home.open("--", "claude", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert child.stdout is not None and child.stdout.readline() == "up\n"
        record = home.live(child.pid)
        assert str(uuid.UUID(record["session"])) == record["session"] and record["minted"] == "yes"
        native(home, version="2.1.330")
        assert f"is open already in process {child.pid}" in home.run("--", "claude", "--resume", record["session"]).stderr
    finally:
        child.kill()
        child.communicate()


@pytest.mark.slow
def test_what_the_client_says_is_taken_over(one_home: Home) -> None:
    """Where the client goes on with another session (/clear, its list), the record follows within seconds."""
    native(one_home, SLEEPER)
    child = one_home.open("--", "claude", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        one_home.live(child.pid)
        started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
        told = one_home.root / f".claude/sessions/{child.pid}.json"
        told.parent.mkdir(parents=True)
        told.write_text(json.dumps({"pid": child.pid, "sessionId": OTHER, "procStart": started}))
        soon(lambda: one_home.live(child.pid)["session"] == OTHER)
        assert one_home.live(child.pid)["minted"] == ""
    finally:
        child.kill()
        child.communicate()


class Found:
    """The watcher's search for the session of a program that has ended, as its functions do it."""

    def __init__(self, home: Path) -> None:
        self.home, self.cwd = home, home / "shop"
        self.cwd.mkdir(parents=True)
        self.start = home / "start"
        self.start.touch()
        self.projects = home / ".claude/projects" / encode(str(self.cwd))
        self.projects.mkdir(parents=True)
        time.sleep(0.02)

    def write(self, session: str, text: str = "{}\n") -> None:
        """A transcript, younger than the start and than those before."""
        (self.projects / f"{session}.jsonl").write_text(text)
        time.sleep(0.02)

    def say(self, session: str, **more: str) -> None:
        """The client's own file about itself."""
        path = self.home / ".claude/sessions/77.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"pid": 77, "sessionId": session, **more}))

    def next(self, session: str = "", minted: str = "") -> str:
        """What is said about going on."""
        names = ("_w_told", "_w_transcript", "_w_find_session", "_w_newest", "_w_quoted", "_w_resume_line")
        script = functions(*names, file="watcher") + "\n" + functions("_w_folders", "_w_owner", "_w_started") + "\n"
        script += f"""
_w_home={self.home} _w_state={self.home}/state _w_cwd={self.cwd} _w_name=claude _w_pid=77 _w_start=123 _w_boot=b _w_id={session} _w_minted={minted}
_w_find_session {self.start}
_w_resume_line
echo "$_w_next"
"""
        done = subprocess.run(["dash", "-c", script], capture_output=True, text=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin"})
        return done.stdout.strip().replace(str(self.cwd), "CWD")


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """A home with one project."""
    return Found(tmp_path)


CLEARED = '{"type":"user","message":{"content":"<command-name>/clear</command-name>"}}\n'
SURE, GUESS = (
    "Go on with: cd CWD && claude --resume ",
    "Go on with (a guess, the newest transcript of that folder): cd CWD && claude --resume ",
)


def test_the_clients_word_counts(found: Found) -> None:
    """A file with the process's own start names the session, whatever the command line said and whatever is newer."""
    found.write(OTHER)
    found.write(ID)
    found.say(OTHER, procStart="123")
    assert found.next(ID, "yes") == SURE + OTHER
    found.say(OTHER, procStart="124")
    assert found.next(ID) == SURE + ID
    assert found.next() == GUESS + ID


def test_a_session_without_a_transcript_is_not_offered(found: Found) -> None:
    """To resume it would be an error: nothing was said in it; an id of ours that no client has used is none."""
    found.say(ID, procStart="123")
    assert found.next() == "Its session has no transcript yet, so there is nothing to go on with."
    (found.home / ".claude/sessions/77.json").unlink()
    assert "not known" in found.next(ID, "yes")
    found.write(OTHER)
    assert found.next(ID, "yes") == GUESS + OTHER


def test_clear_is_followed_where_the_client_is_silent(found: Found) -> None:
    """Clients up to 2.1.112 do not say that they went on in a new session: its first records do, unless it is another process's."""
    found.write(ID)
    found.write(OTHER)
    assert found.next(ID, "yes") == SURE + ID
    found.write(OTHER, CLEARED)
    assert found.next(ID, "yes") == found.next(ID) == GUESS + OTHER
    found.say(ID)
    assert found.next() == GUESS + OTHER
    mine = Path("/proc/self/stat").read_text().split()[0], Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    live = found.home / "state/launch/live" / mine[0]
    live.parent.mkdir(parents=True)
    live.write_text(f"session={OTHER}\nstart={mine[1]}\n")
    assert found.next(ID) == SURE + ID
