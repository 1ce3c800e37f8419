"""Think: the values of the OOM forensics. What a log says about one kill, in bytes, with the lines that say it.

Sizes are whole numbers of bytes, times aware UTC; None is "the log does not say". Names and texts that a process could choose (comm) hold no
control characters: they are written as `/dev/kmsg` writes them (`\\x0a`), so they can be printed and put into tables as they are.
"""

from __future__ import annotations

from datetime import datetime

from wslcfg.model.record import NamedTuple


class Line(NamedTuple):
    """One line of the log as evidence.

    Attributes:
        what: which line it is: `trigger`, `stack` (says that it was a cgroup's), `constraint`, `header`, `limit`, `chosen`, `kill`, `group`, `panic`,
            `no-killable`, `swap`, `memory` (a number of the VM's or the cgroup's memory).
        number: counted from 1, in the order of the file.
        text: what the kernel or systemd said, without the log's own prefix, at most 300 characters.
    """

    what: str
    number: int
    text: str


class Invoker(NamedTuple):
    """Whose allocation found no memory (`NAME invoked oom-killer`); often innocent."""

    comm: str
    pid: int | None = None
    uid: int | None = None
    gfp_mask: str | None = None
    order: int | None = None  # -1 is a person's SysRq-F
    oom_score_adj: int | None = None


class Chosen(NamedTuple):
    """Kernels before 5.1 name whom they choose (`Kill process … or sacrifice child`) and may then kill a child of it."""

    pid: int
    comm: str
    score: int | None = None


class Victim(NamedTuple):
    """A killed process as its kill line has it. What it had in swap is not in there; see the row of the same pid in the table."""

    pid: int | None
    comm: str
    total_vm: int | None = None
    anon: int | None = None
    file: int | None = None
    shmem: int | None = None
    uid: int | None = None
    pgtables: int | None = None
    oom_score_adj: int | None = None
    line: int = 0


class Memory(NamedTuple):
    """The VM's memory as the dump shows it (Mem-Info and what follows it), bytes.

    `active_anon` and its like are what lies in the lists of that name. `shmem` is part of the anon lists, `mapped` of the file lists.
    `ram` is every page the kernel knows, `reserved` what it cannot give away.
    """

    ram: int | None = None
    reserved: int | None = None
    free: int | None = None
    active_anon: int | None = None
    inactive_anon: int | None = None
    active_file: int | None = None
    inactive_file: int | None = None
    unevictable: int | None = None
    slab_reclaimable: int | None = None
    slab_unreclaimable: int | None = None
    mapped: int | None = None
    shmem: int | None = None
    pagetables: int | None = None
    kernel_stack: int | None = None
    hugepages: int | None = None  # total, all sizes and nodes
    pagecache: int | None = None  # `total pagecache pages`: with shmem and the swap cache
    swap_cache: int | None = None
    swap_free: int | None = None
    swap_total: int | None = None


class Slab(NamedTuple):
    """A cache of `Unreclaimable slab info:`, which the kernel prints when slab outweighs the processes. Bytes."""

    name: str
    used: int
    total: int


class Meter(NamedTuple):
    """`memory: usage …, limit …, failcnt …` of a cgroup. Bytes; a limit of None is none."""

    usage: int
    limit: int | None
    failcnt: int


class Memcg(NamedTuple):
    """The cgroup whose limit was hit, as the dump shows it.

    Attributes:
        path: of `Memory cgroup stats for PATH`; None where the line is missing.
        memory: its own meter; `swap` is cgroup v2's, `memory_swap` and `kmem` are v1's.
        stats: `memory.stat` as printed, bytes for `anon`, `file`, `shmem`, `slab`, `pagetables` …, counts for events; v1's kB are bytes here.
    """

    path: str | None = None
    memory: Meter | None = None
    swap: Meter | None = None
    memory_swap: Meter | None = None
    kmem: Meter | None = None
    stats: tuple[tuple[str, int], ...] = ()


class Task(NamedTuple):
    """A row of the task table, sizes in bytes. `anon`, `file` and `shmem` are split by newer kernels only (about 6.8 on)."""

    pid: int
    uid: int
    tgid: int
    name: str
    total_vm: int
    rss: int
    anon: int | None = None
    file: int | None = None
    shmem: int | None = None
    swap: int | None = None
    pgtables: int | None = None
    oom_score_adj: int | None = None


class Table(NamedTuple):
    """The task table, kept as the log's own rows; `wslcfg.oom.rows.tasks(table)` gives them as values, again and again.

    Attributes:
        columns: between the pid and the name: `uid tgid total_vm rss …`. By the header, or by the number of columns where it is lost.
        header: whether the header line was there.
        page: bytes of a page, by which the rows' sizes are multiplied.
        rows: how many; a row that the log repeats (two sources) counts once.
        text: the rows, one a line, without prefix. Empty though `rows` is not 0 when they were let go to bound memory.
    """

    columns: tuple[str, ...] = ()
    header: bool = False
    page: int = 4096
    rows: int = 0
    text: bytes = b""


