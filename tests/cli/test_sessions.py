"""`wslcfg sessions`: what is backed up comes back, by the rules; the JSON is the contract's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Asked, Call, keep_the_contract
from tests.cli.person import HISTORY, OF_SESSION, OTHER, PROJECT, ROLLOUT, SESSION, TRANSCRIPT, TREE, Person, record


def test_the_list(person: Person, asked: Asked, call: Call) -> None:
    """Every session with its title, its project and the exact line that resumes it, newest first; filters narrow it."""
    os.utime(person.home / TRANSCRIPT, (1e9, 1e9))
    found = asked("sessions", "list", "--home", person.home)["data"]["sessions"]
    assert {one["id"] for one in found} == {SESSION, OTHER, ROLLOUT} and found[-1]["id"] == SESSION
    one = found[-1]
    assert (one["provider"], one["title"], one["project"], one["bytes"]) == (
        "claude",
        "Mend the cart",
        "/home/ana/shop",
        len(TREE[TRANSCRIPT]),
    )
    assert one["resume"].endswith(f"claude --resume {person.home / TRANSCRIPT}"), "its folder is gone: the file itself does"
    assert one["path"] == str(person.home / TRANSCRIPT)
    assert (one["records"], one["good_bytes"], one["problems"], one["indexed"]) == (None, None, None, None)
    codex = next(one for one in found if one["provider"] == "codex")
    assert (codex["id"], codex["title"], codex["resume"]) == (ROLLOUT, "Hello", f"codex resume {ROLLOUT}")
    recent = asked("sessions", "list", "--home", person.home, "--since", "1d", "--project", "/home/ana/shop")["data"]["sessions"]
    assert [one["id"] for one in recent] == [OTHER]
    assert "Mend the cart" in call("sessions", "list", "--home", person.home).out
    assert call("sessions", "list", "--home", person.home, "--since", "yesterday").code == 2


def test_backup_and_restore_to_a_folder(saved: Person, asked: Asked, tmp_path: Path) -> None:
    """`--to` gives every file byte for byte as under the home; a second time it finds them there."""
    again = asked("sessions", "backup", *saved.words)["data"]
    assert again["snapshot"] is None and again["files"] == len(TREE)
    out = tmp_path / "out"
    answer = asked("sessions", "restore", "--all", "--to", out, "--repo", saved.repo)
    assert answer["exit_code"] == 0 and answer["data"]["refused"] == []
    assert {one["path"] for one in answer["data"]["restored"]} == set(TREE)
    assert saved.tree(out) == TREE
    twice = asked("sessions", "restore", "--all", "--to", out, "--repo", saved.repo)["data"]["restored"]
    assert {one["how"] for one in twice} == {"same"}
    assert [one["files"] for one in asked("sessions", "snapshots", "--repo", saved.repo)["data"]["snapshots"]] == [len(TREE)]
    assert asked("sessions", "verify", "--full", "--repo", saved.repo)["data"]["problems"] == []


def test_a_session_comes_with_all_its_parts(saved: Person, asked: Asked, tmp_path: Path) -> None:
    """A beginning of the id is enough; subagents, tool results, file history, todos, tasks and its plan come along, another session's do not."""
    out = tmp_path / "out"
    asked("sessions", "restore", SESSION[:4], "--to", out, "--repo", saved.repo)
    assert set(saved.tree(out)) == OF_SESSION


def test_deleted_sessions(saved: Person, asked: Asked) -> None:
    """What the client has deleted is listed with title and resume line, and comes back in place with its time set to now."""
    shutil.rmtree(saved.home / PROJECT)
    lost = asked("sessions", "list", "--deleted", *saved.words)["data"]["sessions"]
    assert {(one["id"], one["title"]) for one in lost} == {(SESSION, "Mend the cart"), (OTHER, "Other")}
    assert all(one["resume"].startswith("cd /home/ana/shop && claude --resume ") for one in lost)
    (saved.home / HISTORY).unlink()
    unknown = asked("sessions", "list", "--deleted", *saved.words)["data"]["sessions"]
    assert {one["title"] for one in unknown} == {"Mend the cart", "Other"}
    before = time.time() - 1
    answer = asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)
    assert answer["exit_code"] == 0
    assert saved.read(TRANSCRIPT) == TREE[TRANSCRIPT]
    assert saved.read(HISTORY).count("\n") == 1 and SESSION in saved.read(HISTORY)
    assert (saved.home / TRANSCRIPT).stat().st_mtime >= before
    assert (saved.home / TRANSCRIPT).stat().st_mode & 0o777 == 0o600
    assert not (saved.home / PROJECT / f"{OTHER}.jsonl").exists()


