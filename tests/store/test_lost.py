"""What the store has lost is stored anew from the disk, under the same chain, so that the older snapshots have it back as well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.homes import PROJECT, Home
from tests.store.test_verify import ONE, TWO, first_pack, flip, two_sessions
from wslcfg.errors import Unreadable
from wslcfg.store.engine import Keep

THREE = f"{PROJECT}/3aaa.jsonl"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two sessions in one pack, a third one and an append in another."""
    made = two_sessions(tmp_path)
    made.write(THREE, os.urandom(300))
    made.back_up()
    return made


def hurt(home: Home, how: str) -> None:
    """Take the first pack away, or a part of it, or change a byte in the first piece."""
    if how == "gone":
        first_pack(home).unlink()
    elif how == "cut":
        os.truncate(first_pack(home), 3000)
    else:
        flip(first_pack(home), 2000)


@pytest.mark.parametrize("how", ["gone", "cut", "damaged"])
def test_lost_bytes_are_stored_anew(home: Home, how: str) -> None:
    """The next backup stores anew what went missing (damage only when asked to read the store), and every snapshot is whole again."""
    first, then = home.store.snapshots()[0].made_at, {one: data[:5000] for one, data in home.files().items() if one != THREE}
    hurt(home, how)
    assert home.store.verify("full").lost
    done = home.back_up(full_check=how == "damaged")
    assert done.new_bytes == (5005 if how == "damaged" else 10_005)
    assert "stored anew" in done.warnings[0]
    found = home.store.verify("full")
    assert (found.problems, found.lost, found.unlisted) == ((), False, False)
    assert home.present() == home.files()
    assert home.present(first) == then
    assert home.back_up().snapshot is None
    home.append(ONE, b"and more\n")
    assert home.back_up().new_bytes == 9
    for one in home.repo.glob("snapshots/*"):
        one.unlink()
    home.store.rebuild()
    assert home.present() == home.files()


def test_a_damaged_pack_costs_an_ordinary_backup_nothing(home: Home) -> None:
    """While the packs lie there in their sizes no line is looked into, and nothing is read again."""
    hurt(home, "damaged")
    assert home.back_up().snapshot is None
    assert not home.store._standing(home.store._newest(), "", full_check=False)[0].doubt


def test_what_grows_meanwhile_is_not_put_behind_what_is_lost(home: Home) -> None:
    """A session that goes on after its beginning was lost comes back whole."""
    hurt(home, "gone")
    home.append(TWO, b"later\n")
    home.back_up()
    assert home.present() == home.files()
    assert home.store.verify("full").problems == ()


def test_what_cannot_be_stored_anew_is_told(home: Home) -> None:
    """A deleted session's lost bytes stay a finding, and what is whole stays held; a rewritten file is stored beside it."""
    (home.path / TWO).unlink()
    home.back_up()
    hurt(home, "gone")
    home.write(ONE, b"another\n" * 10)
    done = home.back_up()
    assert any("gone from the disk" in one for one in done.warnings)
    assert home.present() == home.files()
    found = home.store.verify("quick")
    assert found.lost and any(TWO in one for one in found.problems)
    with pytest.raises(Unreadable, match="2f00"):
        home.bring([home.held()[TWO]])
    home.store.prune(Keep())
    assert home.present() == home.files()
    home.back_up()
    assert home.back_up().warnings == (), "said once, not with each backup"


def test_a_deleted_session_that_is_back_mends_the_store(home: Home) -> None:
    """A file that comes back from elsewhere gives the store its bytes again."""
    kept = (home.path / TWO).read_bytes()
    (home.path / TWO).unlink()
    home.back_up()
    hurt(home, "gone")
    home.back_up()
    home.write(TWO, kept)
    home.back_up()
    assert home.present() == home.files()
    assert home.store.verify("full").problems == ()


def test_a_file_that_cannot_be_read_now_is_stored_anew_later(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be mended this time is not forgotten."""
    hurt(home, "gone")
    real = os.open

    def refuse(path, *rest, **more):
        if str(path).endswith("2f00.jsonl"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *rest, **more)

    monkeypatch.setattr("wslcfg.store.backup.os.open", refuse)
    home.back_up()
    monkeypatch.undo()
    home.back_up()
    assert home.present() == home.files()
    assert home.store.verify("full").problems == ()
