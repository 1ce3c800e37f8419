"""Scenes with sessions: the client writes one and is killed, wherever it is; later it resumes, by id and from its own list."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from tests.clientlab.lab import HOME, Lab, Pane, wait_for

CLAUDE = str(HOME / ".local/bin/claude")
PROJECTS = HOME / ".claude/projects"
_READY = r"(?m)^\s*(❯|>)(\s|$)"


# Where a kill meets the client -> the last prompt, which takes it there.
LAST = {"stream": "SLOW 20 the last prompt", "tool": "TOOL tail -f /dev/null", "idle": "the last prompt"}


def speak(lab: Lab, how: str, *prompts: str) -> str:
    """Type these into the client's terminal, and LAST's; kill it in the middle of an answer, of a tool, or when it has nothing to do; the session's id."""
    pane = lab.pane([CLAUDE, *(["--dangerously-skip-permissions"] if how == "tool" else [])])
    pane.wait(_READY)
    time.sleep(1)
    for prompt in prompts:
        pane.type(prompt)
        pane.wait(rf"ECHO\[\d+\]: {re.escape(prompt)}")
    pane.type(LAST[how])
    if how == "stream":
        pane.wait(r"w7\b")
    elif how == "tool":
        wait_for(lambda: any(words.startswith("tail -f") for words in lab.processes().values()), pane.screen())
    else:
        pane.wait(rf"ECHO\[\d+\]: {LAST[how]}")
        time.sleep(1)
    os.kill(pane.pid, signal.SIGKILL)
    (written,) = [path for path in PROJECTS.glob("*/*.jsonl") if prompts[0].encode() in path.read_bytes()]
    return written.stem


def by_id(lab: Lab, *sessions: str) -> dict[str, list[str]]:
    """What the model is told when each session is resumed by its id; nothing where the client refused or never came to an end."""
    found = {}
    for session in sessions:
        before = len(lab.requests())
        # A client that hangs on a circle grows without end: it is killed.
        lab.run([CLAUDE, "-p", "--resume", session, "CONTEXT?"], timeout_s=45)
        found[session] = _told(lab, before)
    return found


def by_list(lab: Lab, *labels: str) -> dict[str, list[str]]:
    """What the model is told when each session is chosen from the client's own list by the text that it shows there."""
    return {label: _chosen(lab, label) or _chosen(lab, label) for label in labels}


def _chosen(lab: Lab, label: str) -> list[str]:
    """One try: a client that is still settling swallows keys, and is asked a second time before it is believed."""
    with contextlib.suppress(AssertionError):
        return _choose(lab, label)
    return []


def _choose(lab: Lab, label: str) -> list[str]:
    pane = lab.pane([CLAUDE, "--resume"])
    try:
        pane.wait(r"(?i)resume|no conversations|select", 60)
        seen = _settled(pane)
        for _ in range(60):
            if label in seen:
                break
            # A list that shows few rows at a time goes on below.
            pane.press("Down")
            time.sleep(0.3)
            last, seen = seen, pane.screen()
            if seen == last:
                return []
        for _ in range(40):
            rows = pane.screen().splitlines()
            cursor = next((at for at, row in enumerate(rows) if re.match(r"^\s*❯ \S", row) and "⌕" not in row), None)
            target = next((at for at, row in enumerate(rows) if label in row), None)
            if cursor is None or target is None or cursor == target:
                break
            pane.press("Down" if cursor < target else "Up")
            time.sleep(0.3)
        pane.press("Enter")
        pane.wait(_READY, 60)
        _settled(pane)
        before = len(lab.requests())
        for _ in range(4):
            pane.press("C-u")
            pane.type("CONTEXT?")
            end = time.monotonic() + 15
            while time.monotonic() < end:
                if len(told := _told(lab, before)) > 1:
                    return told
                time.sleep(0.2)
        return []
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pane.pid, signal.SIGKILL)


def _settled(pane: Pane) -> str:
    """The screen once it has not changed for a second."""
    seen, since, end = pane.screen(), time.monotonic(), time.monotonic() + 15
    while time.monotonic() - since < 1 and time.monotonic() < end:
        time.sleep(0.2)
        now = pane.screen()
        if now != seen:
            seen, since = now, time.monotonic()
    return seen


def _told(lab: Lab, before: int) -> list[str]:
    """The user's texts of the request that asks for the context; the client's own questions about a prompt (its topic) carry less."""
    found: list[list[Any]] = [request.get("user_texts", []) for request in lab.requests()[before:]]
    asked = [texts for texts in found if any(text.startswith("CONTEXT?") for text in texts)]
    return [str(text) for text in max(asked, key=len, default=[])]


def files_of(home: Path) -> dict[str, bytes]:
    """Every transcript below a home that is not entered."""
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.glob(".claude/projects/*/*.jsonl")}
