"""`install` and `uninstall` on real homes and on recorded machines: what comes, what stays, and that going leaves no trace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from tests.cli.pieces import BASHRC, CRONTAB, MINE, SETTINGS, Home
from wslcfg.model.inside import parse_conf


def test_comes_whole_and_goes_without_a_trace(home: Home, asked: Asked) -> None:
    """Installing places every piece, a second time there is nothing to do, and uninstalling leaves the very same tree."""
    before = home.tree()
    data = asked("install", "--yes")["data"]
    chosen = {one["name"] for one in data["components"] if one["chosen"]}
    assert {"launcher", "shims", "claude-settings", "vscode-settings", "login-hint"} <= chosen
    assert not chosen & {"init-scope", "boot-folder", "cron-start", "mirror", "oom-notice"}
    assert all(one["why"] for one in data["components"]) and all(one["why"] for one in data["files"])
    for name in ("launcher", "wrapper", "shims/claude", "shims/codex"):
        assert (home.data / name).stat().st_mode & 0o777 == 0o755
    wrapper = str(home.data / "wrapper")
    assert json.loads(home.settings.read_bytes())["env"] == {"A": "b", "CLAUDE_CODE_PROCESS_WRAPPER": wrapper}
    machine = (home.path / ".vscode-server/data/Machine/settings.json").read_bytes()
    assert f'"claudeCode.claudeProcessWrapper": "{wrapper}"'.encode() in machine and b"// keep" in machine and b"// big" in machine
    assert (home.path / ".local/bin/claude").read_bytes() == before[".local/bin/claude"][1]
    assert asked("install", "--yes")["data"]["changed"] is False
    assert asked("install", "--refresh", "--yes")["data"]["changed"] is False
    asked("uninstall", "--yes")
    assert home.tree() == before
    assert asked("uninstall", "--yes")["data"]["changed"] is False


def test_each_component_alone(home: Home, asked: Asked) -> None:
    """A component comes with what it needs and nothing else, goes alone, and the others stay; what needs the launcher goes with it."""
    before = home.tree()
    asked("install", "--yes", "--component", "claude-settings")
    assert home.settings.read_bytes() != SETTINGS and (home.data / "wrapper").exists()
    assert (home.path / ".bashrc").read_bytes() == BASHRC and not (home.data / "shims").exists()
    assert parse_conf(home.conf.read_text()).get("backup", "enabled") == "no"
    asked("install", "--yes", "--component", "shims")
    asked("uninstall", "--yes", "--component", "claude-settings")
    assert home.settings.read_bytes() == SETTINGS and (home.data / "shims/claude").exists()
    gone = asked("uninstall", "--yes", "--component", "launcher")["data"]["components"]
    assert gone == ["launcher", "shims"]
    assert home.tree() == before


def test_what_people_change_stays(home: Home, asked: Asked, call: Call) -> None:
    """A value of theirs in inside.conf, comments, and lines that they add to start files outlive a new install and an uninstall of the pieces."""
    asked("install", "--yes")
    text = home.conf.read_text()
    limit = parse_conf(text).get("launcher", "session-max")
    home.conf.write_text(
        text.replace(f"session-max = {limit}", "# less, for the builds\nsession-max = 1234567890").replace(
            "tasks-max = 2000", "tasks-max=900"
        )
    )
    with (home.path / ".bashrc").open("ab") as file:
        file.write(b"alias later=1\n")
    said = call("install", "--yes")
    assert "session-max" in said.err and "1234567890" in said.err and "stays" in said.err
    now = parse_conf(home.conf.read_text())
    assert now.get("launcher", "session-max") == "1234567890" and now.get("launcher", "tasks-max") == "900"
    assert "# less, for the builds" in home.conf.read_text()
    asked("uninstall", "--yes")
    assert (home.path / ".bashrc").read_bytes() == BASHRC + b"\nalias later=1\n"


def test_somebody_elses_file_is_given_back(home: Home, asked: Asked) -> None:
    """A program of the person's own called wslcfg-run is moved aside, with its mode, and comes back."""
    mine = home.write(".local/bin/wslcfg-run", b"#!/bin/sh\necho mine\n")
    mine.chmod(0o711)
    before = home.tree()
    asked("install", "--yes")
    assert mine.read_bytes() != b"#!/bin/sh\necho mine\n"
    assert (home.path / ".local/bin/wslcfg-run.before-wslcfg").read_bytes() == b"#!/bin/sh\necho mine\n"
    assert asked("install", "--yes")["data"]["changed"] is False
    asked("uninstall", "--yes")
    assert home.tree() == before


def test_a_wrapper_of_somebody_else_stays(home: Home, asked: Asked, call: Call) -> None:
    """A company's own wrapper in Claude's settings is neither replaced nor removed."""
    home.settings.write_text('{"env": {"CLAUDE_CODE_PROCESS_WRAPPER": "/opt/corp/wrap"}}')
    said = call("install", "--yes")
    assert "/opt/corp/wrap" in said.err
    asked("uninstall", "--yes")
    assert json.loads(home.settings.read_text())["env"]["CLAUDE_CODE_PROCESS_WRAPPER"] == "/opt/corp/wrap"


