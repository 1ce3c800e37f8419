"""install.sh, run for real with a home folder of its own: install, kill, upgrade, uninstall, and every failure's two lines."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.house.source import ROOT
from wslcfg import __version__

pytestmark = pytest.mark.slow

# The programs that the script calls, for a PATH on which only these are found.
NEEDED = ("sh", "cat", "cp", "dirname", "find", "grep", "id", "ln", "ls", "mkdir", "readlink", "rm", "rmdir", "sed", "tail", "env")
SHELLS = [pytest.param(["dash"], id="dash"), pytest.param(["busybox", "sh"], id="busybox")]


class Home:
    """A home folder with a space in its name, and the script run in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "home of ana"
        self.path.mkdir()
        self.link = self.path / ".local/bin/wslcfg"
        self.data = self.path / ".local/share/wslcfg"
        # The interpreter of this run comes first, whatever else the machine calls python3.
        python = Path(sys.executable).resolve()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTHON", "VIRTUAL_ENV"))}
        self.env |= {"HOME": str(self.path), "PATH": f"{python.parent}:{os.environ['PATH']}"}
        # As in a bare container and under cron, where nobody sets it.
        self.env.pop("SHELL", None)

    def run(self, *options: str, shell: Sequence[str] = ("sh",), **env: str) -> subprocess.CompletedProcess[str]:
        """Run the script to its end, from another folder and without a terminal."""
        return subprocess.run(
            [*shell, str(ROOT / "install.sh"), *options],
            cwd="/",
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def version(self) -> str:
        """What the installed program says of itself."""
        return subprocess.run(
            [str(self.link), "--version"], cwd="/", env=self.env, capture_output=True, text=True, timeout=60, check=False
        ).stdout.strip()

    def environments(self) -> list[str]:
        """The environments that lie under versions/."""
        return sorted(path.name for path in self.data.glob("versions/*"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A new home folder for one test."""
    return Home(tmp_path)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home folder in which wslcfg is installed; the tests that share it run in their order."""
    home = Home(tmp_path_factory.mktemp("lived-in"))
    done = home.run("--no-start", shell=["dash"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(home.link) in done.stdout
    assert "is not on your PATH. Run: echo " in done.stdout
    return home


def two_lines(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The two lines of a failure: what happened, and what to do."""
    assert done.returncode not in (0, 1), done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("install.sh: ")
    return lines[0], lines[1]


def test_installed_program_runs(lived_in: Home) -> None:
    """After the script the command is there, compiled, under the person's own folders and nowhere else."""
    assert lived_in.version() == f"wslcfg {__version__}"
    assert lived_in.link.resolve().is_relative_to(lived_in.data / "versions")
    (environment,) = lived_in.environments()
    compiled = list((lived_in.data / "versions" / environment).glob("lib/*/site-packages/wslcfg/cli/__pycache__/*.pyc"))
    assert compiled, "not compiled: the first start of every command would be four times slower"
    assert not list(lived_in.data.glob("*.log"))


def test_killed_upgrade_leaves_the_old_one(lived_in: Home) -> None:
    """Kill the script and everything it started while it installs: the old program still runs, and is still the only one linked."""
    before = lived_in.environments()
    process = subprocess.Popen(
        ["sh", str(ROOT / "install.sh"), "--no-start"],
        env=lived_in.env,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not [name for name in set(lived_in.environments()) - set(before) if list(lived_in.data.glob(f"versions/{name}/bin/python"))]:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    assert len(lived_in.environments()) == 2
    assert lived_in.version() == f"wslcfg {__version__}"
    assert lived_in.link.resolve().is_relative_to(lived_in.data / "versions" / before[0])


def test_upgrade_in_place(lived_in: Home) -> None:
    """A second run replaces the first, sweeps what a killed one left, and says nothing of the PATH when that is right.

    The pieces that were placed get the new version's texts.
    """
    before = lived_in.environments()
    placed = [str(lived_in.link), "install", "--yes", "--component", "claude-settings"]
    (lived_in.path / ".claude").mkdir()
    done = subprocess.run(placed, cwd="/", env=lived_in.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    launcher = lived_in.data / "inside/launcher"
    whole = launcher.read_text()
    launcher.write_text("".join(whole.splitlines(keepends=True)[:3]) + "exit 1 # of an older version\n")
    done = lived_in.run(
        "--no-start", shell=["busybox", "sh"] if shutil.which("busybox") else ["sh"], PATH=f"{lived_in.link.parent}:{lived_in.env['PATH']}"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PATH" not in done.stdout
    after = lived_in.environments()
    assert len(after) == 1
    assert not set(after) & set(before)
    assert launcher.read_text() == whole
    assert lived_in.version() == f"wslcfg {__version__}"


@pytest.mark.parametrize(("distro", "expected"), [("Ubuntu", "Next, in a terminal: "), ("", "wslcfg demo")], ids=["wsl", "elsewhere"])
def test_starts_the_main_job(lived_in: Home, distro: str, expected: str) -> None:
    """Where there is no WSL the demo runs, terminal or not; on WSL without a terminal setup is named and not started."""
    done = lived_in.run(WSL_DISTRO_NAME=distro)
    assert done.returncode == 0, done.stdout + done.stderr
    assert expected in done.stdout
    assert done.stdout.rstrip().endswith(f"{lived_in.link} setup") == bool(distro)


def test_uninstall_leaves_no_trace_but_history(lived_in: Home) -> None:
    """Afterwards nothing of the program is left; history and settings are, and the script names their places.

    The pieces go first: Claude Code does not start while its settings name a wrapper that is gone.
    """
    state, config = lived_in.path / ".local/state/wslcfg", lived_in.path / ".config/wslcfg"
    assert "CLAUDE_CODE_PROCESS_WRAPPER" in (lived_in.path / ".claude/settings.json").read_text()
    for folder in (state, config):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kept").write_text("1", encoding="utf-8")
    done = lived_in.run("--uninstall")
    assert done.returncode == 0, done.stderr
    assert str(state) in done.stdout
    assert str(config) in done.stdout
    left = {path for path in lived_in.path.rglob("*wslcfg*") if state not in path.parents}
    assert left == {state, config}
    assert not list((lived_in.path / ".claude").iterdir())
    again = lived_in.run("--uninstall")
    assert again.returncode == 0
    assert "was not installed" in again.stdout


def test_a_foreign_command_is_left_alone(home: Home) -> None:
    """A wslcfg in ~/.local/bin that the script did not make stops it, with the line that moves it aside, and survives --uninstall."""
    home.link.parent.mkdir(parents=True)
    home.link.write_text("somebody's", encoding="utf-8")
    done = home.run("--no-start")
    assert done.returncode == 3
    what, do = two_lines(done)
    assert str(home.link) in what
    assert do.startswith(f"Run: mv '{home.link}' '{home.link}.before' && sh ")
    home.run("--uninstall")
    assert home.link.read_text(encoding="utf-8") == "somebody's"
    assert not home.data.exists()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Path]:
    """A folder for the PATH that holds the shell's own tools and no Python."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    yield folder


def program(folder: Path, name: str, text: str) -> None:
    """Put an executable script into a folder."""
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get install -y python3 python3-venv"),
        ("dnf", "dnf install -y python3"),
        ("zypper", "zypper install -y python3"),
        ("pacman", "pacman -Syu --noconfirm python"),
        ("apk", "apk add --upgrade python3"),
        ("", "Install Python 3.10 or newer"),
    ],
)
def test_no_python(home: Home, bare: Path, shell: list[str], manager: str, command: str) -> None:
    """Without python3 the script names the one command of this distro's package manager, and leaves nothing behind."""
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not here (Debian package {shell[0]}; make test installs it where it may)")
    (bare / shell[0]).symlink_to(str(shutil.which(shell[0])))
    if manager:
        program(bare, manager, "exit 99")
    done = home.run("--no-start", shell=[str(bare / shell[0]), *shell[1:]], PATH=str(bare))
    what, do = two_lines(done)
    assert "python3 was not found" in what
    assert command in do
    assert "install.sh" in do
    assert not home.data.exists()


@pytest.mark.parametrize(
    ("manager", "command"), [("apt-get", "Ubuntu 22.04"), ("dnf", "dnf install -y python3.12"), ("zypper", "zypper install -y python311")]
)
def test_python_too_old(home: Home, bare: Path, manager: str, command: str) -> None:
    """A Python below the oldest supported one is named with its version, and the way to a newer one is shown."""
    program(bare, "python3", "case $2 in *print*) echo 3.8 ;; *) exit 1 ;; esac")
    program(bare, manager, "exit 99")
    what, do = two_lines(home.run("--no-start", PATH=str(bare)))
    assert "python3 is 3.8" in what
    assert command in do


def test_newer_python_beside_an_old_one(home: Home, bare: Path) -> None:
    """When python3 is too old but python3.12 is here, the script takes that one."""
    program(bare, "python3", "case $2 in *print*) echo 3.8 ;; *) exit 1 ;; esac")
    program(bare, "python3.12", "case $1$2 in *print*) echo 3.12 ;; *version_info*) ;; *) exit 1 ;; esac")
    program(bare, "apt-get", "exit 99")
    done = home.run("--no-start", PATH=str(bare))
    assert "with python3.12 (3.12)" in done.stdout
    what, do = two_lines(done)
    assert "python3.12 cannot make a virtual environment" in what
    assert "apt-get install -y python3.12-venv" in do


def _without_ensurepip(folder: Path, *, pip: bool) -> None:
    """A python3 as Debian has it without python3-venv: a virtual environment only with --without-pip."""
    refuse = 'case "$*" in *"-m venv --without-pip"*) ;; *"-m venv"*) echo "ensurepip is not available"; exit 1 ;; '
    refuse += "" if pip else '"-m pip"*) echo "No module named pip"; exit 1 ;; '
    program(folder, "python3", f'{refuse} esac\nexec "{sys.executable}" "$@"')


def test_no_ensurepip_but_pip(home: Home, tmp_path: Path) -> None:
    """Where ensurepip is missing but some pip is there, that pip installs into the environment."""
    _without_ensurepip(tmp_path, pip=True)
    done = home.run("--no-start", PATH=f"{tmp_path}:{home.env['PATH']}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert home.version() == f"wslcfg {__version__}"


def test_no_ensurepip_and_no_pip(home: Home, bare: Path) -> None:
    """With neither, the script names the package with the venv module, and leaves nothing behind."""
    _without_ensurepip(bare, pip=False)
    program(bare, "apt-get", "exit 99")
    what, do = two_lines(home.run("--no-start", PATH=str(bare)))
    assert "ensurepip is missing" in what
    assert f"apt-get install -y python3.{sys.version_info.minor}-venv" in do
    assert not home.data.exists()


def test_no_network(home: Home, tmp_path: Path) -> None:
    """When packages cannot be fetched the script says so, keeps what pip said, and leaves no half environment."""
    (tmp_path / "nothing").mkdir()
    nothing = str(tmp_path / "nothing")
    done = home.run("--no-start", PIP_NO_INDEX="1", PIP_FIND_LINKS=nothing, PIP_CONFIG_FILE=os.devnull, TMPDIR=str(tmp_path))
    what, do = two_lines(done)
    assert "no network" in what
    assert "sh " in do
    assert list(tmp_path.glob("wslcfg-install-log.*"))
    assert not home.data.exists()
    assert not home.link.exists()


def test_a_log_without_a_temporary_folder(home: Home, tmp_path: Path) -> None:
    """Where no temporary folder takes it, what pip said lies where the message says, by its own name alone, and --uninstall takes it along."""
    gone, nothing = tmp_path / "gone", tmp_path / "nothing"
    nothing.mkdir()
    done = home.run("--no-start", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(nothing), PIP_CONFIG_FILE=os.devnull, TMPDIR=str(gone))
    kept = home.data / "install.kept.log"
    assert two_lines(done)[1].endswith(f"# what pip said: {kept}")
    assert "No matching distribution" in kept.read_text(encoding="utf-8") and kept.stat().st_mode & 0o777 == 0o600
    assert [path for path in home.data.rglob("*") if path.is_file()] == [kept]
    assert home.run("--uninstall").returncode == 0
    assert not home.data.exists()


def test_home_that_cannot_be_used(home: Home) -> None:
    """No HOME, a HOME that is not there, and one that cannot be written: each is said, with what to do."""
    for value, expected in (("", "HOME is not set"), (str(home.path / "nowhere"), "is not there"), ("/proc", "cannot be written")):
        what, do = two_lines(home.run("--no-start", HOME=value))
        assert expected in what
        assert do.startswith("Run: ")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can own somebody else's folder")
def test_root_in_somebody_elses_home(home: Home) -> None:
    """Under sudo with the caller's HOME the script stops before root's files lie among the person's."""
    os.chown(home.path, 4321, 4321)
    what, do = two_lines(home.run("--no-start"))
    assert "belongs to somebody else" in what
    assert "without sudo" in do
    assert list(home.path.iterdir()) == []


def test_personal_pip_settings_do_not_leak(home: Home) -> None:
    """PIP_USER, PIP_TARGET and PYTHONPATH of the person do not divert the installation: everything lands in the environment."""
    trap = home.path / "trap"
    trap.mkdir()
    done = home.run("--no-start", PIP_USER="1", PIP_TARGET=str(trap), PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(trap.iterdir()) == []
    assert home.version() == f"wslcfg {__version__}"
    assert home.run("--uninstall").returncode == 0


def test_usage(home: Home) -> None:
    """--help explains, an unknown option is refused with 2, and neither touches the home folder."""
    assert "--uninstall" in home.run("--help").stdout
    done = home.run("--prefix")
    assert done.returncode == 2
    two_lines(done)
    assert list(home.path.iterdir()) == []
