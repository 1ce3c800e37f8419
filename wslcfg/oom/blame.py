"""Think: the sentences about one crash from its own lines: cause, victim, culprit, what else was taken down, what the log has lost."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.model.size import human
from wslcfg.oom.event import Account, Notice, OomEvent, Program, Task, Victim
from wslcfg.oom.family import victim_program
from wslcfg.oom.group import Group
from wslcfg.oom.limit import unescaped
from wslcfg.oom.story import Claim, Proof

KERNEL = "kernel log"
# Units that hold every shell of a distro: when systemd stops one, the distro is gone.
EVERYTHING = ("init.scope", "-.slice")
# Hidden memory is the culprit when it is more than this share of what all programs had.
_HIDDEN_PERCENT = 100
# A part that is worth a sentence.
_LARGE_PERCENT = 10
_NAMELESS = "a process whose name is not in the log"
_PARTS = {
    "slab_unreclaimable": "kernel objects that cannot be given back (unreclaimable slab)",
    "slab_reclaimable": "kernel caches (reclaimable slab)",
    "shmem": "shared memory and tmpfs files",
    "pagetables": "page tables",
    "kernel_stack": "kernel stacks",
    "hugepages": "reserved huge pages",
    "percpu": "per-CPU memory of the kernel",
    "sock": "network buffers",
    "vmalloc": "mapped kernel memory",
}
# The kernel's own reserve and what it gives back by itself under pressure are nobody's fault.
_INNOCENT = frozenset({"reserved", "file", "cache", "slab_reclaimable"})


def proofs_of(event: OomEvent, *whats: str, mark: str = "") -> tuple[Proof, ...]:
    """The event's lines of these kinds as evidence."""
    return tuple(Proof(KERNEL, line.text, line.number, mark) for line in event.evidence if line.what in whats)


def count(number: int, one: str = "process", many: str = "processes") -> str:
    """`1 process`, `7 processes`."""
    return f"{number} {one if number == 1 else many}"


def notice_proof(notice: Notice) -> Proof:
    """What somebody else said as evidence."""
    return Proof("kernel log" if notice.by == "kernel" else f"journal ({notice.by})", notice.text, notice.line)


def size_of(victim: Victim) -> str:
    """What a killed process had, for a sentence: ` (anon 5 GB)`; nothing where the line does not say."""
    return "" if victim.anon is None else f", {human(victim.anon)} of anonymous memory"


def cause(group: Group) -> Claim:
    """Whose memory was used up."""
    kind, name = group.limit
    if not group.events:
        if kind == "oomd":
            return oomd(group.notices)
        said = {
            "earlyoom": "earlyoom ended a process before the kernel had to.",
            "systemd": "systemd tells of a kill for want of memory; the kernel's own lines are not in this log, so who had the memory is unknown.",
        }
        return Claim("cause", said[kind], "fact", tuple(notice_proof(one) for one in group.notices[:3]))
    event = group.events[0].event
    proofs = proofs_of(event, "constraint", mark="oom_memcg=")
    proofs = (
        proofs
        or proofs_of(event, "stack", mark="mem_cgroup_out_of_memory")
        or proofs_of(event, "limit", "kill")
        or proofs_of(event, "chosen")
    )
    proofs = proofs or proofs_of(event, "trigger", "no-killable", "panic", "memory")[:2]
    if kind == "global":
        return Claim("cause", "The whole VM was out of memory; no limit of a cgroup was in play.", "fact", proofs)
    if kind == "manual":
        return Claim(
            "cause",
            "Somebody asked for the kill by SysRq-F; memory may have been fine.",
            "fact",
            proofs_of(event, "trigger", mark="order=-1") or proofs,
        )
    if kind == "unknown":
        return Claim("cause", "The lines that say whose limit it was are not in this log.", "unchecked", proofs)
    meter = event.memcg.memory if event.memcg else None
    full = "" if meter is None or meter.limit is None else f" ({human(meter.usage)} of {human(meter.limit)} used)"
    if kind == "wsl-user":
        return Claim("cause", f"The VM was full: {name} was hit{full}, just before the kernel would have run out itself.", "fact", proofs)
    return Claim("cause", f"Not the VM but {name} was used up{full}. The rest of the VM had memory.", "fact", proofs)


