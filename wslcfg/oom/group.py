"""Think: which kills belong together. One shortage often takes several processes within seconds; a person calls that one crash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from wslcfg.model.record import NamedTuple
from wslcfg.oom.event import Notice, Reading, Seen
from wslcfg.oom.limit import Limit, limit_of

# Kills of one shortage follow within seconds; after two minutes without one it is over.
APART_S = 120
# A dump of which hardly anything is left is of the same shortage as the one just before it.
_MOMENT_S = 2
# What tells of a kill by itself; the other notices only say more about one.
_KILLS = {"oomd-killed": "oomd", "earlyoom-kill": "earlyoom", "unit-failed": "systemd", "process-killed": "systemd"}
# A dump of no table has some fifty lines.
_BESIDE = 60
_RANK = ("oomd", "earlyoom", "systemd")


class Group(NamedTuple):
    """Kills about one limit within two minutes of each other; `events` is empty where only notices tell of it."""

    limit: Limit
    events: tuple[Seen, ...]
    notices: tuple[Notice, ...]

    @property
    def at(self) -> datetime | None:
        """When it began."""
        times = [one.event.at for one in self.events] or [one.at for one in self.notices]
        return next((moment for moment in times if moment is not None), None)

    @property
    def follow_ups(self) -> tuple[Notice, ...]:
        """Everything that somebody else said about it."""
        return (*self.notices, *(notice for one in self.events for notice in one.event.follow_ups))


def groups(reading: Reading) -> tuple[Group, ...]:
    """The crashes of a log, the oldest first; those without a time keep their place in the log."""
    found: list[Group] = []
    for seen in reading.seen:
        limit = limit_of(seen.event)
        last = found[-1] if found else None
        if last is not None and (
            (last.limit == limit and _close(last.events[-1], seen)) or (_says_nothing(limit, seen) and _same_moment(last.events[-1], seen))
        ):
            found[-1] = last._replace(events=(*last.events, seen))
        else:
            found.append(Group(limit, (seen,), ()))
    alone: list[Group] = []
    for notice in _once(reading.notices):
        if alone and _near(alone[-1].notices[-1].at, notice.at):
            alone[-1] = alone[-1]._replace(notices=(*alone[-1].notices, notice))
        else:
            alone.append(Group(Limit("systemd", "something that the kernel's lines would name"), (), (notice,)))
    told = [one for one in map(_named, alone) if one is not None]
    return tuple(_in_order([*_with_nobody(found, reading.notices), *told]))


def _with_nobody(found: list[Group], notices: tuple[Notice, ...]) -> list[Group]:
    """Each group with the kernel's word, beside its lines, that it found nobody whom it may kill: the end of a dump whose head is lost."""
    for notice in notices:
        near = next((place for place, one in enumerate(found) if notice.what == "no-killable" and _beside(one, notice)), None)
        if near is not None:
            found[near] = found[near]._replace(notices=(*found[near].notices, notice))
    return found


def _beside(group: Group, notice: Notice) -> bool:
    return group.events[0].event.first_line - _BESIDE <= notice.line <= group.events[-1].event.last_line + _BESIDE


def _once(notices: tuple[Notice, ...]) -> Iterable[Notice]:
    """Of several signals that earlyoom sent to one process within the two minutes only the last, and none that it only tried."""
    kept: list[Notice] = []
    for notice in notices:
        if notice.what in ("earlyoom-tried", "no-killable"):
            continue
        if notice.what == "earlyoom-kill":
            kept = [one for one in kept if not _same_death(one, notice)]
        kept.append(notice)
    return kept


def _same_death(one: Notice, later: Notice) -> bool:
    if one.what != later.what or one.victim is None or later.victim is None:
        return False
    return one.victim.pid == later.victim.pid and one.host == later.host and _near(one.at, later.at)


def _named(group: Group) -> Group | None:
    """The group with who killed, None where no notice tells of a kill."""
    kinds = {_KILLS[one.what] for one in group.notices if one.what in _KILLS}
    kind = next((name for name in _RANK if name in kinds), None)
    if kind is None:
        return None
    units = [one.unit for one in group.notices if one.unit and one.what in _KILLS]
    names = {
        "oomd": "systemd-oomd's threshold",
        "earlyoom": "earlyoom's threshold",
        "systemd": f"the unit {units[0]}" if units else "a unit",
    }
    return group._replace(limit=Limit(kind, names[kind]))


def _close(before: Seen, after: Seen) -> bool:
    """Whether two kills are of one shortage: by the clock, by the kernel's own clock within a boot, or by standing side by side without either."""
    if (near := _within(before, after, APART_S)) is not None:
        return near
    one, two = before.event, after.event
    return one.at is two.at and one.at_text == two.at_text and one.uptime_s is two.uptime_s


def _says_nothing(limit: Limit, seen: Seen) -> bool:
    """Whether of a dump so little is left that it says neither whose limit it was nor who was killed nor who had the memory."""
    return limit.kind == "unknown" and not seen.event.victims and not seen.account.programs


def _same_moment(before: Seen, after: Seen) -> bool:
    near = _within(before, after, _MOMENT_S)
    text = before.event.at_text
    return near if near is not None else text is not None and text == after.event.at_text


def _within(before: Seen, after: Seen, seconds: float) -> bool | None:
    """Whether two kills are so near, by the clock or by the kernel's own; None where neither tells."""
    one, two = before.event, after.event
    if one.at is not None and two.at is not None:
        return abs((two.at - one.at).total_seconds()) <= seconds
    if one.uptime_s is not None and two.uptime_s is not None:
        return one.boot == two.boot and 0 <= two.uptime_s - one.uptime_s <= seconds
    return None


def _near(one: datetime | None, two: datetime | None) -> bool:
    return one is None or two is None or abs((two - one).total_seconds()) <= APART_S


def _in_order(everything: Iterable[Group]) -> list[Group]:
    """By time where there is one; a group without is put where its lines stand."""
    return sorted(everything, key=lambda group: (group.at is not None, group.at.timestamp() if group.at else 0.0, _line(group)))


def _line(group: Group) -> int:
    return group.events[0].event.first_line if group.events else group.notices[0].line
