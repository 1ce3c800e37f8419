"""Think: a burst or long accumulation. Pids are given out in order, so the pids in the task table tell which processes were started together.

That is how the argument of a post-mortem goes: hundreds of sessions whose pids lie all over the range were collected over days; pids side by
side are one burst. It holds until the numbers start again at the bottom (pid_max, four million on 64 bits).
"""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.oom.event import OomEvent, Program, Task
from wslcfg.oom.story import Claim, Proof

# A session takes some twenty numbers (its threads have pids of their own, its tools too): started together means no wider gap than this.
GAP = 64
# Fewer processes than these are no crowd, so neither word fits.
CROWD = 5
# From this share of its program on a process alone is the culprit.
ALONE_PERCENT = 60


class Pattern(NamedTuple):
    """`kind` as `Incident.pattern`, the sentence, and the process that is the culprit where it is one alone."""

    kind: str
    claim: Claim | None
    task: Task | None = None


def pattern_of(event: OomEvent, program: Program, tasks: Sequence[Task]) -> Pattern:
    """How the memory of the heaviest program came together.

    Args:
        event: the kill.
        program: the heaviest.
        tasks: every row of the table.
    """
    own = [task for task in tasks if task.name in program.comms]
    if not own:
        return Pattern("unknown", None)
    heaviest = max(own, key=weight)
    if weight(heaviest) * 100 >= program.weight * ALONE_PERCENT:
        share = weight(heaviest) * 100 // max(program.weight, 1)
        others = f" ({share} % of what its program had)" if len(own) > 1 else ""
        text = f"One process alone had it: {heaviest.name} (pid {heaviest.pid}) with {human(weight(heaviest))}{others}. That is a leak or one huge job, not too many sessions."
        return Pattern("one-process", Claim("one-process", text, "fact", (row_proof(heaviest),)), heaviest)
    if len(own) < CROWD:
        return Pattern("unknown", None)
    pids = sorted(task.pid for task in own)
    cluster = largest_cluster(pids)
    top = max(task.pid for task in tasks)
    proof = Proof("task table", f"pids {pids[0]} to {pids[-1]} of {len(own)} {program.name} processes; the highest of all is {top}")
    if len(cluster) * 2 >= len(own):
        text = (
            f"It came in a burst: {len(cluster)} of the {len(own)} {program.name} processes were started together "
            f"(pids {cluster[0]} to {cluster[-1]} lie side by side)."
        )
        return Pattern("burst", Claim("burst", text, "likely", (proof,)))
    text = (
        f"It grew over a long time, not in a burst: the {len(own)} {program.name} processes have pids from {pids[0]} to {pids[-1]}, "
        f"and at most {len(cluster)} of them were started together."
    )
    return Pattern("accumulation", Claim("accumulation", text, "likely", (proof,)))


def largest_cluster(pids: Sequence[int]) -> list[int]:
    """The longest run of sorted pids without a gap of more than `GAP`.

    >>> largest_cluster([7, 4000, 4010, 4020, 90000])
    [4000, 4010, 4020]
    """
    best: list[int] = []
    run: list[int] = []
    for pid in pids:
        if run and pid - run[-1] > GAP:
            run = []
        run.append(pid)
        if len(run) > len(best):
            best = list(run)
    return best


def weight(task: Task) -> int:
    """What a process really needs: anonymous and shared memory with what is in swap; its resident pages where the table does not split them."""
    return (task.rss if task.anon is None else task.anon + (task.shmem or 0)) + (task.swap or 0)


def row_proof(task: Task) -> Proof:
    """A row of the task table as evidence."""
    swap = "" if task.swap is None else f", swap {human(task.swap)}"
    anon = "" if task.anon is None else f", anon {human(task.anon)}"
    return Proof("task table", f"pid {task.pid} {task.name}: RSS {human(task.rss)}{anon}{swap}")
