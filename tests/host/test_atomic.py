"""Replacing a file: links, modes, guards, left-overs, full disks, and everything that makes a rename impossible."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apply import injection
from wslcfg.errors import Conflict, Unreachable, WslcfgError
from wslcfg.host import atomic, process

ROOT = Path(__file__).resolve().parents[2]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_gets_its_bytes_its_folders_and_the_mode(tmp_path: Path) -> None:
    """A file that was not there is made with its parents, and nothing else is left beside it."""
    target = tmp_path / "a" / "b" / "wsl.conf"
    assert atomic.replace(str(target), b"[boot]\n", mode=0o640).how == "replaced"
    assert target.read_bytes() == b"[boot]\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert _names(target.parent) == ["wsl.conf"]


def test_mode_owner_and_attributes_stay(tmp_path: Path) -> None:
    """A replaced file is as open, and as much somebody's, as the old one was."""
    target = tmp_path / ".wslconfig"
    target.write_bytes(b"old")
    target.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(target, 1234, 2345)
    try:
        os.setxattr(target, "user.note", b"kept")
        noted = True
    except OSError:
        noted = False
    atomic.replace(str(target), b"new")
    after = target.stat()
    assert (target.read_bytes(), stat.S_IMODE(after.st_mode)) == (b"new", 0o604)
    if os.geteuid() == 0:
        assert (after.st_uid, after.st_gid) == (1234, 2345)
    if noted:
        assert os.getxattr(target, "user.note") == b"kept"


def test_a_link_stays_and_its_target_changes(tmp_path: Path) -> None:
    """Dotfiles are links into a repository: a chain of them is followed, also to a target that is not there yet."""
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    middle, link = dotfiles / "middle", tmp_path / ".wslconfig"
    middle.symlink_to("real")
    link.symlink_to("dotfiles/middle")
    atomic.replace(str(link), b"one", if_digest="")
    atomic.replace(str(link), b"two", if_digest=atomic.digest(b"one"))
    assert link.is_symlink() and middle.is_symlink()
    assert (dotfiles / "real").read_bytes() == b"two"
    atomic.remove(str(link))
    assert link.is_symlink() and not (dotfiles / "real").exists()


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    """A link to itself has no target: an error that says so, not a file in the link's place."""
    link = tmp_path / ".wslconfig"
    link.symlink_to(".wslconfig")
    with pytest.raises(Unreachable, match="leads back to itself"):
        atomic.replace(str(link), b"x")
    assert link.is_symlink()


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    """What is no file stays what it is."""
    (tmp_path / ".wslconfig").mkdir()
    with pytest.raises(Unreachable, match="is not a file"):
        atomic.replace(str(tmp_path / ".wslconfig"), b"x")
    assert (tmp_path / ".wslconfig").is_dir()


def test_hard_links_stay_together(tmp_path: Path) -> None:
    """A file with two names is written in place, longer and shorter, and says why."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"middle")
    os.link(one, two)
    for data in (b"a longer text than before", b"s", b""):
        way = atomic.replace(str(one), data, if_digest=atomic.digest(two.read_bytes()))
        assert (way.how, two.read_bytes()) == ("in-place", data)
        assert "2 hard links" in way.why
    assert _names(tmp_path) == ["one", "two"]


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize(("present", "guard"), [(b"other", atomic.digest(b"mine")), (b"other", ""), (None, atomic.digest(b"mine"))])
def test_a_guard_that_does_not_fit_writes_nothing(tmp_path: Path, present: bytes | None, guard: str, linked: bool) -> None:
    """The lost-update guard: a file that changed, appeared or went is left as it is, renamed or in place."""
    target = tmp_path / "file"
    if present is not None:
        target.write_bytes(present)
        if linked:
            os.link(target, tmp_path / "twin")
    with pytest.raises(Conflict):
        atomic.replace(str(target), b"new", if_digest=guard)
    assert (target.read_bytes() if target.exists() else None) == present
    if present is not None:
        with pytest.raises(Conflict):
            atomic.remove(str(target), if_digest=guard)
        assert target.read_bytes() == present
    assert not [name for name in _names(tmp_path) if name.startswith(".wslcfg")]


def test_left_overs_of_the_dead_go_and_those_of_the_living_stay(tmp_path: Path) -> None:
    """A killed writer's temporary file is cleaned away by the next; one that is being written in another process is not."""
    child = subprocess.Popen(["sleep", "60"])
    mine = process.me()
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    living = tmp_path / f".wslcfg-{mine.boot}-{mine.space}-{child.pid}-{started}-aa.tmp"
    reused = tmp_path / f".wslcfg-{mine.boot}-{mine.space}-{child.pid}-1-ab.tmp"
    other_boot = tmp_path / f".wslcfg-00000000-{mine.space}-{child.pid}-{started}-ac.tmp"
    other_distro = tmp_path / f".wslcfg-{mine.boot}-77-{child.pid}-{started}-ad.tmp"
    old_of_other = tmp_path / f".wslcfg-{mine.boot}-77-{child.pid}-{started}-ae.tmp"
    theirs = tmp_path / ".wslcfg-notes.txt"
    try:
        for path in (living, reused, other_boot, other_distro, old_of_other, theirs):
            path.write_bytes(b"half")
        long_ago = time.time() - 2 * atomic.LEFT_OVER_S
        os.utime(old_of_other, (long_ago, long_ago))
        atomic.replace(str(tmp_path / "file"), b"x")
    finally:
        child.kill()
        child.wait()
    assert set(_names(tmp_path)) == {living.name, other_distro.name, theirs.name, "file"}