def victims(group: Group) -> Claim | None:
    """Whom the kernel killed."""
    everyone = [victim for one in group.events for victim in one.event.victims]
    proofs = tuple(
        proof
        for one in group.events
        for proof in proofs_of(one.event, "kill") or proofs_of(one.event, "chosen", "constraint")
        if one.event.victims
    )[:4]
    if not everyone:
        nobody = tuple(proof for one in group.events for proof in proofs_of(one.event, "no-killable"))
        nobody += tuple(notice_proof(one) for one in group.notices if one.what == "no-killable")
        if nobody:
            return Claim("victim", "The kernel found nobody whom it may kill.", "fact", nobody)
        if any(one.event.panic for one in group.events):
            return Claim(
                "victim", "The kernel stopped with a panic instead of killing anybody.", "fact", proofs_of(group.events[0].event, "panic")
            )
        earlier = [one.victim for one in group.notices if one.victim is not None]
        told = tuple(notice_proof(one) for one in group.notices if one.victim is not None)
        return Claim("victim", f"{named(earlier)} {'was' if len(earlier) == 1 else 'were'} killed.", "fact", told) if earlier else None
    first = everyone[0]
    whole = next((one.event.group for one in group.events if one.event.group), None)
    if whole:
        text = f"The cgroup {whole} was killed as a whole, {count(len(everyone))}, because it asks for that (memory.oom.group)."
        return Claim("victim", text, "fact", (*proofs_of(group.events[0].event, "group"), *proofs))
    if len(everyone) == 1:
        return Claim("victim", f"The kernel killed {named([first])}{size_of(first)}.", "fact", proofs)
    return Claim("victim", f"The kernel killed {len(everyone)} processes: {named(everyone)}.", "fact", proofs)


def named(everyone: Sequence[Victim]) -> str:
    """`claude (pid 3)`, or `node (3 times) and codex` for several."""
    if len(everyone) == 1:
        pid = everyone[0].pid
        if not everyone[0].comm.strip():
            return _NAMELESS if pid is None else f"pid {pid} (name not in the log)"
        return f"{called(everyone[0])}{f' (pid {pid})' if pid is not None else ''}"
    counts: dict[str, int] = {}
    for victim in everyone:
        counts[called(victim)] = counts.get(called(victim), 0) + 1
    parts = [f"{name} ({number} times)" if number > 1 else name for name, number in list(counts.items())[:6]]
    parts += [f"{len(counts) - 6} more"] if len(counts) > 6 else []
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def called(victim: Victim) -> str:
    """A process by its name, with its program where that is another word: `2.1.231 [claude]`."""
    if not victim.comm.strip():
        return _NAMELESS
    program = victim_program(victim)
    return victim.comm if program in victim.comm else f"{victim.comm} [{program}]"


def culprit(event: OomEvent, account: Account, program: Program) -> Claim:
    """Which program had most, with the share and how honest the number is."""
    whole = sum(one.weight for one in account.programs)
    share = round(program.weight * 100 / max(whole, 1))
    swap = f", {human(program.swap)} of it in swap" if program.swap else ""
    what = "anonymous memory and swap" if program.anon is not None else "resident memory and swap"
    bound = "" if program.anon is not None or not account.rss_is_upper_bound else "; pages that processes share count more than once in it"
    guess = f" ({program.guess})" if program.guess else ""
    of = "all programs'"
    if event.is_partial:
        are = "are" if any(loss.what == "rows" for loss in event.losses) else "may be"
        of = f"what these rows have; rows of the table {are} missing, so another program may have had more"
    text = (
        f"{'Of the rows that are left ' if event.is_partial else ''}{program.name} had most{guess}: {count(program.tasks)} with "
        f"{human(program.weight)} of {what}{swap}, {share} % of {of}{bound}."
    )
    tasks = Proof(
        "task table",
        f"{count(account.tasks)}, {human(account.rss)} RSS in all; {program.name}: {program.tasks}, RSS {human(program.rss)}",
    )
    return Claim("culprit", text, "guess" if program.guess or event.is_partial else "fact", (tasks,))


def of_what_is_left(claim: Claim | None) -> Claim | None:
    """A sentence that rests on a table of which rows are missing."""
    return claim and claim._replace(text=f"Going by the rows that are left, {claim.text[0].lower()}{claim.text[1:]}", certainty="guess")


