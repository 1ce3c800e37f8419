"""The process around the command line: streams that are closed, full or of another encoding, Ctrl-C, odd homes and folders that are gone."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Laptop, keep_the_contract

ROOT = Path(__file__).parents[2]
Machines = Callable[..., Laptop]


def _shell(script: str, cwd: Path, **env: str) -> tuple[int, str, str]:
    """Run a line of sh in which $W is wslcfg; the exit code, stdout, stderr."""
    full = {name: value for name, value in os.environ.items() if name not in env} | {"PYTHONPATH": str(ROOT)} | env
    done = subprocess.run(
        ["sh", "-c", script.replace("$W", f'"{sys.executable}" -m wslcfg')], cwd=cwd, env=full, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


@pytest.mark.parametrize("words", ["explain", "explain --json", "--help", "demo"])
def test_a_reader_that_goes_away(words: str, tmp_path: Path) -> None:
    """`| head -1` is no error: exit 0 and not a word."""
    code, _, err = _shell(f"($W {words}; echo $? >code) | head -1", tmp_path)
    assert (code, err) == (0, "")
    assert (tmp_path / "code").read_text() == "0\n"


@pytest.mark.parametrize("words", ["explain", "explain --json", "--help", "demo"])
def test_a_full_disk_behind_stdout(words: str, tmp_path: Path) -> None:
    """An answer that cannot be written is 5 and two lines, not a success."""
    code, _, err = _shell(f"$W {words} >/dev/full", tmp_path)
    assert (code, len(err.splitlines())) == (5, 2)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("$W explain >&-", 0),
        ("$W explain --json >&-", 0),
        ("$W plan >&-", 5),
        ("$W plan 2>&-", 5),
        ("$W plan 2>/dev/full", 5),
        ("$W plan --json 2>&-", 5),
        ("$W explain <&-", 0),
        ("$W lint - <&-", 4),
        ("$W plan <&- >&- 2>&-", 5),
    ],
)
def test_closed_streams(script: str, code: int, tmp_path: Path) -> None:
    """Whatever is closed, the exit code is the command's own, and there is no traceback."""
    got, _, err = _shell(script, tmp_path)
    assert got == code
    assert "Traceback" not in err
    assert len(err.splitlines()) in (0, 2)


def test_closed_streams_are_nobodys_file(tmp_path: Path) -> None:
    """With stdout and stderr closed nothing is written into the file that is edited."""
    (tmp_path / "f").write_bytes(b"[wsl2]\n")
    assert _shell("$W set wsl2.memory=8GB --file f <&- >&- 2>&-", tmp_path)[0] == 0
    assert (tmp_path / "f").read_bytes() == b"[wsl2]\nmemory=8GB\n"


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_a_terminal_without_unicode(env: dict[str, str], tmp_path: Path) -> None:
    """A character that cannot be shown becomes a plain one, in data and in errors."""
    code, out, err = _shell("$W explain wsl2.memory; $W get wsl2.mem\u00f6ry; $W profile show \u2192", tmp_path, **env)
    assert code == 3
    assert (out + err).isascii()
    assert "Traceback" not in err
    assert len(err.splitlines()) == 4


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    """A file name with a stray byte can be shown."""
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"[wsl2]\nmemory=x\n")
    code, out, err = _shell("$W lint caf*", tmp_path, LC_ALL="C.UTF-8")
    assert (code, err) == (1, "")
    assert out.startswith("caf")


@pytest.mark.slow
@pytest.mark.parametrize(
    "env", [{"HOME": ""}, {"HOME": "relative"}, {"HOME": "/proc/none"}, {"XDG_STATE_HOME": "relative", "XDG_CONFIG_HOME": "relative"}]
)
def test_odd_homes(env: dict[str, str], laptop: Machines, tmp_path: Path) -> None:
    """A home that is none costs nothing, and a relative one makes no folder where one stands."""
    machine = laptop()
    (tmp_path / "here").mkdir()
    for words in ("profile list", "facts", "demo", f"plan --machine {machine.folder}", f"apply --yes --machine {machine.folder}"):
        code, out, err = _shell(f"$W {words} --json", tmp_path / "here", **env)
        assert (code, err) == (0, "")
        keep_the_contract(json.loads(out), code)
    assert list((tmp_path / "here").iterdir()) == []


def test_no_environment_at_all(tmp_path: Path) -> None:
    """Under cron's and env -i's empty environment too."""
    code, out, err = _shell(f'exec env -i PYTHONPATH="{ROOT}" $W profile list', tmp_path)
    assert (code, err) == (0, "")
    assert "balanced" in out


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    """Where one stands may be gone: whole paths still work, others are 5 and two lines."""
    (tmp_path / "f").write_bytes(b"[wsl2]\nswap=0\n")
    gone = "mkdir gone; cd gone; rmdir ../gone; "
    assert _shell(f'{gone} $W get wsl2.swap --file "{tmp_path}/f"', tmp_path) == (0, "0\n", "")
    code, _, err = _shell(f"{gone} $W set wsl2.swap=1GB --file f", tmp_path)
    assert (code, len(err.splitlines())) == (5, 2)
    assert _shell(f"{gone} $W demo", tmp_path)[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_in_the_middle(as_json: bool, tmp_path: Path) -> None:
    """SIGINT while it waits is 130, and two lines or one object."""
    os.mkfifo(tmp_path / "pipe")
    words = [sys.executable, "-m", "wslcfg", "lint", str(tmp_path / "pipe"), *(["--json"] if as_json else [])]
    # A run in the background has the signal ignored, and its children with it.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    with open(tmp_path / "pipe", "wb"):  # opens once the child reads from it
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    if as_json:
        keep_the_contract(json.loads(out), 130)
        assert err == ""
    else:
        assert (out, len(err.splitlines())) == ("", 2)


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(
    "words",
    [
        "plan --explain", "restart --dry-run", "lint", "explain wsl2.memory", "profile list", "verify", "apply --dry-run",
    ],
)  # fmt: skip
def test_lines_fit_the_terminal(words: str, width: int, laptop: Machines, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """No prose is wider than the terminal, so none is torn within a word; only single words and a file's own lines may be."""
    monkeypatch.setenv("COLUMNS", str(width))
    said = call(*laptop().flags, *words.split())
    wide = [
        line
        for line in (said.out + said.err).splitlines()
        if len(line) > width and not (words.startswith(("plan", "apply")) and line[0] in "+- @")
    ]
    assert [line for line in wide if max(map(len, line.split())) < width - 25] == []
    assert said.out
