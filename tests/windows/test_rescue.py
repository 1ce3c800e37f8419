"""rollback.cmd and park.cmd under a real cmd.exe (Wine's): every outcome, told by its exit code and by what the files hold."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apply.practice import NEW, OLD
from tests.windows.laptop import Laptop
from tests.windows.wine import Windows

pytestmark = pytest.mark.slow

NEWEST = b"[wsl2]\r\nmemory=12GB\r\nswap=0\r\n"


@pytest.fixture
def laptop(windows: Windows, tmp_path: Path) -> Laptop:
    """Generation 1 found OLD, 2 wrote NEW, 3 wrote NEWEST; WSL was not started since, so that only 1 is known to work."""
    made = Laptop(windows, tmp_path)
    made.config.write_bytes(OLD)
    made.apply(made.change(NEW))
    made.apply(made.change(NEWEST))
    return made


def test_a_double_click_goes_to_the_last_good_settings(laptop: Laptop) -> None:
    """What WSL was never seen to start with is skipped; what is undone is kept; a second run finds nothing; history knows all of it."""
    said = laptop.rollback()
    assert said.code == 0, said.out
    assert laptop.config.read_bytes() == OLD
    assert (laptop.profile / ".wslconfig.undone-1").read_bytes() == NEWEST
    assert "wsl --shutdown" in said.out and "wsl -u root" in said.out
    assert laptop.rollback().code == 1
    assert laptop.config.read_bytes() == OLD
    laptop.apply(laptop.change(b"[wsl2]\r\nmemory=9GB\r\n"))
    assert laptop.numbers() == [
        (1, "found", "candidate"),
        (2, "apply", "written"),
        (3, "apply", "bad"),
        (4, "rollback", "written"),
        (5, "apply", "written"),
    ]


def test_what_wsl_started_with_is_good(laptop: Laptop) -> None:
    """A generation marked good is where a double click stops, and the next one goes further back."""
    laptop.store().mark(2, "good")
    assert laptop.rollback().code == 0
    assert laptop.config.read_bytes() == NEW
    assert laptop.rollback().code == 0
    assert laptop.config.read_bytes() == OLD


def test_an_edit_by_hand_is_undone(laptop: Laptop) -> None:
    """A file that history does not know goes back to the newest good generation, even when that is the newest of all."""
    laptop.store().mark(3, "good")
    laptop.config.write_bytes(b"[wsl2]\r\nkernel=C:\\\\gone\r\n")
    assert laptop.rollback().code == 0
    assert laptop.config.read_bytes() == NEWEST


def test_a_chosen_generation(laptop: Laptop) -> None:
    """`list` names them, a number takes one, the script in a generation's folder goes to before it, and an unknown number changes nothing."""
    listed = laptop.rollback("list")
    assert listed.code == 0
    assert [line.split()[:2] for line in listed.out.splitlines() if line.strip()] == [
        ["3", "written"],
        ["2", "written"],
        ["1", "candidate"],
    ]
    assert laptop.rollback("2").code == 0
    assert laptop.config.read_bytes() == NEW
    assert laptop.rollback("9").code == 2
    assert laptop.config.read_bytes() == NEW
    laptop.rollback("here", folder=laptop.shared / "history" / laptop.store().get(2).id)
    assert laptop.config.read_bytes() == OLD


def test_no_file_is_a_state_too(windows: Windows, tmp_path: Path) -> None:
    """Where there was no .wslconfig at first, going back removes it, and keeps it."""
    laptop = Laptop(windows, tmp_path)
    laptop.apply(laptop.change(NEW))
    assert laptop.rollback().code == 0
    assert laptop.beside() == [".wslconfig.undone-1"]
    assert laptop.rollback().code == 1


def test_a_link_stays_a_link(laptop: Laptop) -> None:
    """A .wslconfig that is a link into a folder of dotfiles is written through, not replaced."""
    real = laptop.profile / "dotfiles"
    laptop.config.rename(real)
    laptop.config.symlink_to(real)
    assert laptop.rollback("2").code == 0
    assert laptop.config.is_symlink()
    assert real.read_bytes() == NEW


def test_a_file_that_cannot_be_written(laptop: Laptop) -> None:
    """Then the code is 3, the file is as it was, nothing counts as undone, and park.cmd says the same."""
    with laptop.stuck():
        said = laptop.rollback()
        assert said.code == 3, said.out
        assert laptop.config.read_bytes() == NEWEST
        assert laptop.beside() == [".wslconfig"]
        assert not list((laptop.shared / "undone").iterdir())
        assert laptop.park().code == 3


def test_no_room_for_a_copy(laptop: Laptop) -> None:
    """Code 3 with the reason and the way that needs no room; nothing that was begun stays, however often it is tried, and nothing counts as undone."""
    (laptop.shared / "undone").mkdir()
    with full(laptop.shared / "undone"):
        for _ in range(2):
            said = laptop.rollback("1")
            assert said.code == 3 and "disk is full" in said.out and "park.cmd" in said.out, said.out
            assert not list((laptop.shared / "undone").glob("1.*"))
            assert laptop.beside() == [".wslconfig"]
    assert laptop.config.read_bytes() == NEWEST
    assert laptop.numbers()[2] == (3, "apply", "written")
    assert laptop.rollback("1").code == 0


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """The folder is a drive of its own without any room."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here, and only one of its own can be full")
    try:
        (folder / "filler").write_bytes(bytes(4096))
        yield
    finally:
        subprocess.run(["umount", folder], capture_output=True, check=True)


def test_a_file_that_is_protected(laptop: Laptop) -> None:
    """Read-only is named as the reason, with the line that ends it, and nothing is begun."""
    laptop.config.chmod(0o444)
    said = laptop.rollback()
    assert said.code == 3 and "attrib -r -h -s" in said.out and "read-only" in said.out, said.out
    assert (laptop.config.read_bytes(), laptop.beside()) == (NEWEST, [".wslconfig"])
    laptop.config.chmod(0o644)
    assert laptop.rollback().code == 0


def test_the_very_first(windows: Windows, tmp_path: Path) -> None:
    """`first` is the oldest .wslconfig that is here, whatever number it has, since pieces may have come before; twice is once."""
    laptop = Laptop(windows, tmp_path)
    laptop.config.write_bytes(OLD)
    laptop.apply(laptop.own("Ubuntu", b"piece"))
    laptop.apply(laptop.change(NEW))
    laptop.apply(laptop.change(NEWEST))
    assert laptop.rollback("1").code == 2
    assert laptop.rollback("first").code == 0
    assert laptop.config.read_bytes() == OLD
    assert laptop.rollback("first").code == 1


def test_no_backup(laptop: Laptop) -> None:
    """Without a history the code is 2, and the way that is left is named."""
    (laptop.shared / "history").rename(laptop.shared / "elsewhere")
    said = laptop.rollback()
    assert said.code == 2
    assert "park.cmd" in said.out
    assert laptop.config.read_bytes() == NEWEST


def test_park_and_back(laptop: Laptop) -> None:
    """park.cmd renames, so that no byte is copied; twice is once; back brings it back, and never over a new file."""
    assert laptop.park("back").code == 2
    assert laptop.park().code == 0
    assert laptop.beside() == [".wslconfig.parked-1"]
    assert laptop.park().code == 1
    laptop.config.write_bytes(OLD)
    assert laptop.park("back").code == 3
    assert laptop.config.read_bytes() == OLD
    laptop.config.unlink()
    assert laptop.park("back").code == 0
    assert laptop.config.read_bytes() == NEWEST