def test_a_file_that_windows_holds_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sharing violation goes away within milliseconds: drvfs says EACCES, and the fourth try gets through."""
    target = tmp_path / ".wslconfig"
    target.write_bytes(b"old")
    real, tries = os.replace, []

    # No Linux file system answers so: the refusal of a Windows drive has to be played.
    def held(source: str, destination: str) -> None:
        tries.append(destination)
        if len(tries) < 4:
            raise PermissionError(13, "Permission denied", destination)
        real(source, destination)

    monkeypatch.setattr(os, "replace", held)
    assert atomic.replace(str(target), b"new").how == "replaced"
    assert (target.read_bytes(), len(tries)) == (b"new", 4)


def test_a_file_that_windows_never_lets_go_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tries are bounded, the message names the cause, the file is the old one and nothing lies beside it."""
    target = tmp_path / ".wslconfig"
    target.write_bytes(b"old")

    def held(source: str, destination: str) -> None:
        raise PermissionError(13, "Permission denied", destination)

    monkeypatch.setattr(os, "replace", held)
    monkeypatch.setattr(atomic, "PAUSES_S", (0.0, 0.0))
    with pytest.raises(Unreachable, match="holds it open") as caught:
        atomic.replace(str(target), b"new")
    assert "WSL Settings" in caught.value.hint
    assert (target.read_bytes(), _names(tmp_path)) == (b"old", [".wslconfig"])


