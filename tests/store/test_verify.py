"""Damage is found and named, and what is whole beside it comes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.homes import PROJECT, Home
from wslcfg.errors import Refused, Unreadable
from wslcfg.store.engine import Keep
from wslcfg.store.own import OwnStore

ONE, TWO = f"{PROJECT}/1e99.jsonl", f"{PROJECT}/2f00.jsonl"


def two_sessions(folder: Path) -> Home:
    """Two sessions in one pack, and one of them goes on."""
    made = Home(folder)
    made.write(ONE, os.urandom(5000))
    made.write(TWO, os.urandom(5000))
    made.back_up()
    made.append(ONE, b"more\n")
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two sessions in one pack, and a snapshot on top."""
    made = two_sessions(tmp_path)
    made.back_up()
    return made


def first_pack(home: Home) -> Path:
    """The pack of the first backup."""
    return max(home.repo.glob("packs/*.pack"), key=lambda one: one.stat().st_size)


def flip(path: Path, at: int) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.chmod(0o600)
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["quick", "normal", "full"])
def test_a_whole_store_is_clean(home: Home, how: str) -> None:
    """Nothing is found where nothing is wrong, and only what was read counts as checked."""
    found = home.store.verify(how)
    assert (found.problems, found.snapshots, found.files) == ((), 2, 2)
    assert found.checked_bytes == 0 if how == "quick" else found.checked_bytes >= 10_005


@pytest.mark.parametrize("part", ["payload", "line"])
def test_one_flipped_bit_is_found(home: Home, part: str) -> None:
    """A flipped bit in a piece or its line hurts that file alone: it is named with its snapshot, and the other one comes back."""
    pack = first_pack(home)
    flip(pack, 2000 if part == "payload" else 40)
    problems = home.store.verify("full").problems
    newest = home.store.snapshots()[-1].id
    assert len(problems) == 1
    assert newest in problems[0]
    assert ONE in problems[0]
    held = home.held()
    assert home.bring([held[TWO]]) == {TWO: (home.path / TWO).read_bytes()}
    with pytest.raises(Unreadable, match="1e99"):
        home.bring([held[ONE]])
    assert list((home.folder / "brought").iterdir()) == []


@pytest.mark.parametrize("cut", ["short", "gone"])
def test_a_quick_look_finds_lost_packs(home: Home, cut: str) -> None:
    """A pack that is gone, or cut, is found without reading it."""
    pack = first_pack(home)
    if cut == "gone":
        pack.unlink()
    else:
        os.truncate(pack, 100)
    problems = home.store.verify("quick").problems
    assert {ONE in one or TWO in one for one in problems} == {True}
    assert len(problems) == 2


def test_every_byte_of_a_manifest_counts(home: Home) -> None:
    """Whichever byte of a manifest is flipped, verify says so, or nothing of what it says changed."""
    manifest = max(home.repo.glob("snapshots/*.full"))
    whole, held = manifest.read_bytes(), home.held()
    for at in range(len(whole)):
        flip(manifest, at)
        if not home.store.verify("quick").problems:
            assert home.held() == held, f"byte {at} of {whole[:80]!r}"
        manifest.write_bytes(whole)


def test_a_damaged_manifest_stops_pruning(home: Home) -> None:
    """Beside a manifest that cannot be read nothing is removed."""
    manifest = max(home.repo.glob("snapshots/*.full"))
    flip(manifest, 250)
    before = sorted(home.repo.rglob("*"))
    with pytest.raises(Refused, match="Nothing was pruned"):
        home.store.prune(Keep())
    assert sorted(home.repo.rglob("*")) == before


@pytest.mark.parametrize("lost", ["damaged", "all"])
def test_the_next_backup_mends_the_manifests(home: Home, lost: str) -> None:
    """A backup over a damaged or lost manifest makes it anew from the packs: deleted sessions are still held, and it says what it did."""
    gone = (home.path / TWO).read_bytes()
    (home.path / TWO).unlink()
    home.back_up()
    if lost == "all":
        for one in home.repo.glob("snapshots/*"):
            one.unlink()
    else:
        flip(max(home.repo.glob("snapshots/*.full")), 250)
    done = home.back_up()
    assert "Made anew from the packs" in done.warnings[0]
    assert done.new_bytes == 0
    held = home.held()
    assert (held[ONE].deleted, held[TWO].deleted) == (False, True)
    assert home.bring(list(held.values())) == {ONE: (home.path / ONE).read_bytes(), TWO: gone}
    assert home.store.verify("full").problems == ()
    home.store.prune(Keep())
    assert home.bring(list(home.held().values()))[TWO] == gone


def test_a_damaged_snapshot_does_not_hide_the_others(home: Home) -> None:
    """Listing goes on beside a manifest that cannot be read, which then has no numbers."""
    os.truncate(max(home.repo.glob("snapshots/*.full")), 100)
    assert [one.files for one in home.store.snapshots()] == [None, 2]


def test_rebuilding_passes_over_damage(home: Home) -> None:
    """Where a pack is damaged too, all that can still be told of it comes back."""
    home.write(f"{PROJECT}/3.jsonl", b"three\n" * 50)
    home.back_up()
    pack = first_pack(home)
    flip(pack, 20)
    for one in home.repo.glob("snapshots/*"):
        one.unlink()
    home.store.rebuild()
    held = home.held()
    assert set(held) == {TWO, f"{PROJECT}/3.jsonl"}
    assert home.bring(list(held.values())) == {path: (home.path / path).read_bytes() for path in held}


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    """Reading from nothing is said, and makes nothing."""
    from wslcfg.errors import Unreachable

    store = OwnStore(str(tmp_path / "none"), str(tmp_path / "state"))
    for action in (lambda: list(store.held()), store.snapshots, lambda: store.verify("quick"), lambda: store.prune(Keep())):
        with pytest.raises(Unreachable, match="no backups"):
            action()
    assert list(tmp_path.iterdir()) == []
