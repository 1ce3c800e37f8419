"""Think: puts logs that are written backwards the right way round: newest line first (`journalctl -r`), and pstore's parts, the last of them first."""

from __future__ import annotations

import re

from wslcfg.model.late import late
from wslcfg.oom import rows, said
from wslcfg.oom.prefix import Record, read
from wslcfg.oom.stamp import Clock

# How much of a log's beginning is looked at.
SAMPLE = 256 << 10
# What is turned round is held whole: the text, its lines and the new text. Three times this stays well below 100 MB.
LARGEST = 16 << 20
_PART = late(rb"^(Oops|Panic|Emergency|Restart|Halt|Poweroff|Shutdown|Unknown)#(\d{1,6}) Part(\d{1,6})\s*$", re.MULTILINE)
_LINES = 2000


def is_backwards(sample: bytes, clock: Clock) -> bool:
    """Whether the beginning of a log shows that it has to be put right first."""
    return _PART.match(sample.lstrip()) is not None or _is_newest_first(sample, clock)


def _is_newest_first(sample: bytes, clock: Clock) -> bool:
    lines = [line for line in sample.split(b"\n")[:_LINES] if line.strip()]
    records = [read(line, number, clock) for number, line in enumerate(lines)]
    for place, now in enumerate(records):
        before, after = records[place - 1] if place else None, records[place + 1] if place + 1 < len(records) else None
        verdict = _by_neighbours(before, now, after)
        if verdict is not None:
            return verdict
    return _by_times(records)


def _by_neighbours(before: Record | None, now: Record, after: Record | None) -> bool | None:
    """What a header or a constraint line says by the lines beside it; None when it says nothing."""
    if rows.header(now.body):
        above, below = (side is not None and rows.ANY.match(side.body.encode()) is not None for side in (before, after))
        return above if above != below else None
    named = said.constraint(now.body) if "oom-kill:" in now.body else None
    if named and named.pid is not None:
        above, below = (_kills(side, named.pid) for side in (before, after))
        return above if above != below else None
    return None


def _kills(record: Record | None, pid: int) -> bool:
    found = said.killed(record.body, 0) if record else None
    return found is not None and found.victim.pid == pid


def _by_times(records: list[Record]) -> bool:
    up = down = 0
    last: Record | None = None
    for record in records:
        # The kernel's own stamp begins anew at each boot, so a fall of it proves nothing; wall clocks do not fall.
        if record.at is None:
            continue
        if last is not None and last.at is not None and record.at != last.at:
            up, down = (up + 1, down) if record.at > last.at else (up, down + 1)
        last = record
    return down > 0 and down > 10 * up


def straight(raw: bytes, clock: Clock) -> tuple[bytes, list[int]]:
    """A whole log the right way round, and for each of its lines the number that it had.

    >>> straight(b"Oops#1 Part1\\nc\\nd\\nOops#1 Part2\\na\\nb\\n", Clock())
    (b'a\\nb\\nc\\nd\\n', [5, 6, 2, 3])
    """
    lines = raw.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    numbered = list(enumerate(lines, 1))
    # Within a part pstore keeps the order of time.
    numbered = _joined(numbered) if _PART.match(raw.lstrip()) else _turned(numbered)
    return b"\n".join(line for _, line in numbered) + b"\n", [number for number, _ in numbered]


def _joined(numbered: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    dumps: dict[tuple[bytes, bytes], list[tuple[int, list[tuple[int, bytes]]]]] = {}
    here: list[tuple[int, bytes]] = []
    for number, line in numbered:
        part = _PART.match(line)
        if part:
            here = []
            dumps.setdefault((part[1], part[2]), []).append((int(part[3]), here))
        else:
            here.append((number, line))
    return [one for parts in dumps.values() for _, part in sorted(parts, key=lambda part: -part[0]) for one in part]


def _turned(numbered: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    groups: list[list[tuple[int, bytes]]] = []
    for number, line in numbered:
        # The further lines of one message are indented and still stand behind its first.
        if groups and line[:10] == b"          ":
            groups[-1].append((number, line))
        else:
            groups.append([(number, line)])
    return [one for group in reversed(groups) for one in group]
