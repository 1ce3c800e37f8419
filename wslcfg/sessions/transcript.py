"""Think: a transcript's bytes as rows, one a record, with what a resume needs of each. Streams: no more than a line is held.

A line of Claude Code 2.1.329, shortened:
    {"parentUuid":"a6fc…","isSidechain":false,"message":{…},"type":"user","uuid":"5d6f…","timestamp":"2026-11-26T03:55:09.521Z","sessionId":"b158…",…}
What does not parse is passed over by every client, so it is no row; `pieces` says which records a damaged line still holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.links import Record, is_prompt, kept, read
from wslcfg.sessions.pieces import Torn, pieces, torn

# The kinds that clients chain by parentUuid. `saved_hook_context` is what an attachment was called before 2.1.30.
CHAIN = frozenset({"user", "assistant", "attachment", "system", "progress", "saved_hook_context"})


class Row(NamedTuple):
    """One record that has a uuid.

    Attributes:
        start, end: the span of its JSON in the file. line: from 1.
        kind: its `type`. uuid: its own. parent: `parentUuid`, None for a root. sidechain: a sub-agent's.
        at: `timestamp` as written. prompt: whether a person typed it.
        boundary: a compaction's border; keeps: its preserved segment as head, tail and anchor uuid, None where it keeps none.
        summary: what a compaction put in the place of all that stands before.
    """

    start: int
    end: int
    line: int
    kind: str
    uuid: str
    parent: str | None
    sidechain: bool
    at: str
    prompt: bool
    boundary: bool = False
    keeps: tuple[str, str, str] | None = None
    summary: bool = False


class Flaw(NamedTuple):
    """What is wrong with a line: `torn-tail`, `glued` (a record behind something else) or `nul-hole`; `records` and `prompts` that no reader sees for it.

    `whole`: nothing on the line is torn, its records lack the line breaks between them.
    """

    id: str
    line: int
    start: int
    records: int = 0
    prompts: int = 0
    whole: bool = False


class Scan(NamedTuple):
    """A transcript as read.

    Attributes:
        rows: the records with a uuid. records: how many lines are records of any kind. flaws: damaged lines.
        bytes: read. good_bytes: the end of the last whole record, its newline included. nuls: how many NUL bytes.
        version: of the client that wrote last, '' when no record says. hidden: uuids of whole records that no reader sees for a flaw.
        torn: what is left of torn records, and of whole ones that no reader sees. junk: how many bytes of lines that are no record are neither NUL nor blank.
    """

    rows: tuple[Row, ...]
    records: int
    flaws: tuple[Flaw, ...]
    bytes: int
    good_bytes: int
    nuls: int
    version: str
    hidden: frozenset[str] = frozenset()
    torn: tuple[Torn, ...] = ()
    junk: int = 0


def scan(lines: Iterable[bytes]) -> Scan:
    """Read a transcript by its lines, each with its newline, as a file opened in binary gives them."""
    rows: list[Row] = []
    flaws: list[Flaw] = []
    kinds: dict[str, str] = {}
    above: str | None = None
    unseen: set[str] = set()
    shreds: list[Torn] = []
    records = position = good = nuls = junk = 0
    version = ""
    for number, line in enumerate(lines, 1):
        record = read(line)
        ended = line.endswith(b"\n")
        if record is not None:
            end = position + len(line.rstrip())
            records += 1
            good = position + len(line) if ended else end
            if record.uuid is not None:
                rows.append(_row(record, position, end, number, kinds, above))
                above = rows[-1].uuid
                version = record.version or version
        else:
            zeros = line.count(b"\0")
            nuls += zeros
            junk += len(line.translate(None, b"\0 \t\r\n"))
            hidden = pieces(line)
            shreds += torn(line, hidden, len(rows))
            if zeros or hidden:
                seen = [one for start, end in hidden if (one := read(line[start:end])) is not None]
                prompts = sum(is_prompt(one) for one in seen)
                unseen.update(one.uuid for one in seen if one.uuid)
                # Until the line is split, its whole records are no more to a reader than torn ones: they tell where their children belong.
                shreds += [Torn(len(rows), one.parentUuid, frozenset((one.uuid,)), one.isCompactSummary) for one in seen if one.uuid]
                whole = not zeros and len(line.strip()) == sum(end - start for start, end in hidden)
                flaws.append(Flaw("nul-hole" if zeros else "glued", number, position, len(hidden), prompts, whole))
        if not ended and line.strip(b"\0 \t\r"):
            flaws.append(Flaw("torn-tail", number, position, 0))
        position += len(line)
    return Scan(tuple(rows), records, tuple(flaws), position, good, nuls, version, frozenset(unseen), tuple(shreds), junk)


def _row(record: Record, start: int, end: int, line: int, kinds: dict[str, str], above: str | None) -> Row:
    """A record's row; a kind, and a parent that is the row above, are the same object as the one seen before: that is a third of the memory."""
    parent = record.parentUuid
    boundary = record.type == "system" and record.subtype == "compact_boundary"
    return Row(
        start,
        end,
        line,
        kinds.setdefault(record.type, record.type),
        record.uuid or "",
        above if parent == above else parent,
        record.isSidechain,
        record.timestamp,
        is_prompt(record),
        boundary,
        kept(record) if boundary else None,
        record.isCompactSummary,
    )


def split_lines(raw: bytes) -> Iterator[bytes]:
    """A file's lines in memory, each with its newline."""
    at = 0
    while at < len(raw):
        newline = raw.find(b"\n", at)
        end = len(raw) if newline < 0 else newline + 1
        yield raw[at:end]
        at = end
