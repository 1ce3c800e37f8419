"""What restores into the home keep to be undone goes when nobody needs it, and not before."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.store.homes import PROJECT, Home
from wslcfg.store import restored
from wslcfg.store.restore import restore_in_place

ONE = f"{PROJECT}/1e99f0aa-0000-4000-8000-000000000001.jsonl"
NOW = datetime.now(timezone.utc)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with three restores, each of which replaced the beginning of a session."""
    made = Home(tmp_path)
    whole = b'{"type":"user"}\n' * 1000
    made.write(ONE, whole)
    made.back_up()
    for number in range(3):
        made.write(ONE, whole[: 1600 * (number + 1)])
        os.utime(made.path / ONE, (1e9, 1e9))
        held = list(made.store.held())
        restore_in_place(
            made.store, held, lambda path: str(made.path / path), str(made.state), session=None, busy={}, title="restore --all"
        )
    return made


def kept(home: Home) -> list[str]:
    """The restores that are known."""
    return [one.id for one in restored.journals(str(home.state))]


def test_the_undone_and_the_old_go_the_newest_stays(home: Home) -> None:
    """Young ones stay; an undone one goes at once; old ones go but for the newest, which is still undone afterwards; a dry run only counts."""
    state, (first, second, third) = str(home.state), kept(home)
    assert restored.clean(state, NOW) == (0, 0)
    restored.undo(state, third, {})
    assert restored.clean(state, NOW, dry_run=True).restores == 1 and kept(home) == [first, second, third]
    assert restored.clean(state, NOW).restores == 1 and kept(home) == [first, second]
    later = NOW + timedelta(days=restored.KEEP_DAYS + 1)
    counted = restored.clean(state, later, dry_run=True)
    assert restored.clean(state, later) == counted and counted.restores == 1 and counted.bytes > 1600
    assert kept(home) == [second] and sorted(os.listdir(home.state / "restored")) == [second, "lock"]
    home.write(ONE, b'{"type":"user"}\n' * 1000)
    restored.undo(state, "", {})
    assert (home.path / ONE).stat().st_size == 3200


def test_a_killed_cleaning_leaves_nothing_half(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between journal and files nothing is known that could not be undone, and the next restore clears the rest."""
    later = NOW + timedelta(days=restored.KEEP_DAYS + 1)

    real = restored.atomic.remove

    def die(path: str) -> None:
        real(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(restored.atomic, "remove", die)
    with pytest.raises(KeyboardInterrupt):
        restored.clean(str(home.state), later)
    monkeypatch.undo()
    assert len(kept(home)) == 2 and len(os.listdir(home.state / "restored")) == 4
    with restored.alone(str(home.state)) as folder:
        assert sorted(os.listdir(folder)) == [*kept(home), "lock"]
