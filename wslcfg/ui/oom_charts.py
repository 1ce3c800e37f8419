"""Charts of the HTML report as inline SVG: a bar per program, the whole of memory as one bar, and a timeline. No script, no colour that stands alone.

Bars are stretched to the width there is, so they hold no text: it stands beside them, in the table or the legend. The timeline has text and keeps
its size; the page lets it scroll where the screen is narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.oom.event import Seen
from wslcfg.oom.story import Around, Incident
from wslcfg.ui.oom_words import Row

_WIDE, _LANE, _TOP, _LEFT = 720, 34, 14, 96
# A mark is so wide, its edge included.
_CIRCLE = 22
_LANES = ("started", "kernel", "systemd", "journal")
_MOST_MARKS = 24
# What is shown of a boot's end or of things that ran: as far from the kill as this, seconds.
_NEAR_S = 900


class Part(NamedTuple):
    """A part of memory: the class that gives it its colour, its name, its bytes."""

    look: str
    name: str
    size: int


class Mark(NamedTuple):
    """Something on the timeline: its lane, when, what."""

    lane: str
    at: datetime
    text: str


def bar(row: Row, widest: int) -> str:
    """The bar of a program: what lies in RAM, then what lies in swap, on one scale for all rows."""
    swap = row.swap or 0
    ram = max(0, row.weight - swap)
    one, two = (round(size * 1000 / max(widest, 1)) for size in (ram, swap))
    label = escape(f"{row.name}: {human(ram)} in RAM, {human(swap)} in swap", quote=True)
    return (
        f'<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<rect class="p-tasks" width="{one}" height="10"/><rect class="p-swap" x="{one}" width="{two}" height="10"/></svg>'
    )


def memory_parts(seen: Seen) -> tuple[Part, ...]:
    """The whole RAM of the VM at the time of the kill, by what it was used for; empty where the dump does not say."""
    memory, account = seen.event.memory, seen.account
    if memory.ram is None or memory.free is None:
        return ()
    cache = (memory.active_file or 0) + (memory.inactive_file or 0)
    anon = (memory.active_anon or 0) + (memory.inactive_anon or 0)
    slab = (memory.slab_reclaimable or 0) + (memory.slab_unreclaimable or 0)
    tables = (memory.pagetables or 0) + (memory.kernel_stack or 0)
    found = [
        Part("p-tasks", "processes (anonymous and shared memory)", anon or account.anon or account.rss),
        Part("p-cache", "file cache", cache),
        Part("p-slab", "kernel objects (slab)", slab),
        Part("p-tables", "page tables and stacks", tables),
        Part("p-huge", "huge pages", memory.hugepages or 0),
        Part("p-kernel", "reserved by the kernel", memory.reserved or 0),
        Part("p-free", "free", memory.free),
    ]
    rest = memory.ram - sum(part.size for part in found)
    return tuple(part for part in (*found, Part("p-rest", "explained by nothing", max(rest, 0))) if part.size * 200 >= memory.ram)


def whole_bar(parts: Sequence[Part], label: str) -> str:
    """One bar of parts side by side."""
    total = sum(part.size for part in parts) or 1
    drawn, at = [], 0.0
    for part in parts:
        width = part.size * 1000 / total
        drawn.append(f'<rect class="{part.look}" x="{at:.1f}" width="{width:.1f}" height="10"/>')
        at += width
    return f'<svg class="whole" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="{escape(label, quote=True)}">{"".join(drawn)}</svg>'


def marks(incident: Incident, around: Around) -> tuple[Mark, ...]:
    """What the timeline shows: what was started, each kill, what systemd did, how boots ended; in order of time."""
    kill = incident.at
    if kill is None:
        return ()
    found = [
        Mark("kernel", one.event.at, f"killed {victim.comm}") for one in incident.events if one.event.at for victim in one.event.victims
    ]
    found += [Mark("systemd", one.at, one.text) for one in incident.notices if one.at is not None]
    found += [Mark("started", one.at, one.text) for one in around.ran if one.at is not None and _is_near(one.at, kill)]
    found += [
        Mark("journal", one.last_at, "the journal stops" if one.ended == "abrupt" else "shut down")
        for one in around.boots
        if one.ended in ("abrupt", "shutdown") and _is_near(one.last_at, kill)
    ]
    kept = sorted(dict.fromkeys(found), key=lambda mark: abs((mark.at - kill).total_seconds()))[:_MOST_MARKS]
    return tuple(sorted(kept, key=lambda mark: mark.at))


def _is_near(moment: datetime, kill: datetime) -> bool:
    return abs((moment - kill).total_seconds()) <= _NEAR_S


def timeline(shown: Sequence[Mark]) -> str:
    """The marks on a scale, numbered as in the list that stands below it."""
    first, last = shown[0].at, shown[-1].at
    span = max((last - first).total_seconds(), 1.0)
    lanes = [lane for lane in _LANES if any(mark.lane == lane for mark in shown)]
    floor = _TOP + len(lanes) * _LANE
    inner = _WIDE - _LEFT - 24
    drawn = []
    for number, lane in enumerate(lanes):
        y = _TOP + number * _LANE + _LANE // 2
        drawn.append(
            f'<text class="lane" x="0" y="{y + 5}">{lane}</text><line class="axis" x1="{_LEFT}" y1="{y}" x2="{_WIDE - 12}" y2="{y}"/>'
        )
    places = [_LEFT + 12 + (mark.at - first).total_seconds() * inner / span for mark in shown]
    for lane in lanes:
        own = [number for number, mark in enumerate(shown) if mark.lane == lane]
        for number, x in zip(own, _apart([places[number] for number in own]), strict=True):
            places[number] = x
    for number, mark in enumerate(shown, 1):
        x, y = places[number - 1], _TOP + lanes.index(mark.lane) * _LANE + _LANE // 2
        drawn.append(
            f'<circle class="m-{mark.lane}" cx="{x:.0f}" cy="{y}" r="10"/><text class="number" x="{x:.0f}" y="{y + 4}">{number}</text>'
        )
    drawn.append(f'<text class="tick" x="{_LEFT}" y="{floor + 16}">{_clock(first)}</text>')
    if last > first:
        drawn.append(f'<text class="tick end" x="{_WIDE - 12}" y="{floor + 16}">{_clock(last)}</text>')
    label = f"Timeline from {_clock(first)} to {_clock(last)} with {len(shown)} marks, listed below"
    return f'<svg class="timeline" viewBox="0 0 {_WIDE} {floor + 24}" width="{_WIDE}" height="{floor + 24}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'


def _apart(places: list[float]) -> list[float]:
    """Places in order, each moved as little as keeps a circle's width to its neighbour and all of them on the line."""
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + _CIRCLE)
    edge = _WIDE - 12.0
    for number in range(len(places) - 1, -1, -1):
        places[number] = min(places[number], edge)
        edge = places[number] - _CIRCLE
    return places


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%H:%M:%S} UTC"
