"""Transcripts made up for tests, in the shape that Claude Code 2.1.329 writes (see `wslcfg.sessions.transcript`)."""

from __future__ import annotations

import json
import os
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

# Of its own in each worker of a test run: a session counts as live wherever on the machine a process names it.
ID = f"1e99d6a4-5b1f-4a57-9d84-8a9dd4b1a{int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:]) + 1:03}"
START = datetime(2026, 11, 26, 3, 55, tzinfo=timezone.utc)


class Transcript:
    """A transcript that grows record by record; each is a minute after the one before, so that no client bridges a break."""

    def __init__(self, *, gap_s: float = 60, version: str = "2.1.329") -> None:
        self.lines: list[bytes] = []
        self.last: str | None = None
        self._gap, self._version = timedelta(seconds=gap_s), version
        self._number = 0

    def side(self, kind: str, **more: Any) -> None:
        """A record without a uuid."""
        self._put({"type": kind, **more, "sessionId": ID})

    def add(self, kind: str, *, parent: str | None = "last", **more: Any) -> str:
        """A chained record below the last one, or below another; its uuid."""
        self._number += 1
        mine = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{ID}{self._number}"))
        above = self.last if parent == "last" else parent
        at = (START + self._number * self._gap).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"parentUuid": above, "isSidechain": False, **more, "type": kind, "uuid": mine, "timestamp": at}
        self._put({**record, "cwd": "/home/ana/shop", "sessionId": ID, "version": self._version})
        self.last = mine
        return mine

    def ask(self, text: str, answer: str = "Yes.") -> None:
        """A prompt and its answer."""
        self.add("user", message={"role": "user", "content": text})
        content = [{"type": "text", "text": answer}]
        self.add("assistant", message={"id": f"msg_{self._number}", "type": "message", "role": "assistant", "content": content})

    def _put(self, record: dict[str, Any]) -> None:
        self.lines.append(json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")

    @property
    def raw(self) -> bytes:
        """The file."""
        return b"".join(self.lines)


def talk(prompts: int, *, gap_s: float = 60, version: str = "2.1.329") -> bytes:
    """A healthy session with so many prompts."""
    made = Transcript(gap_s=gap_s, version=version)
    made.side("mode", mode="normal")
    for number in range(prompts):
        made.ask(f'prompt {number}: what about naïve "quotes" and {{braces}}?', f'answer {number} {{"type":"text"}}')
        made.side("last-prompt", lastPrompt=f"prompt {number}")
    return made.raw