def test_no_chmod_and_no_folder_sync_are_tolerated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Windows drive chmod and fsync of a folder may fail; the file is written all the same."""
    target = tmp_path / ".wslconfig"
    target.write_bytes(b"old")

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refused)
    monkeypatch.setattr(os, "fchown", refused)
    really = os.fsync

    def only_files(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")
        really(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    assert atomic.replace(str(target), b"new").how == "replaced"
    assert target.read_bytes() == b"new"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("linked", [False, True])
def test_a_full_disk_leaves_the_old_file(small_disk: Path, linked: bool) -> None:
    """No space: the message says so, the old bytes are there whole, and no temporary file takes what space is left."""
    target = small_disk / ".wslconfig"
    target.write_bytes(b"old")
    if linked:
        os.link(target, small_disk / "twin")
    with pytest.raises(Unreachable, match="no space is left") as caught:
        atomic.replace(str(target), b"n" * 200_000)
    assert caught.value.code == "no-space"
    assert target.read_bytes() == b"old"
    assert not [name for name in _names(small_disk) if name.startswith(".wslcfg")]
    atomic.replace(str(target), b"short")
    assert target.read_bytes() == b"short"


@pytest.mark.parametrize("linked", [False, True])
def test_a_limit_on_file_sizes_leaves_the_old_file(tmp_path: Path, linked: bool) -> None:
    """The same without a mount: RLIMIT_FSIZE cuts the write in the middle, where in-place bytes must be put back."""
    target = tmp_path / ".wslconfig"
    target.write_bytes(b"old bytes" * 100)
    if linked:
        os.link(target, tmp_path / "twin")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(Unreachable, match="limit is reached"):
            atomic.replace(str(target), b"n" * 9000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == b"old bytes" * 100
    assert not [name for name in _names(tmp_path) if name.startswith(".wslcfg")]


def test_a_mount_point_is_written_in_place(tmp_path: Path) -> None:
    """A bind mount (containers mount /etc files so) cannot be renamed over; its bytes change and the reason is said."""
    target, source = tmp_path / "a file", tmp_path / "source"
    target.write_bytes(b"under")
    source.write_bytes(b"old")
    if subprocess.run(["mount", "--bind", str(source), str(target)], capture_output=True).returncode:
        pytest.skip("a bind mount is not permitted here")
    try:
        way = atomic.replace(str(target), b"new")
    finally:
        subprocess.run(["umount", str(target)], check=True)
    assert (way.how, source.read_bytes(), target.read_bytes()) == ("in-place", b"new", b"under")
    assert "mount point" in way.why


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC", "error=EIO"])
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize(("old", "new"), [(b"short\n", b"a longer text\n"), (b"a longer text\n", b"short\n")])
def test_a_fault_at_any_call_leaves_old_or_new(fault: str, linked: bool, old: bytes, new: bytes) -> None:
    """Killed or failed at each call: the file is old or new. In place one gap stays: between the write and the cut of a longer old text."""
    if why := injection.possible():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(dir=injection.fast_folder()))
    target = folder / ".wslconfig"

    def prepare() -> None:
        for path in folder.iterdir():
            path.unlink()
        target.write_bytes(old)
        if linked:
            os.link(target, folder / "twin")

    def act() -> None:
        atomic.replace(str(target), new, if_digest=atomic.digest(old))

    fired = 0
    try:
        for hit in injection.points(fault, act, prepare):
            fired += 1
            torn = linked and hit.call == "ftruncate" and hit.ended == "killed" and len(old) > len(new)
            assert target.read_bytes() in ((new + old[len(new) :],) if torn else (old, new)), hit
            assert not hit.ended.startswith("crash"), hit
            kept = [path.read_bytes() for path in folder.glob("*.keep")]
            assert not torn or kept == [old], "the whole old file lies beside a torn one"
            try:
                atomic.replace(str(target), b"later\n")
            except WslcfgError as error:
                pytest.fail(f"{hit}: the next write fails: {error.message}")
            assert not list(folder.glob("*.tmp")), hit
    finally:
        shutil.rmtree(folder)
    assert fired >= 12


def test_what_comes_while_a_file_is_compared_stays(tmp_path: Path) -> None:
    """A record that is appended after the file was read and before it is replaced or removed stops the write, in place too."""
    target, linked = tmp_path / "session.jsonl", tmp_path / "linked.jsonl"
    for path in (target, linked):
        path.write_bytes(b"one\n")
    os.link(linked, tmp_path / "other name")
    was = atomic.digest(b"one\n")

    def append(real: str) -> None:
        with open(real, "ab") as file:
            file.write(b"two\n")

    for path in (target, linked):
        with pytest.raises(Conflict, match="changed since it was read"):
            atomic.replace(str(path), b"mended\n", if_digest=was, ask=append)
        assert path.read_bytes() == b"one\ntwo\n"
    with pytest.raises(Conflict, match="changed since it was read"):
        atomic.remove(str(target), if_digest=atomic.digest(b"one\ntwo\n"), ask=append)
    assert target.read_bytes() == b"one\ntwo\ntwo\n"
    assert sorted(_names(tmp_path)) == ["linked.jsonl", "other name", "session.jsonl"]


def test_a_missing_newline_is_appended(tmp_path: Path) -> None:
    """Where a newline is all that is new the file itself grows: whoever has it open goes on writing to it."""
    target = tmp_path / "session.jsonl"
    target.write_bytes(b'{"torn')
    with open(target, "ab") as theirs:
        assert atomic.replace(str(target), b'{"torn\n', if_digest=atomic.digest(b'{"torn'), mode=0o600).how == "appended"
        theirs.write(b"{}\n")
    assert target.read_bytes() == b'{"torn\n{}\n' and stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(Conflict):
        atomic.replace(str(target), b'{"torn\n{}\n\n', if_digest=atomic.digest(b"another"))
    target.chmod(0o400)
    done = atomic.replace(str(target), b'{"torn\n{}\n\n', if_digest=atomic.digest(b'{"torn\n{}\n'))
    assert done.how == "replaced" and target.read_bytes().endswith(b"{}\n\n")
