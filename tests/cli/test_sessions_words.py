"""What the session commands print of others' texts, and what they take as words of the command line."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call
from tests.cli.terminal import at_terminal
from tests.cli.test_sessions_repair import OTHER, Tree, tree
from tests.client.damage import RECOVERABLE
from tests.house.source import ROOT
from tests.sessions.made import ID, Transcript, talk
from wslcfg.ui.harmless import harmless, one_line
from wslcfg.ui.paint import Paint
from wslcfg.ui.tables import table

__all__ = ["tree"]

TORN = b'{"type":"mode","mo'
EVIL = "\x1b]0;pwn\x07\x1b[31mred\x9b5m \u202eabc\x7f"


def ours(tree: Tree, **more: str) -> dict[str, str]:
    """The environment of a wslcfg that runs as a program of its own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tree.home), **more}


def test_a_text_of_others_steers_no_terminal() -> None:
    """Control characters are shown by their numbers; lines, tabs and, where they are wanted, our own colours stay; a joined emoji as well."""
    assert one_line(f"a\n{EVIL}") == r"a\x0a\x1b]0;pwn\x07\x1b[31mred\x9b5m \u202eabc\x7f"
    assert harmless(f"a\n\t{EVIL}") == "a\n\t" + r"\x1b]0;pwn\x07\x1b[31mred\x9b5m \u202eabc\x7f"
    painted = Paint(on=True)("so", "bold", "green")
    assert harmless(f"{painted}\n\x1b[8mhidden", styled=True) == f"{painted}\n\\x1b[8mhidden"
    assert harmless(painted) != painted
    assert table([("\x07\n", "end"), ("abcdefgh", "end")]) == [r"\x07\x0a  end", "abcdefgh  end"]
    for plain in ("naïve 👩‍💻 prompt", "می‌خواهم", "ordinary\n"):
        assert harmless(plain) == plain


def test_no_command_prints_what_a_session_hides(tree: Tree, call: Call, asked: Asked) -> None:
    """Titles, prompts and folders with escapes: harmless in every text, as they are in the JSON."""
    made = Transcript()
    made.ask(f"Mend {EVIL}", f"So {EVIL}")
    made.side("custom-title", customTitle=f"Mine {EVIL}")
    cwd = "/home/ana/sh\u001b[31mop\nx"
    raw = made.raw.replace(b"/home/ana/shop", json.dumps(cwd)[1:-1].encode()) + TORN
    tree.project = tree.project.with_name("-wei\nrd\x1b[31m")
    tree.project.mkdir()
    path = tree.put(raw)
    tree.put(b"", OTHER)
    line = json.dumps({"display": EVIL, "project": cwd, "sessionId": OTHER})
    (tree.home / ".claude/history.jsonl").write_text(line + "\n")
    for words in (["list"], ["list", "-v"], ["check"], ["show", ID], ["last", "--all"], ["repair", "--dry-run"], ["resume", ID, "--print"]):
        said = call("sessions", *words, "--home", tree.home)
        assert said.out, words
        for bad in "\x1b\x07\x9b\u202e\x7f":
            assert bad not in said.out + said.err, (words, bad)
    assert len(call("sessions", "list", "--home", tree.home).out.splitlines()) == 6
    (row,) = [one for one in asked("sessions", "list", "--home", tree.home)["data"]["sessions"] if one["id"] == ID]
    assert (row["project"], row["path"], "\x1b" in row["title"]) == (cwd, str(path), True)


@pytest.mark.parametrize("cwd", [r"/home/\ud800x", r"/home/\u0000x"])
def test_a_folder_that_cannot_be_is_gone(cwd: str, tree: Tree, asked: Asked, call: Call) -> None:
    """A record may name a folder that no disk can have: two lines, no bug."""
    tree.put(talk(1).replace(b"/home/ana/shop", cwd.encode()))
    said = call("sessions", "resume", ID, "--home", tree.home)
    assert said.code == 5 and "is gone" in said.err
    assert asked("sessions", "show", ID, "--home", tree.home)["exit_code"] == 0


