"""Think: the times that logs write, from `[Di Aug 12 03:54:03 2025]` to the journal's microseconds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple

_UTC = timezone.utc


class Clock(NamedTuple):
    """What a stamp without zone or year is read by: the zone of the machine that wrote it and the time now. None leaves such stamps unread."""

    zone: tzinfo | None = None
    now: datetime | None = None


_ISO = late(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?")
_CLOCK = late(r"(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
_WORD = late(r"[^\s,]+")
_YEAR = late(r"(?:19|20)\d\d")
# `5月`, `12월`: Chinese, Japanese and Korean count their months.
_COUNTED = late(r"(\d{1,2})[月월]")

# The first letters of the months in the languages that the C library abbreviates differently enough to matter; what is not here stays a text.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan jän ene gen sty led ian",
            "feb fév fev úno lut",
            "mar mär mrt mrz bře",
            "apr avr abr kwi dub",
            "mai may maj mag mei kvě maio",
            "jun juin giu cze čer",
            "jul juil lug lip čec",
            "aug aoû ago sie srp",
            "sep set wrz zář",
            "oct okt ott out paź říj",
            "nov lis",
            "dec dez déc dic gru pro des",
        ),
        1,
    )
    for name in names.split()
}


def moment(stamp: str, clock: Clock) -> datetime | None:
    """A stamp as a time, UTC; None where it does not say which: no zone and none given, no month that is known, an impossible date.

    >>> moment("2026-03-04T16:29:38.448350-08:00", Clock()).isoformat()
    '2026-03-05T00:29:38.448350+00:00'
    """
    found = _ISO.search(stamp)
    if found:
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        return _made((year, month, day), (hour, minute, second), found[7], _zone(found[8]) or clock.zone)
    found = _CLOCK.search(stamp)
    if not found or clock.zone is None:
        return None
    date = _date(stamp[: found.start()] + stamp[found.end() :])
    if date is None:
        return None
    time = (int(found[1]), int(found[2]), int(found[3]))
    if date[0]:
        return _made(date, time, found[4], clock.zone)
    if clock.now is None:
        return None
    # Without a year it is the last time that this date was; a day ahead is still now, on another clock.
    for year in (clock.now.year + 1, clock.now.year, clock.now.year - 1):
        at = _made((year, date[1], date[2]), time, found[4], clock.zone)
        if at is not None and at <= clock.now + timedelta(days=1):
            return at
    return None


def _zone(said: str | None) -> tzinfo | None:
    if not said:
        return None
    if said[0] not in "+-":
        return _UTC
    minutes = int(said[1:3]) * 60 + int(said[-2:])
    # A zone of a day or more is none, and Python refuses it.
    return timezone(timedelta(minutes=minutes if said[0] == "+" else -minutes)) if minutes < 24 * 60 else None


def _date(words: str) -> tuple[int, int, int] | None:
    year = month = day = 0
    for word in _WORD.findall(words):
        bare = word.rstrip(".")
        if _YEAR.fullmatch(bare):
            year = int(bare)
        elif bare.isascii() and bare.isdigit() and len(bare) <= 2:
            day = int(bare)
        elif counted := _COUNTED.fullmatch(bare):
            month = int(counted[1])
        else:
            # A weekday (`Mar` is French for Tuesday) stands before the month, so the last that is known counts.
            month = _MONTHS.get(bare[:4].lower(), 0) or _MONTHS.get(bare[:3].lower(), 0) or month
    return (year, month, day) if month and day else None


def _made(date: tuple[int, int, int], time: tuple[int, int, int], fraction: str | None, zone: tzinfo | None) -> datetime | None:
    if zone is None:
        return None
    microseconds = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        return datetime(*date, *time[:2], min(time[2], 59), microseconds, zone).astimezone(_UTC)
    except (ValueError, OverflowError):
        return None


def from_microseconds(count: int) -> datetime | None:
    """The journal's `__REALTIME_TIMESTAMP`."""
    try:
        return datetime(1970, 1, 1, tzinfo=_UTC) + timedelta(microseconds=count)
    except OverflowError:
        return None
