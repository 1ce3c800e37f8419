"""Fault injection: a forked child runs an action under strace, which kills it (or fails it) at the N-th call of one system call.

The child is forked from this process with everything imported and is attached to before it starts, so that strace counts the action's calls alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from wslcfg.errors import WslcfgError

# Every call by which apply can change a disk; one that this machine's Python never makes is simply never hit.
CALLS = (
    *("openat", "write", "pwrite64", "rename", "renameat", "renameat2", "fsync", "fdatasync", "mkdir", "mkdirat", "unlink", "unlinkat"),
    *("rmdir", "ftruncate", "chmod", "fchmod", "fchown", "link", "linkat", "flock"),
)


class Hit(NamedTuple):
    """One injected fault: where, whether it fired, and how the child ended (`ok`, `killed`, `error: …`, `crash: …`)."""

    call: str
    when: int
    fired: bool
    ended: str


def possible() -> str:
    """'' when strace can attach here, else why not."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = run("openat", 10_000, "signal=KILL", lambda: None)
    return "" if tried.ended == "ok" else f"strace cannot attach here: {tried.ended}"


def points(fault: str, action: Callable[[], object], prepare: Callable[[], None]) -> Iterator[Hit]:
    """Inject the fault at each call in turn, with `prepare` before each, and yield every hit that fired."""
    for call in CALLS:
        when = 1
        while True:
            prepare()
            hit = run(call, when, fault, action)
            if not hit.fired:
                assert hit.ended == "ok", hit
                break
            yield hit
            when += 1


def run(call: str, when: int, fault: str, action: Callable[[], object]) -> Hit:
    """Run the action in a child with one fault."""
    go_read, go_write = os.pipe()
    told_read, told_write = os.pipe()
    child = os.fork()
    if child == 0:
        _child(go_read, told_write, action)
    os.close(go_read)
    os.close(told_write)
    with tempfile.NamedTemporaryFile() as log:
        argv = ["strace", "-p", str(child), "-o", log.name, "-e", f"trace={call}", "-e", "signal=none"]
        tracer = subprocess.Popen([*argv, "-e", f"inject={call}:{fault}:when={when}"], stderr=subprocess.PIPE)
        assert tracer.stderr is not None
        attached = b"attached" in tracer.stderr.readline()
        os.write(go_write, b"g")
        os.close(go_write)
        with open(told_read, "rb") as told:
            said = told.read().decode()
        _, status = os.waitpid(child, 0)
        tracer.wait()
        tracer.stderr.close()
        traced = Path(log.name).read_text(errors="replace")
    # A killed call has no result, so strace does not mark it; the death is the mark.
    killed = os.WIFSIGNALED(status)
    ended = "killed" if killed else said if attached else "not attached"
    return Hit(call, when, killed or "(INJECTED)" in traced, ended)


def _child(go_read: int, told_write: int, action: Callable[[], object]) -> None:
    """Wait for the tracer, act, tell how it went, and leave without Python's own farewell."""
    os.read(go_read, 1)
    try:
        action()
        said = "ok"
    except WslcfgError as error:
        said = f"error: {error.code}: {error.message} | {error.hint}"
    except BaseException as error:
        said = f"crash: {error!r}"
    # sendto is none of the injected calls, and neither is writev: the word gets out even when write fails.
    os.writev(told_write, [said.encode()])
    os._exit(0)


def fast_folder() -> str | None:
    """A folder in memory, where an fsync costs nothing; None for the ordinary place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
