"""Act: what was learned of each session file, kept under its inode, size and time, so that a second list reads only what changed.

Losing it costs a second, so nothing here fails: a cache that is damaged, of another version or not writable is none.
"""

from __future__ import annotations

import contextlib
import json
import os

# Raised when what is learned changes its meaning.
_VERSION = 1
# What of a file is learned: its title, folder, version; records, good_bytes and problem ids when it was read whole, else None.
Learned = tuple[str, str | None, str]
Judged = tuple[int, int, tuple[str, ...], int]


class Cache:
    """The cache of one state folder; `save` writes it when something was added, with what is no longer there left out."""

    def __init__(self, state: str) -> None:
        self._path = os.path.join(state, "sessions-cache.json")
        self._old = _read(self._path)
        self._new: dict[str, list[object]] = {}
        self._changed = False

    def learned(self, path: str, there: os.stat_result) -> Learned | None:
        """Title, folder and version of a file that is still as it was, None for one that has to be read."""
        row = self._row(path, there)
        return None if row is None else (row[3], row[4], row[5])  # type: ignore[return-value]

    def learn(self, path: str, there: os.stat_result, learned: Learned) -> None:
        """Keep what was read."""
        self._new[path] = [there.st_ino, there.st_size, there.st_mtime_ns, *learned, None]
        self._changed = True

    def judged(self, path: str, there: os.stat_result) -> Judged | None:
        """Records, good bytes, problem ids and prompts of a file that is still as it was."""
        row = self._row(path, there)
        if row is None or not isinstance(row[6], list):
            return None
        records, good, problems, prompts = row[6]
        return records, good, tuple(problems), prompts

    def judge(self, path: str, there: os.stat_result, judged: Judged) -> None:
        """Keep a judgement beside what was learned before."""
        row = self._row(path, there)
        if row is not None:
            self._new[path] = [*row[:6], [judged[0], judged[1], list(judged[2]), judged[3]]]
            self._changed = True

    def save(self) -> None:
        """Write what was learned. A cache that cannot be written is no failure."""
        if not self._changed and len(self._new) == len(self._old):
            return
        raw = json.dumps([_VERSION, self._new], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        folder = os.path.dirname(self._path)
        with contextlib.suppress(OSError):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            # Titles are what a person typed: the file is theirs alone.
            new = f"{self._path}.{os.getpid()}"
            try:
                with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
                    file.write(raw)
                os.replace(new, self._path)
            except OSError:
                os.unlink(new)

    def _row(self, path: str, there: os.stat_result) -> list[object] | None:
        row = self._new.get(path) or self._old.get(path)
        if row is None or row[:3] != [there.st_ino, there.st_size, there.st_mtime_ns]:
            return None
        self._new[path] = row
        return row


def _read(path: str) -> dict[str, list[object]]:
    try:
        with open(path, "rb") as file:
            version, rows = json.loads(file.read().decode("utf-8", "surrogatepass"))
        return rows if version == _VERSION and isinstance(rows, dict) else {}
    except (OSError, ValueError, TypeError):
        return {}
