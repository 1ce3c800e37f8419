"""Replacing a file as a user without rights: read-only files and folders, and files of somebody else."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import stat
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from wslcfg.host import atomic


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may reach, unlike pytest's own."""
    place = Path(tempfile.mkdtemp(prefix="wslcfg test "))
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


class Said(NamedTuple):
    """What a child printed, and its traceback where it failed."""

    stdout: str
    stderr: str


def _as_nobody(code: str, folder: Path) -> Said:
    """Run Python code as a user without rights; `F` is the folder.

    A fork of this process and not a fresh interpreter: another user may not even read the folder that this one was installed in.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        printed, failed = io.StringIO(), ""
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
            with contextlib.redirect_stdout(printed):
                exec(code, {"atomic": atomic, "F": str(folder)})
        except BaseException:
            failed = traceback.format_exc()
        os.write(write, json.dumps([printed.getvalue(), failed]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = Said(*json.loads(pipe.read()))
    os.waitpid(child, 0)
    return said


def _owned_by_nobody(path: Path, mode: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    path.chmod(mode)


def test_a_read_only_folder_is_written_in_place(open_folder: Path) -> None:
    """Where no file can be made beside it, a writable file is written in place."""
    target = open_folder / "wsl.conf"
    target.write_bytes(b"a long old text")
    _owned_by_nobody(target, 0o644)
    _owned_by_nobody(open_folder, 0o555)
    ran = _as_nobody("print(atomic.replace(F + '/wsl.conf', b'new')[:2])", open_folder)
    assert ran.stdout.strip() == "('in-place', 'its folder may not be written')", ran.stderr
    assert target.read_bytes() == b"new"


def test_a_read_only_file_in_a_read_only_folder_keeps_its_mode(open_folder: Path) -> None:
    """Its owner may lift the mark; it is back afterwards."""
    target = open_folder / "wsl.conf"
    target.write_bytes(b"old")
    _owned_by_nobody(target, 0o444)
    _owned_by_nobody(open_folder, 0o555)
    ran = _as_nobody("print(atomic.replace(F + '/wsl.conf', b'new').how)", open_folder)
    assert ran.stdout.strip() == "in-place", ran.stderr
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o444)


def test_a_read_only_file_in_an_open_folder_is_replaced_and_stays_read_only(open_folder: Path) -> None:
    """The mark on a file does not hinder a rename on Linux, and it is kept."""
    target = open_folder / "wsl.conf"
    target.write_bytes(b"old")
    _owned_by_nobody(target, 0o444)
    ran = _as_nobody("print(atomic.replace(F + '/wsl.conf', b'new').how)", open_folder)
    assert ran.stdout.strip() == "replaced", ran.stderr
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o444)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make somebody else's file")
def test_somebody_elses_file_keeps_its_owner(open_folder: Path) -> None:
    """A file that is not ours but writable is written in place, for a new one would be ours."""
    target = open_folder / "wsl.conf"
    target.write_bytes(b"old")
    target.chmod(0o666)
    ran = _as_nobody("print(atomic.replace(F + '/wsl.conf', b'new').how)", open_folder)
    assert ran.stdout.strip() == "in-place", ran.stderr
    assert (target.read_bytes(), target.stat().st_uid) == (b"new", 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make somebody else's file")
def test_no_permission_is_said(open_folder: Path) -> None:
    """A file and folder of somebody else: an error with a way out, the file as it was."""
    target = open_folder / "wsl.conf"
    target.write_bytes(b"old")
    open_folder.chmod(0o755)
    code = "try:\n    atomic.replace(F + '/wsl.conf', b'new')\nexcept Exception as error:\n    print(type(error).__name__, error.code, error.hint)"
    ran = _as_nobody(code, open_folder)
    assert ran.stdout.startswith("Unreachable no-permission"), ran.stderr
    assert target.read_bytes() == b"old"
