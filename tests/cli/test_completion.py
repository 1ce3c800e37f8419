"""Shell completion: the scripts are ones that their shells read, and Tab gives commands, flags, settings and profiles."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("shell", "check"), [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "-n"])])
def test_scripts_are_scripts(shell: str, check: list[str], tmp_path: Path, call: Call, asked: Asked) -> None:
    """Each shell that is here parses its script; the same script is in the data."""
    script = call("completion", shell).out
    assert asked("completion", shell)["data"]["script"].strip() == script.strip()
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script)
    done = subprocess.run([*check, str(tmp_path / "script")], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_powershell(call: Call) -> None:
    """Both names of PowerShell get the same registration."""
    assert "Register-ArgumentCompleter -Native -CommandName wslcfg" in call("completion", "powershell").out
    assert call("completion", "pwsh").out == call("completion", "powershell").out


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pl", {"plan"}),
        ("--j", {"--json"}),
        ("plan --host", {"--host-ram"}),
        ("plan bal", {"balanced"}),
        ("plan --windows-use h", {"heavy"}),
        ("get wsl2.mem", {"wsl2.memory"}),
        ("set wsl2.sw", {"wsl2.swap", "wsl2.swapFile"}),
        ("explain wsl.conf:boot.sys", {"wsl.conf:boot.systemd"}),
        ("profile s", {"show", "save"}),
        ("completion z", {"zsh"}),
        ("demo --scenario 1", {"16gb", "128gb"}),
    ],
)
def test_candidates(line: str, found: set[str], call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after the words so far; a shell asks with the words in its environment and none on the command line."""
    words = ["wslcfg", *line.split()]
    monkeypatch.setenv("_WSLCFG_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    said = call()
    assert (said.code, said.err) == (0, "")
    assert set(said.out.split()) == found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_tab_in_bash(tmp_path: Path, call: Call) -> None:
    """Bash itself, with the script sourced and `wslcfg` on the PATH, completes a command and a setting."""
    (tmp_path / "wslcfg").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wslcfg "$@"\n')
    (tmp_path / "wslcfg").chmod(0o755)
    (tmp_path / "script").write_text(call("completion", "bash").out)
    ask = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        '_wslcfg_completion wslcfg "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for line, found in (("wslcfg pl", "plan"), ("wslcfg get wsl2.mem", "wsl2.memory")):
        words = ["bash", "--norc", "-c", ask, "_", str(tmp_path / "script"), *line.split()]
        done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
        assert (done.stdout.split(), done.stderr) == ([found], "")
