"""`wslcfg sessions check, repair, show, last`: problems are named, mended as a plan, and taken back."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call
from tests.client.damage import RECOVERABLE
from tests.house.source import ROOT
from tests.sessions.made import ID, Transcript, talk
from tests.started import started
from wslcfg.errors import Unreachable
from wslcfg.model.session import roots
from wslcfg.sessions.check import Health
from wslcfg.sessions.examine import examine_each
from wslcfg.sessions.find import find
from wslcfg.sessions.records import encode

OTHER = "2b00f0aa-0000-4000-8000-000000000002"


class Tree:
    """A home with one project; the history of repairs lies beside it."""

    def __init__(self, home: Path) -> None:
        self.home, self.project = home, home / ".claude/projects/-home-ana-shop"
        self.project.mkdir(parents=True)

    def put(self, raw: bytes, session: str = ID) -> Path:
        """Write a session's file."""
        path = self.project / f"{session}.jsonl"
        path.write_bytes(raw)
        path.chmod(0o600)
        return path

    def files(self) -> dict[str, bytes]:
        """Everything below the home."""
        return {path.relative_to(self.home).as_posix(): path.read_bytes() for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A home whose state folder is not this machine's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Tree(tmp_path / "home")


@pytest.mark.parametrize("name", RECOVERABLE)
def test_damage_is_mended_and_taken_back(name: str, tree: Tree, asked: Asked) -> None:
    """Checked, repaired, checked again: all well, a second repair changes nothing, and --undo gives the damaged bytes back."""
    damaged = RECOVERABLE[name](talk(5), random.Random(3))
    path = tree.put(damaged)
    found = asked("sessions", "check", ID, "--home", tree.home)
    assert found["exit_code"] == (0 if name == "garbage" else 1)
    dry = asked("sessions", "repair", ID, "--home", tree.home, "--dry-run")
    assert path.read_bytes() == damaged and dry["data"]["changed"] == (name != "garbage")
    done = asked("sessions", "repair", ID[:6], "--home", tree.home, "--yes")["data"]
    assert done["changed"] == (name != "garbage")
    assert path.stat().st_mode & 0o777 == 0o600
    assert asked("sessions", "check", "--home", tree.home)["exit_code"] == 0
    assert not asked("sessions", "repair", "--home", tree.home, "--yes")["data"]["changed"]
    if done["changed"]:
        assert Path(done["backup"]).read_bytes() == damaged and not Path(done["backup"]).is_relative_to(tree.home)
        asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)
        assert path.read_bytes() == damaged


def test_a_healthy_tree_is_left_alone(tree: Tree, asked: Asked, call: Call) -> None:
    """Nothing is written where nothing is wrong, and it is said in a line."""
    tree.put(talk(3))
    tree.put(talk(2), OTHER)
    before = tree.files()
    answer = asked("sessions", "repair", "--home", tree.home, "--yes")
    assert (answer["exit_code"], answer["data"]["changed"], answer["data"]["diff"]) == (0, False, "")
    assert tree.files() == before
    assert "2 sessions checked, all well" in call("sessions", "check", "--home", tree.home).out


def test_a_live_session_is_refused(tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """While a process has the session in its arguments, nothing is written: by name it is refused, among all it is left out and said."""
    damaged = RECOVERABLE["torn-tail"](talk(3), random.Random(1))
    path = tree.put(damaged)
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    with subprocess.Popen([program, "--resume", ID], start_new_session=True) as child:
        try:
            started(child, ID)
            alone = asked("sessions", "repair", ID, "--home", tree.home, "--yes")
            among = asked("sessions", "repair", "--home", tree.home, "--yes")
        finally:
            os.killpg(child.pid, signal.SIGKILL)
    assert (alone["exit_code"], alone["errors"][0]["code"]) == (3, "live")
    assert not among["data"]["changed"] and any("is open in process" in text for text in among["data"]["left"])
    assert path.read_bytes() == damaged
    assert asked("sessions", "repair", ID, "--home", tree.home, "--yes")["data"]["changed"]


def test_an_undo_never_loses_what_came_since(tree: Tree, asked: Asked) -> None:
    """A session that went on after its repair keeps what it wrote."""
    path = tree.put(RECOVERABLE["glued"](talk(3), random.Random(1)))
    asked("sessions", "repair", "--home", tree.home, "--yes")
    grown = path.read_bytes() + b'{"type":"mode","mode":"normal"}\n'
    path.write_bytes(grown)
    answer = asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)
    assert (answer["exit_code"], path.read_bytes()) == (6, grown)