def hidden(event: OomEvent, account: Account, programs: int) -> tuple[Claim, bool]:
    """What no process explains, and whether that is the real culprit. An empty text says nothing of note."""
    meter = event.memcg.memory if event.memcg else None
    whole = (meter.limit or meter.usage if meter else 0) if event.kind == "memcg" else event.memory.ram or 0
    large = [(name, size) for name, size in account.hidden.parts if name not in _INNOCENT and size * 100 >= whole * _LARGE_PERCENT > 0]
    if account.hidden.unexplained is not None and account.hidden.unexplained * 100 >= whole * _LARGE_PERCENT > 0:
        large.append(("unexplained", account.hidden.unexplained))
    if not large:
        return Claim("hidden", "", "fact"), False
    words = ", ".join(
        f"{human(size)} of {_PARTS.get(name, name.replace('_', ' '))}" if name != "unexplained" else f"{human(size)} that nothing explains"
        for name, size in large
    )
    # What nothing explains accuses nobody: it may be a driver's, or a number that the log has wrong.
    blame = sum(size for name, size in large if name != "unexplained") * 100 > programs * _HIDDEN_PERCENT
    tail = " That is more than all programs together: none of them is the culprit, and killing one frees little." if blame else ""
    wanted = {
        "pages RAM" if name == "unexplained" and event.kind != "memcg" else "usage" if name == "unexplained" else name for name, _ in large
    }
    proofs = tuple(
        Proof(KERNEL, line.text, line.number, word)
        for line in event.evidence
        if line.what == "memory" and (word := next((one for one in sorted(wanted) if one in line.text), None)) is not None
    )
    sure = "likely" if any(name == "unexplained" for name, _ in large) else "fact"
    return Claim("hidden", f"Not in the table of processes: {words}.{tail}", sure, proofs[:4]), blame


def swap(event: OomEvent) -> Claim | None:
    """Whether there was swap left."""
    total, free = event.memory.swap_total, event.memory.swap_free
    if total is None or event.kind not in ("global", "unknown"):
        return None
    proofs = proofs_of(event, "swap")
    if total == 0:
        return Claim("swap", "The VM had no swap, so the kill came without warning.", "fact", proofs)
    if free is not None and free * 200 <= total:
        return Claim("swap", f"All {human(total)} of swap were used too.", "fact", proofs)
    if free is not None and free * 20 <= total:
        return Claim("swap", f"Nearly all swap was used too: {human(total - free)} of {human(total)}.", "fact", proofs)
    return Claim(
        "swap",
        f"{human(free or 0)} of {human(total)} swap were still free: memory went faster than it could be swapped out.",
        "likely",
        proofs,
    )


def invoker(event: OomEvent, program: Program | None) -> Claim | None:
    """That the one who asked last is not therefore guilty; only said where somebody would take it for the culprit."""
    asked = event.invoker
    if (
        asked is None
        or event.manual
        or any(victim.comm == asked.comm for victim in event.victims)
        or (program and asked.comm in program.comms)
    ):
        return None
    return Claim(
        "invoker", f"{asked.comm} only asked for memory when none was left; that is chance, not guilt.", "fact", proofs_of(event, "trigger")
    )


def ended_by_oomd(notices: Sequence[Notice]) -> str:
    """What systemd-oomd ended: `app.scope (55 processes)`; '' where no line names it."""
    whole = next((one for one in notices if one.what == "oomd-killed"), None)
    named_so = whole or next((one for one in notices if one.what == "oomd-reason"), None)
    if named_so is None or not named_so.unit:
        return ""
    unit = unescaped(named_so.unit.rstrip("/").rpartition("/")[2])
    return f"{unit} ({count(whole.processes)})" if whole is not None and whole.processes else unit


def oomd(notices: Sequence[Notice]) -> Claim:
    """What systemd-oomd ended, for which reason, and what that had."""
    unit = next((one.unit or "" for one in notices if one.what in ("oomd-killed", "oomd-reason")), "").rstrip("/").rpartition("/")[2]
    reason = next((one for one in notices if one.what == "oomd-reason" and " due to " in one.text), None)
    why = "its pressure or swap threshold was passed" if reason is None else reason.text.partition(" due to ")[2].rstrip(".")
    used = [one for one in notices if one.what == "oomd-usage" and (one.unit or "").rstrip("/").rpartition("/")[2] == unit]
    memory, swap = (max((getattr(one, name) or 0 for one in used), default=0) for name in ("memory_peak", "swap_peak"))
    had = " and ".join([*([f"{human(memory)} of memory"] if memory else []), *([f"{human(swap)} of swap"] if swap else [])])
    text = f"systemd-oomd ended {ended_by_oomd(notices) or 'a cgroup'} before the kernel had to: {why}.{f' It had {had}.' if had else ''}"
    first = [one for one in notices if one.what in ("oomd-reason", "oomd-killed")] + used
    return Claim("cause", text, "fact", tuple(notice_proof(one) for one in first[:4]))


