"""Pruning: what stays, what goes, and that the room comes back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.apply.injection import fast_folder
from tests.store.homes import PROJECT, Home
from wslcfg.errors import Conflict
from wslcfg.store.disk import reading
from wslcfg.store.engine import Keep
from wslcfg.store.retention import kept_snapshots

ONE, TWO = f"{PROJECT}/1e99.jsonl", f"{PROJECT}/2f00.jsonl"
START = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        """The time now."""
        return self.time

    def later(self, **by) -> None:
        """Let time pass."""
        self.time += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def home(clock: Clock) -> Iterator[Home]:
    """Two sessions, backed up once; in memory, where a year of backups takes seconds."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        made = Home(Path(folder), now=clock)
        made.write(ONE, os.urandom(20_000))
        made.write(TWO, os.urandom(20_000))
        made.back_up()
        clock.later(minutes=30)
        yield made


def size(home: Home) -> int:
    """Bytes of the store."""
    return sum(one.stat().st_size for one in home.repo.rglob("*") if one.is_file())


def test_a_deleted_session_is_kept_its_days(home: Home, clock: Clock) -> None:
    """The last version of a deleted session stays for as long as the rule says, counted from its deletion, and then gives its room back."""
    data = (home.path / TWO).read_bytes()
    clock.later(days=300)
    home.append(ONE, b"x")
    home.back_up()
    (home.path / TWO).unlink()
    clock.later(days=1)
    home.back_up()
    clock.later(days=364)
    assert home.store.prune(Keep(deleted_days=365)).versions == 0
    assert home.bring([home.held()[TWO]])[TWO] == data
    clock.later(days=2)
    before = size(home)
    assert home.store.prune(Keep(deleted_days=0)).versions == 0
    foreseen = home.store.prune(Keep(deleted_days=365), dry_run=True)
    assert home.bring([home.held()[TWO]])[TWO] == data
    done = home.store.prune(Keep(deleted_days=365))
    assert (done.versions, foreseen.versions, foreseen.snapshots) == (1, 1, done.snapshots)
    assert TWO not in home.held()
    assert all(TWO not in home.held(one.made_at) for one in home.store.snapshots())
    assert before - size(home) > 15_000
    assert home.present() == home.files()
    assert home.store.verify("full").problems == ()


def test_rewritten_versions_are_kept_by_number(home: Home, clock: Clock) -> None:
    """Of a session that was rewritten time and again the newest older versions stay, at their times."""
    states = []
    for turn in range(6):
        home.write(ONE, b"%d" % turn + os.urandom(20_000))
        clock.later(minutes=1)
        home.back_up()
        states.append((clock.time, home.files()))
    assert home.store.prune(Keep(rewritten=2)).versions == 4
    for at, files in states[-3:]:
        assert home.present(at) == files
    assert ONE not in home.held(states[2][0])
    assert home.store.verify("full").problems == ()
    assert size(home) < 4.5 * 20_000
    # What the snapshots say of themselves goes along.
    assert [one.files for one in home.store.snapshots()] == [1, 1, 1, 1, 2, 2, 2]


def test_snapshots_thin_out(home: Home, clock: Clock) -> None:
    """After a year of daily work some thirty snapshots are left, the newest files are all there, and so is every deleted session of the year."""
    for day in range(30):
        clock.time = START + timedelta(days=12 * day + 1)
        for _ in range(2):
            home.append(ONE, os.urandom(50))
            clock.later(hours=1)
            home.back_up()
        home.write(f"{PROJECT}/{day}.jsonl", b"%d" % day)
        if day:
            (home.path / f"{PROJECT}/{day - 1}.jsonl").unlink()
    home.back_up()
    files, held = home.files(), home.bring(list(home.held().values()))
    done = home.store.prune(Keep())
    left = home.store.snapshots()
    assert done.snapshots == 1 + 30 * 2 + 1 - len(left)
    assert len(left) < 40
    assert home.present() == files
    assert home.bring(list(home.held().values())) == held
    assert len(list(home.repo.glob("packs/*"))) < 10
    assert home.store.verify("full").problems == ()
    assert home.back_up().snapshot is None


def test_thinning_by_rule() -> None:
    """All of two days, then the first of its day for 14 days, of 8 weeks and of 12 months that have any."""
    days = [(START - timedelta(days=day)).strftime("%Y%m%d") for day in range(800)][::-1]
    groups = [[f"{day}T{hour:02}0000.000000Z" for hour in (1, 5, 9)] for day in days]
    kept = kept_snapshots(groups, START)
    assert {one for group in groups[-2:] for one in group} <= kept
    assert [group[0] in kept for group in groups[-14:]] == [True] * 14
    assert not any(one in kept for group in groups[:-3] for one in group[1:])
    assert 26 <= len(kept) <= 40
    assert kept_snapshots(groups[:1], START) == set(groups[0])


def test_small_pieces_become_one(home: Home, clock: Clock) -> None:
    """A day of appends ends as few pieces in few packs, every one of its snapshots stays right, and the next append goes on from there."""
    states = []
    for _ in range(20):
        home.append(ONE, b'{"type":"user","text":"once more unto the breach"}\n' * 20)
        clock.later(minutes=30)
        home.back_up()
        states.append((clock.time, home.files()))
    packs = len(list(home.repo.glob("packs/*")))
    done = home.store.prune(Keep())
    assert done.freed_bytes > 0
    assert len(list(home.repo.glob("packs/*"))) <= 2 < packs
    for at, files in states:
        assert home.present(at) == files
    home.append(ONE, b"next\n")
    clock.later(minutes=30)
    assert home.back_up().new_bytes == 5
    assert home.present() == home.files()
    assert home.store.prune(Keep()).versions == 0
    assert home.store.verify("full").problems == ()


def test_a_reader_keeps_its_packs(home: Home) -> None:
    """While somebody restores, packs stay where they are, and it is said; the next prune removes them."""
    (home.path / TWO).unlink()
    home.append(ONE, b"x")
    home.back_up()
    home.store = type(home.store)(str(home.repo), str(home.state), now=lambda: START + timedelta(days=400))
    pack = max(home.repo.glob("packs/*"), key=lambda one: one.stat().st_size)
    with reading(str(home.repo)):
        assert "being read" in home.store.prune(Keep()).warnings[0]
        assert pack.exists()
    home.store.prune(Keep())
    assert not pack.exists()
    assert home.present() == home.files()


def test_damage_stays_where_it_is(home: Home, clock: Clock) -> None:
    """A damaged piece is not moved, its pack is not removed, and it is said."""
    (home.path / TWO).unlink()
    home.back_up()
    pack = max(home.repo.glob("packs/*.pack"), key=lambda one: one.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[1000] ^= 1
    pack.write_bytes(data)
    clock.later(days=400)
    done = home.store.prune(Keep())
    assert any("Left where it is" in one for one in done.warnings)
    assert pack.exists()


def test_pruning_waits_for_nobody(home: Home) -> None:
    """While a backup works, a prune is refused at once."""
    from wslcfg.store.disk import locked

    with locked(str(home.repo), str(home.state)), pytest.raises(Conflict, match="works on these backups"):
        home.store.prune(Keep())
