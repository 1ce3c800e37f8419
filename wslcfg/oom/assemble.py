"""Think: puts the lines of a log together to events: which sentence belongs to which dump, and what was said about it afterwards."""

from __future__ import annotations

from wslcfg.model.late import late
from wslcfg.oom import meminfo, notices, rows, said
from wslcfg.oom.dump import Dump
from wslcfg.oom.event import Copy, Notice, OomEvent
from wslcfg.oom.prefix import Record

# A dump goes on over so many lines that say nothing of it: stack, registers, zones, slab lists of a kernel with debugging.
_LINES_WITHIN = 3000
# After the kill: the reaper, the rest of the group.
_LINES_AFTER = 200
# A dump of 3,000 tasks on a slow console takes half a minute; a cgroup killed as a whole hardly longer.
_SECONDS_WITHIN = 120.0
# systemd gives a unit that it stops 90 seconds before it kills it; only then it says that the unit failed.
_SECONDS_FOLLOWING = 180.0
_LINES_FOLLOWING = 2000
# ` [<ffffffff81131420>] ? dump_header+0x4f/0x1eb`: a line of the stack and nothing else; a process may be called `f+0x1/0x2`.
_FRAME = late(r"\s*(?:\[<[0-9a-f]+>\]\s*)?(?:\? )?[^\s()]+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[\w ]+\])?\s*")
# More speakers than this in one log are none: then the oldest is let go.
_MOST_HOSTS = 64


