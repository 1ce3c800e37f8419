"""The crontab as a file: read, replaced and removed through the real `crontab`, for a user of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from wslcfg.errors import Conflict, Unreachable
from wslcfg.host import crontab
from wslcfg.host.atomic import digest
from wslcfg.host.port import Ran
from wslcfg.host.real import RealHost

Run = Callable[..., Ran]


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs `crontab` for a user that is made for the test."""
    if os.getuid() != 0 or not shutil.which("useradd") or not shutil.which("crontab"):
        pytest.skip("needs root, useradd and crontab (Debian packages passwd and cron)")
    name = f"wslcfg-{os.getpid()}"
    subprocess.run(["useradd", "--system", "--no-create-home", name], check=True, capture_output=True)
    host = RealHost()

    def _run(argv: list[str], *, stdin: bytes | None = None) -> Ran:
        return host.run([argv[0], "-u", name, *argv[1:]], stdin=stdin)

    yield _run
    _run(["crontab", "-r"])
    subprocess.run(["userdel", name], check=True, capture_output=True)


def test_there_and_back(run: Run) -> None:
    """None is read as none; what is written is read back byte for byte; a removed one is none again."""
    assert crontab.read(run) is None
    for text in (b"# only this\n", b"A=1\n*/5 * * * * echo 50\\%\n", b"* * * * * x\n\n# \xc3\xa4\n"):
        crontab.write(run, text, None)
        assert crontab.read(run) == text
    crontab.write(run, None, digest(crontab.read(run)))
    assert crontab.read(run) is None
    crontab.write(run, None, "")


def test_a_changed_one_is_not_overwritten(run: Run) -> None:
    """Somebody else's edit between reading and writing is a conflict, and stays."""
    crontab.write(run, b"# first\n", "")
    with pytest.raises(Conflict):
        crontab.write(run, b"# second\n", "")
    assert crontab.read(run) == b"# first\n"


def test_what_cron_refuses_changes_nothing(run: Run) -> None:
    """A line that cron does not take leaves the old crontab, with cron's own words."""
    crontab.write(run, b"# first\n", None)
    with pytest.raises(Unreachable):
        crontab.write(run, b"not a line\n", None)
    assert crontab.read(run) == b"# first\n"


def test_without_cron() -> None:
    """Where the program is missing there is no crontab, and writing names the package."""

    def missing(argv: list[str], *, stdin: bytes | None = None) -> Ran:
        return RealHost().run(["/nowhere/crontab", *argv[1:]])

    assert crontab.read(missing) is None
    with pytest.raises(Unreachable, match="no cron"):
        crontab.write(missing, b"# x\n", None)
