"""What the three reports of `wslcfg oom` (screen, Markdown, HTML) say alike: times, shares, how sure a sentence is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.oom.event import Account, Seen
from wslcfg.oom.family import victim_program
from wslcfg.oom.story import Advice, Claim, Incident, Proof

# Rows that a person takes in at a glance; the rest is one row.
MOST = 8
UNKNOWN = "not known"
SURE = {"fact": "", "likely": "Likely: ", "guess": "A guess: ", "unchecked": "Not checked: "}


class Row(NamedTuple):
    """A program of the table: sizes in bytes, `share` in percent of all programs' weight, None where the log has not the column."""

    name: str
    tasks: int
    rss: int
    anon: int | None
    swap: int | None
    weight: int
    share: float
    killed: int


def rows(incident: Incident, most: int = MOST) -> tuple[Row, ...]:
    """The heaviest programs, and the others as one row; whoever was killed later in the same crash is marked too."""
    seen = telling(incident)
    if seen is None:
        return ()
    account = seen.account
    killed = Counter(victim_program(victim) for one in incident.events for victim in one.event.victims)
    whole = sum(one.weight for one in account.programs) or 1
    found = [
        Row(
            one.name + (" (?)" if one.guess else ""),
            one.tasks,
            one.rss,
            one.anon,
            one.swap,
            one.weight,
            one.weight * 100 / whole,
            killed[one.name],
        )
        for one in account.programs
    ]
    if len(found) <= most + 1:
        return tuple(found)
    rest = found[most:]
    other = Row(
        f"{len(rest)} others",
        sum(one.tasks for one in rest),
        sum(one.rss for one in rest),
        sum(one.anon or 0 for one in rest) if all(one.anon is not None for one in rest) else None,
        sum(one.swap or 0 for one in rest) if all(one.swap is not None for one in rest) else None,
        sum(one.weight for one in rest),
        sum(one.share for one in rest),
        sum(killed[one.name] for one in rest),
    )
    return (*found[:most], other)


def telling(incident: Incident) -> Seen | None:
    """The event whose table is shown: the first that has one."""
    return next((one for one in incident.events if one.account.programs), None)


def size(value: int | None) -> str:
    """A size, or that the log does not say."""
    return UNKNOWN if value is None else human(value)


def percent(share: float) -> str:
    """`75 %`, `0.4 %`, `< 0.1 %`."""
    if share == 0 or share >= 1:
        return f"{share:.0f} %"
    return f"{share:.1f} %" if share >= 0.05 else "< 0.1 %"


def when(moment: datetime | None, text: str | None = None, uptime: float | None = None) -> str:
    """A time for people, in UTC; the log's own stamp where it has no date; seconds since the VM's start where it has nothing else."""
    if moment is not None:
        return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    if text:
        return f"{text} (as the log writes it)"
    return f"{uptime:.0f} s after the VM's start" if uptime is not None else "at a time that the log does not give"


def incident_time(incident: Incident) -> str:
    """When a crash was."""
    if not incident.events:
        first = incident.notices[0] if incident.notices else None
        return when(incident.at, first.at_text if first else None, first.uptime_s if first else None)
    event = incident.events[0].event
    return when(incident.at, event.at_text, event.uptime_s)


def place(proof: Proof) -> str:
    """Where a piece of evidence stands: `kernel log:12`."""
    return f"{proof.source}:{proof.line}" if proof.line else proof.source


def cropped(text: str, mark: str, wide: int) -> str:
    """A line of evidence cut to a width; the word that it is shown for stays in it.

    >>> cropped("kernel log:3: sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1", "order=-1", 48)
    'kernel log:3: sh invoked oom-killer: … order=-1'
    """
    if len(text) <= wide:
        return text
    at = text.find(mark) if mark else -1
    rest = text[at:]
    if at < 0 or at + len(mark) < wide:
        return text[: wide - 1] + "…"
    begin = wide - min(len(rest), wide // 2) - 3
    start = text.rfind(" ", 0, begin + 1)
    start = start if start > wide // 4 else begin
    head = f"{text[:start]} … "
    return (head + rest)[:wide] if len(head + rest) <= wide else (head + rest)[: wide - 1] + "…"


def said(claim: Claim) -> str:
    """A claim with how sure it is."""
    return f"{SURE[claim.certainty]}{claim.text}"


def advice_parts(advices: Sequence[Advice]) -> list[tuple[str, list[tuple[int, Advice]]]]:
    """The advice with its numbers, under the heading it deserves: what its own sum rejects is no help."""
    numbered = list(enumerate(advices, 1))
    vain = [one for one in numbered if one[1].effect is not None and one[1].effect.prevented is False]
    parts = [("What would have helped", [one for one in numbered if one not in vain]), ("What would not have helped", vain)]
    return [part for part in parts if part[1]]


def effect_word(advice: Advice) -> str:
    """Would this kill have happened? Of what keeps the rest alive it is said that it does that, since the kill itself would have been the same."""
    prevented = advice.effect.prevented if advice.effect else None
    if prevented and advice.finding in ("cascade", "service-stopped"):
        return "Would have kept the rest alive"
    return {True: "Would have prevented it", False: "Would not have prevented it", None: "Would have put it off"}[prevented]


def bound(account: Account) -> str:
    """What the sums are worth."""
    if account.anon is not None:
        return "RSS counts shared pages once per process (an upper bound); anon and swap are honest."
    return "This kernel's table does not split RSS: it counts shared pages once per process, so it is an upper bound."
