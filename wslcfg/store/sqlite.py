"""Act: a copy of an SQLite database that somebody may be writing, made by SQLite's own backup API.

Copying the file's bytes would miss what still stands in its write-ahead log, or catch a transaction half done.
"""

from __future__ import annotations

import contextlib
import os

# How long a writer that holds the database is waited for; a client's transactions take milliseconds.
WAIT_S = 5.0


def copy(real: str, to: str) -> bool:
    """Copy the database at `real` to `to`, which gets the newest mtime of the database and its log; False when that cannot be done now.

    The database is opened read-only. One that nobody has open (no log beside it) is read as it lies, so that not even a shared-memory
    file is made beside it.
    """
    try:
        before = _times(real)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(to)
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if before[1] is None and _copy(real, to, "immutable=1") and _times(real) == before:
            pass
        elif not _copy(real, to, "mode=ro"):
            os.unlink(to)
            return False
        newest = max(one for one in before if one is not None)
        os.utime(to, ns=(newest, newest))
    except OSError:
        return False
    return True


def _copy(real: str, to: str, how: str) -> bool:
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(f"{_uri(real)}?{how}", uri=True, timeout=WAIT_S)) as source:
            # Small caches: the pages pass through once.
            source.execute("PRAGMA cache_size=-256")
            os.truncate(to, 0)
            with contextlib.closing(sqlite3.connect(to)) as target:
                target.execute("PRAGMA cache_size=-256")
                target.execute("PRAGMA synchronous=OFF")
                source.backup(target)
    except sqlite3.Error:
        return False
    return True


def _uri(path: str) -> str:
    """A path as SQLite's URIs have it; urllib has this too, but takes as long to import as a whole backup without news."""
    return "file:" + "".join(chr(byte) if byte < 128 and chr(byte) not in "%?#" else f"%{byte:02X}" for byte in os.fsencode(path))


def _times(real: str) -> tuple[int, int | None]:
    """The mtimes of the database and of its log, None for a log that is not there or empty."""
    log = None
    with contextlib.suppress(FileNotFoundError):
        found = os.stat(real + "-wal")
        log = found.st_mtime_ns if found.st_size else None
    return os.stat(real).st_mtime_ns, log
