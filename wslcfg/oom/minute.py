"""Think: what else was going on. Session ids that ran twice, the inventory of sessions, what was started in that minute."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from wslcfg.oom.story import Agent, Around, Claim, Pane, Proof, Reach

# What counts as "in that minute": dumps take seconds, and what was started just before is what grew.
BEFORE, AFTER = timedelta(seconds=120), timedelta(seconds=10)
# A session that began so shortly before the kill belongs to a burst.
FRESH = timedelta(minutes=10)
_MOST = 6
_KINDS = {"npm": "npm run", "resume": "session resume", "cron": "cron job", "unit": "unit start"}


def claims(around: Around, at: datetime | None) -> tuple[Claim, ...]:
    """The sentences about the surroundings of a kill at this time."""
    return (*_ran(around, at), *_inventory(around, at), *_duplicates(around, at), *_panes(around))


def near(moment: datetime | None, at: datetime) -> bool:
    """Whether something was in the minute of the kill."""
    return moment is not None and at - BEFORE <= moment <= at + AFTER


def _ran(around: Around, at: datetime | None) -> list[Claim]:
    if at is None:
        return (
            [Claim("minute", "The log gives the kill no date, so what ran at that time cannot be told.", "unchecked")]
            if around.looked
            else []
        )
    found = [one for one in around.ran if near(one.at, at)]
    if not found:
        return _silence(around.reach, at)
    # What somebody started comes before what systemd starts by the dozen, at a boot above all.
    found.sort(key=lambda one: (one.what == "unit", one.at or at))
    words = "; ".join(dict.fromkeys(one.text for one in found[:_MOST]))
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return [Claim("minute", f"In the two minutes before: {words}{more}.", "fact", tuple(one.proof for one in found[:_MOST]))]


def _silence(reach: Sequence[Reach], at: datetime) -> list[Claim]:
    """That nothing is on record, said of what covers that time alone; and what does not cover it."""
    covers = [one for one in reach if _covers(one, at)]
    kinds = [words for what, words in _KINDS.items() if any(one.what == what for one in covers)]
    found = []
    if kinds:
        many = f"{', '.join(kinds[:-1])} or {kinds[-1]}" if len(kinds) > 1 else kinds[0]
        proofs = {one.source: Proof(one.source, f"nothing at that time; it covers {_span(one)}") for one in covers}
        found.append(Claim("minute", f"No {many} is on record in the two minutes before.", "likely", tuple(proofs.values())))
    known = {one.what for one in covers}
    short = {one.source: f"{one.source} {_why_not(one, at)}" for one in reach if one.what not in known}
    if short:
        text = f"What else was started then cannot be told: {'; '.join(short.values())}."
        found.append(
            Claim("minute", text, "unchecked", tuple(Proof(source, _span(one)) for one in reach if (source := one.source) in short)[:4])
        )
    return found


def _covers(one: Reach, at: datetime) -> bool:
    return one.since is not None and one.since <= at - BEFORE and (one.until is None or one.until >= at - timedelta(seconds=1))


def _why_not(one: Reach, at: datetime) -> str:
    if one.since is None:
        return "has no times"
    return (
        f"begins only at {_utc(one.since)}"
        if one.since > at - BEFORE
        else f"ends at {_utc(one.until)}"
        if one.until
        else "does not cover it"
    )


def _span(one: Reach) -> str:
    if one.since is None:
        return "no times in it"
    return f"{_utc(one.since)} to {_utc(one.until)}" if one.until else f"the time since {_utc(one.since)}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def alive_at(agents: Sequence[Agent], at: datetime | None) -> tuple[Agent, ...]:
    """The sessions that ran at that time: begun before it, and still alive or not seen again after it.

    A file stays when its process is killed, but one that a later session left is no witness of this kill.
    """
    if at is None:
        return tuple(agents)
    return tuple(
        one
        for one in agents
        if one.started_at is not None and one.started_at <= at and (one.alive or one.updated_at is None or one.updated_at <= at + FRESH)
    )


def _inventory(around: Around, at: datetime | None) -> list[Claim]:
    agents = alive_at(around.agents, at)
    if not agents or at is None:
        return []
    fresh = [one for one in agents if one.started_at is not None and at - one.started_at <= FRESH]
    oldest = min((one.started_at for one in agents if one.started_at is not None), default=at)
    days = (at - oldest).total_seconds() / 86400
    age = f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} hours" if days * 24 >= 2 else f"{days * 1440:.0f} minutes"
    folders = Counted(one.cwd for one in agents if one.cwd)
    most = folders.most_common(1)[0] if folders else None
    where = f"; {most[1]} of them in {most[0]}" if most and most[1] > 1 else ""
    text = f"The live registry has {len(agents)} sessions from before the kill: the oldest {age} old, {len(fresh)} begun in the last ten minutes{where}."
    return [Claim("inventory", text, "likely", tuple(one.proof for one in agents[:3]))]


def _duplicates(around: Around, at: datetime | None) -> list[Claim]:
    found = []
    times = Counted(one.session for one in alive_at(around.agents, at))
    for session, number in times.most_common(3):
        if number > 1:
            proofs = tuple(one.proof for one in around.agents if one.session == session)[:4]
            found.append(Claim("duplicates", f"Session {session} ran {number} times at once.", "likely", proofs))
    resumed = Counted(one.text for one in around.ran if one.what == "resume")
    for text, number in resumed.most_common(2):
        if number > 1:
            proofs = tuple(one.proof for one in around.ran if one.what == "resume" and one.text == text)[:3]
            found.append(
                Claim(
                    "duplicates",
                    f"The shell history has `{text}` {number} times: the same session was resumed again and again.",
                    "likely",
                    proofs,
                )
            )
    return found


def _panes(around: Around) -> list[Claim]:
    """The tab registry of freshell as its post-mortem read it: how many open panes, which ids in several, which without any."""
    panes = around.panes
    if not panes:
        return []
    kinds = Counted(pane.kind for pane in panes)
    agents = [pane for pane in panes if "claude" in pane.kind or pane.kind in ("codex", "gemini", "opencode")]
    places = Counted(pane.cwd for pane in agents if pane.cwd).most_common(2)
    where = ", ".join(f"{number} under {place}" for place, number in places if number > 1)
    listed = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common(4))
    found = [
        Claim(
            "panes",
            f"freshell's tab registry has {len(panes)} open panes ({listed}){f'; {where}' if where else ''}.",
            "fact",
            (panes[0].proof,),
        )
    ]
    found += [_twice(session, number, agents) for session, number in _ids(agents).most_common(4) if number > 1]
    without = [pane for pane in agents if pane.session is None]
    if without:
        text = f"{len(without)} open agent {'pane has' if len(without) == 1 else 'panes have'} no session id: stale or orphaned state."
        found.append(Claim("panes", text, "likely", tuple(pane.proof for pane in without[:2])))
    return found


def _ids(panes: Sequence[Pane]) -> Counted[str]:
    return Counted(pane.session for pane in panes if pane.session)


def _twice(session: str, number: int, panes: Sequence[Pane]) -> Claim:
    own = [pane for pane in panes if pane.session == session]
    where = f" in {own[0].cwd}" if own[0].cwd else ""
    text = f"Session {session}{where} is open in {number} panes of freshell at once: each resume may be a process tree of its own."
    return Claim("duplicates", text, "fact", tuple(pane.proof for pane in own[:5]))
