"""Windows programs started from Linux as in WSL: through binfmt_misc where this kernel gives a namespace its own, else by wine in the place of /init."""

from __future__ import annotations

import base64
import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.source import ROOT
from tests.windows.wine import Windows

pytestmark = pytest.mark.slow

# From kernel 6.7 on a user namespace has a binfmt_misc of its own, so that nothing of this machine changes. Wine is the handler, as /init is in WSL.
ENTER = (
    "mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc"
    ' && printf ":WSLInterop:M::MZ::$(command -v wine):" >/proc/sys/fs/binfmt_misc/register && exec "$@"'
)
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-euc", ENTER, "sh")


@functools.cache
def no_binfmt() -> str:
    """Why binfmt_misc cannot be had here; '' when it can."""
    try:
        tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, timeout=60, check=False)
    except OSError as error:
        return str(error)
    return "" if tried.returncode == 0 else (tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"])[-1]


class Answer(NamedTuple):
    """What the Windows said: programs with (exit code, stdout, failure), and what the ladder made of it."""

    way: str
    state: str
    ran: dict[str, tuple[int, bytes, str]]
    values: dict[str, object]
    sources: dict[str, str]


@pytest.fixture(scope="module", params=["binfmt", "wine"])
def answer(request: pytest.FixtureRequest, windows: Windows, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """Everything is asked once each way."""
    way = str(request.param)
    if way == "binfmt" and no_binfmt():
        pytest.skip(f"no binfmt_misc of its own for a namespace here, so wine was asked without it: {no_binfmt()}")
    drive = tmp_path_factory.mktemp("drive") / "c"
    system = drive / "Windows/System32"
    system.mkdir(parents=True)
    for program in ("cmd.exe", "reg.exe"):
        (system / program).symlink_to(windows.drive / "windows/system32" / program)
    env = windows.env | {"PYTHONPATH": str(ROOT), "WSL_INTEROP": str(drive), "PATH": os.environ["PATH"]}
    argv = [sys.executable, str(Path(__file__).parent / "ask_windows.py"), str(drive), way]
    done = subprocess.run(
        [*(NAMESPACE if way == "binfmt" else ()), *argv], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    ran = {name: (code, base64.b64decode(out), failure) for name, (code, out, failure) in said["ran"].items()}
    return Answer(way, said["state"], ran, said["values"], said["sources"])


def test_a_program_comes_back_whole(answer: Answer) -> None:
    """Its exit code, its output byte for byte as UTF-16 with any name in it, and that one is not there, arrive at wslcfg."""
    assert answer.state == ("ok" if answer.way == "binfmt" else "broken-binfmt")
    assert answer.ran["exit"][0] == 7
    assert answer.ran["utf16"] == (0, "José 李\r\n".encode("utf-16-le"), "")
    assert answer.ran["nothing"][0] == 1
    code, _, failure = answer.ran["left out"]
    assert (code, failure) != (0, "")


def test_arguments_arrive_as_they_were(answer: Answer) -> None:
    """What reg.exe was told to write, with blanks and signs that shells mind, is what it reads back and the ladder understands."""
    assert all(answer.ran[name][0] == 0 for name in ("DefaultDistribution", "DistributionName", "Version", "AllowNestedVirtualization"))
    assert answer.values["distributions"] == [["Ubuntu 24.04 (mine & yours)", 2, True, None]]
    assert answer.values["policies"] == {"AllowNestedVirtualization": 0}


def test_the_ladder_knows_this_windows(answer: Answer) -> None:
    """Build, processors, architecture and the person's folders come out of a real reg.exe and a real cmd.exe."""
    assert str(answer.values["profile"]).startswith("C:\\users\\")
    assert answer.values["local_appdata"] == f"{answer.values['profile']}\\AppData\\Local"
    assert isinstance(answer.values["build"], int) and answer.values["build"] > 7000
    assert answer.values["processors"] == os.cpu_count()
    assert answer.values["architecture"] in ("x64", "arm64")
    assert set(answer.sources.values()) <= {"reg.exe", "cmd.exe", "/proc/mounts", "/proc/sys/kernel/arch", "the profile folder", "wslinfo"}
    assert answer.sources["policies"] == "reg.exe"
