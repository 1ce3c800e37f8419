"""Think: what pruning keeps: which snapshots, and which versions of each file.

A later state of a session holds an earlier one as its beginning, so thinning snapshots alone frees little. What counts is the last
version of a session that its client deleted, and the versions of one that was rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from wslcfg.store.engine import Keep
from wslcfg.store.entry import GONE, Entry, made_at

# Every snapshot of the last two days; then one of each of the last so many days, weeks and months that have any.
ALL_DAYS, DAYS, WEEKS, MONTHS = 2, 14, 8, 12


def kept_snapshots(groups: Sequence[Sequence[str]], now: datetime) -> set[str]:
    """The ids to keep. A group is a full manifest's id and those of the diffs that stand on it, oldest first.

    A group with a recent snapshot is kept whole. Of an older one its full manifest can stay, which is the first of its day.
    """
    kept: set[str] = set()
    heads = []
    for group in groups:
        heads.append(group[0])
        if made_at(group[-1]) > now - timedelta(days=ALL_DAYS) or group is groups[-1]:
            kept.update(group)
    for name, most in ((_day, DAYS), (_week, WEEKS), (_month, MONTHS)):
        seen: list[object] = []
        for head in reversed(heads):
            if name(head) not in seen:
                if len(seen) == most:
                    break
                seen.append(name(head))
                kept.add(head)
    return kept


def kept_versions(entry: Entry, keep: Keep, now: datetime) -> Entry | None:
    """An entry of the newest manifest with the versions that stay; None when none does."""
    if entry.seen == GONE and keep.deleted_days and made_at(entry.gone) < now - timedelta(days=keep.deleted_days):
        return None
    return entry._replace(old=entry.old[: keep.rewritten])


def _day(id: str) -> object:
    return id[:8]


def _week(id: str) -> object:
    return date(int(id[:4]), int(id[4:6]), int(id[6:8])).isocalendar()[:2]


def _month(id: str) -> object:
    return id[:6]
