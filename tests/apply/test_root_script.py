"""The script for root, run for real by every POSIX shell that is here."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from wslcfg.apply.root_script import CHANGED, RESTORED, root_script
from wslcfg.errors import Refused
from wslcfg.model.plan import FileChange, Plan

SHELLS = [shell for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"]) if shutil.which(shell[0])]
OLD = b"[boot]\nsystemd=false\n"
NEW = b"[boot]\nsystemd=true\n"


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """A shell that is installed."""
    found: list[str] = request.param
    return found


def _change(path: Path, before: bytes | None, after: bytes | None, mode: int | None = None) -> FileChange:
    return FileChange(f"/etc/{path.name}", str(path), before, after, as_root=True, mode=mode)


def _run(shell: list[str], *changes: FileChange, title: str = "x", cwd: str = "/") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*shell, "-s"], input=root_script(Plan(title, changes)).encode(), capture_output=True, cwd=cwd)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


NASTY = ["wsl.conf", "it's a 'file'", 'a "b" $HOME `id` \\ ; rm -rf *', "-n", "ä ö", "$(touch hit)"]


@pytest.mark.parametrize("name", NASTY)
def test_names_that_a_shell_would_misread(shell: list[str], tmp_path: Path, name: str) -> None:
    """Spaces, quotes and commands in a path are only a path."""
    target = tmp_path / name
    target.write_bytes(OLD)
    target.chmod(0o640)
    ran = _run(shell, _change(target, OLD, NEW), title=f"{name}\nrm -rf /nothing", cwd=str(tmp_path))
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert target.read_bytes() == NEW
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert _names(tmp_path) == [name]


BYTES = [
    b"",
    b"no newline",
    b"WSLCFG_END\n",
    b"a\nWSLCFG_END\nb\n",
    b"\r\n",
    b"\x00\xff\n",
    b"$HOME `id` \\ ' \"\n",
    "ä\n".encode(),
    b"\n\n",
    b"x" * 9000,
]


@pytest.mark.parametrize("after", BYTES, ids=repr)
def test_any_bytes_arrive(shell: list[str], tmp_path: Path, after: bytes) -> None:
    """Text is shown as text, the rest as base64; every byte is there in the end."""
    target = tmp_path / "file"
    target.write_bytes(OLD)
    ran = _run(shell, _change(target, OLD, after))
    assert (ran.returncode, target.read_bytes()) == (0, after), ran.stderr


def test_make_change_remove_and_run_again(shell: list[str], tmp_path: Path) -> None:
    """Three files in one script, one in a folder that is made; a second run finds all done."""
    made, changed, removed = tmp_path / "new" / "hook", tmp_path / "changed", tmp_path / "removed"
    changed.write_bytes(OLD)
    removed.write_bytes(OLD)
    changes = (_change(made, None, b"#!/bin/sh\n", 0o755), _change(changed, OLD, NEW), _change(removed, OLD, None))
    for _ in range(2):
        ran = _run(shell, *changes)
        assert ran.returncode == 0, ran.stderr
        assert (made.read_bytes(), changed.read_bytes(), removed.exists()) == (b"#!/bin/sh\n", NEW, False)
        assert stat.S_IMODE(made.stat().st_mode) == 0o755
    assert _names(tmp_path) == ["changed", "new"] and _names(made.parent) == ["hook"]


@pytest.mark.parametrize("present", [b"edited\n", None])
def test_a_changed_file_refuses_everything_with_its_own_code(shell: list[str], tmp_path: Path, present: bytes | None) -> None:
    """The second file is not what the plan was made from: the first one is not written either."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(OLD)
    if present is not None:
        second.write_bytes(present)
    ran = _run(shell, _change(first, OLD, NEW), _change(second, OLD, NEW))
    assert ran.returncode == CHANGED == 10
    assert b"second changed since" in ran.stderr
    assert first.read_bytes() == OLD
    assert (second.read_bytes() if second.exists() else None) == present


def test_an_appeared_file_is_not_overwritten(shell: list[str], tmp_path: Path) -> None:
    """The plan was to make it; meanwhile somebody else did."""
    target = tmp_path / "file"
    target.write_bytes(b"theirs\n")
    assert _run(shell, _change(target, None, NEW)).returncode == CHANGED
    assert target.read_bytes() == b"theirs\n"


