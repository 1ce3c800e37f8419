"""`install` and `uninstall` where a file is not as it should be: the person's part stays, the rest is done, and what is left is said."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from tests.cli.pieces import BASHRC, SETTINGS, Home
from tests.house.source import ROOT
from wslcfg.model.inside import parse_conf

GARBAGE = "garbage line\n[boot]\ncommand=service docker start\n[user]\ndefault=ana\n"


@pytest.fixture
def no_systemd(tmp_path: Path) -> Callable[[str], Laptop]:
    """A machine without systemd whose /etc/wsl.conf has this text."""

    def _machine(text: str) -> Laptop:
        folder = tmp_path / "no-systemd"
        shutil.copytree(ROOT / "tests/machines/no-systemd", folder)
        made = Laptop(folder)
        (folder / "files/etc").mkdir(exist_ok=True)
        (folder / "files/etc/wsl.conf").write_text(text)
        return made

    return _machine


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GARBAGE, "line 1 (garbage line)"),
        ("[boot]\nsystemd=false\ngarbage\n[user]\ndefault=ana\n", "line 3 (garbage)"),
        ("\ufeff[user]\ndefault=ana\n", "line 1"),
    ],
)
def test_a_boot_command_is_not_put_below_a_mistake(no_systemd: Callable[[str], Laptop], call: Call, text: str, line: str) -> None:
    """Where WSL reads nothing below a mistake, the line is named and nothing written: neither is a command lost, nor does a dead setting come to life."""
    machine = no_systemd(text)
    before = machine.tree()
    said = call("install", "--component", "boot-folder", "--root", "sudo", "--yes", *machine.flags)
    assert said.code == 3 and line in said.err and "wsl.conf" in said.err and len(said.err.strip().splitlines()) == 2, said
    assert {name: raw for name, raw in machine.tree().items() if "wsl.conf" in name or "wslcfg/boot" in name} == {
        name: raw for name, raw in before.items() if "wsl.conf" in name
    }


def test_what_uninstall_leaves_is_an_error(home: Home, asked: Asked, call: Call) -> None:
    """A settings file that cannot be read keeps its entry: exit code, file and what to delete are said, with --quiet too; then it goes on."""
    before = home.tree()
    asked("install", "--yes")
    home.settings.write_bytes(home.settings.read_bytes().replace(b'"opus"', b"opus"))
    data = asked("uninstall", "--yes")
    assert data["exit_code"] == 4 and data["data"]["left"][0]["path"] == str(home.settings)
    said = call("uninstall", "--yes", "--quiet")
    assert said.code == 4 and str(home.settings) in said.err and "CLAUDE_CODE_PROCESS_WRAPPER" in said.err
    home.settings.write_bytes(SETTINGS)
    assert asked("uninstall", "--yes")["exit_code"] == 0
    assert home.tree() == before


def test_a_named_component_that_cannot_be_done_is_an_error(home: Home, asked: Asked) -> None:
    """Settings that are no JSON stop an install that names them, before anything is written."""
    home.settings.write_bytes(b"{")
    before = home.tree()
    whole = asked("install", "--component", "claude-settings", "--yes")
    assert whole["exit_code"] == 4 and str(home.settings) in whole["errors"][0]["message"]
    assert home.tree() == before


def test_each_start_file_on_its_own(home: Home, asked: Asked, call: Call) -> None:
    """A block whose end is gone is left and named with its file; the blocks of all other shells come and go."""
    home.write(".zshenv", b"# mine\n")
    torn = BASHRC.replace(b"# mine", b"# >>> wslcfg shims >>>")
    home.write(".bashrc", torn)
    said = call("install", "--yes")
    assert said.code == 0 and f"{home.path}/.bashrc was left as it is" in said.err, said
    for name in (".profile", ".zshrc", ".zshenv", ".config/fish/config.fish"):
        assert b"wslcfg shims" in (home.path / name).read_bytes(), name
    said = call("uninstall", "--yes")
    assert said.code == 3 and f"{home.path}/.bashrc was left as it is" in said.err and "line 1 has no end" in said.err, said
    assert (home.path / ".bashrc").read_bytes() == torn
    for name in (".profile", ".zshrc", ".zshenv", ".config/fish/config.fish"):
        assert b"wslcfg" not in (home.path / name).read_bytes(), name
    home.write(".bashrc", BASHRC)
    assert call("uninstall", "--yes").code == 0 and not home.conf.exists()


def test_a_limit_of_ones_own_that_cannot_work_is_told(home: Home, call: Call) -> None:
    """`session-max = 4` of the person's own stays, and install says that the launcher passes it over, and why."""
    call("install", "--yes")
    home.conf.write_text(re.sub(r"session-max = \d+", "session-max = 4", home.conf.read_text()))
    said = call("install", "--refresh", "--yes")
    assert said.code == 0 and "session-max = 4 in" in said.err and "less than 64 MB" in said.err, said
    assert "session-max = 4\n" in home.conf.read_text()


