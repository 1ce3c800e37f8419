"""Think: a transcript's bytes as rows, one a record, with what a resume needs of each. Streams: no more than a line is held.

A line of Claude Code 2.1.329, shortened:
    {"parentUuid":"a6fc…","isSidechain":false,"message":{…},"type":"user","uuid":"5d6f…","timestamp":"2026-11-26T03:55:09.521Z","sessionId":"b158…",…}
What does not parse is passed over by every client, so it is no row; `pieces` says which records a damaged line still holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import msgspec

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.sessions.said import said

# The kinds that clients chain by parentUuid. `saved_hook_context` is what an attachment was called before 2.1.30.
CHAIN = frozenset({"user", "assistant", "attachment", "system", "progress", "saved_hook_context"})
# Kinds without a uuid, as clients up to 2.1.329 write them. A piece of a damaged line counts as a record of an unknown kind only where it says whose.
_SIDE = frozenset(
    {
        *(
            "summary",
            "custom-title",
            "ai-title",
            "last-prompt",
            "tag",
            "agent-name",
            "agent-color",
            "agent-setting",
            "mode",
            "permission-mode",
        ),
        *("pr-link", "worktree-state", "file-history-snapshot", "attribution-snapshot", "queue-operation", "content-replacement"),
        *("api-request", "api-request-shape", "api-request-blob", "tools-used", "atis-latch", "cost-state"),
    }
)
_START = late(rb'\{"[A-Za-z]')
# So many places of a damaged line are tried; a torn record of the largest size has fewer objects in it.
_TRIES = 2000


class Row(NamedTuple):
    """One record that has a uuid.

    Attributes:
        start, end: the span of its JSON in the file. line: from 1.
        kind: its `type`. uuid: its own. parent: `parentUuid`, None for a root. sidechain: a sub-agent's.
        at: `timestamp` as written. prompt: whether a person typed it.
        boundary: a compaction's border; keeps: its preserved segment as head, tail and anchor uuid, None where it keeps none.
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


class Flaw(NamedTuple):
    """What is wrong with a line: `torn-tail`, `glued` (a record behind something else) or `nul-hole`; `records` and `prompts` that no reader sees for it."""

    id: str
    line: int
    start: int
    records: int = 0
    prompts: int = 0


class Scan(NamedTuple):
    """A transcript as read.

    Attributes:
        rows: the records with a uuid. records: how many lines are records of any kind. flaws: damaged lines.
        bytes: read. good_bytes: the end of the last whole record, its newline included. nuls: how many NUL bytes.
        version: of the client that wrote last, '' when no record says. hidden: uuids of whole records that no reader sees for a flaw.
    """

    rows: tuple[Row, ...]
    records: int
    flaws: tuple[Flaw, ...]
    bytes: int
    good_bytes: int
    nuls: int
    version: str
    hidden: frozenset[str] = frozenset()


class _Block(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Message(msgspec.Struct):
    content: str | list[_Block] | None = None


class _Segment(msgspec.Struct):
    headUuid: str = ""  # the client's own names
    tailUuid: str = ""
    anchorUuid: str = ""


class _Compact(msgspec.Struct):
    preservedSegment: _Segment | None = None


class Link(msgspec.Struct, gc=False):
    """What makes a record a link of the chain, and what tells a prompt; the names are the client's."""

    type: str = ""
    uuid: str | None = None
    parentUuid: str | None = None
    isSidechain: bool = False
    isMeta: bool = False
    isCompactSummary: bool = False
    # Of any kind: a union with None would take null alone.
    message: msgspec.Raw = msgspec.Raw()


class _Record(Link, gc=False):
    timestamp: str = ""
    subtype: str = ""
    version: str = ""
    compactMetadata: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Record).decode
_message = msgspec.json.Decoder(_Message).decode
_compact = msgspec.json.Decoder(_Compact).decode


def scan(lines: Iterable[bytes]) -> Scan:
    """Read a transcript by its lines, each with its newline, as a file opened in binary gives them."""
    rows: list[Row] = []
    flaws: list[Flaw] = []
    kinds: dict[str, str] = {}
    above: str | None = None
    unseen: set[str] = set()
    records = position = good = nuls = 0
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
            hidden = pieces(line)
            if zeros or hidden:
                seen = [one for start, end in hidden if (one := read(line[start:end])) is not None]
                prompts = sum(is_prompt(one) for one in seen)
                unseen.update(one.uuid for one in seen if one.uuid)
                flaws.append(Flaw("nul-hole" if zeros else "glued", number, position, len(hidden), prompts))
        if not ended and line.strip(b"\0 \t\r"):
            flaws.append(Flaw("torn-tail", number, position, 0))
        position += len(line)
    return Scan(tuple(rows), records, tuple(flaws), position, good, nuls, version, frozenset(unseen))


