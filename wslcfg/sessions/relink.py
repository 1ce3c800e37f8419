"""Think: broken chains of a transcript, and how each is mended. Nothing is guessed that the file or its sub-agents' files do not say.

A record names its parent. Where the parent is nowhere, clients lose what stands before (all up to 2.1.90; later ones bridge 5 s). Where the parents run
in a circle, clients up to 2.1.29 never come to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.transcript import CHAIN, Row


class Break(NamedTuple):
    """A record whose parent is `missing`, or lies in a sub-agent's file (`aside`), or that begins a `cycle`.

    `place` in the rows, `to` the uuid that it is hung below (None: it becomes a root).
    """

    place: int
    kind: str
    to: str | None


def breaks(rows: Sequence[Row], *, fetched: Callable[[str], bool] = lambda uuid: False) -> tuple[Break, ...]:
    """Every broken link of the main chain, in the file's order.

    A missing parent with nothing before it is left alone, unless `fetched` knows it: what it hung on is lost, and a resume begins there anyway.
    """
    known = {row.uuid for row in rows}
    parents = {row.uuid: row.parent for row in rows}
    found: list[Break] = []
    before: str | None = None
    for place, row in enumerate(rows):
        if row.sidechain or row.kind not in CHAIN:
            continue
        if row.parent and row.parent not in known:
            if fetched(row.parent):
                found.append(Break(place, "aside", before))
                parents[row.uuid] = before
            elif before is not None and before != row.uuid:
                found.append(Break(place, "missing", before))
                parents[row.uuid] = before
        before = row.uuid
    # A record that was hung on the one before it may stand in a circle by that: then the second word counts.
    by_place = {one.place: one for one in (*found, *_cycles(rows, parents))}
    return tuple(by_place[place] for place in sorted(by_place))


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