def test_broken_settings_keep_nothing_else_back(home: Home, call: Call, asked: Asked) -> None:
    """Settings that are no JSON are left as they are, with their line named; the rest is placed."""
    home.settings.write_bytes(b'{"env": {\n  "A": }\n')
    said = call("install", "--yes")
    assert said.code == 0 and "settings.json" in said.err and "line 2" in said.err
    assert home.settings.read_bytes() == b'{"env": {\n  "A": }\n' and (home.data / "wrapper").exists()


def test_a_stuck_entry_leaves_a_stub(home: Home, call: Call, asked: Asked) -> None:
    """Where the entry cannot be taken out, the wrapper stays as a stub that starts the program, until the entry is gone."""
    before = home.tree()
    asked("install", "--yes")
    broken = home.settings.read_bytes() + b"}"
    home.settings.write_bytes(broken)
    said = call("uninstall", "--yes")
    assert said.code == 4 and "left as it is" in said.err
    assert home.settings.read_bytes() == broken and not (home.data / "launcher").exists()
    wrapper = home.data / "wrapper"
    assert subprocess.run([wrapper, "printf", "%s|", "a b", "c"], capture_output=True, check=True).stdout == b"a b|c|"
    home.settings.write_bytes(SETTINGS)
    asked("uninstall", "--yes")
    assert home.tree() == before


def test_rollback_takes_our_part_alone(home: Home, asked: Asked) -> None:
    """Undoing an install keeps what was written into the same files meanwhile, and later edits of them are not taken for something to undo."""
    asked("install", "--yes")
    with (home.path / ".bashrc").open("ab") as file:
        file.write(b"alias later=1\n")
    home.settings.write_bytes(home.settings.read_bytes().replace(b'"opus"', b'"sonnet"'))
    assert asked("history")["data"]["changed_since"] == []
    asked("rollback", "1", "--yes")
    assert (home.path / ".bashrc").read_bytes() == BASHRC + b"\nalias later=1\n"
    assert home.settings.read_bytes() == SETTINGS.replace(b'"opus"', b'"sonnet"')
    assert not (home.data / "wrapper").exists()


@pytest.mark.parametrize(
    "argv",
    [["bash", "-ic"], ["bash", "-lc"], ["bash", "-lic"], ["zsh", "-ic"], ["zsh", "-c"], ["zsh", "-lic"], ["fish", "-ic"], ["fish", "-c"]],
    ids=" ".join,
)
def test_every_shell_finds_the_shim_first(home: Home, call: Call, argv: list[str]) -> None:
    """In a fresh shell of each kind `claude` is the shim, although ~/.local/bin is put first by the person's own lines; afterwards it is the real one."""
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not here")
    assert call("install", "--yes").code == 0
    assert home.shell(*argv, "command -v claude") == str(home.data / "shims/claude")
    assert home.shell(*argv, "claude hello").endswith("the real claude hello")
    assert call("uninstall", "--yes").code == 0
    assert "shims" not in home.shell(*argv, "command -v claude")


def test_bash_started_by_sshd_finds_it_too(home: Home, call: Call) -> None:
    """A ~/.bashrc that returns early without a terminal still has the shim folder first by then."""
    assert call("install", "--yes").code == 0
    assert home.shell("bash", "-c", f". '{home.path}/.bashrc'; command -v claude") == str(home.data / "shims/claude")


def test_a_lost_permission_is_given_back(home: Home, call: Call) -> None:
    """A wrapper that cannot be executed keeps Claude from starting: the next install mends it, although no byte differs."""
    call("install", "--yes")
    (home.data / "wrapper").chmod(0o644)
    said = call("install", "--yes")
    assert said.code == 0 and "can again" in said.err
    assert os.access(home.data / "wrapper", os.X_OK)


def test_older_texts_are_renewed(home: Home, asked: Asked) -> None:
    """A refresh renews the scripts of an older wslcfg and takes nothing from the settings."""
    asked("install", "--yes")
    whole, launcher = home.tree(), home.data / "launcher"
    launcher.write_text("#!/bin/sh\n# wslcfg launcher\n# Placed by `wslcfg install`; `wslcfg uninstall` takes it out.\nexit 1\n")
    data = asked("install", "--refresh", "--yes")["data"]
    assert [one["path"] for one in data["files"]] == [str(launcher)]
    assert home.tree() == whole