def test_a_crontab_without_a_last_line_end(home: Home, asked: Asked) -> None:
    """Cron takes no crontab without one: the person's last line gets it, ours comes and goes by uninstall and by rollback."""
    for way in (("uninstall", "--yes"), ("rollback", "3", "--yes")):
        home.crontab.write_bytes(b"5 * * * * foo")
        asked("install", "--yes", "--component", "backup-timer")
        assert home.crontab.read_bytes().startswith(b"5 * * * * foo\n# >>> wslcfg")
        done = asked(*way)
        assert done["exit_code"] == 0, done
        assert home.crontab.read_bytes() == b"5 * * * * foo\n"


def test_start_files_of_another_folder_are_found_again(home: Home, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was installed with ZDOTDIR goes in a shell that does not set it."""
    home.write("zsh files/.zshrc", b"# mine\n")
    before = home.tree()
    monkeypatch.setenv("ZDOTDIR", f"{home.path}/zsh files")
    asked("install", "--yes")
    assert b"wslcfg" in (home.path / "zsh files/.zshrc").read_bytes() and (home.path / "zsh files/.zshenv").exists()
    monkeypatch.delenv("ZDOTDIR")
    assert "login-hint" in asked("uninstall", "--yes")["data"]["components"]
    assert home.tree() == before


def test_a_mirror_that_is_said_is_made_without_a_windows_side(home: Home, asked: Asked) -> None:
    """`--mirror FOLDER` holds where there is no Windows too, with no component named and when the backups are there already."""
    data = asked("install", "--yes", "--mirror", f"{home.path}/copies")["data"]
    assert {"mirror", "backup-timer"} <= {one["name"] for one in data["components"] if one["chosen"]}
    assert parse_conf(home.conf.read_text()).get("backup", "mirror") == f"{home.path}/copies"
    asked("install", "--yes", "--mirror", f"{home.path}/others")
    assert parse_conf(home.conf.read_text()).get("backup", "mirror") == f"{home.path}/others"
    asked("install", "--yes", "--mirror", "off")
    assert parse_conf(home.conf.read_text()).get("backup", "mirror") == ""


def test_what_stood_empty_comes_back(home: Home, asked: Asked) -> None:
    """An object or a file of the person's that was empty before our entry came is there again when it goes."""
    home.settings.write_text('{"env":{},}')
    machine = home.write(".vscode-server/data/Machine/settings.json", b"")
    before = home.tree()
    asked("install", "--yes")
    assert "WRAPPER" in home.settings.read_text() and machine.read_bytes()
    assert asked("install", "--yes")["data"]["changed"] is False
    asked("uninstall", "--yes")
    assert home.tree() == before


def test_settings_in_utf_16_are_called_that(home: Home, call: Call) -> None:
    """The encoding is named, not a line that would have to be mended."""
    home.settings.write_bytes('{"a": 1}'.encode("utf-16"))
    said = call("install", "--yes", "--component", "claude-settings")
    assert said.code == 4 and "UTF-16" in said.err and "Save it as UTF-8" in said.err, said


def test_an_alias_that_goes_past_the_shim_is_told(home: Home, call: Call) -> None:
    """An alias that starts claude by its path is named with its line; one that names the program alone goes through the shim."""
    home.write(".bash_aliases", b"alias ll='ls -l /'\nalias claude=\"$HOME/.claude/local/claude\"\n")
    home.write(".zshrc", b"alias claude='claude --model /x'\nalias codex='A=/x codex'\n")
    said = call("install", "--yes")
    assert said.err.count("past the shim") == 1 and f"{home.path}/.bash_aliases has an alias in line 2" in said.err, said


def test_what_a_crash_left_of_a_script_is_renewed(home: Home, asked: Asked) -> None:
    """A launcher that is cut or full of NULs is no file of the person's: an install renews it, an uninstall takes it out."""
    before = home.tree()
    asked("install", "--yes", "--component", "shims")
    whole = (home.data / "launcher").read_bytes()
    for damaged in (bytes(len(whole)), b"", whole[:30]):
        (home.data / "launcher").write_bytes(damaged)
        asked("install", "--yes", "--component", "shims")
        assert (home.data / "launcher").read_bytes() == whole and not list(home.data.glob("*.before-wslcfg"))
    (home.data / "launcher").write_bytes(bytes(9))
    asked("uninstall", "--yes")
    assert home.tree() == before
