"""Look: agents that run in a session's folder and say of no session that it is theirs: they may have it, so nobody writes to it unasked.

Clients of JavaScript (up to 2.1.112) overwrite their arguments and hold no file open, and those before 2.1.112 leave no file about themselves.
"""

from __future__ import annotations

import os
import re

from wslcfg.model.session import SessionFile

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_NAMES = ("--resume", "-r", "--session-id", "resume", "-p", "--print")


def unnamed(one: SessionFile, proc: str = "/proc") -> tuple[int, ...]:
    """Pids of agents of the session's kind in its folder, older than its last change, whose arguments name no session."""
    if one.provider != "claude" or one.project is None:
        return ()
    return tuple(pid for pid in _pids(proc) if _may_have(one, pid, proc))


def _pids(proc: str) -> list[int]:
    try:
        return [int(name) for name in os.listdir(proc) if name.isdigit() and int(name) != os.getpid()]
    except OSError:
        return []


def _may_have(one: SessionFile, pid: int, proc: str) -> bool:
    try:
        with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
            comm = file.read().strip()
        if comm != "claude" and not _VERSION.fullmatch(comm):
            return False
        with open(f"{proc}/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            words = file.read().split("\0")
        if os.readlink(f"{proc}/{pid}/cwd") != os.path.realpath(one.project or "/"):
            return False
        began = os.stat(f"{proc}/{pid}").st_mtime
    except OSError:
        return False
    return not any(word.partition("=")[0] in _NAMES for word in words) and began <= one.modified_at.timestamp()
