"""Pruning: what a way back needs stays, whatever the numbers say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.apply.practice import OLD, Home
from wslcfg.apply.prune import forget, prune
from wslcfg.apply.rollback import back_to


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Generations 1 (found) to 9 of `.wslconfig`; 4 passed its check."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    for number in range(2, 10):
        made.apply(made.change(f"[wsl2]\nswap={number}GB\n".encode()))
    made.store().mark(4, "good")
    return made


def _numbers(home: Home, distro: str = "Ubuntu") -> list[int]:
    return [item.number for item in home.store(distro).all().generations]


def test_the_live_the_last_good_the_first_and_the_newest_stay(home: Home) -> None:
    """A dry run says it, the real run does it, in both homes."""
    later = home.host.now() + timedelta(days=400)
    dry = prune(home.store(), now=later, keep=2, keep_days=90, dry_run=True)
    assert [item.number for item in dry.removed] == [2, 3, 5, 6, 7]
    assert {item.number: why for item, why in dry.kept} == {1: "first", 4: "last good", 8: "newest", 9: "live"}
    assert _numbers(home) == list(range(1, 10))
    assert prune(home.store(), now=later, keep=2, keep_days=90) == dry
    assert _numbers(home) == [1, 4, 8, 9]
    assert len(list((home.shared / "history").iterdir())) == 4
    assert back_to(home.store(), home.host, 1).files[0].after == OLD
    assert home.apply(home.change(OLD)).generation == 10


def test_young_ones_stay(home: Home) -> None:
    """Days and counts both keep."""
    assert prune(home.store(), now=home.host.now(), keep=1, keep_days=1).removed == ()


def test_another_distros_and_pending_ones_stay(home: Home) -> None:
    """Debian's own generations are Debian's to prune, and what is not resolved yet is not judged."""
    home.apply(home.own("Debian", b"1\n"), distro="Debian")
    home.apply(home.own("Debian", b"2\n"), distro="Debian")
    home.store().update(home.store().get(6)._replace(state="pending"))
    prune(home.store(), now=home.host.now() + timedelta(days=400), keep=0, keep_days=0)
    assert _numbers(home) == [1, 4, 6, 9, 10, 11, 12]


def test_the_only_record_of_a_file_stays(home: Home) -> None:
    """wsl.conf was changed once, long ago: its live and its first generation are needed, though newer ones abound."""
    home.apply(home.own("Ubuntu", b"[boot]\n"))
    for number in range(20, 25):
        home.apply(home.change(f"[wsl2]\nswap={number}GB\n".encode()))
    prune(home.store(), now=home.host.now() + timedelta(days=400), keep=0, keep_days=0)
    assert _numbers(home) == [1, 4, 10, 11, 16]


def test_what_a_killed_prune_set_aside_is_swept(home: Home) -> None:
    """A generation is whole or gone; its rest goes with the next prune."""
    gone = home.shared / "history" / ".gone-20200101T000000Z-Ubuntu-aa"
    gone.mkdir()
    (gone / "wslconfig.before").write_bytes(b"x")
    assert home.store().all().problems == ()
    prune(home.store(), now=home.host.now())
    assert not gone.exists()


def test_of_repairs_the_old_ones_go_and_the_newest_stays(tmp_path: Path) -> None:
    """A history that leads to no present state keeps nothing for ever but its newest entry and what is not finished."""
    made = Home(tmp_path)
    for text in (b"1\n", b"2\n", b"3\n"):
        made.apply(made.own("Ubuntu", text), shared=False)
    store = made.store(shared=False)
    store.update(store.get(1)._replace(state="pending"))
    later = made.host.now() + timedelta(days=90)
    assert forget(store, now=made.host.now(), keep_days=90) == (0, 0)
    count, freed = forget(store, now=later, keep_days=90, dry_run=True)
    assert count == len(store.all().generations) - 2 > 0 and freed > 0
    assert forget(store, now=later, keep_days=90) == (count, freed)
    assert [item.number for item in store.all().generations] == [1, count + 2]
    assert forget(store, now=later, keep_days=0) == (0, 0)
