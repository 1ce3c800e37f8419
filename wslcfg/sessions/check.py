"""Think: what is wrong with a transcript, by name, with its line and what it does to a resume."""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.chain import READERS, Reader, resume
from wslcfg.sessions.relink import breaks
from wslcfg.sessions.transcript import CHAIN, Flaw, Row, Scan

# The clients of a generation, for people.
CLIENTS: dict[Reader, str] = {
    "newest": "clients up to 2.1.29",
    "leaf": "2.1.30 to 2.1.90",
    "bridged": "2.1.91 to 2.1.100",
    "last": "2.1.101 and later",
}


class Problem(NamedTuple):
    """One thing that is wrong: `id` as the contract lists them, the `line` it stands on (None: the whole file), what it does, as a sentence."""

    id: str
    line: int | None
    effect: str


class Resume(NamedTuple):
    """What clients of one generation bring back: `prompts` of `of`; `hangs`: they never come to an end."""

    reader: Reader
    prompts: int
    of: int
    hangs: bool

    def sentence(self) -> str:
        """`clients up to 2.1.29: resume shows only the last 3 of 41 prompts`."""
        who = CLIENTS[self.reader]
        if self.hangs:
            return f"{who}: resume hangs, and the client grows until it is killed"
        if self.prompts < self.of:
            return f"{who}: resume shows only the last {self.prompts} of {self.of} prompts"
        return f"{who}: resume shows all {self.of} prompts"


class Health(NamedTuple):
    """A transcript's health. `good_bytes` is the end of its last whole record; `resumes` has every generation, () for a file without problems.

    `prompts` counts what a person typed in it, whether a resume brings it back or not.
    """

    records: int
    bytes: int
    good_bytes: int
    problems: tuple[Problem, ...]
    resumes: tuple[Resume, ...]
    prompts: int = 0


def check(found: Scan, same: Callable[[Row, Row], bool], fetched: Callable[[str], bool] = lambda uuid: False) -> Health:
    """Judge a transcript.

    Args:
        found: it, as read. same: whether two of its records are the same bytes. fetched: whether a sub-agent's file has a record, by uuid.
    """
    if found.bytes == 0:
        return _nothing(found, Problem("zero-byte", None, "the file is empty: only a backup has the session"))
    if not found.records and not any(flaw.records for flaw in found.flaws):
        if found.junk or not found.nuls:
            return _nothing(found, Problem("zero-byte", None, "the file holds no record: only a backup has the session"))
        return _nothing(found, Problem("all-nul", None, "the file holds nothing but NUL bytes: only a backup has the session"))
    rows = found.rows
    if found.nuls and not found.hidden and not any(row.kind in CHAIN for row in rows):
        gone = Problem("all-nul", None, "where the conversation stood are NUL bytes: only a backup has it")
        return Health(found.records, found.bytes, found.good_bytes, (gone,), ())
    resumes: tuple[Resume, ...] = ()
    orderly = _orderly(rows)
    problems: list[Problem] = []
    if found.flaws or not orderly:
        broken = () if orderly else breaks(rows, found.torn, fetched=fetched)
        hidden = sum(flaw.prompts for flaw in found.flaws)
        mended = list(rows)
        for one in broken:
            mended[one.place] = rows[one.place]._replace(parent=one.to)
        resumes = tuple(_resume(found, mended, hidden, reader) for reader in READERS)
        problems = [Problem(flaw.id, flaw.line, _flaw(flaw, resumes)) for flaw in found.flaws]
        # Where the parent stands in a damaged line, that line has the blame.
        for one in broken:
            if rows[one.place].parent not in found.hidden:
                problems.append(_broken(rows[one.place], one.kind, resumes))
        if not orderly:
            problems += _twice(rows, same)
    return Health(
        found.records, found.bytes, found.good_bytes, tuple(problems), resumes if problems else (), sum(row.prompt for row in rows)
    )


def _nothing(found: Scan, problem: Problem) -> Health:
    return Health(0, found.bytes, 0, (problem,), ())


def _orderly(rows: tuple[Row, ...]) -> bool:
    """Whether every parent stands before its child, and no record twice: then there is no broken link, no circle and no duplicate."""
    seen: set[str] = set()
    for row in rows:
        if row.uuid in seen or (row.parent is not None and row.parent not in seen):
            return False
        seen.add(row.uuid)
    return True


def _resume(found: Scan, mended: list[Row], hidden: int, reader: Reader) -> Resume:
    now = resume(found.rows, reader, size=found.bytes)
    then = resume(mended, reader, size=found.bytes)
    prompts = now.prompts(found.rows)
    return Resume(reader, prompts, max(prompts, then.prompts(mended) + hidden), now.hangs)


def _flaw(flaw: Flaw, resumes: tuple[Resume, ...]) -> str:
    if flaw.id == "torn-tail":
        return "the last line is not ended: older clients glue the next record to it, and that one is lost"
    hidden = f"{flaw.records} record{'s' if flaw.records != 1 else ''} on this line cannot be read"
    worst = [one.sentence() for one in resumes if one.hangs or one.prompts < one.of] if flaw.records else []
    if flaw.id == "nul-hole":
        first = (
            f"NUL bytes; {hidden}" if flaw.records else "NUL bytes: what stood here is lost, and the next record may be lost behind them"
        )
    else:
        they = "it stands" if flaw.records == 1 else "they stand"
        first = f"{hidden}, for " + ("no line breaks stand between them" if flaw.whole else f"{they} behind something torn")
    return "; ".join([first, *worst])


def _broken(row: Row, kind: str, resumes: tuple[Resume, ...]) -> Problem:
    worst = [one.sentence() for one in resumes if one.hangs or one.prompts < one.of]
    what = {"cycle": "its parents run in a circle", "aside": "its parent lies in a sub-agent's file"}.get(kind, "its parent is nowhere")
    return Problem("cycle" if kind == "cycle" else "broken-chain", row.line, "; ".join([what, *worst]))


def _twice(rows: tuple[Row, ...], same: Callable[[Row, Row], bool]) -> list[Problem]:
    first: dict[str, Row] = {}
    found = []
    for row in rows:
        if row.kind in CHAIN and row.uuid in first and same(first[row.uuid], row):
            found.append(Problem("duplicate-records", row.line, f"the same record as line {first[row.uuid].line}"))
        else:
            first.setdefault(row.uuid, row)
    return found
