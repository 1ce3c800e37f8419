"""Look: agents that run in a session's folder and say of no session that it is theirs: they may have it, so nobody writes to it unasked.

Clients of JavaScript (up to 2.1.112) overwrite their arguments and hold no file open, and those before 2.1.112 leave no file about themselves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from wslcfg.model.late import late
from wslcfg.model.session import SessionFile
from wslcfg.sessions.live import started

_VERSION = late(r"\d+\.\d+\.\d+")
_NAMES = ("--resume", "-r", "--session-id", "resume", "-p", "--print")


class Unnamed:
    """The agents of this moment that name no session; looked at once, asked about any number of sessions."""

    def __init__(self, proc: str = "/proc") -> None:
        self._agents = list(_agents(proc))

    def of(self, one: SessionFile) -> tuple[int, ...]:
        """Pids of agents of the session's kind in its folder, older than its last change."""
        if one.provider != "claude" or one.project is None or not self._agents:
            return ()
        try:
            folder = os.path.realpath(one.project)
        except (OSError, ValueError):  # a name that no folder can have
            return ()
        changed = one.modified_at.timestamp()
        return tuple(pid for pid, cwd, began in self._agents if cwd == folder and began <= changed)


def _agents(proc: str) -> Iterator[tuple[int, str, float]]:
    """Pid, folder and start of each agent that names no session; the start at its earliest, in seconds since 1970."""
    booted = _booted(proc)
    ticks = os.sysconf("SC_CLK_TCK")
    try:
        pids = [name for name in os.listdir(proc) if name.isdigit() and int(name) != os.getpid()]
    except OSError:
        return
    for pid in pids:
        try:
            with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
                comm = file.read().strip()
            if comm != "claude" and not _VERSION.fullmatch(comm):
                continue
            with open(f"{proc}/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                words = file.read().split("\0")
            cwd = os.readlink(f"{proc}/{pid}/cwd")
        except OSError:
            continue
        ago = started(proc, pid)
        if ago and not any(word.partition("=")[0] in _NAMES for word in words):
            yield int(pid), cwd, booted + int(ago) / ticks


def _booted(proc: str) -> float:
    """When the kernel started, in seconds since 1970: `btime` of /proc/stat, rounded down, so never too late; 0 where it cannot be read."""
    try:
        with open(f"{proc}/stat", encoding="ascii", errors="replace") as file:
            found = re.search(r"^btime (\d+)$", file.read(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
