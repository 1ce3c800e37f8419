"""Act: what was learned of each session file, kept under its inode, size and time, so that a second list reads only what changed.

Losing it costs a second, so nothing here fails: a cache that is damaged, of another version or not writable is none. It is one file, read in one go: a
line that says of which version it is and the checksum of what follows, then Python's own marshal, the quickest there is, of `{folder: {name: row}}`.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import zlib

# Raised when what is learned changes its meaning. The marshalled bytes are those of one version of Python.
_VERSION = f"wslcfg sessions 2 {sys.implementation.cache_tag} {marshal.version} ".encode()
# Records, good_bytes, problem ids and prompts of a file that was read whole.
Judged = tuple[int, int, tuple[str, ...], int]
# Inode, size, time in ns; title, folder, version; the judgement, None for a file that was not read whole.
Kept = tuple[int, int, int, str, "str | None", str, "Judged | None"]


class Cache:
    """The cache of one state folder; `save` writes it when something was added, with what is no longer there left out."""

    def __init__(self, state: str) -> None:
        self._path = os.path.join(state, "sessions-cache")
        self._old = _read(self._path)
        self._new: dict[str, dict[str, Kept]] = {}

    def rows(self, folder: str) -> dict[str, Kept]:
        """What is known of a folder's files, by name; whether a row is still true its first three say."""
        return self._old.get(folder, {})

    def keep(self, folder: str, rows: dict[str, Kept]) -> None:
        """Keep what a folder's files say now, by name; what is not kept in this run is gone with `save`."""
        if rows:
            self._new.setdefault(folder, {}).update(rows)

    def judged(self, path: str, there: os.stat_result) -> Judged | None:
        """Records, good bytes, problem ids and prompts of a file that is still as it was."""
        row = self._row(path, there)
        return None if row is None else row[6]

    def judge(self, path: str, there: os.stat_result, judged: Judged) -> None:
        """Keep a judgement beside what was learned before."""
        row = self._row(path, there)
        if row is not None:
            folder, name = os.path.split(path)
            self.keep(folder, {name: (*row[:6], judged)})

    def save(self) -> None:
        """Write what was learned. A cache that cannot be written is no failure."""
        if self._new == self._old:
            return
        raw = marshal.dumps(self._new)
        folder = os.path.dirname(self._path)
        with contextlib.suppress(OSError):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            # Titles are what a person typed: the file is theirs alone.
            new = f"{self._path}.{os.getpid()}"
            try:
                with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
                    file.write(b"%s%08x\n" % (_VERSION, zlib.crc32(raw)))
                    file.write(raw)
                os.replace(new, self._path)
            except OSError:
                os.unlink(new)

    def _row(self, path: str, there: os.stat_result) -> Kept | None:
        folder, name = os.path.split(path)
        row = self._new.get(folder, {}).get(name)
        return row if row is not None and row[:3] == (there.st_ino, there.st_size, there.st_mtime_ns) else None


def _read(path: str) -> dict[str, dict[str, Kept]]:
    try:
        with open(path, "rb") as file:
            told, raw = file.readline(200), file.read()
        # Nothing but what this version wrote itself, whole, is ever given to marshal.
        if told != b"%s%08x\n" % (_VERSION, zlib.crc32(raw)):
            return {}
        found: dict[str, dict[str, Kept]] = marshal.loads(raw)
        return found
    except (OSError, ValueError, TypeError, EOFError):
        return {}
