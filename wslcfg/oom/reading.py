"""Think: a whole log with its accounts, and the replays of one kill joined to one event."""

from __future__ import annotations

from collections.abc import Iterable

from wslcfg.oom.belongs import rehomed
from wslcfg.oom.event import Copy, Notice, OomEvent, Reading, Seen
from wslcfg.oom.family import account
from wslcfg.oom.parse import Counter, parse
from wslcfg.oom.stamp import Clock

# Rows are kept for the newest events up to so many bytes (some 300,000 tasks), the accounts for all: a log of 100 MB may be one table after another.
_ROWS_KEPT = 24 << 20
# The kernel's stamp of one line is the same in each replay; loggers round it.
_SAME_S = 1.0
_NO_CLOCK = Clock()


def read_log(chunks: Iterable[bytes], clock: Clock = _NO_CLOCK) -> Reading:
    """The events of a log, each once, with who had the memory.

    WSL's distributions restart within one VM, and each start's journal takes the kernel's whole ring buffer anew. So one kill stands in many boots of
    the journal: the same process with the same sizes and the same kernel stamp is one event, and how often it was read is in its `copies`.

    Raises:
        Unreadable: as `parse`.
    """
    counter = Counter()
    seen: list[Seen] = []
    places: dict[tuple[object, ...], list[int]] = {}
    notices: list[Notice] = []
    kept = 0
    let_go = 0
    for item in parse(chunks, clock, counter):
        if isinstance(item, Notice):
            _add_notice(notices, item)
            continue
        key = identity(item)
        place = next((one for one in places.get(key, ()) if _same_time(seen[one].event, item)), None) if key else None
        if place is not None:
            known = seen[place]
            joined = join(known.event, item)
            # The account goes with the table that is kept.
            seen[place] = Seen(joined, known.account if joined.table is known.event.table else account(item))
            continue
        if key:
            places.setdefault(key, []).append(len(seen))
        seen.append(Seen(item, account(item)))
        kept += len(item.table.text)
        while kept > _ROWS_KEPT and let_go < len(seen) - 1:
            old = seen[let_go]
            kept -= len(old.event.table.text)
            seen[let_go] = old._replace(event=old.event._replace(table=old.event.table._replace(text=b"")))
            let_go += 1
    if all(one.event.at is not None for one in seen):
        seen.sort(key=lambda one: (one.event.at, one.event.first_line))
    return Reading(rehomed(seen), tuple(notices), counter.lines, starts=counter.starts, heard=counter.heard)


def identity(event: OomEvent) -> tuple[object, ...] | None:
    """What two readings of one kill have in common; None where an event has nothing that could tell it from another."""
    victim = event.victim
    stamp = event.at_text if event.uptime_s is None else round(event.uptime_s)
    if victim is not None and victim.pid is not None:
        if victim.total_vm is not None or victim.anon is not None:
            return ("killed", victim.pid, victim.comm, victim.total_vm, victim.anon, victim.file, victim.shmem)
        return ("named", victim.pid, victim.comm, stamp) if stamp is not None else None
    invoker = event.invoker
    if victim is None and invoker is not None and stamp is not None:
        return ("invoked", invoker.comm, invoker.pid, invoker.gfp_mask, invoker.order, stamp)
    return None


def _same_time(one: OomEvent, other: OomEvent) -> bool:
    if one.uptime_s is None or other.uptime_s is None:
        return True
    return abs(one.uptime_s - other.uptime_s) <= _SAME_S or _reaches(one, other) or _reaches(other, one)


def _reaches(whole: OomEvent, cut: OomEvent) -> bool:
    """Whether a reading whose head is cut off lies within the time of a whole one: a dump may take seconds."""
    no_head = any(loss.what in ("head", "ring") for loss in cut.losses)
    return no_head and whole.uptime_s is not None and cut.uptime_s is not None and 0 <= cut.uptime_s - whole.uptime_s <= 120


def join(one: OomEvent, other: OomEvent) -> OomEvent:
    """Two readings of one kill as one: the fuller of them, with what both say of what followed."""
    fuller, poorer = (one, other) if _fullness(one) >= _fullness(other) else (other, one)
    follow_ups = list(fuller.follow_ups)
    told = {(notice.by, notice.what, notice.unit, notice.text) for notice in follow_ups}
    follow_ups += [notice for notice in poorer.follow_ups if (notice.by, notice.what, notice.unit, notice.text) not in told]
    # Counted from the first: a reading that stands later in the log is the replay, whichever is fuller.
    again = Copy("replay", other.first_line, other.at, other.boot)
    return fuller._replace(
        at=one.at or other.at,
        at_text=one.at_text or other.at_text,
        boot=one.boot or other.boot,
        uptime_s=fuller.uptime_s if fuller.uptime_s is not None else poorer.uptime_s,
        follow_ups=tuple(sorted(follow_ups, key=lambda notice: notice.line)),
        copies=(*one.copies, again, *other.copies),
    )


def _fullness(event: OomEvent) -> tuple[int, ...]:
    return (
        event.table.rows,
        event.table.header,
        event.invoker is not None,
        event.constraint is not None,
        len(event.victims),
        -len(event.losses),
    )


def _add_notice(notices: list[Notice], new: Notice) -> None:
    if new.what in ("earlyoom-dry", "earlyoom-failed"):
        # Counted here, where what was read twice is one line already.
        for place in range(len(notices) - 1, -1, -1):
            tried = notices[place]
            if tried.what == "earlyoom-kill" and tried.host == new.host and _pid(tried) == _pid(new):
                del notices[place]
                new = tried._replace(what="earlyoom-tried")
                break
        else:
            return
    for place, known in enumerate(notices):
        same = (known.by, known.what, known.unit, known.text, known.at, known.at_text) == (
            new.by,
            new.what,
            new.unit,
            new.text,
            new.at,
            new.at_text,
        )
        if same and known.uptime_s == new.uptime_s:
            notices[place] = known._replace(copies=known.copies + 1)
            return
    notices.append(new)


def _pid(notice: Notice) -> int | None:
    return notice.victim.pid if notice.victim is not None else None
