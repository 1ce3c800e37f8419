"""Kills, full disks and cuts of the file system's log at every moment of a backup and a prune."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apply import injection
from tests.store.cuts import Watched, killed, small, took
from tests.store.homes import NO_FLOORS, PROJECT, Home
from wslcfg.store.engine import Keep

pytestmark = pytest.mark.slow
# In CI; the whole number is run with WSLCFG_TEST_KILLS=1000.
KILLS = int(os.environ.get("WSLCFG_TEST_KILLS", "100"))
SEED = int(os.environ.get("WSLCFG_TEST_SEED", "3"))
# Every call by which the store changes a disk; a kill anywhere else is like one before the next of these.
CHANGES = ("write", "fsync", "rename", "unlink", "mkdir")
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
WITHOUT_STRACE = injection.possible()


@pytest.fixture
def fast() -> Iterator[Path]:
    """A folder in memory."""
    with tempfile.TemporaryDirectory(dir=injection.fast_folder()) as folder:
        yield Path(folder)


def test_random_kills(fast: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often backups and prunes are killed, no half snapshot is visible, verify is clean, and nothing that was held is lost."""
    small(monkeypatch)
    watched = Watched(Home(fast), SEED)
    home = watched.home
    watched.change()
    usual = took(home.back_up)
    watched.look()
    kills = 0
    for turn in range(KILLS * 10):
        if kills >= KILLS:
            break
        watched.change()
        prune = turn % 3 == 2
        action: Callable[[], object] = (lambda: home.store.prune(Keep(rewritten=1000))) if prune else home.back_up
        kills += killed(action, watched.random.uniform(0, 1.5 * usual))
        watched.look(whole=turn % 5 == 0)
        if turn % 40 == 39:
            # A tree that only grows would make each turn longer than the one before.
            usual = min(usual * 1.5, took(home.back_up))
            watched.look()
    assert kills >= KILLS
    watched.finish()


def _prepared(fast: Path) -> tuple[Watched, Path]:
    """A small store with something to back up and something to prune, and a copy of it all."""
    watched = Watched(Home(fast / "live"), SEED) if (fast / "live").mkdir() is None else None
    assert watched is not None
    home = watched.home
    home.write(f"{PROJECT}/a.jsonl", random.Random(1).randbytes(3000))
    home.write(f"{PROJECT}/gone.jsonl", b"gone" * 500)
    home.back_up()
    watched.look()
    for turn in range(5):
        home.append(f"{PROJECT}/a.jsonl", random.Random(turn).randbytes(400))
        home.back_up()
        watched.look()
    (home.path / f"{PROJECT}/gone.jsonl").unlink()
    home.write(f"{PROJECT}/a.jsonl", random.Random(2).randbytes(2000))
    home.back_up()
    watched.look()
    home.append(f"{PROJECT}/a.jsonl", b"more\n" * 700)
    home.write(f"{PROJECT}/new.jsonl", random.Random(3).randbytes(9000))
    return watched, Path(shutil.copytree(fast / "live", fast / "before", copy_function=shutil.copy2))


@pytest.mark.skipif(bool(WITHOUT_STRACE), reason=WITHOUT_STRACE)
@pytest.mark.parametrize("what", ["backup", "prune"])
@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC", "error=EIO"])
def test_each_call_may_be_the_last(fast: Path, what: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each call that changes the disk: killed, full or broken, the store is whole, and an error is one for people that does not call itself done."""
    small(monkeypatch)
    watched, before = _prepared(fast)
    home = watched.home
    known = dict(watched.snapshots)
    held = dict(watched.last)
    action = home.back_up if what == "backup" else lambda: home.store.prune(Keep(rewritten=1000))
    hits = 0
    for call in CHANGES:
        for when in range(1, 200):
            shutil.rmtree(home.repo)
            shutil.rmtree(home.state)
            shutil.copytree(before / "repo", home.repo)
            shutil.copytree(before / "state", home.state)
            watched.snapshots, watched.last = dict(known), dict(held)
            hit = injection.run(call, when, fault, action)
            if not hit.fired:
                assert hit.ended == "ok", hit
                break
            hits += 1
            said = "killed" if fault == "signal=KILL" else "error"
            new = watched.look()
            # A fault in what comes after the commit (notes, old files) may leave a snapshot that is made; before it, never.
            assert hit.ended.startswith(said) or (call, new) in (("unlink", 1), ("write", 1)) or call == "unlink", hit
            assert not hit.ended.startswith("crash"), hit
            home.back_up()
            watched.look()
            assert home.bring(list(home.held().values())) == watched.last, hit
    assert hits > 10


def _loop(image: Path, place: Path) -> None:
    subprocess.run(["mount", "-o", "loop", image, place], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """An ext4 of its own on a loop device: the image and where it is mounted."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("an ext4 of its own needs root and mkfs.ext4 (Debian package e2fsprogs)")
    image, place = tmp_path / "image", tmp_path / "disk"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(96 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    try:
        _loop(image, place)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no loop device can be mounted here: {error.stderr.decode(errors='replace').strip()}")
    yield image, place
    subprocess.run(["umount", place], check=False, capture_output=True)


def _cut(place: Path) -> None:
    """The power goes: what is not synced is lost, and the journal is not written out."""
    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    except OSError as error:
        pytest.skip(f"this kernel cannot cut an ext4: {error}")
    finally:
        os.close(handle)


@pytest.mark.parametrize("moment", ["after", "during"])
def test_the_power_may_go(tmp_path: Path, disk: tuple[Path, Path], moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the log of the file system cut, what was called done is there whole, and what was not is not there by halves."""
    small(monkeypatch)
    image, place = disk
    home = Home(tmp_path)
    home.repo = place / "repo"
    home.store = type(home.store)(str(home.repo), str(home.state), floors=NO_FLOORS)
    watched = Watched(home, SEED)
    watched.change()
    usual = took(home.back_up)
    watched.look()
    for turn in range(6):
        watched.change()
        action = (lambda: home.store.prune(Keep(rewritten=1000))) if turn % 3 == 2 else home.back_up
        child = os.fork()
        if child == 0:
            try:
                action()
            except BaseException:
                os._exit(1)
            os._exit(0)
        if moment == "during":
            time.sleep(watched.random.uniform(0, 1.2 * usual))
            _cut(place)
            _, status = os.waitpid(child, 0)
        else:
            _, status = os.waitpid(child, 0)
            _cut(place)
        done = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
        subprocess.run(["umount", place], check=True)
        _loop(image, place)
        assert watched.look() == (1 if done and turn % 3 != 2 else 0) or not done
    watched.finish()
