"""Which files are backed up: the agents' sessions, in the order of their paths, and nothing that holds keys."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.store.homes import Home
from wslcfg.errors import Unreachable
from wslcfg.store import space
from wslcfg.store.sources import Shut, places, sources

WANTED = """
.claude/file-history/1e99/abc@v1 .claude/history.jsonl .claude/plans/one.md .claude/projects/-a-b/1e99.jsonl
.claude/projects/-a-b/1e99/subagents/agent-1.jsonl .claude/projects/-a-b/1e99/tool-results/x.txt .claude/projects/-a.b/2.jsonl
.claude/projects/-a/2f00.jsonl .claude/tasks/1e99/1.json .claude/todos/1e99-agent-1e99.json .codex/archived_sessions/rollout-0.jsonl
.codex/history.jsonl .codex/sessions/2026/01/02/rollout-1.jsonl
""".split()
NEVER = """
.claude.json .claude/.credentials.json .claude/sessions/4242.json .claude/sessions/4242.abc.key .claude/plugins/x/y.json .claude/debug/1e99.txt
.claude/settings.json .claude/projects/-a-b/server.key .claude/projects/-a-b/.credentials.json .codex/auth.json .codex/config.toml
.codex/log/codex-tui.log .codex/sessions/2026/auth.json .ssh/id_rsa .netrc
""".split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with all kinds of files."""
    for path in (*WANTED, *NEVER):
        place = tmp_path / "home" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(path)
    return tmp_path / "home"


def found(home: Path, *include: str) -> list[str]:
    """The stored paths."""
    return [one.path for one in sources(places(str(home), {}), str(home.parent / "scratch"), include)]


def test_sessions_and_nothing_else(home: Path) -> None:
    """All of the sessions' files, sorted by path, and no key, token, cache or setting."""
    assert found(home) == sorted(WANTED)


def test_more_by_glob(home: Path) -> None:
    """Globs below the home bring other agents' files, each once and in order; none brings keys, or what lies outside."""
    for path in (".gemini/tmp/aa/chats/session-1.json", ".gemini/tmp/aa/logs.json", "notes/a/b/c.md", "notes/x.md"):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text("x")
    assert found(home, ".gemini/tmp/*/chats/*.json") == sorted([*WANTED, ".gemini/tmp/aa/chats/session-1.json"])
    assert found(home, "notes/**/*.md", "notes/x.md") == sorted([*WANTED, "notes/a/b/c.md", "notes/x.md"])
    assert found(home, "notes/*.md") == sorted([*WANTED, "notes/x.md"])
    assert not {*NEVER} - {".claude/settings.json", ".codex/config.toml"} & set(found(home, "**", "../**", "/**"))
    assert found(home, "../**", "/etc/**") == sorted(WANTED)


@pytest.mark.parametrize("glob", ["mine/**", "**", "mine/repo/**", "mine/repo/packs/*"])
def test_folders_that_are_shut(home: Path, tmp_path: Path, glob: str) -> None:
    """The store is left out wherever it lies, by a link and under a glob too; what lies beside it is not."""
    inside, mine = home / ".claude/projects/-a-b/repo", home / "mine/repo"
    for folder in (inside, mine, tmp_path / "far"):
        (folder / "packs").mkdir(parents=True)
        (folder / "packs/x.pack").write_text("x")
        (folder.parent / "beside.txt").write_text("x")
    (home / ".claude/projects/link").symlink_to(tmp_path / "far")
    shut = Shut(str(inside), str(mine), str(tmp_path / "far"), str(tmp_path / "none"))
    paths = [one.path for one in sources(places(str(home), {}), str(tmp_path / "scratch"), [glob], shut)]
    assert not [path for path in paths if path.endswith(".pack")]
    assert {".claude/projects/-a-b/beside.txt", *WANTED} <= set(paths)
    assert ("mine/beside.txt" in paths) == (glob in ("mine/**", "**"))
    assert str(inside) in shut.met and str(home / ".claude/projects/link") in shut.met


