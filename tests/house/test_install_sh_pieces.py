"""`install.sh --uninstall` where pieces are placed: they go first, by whatever program is left; what stays is said, and is never what `claude` needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

pytestmark = pytest.mark.slow

WSLCFG = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m wslcfg "$@"\n'


class Home:
    """A home with the pieces for shells and Claude Code, and a program as install.sh would have placed it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "home of ana"
        self.data = self.path / ".local/share/wslcfg"
        self.link = self.path / ".local/bin/wslcfg"
        self.program = self.data / "versions/1.2/bin/wslcfg"
        self.env = {"HOME": str(self.path), "PATH": "/usr/local/bin:/usr/bin:/bin", "SHELL": "/bin/bash", "LC_ALL": "C.UTF-8"}
        for place in (self.program.parent, self.link.parent, self.path / ".claude"):
            place.mkdir(parents=True)
        self.program.write_text(WSLCFG)
        self.program.chmod(0o755)
        (self.data / "current").symlink_to("versions/1.2")
        self.link.symlink_to(self.data / "current/bin/wslcfg")
        self.zshrc = self.path / "zsh files/.zshrc"
        self.bashrc, self.settings = self.path / ".bashrc", self.path / ".claude/settings.json"
        self.bashrc.write_text("# mine\n")
        self.settings.write_text('{\n  "model": "opus"\n}\n')
        done = self.run(str(self.link), "install", "--yes", "--component", "claude-settings", "--component", "shims")
        assert done.returncode == 0, done.stderr

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command as this person, without a terminal."""
        return subprocess.run(
            argv, env=self.env, cwd="/", capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False
        )

    def uninstall(self) -> subprocess.CompletedProcess[str]:
        """Run `install.sh --uninstall`."""
        return self.run("sh", str(ROOT / "install.sh"), "--uninstall")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home for one test."""
    return Home(tmp_path)


def test_pieces_go_without_the_link(home: Home) -> None:
    """With the link in ~/.local/bin gone, the program that it led to still takes the pieces out."""
    home.link.unlink()
    done = home.uninstall()
    assert (done.returncode, done.stderr) == (0, "") and "wslcfg is removed." in done.stdout, done
    assert home.bashrc.read_text() == "# mine\n" and "WRAPPER" not in home.settings.read_text()
    assert not home.data.exists()


def test_where_no_program_runs_it_is_said_what_to_delete(home: Home) -> None:
    """Without a program that runs nothing is removed: every piece is named with its lines, and the wrapper stays."""
    home.link.unlink()
    home.program.write_text("#!/nowhere/python\n")
    home.zshrc.parent.mkdir()
    home.zshrc.write_text("# >>> wslcfg hint >>>\n:\n# <<< wslcfg hint <<<\nalias a=b\n# >>> wslcfg shims >>>\n:\n# <<< wslcfg shims <<<\n")
    conf = home.path / ".config/wslcfg/inside.conf"
    conf.write_text(conf.read_text() + f"[install]\nzsh = {home.zshrc.parent}\n")
    done = home.uninstall()
    assert done.returncode == 5 and "removed" not in done.stdout and len(done.stderr.splitlines()) == 2, done
    assert f"{home.settings}: take CLAUDE_CODE_PROCESS_WRAPPER out of line 4" in done.stdout, done.stdout
    last = len(home.bashrc.read_text().splitlines())
    assert f"{home.bashrc}: delete lines 2 to {last}" in done.stdout, done.stdout
    assert f"{home.zshrc}: delete lines 1 to 3, 5 to 7\n" in done.stdout, done.stdout
    assert f"rm -r '{home.data}/inside'" in done.stdout.splitlines()[-1]
    assert os.access(home.data / "inside/wrapper", os.X_OK) and "--no-start" in done.stderr


def test_what_could_not_be_taken_out_keeps_the_program(home: Home) -> None:
    """While a settings file cannot be edited, the file and what to delete are said, and the program that can finish the job stays."""
    home.settings.write_text(home.settings.read_text().replace('"opus"', "opus"))
    done = home.uninstall()
    assert done.returncode == 4 and str(home.settings) in done.stderr and "CLAUDE_CODE_PROCESS_WRAPPER" in done.stderr, done
    assert "removed" not in done.stdout and home.link.exists()
    home.settings.write_text("{}\n")
    done = home.uninstall()
    assert done.returncode == 0 and "wslcfg is removed." in done.stdout and not home.data.exists(), done
