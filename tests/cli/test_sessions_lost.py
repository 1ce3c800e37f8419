"""`wslcfg sessions` over a store that lost something: it is said, with the line that mends it; and over one that lies in its own way."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call
from tests.cli.person import SESSION, TREE, Person


def follow(call: Call, told: str) -> None:
    """Run the first command that a text names between backquotes."""
    assert call(*shlex.split(told.split("`")[1])[1:]).code in (0, 1)


def test_lost_packs_come_back_by_the_line_that_verify_names(saved: Person, asked: Asked, call: Call) -> None:
    """Packs that are gone are a finding with a remedy, which makes the store whole again."""
    for one in saved.repo.glob("packs/*"):
        one.unlink()
    found = asked("sessions", "verify", "--repo", saved.repo)
    assert found["exit_code"] == 1 and len(found["data"]["problems"]) == len(TREE)
    remedy = found["messages"][0]["text"].replace(f"{saved.repo}`", f"{saved.repo} --home {saved.home}`", 1)
    assert remedy.startswith("`wslcfg sessions backup --full-check ")
    follow(call, remedy)
    assert asked("sessions", "verify", "--full", "--repo", saved.repo)["data"]["problems"] == []


def test_lost_lists_are_no_empty_store(saved: Person, asked: Asked, call: Call, tmp_path: Path) -> None:
    """Without its lists a store is no empty one: each command says so with the line that mends it, and nothing is called well."""
    (saved.home / f".claude/projects/-home-ana-shop/{SESSION}.jsonl").unlink()
    for one in saved.repo.glob("snapshots/*"):
        one.unlink()
    for words in (
        ("snapshots",),
        ("list", "--deleted", "--home", saved.home),
        ("restore", "--all", "--to", tmp_path / "out"),
        ("restore", SESSION, "--to", tmp_path / "out"),
        ("prune", "--dry-run"),
    ):
        answer = asked("sessions", *words, "--repo", saved.repo)
        assert (answer["exit_code"], answer["errors"][0]["code"]) == (4, "no-lists"), words
        assert "verify --rebuild" in answer["errors"][0]["hint"]
    found = asked("sessions", "verify", "--repo", saved.repo)
    assert found["exit_code"] == 1 and "list" in found["data"]["problems"][0]
    follow(call, found["messages"][0]["text"])
    assert asked("sessions", "verify", "--repo", saved.repo)["exit_code"] == 0
    assert asked("sessions", "restore", "--all", "--to", tmp_path / "out", "--repo", saved.repo)["exit_code"] == 0
    assert saved.tree(tmp_path / "out") == TREE


@pytest.mark.parametrize("words", [("verify",), ("verify", "--rebuild"), ("snapshots",), ("restore", "--all", "--to", "out"), ("prune",)])
def test_a_folder_with_other_things_is_no_store(words: tuple[str, ...], asked: Asked, tmp_path: Path) -> None:
    """Some folder is never called a well store, and stays as it is."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("Dear Ana", encoding="utf-8")
    answer = asked("sessions", *words, "--repo", tmp_path / "other")
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (4, "not-a-store")
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["letter.txt"]


def test_nothing_yet_is_not_another_time(saved: Person, asked: Asked, tmp_path: Path) -> None:
    """A store without a snapshot says so, and speaks of a time only where one was named."""
    (tmp_path / "bare").mkdir()
    assert asked("sessions", "backup", "--home", tmp_path / "bare", "--repo", tmp_path / "empty")["data"]["snapshot"] is None
    answer = asked("sessions", "restore", "--all", "--to", tmp_path / "out", "--repo", tmp_path / "empty")
    assert answer["exit_code"] == 3 and "yet" in answer["errors"][0]["message"]
    answer = asked("sessions", "restore", "--all", "--to", tmp_path / "out", "--repo", saved.repo, "--at", "2020-01-01 10:00")
    assert answer["exit_code"] == 3 and "at that time" in answer["errors"][0]["message"]


def test_a_store_does_not_back_itself_up(person: Person, asked: Asked) -> None:
    """A store inside of what it backs up is left out and named, so that the second run finds nothing new."""
    repo = person.home / ".claude/projects/-home-ana-shop/repo"
    for new in (True, False):
        answer = asked("sessions", "backup", "--home", person.home, "--repo", repo)
        assert (answer["data"]["files"], answer["data"]["snapshot"] is not None) == (len(TREE), new)
        assert f"{repo} is left out" in answer["messages"][0]["text"]
    assert asked("sessions", "backup", "--home", person.home, "--repo", repo, "--dry-run")["data"]["files"] == len(TREE)
