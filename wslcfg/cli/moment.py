"""A moment as people type it: a date, a date with a time, RFC 3339, or an age."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from wslcfg.errors import Usage
from wslcfg.model.late import late

_AGE = late(r"(\d{1,5})\s*(min|m|h|d|w|minutes?|hours?|days?|weeks?)(?: ago)?")
_LONG = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, flag: str, now: datetime) -> datetime:
    """Read `2026-11-20`, `2026-11-20 10:30`, `2026-11-20T10:30:00Z`, `3d`, `2 hours ago`; without a zone it is this machine's.

    Raises:
        Usage: it is none of these.
    """
    words = text.strip()
    if match := _AGE.fullmatch(words.lower()):
        return now - timedelta(**{_LONG[match[2][0]]: int(match[1])})
    try:
        found = datetime.fromisoformat(words[:-1] + "+00:00" if words.endswith(("Z", "z")) else words)
        return found.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise Usage(f"{flag} '{text}' is no time.", "Write 2026-11-20, 2026-11-20 10:30, or an age as 3d or 2h.") from error