class Loss(NamedTuple):
    """Something of the event is missing from the log.

    Attributes:
        what: `head` (begins in the middle of a dump), `header`, `rows`, `gap` (/dev/kmsg's numbers skip some), `tail` (no kill line follows a dump),
            `rate-limit` (the log says that lines were let go), `ring` (the log begins with this dump's rest), `cut` (a line ends in the middle).
        text: in words, with the numbers there are; it shows in `line`, whose own words `said` are.
    """

    what: str
    text: str
    line: int = 0
    said: str = ""


class Notice(NamedTuple):
    """What somebody else than the kernel's kill line says: a follow-up of a kill, or an event of its own.

    Attributes:
        by: `systemd`, `systemd-oomd`, `earlyoom`, `kernel`.
        what: `process-killed` (`A process of this unit has been killed by the OOM killer`), `unit-failed` (`Failed with result 'oom-kill'`), `consumed`
            (`Consumed … memory peak … swap peak`), `main-exited` (`Main process exited, code=killed`), `oomd-killed` (systemd-oomd ended a cgroup),
            `oomd-reason`, `oomd-usage` (what one that it considers has now, in the peaks), `earlyoom-low`, `earlyoom-kill`, `earlyoom-tried` (a dry
            run, or the process outlived it), `no-killable` (the kernel found nobody to kill), `dropped` (lines were lost).
        unit: the unit or cgroup it is about.
        manager: pid of the systemd that says it: 1 is the system's, another a user's.
        processes: how many were killed, where it says so.
        victim: the process, of earlyoom's.
        copies: further times that the same was read, as for an event.
    """

    by: str
    what: str
    line: int
    text: str
    unit: str | None = None
    manager: int | None = None
    processes: int | None = None
    memory_peak: int | None = None
    swap_peak: int | None = None
    victim: Victim | None = None
    at: datetime | None = None
    at_text: str | None = None
    uptime_s: float | None = None
    boot: str | None = None
    host: str | None = None
    copies: int = 0


class Copy(NamedTuple):
    """The same kill, read again: WSL's journals take the VM's whole ring buffer at each start of a distro, so one kill is in many boots.

    Attributes:
        how: `replay` (the whole again, later in the log or in another boot), `echo` (the kill line quoted by another program, or twice in one dump).
        line: where it begins.
    """

    how: str
    line: int
    at: datetime | None = None
    boot: str | None = None


class OomEvent(NamedTuple):
    """One time that the kernel ran out of memory, with or without a victim.

    Attributes:
        at: when, as far as the log's stamps tell; `at_text` is the stamp as written (`Mai 25 12:38:41`: no year, no zone), `uptime_s` the kernel's own.
        boot: the journal's boot id. On WSL that of the distro's start, not of the VM's.
        kind: `global`, `memcg`, `cpuset`, `mempolicy`, or `unknown` where no line tells.
        constraint: `CONSTRAINT_NONE` … as printed by kernels from 5.0 on, or as an older dump's wording means it.
        limit_cgroup: whose limit was hit (`oom_memcg`); None for a global one. `task_cgroup` is the victim's.
        group: the cgroup that was killed whole (`memory.oom.group`).
        allocating: the invoker was to be killed whoever it is (`vm.oom_kill_allocating_task`).
        panic: the kernel's words, where it panicked instead (`vm.panic_on_oom`, nobody to kill).
        victims: in the order of their kill lines, each process once.
        memory: of the VM; `memcg` of the cgroup; `slabs` the largest caches, where printed.
        follow_ups: what systemd, systemd-oomd and earlyoom said about it afterwards.
        copies: the other times that the same kill was read.
        evidence: the lines that the fields come from; `first_line` and `last_line` bound the dump in the log.
    """

    kind: str = "unknown"
    at: datetime | None = None
    at_text: str | None = None
    uptime_s: float | None = None
    boot: str | None = None
    host: str | None = None
    kernel: str | None = None
    constraint: str | None = None
    limit_cgroup: str | None = None
    task_cgroup: str | None = None
    cpuset: str | None = None
    group: str | None = None
    allocating: bool = False
    no_killable: bool = False
    panic: str | None = None
    invoker: Invoker | None = None
    chosen: Chosen | None = None
    victims: tuple[Victim, ...] = ()
    memory: Memory = Memory()
    memcg: Memcg | None = None
    slabs: tuple[Slab, ...] = ()
    table: Table = Table()
    reaped: tuple[int, ...] = ()
    follow_ups: tuple[Notice, ...] = ()
    losses: tuple[Loss, ...] = ()
    copies: tuple[Copy, ...] = ()
    evidence: tuple[Line, ...] = ()
    first_line: int = 0
    last_line: int = 0

    @property
    def victim(self) -> Victim | None:
        """The process that the kernel chose; None when there was none."""
        return self.victims[0] if self.victims else None

    @property
    def is_partial(self) -> bool:
        """Whether rows of the task table are missing: then nobody can be sure who had most."""
        return any(loss.what in ("header", "rows", "rate-limit") for loss in self.losses)

    @property
    def manual(self) -> bool:
        """Whether a person asked for it (SysRq-F), which no setting would have prevented."""
        return self.invoker is not None and self.invoker.order == -1

    @property
    def is_wsl(self) -> bool:
        """Whether the kernel names itself WSL's."""
        return self.kernel is not None and "microsoft" in self.kernel.lower()


