"""A home with agent sessions like those that were counted in the field, made from a seed, and what half an hour does to it.

Sizes are log-normal: S has 2,000 files and 213 MB (half of them below 18 KB, one in a hundred above 1.6 MB), L 10,000 files and 2 GB.
"""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Shape(NamedTuple):
    """A tree: how many files, the median size in bytes, the spread (sigma of the logarithm), the largest."""

    files: int
    median: int
    spread: float
    largest: int


SHAPES = {
    "XS": Shape(60, 18_000, 1.79, 1_000_000),
    "S": Shape(2_000, 18_000, 1.9, 10_300_000),
    "L": Shape(10_000, 30_000, 1.93, 104_000_000),
}
# Of the records; Codex's are response_item and event_msg.
TYPES = (
    *(
        "user",
        "assistant",
        "assistant",
        "assistant",
        "attachment",
        "system",
        "progress",
        "summary",
        "custom-title",
        "ai-title",
        "last-prompt",
    ),
    *("file-history-snapshot", "queue-operation", "tag", "mode", "response_item", "event_msg", "turn_context", "session_meta", "compacted"),
)
# Of a round: appended share, files added, deleted, rewritten; the median of an append.
APPENDED, ADDED, DELETED, REWRITTEN, APPEND = 0.02, 4, 3, 1, 30_000


class Tree:
    """A generated home at `home`; the same seed gives the same bytes."""

    def __init__(self, home: Path, shape: Shape, seed: int = 7) -> None:
        self.home, self.shape = home, shape
        self._random = random.Random(seed)
        words = ["".join(self._random.choices("abcdefghijklmnopqrstuvwxyz_./", k=self._random.randint(2, 11))) for _ in range(6000)]
        weights = [1 / (rank + 3) for rank in range(len(words))]
        self._text = " ".join(self._random.choices(words, weights, k=400_000))
        self._sessions: list[Path] = []

    def make(self) -> None:
        """Write the whole tree."""
        made = 0
        while made < self.shape.files:
            made += self._session(min(self.shape.files - made, self._random.choice((1, 1, 1, 2, 3, 6))))

    def mutate(self) -> None:
        """What half an hour does: appends to recent sessions, new ones, the oldest deleted, one rewritten through another file."""
        recent = self._sessions[len(self._sessions) // 2 :]
        for path in self._random.sample(recent, min(len(recent), max(int(APPENDED * self.shape.files), 1))):
            with open(path, "ab") as file:
                for piece in self._records(self._size(APPEND, 1.0)):
                    file.write(piece)
        for path in self._sessions[:DELETED]:
            path.unlink()
        del self._sessions[:DELETED]
        path = self._random.choice(self._sessions)
        data = path.read_bytes()
        other = path.with_suffix(".tmp")
        other.write_bytes(data[len(data) // 3 :])
        os.rename(other, path)
        for _ in range(ADDED):
            self._session(1)

    def size(self) -> int:
        """The size of all files."""
        return sum(one.stat().st_size for one in self.home.rglob("*") if one.is_file())

    def _session(self, files: int) -> int:
        """One session: its transcript, and with it files of subagents and of large results."""
        project = (
            f"-home-ana-{self._words(8)}"[:40] if self._random.random() < 0.1 or not self._sessions else self._sessions[-1].parent.name
        )
        id = self._id()
        if self._random.random() < 0.2:
            base = self.home / f".codex/sessions/2026/{self._random.randint(1, 12):02}/{self._random.randint(1, 28):02}"
            self._write(base / f"rollout-2026-01-01T00-00-00-{id}.jsonl")
            return 1
        if not project.startswith("-home"):
            project = "-home-ana-shop"
        base = self.home / ".claude/projects" / project
        self._write(base / f"{id}.jsonl")
        for number in range(files - 1):
            if number % 3 == 2:
                self._write(base / id / "tool-results" / f"{self._id()[:8]}.txt", session=False)
            else:
                self._write(base / id / "subagents" / f"agent-{self._id()[:8]}.jsonl")
        return files

    def _write(self, path: Path, *, session: bool = True) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            for piece in self._records(self._size(self.shape.median, self.shape.spread)):
                file.write(piece)
        if session:
            self._sessions.append(path)

    def _size(self, median: int, spread: float) -> int:
        return min(int(median * self._random.lognormvariate(0, spread)), self.shape.largest)

    def _records(self, size: int) -> Iterator[bytes]:
        """Records of about so many bytes in all."""
        session, parent = self._id(), None
        while size > 0:
            id = self._id()
            kind = self._random.choice(TYPES)
            record: dict[str, object] = {"parentUuid": parent, "isSidechain": False, "type": kind, "sessionId": session, "uuid": id}
            record |= {
                "cwd": "/home/ana/shop",
                "version": "2.1.329",
                "gitBranch": "main",
                "timestamp": f"2026-01-01T{size % 24:02}:00:00.000Z",
            }
            content: list[object] = [{"type": "text", "text": self._words(int(self._random.lognormvariate(6.2, 1.1)))}]
            if kind == "assistant":
                content.append({"type": "thinking", "thinking": self._words(300), "signature": self._opaque(180)})
            if size > 400_000 and self._random.random() < 0.004:
                picture = self._opaque(int(self._random.uniform(20_000, 90_000)))
                content += [{"type": "image", "source": {"type": "base64", "data": picture}}] * 2  # stored twice, as the client does
            record["message"] = {"role": kind, "content": content}
            parent = id
            line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
            size -= len(line)
            yield line

    def _words(self, length: int) -> str:
        at = self._random.randrange(len(self._text) - length - 1)
        return self._text[at : at + length]

    def _opaque(self, length: int) -> str:
        return base64.b64encode(self._random.randbytes(length)).decode()

    def _id(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