def read(line: bytes) -> _Record | None:
    """One line's record as a client reads it, None for a line that a client passes over."""
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Bytes that are no UTF-8, half an emoji, a field of another type: the clients take those.
        return _read_loosely(line)


def _read_loosely(line: bytes) -> _Record | None:
    try:
        found = json.loads(line.decode("utf-8", "replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    record = _Record()
    for name in ("type", "uuid", "parentUuid", "timestamp", "subtype", "version"):
        if isinstance(found.get(name), str):
            setattr(record, name, found[name])
    for name in ("isSidechain", "isMeta", "isCompactSummary"):
        setattr(record, name, bool(found.get(name)))
    for name in ("message", "compactMetadata"):
        if isinstance(found.get(name), dict):
            setattr(record, name, msgspec.Raw(json.dumps(found[name], ensure_ascii=False).encode("utf-8", "replace")))
    return record


def _no_constant(word: str) -> float:
    raise ValueError(word)


def _row(record: _Record, start: int, end: int, line: int, kinds: dict[str, str], above: str | None) -> Row:
    """A record's row; a kind, and a parent that is the row above, are the same object as the one seen before: that is a third of the memory."""
    uuid = record.uuid or ""
    parent = record.parentUuid
    keeps = None
    boundary = record.type == "system" and record.subtype == "compact_boundary"
    if boundary and bytes(record.compactMetadata):
        try:
            segment = _compact(record.compactMetadata).preservedSegment
        except (msgspec.MsgspecError, UnicodeDecodeError):
            segment = None
        keeps = (segment.headUuid, segment.tailUuid, segment.anchorUuid) if segment is not None else None
    return Row(
        start,
        end,
        line,
        kinds.setdefault(record.type, record.type),
        uuid,
        above if parent == above else parent,
        record.isSidechain,
        record.timestamp,
        is_prompt(record),
        boundary,
        keeps,
    )


def is_prompt(record: Link) -> bool:
    """Whether a person typed it."""
    return record.type == "user" and not (record.isMeta or record.isCompactSummary or record.isSidechain) and bool(typed(record))


def typed(record: Link) -> str:
    """What a person typed, of a user's record; '' for a tool's result and the client's own texts."""
    try:
        content = _message(record.message).content
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return said([content] if isinstance(content, str) else [block.text for block in content or () if block.type == "text"])


def pieces(line: bytes) -> list[tuple[int, int]]:
    """The spans of the whole records that a damaged line still holds, in order; none where there is none.

    A chained record is known by its beginning `{"parentUuid":` (Codex's by its timestamp) and may stand anywhere; another one counts at the beginning of the line, and behind
    something torn only where it reaches to the end or to the next object and is of a known kind or names its session: a torn record has whole objects
    inside it.
    """
    text = line.decode("latin-1")  # a byte is a sign, so that places are the same
    found: list[tuple[int, int]] = []
    at = 0
    for _ in range(_TRIES):
        begin = _START.search(line, at)
        if begin is None:
            break
        start = begin.start()
        end = _object_end(text, start)
        last = found[-1][1] if found else 0
        if end is not None and _is_record(line, start, end, first=not line[last:start].strip(b"\0 \t\r\n")):
            found.append((start, end))
            at = end
        else:
            at = start + 1
    return found


def _object_end(text: str, start: int) -> int | None:
    """Where the JSON object that begins here ends; None where none does."""
    try:
        _, end = _JSON.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return int(end)


_JSON = json.JSONDecoder(parse_constant=_no_constant)


def _is_record(line: bytes, start: int, end: int, *, first: bool) -> bool:
    record = read(line[start:end])
    if record is None or not record.type:
        return False
    if line.startswith(b'{"parentUuid":', start):
        return record.uuid is not None
    if line.startswith(b'{"timestamp":"', start) and b'"payload":' in line[start:end]:
        return True  # Codex writes each of its records so
    known = record.type in _SIDE or record.uuid is not None or b'"sessionId":"' in line[start:end]
    rest = line[end:].strip(b"\0 \t\r\n")
    return known and (first or not rest or rest.startswith(b'{"'))


def split_lines(raw: bytes) -> Iterator[bytes]:
    """A file's lines in memory, each with its newline."""
    at = 0
    while at < len(raw):
        newline = raw.find(b"\n", at)
        end = len(raw) if newline < 0 else newline + 1
        yield raw[at:end]
        at = end
