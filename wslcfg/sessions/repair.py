"""Think: a damaged transcript as a whole one. Each step is named; what is not damaged is not touched, what cannot be mended stays and is said.

In this order: NUL bytes go, lines that hold records behind something torn are split, a torn end is ended, records that stand twice byte for byte stand
once, records that lie in a sub-agent's file come back, broken links are hung on the record before, circles are cut. No record is moved, none is written
anew: new bytes are line breaks, parents, and records that another file of the session has. Lines that hold no record stay as they are: every client
passes them over.
"""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.chain import READERS, resume
from wslcfg.sessions.edit import Edit, as_main, edited, with_parent
from wslcfg.sessions.relink import breaks
from wslcfg.sessions.transcript import CHAIN, Row, Scan, pieces, read, scan, split_lines


class Step(NamedTuple):
    """One thing that was mended: the problem's id, its line in the file as it was before this step, and a sentence."""

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
    """
    steps: list[Step] = []
    # What one step could not do without a loss, another one may have made harmless.
    for _ in range(_ROUNDS):
        done, left = _round(raw, aside)
        if done is None:
            break
        raw, steps = done[0], steps + done[1]
    return Repaired(raw, tuple(steps), tuple(left))


def _round(raw: bytes, aside: Callable[[str], bytes | None]) -> tuple[tuple[bytes, list[Step]] | None, list[str]]:
    """Each stage once: the bytes after with the steps, None when nothing was done; and what was left."""
    now, found = raw, scan(split_lines(raw))
    had = _prompts(found)
    steps: list[Step] = []
    left: list[str] = []
    for stage in (_lines, _once, _chain):
        made, done = stage(now, found, aside)
        if not done or made == now:
            continue
        seen = scan(split_lines(made))
        has = _prompts(seen)
        if any(not old <= new for old, new in zip(had, has, strict=True)):
            left += [f"line {step.line}: not done, since a resume would bring back less: {step.why}" for step in done]
            if stage is not _lines:
                continue
            made, done = _ends(now)
            if not done:
                continue
            seen, has = scan(split_lines(made)), had
        now, found, had = made, seen, has
        steps += done
    return ((now, steps) if steps else None), left


def _prompts(found: Scan) -> list[set[str]]:
    """What each generation of clients brings back."""
    return [{found.rows[at].uuid for at in resume(found.rows, reader, size=found.bytes).chain} for reader in READERS]


def _lines(raw: bytes, found: Scan, aside: Callable[[str], bytes | None]) -> tuple[bytes, list[Step]]:
    """NULs, glued records, the torn end."""
    steps, parts = [], []
    if not found.flaws:
        return raw, []
    for number, line in enumerate(split_lines(raw), 1):
        made, done = _line(line, number)
        parts.append(made)
        steps += done
    return b"".join(parts), steps


def _line(line: bytes, number: int) -> tuple[bytes, list[Step]]:
    ended = line.endswith(b"\n")
    if read(line) is not None:
        return (line, []) if ended else (line + b"\n", [_torn(number)])
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
        return line, []
    if not ended and parts:
        steps.append(_torn(number))
    return b"".join(part + b"\n" for part in parts), steps


def _ends(raw: bytes) -> tuple[bytes, list[Step]]:
    """The torn end alone."""
    if not raw or raw.endswith(b"\n"):
        return raw, []
    return raw + b"\n", [_torn(raw.count(b"\n") + 1)]


def _torn(number: int) -> Step:
    return Step("torn-tail", number, "a line break ends it, so that the next record is not glued to it")


def _once(raw: bytes, found: Scan, aside: Callable[[str], bytes | None]) -> tuple[bytes, list[Step]]:
    """Records that stand twice, byte for byte, stand once: the first stays."""
    edits, steps = [], []
    first: dict[str, list[Row]] = {}
    for row in found.rows:
        same = first.setdefault(row.uuid, [])
        if row.kind in CHAIN and any(raw[one.start : one.end] == raw[row.start : row.end] for one in same):
            newline = raw.find(b"\n", row.end)
            edits.append(Edit(row.start, len(raw) if newline < 0 else newline + 1, b""))
            steps.append(Step("duplicate-records", row.line, f"the same bytes as line {same[0].line}; it stands once"))
        else:
            same.append(row)
    return edited(raw, edits), steps


def _chain(raw: bytes, found: Scan, aside: Callable[[str], bytes | None]) -> tuple[bytes, list[Step]]:
    """Broken links: the record comes back from a sub-agent's file, or the child is hung on the record before it."""
    raw, steps = _fetch(raw, found, aside)
    rows = scan(split_lines(raw)).rows if steps else found.rows
    edits = []
    for one in breaks(rows):
        row = rows[one.place]
        try:
            edits.append(with_parent(raw[row.start : row.end], row.start, one.to))
        except (KeyError, ValueError, IndexError):
            continue
        if one.kind == "cycle":
            why = (
                "its parents run in a circle; it is hung on the record before it"
                if one.to
                else "its parents run in a circle; it becomes the first"
            )
            steps.append(Step("cycle", row.line, why))
        else:
            steps.append(Step("broken-chain", row.line, f"its parent {row.parent} is nowhere; it is hung on the record before it"))
    return edited(raw, edits), steps


def _fetch(raw: bytes, found: Scan, aside: Callable[[str], bytes | None]) -> tuple[bytes, list[Step]]:
    known = {row.uuid for row in found.rows}
    edits, steps = [], []
    for one in breaks(found.rows, fetched=lambda uuid: aside(uuid) is not None):
        row = found.rows[one.place]
        brought = _ancestors(row.parent, known, aside) if one.kind == "aside" else []
        if brought:
            begin = raw.rfind(b"\n", 0, row.start) + 1
            edits.append(Edit(begin, begin, b"".join(record + b"\n" for record in brought)))
            steps.append(Step("broken-chain", row.line, f"its parent comes back from a sub-agent's file ({_records(len(brought))})"))
    return edited(raw, edits), steps


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