def test_dry_run_and_questions(home: Home, asked: Asked) -> None:
    """A dry run writes nothing; without a terminal and without --yes it stops with 7; --refresh where nothing is changes nothing."""
    before = home.tree()
    assert asked("install", "--dry-run", "--yes")["data"]["diff"]
    stopped = asked("install")
    assert stopped["exit_code"] == 7, stopped
    assert asked("install", "--refresh", "--yes")["data"]["changed"] is False
    assert home.tree() == before


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["install", "--component", "x"], 2, "launcher"),
        (["install", "--scheduler", "at"], 2, "auto"),
        (["install", "--refresh", "balanced"], 2, "PROFILE"),
        (["install", "--yes", "--scheduler", "systemd"], 3, "--scheduler"),
        (["install", "--yes", "--mirror", "auto"], 3, "--mirror"),
        (["install", "--yes", "--mirror", "copies"], 3, "whole path"),
        (["install", "--yes", "--mirror", "%LOCALAPPDATA%\\x"], 3, "whole path"),
        (["install", "--yes", "--mirror", "Q:\\copies"], 5, "mount"),
        (["install", "--yes", "--mirror", "\\\\nas\\copies"], 3, "network path"),
        (["uninstall", "--component", "x"], 2, "launcher"),
    ],
)
def test_mistakes_are_two_lines(home: Home, call: Call, words: list[str], code: int, hint: str) -> None:
    """Each mistake on the command line is named with its way out, and nothing is written."""
    before = home.tree()
    said = call(*words)
    assert said.code == code and hint in said.err and len(said.err.strip().splitlines()) == 2, said
    assert home.tree() == before


def test_on_a_practice_machine(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """On a recorded laptop with systemd the timer comes, the mirror only when it is said, below %LOCALAPPDATA%, and all of it goes again."""
    one = laptop()
    data = asked("install", "--yes", *one.flags)["data"]
    conf = next(change["path"] for change in data["files"] if change["path"].endswith("inside.conf"))
    assert parse_conf(one.place(conf).read_text()).get("backup", "mirror") == ""
    asked("install", "--yes", "--mirror", "auto", *one.flags)
    assert "/AppData/Local/wslcfg/session-backups/" in parse_conf(one.place(conf).read_text()).get("backup", "mirror")
    assert asked("install", "--yes", *one.flags)["data"]["changed"] is False
    asked("install", "--yes", "--mirror", "off", *one.flags)
    assert parse_conf(one.place(conf).read_text()).get("backup", "mirror") == ""
    gone = asked("uninstall", "--yes", *one.flags)["data"]
    assert gone["changed"] and not (one.folder / "overlay/files" / conf.lstrip("/")).exists()


def test_the_crontab_keeps_its_lines(home: Home, asked: Asked, call: Call) -> None:
    """Our entry comes behind the person's lines and variables, is shown in the diff, goes with a rollback or an uninstall, and only once."""
    home.crontab.write_bytes(MINE)
    data = asked("install", "--yes", "--component", "backup-timer")["data"]
    assert data["scheduler"] == "cron" and "+++ the crontab" in data["diff"]
    lines = home.crontab.read_text()
    assert lines.startswith(MINE.decode()) and lines.count("sessions backup --quiet --tick") == 1
    assert f"'{home.path}/.local/bin/wslcfg' sessions" in lines
    assert asked("install", "--yes", "--component", "backup-timer")["data"]["changed"] is False
    with home.crontab.open("a") as file:
        file.write("5 5 * * * later\n")
    asked("rollback", "1", "--yes")
    assert home.crontab.read_bytes() == MINE + b"5 5 * * * later\n"
    home.crontab.unlink()
    asked("install", "--yes", "--component", "backup-timer")
    asked("uninstall", "--yes")
    assert not home.crontab.exists()


def test_a_crontab_that_changes_meanwhile_is_not_overwritten(home: Home, call: Call) -> None:
    """Cron's own failure keeps the old crontab and the whole install back, and is two lines."""
    home.crontab.write_bytes(MINE)
    before = home.tree()
    program = home.path.parent / "bin/crontab"
    program.write_text(CRONTAB.replace("    -)\n", "    -) echo 'errors in crontab' >&2; exit 1 ;;\n    --)\n"))
    said = call("install", "--yes", "--component", "backup-timer")
    assert said.code == 5 and "errors in crontab" in said.err
    assert home.crontab.read_bytes() == MINE
    assert [one for one in home.tree().items() if one[1][1] is not None] == [one for one in before.items() if one[1][1] is not None]


def test_what_a_profile_backs_up_beside_the_sessions(asked: Asked, home: Home) -> None:
    """A profile's `backup.include` reaches the settings file, a newer profile renews it, and the person's own globs stay beside it."""
    profile = home.write("team.toml", b'schema = 1\nname = "team"\n[backup]\ninclude = ["notes/*.md", "my plans/*.txt"]\n')
    asked("install", str(profile), "--component", "backup-timer", "--yes")
    assert parse_conf(home.conf.read_text()).includes == ("notes/*.md", "my plans/*.txt")
    home.conf.write_text(home.conf.read_text().replace("[backup]", "[backup]\ninclude = own/*"))
    profile.write_text('schema = 1\nname = "team"\n[backup]\ninclude = ["new/*"]\n')
    asked("install", str(profile), "--component", "backup-timer", "--yes")
    assert parse_conf(home.conf.read_text()).includes == ("own/*", "new/*")
    profile.write_text('schema = 1\nname = "team"\n')
    asked("install", str(profile), "--component", "backup-timer", "--yes")
    assert parse_conf(home.conf.read_text()).includes == ("own/*",)
    home.conf.write_text(home.conf.read_text() + "[backup]\nprofile-include = no list\n")
    assert parse_conf(home.conf.read_text()).includes == ("own/*",)
