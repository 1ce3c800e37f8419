"""The doors: shims on PATH, the process wrapper, the stub and wslcfg-run. Whatever is broken, the program starts."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

import pytest

from tests.launch.conftest import RESOURCES, Home

REAL = '#!/bin/sh\necho real "$@"\n'


def shimmed(home: Home, *path: str, **more):
    """Call the shim of `claude` with this PATH behind the shim folder."""
    shims = home.data / "shims"
    env = {"PATH": ":".join([str(shims), *path, "/usr/bin", "/bin"])}
    return home.run("a b", "--resume", script=shims / "claude", env=env, **more)


def test_the_real_program_is_found_each_time(home: Home) -> None:
    """The shim starts what lies later on PATH, finds it again when it has moved, and passes other shim folders and links to shims by."""
    other = home.root / "other shims"
    other.mkdir()
    shutil.copy(RESOURCES / "shim.sh", other / "claude")
    linked = home.root / "linked"
    linked.mkdir()
    (linked / "claude").symlink_to(home.data / "shims/claude")
    first, second = home.root / "nvm/bin", home.root / "volta"
    for folder in (first, second):
        home.program("claude", REAL.replace("real", folder.name), folder)
    said = shimmed(home, str(other), str(linked), str(first), str(second))
    assert (said.returncode, said.stdout) == (0, "bin a b --resume\n"), said
    (first / "claude").unlink()
    assert shimmed(home, str(other), str(linked), str(first), str(second)).stdout == "volta a b --resume\n"


@pytest.mark.parametrize("place", [".local/bin", ".claude/local", ".volta/bin", ".npm-global/bin", ".nvm/versions/node/v22.1.0/bin"])
def test_installers_folders_are_known(one_home: Home, place: str) -> None:
    """With a PATH that does not lead to the program, as in cron, the folders of its installers are looked into."""
    one_home.program("claude", REAL, one_home.root / place)
    assert shimmed(one_home).stdout == "real a b --resume\n"


def test_a_program_of_npm_finds_its_node(one_home: Home) -> None:
    """An npm program below nvm gets the node that lies beside it."""
    folder = one_home.root / ".nvm/versions/node/v22.1.0/bin"
    one_home.program("node", '#!/bin/sh\necho node "$@"\n', folder)
    one_home.program("claude", "#!/usr/bin/env node\n", folder)
    # What a distro has, without a node of its own, which would go first.
    system = one_home.root / "system"
    system.mkdir()
    for program in Path("/usr/bin").iterdir():
        if program.name not in ("node", "nodejs", "claude"):
            (system / program.name).symlink_to(program)
    env = {"PATH": f"{one_home.data / 'shims'}:/nonexistent:{system}"}
    assert one_home.run("x", script=one_home.data / "shims/claude", env=env).stdout == f"node {folder}/claude x\n"


def test_nothing_to_start(home: Home) -> None:
    """Where there is only the shim it says so, with 127 as for any program that is not there."""
    said = shimmed(home)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (127, "", 2)


def test_programs_that_look_for_each_other(home: Home) -> None:
    """A program that itself starts `claude` by PATH leads back to the shim; that ends with a word instead of never."""
    folder = home.root / "manager"
    home.program("claude", '#!/bin/sh\nexec claude "$@"\n', folder)
    said = shimmed(home, str(folder))
    assert said.returncode == 127 and "again and again" in said.stderr
    home.program("claude", '#!/bin/sh\nclaude "$@"\nexit $?\n', folder)
    said = shimmed(home, str(folder))
    assert said.returncode == 127 and "again and again" in said.stderr


def test_a_deep_nest_is_no_loop(one_home: Home) -> None:
    """An agent that starts itself through a shell, however often, is not taken for a loop."""
    one_home.program(
        "claude", "#!/bin/sh\n[ $1 = 0 ] && echo bottom && exit\nsh -c 'claude \"$1\"; true' sh $(($1 - 1))\n", one_home.root / "real"
    )
    env = {"PATH": f"{one_home.data / 'shims'}:{one_home.root / 'real'}:/usr/bin:/bin"}
    assert one_home.run("12", script=one_home.data / "shims/claude", env=env).stdout == "bottom\n"


@pytest.mark.parametrize("damage", ["gone", "empty", "unreadable", "no-watcher"])
def test_a_broken_launcher_stops_nobody(home: Home, damage: str) -> None:
    """Without its launcher the shim starts the program with one loud line, the wrapper silently."""
    home.program("claude", REAL, home.root / "real")
    if damage == "gone":
        home.launcher.unlink()
    elif damage == "empty":
        home.launcher.write_text("")
    elif damage == "no-watcher":
        (home.data / "watcher").unlink()
    else:
        home.launcher.chmod(0)
        if os.getuid() == 0:
            if "busybox" in home.shell[0]:
                pytest.skip("busybox's own `[ -r` takes it for granted that root may read everything")
            # Root reads everything by these two capabilities, which programs that it starts from here do not get.
            home.shell = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *home.shell]
    said = shimmed(home, str(home.root / "real"))
    assert said.stdout == "real a b --resume\n"
    assert damage == "no-watcher" or said.stderr.count("WITHOUT A MEMORY LIMIT") == 1
    wrapped = home.run(home.root / "real/claude", "x", script=home.data / "wrapper")
    assert (wrapped.returncode, wrapped.stdout, wrapped.stderr) == (0, "real x\n", "")


def test_a_cut_launcher_stops_nobody(home: Home) -> None:
    """Wherever a crash has cut the launcher, or filled the rest of it with NULs, each door runs the program: the shim with a word, the wrapper silently."""
    program = home.program("claude", REAL, home.root / "real")
    text = home.launcher.read_bytes()
    last = text.rindex(b"\n_w_read=")
    starts = [match.start() for match in re.finditer(rb"^(?:[a-z_]+\(\) \{|\})\n", text, re.MULTILINE)]
    cuts = [1, 500, 4096, 5000, len(text) // 2, starts[-1], last - 1, last + 5, last + len(b"\n_w_read=whole") - 1]
    for cut in cuts:
        for damaged in (text[:cut], text[:cut] + bytes(len(text) - cut), bytes(cut)):
            home.launcher.write_bytes(damaged)
            said = shimmed(home, str(home.root / "real"))
            assert (said.returncode, said.stdout) == (0, "real a b --resume\n"), (cut, said)
            assert said.stderr.count("WITHOUT A MEMORY LIMIT") == 1 and "damaged" in said.stderr and said.stderr.count("\n") == 1, (
                cut,
                said,
            )
            wrapped = home.run(program, "a  b", "$x", script=home.data / "wrapper")
            assert (wrapped.returncode, wrapped.stdout, wrapped.stderr) == (0, "real a  b $x\n", ""), (cut, wrapped)
    assert "damaged" in (home.state / "launch/log").read_text()


def test_a_door_keeps_every_variable(home: Home) -> None:
    """A variable whose name no shell could have (npm's registry settings) reaches the program through shim and wrapper."""
    home.program("claude", "import os\nprint(os.environ.get('npm_config_//r/:x'))\n", home.root / "real")
    env = {"npm_config_//r/:x": "a 'b'", "PATH": f"{home.data / 'shims'}:{home.root / 'real'}:/usr/bin:/bin"}
    assert home.run(script=home.data / "shims/claude", env=env).stdout == "a 'b'\n"
    assert home.run(home.root / "real/claude", script=home.data / "wrapper", env=env).stdout == "a 'b'\n"


def test_the_wrapper_is_silent(home: Home) -> None:
    """As CLAUDE_CODE_PROCESS_WRAPPER nothing is printed whatever the settings are worth; what there is to say goes to the log. Refusing is not its business."""
    program = home.program("claude", "#!/bin/sh\nexit 9\n")
    for text in ("[launcher]\nwithout-limit = refuse\nsession-max = nonsense\n", "\x00\xff[[[\n=\n", None):
        if text is None:
            home.conf.unlink()
            home.conf.mkdir()
        else:
            home.conf.write_text(text)
        said = home.run(program, script=home.data / "wrapper")
        assert (said.returncode, said.stdout, said.stderr) == (9, "", "")
    assert "nonsense" in (home.state / "launch/log").read_text()


def test_limits_under_which_nothing_lives_are_passed_over(home: Home) -> None:
    """Values that no session could live under, or that a shell would take for octal, start the program all the same; the shim says it, the wrapper logs it."""
    program = home.program("claude", REAL, home.root / "real")
    home.conf.write_text("[launcher]\nsession-max = 4\ntasks-max = 0\nsession-swap = 08\noom-score = 20000\n")
    said = shimmed(home, str(home.root / "real"))
    assert said.stdout == "real a b --resume\n", said
    for text in ("session-max = 4", "tasks-max = 0", "oom-score = 20000"):
        assert said.stderr.count(f"{text} in") == 1, said
    wrapped = home.run(program, script=home.data / "wrapper")
    assert (wrapped.returncode, wrapped.stderr) == (0, "") and "session-max = 4 in" in (home.state / "launch/log").read_text()


def test_a_wrapper_in_a_wrapper(one_home: Home) -> None:
    """Claude starts wrapped processes from wrapped ones: that works, silently."""
    wrapper = str(one_home.data / "wrapper")
    said = one_home.run("sh", "-c", f"'{wrapper}' sh -c 'echo inner; exit 5'", script=one_home.data / "wrapper")
    assert (said.returncode, said.stdout, said.stderr) == (5, "inner\n", "")


def test_the_stub(home: Home) -> None:
    """What stays in the wrapper's place only becomes the program."""
    said = home.run("sh", "-c", 'echo "$1"; exit 3', "sh", "a  *", script=home.data / "stub")
    assert (said.returncode, said.stdout, said.stderr) == (3, "a  *\n", "")


def test_wslcfg_run(home: Home) -> None:
    """`wslcfg-run` takes the launcher's words with and without `--`, and says what to do where the launcher is not installed."""
    script = home.root / "wslcfg-run"
    shutil.copy(RESOURCES / "run.sh", script)
    assert home.run("--limit", "2GB", "echo", "-n", "x", script=script).stdout == "x"
    assert home.run("--", "echo", "y", script=script).stdout == "y\n"
    text = home.launcher.read_bytes()
    for damaged in (text[:500], text[:5000], bytes(5000)):
        home.launcher.write_bytes(damaged)
        said = home.run("echo", script=script)
        assert (said.returncode, said.stdout, said.stderr.count("\n")) == (5, "", 2), said
    home.launcher.unlink()
    said = home.run("echo", script=script)
    assert (said.returncode, said.stderr.count("\n")) == (5, 2)


def test_programs_can_be_executed() -> None:
    """Each text that becomes a program ships with its x bit; the watcher is none."""
    modes = {path.name: bool(path.stat().st_mode & stat.S_IXUSR) for path in RESOURCES.glob("*.sh")}
    assert modes.pop("watcher.sh") is False
    assert modes and all(modes.values()), modes
