"""Look: whether a session's file may be written now, or a second agent started on it. Two writers of one session lose records."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from wslcfg.model.record import NamedTuple
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.live import live
from wslcfg.sessions.unnamed import Unnamed

# access(2)'s way of a file descriptor: the last two bits of its flags (open(2)); 0 is for reading alone.
_WAY = 0o3


class Hold(NamedTuple):
    """Who stands in the way: `pids`, and as a sentence `why`; `sure` is False for agents that may have the session and do not say."""

    pids: tuple[int, ...]
    why: str
    sure: bool


class Holders:
    """What processes have of sessions at this moment; looked at once, asked about any number of sessions."""

    def __init__(self, where: Roots, state: str, proc: str = "/proc") -> None:
        self._live = live(where, state, proc)
        self._unnamed = Unnamed(proc)
        self._open = dict(_open(proc))

    def of(self, one: SessionFile) -> Hold | None:
        """Who has a session, or may have it; None when nobody does."""
        if one.id in self._live:
            pid = self._live[one.id]
            return Hold((pid,), f"Session {one.id} is open in process {pid}.", True)
        if (held := self.writer(one.real)) is not None:
            return held
        if pids := self._unnamed.of(one):
            named = ", ".join(map(str, pids))
            why = f"Process {named} is an agent in {one.project} that does not say which session it has: it may be {one.id}."
            return Hold(pids, why, False)
        return None

    def writer(self, path: str) -> Hold | None:
        """Who has a file open to write to it, whatever program it is."""
        try:
            there = os.stat(path)
        except OSError:
            return None
        pid = self._open.get((there.st_dev, there.st_ino))
        return None if pid is None else Hold((pid,), f"{path} is open in process {pid}, which may write to it.", True)


def _open(proc: str) -> Iterator[tuple[tuple[int, int], int]]:
    """Device and inode of each file called as a session's or an index may be, that a process can write to; and its pid."""
    mine = str(os.getpid())
    for pid in _names(proc):
        if not pid.isdigit() or pid == mine:
            continue
        for number in _names(f"{proc}/{pid}/fd"):
            with contextlib.suppress(OSError, ValueError):
                # The name is asked first: stat of a file on a drive that is gone may wait for long.
                if not os.readlink(f"{proc}/{pid}/fd/{number}").endswith((".jsonl", ".json")):
                    continue
                with open(f"{proc}/{pid}/fdinfo/{number}", encoding="ascii") as file:
                    flags = next(line.split()[1] for line in file if line.startswith("flags:"))
                if int(flags, 8) & _WAY:
                    there = os.stat(f"{proc}/{pid}/fd/{number}")
                    yield (there.st_dev, there.st_ino), int(pid)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
