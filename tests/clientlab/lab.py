"""The real client in throw-away namespaces: loopback alone for a network, the home under test at /home/dev, own pids.

`enter` runs a function of a test module in there, as root of its own small world; the function gets a `Lab`. The client can reach nothing but `api.py`, runs
under a clean environment with a key that opens nothing, and dies with the namespace.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HOME = Path("/home/dev")
PROJECT = HOME / "project"
KEY = "sk-ant-api03-dummy-dummy-dummy-dummy-0000"
NEEDED = ("unshare", "ip", "mount", "tmux")


class Ended(NamedTuple):
    """A finished child; `code` is None where it had to be killed."""

    code: int | None
    out: str
    err: str


def missing() -> str:
    """Why a lab cannot be made here, '' where it can."""
    if os.getuid() != 0:
        return "only root can make the namespaces"
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if lacking:
        return f"not here: {' '.join(lacking)}"
    tried = subprocess.run(["unshare", "-m", "-n", "-p", "--fork", "--mount-proc", "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else tried.stderr.strip()


def enter(scene: Callable[..., Any], home: Path, *words: str, timeout_s: float = 240) -> Any:
    """Run `scene(lab, *words)` in the namespaces over this home folder; what it returns must be JSON. What it raises fails here."""
    answer = home.parent / f"{home.name}.answer"
    answer.unlink(missing_ok=True)
    inside = [sys.executable, "-m", "tests.clientlab.lab", scene.__module__, scene.__qualname__, str(home), str(answer), *words]
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "NODE": shutil.which("node") or "",
    }
    done = subprocess.run(
        ["unshare", "-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc", *inside],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0 and answer.exists(), f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(answer.read_text(encoding="utf-8"))


class Lab:
    """One small world with the API in it.

    Attributes:
        env: what a login shell of the person would have; the scene may add to it before it starts anything.
    """

    def __init__(self, home: Path) -> None:
        _mount(home)
        self.tmp = Path(tempfile.mkdtemp(prefix="clientlab-"))
        PROJECT.mkdir(exist_ok=True)
        self._log = self.tmp / "requests"
        portfile = self.tmp / "port"
        api = [sys.executable, str(Path(__file__).with_name("api.py")), "--portfile", str(portfile), "--log", str(self._log)]
        self._api = subprocess.Popen(api, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(portfile.exists, "the API did not start")
        self.env = {
            "HOME": str(HOME),
            "USER": "dev",
            "LOGNAME": "dev",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(self.tmp),
            "ANTHROPIC_API_KEY": KEY,
            "IS_SANDBOX": "1",
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{portfile.read_text()}",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_BUG_COMMAND": "1",
        }
        _onboard()
        self._panes = 0

    def run(self, argv: Sequence[str], *, timeout_s: float = 60, cwd: Path = PROJECT, **env: str) -> Ended:
        """Run a command as the person would; `code` is None when it was still running at the time-out and was killed."""
        child = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return Ended(None, *child.communicate())
        return Ended(child.returncode, out, err)

    def requests(self) -> list[dict[str, Any]]:
        """What reached the API, in order."""
        return [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()] if self._log.exists() else []

    def pane(self, argv: Sequence[str]) -> Pane:
        """Start a command in a terminal of 160 x 50."""
        self._panes += 1
        return Pane(self.tmp / "tmux", f"pane{self._panes}", argv, self.env)

    def processes(self) -> dict[int, str]:
        """Every live process of this world: pid -> command line, its words parted by blanks."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) != os.getpid():
                with contextlib.suppress(OSError):
                    found[int(name)] = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return {pid: words for pid, words in found.items() if words}


class Pane:
    """A program in a terminal of tmux. `pid` is its process: the shell that tmux starts has exec'd it."""

    def __init__(self, socket: Path, name: str, argv: Sequence[str], env: dict[str, str]) -> None:
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(socket)]
        self._name = name
        inner = shlex.join(["env", "-i", *(f"{key}={value}" for key, value in env.items()), *argv])
        outer = {"PATH": "/usr/bin:/bin", "HOME": str(socket.parent), "SHELL": "/bin/sh", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        start = [*self._tmux, "new-session", "-d", "-s", name, "-x", "160", "-y", "50", "-c", str(PROJECT), f"exec {inner}"]
        subprocess.run(start, env=outer, check=True)
        self.pid = int(self._ask("display-message", "-p", "-t", name, "#{pane_pid}"))

    def screen(self) -> str:
        """What stands there now."""
        return self._ask("capture-pane", "-p", "-t", self._name)

    def type(self, text: str) -> None:
        """Type a line and press Enter when it is shown: a client that is still settling swallows the key."""
        self._ask("send-keys", "-t", self._name, "-l", text)
        self.wait(re.escape(text[:40]))
        time.sleep(0.5)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys, as tmux names them."""
        self._ask("send-keys", "-t", self._name, *keys)

    def wait(self, pattern: str, timeout_s: float = 30) -> str:
        """The screen as soon as it matches. Raises AssertionError with the last screen when it never does."""
        end = time.monotonic() + timeout_s
        while True:
            seen = self.screen()
            if re.search(pattern, seen):
                return seen
            assert time.monotonic() < end, f"never saw {pattern!r}:\n{seen}"
            time.sleep(0.2)

    def _ask(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=False).stdout


def wait_for(true: Callable[[], object], what: str, timeout_s: float = 20) -> None:
    """Wait until it holds. Raises AssertionError."""
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def _mount(home: Path) -> None:
    """Put the home under test at /home/dev; the other homes stay, since this checkout may lie in one."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    homes, tested = Path(tempfile.mkdtemp(prefix="clientlab-homes-")), Path(tempfile.mkdtemp(prefix="clientlab-home-"))
    subprocess.run(["mount", "--rbind", "/home", homes], check=True)
    subprocess.run(["mount", "--bind", home, tested], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/home"], check=True)
    for other in [*homes.iterdir(), tested]:
        at = HOME if other == tested else HOME.parent / other.name
        at.mkdir(exist_ok=True)
        subprocess.run(["mount", "--rbind", other, at], check=True)
    for handle in (homes, tested):
        subprocess.run(["umount", "-R", handle], check=True)
        handle.rmdir()


def _onboard() -> None:
    """Answer the questions that a first start asks."""
    path = HOME / ".claude.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known |= {"hasCompletedOnboarding": True, "theme": "dark", "numStartups": 5, "lastOnboardingVersion": "9.9.9", "autoUpdates": False}
    known |= {"bypassPermissionsModeAccepted": True, "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []}}
    trusted = {"hasTrustDialogAccepted": True, "projectOnboardingSeenCount": 4, "hasCompletedProjectOnboarding": True, "allowedTools": []}
    known.setdefault("projects", {}).setdefault(str(PROJECT), {}).update(trusted)
    path.write_text(json.dumps(known), encoding="utf-8")


def main(module: str, name: str, home: str, answer: str, *words: str) -> None:
    """Inside the namespaces: make the lab, run the scene, end everything."""
    scene = getattr(importlib.import_module(module), name)
    lab = Lab(Path(home))
    told = scene(lab, *words)
    Path(answer).write_text(json.dumps(told), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    shutil.rmtree(lab.tmp, ignore_errors=True)
    # As pid 1 of this world: the kernel ends what is left.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