def peaks(follow_ups: Sequence[Notice], units: Sequence[str]) -> Claim | None:
    """What the units that were ended had held at most, as systemd counts it."""
    used = [one for one in follow_ups if one.what == "consumed" and one.unit and unescaped(one.unit) in units and one.memory_peak]
    if not used:
        return None
    parts = [
        f"{unescaped(one.unit or '')} up to {human(one.memory_peak or 0)}{f' and {human(one.swap_peak)} of swap' if one.swap_peak else ''}"
        for one in used[:4]
    ]
    return Claim("peak", f"By systemd's count it held: {'; '.join(parts)}.", "fact", tuple(notice_proof(one) for one in used[:4]))


def cascade(follow_ups: Sequence[Notice]) -> Claim | None:
    """That systemd ended the unit that holds every shell, with its peak where it says one."""
    failed = [one for one in follow_ups if one.what == "unit-failed" and one.unit in EVERYTHING]
    if not failed:
        return None
    used = next((one for one in follow_ups if one.what == "consumed" and one.unit == failed[0].unit), None)
    peak = ""
    if used is not None and used.memory_peak:
        peak = f" It held up to {human(used.memory_peak)}{f' and {human(used.swap_peak)} of swap' if used.swap_peak else ''}."
    text = (
        f"One kill became the end of the distro: systemd stopped {failed[0].unit} because a process in it had been killed (OOMPolicy=stop), "
        f"and with it every shell, editor server and agent.{peak}"
    )
    return Claim("cascade", text, "fact", tuple(notice_proof(one) for one in (failed[0], used) if one is not None))


def stopped(follow_ups: Sequence[Notice]) -> tuple[tuple[str, ...], Claim | None]:
    """Other units that systemd ended whole, because one process of theirs was killed; slices and user managers only repeat it."""
    failed = [
        one
        for one in follow_ups
        if one.what == "unit-failed" and one.unit and one.unit not in EVERYTHING and not one.unit.endswith(".slice")
    ]
    units = tuple(dict.fromkeys(unescaped(one.unit or "") for one in failed))
    if not units:
        return (), None
    many = f"{', '.join(units[:4])}{f' and {len(units) - 4} more' if len(units) > 4 else ''}"
    why = (
        "since one process in it had been killed"
        if not any(one.what == "oomd-killed" for one in follow_ups)
        else "since systemd-oomd had killed in it"
    )
    text = f"systemd then ended {many} as a whole, {why}."
    return units, Claim("service-stopped", text, "fact", tuple(notice_proof(one) for one in failed[:4]))


def survivors(group: Group, tasks: Sequence[Task], units: Sequence[str]) -> Claim | None:
    """That the rest of a capped session went on, where it did: only its largest process was ended."""
    event = group.events[0].event
    killed = {victim.pid for one in group.events for victim in one.event.victims}
    left = [task for task in tasks if task.pid not in killed]
    scope = (event.limit_cgroup or "").rpartition("/")[2]
    if group.limit.kind not in ("session", "slice", "container") or not killed or not left or event.group or unescaped(scope) in units:
        return None
    names = ", ".join(dict.fromkeys(task.name for task in left[:6]))
    rows = tuple(Proof("task table", f"pid {task.pid} {task.name}: not killed") for task in left[:3])
    return Claim("survivors", f"The rest of it went on: {count(len(left))} ({names}).", "likely", rows)


def lost(event: OomEvent) -> tuple[Claim, ...]:
    """What the log has lost of this dump, and that it is there several times."""
    found = [Claim("lost", loss.text, "unchecked", (Proof(KERNEL, loss.said or "here", loss.line),)) for loss in event.losses]
    replays = [copy for copy in event.copies if copy.how == "replay"]
    if replays:
        again = event.evidence[0].text if event.evidence else "the same again"
        text = f"This is one kill, though the log has it {len(replays) + 1} times: WSL's journal takes in the kernel's buffer at each start of a distro."
        found.append(Claim("replayed", text, "fact", tuple(Proof(KERNEL, again, copy.line) for copy in replays[:3])))
    return tuple(found)
