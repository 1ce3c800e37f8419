"""The launched program is itself: it gets everything as if the launcher were not there, whatever shell is sh."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.launch.conftest import Home, has_manager, soon

ODD = [
    "a  b",
    "",
    "*",
    "~",
    "$HOME",
    "$(id)",
    "`id`",
    "%i %%",
    "\\",
    "\\n",
    "line\nbreak",
    "tab\t",
    "'",
    '"',
    "-x",
    "--",
    "--limit",
    "ä😀",
    "!!",
    ";",
    "&",
    "#",
    "{a,b}",
]
TELL = """
import json, os, sys
ignored = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("SigIgn"))
print(json.dumps({"argv": sys.argv[1:], "pid": os.getpid(), "ppid": os.getppid(), "group": os.getpgrp(), "session": os.getsid(0), "cwd": os.getcwd(),
    "env": {os.fsdecode(k): os.fsdecode(v) for k, v in os.environb.items()}, "umask": os.umask(0), "ignored": ignored,
    "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}"))}))
try:
    os.waitpid(-1, os.WNOHANG)
    print("has a child")
except ChildProcessError:
    pass
"""
# What shells and Python change of themselves.
OWN = {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}


def told(argv: list[str], env: dict[str, str], cwd: Path) -> dict:
    """What a started TELL says of itself."""
    child = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    first, *more = child.communicate(timeout=60)[0].splitlines()
    said = json.loads(first)
    assert (child.returncode, more) == (0, []), more
    assert said.pop("pid") == child.pid
    return said


def test_the_program_gets_everything(home: Home) -> None:
    """Pid, arguments with every odd character, environment with names that no shell can have, folder, files, umask: as without a launcher; no child."""
    tell = str(home.program("tell", TELL))
    odd = {
        "a.b": "1\n2",
        "npm_config_//host/:_key": "it's",
        "BASH_FUNC_f%%": "() {  echo 'x'\n}",
        "_w": "mine",
        "name": "x",
        "line": "y",
    }
    env = home.env | odd
    plain = told([tell, *ODD], env, home.root)
    ours = told([*home.shell, str(home.launcher), "--", tell, *ODD], env, home.root)
    for said in (plain, ours):
        for name in OWN:
            said["env"].pop(name, None)
    assert ours == plain
    assert ours["argv"] == ODD and ours["env"]["a.b"] == "1\n2"


@pytest.mark.parametrize("code", [0, 1, 7, 130, 255])
def test_exit_codes(one_home: Home, code: int) -> None:
    """The exit code is the program's."""
    assert one_home.run("--", "sh", "-c", f"exit {code}").returncode == code


