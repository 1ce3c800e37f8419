"""Act: forget old generations, never one that a way back needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from wslcfg.apply.generation import Generation, identity
from wslcfg.apply.generations import Store
from wslcfg.apply.lock import hold
from wslcfg.model.record import NamedTuple


class Pruned(NamedTuple):
    """What a prune keeps and removes, oldest first; `kept` with the reason as a word (`live`, `last good`, `first`, `pending`, `newest`, `young`)."""

    removed: tuple[Generation, ...]
    kept: tuple[tuple[Generation, str], ...]


def prune(store: Store, *, now: datetime, keep: int = 20, keep_days: int = 90, dry_run: bool = False) -> Pruned:
    """Remove generations that are neither among the `keep` newest nor younger than `keep_days`; takes the lock unless dry.

    Raises: Conflict (another wslcfg is at work), Unreachable.
    """
    homes = store.homes
    if dry_run:
        return choose(store.all().generations, distro=homes.distro, now=now, keep=keep, keep_days=keep_days)
    with hold(homes.local, homes.shared, distro=homes.distro, command="wslcfg history prune"):
        chosen = choose(store.all().generations, distro=homes.distro, now=now, keep=keep, keep_days=keep_days)
        for generation in chosen.removed:
            store.remove(generation)
        store.sweep()
    return chosen


def forget(store: Store, *, now: datetime, keep_days: int, dry_run: bool = False) -> tuple[int, int]:
    """Remove the generations of a history that leads to no present state (repairs of sessions): those that are older than `keep_days`.

    The newest one stays whatever its age, and a pending one. Takes the lock unless dry.

    Returns: how many went (dry: would go) and their bytes. Raises: Conflict (another wslcfg is at work), Unreachable.
    """

    def old() -> list[Generation]:
        kept = store.all().generations[:-1]
        return [item for item in kept if item.state != "pending" and now - item.made_at >= timedelta(days=keep_days)]

    if dry_run or not old():
        return len(old()), sum(map(store.size, old()))
    homes = store.homes
    with hold(homes.local, homes.shared, distro=homes.distro, command="wslcfg sessions prune"):
        gone = old()
        freed = sum(map(store.size, gone))
        for generation in gone:
            store.remove(generation)
        store.sweep()
    return len(gone), freed


def choose(generations: tuple[Generation, ...], *, distro: str, now: datetime, keep: int, keep_days: int) -> Pruned:
    """What a prune would do.

    Kept whatever the numbers say: per file the live generation and the first found, the last good one, and pending ones. Generations
    about another distro's own files are that distro's to prune; they are in neither list.
    """
    ours = [item for item in generations if item.distro == distro or all(record.shared for record in item.records)]
    reasons: dict[str, str] = {}
    first: set[tuple[str, str]] = set()
    live: dict[tuple[str, str], Generation] = {}
    for item in ours:
        if item.state == "pending":
            reasons[item.id] = "pending"
        if not item.in_effect:
            continue
        for record in item.records:
            name = identity(record.label, record.path, shared=record.shared, distro=item.distro)
            if name not in first:
                first.add(name)
                reasons.setdefault(item.id, "first")
            live[name] = item
    good = [item for item in ours if item.state == "good"]
    if good:
        reasons.setdefault(good[-1].id, "last good")
    for item in live.values():
        reasons[item.id] = "live"
    for item in ours[max(0, len(ours) - keep) :] if keep > 0 else []:
        reasons.setdefault(item.id, "newest")
    for item in ours:
        if now - item.made_at < timedelta(days=keep_days):
            reasons.setdefault(item.id, "young")
    return Pruned(
        tuple(item for item in ours if item.id not in reasons),
        tuple((item, reasons[item.id]) for item in ours if item.id in reasons),
    )
