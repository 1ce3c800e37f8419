"""The rules of restoring as thoughts: what may land on what, what belongs to a session, how a torn end is mended."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from wslcfg.store import landing
from wslcfg.store.engine import Held
from wslcfg.store.landing import Lying

SESSION = "1e99f0aa-0000-4000-8000-000000000001"
THEN = datetime(2026, 11, 20, tzinfo=timezone.utc)
OLDER, NEWER = THEN.timestamp() - 60, THEN.timestamp() + 60


def _held(path: str = f".claude/projects/-x/{SESSION}.jsonl", size: int = 100) -> Held:
    return Held(path, size, THEN, 0o600, "s", THEN, False, "k")


@pytest.mark.parametrize(
    ("lying", "do"),
    [
        (None, "create"),
        (Lying(101, OLDER, False), "refuse"),
        (Lying(101, NEWER, None), "refuse"),
        (Lying(100, NEWER, True), "same"),
        (Lying(60, NEWER, True), "replace"),
        (Lying(0, NEWER, True), "replace"),
        (Lying(60, OLDER, False), "replace"),
        (Lying(60, NEWER, False), "refuse"),
        (Lying(100, OLDER, False), "replace"),
        (Lying(100, NEWER, False), "refuse"),
    ],
)
def test_what_may_land(lying: Lying | None, do: str) -> None:
    """Absent or a beginning of the backup: yes; longer: never; other and newer: no; other and older: yes."""
    assert landing.rule(_held(), lying).do == do


def test_a_database_lands_only_where_there_is_none() -> None:
    """A database that another program has open would be torn from its log."""
    held = _held(".codex/state_5.sqlite")
    assert landing.rule(held, Lying(60, OLDER, False)).do == "refuse"
    assert landing.rule(held, None).do == "create"


@pytest.mark.parametrize(
    ("path", "tail", "mend"),
    [
        ("a.jsonl", b"", (0, False)),
        ("a.jsonl", b'{"a":1}', (0, True)),
        ("a.jsonl", b'{"a":', (5, False)),
        ("a.jsonl", b"\0\0\0", (3, False)),
        ("a.txt", b"no line end", (0, False)),
        ("a.jsonl", b"[" * 100_000, (100_000, False)),
    ],
)
def test_a_torn_end(path: str, tail: bytes, mend: tuple[int, bool]) -> None:
    """Half a record is cut, a whole one gets its line end; what is no transcript stays as it is."""
    assert landing.torn_at(path, tail) == mend


@pytest.mark.parametrize(
    ("path", "mine"),
    [
        (f".claude/projects/-x/{SESSION}.jsonl", True),
        (f".claude/projects/-x/{SESSION}/subagents/agent-1.jsonl", True),
        (f".claude/file-history/{SESSION}/a@v1", True),
        (f".claude/todos/{SESSION}-agent-{SESSION}.json", True),
        (f".claude/tasks/{SESSION}/1.json", True),
        (f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{SESSION}.jsonl", True),
        (f".codex/archived_sessions/rollout-2026-11-20T10-00-00-{SESSION}.jsonl", True),
        (".claude/projects/-x/2b00f0aa-0000-4000-8000-000000000002.jsonl", False),
        (".claude/projects/-x/sessions-index.json", False),
        (".claude/history.jsonl", False),
        (".claude/plans/a.md", False),
    ],
)
def test_what_belongs_to_a_session(path: str, mine: bool) -> None:
    """A session is its own file and what lies in folders of its id."""
    assert landing.belongs(path, SESSION) is mine


def test_plans_of_a_transcript() -> None:
    """Plans are found by the record's slug and by their path in a text."""
    text = b'{"slug":"brave-fox"}\n{"content":"see ~/.claude/plans/shy-owl.md"}\n{"slug":"../../x"}'
    assert landing.plans(text) == {".claude/plans/brave-fox.md", ".claude/plans/shy-owl.md"}


def test_lines_that_history_lacks() -> None:
    """Only lines that are missing come back, once, of the wanted session alone; half a line does not."""
    one, two = b'{"sessionId":"a","display":"1"}', b'{"sessionId":"b","display":"2"}'
    held = b"\n".join([one, two, two, b'{"sessionId":"b","dis'])
    assert landing.missing_lines(one + b"\n", held, None) == [two]
    assert landing.missing_lines(b"", held, "a") == [one]
    assert landing.missing_lines(held, held, None) == []


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", ".claude/../../x", ".claude//x", "a/./b", "a\0b"])
def test_paths_that_lead_out(path: str) -> None:
    """A store that was tampered with cannot write outside of the home."""
    assert not landing.is_inside(path)
    assert landing.is_inside(".claude/projects/-x/a b.jsonl")


def test_rollouts_of_both_kinds() -> None:
    """Packed or plain, a rollout belongs to its session, and of both in a backup the newer one counts; other files that end so are not touched."""
    plain = _held(f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{SESSION}.jsonl")
    packed = plain._replace(path=plain.path + ".zst")
    assert landing.belongs(plain.path, SESSION) and landing.belongs(packed.path, SESSION)
    older = plain._replace(modified_at=datetime.fromtimestamp(OLDER, timezone.utc))
    newer = plain._replace(modified_at=datetime.fromtimestamp(NEWER, timezone.utc))
    assert landing.alone([older, packed]) == [packed] and landing.alone([packed, newer]) == [newer]
    others = [_held(".claude/file-history/rollout-a"), _held(".claude/file-history/rollout-a.zst")]
    assert landing.alone(others) == others and landing.beside(others[0].path) is None
    assert landing.hides(older, THEN.timestamp()) and not landing.hides(newer, THEN.timestamp()) and landing.hides(packed, OLDER)
