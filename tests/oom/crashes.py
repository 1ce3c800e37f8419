"""Crashes as values, made by hand: what the parser would give for them, without a log."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from wslcfg.model.size import GIB, KIB, MIB
from wslcfg.oom.event import (
    Invoker,
    Line,
    Memcg,
    Memory,
    Meter,
    Notice,
    OomEvent,
    Reading,
    Seen,
    Table,
    Task,
    Victim,
)
from wslcfg.oom.family import account

AT = datetime(2026, 4, 2, 4, 42, 7, tzinfo=timezone.utc)
SESSION = "/user.slice/user-1000.slice/user@1000.service/wslcfg.slice/wslcfg-agents.slice/wslcfg-claude-7.scope"


def task(pid: int, name: str, anon: int, swap: int = 0) -> Task:
    """A row of the table."""
    rss = anon + 2 * MIB
    return Task(pid, 1000, pid, name, rss * 4, rss, anon, 2 * MIB, 0, swap, 64 * KIB, 0)


def table(tasks: list[Task]) -> Table:
    """The rows as a kernel prints them that splits RSS (6.8 and later)."""
    columns = ("uid", "tgid", "total_vm", "rss", "rss_anon", "rss_file", "rss_shmem", "pgtables_bytes", "swapents", "oom_score_adj", "name")
    page = 4 * KIB
    rows = [
        f"[{one.pid:7d}] {one.uid:5d} {one.tgid:5d} {one.total_vm // page:8d} {one.rss // page:8d} {(one.anon or 0) // page:8d} "
        f"{(one.file or 0) // page:8d} {(one.shmem or 0) // page:9d} {one.pgtables or 0:8d} {(one.swap or 0) // page:8d}         {0:5d} {one.name}"
        for one in tasks
    ]
    return Table(columns, True, page, len(rows), "\n".join(rows).encode())


def crash(tasks: list[Task], victim: str, **fields: object) -> Seen:
    """A global kill of the first task of that name; `fields` go over the event's own."""
    dead = next((one for one in tasks if one.name == victim), None)
    victims = (Victim(dead.pid, dead.name, dead.total_vm, dead.anon or dead.rss, 0, 0, 1000, dead.pgtables, 0, 90),) if dead else ()
    anon, file = sum(one.anon or 0 for one in tasks), sum(one.file or 0 for one in tasks)
    small = 64 * MIB
    memory = Memory(
        ram=anon + 9 * small,
        reserved=4 * small,
        free=small,
        active_anon=anon // 2,
        inactive_anon=anon - anon // 2,
        active_file=small // 2,
        inactive_file=small // 2,
        unevictable=0,
        slab_reclaimable=small,
        slab_unreclaimable=small,
        mapped=file,
        shmem=0,
        pagetables=small,
        kernel_stack=0,
        swap_total=sum(one.swap or 0 for one in tasks),
        swap_free=0,
    )
    event = OomEvent(
        kind="global",
        at=AT,
        uptime_s=86400.0,
        boot="b0",
        kernel="6.18.20.1-microsoft-standard-WSL2",
        constraint="CONSTRAINT_NONE",
        task_cgroup="/init.scope",
        invoker=Invoker("npm run serve", 900, 1000, "0x140cca", 0, 0),
        victims=victims,
        memory=memory,
        table=table(tasks) if tasks else Table(),
        evidence=(
            Line("trigger", 1, "npm run serve invoked oom-killer: gfp_mask=0x140cca, order=0"),
            Line("memory", 9, "slab_reclaimable:16384 slab_unreclaimable:16384"),
            Line("swap", 10, "Free swap  = 0kB"),
            Line("constraint", 80, "oom-kill:constraint=CONSTRAINT_NONE,global_oom"),
            Line("kill", 90, f"Out of memory: Killed process ({victim})"),
        ),
        first_line=1,
        last_line=91,
    )
    event = event._replace(**fields)
    return Seen(event, account(event))


def swarm() -> list[Task]:
    """As of freshell #276: 369 claude and 412 node collected over days, a codex."""
    sessions = [task(1000 + 1100 * number, "claude", 147 * MIB, 30 * MIB) for number in range(369)]
    tools = [task(1400 + 990 * number, "node", 23 * MIB, 12 * MIB) for number in range(412)]
    return [*sessions, *tools, task(410_000, "codex", 50 * MIB, 198 * MIB)]


def said(what: str, unit: str | None, text: str, after_s: float = 1, **fields: object) -> Notice:
    """Something that systemd said, so many seconds after the kill."""
    return Notice("systemd", what, 95, text, unit, 1, at=AT + timedelta(seconds=after_s))._replace(**fields)


def cascade() -> tuple[Notice, ...]:
    """What systemd says when it ends init.scope."""
    return (
        said("process-killed", "init.scope", "init.scope: A process of this unit has been killed by the OOM killer."),
        said("unit-failed", "init.scope", "init.scope: Failed with result 'oom-kill'.", 2),
        said(
            "consumed",
            "init.scope",
            "init.scope: Consumed 8min CPU time, 61.4G memory peak, 15.9G memory swap peak.",
            2,
            memory_peak=61 * GIB,
            swap_peak=15 * GIB,
        ),
    )


def capped(limit: int = 4 * GIB, path: str = SESSION) -> Seen:
    """A kill by the limit of one session."""
    tasks = [task(40, "claude", 3800 * MIB), task(41, "node", 150 * MIB)]
    meter = Meter(limit, limit, 12)
    return crash(
        tasks,
        "claude",
        kind="memcg",
        constraint="CONSTRAINT_MEMCG",
        limit_cgroup=path,
        task_cgroup=path,
        memcg=Memcg(path, meter, Meter(0, 0, 0)),
        invoker=Invoker("claude", 40),
    )


def reading(*seen: Seen, notices: tuple[Notice, ...] = ()) -> Reading:
    """A log with these."""
    return Reading(seen, notices, 100)