def test_a_failure_in_the_middle_puts_the_first_back(shell: list[str], tmp_path: Path) -> None:
    """The second file cannot be written: the first is as it was, with its mode, the made one is gone, nothing lies beside them."""
    changed, made, linked = tmp_path / "changed", tmp_path / "made", tmp_path / "linked"
    for path in (changed, linked):
        path.write_bytes(OLD)
        path.chmod(0o604)
    os.link(linked, tmp_path / "twin")
    blocked = Path("/proc/self/no-such-folder/file")
    ran = _run(shell, _change(changed, OLD, NEW), _change(made, None, NEW), _change(linked, OLD, NEW), _change(blocked, None, NEW))
    assert ran.returncode == RESTORED == 11, ran.stderr
    assert b"Every file is as it was" in ran.stderr
    assert (changed.read_bytes(), linked.read_bytes(), made.exists()) == (OLD, OLD, False)
    assert stat.S_IMODE(changed.stat().st_mode) == 0o604
    assert _names(tmp_path) == ["changed", "linked", "twin"]


def test_a_failure_after_the_first_rename_puts_it_back(shell: list[str], tmp_path: Path) -> None:
    """A program edits the second file between check and commit: the first, already renamed, gets its old bytes again."""
    first, linked, second = tmp_path / "first", tmp_path / "linked", tmp_path / "second"
    for path in (first, linked, second):
        path.write_bytes(OLD)
    os.link(linked, tmp_path / "twin")
    script = root_script(Plan("x", (_change(first, OLD, NEW), _change(linked, OLD, NEW), _change(second, OLD, NEW))))
    late = script.replace("commit 3 ", f"echo edited >>'{second}'\ncommit 3 ").replace('[ -n "${done_3:-}" ] || echo', "echo")
    assert late != script
    ran = subprocess.run([*shell, "-s"], input=late.encode(), capture_output=True)
    assert ran.returncode == RESTORED, ran.stderr
    assert (first.read_bytes(), linked.read_bytes(), second.read_bytes()) == (OLD, OLD, OLD + b"edited\n")
    assert linked.stat().st_nlink == 2
    assert _names(tmp_path) == ["first", "linked", "second", "twin"]


def test_a_link_keeps_and_hard_links_stay_together(shell: list[str], tmp_path: Path) -> None:
    """As for files that we write ourselves."""
    real, link, twin = tmp_path / "real", tmp_path / "link", tmp_path / "twin"
    real.write_bytes(OLD)
    link.symlink_to("real")
    assert _run(shell, _change(link, OLD, NEW)).returncode == 0
    assert link.is_symlink() and real.read_bytes() == NEW
    os.link(real, twin)
    assert _run(shell, _change(real, NEW, OLD)).returncode == 0
    assert twin.read_bytes() == OLD and real.stat().st_nlink == 2


def test_a_full_disk_changes_nothing(shell: list[str], tmp_path: Path) -> None:
    """The new file does not fit beside the old one."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs is not permitted here")
    try:
        target = tmp_path / "wsl.conf"
        target.write_bytes(OLD)
        ran = _run(shell, _change(target, OLD, b"#" * 200_000))
        assert ran.returncode == RESTORED
        assert target.read_bytes() == OLD and _names(tmp_path) == ["wsl.conf"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_path_that_no_script_can_be_trusted_with() -> None:
    """Line breaks and relative paths are refused before there is a script."""
    for path in ("/etc/a\nb", "etc/wsl.conf", "/etc/a\0"):
        with pytest.raises(Refused):
            root_script(Plan("x", (FileChange("l", path, None, NEW, as_root=True),)))


def test_no_root_files_no_script(tmp_path: Path) -> None:
    """Nothing to do is no script at all."""
    assert root_script(Plan("x", (FileChange("l", "/a", None, NEW), FileChange("l", "/a", NEW, NEW, as_root=True)))) == ""


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    """People read this script before they give it root."""
    script = tmp_path / "script.sh"
    script.write_text(root_script(Plan("x", (_change(tmp_path / "a", OLD, NEW), _change(tmp_path / "b", None, b"\x00")))))
    # SC2034, SC2154: the numbered variables are read and set through eval, which it does not follow.
    ran = subprocess.run(["shellcheck", "-e", "SC2034,SC2154", str(script)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
