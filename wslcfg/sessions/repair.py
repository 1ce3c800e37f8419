"""Think: a damaged transcript as a whole one. Each step is named; what is not damaged is not touched, what cannot be mended stays and is said.

In this order: NUL bytes go, lines that hold records behind something torn are split, a torn end is ended, records that stand twice byte for byte stand
once, records that lie in a sub-agent's file come back, broken links are hung on what a torn parent names, else on the record before, circles are cut.
No record is moved, none is written anew: new bytes are line breaks, parents, and records that another file of the session has. Lines that hold no
record stay as they are: every client passes them over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.chain import READERS, resume
from wslcfg.sessions.edit import Edit, as_main, edited, with_parent
from wslcfg.sessions.links import read
from wslcfg.sessions.pieces import pieces
from wslcfg.sessions.relink import Break, breaks
from wslcfg.sessions.transcript import CHAIN, Row, Scan, scan, split_lines


class Step(NamedTuple):
    """One thing that was mended: the problem's id, its line in the file as it was before the repair, and a sentence."""

    id: str
    line: int
    why: str


class Repaired(NamedTuple):
    """The bytes after, the steps that led there, and sentences about what was left."""

    raw: bytes
    steps: tuple[Step, ...]
    left: tuple[str, ...] = ()


_ROUNDS = 6


def no_other_file(uuid: str) -> bytes | None:
    """For a session without sub-agents."""
    return None


def repair(raw: bytes, aside: Callable[[str], bytes | None] = no_other_file) -> Repaired:
    """Repair a transcript.

    Args:
        raw: the file. aside: the JSON of a record of this session's other files (sub-agents) by uuid, None where none has it.

    Never brings back less than before: a step that would make any generation of clients resume with fewer prompts is left out and said.
    A file that holds no record at all is left as it is: only a backup has what it was.
    """
    now = _State(raw, scan(split_lines(raw)), range(1, raw.count(b"\n") + 2))
    if not now.found.records and not any(flaw.records for flaw in now.found.flaws):
        return Repaired(raw, ())
    steps: list[Step] = []
    left: list[str] = []
    # What one step could not do without a loss, another one may have made harmless.
    for _ in range(_ROUNDS):
        now, done, left = _round(now, aside)
        if not done:
            break
        steps += done
    return Repaired(now.raw, tuple(steps), tuple(left))


class _State(NamedTuple):
    """The file so far: `found` in it, and for each of its lines the number that it had in the beginning."""

    raw: bytes
    found: Scan
    origin: Sequence[int]

    def line(self, row: Row) -> int:
        """The line of a record as the person's file has it."""
        return self.origin[row.line - 1]

    def after(self, raw: bytes, origin: Sequence[int]) -> _State:
        """The same with other bytes; `origin` of each new line."""
        return _State(raw, scan(split_lines(raw)), origin)


def _round(now: _State, aside: Callable[[str], bytes | None]) -> tuple[_State, list[Step], list[str]]:
    """Each stage once: the file after, the steps that were done, and what was left."""
    had = _prompts(now.found)
    steps: list[Step] = []
    left: list[str] = []
    for stage in (_lines, _once, _fetch, _chain):
        made, done = stage(now, aside)
        if not done or made.raw == now.raw:
            continue
        has = _prompts(made.found)
        if any(not old <= new for old, new in zip(had, has, strict=True)):
            left += [f"line {step.line}: not done, since a resume would bring back less: {step.why}" for step in done]
            if stage is not _lines:
                continue
            made, done = _ends(now)
            if not done:
                continue
            has = had
        now, had = made, has
        steps += done
    return now, steps, left


def _prompts(found: Scan) -> list[set[str]]:
    """What each generation of clients brings back."""
    return [{found.rows[at].uuid for at in resume(found.rows, reader, size=found.bytes).chain} for reader in READERS]


def _lines(now: _State, aside: Callable[[str], bytes | None]) -> tuple[_State, list[Step]]:
    """NULs, glued records, the torn end."""
    steps: list[Step] = []
    parts: list[bytes] = []
    origin: list[int] = []
    if not now.found.flaws:
        return now, steps
    for number, line in zip(now.origin, split_lines(now.raw), strict=False):
        made, done = _line(line, number)
        parts += made
        origin += [number] * len(made)
        steps += done
    return now.after(b"".join(parts), origin), steps


