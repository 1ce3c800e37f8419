"""Think: what else was going on. Session ids that ran twice, the inventory of sessions, what was started in that minute."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Sequence
from datetime import datetime, timedelta

from wslcfg.oom.story import Agent, Around, Claim, Pane, Proof

# What counts as "in that minute": dumps take seconds, and what was started just before is what grew.
BEFORE, AFTER = timedelta(seconds=120), timedelta(seconds=10)
# A session that began so shortly before the kill belongs to a burst.
FRESH = timedelta(minutes=10)
_MOST = 6


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
        if not around.looked:
            return []
        text = "No npm run, session resume, cron job or unit start is on record in the two minutes before: no sudden burst shows."
        return [Claim("minute", text, "likely", tuple(Proof(place, "nothing at that time") for place in around.looked[:4]))]
    # What somebody started comes before what systemd starts by the dozen, at a boot above all.
    found.sort(key=lambda one: (one.what == "unit", one.at or at))
    words = "; ".join(dict.fromkeys(one.text for one in found[:_MOST]))
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return [Claim("minute", f"In the two minutes before: {words}{more}.", "fact", tuple(one.proof for one in found[:_MOST]))]


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
