"""Think: one dump while it is read: takes the sentences that belong to it and becomes an `OomEvent`."""

from __future__ import annotations

from wslcfg.oom import rows, said
from wslcfg.oom.event import Chosen, Copy, Invoker, Line, Loss, Notice, OomEvent, Table, Victim
from wslcfg.oom.meminfo import Numbers
from wslcfg.oom.prefix import Record
from wslcfg.oom.printable import printable

# What is kept of a line as evidence.
_LONGEST_EVIDENCE = 300


class Dump:
    """Everything said about one out-of-memory, gathered."""

    def __init__(self, record: Record) -> None:
        """Begins with the first line that is about it."""
        self.first = record
        self.last = record
        self.event = OomEvent(
            at=record.at,
            at_text=record.at_text,
            uptime_s=record.uptime_s,
            boot=record.boot,
            host=record.host or None,
            first_line=record.number,
        )
        self.invoker: Invoker | None = None
        self.constraint: said.Constraint | None = None
        self.chosen: Chosen | None = None
        self.kind: str | None = None
        self.limit: tuple[str, str] | None = None
        self.group: str | None = None
        self.allocating = self.no_killable = self.in_memcg = False
        self.panic: str | None = None
        self.kernel: str | None = None
        self.cpuset: str | None = None
        self.columns: tuple[str, ...] = ()
        self.header = False
        self.rows: list[bytes] = []
        self.lost_rows = 0
        self.victims: list[Victim] = []
        self.broken: tuple[str, Record] | None = None
        self.reaped: list[int] = []
        self.numbers = Numbers()
        self.follow_ups: list[Notice] = []
        self.losses: list[Loss] = []
        self.copies: list[Copy] = []
        self.evidence: list[Line] = []

    @property
    def done(self) -> bool:
        """Whether somebody was killed, or it is said that nobody could be."""
        return bool(self.victims or self.no_killable or self.panic)

    @property
    def is_something(self) -> bool:
        """Whether there is enough to call it an out-of-memory: one row by itself could be anything."""
        told = self.constraint or self.chosen or self.victims or self.limit or self.panic or self.no_killable or self.header
        return bool(told or len(self.rows) > 1 or (self.invoker and (self.invoker.gfp_mask or self.rows)))

    def note(self, what: str, record: Record) -> None:
        """Keep a line as evidence and as the last that belongs here."""
        self.evidence.append(Line(what, record.number, printable(record.body[:_LONGEST_EVIDENCE])))
        self.touch(record)

    def touch(self, record: Record) -> None:
        """The dump reaches at least to this line; times that its first line lacks are taken from it."""
        self.last = record
        event = self.event
        if event.uptime_s is None and record.uptime_s is not None and record.number - event.first_line < 3:
            self.event = event._replace(uptime_s=record.uptime_s)

    def take_victim(self, found: said.Killed, record: Record) -> None:
        """A kill line. The same process again, as `memory.oom.group` prints it, is no second victim."""
        victim = found.victim
        self.kind = self.kind or said.kind_of(found.lead)
        self.allocating = self.allocating or said.is_allocating(found.lead)
        path = said.cgroup_of(found.lead)
        if path and self.limit is None and self.kind == "memcg":
            self.limit = (path, path)
        again = next((place for place, one in enumerate(self.victims) if one.pid == victim.pid and victim.pid is not None), None)
        if again is None:
            self.victims.append(victim)
        else:
            self.copies.append(Copy("echo", record.number, record.at, record.boot))
            if self.victims[again].total_vm is None:
                self.victims[again] = victim
        self.broken = None if found.whole else (record.body, record)
        self.note("kill", record)

    def mend(self, body: str, record: Record) -> bool:
        """Put the rest to a kill line that was broken in two; whether that gave one."""
        if self.broken is None or not said.continues(body):
            return False
        begun, first = self.broken
        self.broken = None
        whole = said.killed(f"{begun}\n{body}", first.number)
        if whole is None or not whole.whole or not self.victims:
            return False
        if said.continues(f" {body.strip()}") and body.lstrip().startswith(("total-vm", "vsz", "anon-rss")):
            # Broken behind the name: the line break is the copyist's.
            whole = said.killed(f"{begun.rstrip()} {body.strip()}", first.number) or whole
        self.victims[-1] = whole.victim
        self.touch(record)
        return True

    def add_rows(self, found: list[bytes], first: Record, last: Record) -> None:
        """Rows of the table, each with what it says and no prefix."""
        if not self.columns:
            self.columns = rows.guess(found[0])
        before = self.last if self.rows or (self.evidence and self.evidence[-1].what == "header") else first
        self.lost_rows += _missing(before, first) + _missing(first, last)
        if not self.rows and not self.header:
            self.evidence.append(Line("header", first.number, "(no header; the first row is here)"))
        self.rows.extend(found)
        self.touch(last)

    def finish(self) -> OomEvent:
        """The event, with everything that was read."""
        text, count = self._unique()
        page = self._page(text)
        victims = self._victims()
        table = Table(self.columns, self.header, page, count, text)
        constraint = self.constraint
        limit = (constraint.limit_cgroup if constraint else None) or (self.limit[1] if self.limit else None)
        return self.event._replace(
            kind=self._kind(),
            kernel=self.kernel,
            constraint=constraint.constraint if constraint else None,
            limit_cgroup=limit,
            task_cgroup=(constraint.task_cgroup if constraint else None) or (self.limit[0] if self.limit else None),
            cpuset=(constraint.cpuset if constraint else None) or self.cpuset,
            group=self.group,
            allocating=self.allocating,
            no_killable=self.no_killable,
            panic=self.panic,
            invoker=self.invoker,
            chosen=self.chosen,
            victims=victims,
            memory=self.numbers.memory(page),
            memcg=self.numbers.memcg(),
            slabs=self.numbers.largest_slabs(),
            table=table,
            reaped=tuple(self.reaped),
            follow_ups=tuple(self.follow_ups),
            losses=tuple(self._losses(table, victims)),
            copies=tuple(self.copies),
            evidence=tuple(self.evidence),
            last_line=max(self.last.number, self.first.number),
        )

    def _unique(self) -> tuple[bytes, int]:
        found = self.rows
        if len(set(found)) < len(found):
            # Two loggers in one file, or two sources merged: no kernel prints a row twice.
            found = list(dict.fromkeys(found))
        return b"\n".join(found), len(found)

    def _victims(self) -> tuple[Victim, ...]:
        told = self.constraint
        if self.victims:
            first = self.victims[0]
            if first.uid is None and told and told.uid is not None and told.pid == first.pid:
                return (first._replace(uid=told.uid), *self.victims[1:])
            return tuple(self.victims)
        if self.no_killable or self.panic:
            return ()
        if told and told.comm is not None:
            return (Victim(told.pid, told.comm, uid=told.uid, line=self._line_of("constraint")),)
        return (Victim(self.chosen.pid, self.chosen.comm, line=self._line_of("chosen")),) if self.chosen else ()

    def _line_of(self, what: str) -> int:
        return next((line.number for line in self.evidence if line.what == what), self.first.number)

    def _kind(self) -> str:
        told = self.constraint
        if told:
            # Until 5.3 or so a cgroup's own shortage was printed as CONSTRAINT_NONE, with oom_memcg beside it.
            if told.limit_cgroup or told.constraint == "CONSTRAINT_MEMCG":
                return "memcg"
            named = {"CONSTRAINT_CPUSET": "cpuset", "CONSTRAINT_MEMORY_POLICY": "mempolicy", "CONSTRAINT_NONE": "global"}
            if told.constraint in named:
                return named[told.constraint]
            if told.is_global:
                return "global"
        if self.limit or self.in_memcg or self.numbers.meters or self.numbers.path:
            return "memcg"
        if self.kind:
            return self.kind
        return "global" if self.panic else "unknown"

    def _page(self, text: bytes) -> int:
        if self.numbers.page_size:
            return self.numbers.page_size
        # The victim's own row has in pages what its kill line has in kB.
        for victim in self.victims:
            if victim.total_vm and victim.pid is not None and text:
                for task in rows.tasks(Table(self.columns, self.header, 1, 1, _row_of(text, victim.pid))):
                    if (
                        task.total_vm
                        and victim.total_vm % task.total_vm == 0
                        and victim.total_vm // task.total_vm in (4096, 8192, 16384, 65536)
                    ):
                        return victim.total_vm // task.total_vm
        return 4096

    def _losses(self, table: Table, victims: tuple[Victim, ...]) -> list[Loss]:
        lost = list(self.losses)
        first, last = self.first, self.last

        def lose(what: str, text: str, where: Record) -> None:
            lost.append(Loss(what, text, where.number, printable(where.body[:_LONGEST_EVIDENCE])))

        if missing := _missing(first, last):
            lose("gap", f"By their numbers {_count(missing, 'message')} missing between the first and the last line.", first)
        if self.invoker is None and not self.panic:
            at_start = first.number <= 2
            why = "The log begins in the middle of this dump." if at_start else "The line that says who needed memory is missing."
            lose("ring" if at_start and self.rows else "head", why, first)
        if table.rows and not table.header:
            lose(
                "header",
                "The table's header is missing: its columns are told by their number, and rows before these may be missing too.",
                first,
            )
        if self.lost_rows:
            lose("rows", f"By their numbers {_count(self.lost_rows, 'row')} of the table missing.", first)
        if table.header and not table.rows:
            lose("rows", "The table has a header and no row.", last)
        killed = next((victim for victim in self.victims if victim.pid is not None), None)
        if table.rows and killed and killed.pid is not None and not _row_of(table.text, killed.pid):
            lose("rows", f"The killed process {killed.pid} is not in the table, so rows of it are missing.", last)
        if table.rows and not (self.victims or self.constraint or self.chosen or self.done):
            lose("rows", f"The table breaks off: {_count(table.rows, 'row')} left of it.", last)
        if not self.victims and not self.no_killable and not self.panic:
            lose("tail", "No kill line follows" + (": the process is taken from the line before it." if victims else "."), last)
        if self.broken is not None:
            lose("cut", "The kill line breaks off.", self.broken[1])
        return lost


def _missing(first: Record, last: Record) -> int:
    """How many messages /dev/kmsg has numbered between two lines that the log does not have."""
    if first.sequence is None or last.sequence is None:
        return 0
    return max(0, last.sequence - first.sequence - (last.number - first.number))


def _count(number: int, what: str) -> str:
    """`1 row is`, `7 rows are`."""
    return f"1 {what} is" if number == 1 else f"{number} {what}s are"


def _row_of(text: bytes, pid: int) -> bytes:
    """The row of a process, b'' when it is not there."""
    sign = b"%d]" % pid
    at = -1
    while (at := text.find(sign, at + 1)) >= 0:
        start = text.rfind(b"\n", 0, at) + 1
        if text[start:at].strip(b"[ ") == b"":
            end = text.find(b"\n", at)
            return text[start : end if end >= 0 else len(text)]
    return b""