def test_config_folders_elsewhere(home: Path, tmp_path: Path) -> None:
    """CLAUDE_CONFIG_DIR and CODEX_HOME are followed, under the paths of the home; a home that was named stands for itself."""
    env = {"HOME": str(tmp_path / "none"), "CLAUDE_CONFIG_DIR": str(home / ".claude"), "CODEX_HOME": str(home / ".codex")}
    assert [one.path for one in sources(places(None, env), str(tmp_path / "s"))] == sorted(WANTED)
    assert list(sources(places(str(tmp_path / "none"), env), str(tmp_path / "s"))) == []


def test_links(home: Path) -> None:
    """A project that is a link is followed, one step; a link below it is not, so no loop and no whole disk comes along."""
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "3.jsonl").write_text("x")
    (home / ".claude/projects/-linked").symlink_to(elsewhere)
    (elsewhere / "loop").symlink_to(elsewhere)
    (home / ".claude/projects/-a/secret.jsonl").symlink_to("/etc/passwd")
    assert found(home) == sorted([*WANTED, ".claude/projects/-linked/3.jsonl"])


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
@pytest.mark.parametrize("busy", [True, False])
def test_databases_are_copied_by_sqlite(tmp_path: Path, journal: str, busy: bool) -> None:
    """A database comes with what still stands in its log, without a file appearing beside it, and only when it changed."""
    home = Home(tmp_path)
    path = home.path / ".codex/state_5.sqlite"
    path.parent.mkdir(parents=True)
    writer = sqlite3.connect(path)
    writer.execute(f"PRAGMA journal_mode={journal}")
    writer.execute("CREATE TABLE thread (name TEXT)")
    writer.execute("INSERT INTO thread VALUES ('shop')")
    writer.commit()
    if not busy:
        writer.close()
    beside = sorted(os.listdir(path.parent))
    assert home.back_up().files == 1
    assert sorted(os.listdir(path.parent)) == beside
    assert home.back_up().snapshot is None
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(home.present()[".codex/state_5.sqlite"])
    assert sqlite3.connect(copy).execute("SELECT name FROM thread").fetchall() == [("shop",)]
    assert list((home.state / "scratch").iterdir()) == []
    if busy:
        writer.execute("INSERT INTO thread VALUES ('two')")
        writer.commit()
        assert home.back_up().new_bytes > 0
        writer.close()


def test_a_file_that_only_looks_like_a_database(tmp_path: Path) -> None:
    """What SQLite does not take is backed up as it lies, rather than not at all."""
    home = Home(tmp_path)
    home.write(".codex/logs.db", b"no database, but somebody's bytes" * 100)
    home.back_up()
    assert home.present() == home.files()


def test_too_little_room_stops_before_it_begins(tmp_path: Path) -> None:
    """With too little room in the distro or on the Windows drive there is no snapshot, and the person is told where and how much."""
    home = Home(tmp_path)
    home.write(".claude/history.jsonl", b"x")
    home.back_up()
    home.append(".claude/history.jsonl", b"y")
    for floors, drive, whose in (((1 << 60, 0), None, "in the distro"), ((0, 1 << 60), str(tmp_path), "on the Windows drive")):
        home.store = type(home.store)(str(home.repo), str(home.state), windows_drive=drive, floors=space.Floors(*floors))
        with pytest.raises(Unreachable, match=whose) as failed:
            home.back_up()
        assert failed.value.code == "no-space"
    assert len(home.store.snapshots()) == 1
    assert home.store.verify("full").problems == ()


def test_a_large_store_is_said(tmp_path: Path) -> None:
    """From `warn_size` on each backup says how much the store takes, and drops nothing."""
    home = Home(tmp_path, warn_size=1000)
    home.write(".claude/history.jsonl", os.urandom(5000))
    assert "more than the" in home.back_up().warnings[0]
    assert home.present() == home.files()
