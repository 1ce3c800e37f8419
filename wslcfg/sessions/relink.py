"""Think: broken chains of a transcript, and how each is mended. Where neither the file nor its sub-agents' files say it, that is a guess.

A record names its parent. Where the parent is nowhere, clients lose what stands before (all up to 2.1.90; later ones bridge 5 s). Where the parents run
in a circle, clients up to 2.1.29 never come to an end. A torn record's parent stands at its beginning and is often whole: a child of the torn one belongs there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.pieces import Torn
from wslcfg.sessions.transcript import CHAIN, Row

# A torn record that is the parent, one that lies where the parent would, or nothing but the order of the file.
Basis = Literal["", "torn", "near", "before"]


class Break(NamedTuple):
    """A record whose parent is `missing`, or lies in a sub-agent's file (`aside`), or that begins a `cycle`.

    `place` in the rows, `to` the uuid that it is hung below (None: it becomes a root). `basis`: what says so, for a missing one.
    """

    place: int
    kind: str
    to: str | None
    basis: Basis = ""


def breaks(rows: Sequence[Row], shreds: Sequence[Torn] = (), *, fetched: Callable[[str], bool] = lambda uuid: False) -> tuple[Break, ...]:
    """Every broken link of the main chain, in the file's order.

    A missing parent with nothing before it is left alone, unless `fetched` knows it: what it hung on is lost, and a resume begins there anyway. So is one
    where a compaction begins: what stands before was set aside on purpose, and all of it may be more than a context holds.

    Args:
        rows: the file's. shreds: what is left of its torn records. fetched: whether a sub-agent's file has a record.
    """
    known = {row.uuid for row in rows}
    parents = {row.uuid: row.parent for row in rows}
    lost = _Lost(rows, shreds)
    found: list[Break] = []
    before = -1
    for place, row in enumerate(rows):
        if row.sidechain or row.kind not in CHAIN:
            continue
        if row.parent and row.parent not in known:
            if fetched(row.parent):
                found.append(Break(place, "aside", rows[before].uuid if before >= 0 else None))
                parents[row.uuid] = found[-1].to
            elif before >= 0 and rows[before].uuid != row.uuid and (to := lost.above(place, before)) is not None:
                found.append(Break(place, "missing", *to))
                parents[row.uuid] = found[-1].to
        before = place
    # A record that was hung on the one before it may stand in a circle by that: then the second word counts.
    by_place = {one.place: one for one in (*found, *_cycles(rows, parents))}
    return tuple(by_place[place] for place in sorted(by_place))


class _Lost:
    """What torn records still say of where their children belong."""

    def __init__(self, rows: Sequence[Row], shreds: Sequence[Torn]) -> None:
        self._rows, self._shreds = rows, shreds
        self._named = {uuid: one for one in shreds for uuid in one.uuids}
        self._first: dict[str, int] | None = None

    def above(self, place: int, before: int) -> tuple[str, Basis] | None:
        """The uuid that a record whose parent is missing is hung on, and what says so; None where it begins something.

        Args:
            place: of the record. before: of the record of the main chain before it.
        """
        row = self._rows[place]
        if row.summary or row.boundary:
            return None
        parent, seen = row.parent or "", set()
        while (one := self._named.get(parent)) is not None and parent not in seen:
            seen.add(parent)
            if one.border or one.parent is None:
                return None
            if self._stands(one.parent, place):
                return one.parent, "torn"
            parent = one.parent
        # The record that lies torn before this one is its parent, most likely.
        near = [one for one in self._shreds if before < one.place <= place] if not seen else []
        if any(one.border for one in near):
            return None
        for one in reversed([one for one in near if not one.uuids]):
            if one.parent is None:
                return None
            if self._stands(one.parent, place):
                return one.parent, "near"
        return self._rows[before].uuid, "before"

    def _stands(self, uuid: str, place: int) -> bool:
        """Whether a record of the main chain with that uuid stands before a place."""
        if self._first is None:
            self._first = {}
            for at, row in enumerate(self._rows):
                if not row.sidechain and row.kind in CHAIN:
                    self._first.setdefault(row.uuid, at)
        return self._first.get(uuid, place) < place


def _cycles(rows: Sequence[Row], parents: dict[str, str | None]) -> list[Break]:
    """The first record of each circle, with the record before it as its parent where that leads out of the circle."""
    last = {row.uuid: place for place, row in enumerate(rows)}
    state: dict[str, int] = {}
    found = []
    for number, start in enumerate(last, 1):
        path = []
        at: str | None = start
        while at is not None and at in last and at not in state:
            state[at] = number
            path.append(at)
            at = parents[at]
        if at is None or state.get(at) != number:
            continue
        circle = path[path.index(at) :]
        if any(rows[last[uuid]].sidechain for uuid in circle):
            continue
        first = min(circle, key=lambda uuid: last[uuid])
        to = _before(rows, last[first], set(circle), parents)
        found.append(Break(last[first], "cycle", to))
        parents[first] = to
    return found


def _before(rows: Sequence[Row], place: int, circle: set[str], parents: dict[str, str | None]) -> str | None:
    """The nearest record of the main chain before this one that does not lead into the circle."""
    for row in reversed(rows[:place]):
        if row.sidechain or row.kind not in CHAIN or row.uuid in circle:
            continue
        seen: set[str] = set()
        at: str | None = row.uuid
        while at is not None and at not in seen and at not in circle:
            seen.add(at)
            at = parents.get(at)
        if at is None or at not in circle:
            return row.uuid
    return None