def test_a_home_with_words_of_the_shell(tmp_path: Path, tree: Tree) -> None:
    """What is started is the program and its words, not a line that is taken apart."""
    home = Tree(tmp_path / "a && b 'c")
    path = home.put(talk(1).replace(b"/home/ana/shop", str(tmp_path).encode()))
    program = tmp_path / "bin/claude"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    words = [sys.executable, "-m", "wslcfg", "sessions", "resume", ID, "--home", str(home.home)]
    env = ours(tree, PATH=f"{program.parent}:{os.environ['PATH']}")
    ran = subprocess.run(words, cwd="/", env=env, capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.splitlines() == ["--resume", str(path)], ran.stderr


@pytest.mark.parametrize(("pager", "shown"), [("'", "prompt 0"), ("env", "LESS=FRX")])
def test_the_pager(pager: str, shown: str, tree: Tree) -> None:
    """A PAGER that makes no sense is none, and less gets the flags that git gives it."""
    tree.put(talk(1))
    words = [sys.executable, "-m", "wslcfg", "sessions", "show", ID, "--home", str(tree.home)]
    env = {name: value for name, value in ours(tree, PAGER=pager, NO_COLOR="1").items() if name != "LESS"}
    code, said = at_terminal(words, [], env)
    assert code == 0 and shown in said


def test_words_that_make_no_sense(tree: Tree, asked: Asked) -> None:
    """A client that is no version, and more days than there are: usage."""
    tree.put(talk(1))
    for words in (["check", "--client", "banana"], ["repair", "--client", "2.x"], ["keep", "--days", "99999999999999999999"]):
        assert asked("sessions", *words, "--home", tree.home)["exit_code"] == 2, words


def test_a_path_means_one_file(tree: Tree, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two files of an id the one that is named; a rollout's path as well; a path of another home is no session here."""
    first = tree.put(talk(2) + TORN)
    tree.project = tree.project.with_name("-home-ana-copy")
    tree.project.mkdir()
    second = tree.put(talk(3) + TORN)
    assert asked("sessions", "repair", second, "--yes", "--home", tree.home)["data"]["changed"]
    assert (first.read_bytes(), second.read_bytes()) == (talk(2) + TORN, talk(3) + TORN + b"\n")
    rollout = tree.home / f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{OTHER}.jsonl"
    rollout.parent.mkdir(parents=True)
    rollout.write_bytes(b'{"type":"session_meta","payload":{"id":"%s","cwd":"/"}}\n' % OTHER.encode())
    monkeypatch.chdir(rollout.parent)
    for name in (rollout, rollout.name, f"./{rollout.name}"):
        assert asked("sessions", "show", name, "--home", tree.home)["data"]["id"] == OTHER
    assert asked("sessions", "show", f"/elsewhere/{ID}.jsonl", "--home", tree.home)["errors"][0]["code"] == "no-session"


def test_a_project_is_named_from_where_one_stands(tree: Tree, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`.` and `../shop` mean folders, not parts of a name."""
    shop, other = tmp_path / "shop", tmp_path / "other"
    shop.mkdir()
    other.mkdir()
    tree.put(talk(1).replace(b"/home/ana/shop", str(shop).encode()))
    for cwd, project in ((shop, "."), (other, "../shop"), (shop, "./")):
        monkeypatch.chdir(cwd)
        assert len(asked("sessions", "list", "--project", project, "--home", tree.home)["data"]["sessions"]) == 1
    monkeypatch.chdir(other)
    assert asked("sessions", "list", "--project", ".", "--home", tree.home)["data"]["sessions"] == []


def test_what_is_said_is_what_happens(tree: Tree, call: Call) -> None:
    """No session at all is no session of any folder, and an index that is moved aside is not written."""
    assert "--all" not in call("sessions", "last", "--all", "--home", tree.home).err
    path = tree.put(talk(2, version="2.1.27"))
    index = tree.project / "sessions-index.json"
    index.write_text(f'{{"version":1,"entries":[{{"sessionId":"{ID}","fileMtime":{int(path.stat().st_mtime * 1000) + 90000}}}]}}')
    dry = call("sessions", "repair", "--dry-run", "--home", tree.home).out
    assert f"Dry run: {index} would be removed." in dry
    path.write_bytes(RECOVERABLE["glued"](talk(3, version="2.1.27"), random.Random(1)))
    done = call("sessions", "repair", "--yes", "--home", tree.home).out
    assert f"Written: {path}. Removed: {index}. This is generation 1" in done


def test_the_picker_says_that_there_are_more(tree: Tree) -> None:
    """Thirty are offered; that there are others is said with them."""
    for number in range(33):
        tree.put(talk(1), f"2b00f0aa-0000-4000-8000-0000000001{number:02}")
    words = [sys.executable, "-m", "wslcfg", "sessions", "resume", "--all", "--home", str(tree.home)]
    code, said = at_terminal(words, [("30 of 33", b"\x03")], ours(tree, TERM="xterm-256color", COLUMNS="120"))
    assert code == 130 and "30 of 33" in said


def test_old_repairs_are_forgotten(tree: Tree, asked: Asked, tmp_path: Path) -> None:
    """`sessions prune` removes the originals of repairs after 90 days, all but the newest; a store that a flag names is another matter."""
    path = tree.put(talk(2) + TORN)
    asked("sessions", "repair", "--yes", "--home", tree.home)
    path.write_bytes(talk(3) + TORN)
    asked("sessions", "repair", "--yes", "--home", tree.home)
    history = tmp_path / "state/wslcfg/session-repairs/history"
    for place in history.glob("*/generation.json"):
        told = json.loads(place.read_text())
        place.write_text(json.dumps({**told, "made_at": "2020-01-01T00:00:00Z"}))
    asked("sessions", "backup", "--home", tree.home, "--repo", tmp_path / "state/wslcfg/session-backups")
    assert asked("sessions", "prune", "--yes", "--repo", tmp_path / "state/wslcfg/session-backups")["data"]["repairs"] == 0
    dry = asked("sessions", "prune", "--dry-run")["data"]
    assert (dry["repairs"], len(list(history.iterdir()))) == (1, 2) and dry["freed_bytes"] > len(talk(2))
    assert asked("sessions", "prune", "--yes")["data"] == {**dry, "dry_run": False}
    assert asked("sessions", "repair", "--undo", "--yes", "--home", tree.home)["data"]["changed"]
    assert path.read_bytes() == talk(3) + TORN
