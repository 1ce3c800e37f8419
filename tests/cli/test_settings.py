"""`get`, `set` and `unset` on a file that is named: WSL's values in, every other byte as it was, and never a question."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from wslcfg.wslconf.edit import edit

ROOT = Path(__file__).parents[2]

# A file as people have them: a BOM, CR LF, comments, odd spacing, a typo, and no newline at its end.
ODD = b"\xef\xbb\xbf# mine\r\n[wsl2]\r\n  memory = 6GB   # half\r\nguiAplications=true\r\n\r\n; dead\r\n[experimental]\r\nsparseVhd=true"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("8gb", "8GB"),
        ("8GB", "8GB"),
        ("8G", "8GB"),
        ("8g", "8GB"),
        ("8GiB", "8GB"),
        ("8 GB", "8GB"),
        (" 8GB ", "8GB"),
        ("0.5GB", "512MB"),
        ("8.5GB", "8704MB"),
        ("6144MB", "6GB"),
        ("6145MB", "6145MB"),
        ("8589934592", "8GB"),
        ("8589934593B", "8589934593B"),
    ],
)
def test_sizes(typed: str, written: str, tmp_path: Path, asked: Asked) -> None:
    """A size as people type it is written in the form that every WSL takes."""
    file = tmp_path / ".wslconfig"
    data = asked("set", f"wsl2.memory={typed}", "--file", file)["data"]
    assert data["changed"] is True
    assert [(row["key"], row["old"], row["new"]) for row in data["changes"]] == [("wsl2.memory", None, written)]
    assert file.read_bytes() == b"[wsl2]\r\nmemory=" + written.encode() + b"\r\n"
    assert asked("get", "wsl2.memory", "--file", file)["data"]["raw"] == written


@pytest.mark.parametrize(
    "setting",
    [
        "wsl2.memory=",
        "wsl2.memory=-1",
        "wsl2.memory=8XB",
        "wsl2.memory=4096",
        "wsl2.memory=1e3GB",
        "wsl2.memory=0.3B",
        "wsl2.memory=99999999999999999999GB",
        "wsl2.memory=٨GB",
        "wsl2.processors=two",
        "wsl2.processors=99999999999",
        "wsl2.localhostForwarding=maybe",
        "wsl2.networkingMode=fast",
        "wsl2.macAddress=foo",
        "wsl2.swapFile=C:\\Benützer\\swap.vhdx",
        "wsl2.swapFile=",
        "wsl2.kernelCommandLine=a\x00b",
        "wsl2.memry=8GB",
        "memory=8GB",
        "=8GB",
        "wsl.conf:boot.sistemd=true",
        "wsl2.kernel=relative",
        'wsl2.swapFile="a',
    ],
)
def test_what_wsl_cannot_take(setting: str, tmp_path: Path, asked: Asked) -> None:
    """A value that WSL does not take, and a setting that it does not know, are refused with a way out, and nothing is written."""
    answer = asked("set", setting, "--file", tmp_path / "file")
    assert answer["exit_code"] == 3
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("setting", "level", "says"),
    [
        ("wsl2.processors=999", "warning", "WC076"),
        ("wsl2.processors=0", "note", "WC077"),
        ("wsl2.processors=-5", "note", "WC077"),
        ("wsl2.memory=128MB", "warning", "WC070"),
        (r"wsl2.swapFile=C:\none\swap.vhdx", "warning", "WC123"),
    ],
)
def test_what_lint_says_of_the_line(
    setting: str, level: str, says: str, laptop: Callable[..., Laptop], tmp_path: Path, asked: Asked
) -> None:
    """What lint finds on the line that is written is said at once, of no other line, and not of a line that stays."""
    file = tmp_path / "file"
    file.write_bytes(b"[wsl2]\nmemroy=1\nswap=4GB\n")
    answer = asked(*laptop().flags, "set", setting, "--file", file)
    assert [(one["level"], one["text"].rpartition("(")[2]) for one in answer["messages"]] == [(level, f"{says})")]
    assert asked(*laptop(called="again").flags, "set", setting, "--file", file)["messages"] == []


def test_a_locale_without_characters(tmp_path: Path) -> None:
    """In the C locale a value is still the UTF-8 that was typed: it is written and named so, and what is no UTF-8 is refused."""
    env = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    def put(setting: bytes) -> subprocess.CompletedProcess[bytes]:
        words = [sys.executable, "-m", "wslcfg", "set", setting, "--file", "wsl.conf"]
        return subprocess.run(words, cwd=tmp_path, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False)

    assert put("wsl.conf:user.default=josé".encode()).returncode == 0
    assert (tmp_path / "wsl.conf").read_bytes() == "[user]\ndefault=josé\n".encode()
    assert put(b"wsl.conf:user.default=ros\xe9").returncode == 3
    assert b"ros" not in (tmp_path / "wsl.conf").read_bytes()
    refused = put("wsl2.swapFile=C:\\é".encode())
    assert refused.returncode == 3
    assert rb"C:\\xe9" in refused.stderr
    assert b"udc" not in refused.stderr


@pytest.mark.parametrize("where", ["own", "other"])
def test_quiet(where: str, laptop: Callable[..., Laptop], tmp_path: Path, call: Call) -> None:
    """--quiet says nothing of what went well, and still what is wrong and what a dry run shows."""
    words = (*laptop().flags, "set", "--quiet", *(["--yes"] if where == "own" else ["--file", tmp_path / "f"]))
    assert call(*words, "wsl2.swap=3GB", "--dry-run").out != ""
    assert call(*words, "wsl2.swap=3GB") == (0, "", "")
    assert call(*words, "wsl2.swap=3GB") == (0, "", "")
    assert "WC076" in call(*words, "wsl2.processors=999").err


def test_a_guess(tmp_path: Path, asked: Asked) -> None:
    """An unknown setting gets the nearest one, spelled as the command line takes it."""
    assert "wsl2.memory" in asked("set", "wsl2.memry=8GB", "--file", tmp_path / "f")["errors"][0]["hint"]
    assert "wsl.conf:boot.systemd" in asked("get", "wsl.conf:boot.sistemd", "--file", tmp_path / "f")["errors"][0]["hint"]


@pytest.mark.parametrize("same", ["6gb", "6144MB", "6.0GB", "6442450944B", "6G"])
def test_another_spelling_changes_nothing(same: str, tmp_path: Path, asked: Asked) -> None:
    """The value that is there, in whatever spelling, leaves every byte and the file's time alone."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(ODD)
    os.utime(file, (1, 1))
    answer = asked("set", f"WSL2.Memory={same}", "--file", file)
    assert answer["data"] == {"changed": False, "changes": [], "repairs": [], "diff": ""}
    assert (file.read_bytes(), file.stat().st_mtime) == (ODD, 1)