@pytest.mark.parametrize("nothing", [b"", b"\0" * 4096, b"\0" * 300 + b"\n", b"junk\n", talk(4).partition(b"\n")[0] + b"\n" + b"\0" * 900])
def test_an_empty_file_comes_back_from_the_backup(nothing: bytes, tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """Zero bytes, NULs or no more than a side record: the newest version with all that is there and more, although the empty one was backed up since."""
    words = ("--home", str(tree.home), "--repo", str(tmp_path / "repo"))
    path = tree.put(talk(4))
    asked("sessions", "backup", *words)
    path.write_bytes(nothing)
    os.utime(path, (time.time() + 2, time.time() + 2))
    asked("sessions", "backup", *words)
    assert asked("sessions", "check", *words[:2])["data"]["sessions"][0]["problems"][0]["id"] in ("zero-byte", "all-nul")
    assert asked("sessions", "repair", "--yes", *words)["data"]["changed"]
    assert path.read_bytes() == talk(4)
    assert asked("sessions", "check", *words[:2])["exit_code"] == 0 and not asked("sessions", "repair", "--yes", *words)["data"]["changed"]


def test_a_backup_without_what_is_there_is_not_taken(tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """A record that no backup has is worth more than the conversation that one has: the NULs go, it stays, and that is said."""
    words = ("--home", str(tree.home), "--repo", str(tmp_path / "repo"))
    path = tree.put(talk(4))
    asked("sessions", "backup", *words)
    mine = b'{"type":"custom-title","customTitle":"Mine","sessionId":"x"}\n'
    path.write_bytes(mine + b"\0" * 900)
    answer = asked("sessions", "repair", "--yes", *words)
    assert path.read_bytes() == mine and "no backup has it" in str(answer["messages"])


def test_without_a_backup_the_prompts_are_told(tree: Tree, asked: Asked, call: Call) -> None:
    """What history.jsonl remembers is shown, the file is left as it is, and no success is claimed."""
    tree.put(b"")
    line = f'{{"display":"Mend the cart","project":"/home/ana/shop","sessionId":"{ID}"}}\n'
    (tree.home / ".claude/history.jsonl").write_text(line)
    answer = asked("sessions", "repair", "--yes", "--home", tree.home)
    assert answer["data"]["prompts"] == [{"id": ID, "prompts": ["Mend the cart"]}] and not answer["data"]["changed"]
    assert any("no backup has it" in message["text"] for message in answer["messages"])
    assert "Mend the cart" in call("sessions", "repair", "--yes", "--home", tree.home).out


def test_an_index_that_hides_a_session_is_moved_aside(tree: Tree, asked: Asked) -> None:
    """Only where the project's client reads one, and it comes back by --undo."""
    path = tree.put(talk(2, version="2.1.27"))
    index = tree.project / "sessions-index.json"
    index.write_text(f'{{"version":1,"entries":[{{"sessionId":"{ID}","fileMtime":{int(path.stat().st_mtime * 1000) + 90000}}}]}}')
    assert asked("sessions", "check", "--home", tree.home, "--client", "2.1.71")["exit_code"] == 0
    found = asked("sessions", "check", "--home", tree.home)["data"]["sessions"]
    assert [problem["id"] for problem in found[0]["problems"]] == ["stale-index"]
    assert asked("sessions", "repair", "--home", tree.home, "--yes")["data"]["changed"]
    assert not index.exists() and asked("sessions", "check", "--home", tree.home)["exit_code"] == 0
    asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)
    assert index.exists()


def test_retention_is_told_and_not_repaired(tree: Tree, asked: Asked) -> None:
    """A session that the client is about to delete is named with the setting; a repair does not touch it."""
    path = tree.put(talk(2))
    os.utime(path, (time.time() - 45 * 86400,) * 2)
    problems = asked("sessions", "check", "--home", tree.home)["data"]["sessions"][0]["problems"]
    assert [problem["id"] for problem in problems] == ["retention"] and "cleanupPeriodDays is 30" in problems[0]["effect"]
    assert not asked("sessions", "repair", "--home", tree.home, "--yes")["data"]["changed"]
    (tree.home / ".claude/settings.json").write_text('{"cleanupPeriodDays": 3650}')
    assert asked("sessions", "check", "--home", tree.home)["exit_code"] == 0


def test_a_session_to_read(tree: Tree, asked: Asked, call: Call) -> None:
    """Prompts and answers in order, long code folded unless --full, never a control character."""
    code = "```py\n" + "print(1)\n" * 20 + "```"
    made = Transcript()
    made.ask("How?", f"Here: \x1b[31m\n{code}\nSo.")
    made.ask("Thanks.")
    tree.put(made.raw)
    said = asked("sessions", "show", ID, "--home", tree.home)["data"]["said"]
    assert [one["role"] for one in said] == ["you", "agent"] * 2
    out = call("sessions", "show", ID[:5], "--home", tree.home).out
    assert "20 lines of code" in out and "print(1)" not in out and "\x1b" not in out
    assert call("sessions", "show", ID, "--full", "--home", tree.home).out.count("print(1)") == 20
    assert call("sessions", "show", "nothing", "--home", tree.home).code == 3


def test_the_last_one(tree: Tree, asked: Asked, call: Call) -> None:
    """The line that resumes the newest session; none of this folder is exit 1."""
    path = tree.put(talk(1))
    assert call("sessions", "last", "--all", "--home", tree.home).out.strip() == f"claude --resume {path}", "its folder is gone"
    assert asked("sessions", "last", "--home", tree.home)["exit_code"] == 1


def test_the_list_knows_health_and_prompts(tree: Tree, asked: Asked, call: Call) -> None:
    """--health names the problems as the contract has them, --search finds what was typed; from the cache as well, until the file changes."""
    damaged = RECOVERABLE["glued"](talk(3), random.Random(1))
    path = tree.put(damaged)
    tree.put(talk(2).replace(b"prompt 1", b"prompt Caf\xc3\xa9"), OTHER)
    for _ in range(2):
        rows = {one["id"]: one for one in asked("sessions", "list", "--health", "--home", tree.home)["data"]["sessions"]}
        assert rows[ID]["problems"] == ["glued"] and rows[OTHER]["problems"] == []
        assert rows[OTHER]["good_bytes"] == rows[OTHER]["bytes"] and rows[OTHER]["records"] == 7
        assert "glued" in call("sessions", "list", "--health", "--home", tree.home).out
        header, _, *lines = call("sessions", "list", "--health", "-v", "--home", tree.home).out.splitlines()
        assert header.split() == ["when", "agent", "id", "size", "client", "prompts", "project", "title", "health"]
        assert next({"2.1.329", str(rows[ID]["prompts"])} <= set(line.split()) for line in lines if ID[:8] in line)
    path.write_bytes(talk(3))
    assert all(one["problems"] == [] for one in asked("sessions", "list", "--health", "--home", tree.home)["data"]["sessions"])
    found = asked("sessions", "list", "--search", "CAFÉ", "--home", tree.home)["data"]["sessions"]
    assert [one["id"] for one in found] == [OTHER]
    assert asked("sessions", "list", "--search", "answer 0", "--home", tree.home)["data"]["sessions"] == []


@pytest.mark.parametrize("junk", [b"", b"[1", b"\n", b"wslcfg sessions 2 cpython-311 4 00000000\n", b"\xff\xfe", b"bit", b"cut"])
def test_a_damaged_cache_is_none(junk: bytes, tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """What is kept of an earlier list may be anything, also the true one with a bit turned or its end lost: the list comes from the files then."""
    tree.put(talk(2))
    asked("sessions", "list", "--home", tree.home)
    place = tmp_path / "state/wslcfg/sessions-cache"
    raw = place.read_bytes()
    place.write_bytes({b"bit": raw[:-9] + bytes([raw[-9] ^ 4]) + raw[-8:], b"cut": raw[:-9]}.get(junk, junk))
    assert [one["id"] for one in asked("sessions", "list", "--home", tree.home)["data"]["sessions"]] == [ID]


def test_a_file_is_read_once(tree: Tree, asked: Asked) -> None:
    """What a list learned of a file is used until its size, its time or its inode is another, and then never."""

    def title() -> str:
        (one,) = asked("sessions", "list", "--home", tree.home)["data"]["sessions"]
        return str(one["title"])

    path = tree.put(talk(1))
    there = path.stat()
    assert title() == "prompt 0"
    path.write_bytes(path.read_bytes().replace(b'"prompt 0"', b'"prompt 7"'))
    os.utime(path, ns=(there.st_atime_ns, there.st_mtime_ns))
    assert title() == "prompt 0", "it was read again"
    os.utime(path, ns=(there.st_atime_ns, there.st_mtime_ns + 1))
    assert title() == "prompt 7"


def test_the_list_goes_past_the_parser(tree: Tree) -> None:
    """A plain list imports no typer and says what the parser's way says; a word that the lane does not know is the parser's."""
    tree.put(talk(2))
    frame = "import sys; from wslcfg.__main__ import run; code = run(sys.argv[1:]); print('typer' in sys.modules, file=sys.stderr); sys.exit(code)"

    def ran(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-c", frame, "sessions", "list", *words], capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    home = str(tree.home)
    for words in (["--json"], ["-v"], ["--search", "prompt 1", "--health"], ["--since", "3000d", "--json"], ["--project", "nowhere"]):
        plain, parsed = ran("--home", home, *words), ran(f"--home={home}", *words)
        assert plain[:2] == parsed[:2] and plain[0] == 0
        assert (plain[2], parsed[2]) == ("False\n", "True\n")
    assert ran("--home", home, "--nonsense")[0] == 2
    assert ran("--home", "")[0] == 2
    assert ran("--home", home, "--since", "never")[0] == ran(f"--home={home}", "--since", "never")[0] == 2


def test_resume_becomes_the_agent(tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """The chosen session is gone on with in its folder, through the launcher; a folder that is gone is said, and --print only prints."""
    shop = tmp_path / "shop"
    shop.mkdir()
    path = tree.put(talk(1).replace(b"/home/ana/shop", str(shop).encode()))
    program = tmp_path / "bin/claude"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$PWD" "$@"\n')
    program.chmod(0o755)
    words = [sys.executable, "-m", "wslcfg", "sessions", "resume", ID[:8], "--home", str(tree.home)]
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tree.home)}
    ran = subprocess.run(words, cwd="/", env=env, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.strip() == f"{shop} --resume {path}", ran.stderr
    proper = path.parent.with_name(encode(str(shop)))
    path.parent.rename(proper)
    ran = subprocess.run(words, cwd="/", env=env, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.strip() == f"{shop} --resume {ID}", ran.stderr
    assert asked("sessions", "resume", ID, "--print", "--home", tree.home)["data"]["session"] == ID
    shop.rmdir()
    gone = subprocess.run(words, cwd="/", env=env, capture_output=True, text=True, check=False, timeout=60)
    assert gone.returncode == 5 and "is gone" in gone.stderr and f"claude --resume {proper / path.name}" in gone.stderr
    assert asked("sessions", "resume", "--all", "--home", tree.home)["exit_code"] == 7


def test_a_large_tree_is_checked_by_several(tree: Tree, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On several processors the answers are the same, and what cannot be read is said for its file."""
    for number in range(6):
        tree.put(RECOVERABLE["glued"](talk(3), random.Random(number)), f"2b00f0aa-0000-4000-8000-00000000001{number}")

    def answers(state: str) -> list[object]:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / state))  # so that neither knows what the other learned
        return [asked("sessions", *words, "--home", tree.home)["data"]["sessions"] for words in (["check"], ["list", "--health"])]

    alone = answers("alone")
    where = roots(str(tree.home))
    gone = [one._replace(real=f"{one.real}.gone") if one.id.endswith("3") else one for one in find(where)]
    monkeypatch.setattr("wslcfg.sessions.examine._LARGE", 0)
    assert answers("together") == alone and [len(found) for found in alone if isinstance(found, list)] == [6, 6]
    found = examine_each(gone)
    assert [one.data["path"] for one in found if isinstance(one, Unreachable)] == [one.real for one in gone if one.real.endswith(".gone")]
    assert [one.good_bytes for one in found if isinstance(one, Health)] == [one.bytes for one in gone if not one.real.endswith(".gone")]


def test_the_order_of_the_list_stays(tree: Tree, asked: Asked) -> None:
    """A repair leaves a session's place in the clients' lists: its time is the one it had, a breath later, and later than what an index says of it."""
    path = tree.put(RECOVERABLE["broken-parent"](talk(5), random.Random(3)))
    was = time.time_ns() // 10**9 * 10**9 - 5 * 86400 * 10**9
    os.utime(path, ns=(was, was))
    row = {"sessionId": ID, "fileMtime": was // 10**6 + 40, "firstPrompt": "No prompt"}
    (tree.project / "sessions-index.json").write_text(json.dumps({"version": 1, "entries": [row]}))
    assert asked("sessions", "repair", ID, "--home", tree.home, "--yes")["data"]["changed"]
    assert path.stat().st_mtime_ns == was + 41 * 10**6
    assert asked("sessions", "repair", "--undo", "--home", tree.home, "--yes")["data"]["changed"]
    assert path.stat().st_mtime_ns == was + 42 * 10**6


def test_a_repaired_session_is_not_deleted_for_its_age(tree: Tree, asked: Asked) -> None:
    """One that the client would delete at its next start counts as used now."""
    path = tree.put(RECOVERABLE["broken-parent"](talk(5), random.Random(3)))
    was = time.time() - 29.5 * 86400
    os.utime(path, (was, was))
    asked("sessions", "repair", ID, "--home", tree.home, "--yes")
    assert time.time() - path.stat().st_mtime < 600


def test_the_retention_is_raised(tree: Tree, asked: Asked) -> None:
    """One key of settings.json changes, every other byte stays; a larger value stays, and 0, which deletes everything, does not."""
    path = tree.home / ".claude/settings.json"
    path.write_text('{\n  "model": "opus",\n  "cleanupPeriodDays": 0\n}\n')
    done = asked("sessions", "keep", "--yes", "--home", tree.home)["data"]
    assert (done["changed"], done["was"]) == (True, 0)
    assert path.read_text() == '{\n  "model": "opus",\n  "cleanupPeriodDays": 3650\n}\n'
    assert not asked("sessions", "keep", "--days", "90", "--yes", "--home", tree.home)["data"]["changed"]
    larger = '{\n  // mine\n  "cleanupPeriodDays": 9999,\n}\n'
    path.write_text(larger)
    said = asked("sessions", "keep", "--yes", "--home", tree.home)
    assert (said["data"]["changed"], said["data"]["days"], path.read_text()) == (False, 9999, larger)
    assert "30 days hold" in str(said["messages"])
    assert asked("sessions", "keep", "--days", "10000", "--yes", "--home", tree.home)["data"]["was"] == 9999
    assert path.read_text() == larger.replace("9999", "10000")
    path.unlink()
    assert asked("sessions", "keep", "--days", "90", "--yes", "--home", tree.home)["data"]["changed"]
    assert asked("sessions", "check", "--home", tree.home)["data"]["keep_days"] == 90


def test_sessions_out_of_reach_are_not_no_sessions(tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """Where the projects lie on a drive that is not mounted, nothing says that all is well."""
    tree.project.rmdir()
    tree.project.parent.rmdir()
    tree.project.parent.symlink_to("/nowhere/projects")
    for words in (["list"], ["check"], ["repair", "--yes"], ["last"], ["backup", "--repo", tmp_path / "repo"]):
        answer = asked("sessions", *words, "--home", tree.home)
        assert (answer["exit_code"], answer["errors"][0]["code"]) == (5, "no-folder"), words
    tree.project.parent.unlink()
    assert asked("sessions", "check", "--home", tree.home)["exit_code"] == 0
    tree.project.mkdir(parents=True)
    (tree.project.parent / "-loop").symlink_to("-loop")
    answer = asked("sessions", "check", "--home", tree.home)
    assert answer["exit_code"] == 1 and answer["data"]["unread"][0]["path"].endswith("/-loop")
    assert "-loop" in str(asked("sessions", "list", "--home", tree.home)["messages"])
