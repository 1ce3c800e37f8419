"""The hot lane of `wslcfg run`: which words are the launcher's, which launcher is taken, and what stays out of the start."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.launch.conftest import RESOURCES, Home
from wslcfg.launch import start


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("-- claude --help", 1),
        ("claude --help", 0),
        ("--limit 4GB -- claude", 3),
        ("--limit=4GB --name n claude --status", 3),
        ("--swap 1G --limit 2G x", 4),
        ("", None),
        ("--", None),
        ("--limit", None),
        ("--limit 4GB", None),
        ("--status", None),
        ("--help", None),
        ("--limit 4GB --help", None),
        ("--json -- claude", None),
    ],
)
def test_the_launchers_words(words: str, at: int | None) -> None:
    """The launcher's own options lead to the program; everything else in front of it is the parser's business."""
    assert start.command_at(words.split()) == at


def test_the_installed_launcher_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher that `install` has placed is taken, else, or where that one is cut, the one that came with wslcfg."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert start.launcher() == str(RESOURCES / "launcher.sh")
    placed = tmp_path / "wslcfg/inside/launcher"
    placed.parent.mkdir(parents=True)
    shutil.copy(RESOURCES / "launcher.sh", placed)
    assert start.launcher() == str(placed)
    whole = placed.read_bytes()
    for damaged in (whole[:500], whole[:-20], whole[:9000] + bytes(len(whole) - 9000), whole[:4096] + bytes(4096) + whole[8192:]):
        placed.write_bytes(damaged)
        assert start.launcher() == str(RESOURCES / "launcher.sh")


def test_the_hot_lane_imports_next_to_nothing(one_home: Home) -> None:
    """Until it hands over, `wslcfg run` has imported no parser, no command and no room but its own."""
    one_home.launcher.write_text("exit 0\n")
    code = "\n".join(
        [
            "import os, sys",
            "os.execve = lambda *a: (print(*sorted(sys.modules), flush=True), os._exit(0))",
            "sys.argv = ['wslcfg', 'run', '--', 'true']",
            "from wslcfg.__main__ import main",
            "main()",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=one_home.env, capture_output=True, text=True, timeout=60, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("wslcfg")}
    assert ours == {"wslcfg", "wslcfg.__main__", "wslcfg.cli", "wslcfg.cli.table", "wslcfg.errors", "wslcfg.launch", "wslcfg.launch.start"}
    assert not {"typer", "subprocess", "re", "pathlib", "dataclasses", "json"} & set(done.stdout.split()) - _of_python()


def _of_python() -> set[str]:
    """What a bare interpreter has imported here (an editable install brings some of it)."""
    done = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_the_parsers_way_starts_too(one_home: Home) -> None:
    """With a common flag in front the parser reads the words, and the program starts all the same."""
    argv = [sys.executable, "-m", "wslcfg", "--quiet", "run", "--limit", "2GB", "--", "sh", "-c", "echo $0 $1; exit 6", "a b", "--json"]
    done = subprocess.run(argv, cwd=ROOT, env=one_home.env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (6, "a b --json\n")