def _line(line: bytes, number: int) -> tuple[list[bytes], list[Step]]:
    """The lines that one line becomes."""
    ended = line.endswith(b"\n")
    if read(line) is not None:
        return ([line], []) if ended else ([line + b"\n"], [_torn(number)])
    steps = []
    body = line.removesuffix(b"\n")
    zeros = body.count(b"\0")
    held = pieces(body)
    parts, at = [], 0
    for start, end in held:
        parts += [body[at:start], body[start:end]]
        at = end
    # A hole in the middle of a record becomes a line's end: to close it would make up a text that nobody wrote.
    parts = [piece for part in (*parts, body[at:]) for piece in part.split(b"\0") if piece.strip(b" \t\r")]
    if zeros:
        kept = f", {_records(len(held))} behind them can be read again" if held else ""
        steps.append(Step("nul-hole", number, f"{zeros} NUL bytes go{kept}"))
    elif held:
        steps.append(Step("glued", number, f"split, so that {_records(len(held))} on this line can be read"))
    elif ended:
        return [line], []
    if not ended and parts:
        steps.append(_torn(number))
    return [part + b"\n" for part in parts], steps


def _ends(now: _State) -> tuple[_State, list[Step]]:
    """The torn end alone."""
    if not now.raw or now.raw.endswith(b"\n"):
        return now, []
    return now.after(now.raw + b"\n", now.origin), [_torn(now.origin[now.raw.count(b"\n")])]


def _torn(number: int) -> Step:
    return Step("torn-tail", number, "a line break ends it, so that the next record is not glued to it")


def _once(now: _State, aside: Callable[[str], bytes | None]) -> tuple[_State, list[Step]]:
    """Records that stand twice, byte for byte, stand once: the first stays."""
    raw, edits, steps, gone = now.raw, [], [], set()
    first: dict[str, list[Row]] = {}
    for row in now.found.rows:
        same = first.setdefault(row.uuid, [])
        if row.kind in CHAIN and any(raw[one.start : one.end] == raw[row.start : row.end] for one in same):
            newline = raw.find(b"\n", row.end)
            edits.append(Edit(row.start, len(raw) if newline < 0 else newline + 1, b""))
            gone.add(row.line)
            steps.append(Step("duplicate-records", now.line(row), f"the same bytes as line {now.line(same[0])}; it stands once"))
        else:
            same.append(row)
    if not steps:
        return now, steps
    return now.after(edited(raw, edits), [number for line, number in enumerate(now.origin, 1) if line not in gone]), steps


def _fetch(now: _State, aside: Callable[[str], bytes | None]) -> tuple[_State, list[Step]]:
    """Records come back from a sub-agent's file."""
    rows = now.found.rows
    known = {row.uuid for row in rows}
    edits, steps = [], []
    origin: list[int] = []
    done = 0
    for one in breaks(rows, now.found.torn, fetched=lambda uuid: aside(uuid) is not None):
        row = rows[one.place]
        brought = _ancestors(row.parent, known, aside) if one.kind == "aside" else []
        if brought:
            begin = now.raw.rfind(b"\n", 0, row.start) + 1
            edits.append(Edit(begin, begin, b"".join(record + b"\n" for record in brought)))
            origin += [*now.origin[done : row.line - 1], *[now.line(row)] * len(brought)]
            done = row.line - 1
            steps.append(Step("broken-chain", now.line(row), f"its parent comes back from a sub-agent's file ({_records(len(brought))})"))
    if not steps:
        return now, steps
    return now.after(edited(now.raw, edits), [*origin, *now.origin[done:]]), steps


def _chain(now: _State, aside: Callable[[str], bytes | None]) -> tuple[_State, list[Step]]:
    """Broken links: the child is hung on what its torn parent hung on, or on the record before it."""
    raw, rows = now.raw, now.found.rows
    edits, steps = [], []
    for one in breaks(rows, now.found.torn):
        row = rows[one.place]
        try:
            edits.append(with_parent(raw[row.start : row.end], row.start, one.to))
        except (KeyError, ValueError, IndexError):
            continue
        steps.append(Step("cycle" if one.kind == "cycle" else "broken-chain", now.line(row), _why(one, row)))
    return (now.after(edited(raw, edits), now.origin) if steps else now), steps


def _why(one: Break, row: Row) -> str:
    if one.kind == "cycle":
        what = "it is hung on the record before it" if one.to else "it becomes the first"
        return f"its parents run in a circle; {what}"
    if one.basis == "torn":
        return f"its parent {row.parent} is torn; it is hung on {one.to}, which that one names as its own parent"
    if one.basis == "near":
        return f"its parent {row.parent} is nowhere; it is hung on {one.to}, which the torn record before it names: most likely that one was its parent"
    return f"its parent {row.parent} is nowhere; it is hung on the record before it, which is a guess"


def _ancestors(uuid: str | None, known: set[str], aside: Callable[[str], bytes | None]) -> list[bytes]:
    """A missing record and what it hangs on, as far as the other files have it; the eldest first. `known` grows by them."""
    brought: list[bytes] = []
    while uuid is not None and uuid not in known and (record := aside(uuid)) is not None:
        parsed = read(record)
        if parsed is None or parsed.uuid != uuid:
            break
        known.add(uuid)
        brought.append(as_main(record.strip()))
        uuid = parsed.parentUuid
    return brought[::-1]


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"
