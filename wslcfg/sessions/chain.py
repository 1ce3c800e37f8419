"""Think: which records a resume brings back, as each generation of Claude Code reads a transcript.

The borders were found in the clients themselves, from npm (2.1.27 to 2.1.329); a version stands for those up to the next border:
    up to 2.1.29    `newest`   from the newest record back by parentUuid; stops where a parent is missing, never ends in a cycle
    2.1.30..2.1.90  `leaf`     from the newest leaf; ends at a cycle (sessions-index.json is gone)
    2.1.91..2.1.100 `bridged`  a missing parent, or one seen before, is replaced by the nearest earlier record within 5 s; `progress` is hopped over
    from 2.1.101 on `last`     the same from the last record in the file
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Literal

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.transcript import CHAIN, Row
from wslcfg.sessions.versions import numbers

Reader = Literal["newest", "leaf", "bridged", "last"]
READERS: tuple[Reader, ...] = ("newest", "leaf", "bridged", "last")
_BORDERS: tuple[tuple[tuple[int, ...], Reader], ...] = (((2, 1, 30), "newest"), ((2, 1, 91), "leaf"), ((2, 1, 101), "bridged"))
# The last client with sessions-index.json.
_LAST_INDEX = (2, 1, 29)
_BRIDGE_MS = 5000
# Clients of today read a larger file from its last compaction on (5 MiB, `tengu` name AQ6 in 2.1.112).
_LARGE = 5 << 20
_NEVER = float("-inf")


class Brought(NamedTuple):
    """What a resume brings back: places in the rows, oldest first. `hangs`: the client never comes to an end; nothing is brought then."""

    chain: tuple[int, ...]
    hangs: bool = False

    def prompts(self, rows: Sequence[Row]) -> int:
        """How many of them a person typed."""
        return sum(rows[at].prompt for at in self.chain)


def reader_of(version: str) -> Reader:
    """The generation of a version; what is no version counts as today's.

    >>> reader_of("2.1.27"), reader_of("2.1.71"), reader_of("2.1.329")
    ('newest', 'leaf', 'last')
    """
    number = numbers(version)
    return next((reader for border, reader in _BORDERS if number and number < border), "last")


def reads_index(version: str) -> bool:
    """Whether that client shows its list by sessions-index.json."""
    number = numbers(version)
    return bool(number) and number <= _LAST_INDEX


def resume(rows: Sequence[Row], reader: Reader, *, size: int = 0) -> Brought:
    """What `--resume ID` of that generation brings back of these rows; `size` of the file in bytes."""
    return _Reading(rows, reader, size).brought()


class _Reading:
    """The map from uuid to record that a client builds, and its walk."""

    def __init__(self, rows: Sequence[Row], reader: Reader, size: int) -> None:
        self.rows, self.reader = rows, reader
        self.bridges = reader in ("bridged", "last")
        # In the order of first appearance, the last one wins: as a JavaScript Map keeps it.
        self.at: dict[str, int] = {}
        self.parents: dict[int, str | None] = {}
        self.last: str | None = None
        self.times: dict[int, float] = {}
        self._by_time: tuple[list[float], list[int]] | None = None
        hops: dict[str, str | None] = {}
        for place, row in enumerate(rows):
            if row.kind not in CHAIN:
                continue
            if self.bridges and row.kind == "progress":
                hops[row.uuid] = hops.get(row.parent, row.parent) if row.parent else None
                continue
            if self.bridges and row.boundary and row.keeps is None and size > _LARGE:
                self.at.clear()
            self.at[row.uuid] = place
            self.parents[place] = hops.get(row.parent, row.parent) if row.parent in hops else row.parent
            if not row.sidechain:
                self.last = row.uuid
        if self.bridges:
            self._keep_segment()

    def brought(self) -> Brought:
        start = self._newest(list(self.at.values())) if self.reader == "newest" else self._newest(self._leaves())
        if start is None:
            return Brought(())
        found, seen = [], set()
        at: int | None = start
        while at is not None:
            if at in seen:
                if self.reader == "newest":
                    return Brought((), hangs=True)
                break
            seen.add(at)
            found.append(at)
            parent = self.parents[at]
            if not parent:
                break
            above = self.at.get(parent)
            if self.bridges and (above is None or above in seen):
                above = self._bridge(at, seen)
            at = above
        return Brought(tuple(reversed(found)))

    def _newest(self, places: Sequence[int]) -> int | None:
        """The newest one of the main chain, the first of equals."""
        best, when = None, _NEVER
        for at in places:
            if not self.rows[at].sidechain and (self._time(at) > when or best is None):
                best, when = at, self._time(at)
        return best

    def _leaves(self) -> list[int]:
        """The user's or assistant's records above those that nobody names as parent."""
        named = {parent for place in self.at.values() if (parent := self.parents[place]) is not None}
        found: dict[int, None] = {}
        for uuid, place in self.at.items():
            if uuid not in named and (above := self._talk(place)) is not None:
                found[above] = None
        if self.reader == "last" and len(found) > 1 and self.last in self.at:
            above = self._talk(self.at[self.last])
            if above is not None:
                return [above]
        return list(found)

    def _talk(self, place: int) -> int | None:
        """The first user's or assistant's record from here up."""
        seen: set[int] = set()
        at: int | None = place
        while at is not None and at not in seen:
            if self.rows[at].kind in ("user", "assistant"):
                return at
            seen.add(at)
            parent = self.parents[at]
            at = self.at.get(parent) if parent else None
        return None

    def _bridge(self, child: int, seen: set[int]) -> int | None:
        """The nearest earlier record within 5 s that was not seen yet."""
        when = self._time(child)
        if when == _NEVER:
            return None
        if self._by_time is None:
            # Of equals the one that came first wins: it stands last, and the search goes downwards.
            ordered = sorted((self._time(place), -number, place) for number, place in enumerate(self.at.values()))
            self._by_time = [time for time, _, _ in ordered], [place for _, _, place in ordered]
        times, places = self._by_time
        at = bisect_right(times, when) - 1
        while at >= 0 and when - times[at] <= _BRIDGE_MS:
            if places[at] not in seen and self.rows[places[at]].sidechain == self.rows[child].sidechain:
                return places[at]
            at -= 1
        return None

    def _keep_segment(self) -> None:
        """After a compaction that kept a part: the part hangs below its anchor, what stood before goes."""
        boundaries = [place for place in self.at.values() if self.rows[place].boundary]
        kept = [place for place in boundaries if self.rows[place].keeps is not None]
        if not kept:
            return
        stay: set[str] = set()
        keeps = self.rows[boundaries[-1]].keeps
        if keeps is not None:
            head, tail, anchor = keeps
            at = self.at.get(tail)
            while at is not None and self.rows[at].uuid not in stay:
                stay.add(self.rows[at].uuid)
                parent = self.parents[at]
                at = None if self.rows[at].uuid == head or not parent else self.at.get(parent)
            if head not in stay:
                return
            for uuid, place in self.at.items():
                if self.parents[place] == anchor and uuid != head:
                    self.parents[place] = tail
            self.parents[self.at[head]] = anchor
        border = self.rows[boundaries[-1]].uuid
        for uuid in list(self.at):
            if uuid == border:
                break
            if uuid not in stay:
                del self.at[uuid]

    def _time(self, place: int) -> float:
        """A record's time in ms, minus infinity for one that has none."""
        if place not in self.times:
            self.times[place] = milliseconds(self.rows[place].at)
        return self.times[place]


def milliseconds(at: str) -> float:
    """`2026-11-26T03:55:09.521Z` in ms since 1970; minus infinity for what is no time."""
    try:
        when = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return _NEVER
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp() * 1000
