"""The mirror: a store of its own at any moment, and never a reason for a backup to fail."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.store.homes import NO_FLOORS, PROJECT, Home, brought
from wslcfg.errors import Unreadable
from wslcfg.store import mirror
from wslcfg.store.engine import Keep
from wslcfg.store.own import OwnStore

ONE, TWO = f"{PROJECT}/1e99.jsonl", f"{PROJECT}/2f00.jsonl"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose store has a mirror."""
    made = Home(tmp_path, mirror=str(tmp_path / "mirror"))
    made.write(ONE, os.urandom(9000))
    made.write(TWO, b"two\n" * 900)
    made.back_up()
    return made


def opened(home: Home) -> OwnStore:
    """The mirror as a store."""
    return OwnStore(str(home.folder / "mirror"), str(home.folder / "other-state"))


def names(folder: Path) -> set[str]:
    """Packs and manifests below a folder."""
    return {str(one.relative_to(folder)) for part in ("packs", "snapshots") for one in (folder / part).iterdir()}


def test_the_mirror_is_a_store(home: Home) -> None:
    """From the mirror alone everything comes back, deleted sessions too."""
    data = home.files()
    (home.path / TWO).unlink()
    home.append(ONE, b"more\n")
    home.back_up()
    store = opened(home)
    assert store.verify("full").problems == ()
    assert [one.id for one in store.snapshots()] == [one.id for one in home.store.snapshots()]
    assert brought(store, list(store.held()), home.folder) == {**data, **home.files()}


def test_a_pruned_store_prunes_its_mirror(home: Home) -> None:
    """What pruning removed here goes there as well, after the new is there."""
    (home.path / TWO).unlink()
    home.back_up()
    later = datetime.now(timezone.utc) + timedelta(days=400)
    home.store = OwnStore(str(home.repo), str(home.state), mirror=str(home.folder / "mirror"), now=lambda: later)
    assert home.store.prune(Keep()).versions == 1
    assert names(home.folder / "mirror") == names(home.repo)
    assert opened(home).verify("full").problems == ()
    assert not (home.repo / "removed").exists()


def test_a_store_that_lost_files_keeps_them_in_its_mirror(home: Home) -> None:
    """The mirror loses only what pruning named: files that vanish here stay there."""
    before = names(home.folder / "mirror")
    for one in home.repo.glob("packs/*"):
        one.unlink()
    home.append(ONE, b"more\n")
    home.back_up()
    assert before <= names(home.folder / "mirror")


def test_another_store_does_not_take_the_place(home: Home) -> None:
    """A fresh store does not write into the mirror of the one before it; the backup is made, and says so."""
    before = names(home.folder / "mirror")
    other = Home(home.folder, mirror=str(home.folder / "mirror"))
    other.repo = home.folder / "second"
    other.store = OwnStore(str(other.repo), str(home.state), mirror=str(home.folder / "mirror"))
    done = other.back_up()
    assert done.snapshot is not None
    assert "another store" in done.warnings[0]
    assert done.mirror_behind > 0
    assert names(home.folder / "mirror") == before


