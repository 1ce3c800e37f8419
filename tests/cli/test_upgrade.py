"""`wslcfg upgrade` from the command line: what it says of this installation, what it refuses, and the files on the Windows side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apply.test_upgrade import put, pyz, says
from tests.cli.conftest import Asked, Call, Laptop
from wslcfg import __version__
from wslcfg.apply.installed import Installed
from wslcfg.cli import upgrade

# A program that writes down what it is asked, and answers as wslcfg does.
MAIN = """import os, sys
def main():
    from wslcfg import __version__
    with open(os.path.expanduser('~/asked'), 'a') as file:
        print(*sys.argv[1:], file=file)
    print('wslcfg ' + __version__)
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """A home where install.sh has installed this version, and where this process is taken for it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    made = put(tmp_path / ".local/share/wslcfg", __version__)
    monkeypatch.setattr(upgrade, "look_installed", lambda *_: made)
    return made


def test_replaced_and_renewed_by_the_new_one(own: Installed, tmp_path: Path, asked: Asked) -> None:
    """It asks first (7), is replaced with --yes, and the new one is told to renew its files and the pieces."""
    new = pyz(tmp_path / "new.pyz", "999.0", MAIN)
    assert asked("upgrade", "--from", new)["exit_code"] == 7
    assert asked("upgrade", "--from", new, "--dry-run")["data"]["to"] == "999.0"
    assert says(own.data) == f"wslcfg {__version__}"
    (tmp_path / ".config/wslcfg").mkdir(parents=True)
    (tmp_path / ".config/wslcfg/inside.conf").touch()
    data = asked("upgrade", "--from", new, "--yes")["data"]
    assert (data["changed"], data["version"], data["to"], data["installed_by"]) == (True, __version__, "999.0", "own")
    assert says(own.data) == "wslcfg 999.0"
    lines = (tmp_path / "asked").read_text().splitlines()
    assert [line for line in lines if line != "--version"] == ["upgrade --renew --json", "install --refresh --yes --quiet"]


def test_an_older_one_needs_a_word(own: Installed, tmp_path: Path, asked: Asked) -> None:
    """An older file is a danger of its own, with an id."""
    old = pyz(tmp_path / "older.pyz", "0.0.1", MAIN)
    whole = asked("upgrade", "--from", old, "--yes")
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (3, "older-version")
    assert asked("upgrade", "--from", old, "--yes", "--accept", "older-version")["data"]["changed"] is True
    assert says(own.data) == "wslcfg 0.0.1"


def test_nothing_newer_at_hand(own: Installed, asked: Asked, call: Call) -> None:
    """Without a newer one nothing changes, and it says how to name one."""
    assert asked("upgrade", "--yes")["data"]["changed"] is False
    assert "--from FILE" in call("upgrade").out and says(own.data) == f"wslcfg {__version__}"


def test_another_tools_installation(tmp_path: Path, asked: Asked) -> None:
    """What install.sh did not install is left to whoever did, with the line to type."""
    whole = asked("upgrade", "--from", pyz(tmp_path / "new.pyz", "999.0"), "--yes")
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (3, "not-ours")
    assert "sh install.sh" in whole["errors"][0]["hint"]


def test_a_file_that_is_none(own: Installed, tmp_path: Path, asked: Asked) -> None:
    """A cut file is unreadable, one that is not there unreachable; the old one stays."""
    (tmp_path / "cut.pyz").write_bytes(b"PK")
    assert asked("upgrade", "--from", tmp_path / "cut.pyz", "--yes")["exit_code"] == 4
    assert asked("upgrade", "--from", tmp_path / "gone.pyz", "--yes")["exit_code"] == 5
    assert says(own.data) == f"wslcfg {__version__}"


def test_the_windows_files(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """On a machine with a Windows side the rescue files are renewed, and this distro's version is noted there; a dry run writes nothing."""
    made = laptop()
    before = made.tree()
    assert asked("upgrade", "--renew", "--dry-run", *made.flags)["exit_code"] == 0
    assert made.tree() == before
    data = asked("upgrade", "--renew", *made.flags)["data"]
    shared = made.folder / "overlay/files/mnt/c/Users/ana/AppData/Local/wslcfg"
    assert {"rollback.cmd", "park.cmd", "README.txt", "written-by.json", "distros"} <= {one.name for one in shared.iterdir()}
    assert json.loads((shared / "distros/Ubuntu-24.04.json").read_text())["tool"] == __version__
    assert data["distros"] == [{"distro": "Ubuntu-24.04", "version": __version__, "at": "2026-10-05T08:30:00Z"}]