class Program(NamedTuple):
    """What one program family had at the time of a kill; sizes in bytes.

    Attributes:
        name: the family: `claude`, `node`, `codex`, `npm`, `postgres`, … or the comm itself.
        comms: the names in the table that were counted as this, the heaviest first.
        guess: why this may be wrong (`MainThread` can be any Node program); None where the name is plain.
        rss: sum of the rows' resident pages: an **upper bound**, since pages that processes share count for each of them.
        anon: sum of anonymous pages: honest (shared only between a process and its fork); None where the table does not split rss.
        swap: sum of swapped pages; None where the table has no such column.
        victims: how many of the killed were of this family.
    """

    name: str
    tasks: int
    rss: int
    anon: int | None = None
    file: int | None = None
    shmem: int | None = None
    swap: int | None = None
    pgtables: int | None = None
    comms: tuple[str, ...] = ()
    guess: str | None = None
    victims: int = 0

    @property
    def weight(self) -> int:
        """What it is ranked by: anon and swap, or rss and swap where the table does not split."""
        return (self.rss if self.anon is None else self.anon + (self.shmem or 0)) + (self.swap or 0)


class Hidden(NamedTuple):
    """Memory that no task of the table explains, bytes.

    Attributes:
        unexplained: of a global shortage RAM − free − what lies in the anon, file and unevictable lists − slab − page tables − stacks − huge pages −
            reserved; of a cgroup's its usage − the statistics' parts. Drivers, the balloon and the like; None where the dump has not the numbers.
        parts: what is known and is no task's own: (`slab_unreclaimable`, bytes), `shmem`, `pagetables`, `hugepages` …, the largest first.
        anon_without_task: anonymous memory in the lists beyond what the rows have: tasks whose rows are lost, or pages of none. None as above.
    """

    unexplained: int | None = None
    parts: tuple[tuple[str, int], ...] = ()
    anon_without_task: int | None = None


class Account(NamedTuple):
    """Who had the memory, by program family.

    Attributes:
        programs: the heaviest first.
        tasks: rows counted.
        rss, anon, swap: sums over all rows; None where the table has not the column.
        rss_is_upper_bound: the sums of RSS count what processes share once for each of them; False only for a single process.
        rss_above_ram: they even come to more than all RAM, which proves it.
        hidden: what no task explains.
    """

    programs: tuple[Program, ...] = ()
    tasks: int = 0
    rss: int = 0
    anon: int | None = None
    swap: int | None = None
    rss_is_upper_bound: bool = True
    rss_above_ram: bool = False
    hidden: Hidden = Hidden()


class Seen(NamedTuple):
    """An event with its account."""

    event: OomEvent
    account: Account


class Start(NamedTuple):
    """A line above a kill by which a `cron` job or a `unit` was started: a sentence, and the line's own words."""

    what: str
    at: datetime | None
    text: str
    said: str
    line: int


class Heard(NamedTuple):
    """A part of the log above a kill that was looked through for starts, and which of `cron` and `unit` are told of in it."""

    since: datetime | None
    until: datetime | None
    speaks: frozenset[str]


class Reading(NamedTuple):
    """A whole log, read.

    Attributes:
        seen: the events in the order of time, replays joined.
        notices: what belongs to no event of the log: a kill by systemd-oomd or earlyoom, a unit that failed of an oom-kill whose kernel lines are not here.
        lines: how many lines were read. losses: of the log as a whole.
        starts: what the log says was started just before a kill; `heard` are the parts of it that were looked through for that.
    """

    seen: tuple[Seen, ...] = ()
    notices: tuple[Notice, ...] = ()
    lines: int = 0
    losses: tuple[Loss, ...] = ()
    starts: tuple[Start, ...] = ()
    heard: tuple[Heard, ...] = ()