@pytest.mark.parametrize("wrong", [errno.ENOSPC, errno.EIO, errno.ENODEV])
def test_a_failing_mirror_warns_and_catches_up(home: Home, wrong: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full, broken or vanished drive: the backup stands, what the mirror lacks is counted since when, and the next run brings it."""
    real = os.fsync

    def refuse(handle: int) -> None:
        if "/mirror/" in os.readlink(f"/proc/self/fd/{handle}"):
            raise OSError(wrong, os.strerror(wrong))
        real(handle)

    said = []
    for turn in range(2):
        home.append(ONE, b"%d" % turn)
        monkeypatch.setattr(os, "fsync", refuse)
        done = home.back_up()
        monkeypatch.undo()
        assert done.snapshot is not None
        assert done.mirror_behind == 2 * (turn + 1)
        said.append(done.warnings[0])
    assert os.strerror(wrong) in said[0]
    assert said[0].split(" since ")[1] == said[1].split(" since ")[1]
    assert not list((home.folder / "mirror").rglob("*.partial"))
    assert home.back_up().mirror_behind == 0
    assert names(home.folder / "mirror") == names(home.repo)


def test_scanners_let_go_in_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename that Windows refuses while a scanner has the file open is tried again."""
    real, refused = os.rename, []

    def busy(source: str, target: str) -> None:
        if "/mirror/" in target and refused.count(target) < 2:
            refused.append(target)
            raise PermissionError(errno.EACCES, "Permission denied", source)
        real(source, target)

    monkeypatch.setattr(os, "rename", busy)
    monkeypatch.setattr(mirror, "PAUSES_S", (0, 0, 0))
    home.append(ONE, b"more\n")
    done = home.back_up()
    assert (done.mirror_behind, done.warnings) == (0, ())
    assert len(refused) == 4
    assert names(home.folder / "mirror") == names(home.repo)


def test_folders_that_cannot_be_synced_are_tolerated_there_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows drives answer the sync of a folder with EINVAL; for the store itself that would be an error."""
    real = os.fsync

    def refuse(handle: int) -> None:
        place = os.readlink(f"/proc/self/fd/{handle}")
        if "/mirror/" in place and os.path.isdir(place):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    home.append(ONE, b"more\n")
    assert home.back_up().mirror_behind == 0


def test_a_drive_that_lies_is_found_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read back differs from what was written: it never gets its name."""
    before = names(home.folder / "mirror")
    real = os.fsync

    def rot(handle: int) -> None:
        real(handle)
        place = os.readlink(f"/proc/self/fd/{handle}")
        if place.endswith(".partial"):
            with open(place, "r+b") as file:
                file.write(b"?")

    monkeypatch.setattr(os, "fsync", rot)
    home.append(ONE, b"more\n")
    done = home.back_up()
    assert "not what is read" in done.warnings[0]
    assert names(home.folder / "mirror") == before


@pytest.mark.parametrize("how", ["gone", "cut"])
def test_what_the_store_has_lost_comes_back_from_the_mirror(home: Home, how: str) -> None:
    """A pack that is gone or cut is fetched from the mirror, so that deleted sessions are whole again; a cut one never goes over the whole one."""
    data = home.files()
    (home.path / TWO).unlink()
    home.back_up()
    pack = max(home.repo.glob("packs/*"), key=lambda one: one.stat().st_size)
    if how == "gone":
        pack.unlink()
    else:
        os.truncate(pack, 200)
        mirror.bring_up_to_date(str(home.repo), str(home.folder / "mirror"), json.loads((home.repo / "format.json").read_text())["id"])
    done = home.back_up()
    assert (done.snapshot, done.mirror_behind) == (None, 0) and "came back from the mirror" in done.warnings[0]
    assert home.store.verify("full").problems == () == opened(home).verify("full").problems
    assert home.bring(list(home.held().values())) == data


def test_a_mirror_that_lost_its_lists_says_so(home: Home) -> None:
    """A mirror too is not taken for an empty store when its manifests are gone."""
    for one in (home.folder / "mirror" / "snapshots").iterdir():
        one.unlink()
    with pytest.raises(Unreadable, match="lost every list"):
        opened(home).snapshots()


def test_a_drive_that_is_not_mounted_is_not_made_up(home: Home, tmp_path: Path) -> None:
    """Where drives are mounted, a folder on none of them is a drive that is away: nothing is made there, and it is said; the backup stands."""
    drives = tmp_path / "win"
    (drives / "c").mkdir(parents=True)
    away = drives / "d" / "backups"
    home.store = OwnStore(str(home.repo), str(home.state), mirror=str(away), windows_drive=str(drives / "c"), floors=NO_FLOORS)
    home.append(ONE, b"more\n")
    done = home.back_up()
    assert done.snapshot is not None and done.mirror_behind == 1
    assert f"nothing is mounted at {drives / 'd'}" in done.warnings[-1]
    assert not (drives / "d").exists()
    assert "nothing is mounted" in str((home.store.mirror_state() or {})["error"])


def test_the_usual_drives_are_known(home: Home) -> None:
    """Below /mnt the same holds without a drive being known; root could make folders there."""
    away = Path("/mnt/wslcfg-no-such-drive")
    assert not away.exists()
    home.store = OwnStore(str(home.repo), str(home.state), mirror=str(away / "x/y"), floors=NO_FLOORS)
    assert "nothing is mounted at /mnt/wslcfg-no-such-drive" in home.back_up().warnings[-1]
    assert not away.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_mounted_drive_is_used(home: Home, tmp_path: Path) -> None:
    """A real mount in that place gets its copy."""
    drive = tmp_path / "win" / "d"
    drive.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(drive)], capture_output=True, check=False).returncode:
        pytest.skip("this place allows no mounts")
    try:
        home.store = OwnStore(
            str(home.repo), str(home.state), mirror=str(drive / "b/x"), windows_drive=str(tmp_path / "win/c"), floors=NO_FLOORS
        )
        assert home.back_up().mirror_behind == 0
        assert (drive / "b/x/format.json").exists()
    finally:
        subprocess.run(["umount", str(drive)], check=True)
