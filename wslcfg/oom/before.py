"""Think: what a log itself says was started just before a kill: the lines of cron and systemd that stand above it.

They are looked for only above a kill, and each part of a log once, so a log without a kill costs nothing and one of kills alone no second reading.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

from wslcfg.oom import traces
from wslcfg.oom.event import Heard, Start
from wslcfg.oom.prefix import read
from wslcfg.oom.stamp import Clock

# So much of the log above a kill is looked at: two minutes of a busy system.
LOOK = 256 << 10
_MOST_STARTS, _MOST_HEARD = 2000, 200
_WORDS = (b" CMD (", b"Started ", b"Starting ")
# Who speaks of starts; a kernel's log alone has neither, and its silence says nothing.
_SPEAKERS = (("cron", (b"CRON[", b"cron[", b"crond[", b'"CRON"', b'"crond"')), ("unit", (b"systemd[", b'"systemd"')))
_LONGEST = 4 << 10


class Before:
    """Gathers the starts above each kill of one log, block by block."""

    def __init__(self, clock: Clock) -> None:
        """Nothing looked at yet."""
        self._clock = clock
        self._tail = b""
        self._block = b""
        self._base = 0
        self._done = 0
        self._counted = (0, 0)
        self.starts: deque[Start] = deque(maxlen=_MOST_STARTS)
        self.heard: deque[Heard] = deque(maxlen=_MOST_HEARD)

    def block(self, block: bytes, base: int) -> None:
        """The next block, whose first line has the number `base + 1`; the end of the one before is kept."""
        rest = self._block[max(self._done, len(self._block) - LOOK) :]
        if self._done < len(self._block) - LOOK:
            rest = rest[rest.find(b"\n") + 1 :]
            self._tail, gap = rest, True
        else:
            self._tail, gap = rest, False
        self._gap = gap or not self._block
        self._block, self._base, self._done, self._counted = block, base, 0, (0, 0)

    def look(self, at: int) -> None:
        """A kill's first line begins at this place of the block: read what stands above it."""
        if at < self._done:
            return
        begin = max(self._done, at - LOOK)
        gap = begin > self._done or (self._done == 0 and self._gap)
        begin = begin if begin == self._done else self._block.find(b"\n", begin, at) + 1 or at
        part = self._block[begin:at]
        place, lines = self._counted
        self._counted = (begin, lines + self._block.count(b"\n", place, begin))
        first = self._base + self._counted[1] + 1
        if not begin and self._tail:
            first -= self._tail.count(b"\n")
            part, self._tail = self._tail + part, b""
        self._done = at
        self._read(part, first)
        kill = self._block[at : at + _LONGEST].partition(b"\n")[0]
        until = read(kill, 0, self._clock).at
        speaks = frozenset(what for what, words in _SPEAKERS if any(word in part for word in words))
        before = self.heard.pop() if self.heard and not gap else None
        since = before.since if before is not None else self._time(part)
        speaks |= before.speaks if before is not None else frozenset()
        self.heard.append(Heard(since, until, speaks))

    def skip(self, to: int) -> None:
        """What was read up to here is rows of a table, in which nothing is started."""
        self._done = max(self._done, to)

    def _read(self, part: bytes, first: int) -> None:
        places = {part.rfind(b"\n", 0, found) + 1 for word in _WORDS for found in _finds(part, word)}
        counted = 0
        for place in sorted(places):
            first, counted = first + part.count(b"\n", counted, place), place
            start = traces.start_of(read(part[place : part.find(b"\n", place)], first, self._clock))
            if start is not None:
                self.starts.append(start)

    def _time(self, part: bytes) -> datetime | None:
        """When the first line was that says."""
        for line in part[: 8 * _LONGEST].split(b"\n")[:20]:
            at = read(line[:_LONGEST], 0, self._clock).at if line.strip() else None
            if at is not None:
                return at
        return None


def _finds(part: bytes, word: bytes) -> list[int]:
    found, at = [], part.find(word)
    while at >= 0:
        found.append(at)
        at = part.find(word, at + 1)
    return found