def test_signals_end_the_program(home: Home) -> None:
    """A signal to the pid that was started is one to the program, and what it dies of is seen by whoever waits."""
    program = home.program("waits", "import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    for number in (signal.SIGTERM, signal.SIGKILL):
        child = home.open("--", program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdout is not None and child.stdout.readline() == "up\n"
        child.send_signal(number)
        assert child.wait(30) == -number
        child.stdout.close()


def test_what_cannot_be_started(home: Home) -> None:
    """A program that is not there is 127 and one that may not be executed 126, as in every shell; each in two lines."""
    (home.root / "text").write_text("no program")
    for word, code in (("no-such-program", 127), ("./no/such", 127), ("./text", 126)):
        said = home.run("--", word)
        assert (said.returncode, said.stdout, said.stderr.count("\n")) == (code, "", 2), said


@pytest.mark.parametrize(
    "words", [[], ["--"], ["--limit"], ["--limit", "4qB", "--", "true"], ["--swap=x", "true"], ["--limit", "0", "true"], ["--what", "true"]]
)
def test_usage(one_home: Home, words: list[str]) -> None:
    """A mistake in the launcher's own words starts nothing: 2, and two lines."""
    said = one_home.run(*words)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 2), said


def test_streams_pass_through(home: Home) -> None:
    """What comes on stdin reaches the program byte for byte, and closed streams hurt nobody."""
    data = "".join(map(chr, (*range(1, 13), *range(14, 127)))) * 500  # without CR, which subprocess would translate
    assert home.run("--", "cat", stdin=None, input=data).stdout == data
    marker = home.root / "ran"
    closed = f"exec {shlex.join([*home.shell, str(home.launcher)])} -- touch {shlex.quote(str(marker))} <&- >&- 2>&-"
    done = subprocess.run(["bash", "-c", closed], env=home.env, timeout=60, check=False)
    assert done.returncode == 0 and marker.exists()


def test_the_watcher_holds_nothing(home: Home) -> None:
    """The watcher has a session of its own and none of the program's files, so that no pipe and no lock stays open through it."""
    read, write = os.pipe()
    child = home.open("--", "sleep", "20", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[write])
    try:
        record = home.live(child.pid)
        assert record["program"] == "sleep" and record["cwd"] == str(home.root)
        watcher = int(record["watcher"].split()[0])
        assert os.getsid(watcher) == watcher
        links = set()
        for fd in os.listdir(f"/proc/{watcher}/fd"):
            with suppress(FileNotFoundError):  # it opens and closes files of its own between two looks
                links.add(os.readlink(f"/proc/{watcher}/fd/{fd}"))
        assert "/dev/null" in links and not {link for link in links if link.startswith(("pipe:", "/dev/pts"))}, links
    finally:
        child.kill()
        child.wait()
        os.close(read)
        os.close(write)
    soon(lambda: not (home.state / f"launch/live/{child.pid}").exists())
    assert home.reports() == []


class Terminal:
    """An interactive bash on a terminal of its own."""

    def __init__(self, home: Home) -> None:
        pid, self.master = pty.fork()
        if pid == 0:
            # A run in the background has it ignored, and a shell hands that on.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(home.root)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], home.env | {"PS1": "ready> ", "TERM": "dumb", "HISTFILE": ""})
        self.pid, self.seen = pid, ""
        self.wait_for("ready> ")

    def send(self, text: str) -> None:
        """Type."""
        os.write(self.master, text.encode())

    def wait_for(self, pattern: str) -> str:
        """Read until a pattern has come; gives what came up to it."""
        deadline = time.monotonic() + 30
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < deadline, f"{pattern!r} did not come: {self.seen!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += os.read(self.master, 4096).decode(errors="replace")
        before, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return before

    def close(self) -> None:
        """End the shell."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def test_job_control(home: Home) -> None:
    """On a terminal the program is a job like any other: it is stopped, goes on in the foreground, is interrupted, and can ask for the terminal's size."""
    home.program("job", "import os, time\nprint('job on', os.ttyname(0), os.tcgetpgrp(0) == os.getpgrp(), flush=True)\ntime.sleep(60)\n")
    terminal = Terminal(home)
    try:
        terminal.send(f"{shlex.join([*home.shell, str(home.launcher)])} -- job\n")
        assert "True" in terminal.wait_for(r"job on /dev/pts/\d+ \w+\r\n")
        terminal.send("\x1a")
        terminal.wait_for("Stopped")
        terminal.send("jobs\n")
        terminal.wait_for("Stopped.*job")
        terminal.send("fg\n")
        time.sleep(0.3)
        terminal.send("\x03")
        terminal.wait_for("KeyboardInterrupt")
        terminal.wait_for("ready> ")
        terminal.send("echo code=$?\n")
        terminal.wait_for("code=1[^0-9]|code=130")
    finally:
        terminal.close()


def test_it_works_without_python(one_home: Home, tmp_path: Path) -> None:
    """With a PATH that has no Python and no wslcfg the launcher, its watcher and the wrapper work: nothing of them is Python."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (
        "sh",
        "cat",
        "mkdir",
        "mv",
        "rm",
        "find",
        "date",
        "sed",
        "tr",
        "grep",
        "readlink",
        "setsid",
        "timeout",
        "tail",
        "sleep",
        "env",
        "printf",
    ):
        path = shutil.which(name)
        assert path, name
        (tools / name).symlink_to(path)
    env = {"PATH": str(tools)}
    done = one_home.run("--", "cat", "/proc/self/comm", env=env)
    assert (done.returncode, done.stdout) == (0, "cat\n")
    child = subprocess.Popen(
        [*one_home.shell, str(one_home.launcher), "sleep", "20"], env=one_home.env | env, stderr=subprocess.DEVNULL, cwd=one_home.root
    )
    try:
        assert one_home.live(child.pid)["program"] == "sleep"
    finally:
        child.kill()
        child.wait()


@pytest.mark.skipif(has_manager(), reason="a systemd user manager is here, so a limit can be set")
def test_no_limit_is_said_or_refused(home: Home) -> None:
    """Where no limit can be set the program runs with one loud line, or with without-limit=refuse not at all."""
    said = home.run("--", "echo", "ran")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (0, "ran\n", 1)
    assert "WITHOUT A MEMORY LIMIT" in said.stderr
    home.settings("without-limit = refuse")
    said = home.run("--", "echo", "ran")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (3, "", 2)


def test_inside_a_session_it_execs_plainly(home: Home) -> None:
    """What an agent's tool starts stays in the agent's group: no line, no watcher, no record."""
    said = home.run("--", "echo", "ran", env={"CLAUDECODE": "1"})
    assert (said.returncode, said.stdout, said.stderr) == (0, "ran\n", "")
    said = home.run("--limit", "1GB", "--", "echo", "ran", env={"CLAUDECODE": "1"})
    assert said.stdout == "ran\n" and "--limit is passed over" in said.stderr
    assert not home.state.exists()


@pytest.mark.parametrize("where", ["/proc", "/dev/null", ""])
def test_a_home_that_takes_nothing(one_home: Home, where: str) -> None:
    """With a home that cannot be written, is no folder or is not set, the program starts as ever."""
    said = one_home.run("--", "echo", "ran", env={"HOME": where})
    assert (said.returncode, said.stdout) == (0, "ran\n")
    assert one_home.run("echo", "ran", script=one_home.data / "wrapper", env={"HOME": where}).stdout == "ran\n"


def test_a_limit_on_files_and_a_full_disk(one_home: Home) -> None:
    """A limit of 0 on the size of files, and a disk without room, cost the record and not the start."""
    for wrapped in (
        f"ulimit -f 0; exec {shlex.join(['sh', str(one_home.data / 'wrapper')])} echo ran",
        f"ulimit -f 0; exec sh {shlex.quote(str(one_home.launcher))} echo ran",
    ):
        done = subprocess.run(["bash", "-c", wrapped], env=one_home.env, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (0, "ran\n")
    one_home.state.mkdir(parents=True, exist_ok=True)
    state, wrapper = shlex.quote(str(one_home.state)), shlex.quote(str(one_home.data / "wrapper"))
    full = f"mount -t tmpfs -o size=4k,nr_inodes=2 none {state} && : >{state}/x; {wrapper} echo ran"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", full], env=one_home.env, capture_output=True, text=True, timeout=60, check=False)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_this_machines_python_starts_it(one_home: Home) -> None:
    """`wslcfg run` hands over by exec: same pid, arguments and environment as they were, SIGPIPE as it is by default."""
    tell = str(one_home.program("tell", TELL))
    env = {name: value for name, value in one_home.env.items() if name != "LANG"} | {"PYTHONPATH": str(ROOT), "a.b": "1"}
    plain = told([tell, *ODD], env, one_home.root)
    ours = told([sys.executable, "-m", "wslcfg", "run", "--limit", "2GB", "--", tell, *ODD], env, one_home.root)
    assert (ours["argv"], ours["ignored"], ours["fds"]) == (ODD, plain["ignored"], plain["fds"])
    assert {name: value for name, value in ours["env"].items() if name not in OWN} == {
        name: value for name, value in plain["env"].items() if name not in OWN
    }