def test_undo(saved: Person, asked: Asked) -> None:
    """A restore is taken back: what it made goes, what it replaced comes back, folders of its own too; a second undo has nothing to do."""
    shutil.rmtree(saved.home / PROJECT / SESSION)
    saved.write(TRANSCRIPT, TREE[TRANSCRIPT][:300])
    os.utime(saved.home / TRANSCRIPT, (1e9, 1e9))
    saved.write(HISTORY, '{"display":"only this"}')
    before, when = saved.tree(), (saved.home / TRANSCRIPT).stat().st_mtime
    done = asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)["data"]
    assert {one["path"]: one["how"] for one in done["restored"]}[TRANSCRIPT] == "replaced"
    assert saved.read(HISTORY).splitlines()[1] == TREE[HISTORY].splitlines()[0]
    back = asked("sessions", "restore", "--undo", done["id"], "--yes", "--home", saved.home)
    assert back["exit_code"] == 0 and back["data"]["id"] == done["id"]
    assert saved.tree() == before
    assert (saved.home / TRANSCRIPT).stat().st_mtime == when
    assert not (saved.home / PROJECT / SESSION).exists()
    assert asked("sessions", "restore", "--undo", "--yes", "--home", saved.home)["exit_code"] == 3


def test_prune_removes_what_nobody_undoes(
    person: Person, asked: Asked, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An undone restore goes with the next prune, after a look with --dry-run and a question; a store that a flag names has no part in it."""
    for name, value in (("HOME", person.home), ("XDG_STATE_HOME", tmp_path / "s"), ("XDG_CONFIG_HOME", tmp_path / "c")):
        monkeypatch.setenv(name, str(value))
    asked("sessions", "backup")
    (person.home / TRANSCRIPT).unlink()
    done = asked("sessions", "restore", SESSION, "--in-place", "--yes")["data"]
    asked("sessions", "restore", "--undo", "--yes")
    assert (tmp_path / "s/wslcfg/restored" / done["id"]).is_dir()
    assert asked("sessions", "prune", "--dry-run")["data"]["restores"] == 1
    assert asked("sessions", "prune", "--dry-run", "--repo", tmp_path / "s/wslcfg/session-backups")["data"]["restores"] == 0
    assert "what 1 restore into the home kept" in call("sessions", "prune", "--dry-run").out
    assert asked("sessions", "prune")["exit_code"] == 7
    assert asked("sessions", "prune", "--yes")["data"]["restores"] == 1
    assert not (tmp_path / "s/wslcfg/restored" / done["id"]).exists()


def test_undo_leaves_what_changed_since(saved: Person, asked: Asked) -> None:
    """A session that was resumed after its restore is not taken away again."""
    (saved.home / TRANSCRIPT).unlink()
    done = asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)["data"]
    saved.write(TRANSCRIPT, saved.read(TRANSCRIPT) + record(2, "On we go"))
    back = asked("sessions", "restore", "--undo", done["id"], "--yes", "--home", saved.home)
    assert back["exit_code"] == 3 and [one["path"] for one in back["data"]["refused"]] == [TRANSCRIPT]
    assert "On we go" in saved.read(TRANSCRIPT)


def test_never_over_a_longer_or_newer_file(saved: Person, asked: Asked) -> None:
    """A longer file stays, named with both sizes; a newer one that differs stays; the others still come back, and the exit code is 3."""
    longer = TREE[TRANSCRIPT] + record(2, "Much more")
    saved.write(TRANSCRIPT, longer)
    saved.write(f"{PROJECT}/{SESSION}/tool-results/a.txt", "other!\n")
    os.utime(saved.home / f"{PROJECT}/{SESSION}/tool-results/a.txt", (time.time() + 60,) * 2)
    (saved.home / f"{PROJECT}/{SESSION}/subagents/agent-1f.jsonl").unlink()
    answer = asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)
    assert answer["exit_code"] == 3
    refused = {one["path"]: one for one in answer["data"]["refused"]}
    assert set(refused) == {TRANSCRIPT, f"{PROJECT}/{SESSION}/tool-results/a.txt"}
    assert (refused[TRANSCRIPT]["live_bytes"], refused[TRANSCRIPT]["backup_bytes"]) == (len(longer), len(TREE[TRANSCRIPT]))
    assert saved.read(TRANSCRIPT) == longer and saved.read(f"{PROJECT}/{SESSION}/tool-results/a.txt") == "other!\n"
    assert saved.read(f"{PROJECT}/{SESSION}/subagents/agent-1f.jsonl") == '{"isSidechain":true}\n'


def test_an_older_shorter_file_is_replaced(saved: Person, asked: Asked) -> None:
    """A file that lost its content before the backup was made is brought back."""
    saved.write(TRANSCRIPT, "\0" * 100)
    os.utime(saved.home / TRANSCRIPT, (1e9, 1e9))
    assert asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)["exit_code"] == 0
    assert saved.read(TRANSCRIPT) == TREE[TRANSCRIPT]


@pytest.mark.parametrize(
    ("tail", "ended"), [('{"type":"assi', ""), ('{"type":"x"}', '{"type":"x"}\n'), ("", "")], ids=["half a record", "no line end", "whole"]
)
def test_a_torn_end(person: Person, asked: Asked, tmp_path: Path, tail: str, ended: str) -> None:
    """In place the last line is ended (half a record is cut), since the next record would be glued to it; with `--to` every byte is as it was."""
    person.write(TRANSCRIPT, TREE[TRANSCRIPT] + tail)
    asked("sessions", "backup", *person.words)
    (person.home / TRANSCRIPT).unlink()
    asked("sessions", "restore", SESSION, "--in-place", "--yes", *person.words)
    assert person.read(TRANSCRIPT) == TREE[TRANSCRIPT] + ended
    asked("sessions", "restore", SESSION, "--to", tmp_path / "out", "--repo", person.repo)
    assert (tmp_path / "out" / TRANSCRIPT).read_text() == TREE[TRANSCRIPT] + tail


def test_an_earlier_time(saved: Person, asked: Asked, tmp_path: Path) -> None:
    """`--at` gives what was backed up by then."""
    time.sleep(1.1)
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    saved.write(TRANSCRIPT, "rewritten\n")
    asked("sessions", "backup", *saved.words)
    asked("sessions", "restore", SESSION, "--to", tmp_path / "old", "--at", then, "--repo", saved.repo)
    asked("sessions", "restore", SESSION, "--to", tmp_path / "new", "--repo", saved.repo)
    assert (tmp_path / "old" / TRANSCRIPT).read_text() == TREE[TRANSCRIPT]
    assert (tmp_path / "new" / TRANSCRIPT).read_text() == "rewritten\n"


def test_a_live_session_is_left_alone(saved: Person, asked: Asked) -> None:
    """Nothing is written below a running client: by its own list (with the right start time) and by its arguments; a stale entry does not count."""
    (saved.home / TRANSCRIPT).unlink()
    code = f"import sys,time; sys.argv=['claude']; print('up', flush=True); time.sleep(60)  # {SESSION}"
    # The name and the arguments of a client: argv[0] is claude, then --resume ID.
    child = subprocess.Popen(
        ["claude", "-c", code, "--resume", SESSION], executable=sys.executable, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        assert child.stdout is not None and child.stdout.readline()
        answer = asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)
        assert answer["exit_code"] == 3
        assert f"process {child.pid}" in answer["data"]["refused"][0]["why"]
        assert not (saved.home / TRANSCRIPT).exists()
    finally:
        child.kill()
        child.wait()
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        started = Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[19]
        told: dict[str, Any] = {"pid": sleeper.pid, "sessionId": SESSION, "procStart": started}
        saved.write(f".claude/sessions/{sleeper.pid}.json", json.dumps(told))
        assert asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)["exit_code"] == 3
        saved.write(f".claude/sessions/{sleeper.pid}.json", json.dumps({**told, "procStart": str(int(started) - 1)}))
        assert asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)["exit_code"] == 0
    finally:
        sleeper.kill()
        sleeper.wait()


def test_linked_folders_stay_linked(saved: Person, asked: Asked, tmp_path: Path) -> None:
    """Where ~/.claude is a link, what comes back lands behind it, and the link stays."""
    shutil.move(saved.home / ".claude", tmp_path / "elsewhere")
    (saved.home / ".claude").symlink_to(tmp_path / "elsewhere")
    (saved.home / TRANSCRIPT).unlink()
    assert asked("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words)["exit_code"] == 0
    assert (saved.home / ".claude").is_symlink() and (tmp_path / "elsewhere" / TRANSCRIPT.removeprefix(".claude/")).exists()


def test_a_database_beside_a_foreign_log(person: Person, asked: Asked) -> None:
    """Codex's database comes back where it is gone, and stays away where a log lies that would be replayed into it."""
    database = person.home / ".codex/state_5.sqlite"
    with contextlib.closing(sqlite3.connect(database)) as opened:
        opened.execute("create table threads (id text)")
        opened.commit()
    asked("sessions", "backup", *person.words)
    database.unlink()
    log = person.home / ".codex/state_5.sqlite-wal"
    log.write_bytes(b"log")
    answer = asked("sessions", "restore", "--all", "--in-place", "--yes", *person.words)
    assert answer["exit_code"] == 3 and "log" in answer["data"]["refused"][0]["why"] and not database.exists()
    log.unlink()
    assert asked("sessions", "restore", "--all", "--in-place", "--yes", *person.words)["exit_code"] == 0
    with contextlib.closing(sqlite3.connect(database)) as opened:
        assert opened.execute("select count(*) from threads").fetchone() == (0,)


def test_what_needs_an_answer(saved: Person, asked: Asked, call: Call) -> None:
    """In place asks, so without a terminal it stops with 7 and names the flag; a dry run says what would happen and writes nothing."""
    (saved.home / TRANSCRIPT).unlink()
    before = saved.tree()
    assert asked("sessions", "restore", SESSION, "--in-place", *saved.words)["exit_code"] == 7
    said = call("sessions", "restore", SESSION, "--in-place", "--dry-run", *saved.words)
    assert said.code == 0 and "1 file would be created" in said.out
    assert asked("sessions", "backup", "--dry-run", *saved.words)["data"]["files"] == len(TREE) - 1
    assert saved.tree() == before


BAD: tuple[tuple[tuple[str, ...], int], ...] = (
    (("restore",), 2),
    (("restore", SESSION), 2),
    (("restore", SESSION, "--all", "--to", "x"), 2),
    (("restore", SESSION, "--to", "x", "--in-place"), 2),
    (("restore", "nobody", "--to", "x"), 3),
    (("restore", "--undo", "--all"), 2),
    (("restore", "--undo", "20200101T000000.000000Z-abcdef", "--yes"), 3),
    (("restore", SESSION, "--to", "x", "--at", "2019-01-01"), 3),
    (("restore", SESSION, "--to", "x", "--at", "soon"), 2),
    (("verify", "--quick", "--full"), 2),
)


@pytest.mark.parametrize(("words", "code"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_words(words: tuple[str, ...], code: int, saved: Person, asked: Asked, call: Call) -> None:
    """What makes no sense, or names nothing, is an error of two lines, and nothing is written."""
    before = saved.tree()
    answer = asked("sessions", *words, "--repo", saved.repo)
    assert answer["exit_code"] == code
    said = call("sessions", *words, "--repo", saved.repo)
    assert len(said.err.splitlines()) == 2
    assert saved.tree() == before


def test_no_store_yet(person: Person, asked: Asked) -> None:
    """Before the first backup there is nothing to list, verify or restore, and each says so; a list of deleted sessions is empty."""
    for words in (("snapshots",), ("verify",), ("restore", "--all", "--to", "x")):
        assert asked("sessions", *words, "--repo", person.repo)["exit_code"] == 5
    assert asked("sessions", "list", "--deleted", *person.words)["data"]["sessions"] == []


def test_a_recorded_machine_has_no_sessions(call: Call) -> None:
    """Sessions are files of this disk: with --machine the commands refuse instead of showing a stranger's."""
    assert call("sessions", "list", "--machine", "/nowhere").code == 2


def test_the_environment_moves_the_folders(person: Person, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CLAUDE_CONFIG_DIR and CODEX_HOME count for the person's own home, and not for one that is named."""
    shutil.move(person.home / ".claude", tmp_path / "cc")
    monkeypatch.setenv("HOME", str(person.home))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "cc"))
    found = asked("sessions", "list")["data"]["sessions"]
    assert {one["id"] for one in found} == {SESSION, OTHER, ROLLOUT}
    assert {one["id"] for one in asked("sessions", "list", "--home", person.home)["data"]["sessions"]} == {ROLLOUT}
    asked("sessions", "backup", "--repo", person.repo)
    (tmp_path / "cc" / TRANSCRIPT.removeprefix(".claude/")).unlink()
    asked("sessions", "restore", SESSION, "--in-place", "--yes", "--repo", person.repo)
    assert (tmp_path / "cc" / TRANSCRIPT.removeprefix(".claude/")).read_text() == TREE[TRANSCRIPT]


def test_the_contract_of_a_refusal(saved: Person, call: Call) -> None:
    """A restore that refuses something answers one object with its data and an error that says so."""
    saved.write(TRANSCRIPT, TREE[TRANSCRIPT] + "more\n")
    said = call("sessions", "restore", SESSION, "--in-place", "--yes", *saved.words, "--json")
    whole = json.loads(said.out)
    keep_the_contract(whole, said.code)
    assert whole["exit_code"] == 3 and whole["errors"][0]["code"] == "not-restored" and whole["data"]["restored"]
