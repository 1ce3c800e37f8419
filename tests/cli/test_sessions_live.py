"""`wslcfg sessions repair, resume` beside running agents: nothing is written from under one, and none is started beside another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call
from tests.cli.test_sessions_repair import OTHER, Tree, tree
from tests.house.source import ROOT
from tests.sessions.made import ID, talk
from tests.started import started
from wslcfg.cli import carry, sessions_restore
from wslcfg.ui.ask import AskNobody

__all__ = ["tree"]

TORN = b'{"type":"mode","mo'

Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program of a name that sleeps, in a folder, with a file open to append to it; its pid."""
    with ExitStack() as ends:

        def _start(name: str, *, cwd: Path | None = None, holds: Path | None = None) -> int:
            program = tmp_path / "bin" / name
            program.parent.mkdir(exist_ok=True)
            if not program.exists():
                shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
            file = ends.enter_context(open(holds, "ab")) if holds else subprocess.DEVNULL
            child = ends.enter_context(subprocess.Popen([program, "60"], cwd=cwd, stdin=file))
            ends.callback(child.kill)
            started(child, "60")
            return child.pid

        yield _start


def rollout(tree: Tree) -> Path:
    """A rollout of Codex with a torn end."""
    path = tree.home / f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{ID}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"type":"session_meta","payload":{"id":"%s","cwd":"/"}}\n{"type":"event' % ID.encode())
    return path


def test_an_undo_leaves_the_rollout_of_a_running_codex(tree: Tree, asked: Asked, start: Start) -> None:
    """Codex keeps its file open: one that is put in its place would take all that it writes from now on."""
    path = rollout(tree)
    assert asked("sessions", "repair", "--yes", "--home", tree.home)["data"]["changed"]
    mended, inode = path.read_bytes(), path.stat().st_ino
    pid = start("codex", holds=path)
    answer = asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (3, "live") and str(pid) in answer["errors"][0]["message"]
    assert (path.read_bytes(), path.stat().st_ino) == (mended, inode)


def test_any_program_that_may_write_to_it_is_in_the_way(tree: Tree, asked: Asked, start: Start) -> None:
    """Whatever its name: who has the file open to write to it is named, and nothing is written."""
    path = tree.put(talk(2) + TORN)
    pid = start("editor", holds=path)
    answer = asked("sessions", "repair", ID, "--yes", "--home", tree.home)
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (3, "live") and str(pid) in answer["errors"][0]["message"]
    assert path.read_bytes() == talk(2) + TORN


@pytest.mark.parametrize("name", ["codex", "claude"])
def test_who_comes_while_the_plan_is_looked_at(
    name: str, tree: Tree, call: Call, start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An agent that opens the session between the plan and the yes is seen: nothing is written."""
    shop = tmp_path / "shop"
    shop.mkdir()
    path = rollout(tree) if name == "codex" else tree.put(talk(2).replace(b"/home/ana/shop", str(shop).encode()) + TORN)

    class Slow(AskNobody):
        """A person who starts the agent before saying yes."""

        def confirm(self, question: str, *, default: bool, flag: str) -> bool:
            start(name, cwd=shop, holds=path if name == "codex" else None)
            os.utime(path)
            return True

    monkeypatch.setattr(carry, "asker", lambda given: Slow())
    before = path.read_bytes()
    said = call("sessions", "repair", "--home", tree.home)
    assert said.code == 3 and "process" in said.err.lower() and path.read_bytes() == before


def test_who_comes_while_a_restore_is_asked_about(
    tree: Tree, asked: Asked, call: Call, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restore into the home looks again after its question, too."""
    path = rollout(tree)
    words = ("--home", tree.home, "--repo", tree.home.parent / "repo")
    asked("sessions", "backup", *words)
    short = path.read_bytes()[:-8]
    path.write_bytes(short)

    class Slow(AskNobody):
        """A person who starts the agent before saying yes."""

        def confirm(self, question: str, *, default: bool, flag: str) -> bool:
            start("codex", holds=path)
            return True

    monkeypatch.setattr(sessions_restore, "asker", lambda given: Slow())
    said = call("sessions", "restore", ID, "--in-place", *words)
    assert said.code == 3 and "runs in process" in said.out and path.read_bytes() == short


def test_an_agent_that_says_nothing_is_accepted_by_name(tree: Tree, asked: Asked, start: Start, tmp_path: Path) -> None:
    """A client in the session's folder that is older than its last change may have it, however late it is looked at: repair and undo want a yes."""
    shop = tmp_path / "shop"
    shop.mkdir()
    path = tree.put(talk(2).replace(b"/home/ana/shop", str(shop).encode()) + TORN)
    there = path.stat()
    start("claude", cwd=shop)
    os.utime(path, ns=(there.st_atime_ns, there.st_mtime_ns + 30_000_000_000))
    words = ("--yes", "--home", tree.home)
    for more in ((), ("--undo",)):
        before = path.read_bytes()
        answer = asked("sessions", "repair", *more, *words)
        assert (answer["exit_code"], answer["errors"][0]["code"]) == (3, "maybe-live")
        assert path.read_bytes() == before
        assert asked("sessions", "repair", *more, *words, "--accept", "maybe-live")["data"]["changed"]
        os.utime(path, ns=(there.st_atime_ns, there.st_mtime_ns + 30_000_000_000))


def test_only_the_repairs_of_this_home_are_taken_back(tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """Another home's repair is neither the newest nor taken by its number."""
    other = Tree(tmp_path / "other")
    mine, theirs = tree.put(talk(2) + TORN), other.put(talk(3) + TORN)
    for home in (tree.home, other.home):
        assert asked("sessions", "repair", "--yes", "--home", home)["data"]["changed"]
    assert asked("sessions", "repair", "--undo", "2", "--yes", "--home", tree.home)["errors"][0]["code"] == "other-home"
    assert asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)["data"]["changed"]
    assert mine.read_bytes().endswith(TORN) and theirs.read_bytes().endswith(TORN + b"\n")
    assert asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)["errors"][0]["code"] == "no-generation"


def test_one_that_went_on_keeps_no_other_from_its_undo(tree: Tree, asked: Asked) -> None:
    """What can be put back is; the other is named with the place of its old bytes. Afterwards a single one is taken back by its id."""
    first, second = tree.put(talk(2) + TORN), tree.put(talk(3) + TORN, OTHER)
    words = ("--yes", "--home", tree.home)
    assert asked("sessions", "repair", *words)["data"]["changed"]
    grown = second.read_bytes() + b"{}\n"
    mended = second.read_bytes()
    second.write_bytes(grown)
    answer = asked("sessions", "repair", "--undo", *words)
    assert (answer["exit_code"], answer["data"]["changed"], first.read_bytes()) == (3, True, talk(2) + TORN)
    (told,) = [one["text"] for one in answer["messages"] if one["level"] == "warning"]
    place = Path(told[told.index(str(tree.home.parent / "state")) :].rstrip("."))
    assert place.read_bytes() == talk(3) + TORN and second.read_bytes() == grown
    second.write_bytes(mended)
    assert asked("sessions", "repair", "--undo", OTHER[:6], *words)["data"]["changed"]
    assert second.read_bytes() == talk(3) + TORN
    assert asked("sessions", "repair", "--undo", ID, *words)["errors"][0]["code"] == "no-generation"


def test_a_file_of_two_names_is_mended_once(tree: Tree, asked: Asked) -> None:
    """A link beside the session is the same file: it keeps neither it nor others from being repaired."""
    path, other = tree.put(talk(2) + TORN), tree.put(talk(3) + TORN, OTHER)
    (tree.project / "2b00f0aa-0000-4000-8000-000000000077.jsonl").symlink_to(path.name)
    (tree.project.parent / "-link").symlink_to(tree.project.name)
    assert len(asked("sessions", "list", "--home", tree.home)["data"]["sessions"]) == 3
    assert asked("sessions", "repair", "--yes", "--home", tree.home)["data"]["changed"]
    assert path.read_bytes() == talk(2) + TORN + b"\n" and other.read_bytes() == talk(3) + TORN + b"\n"


def test_no_second_agent_beside_one_that_may_have_it(tree: Tree, asked: Asked, start: Start, tmp_path: Path, call: Call) -> None:
    """A client in the folder may have the session: to go on with it wants a yes by name; --print warns."""
    shop = tmp_path / "shop"
    shop.mkdir()
    path = tree.put(talk(2).replace(b"/home/ana/shop", str(shop).encode()))
    start("claude", cwd=shop)
    os.utime(path, ns=(there := path.stat().st_mtime_ns + 30_000_000_000, there))
    said = call("sessions", "resume", ID, "--home", tree.home)
    assert said.code == 7 and "--accept maybe-live" in said.err
    printed = asked("sessions", "resume", ID, "--print", "--home", tree.home)
    assert printed["exit_code"] == 0 and "does not say which session it has" in printed["messages"][0]["text"]
    program = tmp_path / "bin/claude"
    words = [sys.executable, "-m", "wslcfg", "sessions", "resume", ID, "--home", str(tree.home), "--accept", "maybe-live"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tree.home), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    ran = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert "unrecognized option '--resume'" in ran.stderr, "the sleeper was started with it"