class Assembler:
    """Takes records and rows in the order of the log and holds what is finished in `out`."""

    def __init__(self) -> None:
        """Nothing open."""
        self.out: list[OomEvent | Notice] = []
        self._open: dict[str, Dump] = {}
        self._settling: dict[str, Dump] = {}
        self._said: Notice | None = None
        self._considered = ""
        self._unfinished = False
        self._host = ""
        # How many times something began: a dump, or somebody else's word of a kill.
        self.begun = 0

    @property
    def is_open(self) -> bool:
        """Whether a dump, or somebody's sentence, may go on in the next line."""
        return bool(self._open) or self._unfinished

    @property
    def is_mixed(self) -> bool:
        """Whether dumps of several machines are open, whose lines may run into each other."""
        return len(self._open) > 1

    def meet(self, record: Record) -> None:
        """Learn whose lines these are; lines without a prefix belong to the machine of the last one that had one."""
        if record.host:
            self._host = record.host

    def columns(self, record: Record) -> tuple[str, ...]:
        """The columns that the open dump's header names, for a row that comes now; none where there is no header."""
        dump = self._open.get(record.host)
        return dump.columns if dump is not None and dump.header and not dump.done else ()

    def record(self, record: Record) -> None:
        """One line that may be about an out-of-memory."""
        self.meet(record)
        self._unfinished = False
        if not record.host and not record.tag and record.at_text is None and record.uptime_s is None and self._host:
            # A further line of the message before, which loggers write without their prefix.
            record = record._replace(host=self._host)
        if record.tag not in ("", "kernel"):
            self._from_others(record)
            return
        dump = self._current(record)
        if "+0x" in record.body and dump is not None and dump.broken is None:
            # One function of the stack tells whose memory ran out; no process has a name that long.
            in_memcg = "mem_cgroup_out_of_memory" in record.body
            if in_memcg and not dump.in_memcg:
                dump.in_memcg = True
                dump.note("stack", record)
            if in_memcg or _FRAME.fullmatch(record.body):
                return
        if dump is not None and dump.broken is not None and dump.mend(record.body, record):
            return
        if not self._sentence(record, dump):
            self._from_others(record)

    def rows(self, found: list[bytes], first: Record, last: Record) -> None:
        """Rows of a task table, in the order of the log."""
        dump = self._current(first)
        if dump is None or dump.done or dump.constraint or dump.chosen:
            dump = self._begin(first)
        dump.add_rows(found, first, last)

    def end(self) -> None:
        """The log is over: finish what is open."""
        for host in list(self._open):
            self._close(host)
        for host in list(self._settling):
            self._emit(host)

    # -- which dump -------------------------------------------------------------------------------------------------------------

    def _current(self, record: Record) -> Dump | None:
        dump = self._open.get(record.host)
        if dump is None:
            return None
        lines = record.number - dump.last.number
        apart = _seconds(dump.last, record)
        if abs(lines) > (_LINES_AFTER if dump.done else _LINES_WITHIN) or (apart is not None and not -1.0 <= apart <= _SECONDS_WITHIN):
            self._close(record.host)
            return None
        return dump

    def _begin(self, record: Record) -> Dump:
        self._close(record.host)
        if len(self._open) >= _MOST_HOSTS:
            self._close(next(iter(self._open)))
        dump = Dump(record)
        self.begun += 1
        self._open[record.host] = dump
        return dump

    def _close(self, host: str) -> None:
        dump = self._open.pop(host, None)
        if dump is None or not dump.is_something:
            return
        self._emit(host)
        self._settling[host] = dump

    def _emit(self, host: str) -> None:
        dump = self._settling.pop(host, None)
        if dump is not None:
            self.out.append(dump.finish())

    # -- the kernel's sentences -------------------------------------------------------------------------------------------------

    def _sentence(self, record: Record, dump: Dump | None) -> bool:
        body = record.body
        invoker = said.trigger(body)
        if invoker:
            dump = self._begin(record)
            dump.invoker = invoker
            dump.note("trigger", record)
            return True
        return self._kill(record, dump) or self._table(record, dump) or (dump is not None and self._rest(record, dump))

    def _kill(self, record: Record, dump: Dump | None) -> bool:
        body = record.body
        constraint = said.constraint(body) if "oom-kill" in body else None
        if constraint and not said.killed(body, record.number):
            same = dump is not None and dump.done and dump.invoker is None and any(one.pid == constraint.pid for one in dump.victims)
            if dump is None or dump.constraint or ((dump.done or dump.chosen) and not same):
                dump = self._begin(record)
            dump.constraint = constraint
            dump.note("constraint", record)
            return True
        chosen = said.chosen(body)
        if chosen:
            if dump is None or dump.chosen or dump.done:
                dump = self._begin(record)
            dump.chosen = chosen[0]
            dump.kind = dump.kind or said.kind_of(chosen[1])
            dump.allocating = dump.allocating or said.is_allocating(chosen[1])
            dump.note("chosen", record)
            return True
        killed = said.killed(body, record.number)
        if killed:
            if dump is None or not self._takes(dump, killed):
                dump = self._begin(record)
            dump.take_victim(killed, record)
            return True
        return self._words(record, dump)

    @staticmethod
    def _takes(dump: Dump, killed: said.Killed) -> bool:
        if not dump.done or dump.group:
            return True
        victim = killed.victim
        return victim.pid is not None and any(
            one.pid == victim.pid and (one.total_vm is None or one.total_vm == victim.total_vm) for one in dump.victims
        )

    def _words(self, record: Record, dump: Dump | None) -> bool:
        body = record.body
        group = said.group(body)
        if group:
            if dump is not None:
                dump.group = group
                dump.note("group", record)
            return dump is not None
        limit = said.limit(body)
        if limit:
            if dump is None or dump.done or dump.limit:
                dump = self._begin(record)
            dump.limit = limit
            dump.note("limit", record)
            return True
        panic = said.panic(body)
        if panic:
            if dump is None:
                dump = self._begin(record)
            dump.panic = panic
            dump.note("panic", record)
            return True
        if said.nobody(body):
            if dump is None or dump.victims:
                self._loose(notices.nobody(record))
            else:
                dump.no_killable = True
                dump.note("no-killable", record)
            return True
        return False

    def _table(self, record: Record, dump: Dump | None) -> bool:
        columns = rows.header(record.body)
        if not columns:
            return False
        if dump is None or dump.header or dump.rows or dump.done:
            dump = self._begin(record)
        dump.header, dump.columns = True, columns
        dump.note("header", record)
        return True

    def _rest(self, record: Record, dump: Dump) -> bool:
        body = record.body
        pid = said.reaped(body)
        if pid is not None:
            dump.reaped.append(pid)
            dump.touch(record)
            return True
        if dump.done:
            return False
        if dump.numbers.take(body):
            what = meminfo.evidence(body)
            if what is None:
                dump.touch(record)
            else:
                dump.note(what, record)
            return True
        if "omm" in body and dump.kernel is None:
            who = said.cpu(body)
            # Two stacks can run into each other; the one that is meant has the invoker's name.
            if who and dump.invoker and who[1].strip() == dump.invoker.comm.strip():
                dump.invoker = dump.invoker._replace(pid=who[0], uid=who[2])
                dump.kernel = who[3]
                dump.touch(record)
                return True
        return False

    # -- what others say --------------------------------------------------------------------------------------------------------

    def _from_others(self, record: Record) -> None:
        if self._is_echo(record) or self._of_oomd(record):
            return
        lost = notices.dropped(record)
        if lost:
            dump = self._open.get(record.host)
            if dump is not None and not dump.done:
                dump.losses.append(lost)
            return
        notice = notices.notice(record)
        if notice:
            self._loose(notice)

    def _of_oomd(self, record: Record) -> bool:
        """systemd-oomd's words that are several lines: whom it considers with what each has, and a reason in a line of its own."""
        last = self.out[-1] if self.out else None
        if isinstance(last, Notice):
            whole = notices.more(last, record)
            if whole is not None:
                self.out[-1] = whole
                return True
        path = notices.considered(record)
        if path is not None:
            self._considered = path
            return True
        used = notices.usage(record, self._considered) if self._considered else None
        if used is not None:
            self._loose(used)
        return used is not None

    def _loose(self, notice: Notice) -> None:
        dump = self._open.get(notice.host or "") or self._settling.get(notice.host or "")
        if dump is not None and dump.done and self._follows(dump, notice):
            if not any(_same(one, notice) for one in dump.follow_ups):
                dump.follow_ups.append(notice)
            return
        if notice.what in ("main-exited", "consumed", "earlyoom-low", "oomd-reason"):
            # By themselves these are everyday lines, unless they stand beside what they explain.
            last = self._said
            near = last is not None and 0 <= notice.line - last.line <= 20 and notice.unit in (None, last.unit)
            if not near and notice.what in ("main-exited", "consumed"):
                return
        if notice.what in ("earlyoom-dry", "earlyoom-failed"):
            # It takes back what the line before it said, and is nothing by itself.
            tried = self._said
            if tried is None or tried.what != "earlyoom-kill" or not 0 <= notice.line - tried.line <= 5:
                return
            notice = notice._replace(victim=tried.victim)
        for host in list(self._settling):
            if host == (notice.host or ""):
                self._emit(host)
        self._said = notice
        self.begun += 1
        self.out.append(notice)
        self._unfinished = notice.what == "oomd-reason" and " due to " not in notice.text

    @staticmethod
    def _follows(dump: Dump, notice: Notice) -> bool:
        if notice.at is not None and dump.last.at is not None:
            return -5.0 <= (notice.at - dump.last.at).total_seconds() <= _SECONDS_FOLLOWING
        if notice.uptime_s is not None and dump.last.uptime_s is not None:
            return -5.0 <= notice.uptime_s - dump.last.uptime_s <= _SECONDS_FOLLOWING
        return abs(notice.line - dump.last.number) <= _LINES_FOLLOWING

    def _is_echo(self, record: Record) -> bool:
        """A program that quotes the kernel's kill line, as Kubernetes' node-problem-detector does."""
        if record.tag in ("", "kernel", "systemd") or "illed process" not in record.body:
            return False
        dump = self._open.get(record.host) or self._settling.get(record.host)
        if dump is None:
            return False
        for victim in dump.victims:
            if victim.pid is not None and f"illed process {victim.pid} " in record.body:
                dump.copies.append(Copy("echo", record.number, record.at, record.boot))
                return True
        return False


def _seconds(earlier: Record, later: Record) -> float | None:
    """How much later; None when the two stamps cannot be compared."""
    if earlier.uptime_s is not None and later.uptime_s is not None:
        return later.uptime_s - earlier.uptime_s
    if earlier.at is not None and later.at is not None:
        return (later.at - earlier.at).total_seconds()
    return None


def _same(one: Notice, other: Notice) -> bool:
    return (one.by, one.what, one.unit, one.text) == (other.by, other.what, other.unit, other.text)