def test_every_other_byte_stays(tmp_path: Path, asked: Asked) -> None:
    """BOM, line ends, comments, spacing, the typo and the missing newline are as before; only the values differ."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(ODD)
    data = asked("set", "wsl2.memory=8gb", "experimental.sparseVhd=false", "--file", file)["data"]
    assert file.read_bytes() == ODD.replace(b"= 6GB ", b"= 8GB ").replace(b"sparseVhd=true", b"sparseVhd=false")
    assert [(row["key"], row["old"], row["new"]) for row in data["changes"]] == [
        ("wsl2.memory", "6GB", "8GB"),
        ("experimental.sparseVhd", "true", "false"),
    ]
    assert "-  memory = 6GB   # half" in data["diff"]
    asked("set", "wsl2.memory=6GB", "experimental.sparseVhd=true", "--file", file)
    assert file.read_bytes() == ODD


def test_utf16(tmp_path: Path, asked: Asked) -> None:
    """A file that Notepad saved as Unicode stays one."""
    file = tmp_path / ".wslconfig"
    file.write_bytes("\ufeff[wsl2]\r\nmemory=4GB\r\n".encode("utf-16-le"))
    asked("set", "wsl2.memory=8GB", "wsl2.swap=0", "--file", file)
    assert file.read_bytes().decode("utf-16-le") == "\ufeff[wsl2]\r\nmemory=8GB\r\nswap=0\r\n"


def test_get(tmp_path: Path, asked: Asked, call: Call) -> None:
    """What the file says, what WSL makes of it, where it stands; a default says that it is one."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(b"[wsl2]\nmemory=8gb\nswap=4GB\nswapFile=C:\\\\wsl\\\\swap.vhdx\n")
    answer = asked("get", "wsl2.SWAP", "--file", file)["data"]
    assert answer == {"key": "wsl2.swap", "raw": "4GB", "effective": 4 << 30, "line": 3, "origin": "file"}
    assert asked("get", "wsl2.swapFile", "--file", file)["data"]["effective"] == "C:\\wsl\\swap.vhdx"
    wrong = asked("get", "wsl2.memory", "--file", file)["data"]
    assert (wrong["raw"], wrong["effective"], wrong["line"]) == ("8gb", None, 2)
    default = asked("get", "wsl2.dnsTunneling", "--file", file)["data"]
    assert (default["raw"], default["effective"], default["line"], default["origin"]) == (None, True, None, "default")
    assert call("get", "wsl2.swap", "--file", file) == (0, "4GB\n", "")


