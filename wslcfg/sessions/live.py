"""Look: which sessions a running process owns. Two writers of one session lose records, so nothing may write to a file of these.

In this order of trust: the launcher's own records, Claude's sessions/<pid>.json (stale ones stay after a kill: the start time tells), arguments
(`--resume ID`), and the rollout that Codex holds open. A client that says nothing of itself is not found: a guess would be worse.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator

from wslcfg.model.inside import LIVE, parse_record
from wslcfg.model.late import late
from wslcfg.model.session import Roots
from wslcfg.sessions.records import UUID

_ID = late(UUID)
_ROLLOUT = late(rf"/rollout-[^/]*-({UUID})\.jsonl(?: \(deleted\))?$")
_NAMED = ("--resume", "-r", "--session-id", "resume")


def live(where: Roots, state: str, proc: str = "/proc") -> dict[str, int]:
    """Session id -> pid of a process that has it now.

    Args:
        where: whose Claude folder has `sessions/`. state: wslcfg's state folder. proc: where the kernel tells of processes.
    """
    found: dict[str, int] = {}
    for pid, session in (*_arguments(proc), *_told(where, proc), *_launched(state, proc)):
        found[session] = pid
    return found


def _launched(state: str, proc: str) -> Iterator[tuple[int, str]]:
    """The launcher's records, `launch/live/PID`; where a record has the start time it is held against the process."""
    folder = os.path.join(state, LIVE)
    for name in _names(folder):
        record = parse_record(_read(os.path.join(folder, name)))
        session = record.get("session", "")
        began = started(proc, name)
        if _ID.fullmatch(session) and began and record.get("start", began) in {began, ""}:
            yield int(name), session


def _told(where: Roots, proc: str) -> Iterator[tuple[int, str]]:
    folder = f"{where.claude}/sessions"
    for name in _names(folder):
        if not name.endswith(".json") or not name[:-5].isdigit():
            continue
        with contextlib.suppress(ValueError, RecursionError):
            told = json.loads(_read(f"{folder}/{name}"))
            if not isinstance(told, dict) or not isinstance(told.get("sessionId"), str):
                continue
            began = started(proc, name[:-5])
            # Clients before 2.1.150 write no procStart: then the pid has to do.
            if began and str(told.get("procStart") or began) == began:
                yield int(name[:-5]), told["sessionId"]


def _arguments(proc: str) -> Iterator[tuple[int, str]]:
    """Sessions that a process names in its arguments, and rollouts that one holds open."""
    mine = os.getpid()
    for name in _names(proc):
        if not name.isdigit() or int(name) == mine:
            continue
        words = _read(f"{proc}/{name}/cmdline").split("\0")
        program = " ".join(os.path.basename(word) for word in words[:2])
        if "claude" not in program and "codex" not in program and not re.match(r"\d+\.\d+\.\d+", os.path.basename(words[0])):
            continue
        for at, word in enumerate(words):
            key, _, value = word.partition("=")
            value = value if value else words[at + 1] if word in _NAMED and at + 1 < len(words) else ""
            if key in _NAMED and _ID.fullmatch(value):
                yield int(name), value
        if "codex" in program:
            for number in _names(f"{proc}/{name}/fd"):
                with contextlib.suppress(OSError):
                    if held := _ROLLOUT.search(os.readlink(f"{proc}/{name}/fd/{number}")):
                        yield int(name), held[1]


def started(proc: str, pid: str) -> str:
    """Start time of a process in clock ticks since the boot (field 22 of its stat), '' when there is none or it is a zombie."""
    fields = _read(f"{proc}/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) >= 20 and fields[0] not in {"Z", "X"} else ""


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except (OSError, ValueError):
        return ""
