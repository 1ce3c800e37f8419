"""Think: a kernel log of any shape to events, in one pass and little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wslcfg.errors import Unreadable
from wslcfg.oom.assemble import Assembler
from wslcfg.oom.event import Heard, Notice, OomEvent, Start
from wslcfg.oom.order import LARGEST, SAMPLE, is_backwards, straight
from wslcfg.oom.scan import Scanner, blocks
from wslcfg.oom.stamp import Clock

_NO_CLOCK = Clock()


class Counter:
    """Says afterwards how many lines were read, and what was started before the kills."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self.lines = 0
        self.starts: tuple[Start, ...] = ()
        self.heard: tuple[Heard, ...] = ()


def parse(chunks: Iterable[bytes], clock: Clock = _NO_CLOCK, counter: Counter | None = None) -> Iterator[OomEvent | Notice]:
    """The out-of-memory events of a log, and the notices that belong to none, in the order of the log; replays are not joined yet.

    Args:
        chunks: the log's bytes in pieces of any size, lines or megabytes. UTF-8 or any encoding that has ASCII in it.
        clock: what stamps without a zone or a year are read by.
        counter: gets the number of lines.

    Raises:
        Unreadable: a log that is written backwards is too large to be turned round.
    """
    stream = blocks(chunks)
    held: list[bytes] = []
    size = 0
    for block in stream:
        held.append(block)
        size += len(block)
        if size >= SAMPLE:
            break
    sample = b"".join(held)[:SAMPLE]
    if is_backwards(sample, clock):
        for block in stream:
            held.append(block)
            size += len(block)
            if size > LARGEST:
                raise Unreadable(
                    f"the log is written newest line first and larger than {LARGEST >> 20} MB",
                    "turn it round first: tac FILE > straight.log",
                )
        yield from _turned(b"".join(held), clock, counter)
        return
    assembler = Assembler()
    scanner = Scanner(assembler, clock)
    while held:
        scanner.feed(held.pop(0))
        yield from _taken(assembler)
    for block in stream:
        scanner.feed(block)
        yield from _taken(assembler)
    assembler.end()
    if counter is not None:
        counter.lines = scanner.lines
        counter.starts, counter.heard = tuple(scanner.before.starts), tuple(scanner.before.heard)
    yield from _taken(assembler)


def _taken(assembler: Assembler) -> Iterator[OomEvent | Notice]:
    out, assembler.out = assembler.out, []
    yield from out


def _turned(raw: bytes, clock: Clock, counter: Counter | None) -> Iterator[OomEvent | Notice]:
    text, numbers = straight(raw, clock)
    assembler = Assembler()
    scanner = Scanner(assembler, clock)
    for block in blocks([text]):
        scanner.feed(block)
    assembler.end()

    def number(line: int) -> int:
        return numbers[line - 1] if 0 < line <= len(numbers) else line

    if counter is not None:
        counter.lines = raw.count(b"\n")
        counter.starts = tuple(one._replace(line=number(one.line)) for one in scanner.before.starts)
        counter.heard = tuple(scanner.before.heard)

    for item in assembler.out:
        yield _renumbered(item, number) if isinstance(item, OomEvent) else item._replace(line=number(item.line))


def _renumbered(event: OomEvent, number: Callable[[int], int]) -> OomEvent:
    first, last = sorted((number(event.first_line), number(event.last_line)))
    return event._replace(
        victims=tuple(victim._replace(line=number(victim.line)) for victim in event.victims),
        follow_ups=tuple(notice._replace(line=number(notice.line)) for notice in event.follow_ups),
        losses=tuple(loss._replace(line=number(loss.line)) for loss in event.losses),
        copies=tuple(copy._replace(line=number(copy.line)) for copy in event.copies),
        evidence=tuple(line._replace(number=number(line.number)) for line in event.evidence),
        first_line=first,
        last_line=last,
    )