def test_get_without_a_file(tmp_path: Path, asked: Asked) -> None:
    """A file that is not there gives WSL's default, and says so."""
    answer = asked("get", "wsl2.dnsTunneling", "--file", tmp_path / "none")
    assert answer["data"]["effective"] is True
    assert any("no file" in message["text"] for message in answer["messages"])


def test_wsl_conf(tmp_path: Path, asked: Asked) -> None:
    """The distribution's file has its own settings and Linux line ends, and its keys are named as the command line takes them."""
    file = tmp_path / "wsl.conf"
    data = asked("set", "wsl.conf:boot.systemd=TRUE", "wsl.conf:automount.root=/win/", "--file", file)["data"]
    assert file.read_bytes() == b"[boot]\nsystemd=true\n\n[automount]\nroot=/win/\n"
    assert [(row["key"], row["section"], row["new"]) for row in data["changes"]] == [
        ("wsl.conf:boot.systemd", "boot", "true"),
        ("wsl.conf:automount.root", "automount", "/win/"),
    ]
    assert asked("get", "wsl.conf:boot.systemd", "--file", file)["data"]["key"] == "wsl.conf:boot.systemd"
    assert asked("unset", "wsl.conf:boot.systemd", "--file", file)["data"]["changes"][0]["old"] == "true"
    assert asked("set", "wsl2.memory=8GB", "wsl.conf:boot.systemd=true", "--file", file)["exit_code"] == 3


