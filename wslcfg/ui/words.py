"""How things are said: sizes, ages, counts, and a datum that may be unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from wslcfg.model.size import human

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from wslcfg.model.facts import Datum

    T = TypeVar("T")


def count(number: int, one: str, many: str = "") -> str:
    """`1 session`, `3 sessions`, `no sessions`."""
    noun = one if number == 1 else many or one + "s"
    return f"{number or 'no'} {noun}"


def listing(names: list[str] | tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def size_or_unset(size: int | None, unset: str = "not set") -> str:
    """A size, or the word for "there is none"."""
    return unset if size is None else human(size)


def told(datum: Datum[T], say: Callable[[T], str] = str) -> str:
    """A datum for a person: its value, or `unknown: REASON`."""
    return f"unknown: {datum.reason}" if datum.value is None else say(datum.value)


def as_json(datum: Datum[T], encode: Callable[[T], object] = lambda value: value) -> dict[str, object]:
    """A datum for a machine: `{"value", "source"}` or `{"value": null, "reason"}`."""
    if datum.value is None:
        return {"value": None, "reason": datum.reason}
    return {"value": encode(datum.value), "source": datum.source}


def stamp(moment: datetime) -> str:
    """A time for machines: RFC 3339 in UTC, whole seconds."""
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds")[:19] + "Z"


def ago(moment: datetime, now: datetime) -> str:
    """An age for people: `just now`, `5 min ago`, `3 h ago`, `12 days ago`."""
    age = now - moment
    if age.days >= 2:  # what most are
        return f"{age.days} days ago"
    seconds = age.total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    return f"{int(seconds // 3600)} h ago"
