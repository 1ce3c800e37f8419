"""Think: which kill a unit's failure belongs to. A service may take seconds to stop, and another kill may lie between."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.oom.event import Notice, OomEvent, Seen

# A service has a minute and a half to stop before systemd kills what is left of it (DefaultTimeoutStopSec), and then says that it failed.
_SECONDS = 120.0
# Where the stamps cannot be compared; a dump in between has some hundred.
_LINES = 2000


def rehomed(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """Kills in order, each with what systemd said of its own victim's unit; the log has it behind the kill that came last."""
    events = [one.event for one in seen]
    moved = False
    for place, event in enumerate(events):
        for notice in event.follow_ups:
            if notice.unit is None or _is_of(event, notice.unit):
                continue
            home = next(
                (back for back in range(place - 1, -1, -1) if _is_of(events[back], notice.unit) and _near(events[back], notice)), None
            )
            if home is None:
                continue
            moved = True
            events[home] = events[home]._replace(follow_ups=(*events[home].follow_ups, notice))
            events[place] = events[place]._replace(follow_ups=tuple(one for one in events[place].follow_ups if one is not notice))
    return tuple(one._replace(event=event) for one, event in zip(seen, events, strict=True)) if moved else tuple(seen)


def _is_of(event: OomEvent, unit: str) -> bool:
    return unit in (event.task_cgroup or event.limit_cgroup or "").split("/")


def _near(event: OomEvent, notice: Notice) -> bool:
    if (event.host or None) != (notice.host or None):
        return False
    if event.at is not None and notice.at is not None:
        return 0 <= (notice.at - event.at).total_seconds() <= _SECONDS
    if event.uptime_s is not None and notice.uptime_s is not None:
        return event.boot == notice.boot and 0 <= notice.uptime_s - event.uptime_s <= _SECONDS
    return 0 <= notice.line - event.last_line <= _LINES