def test_unset(tmp_path: Path, asked: Asked) -> None:
    """A setting is taken out, once; the second time there is nothing to do, and a file that is not there stays away."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(b"[wsl2]\r\nmemory=8GB\r\n# kept\r\nswap=0\r\n")
    data = asked("unset", "wsl2.memory", "--file", file)["data"]
    assert [(row["key"], row["old"], row["new"]) for row in data["changes"]] == [("wsl2.memory", "8GB", None)]
    assert file.read_bytes() == b"[wsl2]\r\n# kept\r\nswap=0\r\n"
    assert asked("unset", "wsl2.memory", "--file", file)["data"]["changed"] is False
    assert asked("unset", "wsl2.memory", "--file", tmp_path / "none")["data"]["changed"] is False
    assert not (tmp_path / "none").exists()


def test_links_stay(tmp_path: Path, asked: Asked) -> None:
    """A dotfile that is a link stays one: its target is written; a link to nothing gets its target, a loop is refused."""
    (tmp_path / "dotfiles").mkdir()
    target, link = tmp_path / "dotfiles/wslconfig", tmp_path / ".wslconfig"
    link.symlink_to("dotfiles/wslconfig")
    for value in ("4GB", "8GB"):
        assert asked("set", f"wsl2.memory={value}", "--file", link)["exit_code"] == 0
        assert target.read_bytes() == f"[wsl2]\r\nmemory={value}\r\n".encode()
    assert link.is_symlink()
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for words in (["set", "wsl2.memory=8GB"], ["get", "wsl2.memory"], ["lint", tmp_path / "a"], ["explain", "wsl2.memory"]):
        assert asked(*words, *([] if words[0] == "lint" else ["--file", tmp_path / "a"]))["exit_code"] == 5


def test_the_mode_stays(tmp_path: Path, asked: Asked) -> None:
    """Permissions are as before, and a hard link's other name sees the change."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(b"[wsl2]\n")
    file.chmod(0o640)
    (tmp_path / "other").hardlink_to(file)
    asked("set", "wsl2.swap=0", "--file", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert (tmp_path / "other").read_bytes() == b"[wsl2]\nswap=0\n"


def test_a_dry_run_writes_nothing(tmp_path: Path, asked: Asked) -> None:
    """`--dry-run` shows the diff and leaves the file alone."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(ODD)
    assert "8GB" in asked("set", "wsl2.memory=8GB", "--file", file, "--dry-run")["data"]["diff"]
    asked("unset", "wsl2.memory", "--file", file, "-n")
    assert file.read_bytes() == ODD
    assert [path.name for path in tmp_path.iterdir()] == [".wslconfig"]


def test_where_nothing_can_be_written(tmp_path: Path, asked: Asked) -> None:
    """A folder in the file's place is 4, a file in the folder's place is 5, and neither leaves a trace."""
    (tmp_path / "file").write_bytes(b"")
    assert asked("set", "wsl2.memory=8GB", "--file", tmp_path)["exit_code"] == 4
    assert asked("set", "wsl2.memory=8GB", "--file", tmp_path / "file/below")["exit_code"] == 5
    assert asked("set", "wsl2.memory=8GB", "--file", "/proc/none/.wslconfig")["exit_code"] == 5
    assert asked("set", "wsl2.memory=8GB", "--file", "/dev/full")["exit_code"] in (4, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_usage(tmp_path: Path, asked: Asked) -> None:
    """A setting without a value, and none at all, are mistakes of the command line."""
    assert asked("set", "wsl2.memory", "--file", tmp_path / "f")["exit_code"] == 2
    assert asked("set", "--file", tmp_path / "f")["exit_code"] == 2
    assert asked("unset", "--file", tmp_path / "f")["exit_code"] == 2
    assert asked("get", "--file", tmp_path / "f")["exit_code"] == 2


def test_the_same_setting_twice(tmp_path: Path, asked: Asked) -> None:
    """Given twice, the last value holds."""
    asked("set", "wsl2.memory=4GB", "wsl2.memory=8GB", "--file", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"[wsl2]\r\nmemory=8GB\r\n"


@pytest.mark.parametrize("first", [None, b"[wsl2]\n"])
def test_somebody_else_writes_meanwhile(first: bytes | None, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another program writes between our reading and our writing is not overwritten: 6."""
    file = tmp_path / ".wslconfig"
    if first is not None:
        file.write_bytes(first)

    def late(*args: Any, **kwargs: Any) -> Any:
        file.write_bytes(b"# theirs\n")
        return edit(*args, **kwargs)

    monkeypatch.setattr("wslcfg.cli.settings.edit", late)
    assert asked("set", "wsl2.memory=8GB", "--file", file)["exit_code"] == 6
    assert file.read_bytes() == b"# theirs\n"
