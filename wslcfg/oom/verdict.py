"""Think: the verdict. From what the log says and what was found around it to a story with evidence for every sentence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from wslcfg.model.size import human
from wslcfg.oom import blame, minute, rows
from wslcfg.oom.event import OomEvent, Program, Reading, Seen, Task
from wslcfg.oom.family import victim_program
from wslcfg.oom.group import Group, groups
from wslcfg.oom.limit import unescaped
from wslcfg.oom.pattern import Pattern, pattern_of
from wslcfg.oom.story import Around, Boot, Claim, Ending, Incident, Proof, Verdict

_FOR = {
    "global": "The VM ran out of memory",
    "wsl-user": "The VM ran out of memory (WSL's own limit for its distros was hit)",
    "session": "An agent session reached its own limit; the VM had memory",
    "slice": "All agent sessions together reached their limit; the VM had memory",
    "container": "A container reached its own limit; the VM had memory",
    "service": "A service reached its own limit; the VM had memory",
    "cgroup": "A cgroup reached its limit; the VM had memory",
    "cpuset": "The memory nodes of a cpuset were used up",
    "manual": "Somebody asked the kernel to kill (SysRq-F)",
    "oomd": "systemd-oomd ended a cgroup",
    "earlyoom": "earlyoom ended a process",
    "systemd": "systemd reports a kill for want of memory",
    "unknown": "A process was killed for want of memory",
}


def verdict(reading: Reading, around: Around) -> Verdict:
    """What happened.

    Args:
        reading: the log as read.
        around: what was found beside it.
    """
    incidents = tuple(incident(group, around) for group in groups(reading))
    stops = endings(around.boots, incidents)
    unchecked = (*around.unchecked, *(loss.text for loss in reading.losses))
    counted = sum(one.kills for one in around.counters)
    if counted and not any(one.kind in ("session", "slice") for one in incidents):
        unchecked = (*unchecked, f"The agents' cgroup has counted {counted} kills since it was made; their lines are not in this log.")
    if not incidents:
        if stops:
            return Verdict(stops[-1].kind, stops[-1].text, (), stops, unchecked)
        looked = "No kill for want of memory is in this log."
        return Verdict("none", looked, (), (), unchecked)
    newest = incidents[-1]
    return Verdict("init-scope-cascade" if newest.cascade else newest.kind, newest.headline, incidents, stops, unchecked)


def incident(group: Group, around: Around) -> Incident:
    """One crash with its story: the cause first, then who died, who is to blame, how it came, what else fell, what is lost."""
    claims: list[Claim | None] = [blame.cause(group), blame.victims(group)]
    pattern, program, guilty_kernel = Pattern("unknown", None), None, False
    tasks: tuple[Task, ...] = ()
    telling = _telling(group)
    if telling is not None:
        event, account = telling.event, telling.account
        program = account.programs[0] if account.programs and account.programs[0].weight else None
        unseen, guilty_kernel = blame.hidden(event, account, sum(one.weight for one in account.programs))
        if program is not None:
            claims.append(blame.culprit(event, account, program))
            tasks = tuple(rows.tasks(event.table))
            pattern = _pattern(group, event, program, tasks)
            claims.append(blame.of_what_is_left(pattern.claim) if event.is_partial else pattern.claim)
        claims += [unseen if unseen.text else None, blame.swap(event), blame.invoker(event, program)]
    follow_ups = group.follow_ups
    fallen = blame.cascade(follow_ups)
    units, ended = blame.stopped(follow_ups)
    claims += [
        fallen,
        ended,
        blame.peaks(follow_ups, units),
        blame.survivors(group, tasks, units) if group.events else None,
        *minute.claims(around, group.at),
    ]
    claims += [claim for one in group.events for claim in blame.lost(one.event)]
    if group.events and program is None:
        claims.append(Claim("culprit", "The log has no table of processes for this kill, so who had the memory is unknown.", "unchecked"))
    victim = next((one for seen in group.events for one in seen.event.victims), None)
    innocent = None if program is None or victim is None else guilty_kernel or victim_program(victim) != program.name
    if telling is not None and telling.event.is_partial and not guilty_kernel:
        innocent = None
    found = Incident(
        kind=group.limit.kind,
        headline="",
        at=group.at,
        events=group.events,
        notices=follow_ups,
        claims=tuple(claim for claim in claims if claim is not None),
        cascade=fallen is not None,
        culprit="the kernel" if guilty_kernel else program.name if program else None,
        innocent=innocent,
        pattern=pattern.kind,
        killed=_killed(group),
        sessions=len(minute.alive_at(around.agents, group.at)) if around.agents else None,
        stopped=units,
    )
    return found._replace(headline=_headline(found, group, program))


def _pattern(group: Group, event: OomEvent, program: Program, tasks: tuple[Task, ...]) -> Pattern:
    """How the memory came together. One process is not accused where nobody was short of memory, nor where the rows of others may be lost."""
    found = pattern_of(event, program, tasks)
    killed = {victim.pid for victim in event.victims}
    doubtful = event.is_partial and (found.task is None or found.task.pid not in killed)
    return Pattern("unknown", None) if found.kind == "one-process" and (group.limit.kind == "manual" or doubtful) else found


def _telling(group: Group) -> Seen | None:
    """The event that tells most: the first with a table, since later ones lack what the first kill freed."""
    with_table = [one for one in group.events if one.account.programs]
    return with_table[0] if with_table else None


def _victims(group: Group) -> int:
    return sum(len(one.event.victims) for one in group.events)


def _killed(group: Group) -> int:
    said = max((one.processes or 0 for one in group.follow_ups if one.what == "oomd-killed"), default=0)
    return max(_victims(group), said, len([one for one in group.notices if one.victim is not None]))


def _headline(found: Incident, group: Group, program: Program | None) -> str:
    """One or two sentences that a person can repeat to somebody else."""
    if group.events and not found.killed and found.kind == "unknown":
        return "The kernel reported that memory had run out; the lines that say whose, and who was killed, are not in this log."
    parts = [_FOR.get(found.kind, _FOR["unknown"]) + "."]
    if found.kind == "oomd" and (whole := blame.ended_by_oomd(group.notices)):
        parts = [f"systemd-oomd ended {whole}."]
    victims = [victim for one in group.events for victim in one.event.victims]
    dead = f"{blame.named(victims)} {'was' if len(victims) == 1 else 'were'} killed" if victims else ""
    if victims and program is not None and found.culprit == "the kernel":
        parts.append(f"{dead}, but the memory is the kernel's own.")
    elif victims and program is not None and found.innocent:
        parts.append(
            f"{dead}{', the first' if len(victims) > 1 else ''} without fault: {program.name} had the memory ({human(program.weight)})."
        )
    elif victims and program is not None and group.events and any(one.event.is_partial for one in group.events if one is _telling(group)):
        parts.append(f"{dead}; of the rows that are left of the table {program.name} had most ({human(program.weight)}).")
    elif victims and program is not None:
        parts.append(f"{dead}; {program.name} had most of the memory ({human(program.weight)}).")
    elif victims:
        parts.append(f"{dead}.")
    if found.cascade:
        parts.append("systemd then took the whole distro down.")
    elif found.stopped and not any(one.what == "oomd-killed" and unescaped(one.unit or "") == found.stopped[0] for one in group.notices):
        parts.append(f"systemd then ended {found.stopped[0]}{f' and {len(found.stopped) - 1} more' if len(found.stopped) > 1 else ''}.")
    return " ".join(parts)


def endings(boots: Sequence[Boot], incidents: Sequence[Incident]) -> tuple[Ending, ...]:
    """VMs and distros that ended without a shutdown and without a kill: Windows, or somebody there, ended them.

    The next boot tells which: with a new clock the VM itself is new; with the same one only the distro was ended.
    """
    found = []
    order = sorted(boots, key=lambda boot: boot.first_at)
    for before, after in itertools.pairwise(order):
        if before.ended != "abrupt" or any(_explains(one, before) for one in incidents):
            continue
        same = before.clock is not None and after.clock is not None and abs((after.clock - before.clock).total_seconds()) < 60
        proofs = [proof for proof in (before.last,) if proof is not None]
        proofs.append(
            Proof(
                "journal",
                f"boot {before.id[:8]} stops at {_time(before)} without a shutdown; the next begins at {after.first_at:%Y-%m-%d %H:%M:%S}",
            )
        )
        if same:
            text = "The distro was ended from outside, with no shutdown and no kill: `wsl --terminate`, or WSL stopped it while it seemed idle."
            found.append(Ending("distro-ended", text, before.last_at, tuple(proofs)))
        else:
            text = (
                "Windows ended the VM: the journal stops without a shutdown and without a kill, and the next start has a new clock. "
                "`wsl --shutdown`, a restart or crash of Windows, or its own want of memory do that; the Windows event log knows which."
            )
            found.append(Ending("vm-ended", text, before.last_at, tuple(proofs)))
    return tuple(found)


def _explains(one: Incident, boot: Boot) -> bool:
    """Whether a kill is near enough to a boot's end to be its reason."""
    return one.at is not None and boot.first_at <= one.at and 0 <= (boot.last_at - one.at).total_seconds() < 300


def _time(boot: Boot) -> str:
    return f"{boot.last_at:%Y-%m-%d %H:%M:%S}"
