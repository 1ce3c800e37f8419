"""One boot of the WSL-like VM for a test module: its script, its shared folders, and what each step of the script said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit
from packaging.requirements import Requirement

from tests.house.source import ROOT

RIG = ROOT / "tests" / "vmrig"
IMAGE = "bookworm-postgresql"
# Images beside it, which only those boots get that ask for one: name -> how build.sh makes it. Debian 13 has systemd 257 and kernel 6.12.
OTHER_IMAGES = {"trixie": ("--suite", "trixie", "--kernel", "^linux-image-6[.]12[.][0-9]+[+]deb13-amd64$")}
# Of python3 in the image; the .pyc files that a host of another version makes are of no use there.
GUEST_PYTHON = (3, 11)
BOOT_TIMEOUT_S = int(os.environ.get("VMRIG_TIMEOUT") or 420)
# Unpacking a distro takes a minute and a half; a network that hangs shall not take the whole run.
BUILD_TIMEOUT_S = 420
# `step NAME COMMAND…` keeps what a command says in /out, apart from the others.
PRELUDE = """
step() { local name=$1; shift; "$@" >/out/$name.out 2>/out/$name.err; echo $? >/out/$name.code; }
wslcfg() { python3 -m wslcfg "$@"; }
calls() { wc -l </run/rig/ctl/interop.calls 2>/dev/null || echo 0; }
"""


class CannotBuild(Exception):
    """This machine cannot make an image; the text says why."""


class Step(NamedTuple):
    """What one step of a script did."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON envelope that it printed."""
        assert self.out, self
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def data(self) -> dict[str, Any]:
        """`data` of the envelope of a command that went well."""
        found = self.answer
        assert found["exit_code"] == self.code and found["ok"] == (self.code in (0, 1)), found
        assert self.code == 0, self
        return dict(found["data"])


class Laptop:
    """A host's drive C: with a Windows folder whose programs are no more than their first two bytes, and the profile of ana."""

    def __init__(self, root: Path) -> None:
        self.root = root
        system = root / "c" / "Windows" / "System32"
        self.powershell = system / "WindowsPowerShell" / "v1.0" / "powershell.exe"
        self.profile = root / "c" / "Users" / "ana"
        self.config = self.profile / ".wslconfig"
        self.kept = self.profile / "AppData" / "Local" / "wslcfg"
        self.powershell.parent.mkdir(parents=True)
        for program in (self.powershell, system / "cmd.exe", system / "reg.exe", system / "wsl.exe"):
            program.write_bytes(b"MZ\x90\x00")
        (self.profile / "AppData" / "Local" / "Temp").mkdir(parents=True)
        self.open_to_all()
        self.answers = root / "answers"
        self.answers.mkdir()
        self.answer("powershell.exe", recorded_answer())

    def open_to_all(self) -> None:
        """As drvfs without metadata shows it: everything is 0777 and the person's own."""
        for path in [self.root / "c", *(self.root / "c").rglob("*")]:
            path.chmod(0o777)
            os.chown(path, 1000, 1000)

    def answer(self, program: str, script: str) -> None:
        """Let a program of Windows run this shell script."""
        path = self.answers / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


class Guest:
    """The VM with this wslcfg in it."""

    def __init__(self, payload: Path) -> None:
        self._payload = payload

    def run(self, script: str, laptop: Laptop, *options: str, cut: bool = False, image: str = IMAGE) -> dict[str, Step]:
        """Boot, run the script as dev, and give back its steps. A script that fails itself fails the test, unless a power cut is meant."""
        if image != IMAGE:
            build(image)
        out = laptop.root / "out"
        out.mkdir(exist_ok=True)
        for old in out.iterdir():
            old.unlink()
        out.chmod(0o777)
        size = ("--mem", "2G", "--swap", "1G", "--cpus", "1", "--timeout", str(BOOT_TIMEOUT_S))
        argv = [
            *(sys.executable, str(RIG / "vm_run.py"), "--image", image, *size),
            *("--share", f"{self._payload}:/opt/wslcfg:ro", "--share", f"{out}:/out", "--drive", f"C:{laptop.root / 'c'}"),
            *("--interop", str(laptop.answers), "--env", "PYTHONPATH=/opt/wslcfg", "--out", str(laptop.root / "log"), *options),
        ]
        done = subprocess.run([*argv, "--", PRELUDE + script], capture_output=True, text=True, timeout=BOOT_TIMEOUT_S + 60, check=False)
        assert done.returncode == (125 if cut else 0), f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return {path.stem: _step(path.with_suffix("")) for path in out.glob("*.code")}


def build(image: str) -> None:
    """Make an image when it is not there or its scripts changed.

    Raises:
        CannotBuild: this machine cannot make one; its text is the reason.
    """
    how = OTHER_IMAGES.get(image, ("--extra", "postgresql"))
    argv: list[str | Path] = [RIG / "build.sh", "--name", image, *how]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise CannotBuild(f"it took longer than {BUILD_TIMEOUT_S} s") from None
    if done.returncode:
        raise CannotBuild((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])


def recorded_answer() -> str:
    """A shell script that says what PowerShell said on a recorded machine of 16 GB."""
    runs = tomlkit.parse((ROOT / "tests" / "machines" / "no-systemd" / "runs.toml").read_text(encoding="utf-8")).unwrap()
    said = next(run["out"] for run in runs["run"] if run["argv"][0].endswith("powershell.exe"))
    return f"cat <<'END'\n{said}\nEND"


def requirements(name: str) -> set[str]:
    """The distributions that a distribution needs in the guest, itself among them."""
    found: set[str] = set()
    todo = [name]
    while todo:
        plain = re.sub("[-_.]+", "-", todo.pop()).lower()
        if plain not in found:
            found.add(plain)
            asked = [Requirement(text) for text in distribution(plain).requires or ()]
            environment = {"extra": "", "python_version": ".".join(map(str, GUEST_PYTHON))}
            todo += [one.name for one in asked if one.marker is None or one.marker.evaluate(environment)]
    return found


def _step(path: Path) -> Step:
    parts = [path.with_suffix(suffix).read_text(errors="replace") for suffix in (".code", ".out", ".err")]
    return Step(int(parts[0] or -1), parts[1], parts[2])
