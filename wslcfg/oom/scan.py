"""Think: finds the few lines of a log that are about running out of memory, without looking at each of the others.

A log of 100 MB is a million lines; taking each in hand costs half a second, before anything is understood. So the text is searched for the words
that only such lines have, a block at a time, and only around a find each line is read. Every search goes on from where it last was, within the
block, so the work is linear whatever the log holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wslcfg.model.late import late
from wslcfg.oom import rows
from wslcfg.oom.assemble import Assembler
from wslcfg.oom.before import Before
from wslcfg.oom.prefix import Record, field, from_json, is_field, split
from wslcfg.oom.printable import unescaped
from wslcfg.oom.stamp import Clock

BLOCK = 1 << 20
# A line longer than this is cut: no kernel message is, and memory stays bounded.
_LONGEST_LINE = 1 << 20
# What is read of one line of text.
_LONGEST_READ = 16 << 10
# Lines that are each read after a find, while a dump is open: more than lie between any two that are searched for (stack and zones of a machine
# with 256 CPUs).
_WINDOW = 600
_WORDS = (b"oom", b"OOM k", b"of memory", b"ill process ", b"illed process ", b" peak", b"sending SIG", b"sending any signal")
# A line of a stack ends so: `dump_stack+0x6d/0x8b`, perhaps with its module; a process may be called so as well, but no other line ends in its name.
_FRAME = late(rb'\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[\w ]+\])?[ \r]*(?:"|$)')
_TELLING = late(
    rb"oom-kill|oom_|oom\.group|oomd\b|earlyoom|OOM k|ut of memory|[Kk]ill(?:ed)? process |(?:memory|swap) peak|no available memory"
    rb"|sending SIG(?:TERM|KILL) to process|sending any signal"
)
_LIST = b'"MESSAGE":['
_SPACED_LIST = b'"MESSAGE" : ['
# A record of `journalctl -o verbose` is smaller.
_AROUND = 4 << 10
_NEVER = 1 << 62


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of about a megabyte that end with a line; carriage returns before a line's end are gone."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size < BLOCK:
            continue
        whole = b"".join(parts)
        end = whole.rfind(b"\n") + 1
        if not end and size < _LONGEST_LINE:
            parts = [whole]
            continue
        # A line without an end is cut, so that a file of one endless line costs no more than any other.
        end = end or len(whole)
        yield from _pieces(whole[:end])
        parts = [whole[end:]]
        size -= end
    rest = b"".join(parts)
    if rest:
        yield from _pieces(rest if rest.endswith(b"\n") else rest + b"\n")


def _pieces(whole: bytes) -> Iterator[bytes]:
    if b"\r" in whole:
        whole = whole.replace(b"\r\n", b"\n")
    start = 0
    while len(whole) - start > 2 * BLOCK:
        end = whole.rfind(b"\n", start, start + BLOCK) + 1 or start + BLOCK
        yield whole[start:end]
        start = end
    yield whole[start:] if start else whole


class Scanner:
    """Feeds an assembler with the lines of one log that matter."""

    def __init__(self, assembler: Assembler, clock: Clock) -> None:
        """At the beginning of the log."""
        self._to = assembler
        self._clock = clock
        self.before = Before(clock)
        self.lines = 0
        self._left = 0
        self._block = b""
        self._counted = (0, 0)
        self._words: list[list[int]] = []
        self._next_row = -1

    def feed(self, block: bytes) -> None:
        """One block of whole lines."""
        self._block = block
        self._counted = (0, 0)
        is_json = block.lstrip()[:1] == b"{"
        words = (*_WORDS, _LIST, _SPACED_LIST) if is_json else _WORDS
        self._words = [[-1, place] for place in range(len(words))]
        self._next_row = -1
        base = self.lines
        self.before.block(block, base)
        at, end = 0, len(block)
        while at < end:
            if self._left <= 0:
                found = min(self._next_word(words, at), self._row(at))
                if found >= _NEVER:
                    break
                at = block.rfind(b"\n", at, found) + 1 or at
                if block[at : at + 1] == b" " and at:
                    # A further line of a message: the line before it says whose.
                    ahead = block.rfind(b"\n", 0, at - 1) + 1
                    self._to.meet(split(block[ahead : at - 1][:_LONGEST_READ], 0, self._clock))
                stop = block.find(b"\n", found)
                if self._next_row >= stop and not is_json and not _TELLING.search(block, at, stop):
                    at = stop + 1  # a room, a zoom, a mushroom
                    continue
            stop = block.find(b"\n", at)
            stop = end if stop < 0 else stop
            # The row that begins in this line, if one does.
            row, begun, here = self._row(at), self._to.begun, at
            if row < stop and not (is_json and block[at : at + 1] == b"{"):
                at = self._table(words, at, stop, base)
                self.before.look(here)
                self.before.skip(at)
                continue
            has_word = self._next_word(words, at) < stop
            # Half of a dump are lines of a stack, of which one function alone says something.
            offset = block.find(b"+0x", at, stop)
            if has_word or offset < 0 or not _FRAME.search(block, offset, stop) or block.find(b"mem_cgroup_out", at, stop) >= 0:
                self._line(block, at, stop, base)
            if has_word:
                self._left = _WINDOW
            self._left = self._left - 1 if self._to.is_open else 0
            if self._to.begun != begun:
                self.before.look(here)
            at = stop + 1
        self.lines = base + self._number(0, end) - 1

    # -- where --------------------------------------------------------------------------------------------------------------------

    def _next_word(self, words: tuple[bytes, ...], at: int) -> int:
        nearest = _NEVER
        for place, word in enumerate(words):
            known = self._words[place]
            if known[0] < at:
                found = self._block.find(word, at)
                known[0] = found if found >= 0 else _NEVER
            nearest = min(nearest, known[0])
        return nearest

    def _row(self, at: int) -> int:
        if self._next_row < at:
            found = rows.ANY.search(self._block, at)
            self._next_row = found.start() if found else _NEVER
        return self._next_row

    def _number(self, base: int, at: int) -> int:
        """The number of the line that begins at a place."""
        place, lines = self._counted
        lines = lines + self._block.count(b"\n", place, at) if at >= place else self._block.count(b"\n", 0, at)
        self._counted = (at, lines)
        return base + lines + 1

    # -- what ---------------------------------------------------------------------------------------------------------------------

    def _line(self, block: bytes, at: int, stop: int, base: int) -> None:
        line = block[at : min(stop, at + _LONGEST_LINE)]
        if not line.strip():
            return
        number = self._number(base, at)
        if line.lstrip()[:1] == b"{" and b'"MESSAGE"' in line:
            record = from_json(line, number)
            if record is not None:
                self._body(record)
                return
        line = line[:_LONGEST_READ]
        if is_field(line):
            self._field(block, at, stop, number)
            return
        record = split(line, number, self._clock)
        if "#012" in record.body and record.sequence is None:
            # rsyslog writes the line breaks within a message so.
            for part in record.body.split("#012"):
                self._body(record._replace(body=part.removeprefix(" ")))
            return
        self._to.record(record)

    def _field(self, block: bytes, at: int, stop: int, number: int) -> None:
        before, after = block[max(0, at - _AROUND) : at], block[stop : stop + _AROUND]
        self._body(field(block[at:stop][:_LONGEST_READ], before, after, number, self._clock))

    def _body(self, record: Record) -> None:
        raw = record.body.encode("utf-8", "backslashreplace").replace(b"\n", b"\\x0a")
        if rows.ANY.match(raw):
            self._to.rows([raw], record, record)
        else:
            self._to.record(record)

    def _table(self, words: tuple[bytes, ...], at: int, stop: int, base: int) -> int:
        """Take all rows from this line to the next one that has a word; where that begins."""
        block = self._block
        self._left = _WINDOW
        found = self._next_word(words, at)
        while found < _NEVER:
            until = block.rfind(b"\n", at, found) + 1 or at
            end = block.find(b"\n", found) + 1 or len(block)
            if not rows.ANY.search(block, until, end):
                break
            # A row that has the word in its name: `systemd-oomd`.
            found = self._next_word(words, end)
        else:
            until = len(block)
        until = max(until, stop + 1)
        first = split(block[at:stop][:_LONGEST_READ], self._number(base, at), self._clock)
        if is_field(block[at:stop]):
            self._field(block, at, stop, first.number)
            return stop + 1
        part = block[at:until]
        columns = len(self._to.columns(first) or rows.guess(part[: stop - at]))
        taken = rows.cut(part, columns)
        if not taken:
            self._line(block, at, stop, base)
            return stop + 1
        if self._to.is_mixed or (first.host and part.count(f" {first.host} ".encode()) < len(taken)):
            # Two machines in one log: line by line, each to its own.
            taken, until = rows.cut(part[: stop - at], columns)[:1], stop + 1
        last_at = block.rfind(taken[-1], at, until)
        line_at = block.rfind(b"\n", 0, last_at) + 1
        last = first if line_at <= at else split(block[line_at:last_at] + taken[-1], self._number(base, line_at), self._clock)
        if first.sequence is not None:
            taken = [_unescaped_row(row) for row in taken]
        self._to.rows(taken, first, last)
        return until


def _unescaped_row(row: bytes) -> bytes:
    return unescaped(row).replace(b"\n", b"\\x0a") if b"\\x" in row else row
