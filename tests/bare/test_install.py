"""install.sh in a bare Debian without network: each situation ends in an installation, or in one exact command to run."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.bare.conftest import Bare
from tests.house.source import ROOT
from wslcfg import __version__

pytestmark = pytest.mark.slow

# What a distro may have that fetches: venv with its own pip, an externally managed pip alone, pipx (which brings both).
_VENV = "python3*-venv_* python3-*-whl_* python3-distutils_* python3-lib2to3_*"
_PIP = "python3-pip_* python3-setuptools_* python3-wheel_* python3-pkg-resources_* python3-distutils_* python3-lib2to3_*"
DEBS = {"venv": _VENV, "pip": _PIP, "pipx": f"{_VENV} {_PIP} pipx_* python3-[acpu]*"}
# As a person without root, with a home that holds nothing.
AS_ANA = "useradd --no-create-home ana 2>/dev/null || true; chown ana /home/ana; exec setpriv --reuid ana --regid ana --clear-groups env HOME=/home/ana "
SOURCE = [(ROOT / "install.sh", "/src/install.sh"), (ROOT / "pyproject.toml", "/src/pyproject.toml"), (ROOT / "wslcfg", "/src/wslcfg")]


def unpacked(what: str) -> str:
    """A line of sh that gives the distro the files of these packages."""
    return f"cd /debs; for deb in {DEBS[what]}; do dpkg-deb -x $deb /; done; cd /" if what in DEBS else ":"


def two_lines(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """What happened and what to do."""
    assert done.returncode not in (0, 127), done.stdout + done.stderr
    what, do = done.stderr.strip().splitlines()[-2:]
    return what, do


def test_python_alone_offline(bare: Bare, pyz: Path) -> None:
    """With python3 alone, no root and no network: wslcfg.pyz beside install.sh is installed, runs the demo, and goes without a trace."""
    beside = [(pyz, "/media/wslcfg.pyz"), (pyz.parent / "install.sh", "/media/install.sh")]
    script = (
        "sh /media/install.sh --no-start && ~/.local/bin/wslcfg --version && ~/.local/bin/wslcfg demo --quiet >/dev/null &&"
        " sh /media/install.sh --uninstall && find ~ -type f -o -type l"
    )
    done = bare.run(f"{AS_ANA} sh -euc '{script}'", extra=beside)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"wslcfg {__version__}\n" in done.stdout
    assert done.stdout.rstrip().endswith("wslcfg is removed.")


def test_the_single_file_runs_by_itself(bare: Bare, pyz: Path) -> None:
    """`python3 wslcfg.pyz` needs no installation, and a home that cannot be written."""
    done = bare.run("HOME=/proc python3 /media/wslcfg.pyz --version; ls /tmp", extra=[(pyz, "/media/wslcfg.pyz")])
    assert done.stdout == f"wslcfg {__version__}\n", done.stdout + done.stderr


def test_a_cut_file(bare: Bare, pyz: Path, tmp_path: Path) -> None:
    """A download that was cut is told, and nothing is left."""
    cut = tmp_path / "cut.pyz"
    cut.write_bytes(pyz.read_bytes()[:200_000])
    done = bare.run(f"{AS_ANA} sh /src/install.sh --offline /media/cut.pyz", extra=[*SOURCE, (cut, "/media/cut.pyz")])
    what, do = two_lines(done)
    assert "is cut" in what and "sha256sum" in do
    assert not list((bare.upper / "home/ana").rglob("versions/*"))


def test_python_alone_from_source(bare: Bare) -> None:
    """From the source python3 alone does not do: the package that is missing is named."""
    what, do = two_lines(bare.run(f"{AS_ANA} sh /src/install.sh --no-start", extra=SOURCE))
    assert "ensurepip is missing" in what
    assert do == "Run: sudo apt-get update && sudo apt-get install -y python3.11-venv && sh /src/install.sh"


def test_no_python(bare: Bare, pyz: Path) -> None:
    """Without any Python the command installs it; for the single file python3 is all it names."""
    for options, packages in (("", "python3 python3-venv"), (" --offline /media/wslcfg.pyz", "python3")):
        done = bare.run(f"rm -f /usr/bin/python3*; {AS_ANA} sh /src/install.sh{options}", extra=[*SOURCE, (pyz, "/media/wslcfg.pyz")])
        what, do = two_lines(done)
        assert "python3 was not found" in what
        assert do == f"Run: sudo apt-get update && sudo apt-get install -y {packages} && sh /src/install.sh{options}"


@pytest.mark.parametrize("with_pip", [False, True], ids=["venv", "pip"])
def test_nothing_to_fetch_with(bare: Bare, with_pip: bool) -> None:
    """With venv, or with an externally managed pip alone, but nothing to fetch with: that is said, and nothing half-built stays."""
    script = f"{unpacked('pip' if with_pip else 'venv')}; {AS_ANA} env PIP_RETRIES=0 sh /src/install.sh --no-start"
    what, do = two_lines(bare.run(script, extra=SOURCE))
    # The bare root lacks them too, and that comes first.
    assert "no CA certificates" in what
    assert do == "Run: sudo apt-get update && sudo apt-get install -y ca-certificates && sh /src/install.sh"
    assert not list((bare.upper / "home/ana").rglob("versions/*"))


def test_a_home_that_cannot_be_written(bare: Bare, pyz: Path) -> None:
    """A home on a file system that is read-only: said before anything is built, with the line that makes it writable or does without it."""
    beside = [*SOURCE, (pyz, "/media/wslcfg.pyz")]
    read_only = "mount -t tmpfs -o ro tmpfs /home; HOME=/home sh /src/install.sh"
    what, do = two_lines(bare.run(read_only, extra=beside))
    assert "read-only" in what
    assert do == "Run: mount -o remount,rw /home && sh /src/install.sh"
    what, do = two_lines(bare.run(f"{read_only} --offline /media/wslcfg.pyz", extra=beside))
    assert "read-only" in what
    line = do.removeprefix("Run, without installing it: ")
    assert line == "python3 /media/wslcfg.pyz demo"
    done = bare.run(f"mount -t tmpfs -o ro tmpfs /home; HOME=/home {line} --quiet", extra=beside)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_home_of_somebody_else(bare: Bare, pyz: Path) -> None:
    """A home that another user owns and this one may not write: said, with the line that shows whose it is."""
    guest = "exec setpriv --reuid 4321 --clear-groups env HOME=/home/ana sh /src/install.sh --offline /media/wslcfg.pyz"
    what, do = two_lines(bare.run(f"chmod 755 /home/ana; {guest}", extra=[*SOURCE, (pyz, "/media/wslcfg.pyz")]))
    assert "cannot be written" in what and do.startswith("Run: ls -ld /home/ana ")


def test_the_python_of_ubuntu_22_04(bare: Bare, pyz: Path, old_python: Path) -> None:
    """With Python 3.10 alone the single file runs by itself, and installed it goes through the demo, whose profiles are TOML."""
    beside = [(pyz, "/media/wslcfg.pyz"), (pyz.parent / "install.sh", "/media/install.sh"), (old_python, "/opt/python")]
    line = (
        "python3 --version; python3 /media/wslcfg.pyz --version; sh /media/install.sh --no-start &&"
        " ~/.local/bin/wslcfg demo --quiet >/dev/null && ~/.local/bin/wslcfg profile check base && ~/.local/bin/wslcfg --version"
    )
    lent = "rm -f /usr/bin/python3*; echo /opt/python/lib >/etc/ld.so.conf.d/lent.conf; ldconfig"
    done = bare.run(f"{lent}; {AS_ANA} PATH=/opt/python/bin:/usr/bin:/bin sh -euc '{line}'", extra=beside)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Python 3.10.") and done.stdout.endswith(f"wslcfg {__version__}\n")
    assert "with python3 (3.10) ..." in done.stdout


def test_upgraded_offline(bare: Bare, pyz: Path, tmp_path: Path) -> None:
    """Without network, pip and root: the installed program replaces itself by a newer wslcfg.pyz, and goes without a trace afterwards."""
    newer = tmp_path / "newer.pyz"
    with zipfile.ZipFile(pyz) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(__version__.encode(), b"999.0") if name == "wslcfg/__init__.py" else data)
    beside = [(pyz, "/media/wslcfg.pyz"), (pyz.parent / "install.sh", "/media/install.sh"), (newer, "/media/newer.pyz")]
    script = (
        "sh /media/install.sh --no-start >/dev/null && ~/.local/bin/wslcfg upgrade --from /media/newer.pyz --yes && ~/.local/bin/wslcfg --version"
        " && ~/.local/bin/wslcfg demo --quiet >/dev/null && sh /media/install.sh --uninstall && find ~ -type f -o -type l"
    )
    done = bare.run(f"{AS_ANA} sh -euc '{script}'", extra=beside)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"wslcfg {__version__} is now 999.0.\nwslcfg 999.0\n" in done.stdout
    assert done.stdout.rstrip().endswith("wslcfg is removed.")
