"""Act: the modification time of a session that was written anew. Clients list by it and delete by it, so it stays what it was, where that is safe."""

from __future__ import annotations

import contextlib
import os
import time

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.index import times

_DAY_NS = 86400 * 10**9
_MS_NS = 10**6


class Kept(NamedTuple):
    """A file, its time in ns when it is written anew (None: now), and the size that it has then."""

    path: str
    at_ns: int | None
    size: int


def kept(path: str, size: int, days: int) -> Kept:
    """What a file's time is to be, asked before it is written.

    A millisecond later than it was, and later than the row that sessions-index.json has of it: whoever kept something about the file under its size and
    time reads it again. From a day before the client would delete it (`days`, cleanupPeriodDays) it becomes now.
    """
    try:
        was = os.stat(path).st_mtime_ns
    except OSError:
        return Kept(path, None, size)
    now, at = time.time_ns(), was
    with contextlib.suppress(OSError), open(f"{os.path.dirname(path)}/sessions-index.json", "rb") as file:
        at = max(at, times(file.read()).get(os.path.basename(path).removesuffix(".jsonl"), 0) * _MS_NS)
    at += _MS_NS
    return Kept(path, at if at < now and now - was < (days - 1) * _DAY_NS else None, size)


def keep(one: Kept) -> None:
    """Give the file that time. Somebody who has written to it since keeps theirs; a file system that refuses costs an order in a list alone."""
    if one.at_ns is None:
        return
    with contextlib.suppress(OSError):
        there = os.stat(one.path)
        if there.st_size == one.size:
            os.utime(one.path, ns=(there.st_atime_ns, one.at_ns))
