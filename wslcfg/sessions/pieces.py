"""Think: what a damaged line of a session file still holds: whole records, and of a torn one the ids that can still be read.

A line of any length is read a bounded number of times: what is looked for is known by how it begins or ends, and what was read in vain is counted.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.sessions.links import read

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
# How a client begins a record of the conversation, which nothing inside another record does; Codex begins each of its records with the time.
_CHAINED, _CODEX = (b'{"parentUuid":null,', b'{"parentUuid":"'), b'{"timestamp":"'
_KNOWN = late(rb'\{"(?:parentUuid":(?:null,|")|timestamp":")')
# How any object begins, and how the clients begin their other records.
_START, _TYPED = late(rb'\{"[A-Za-z]'), late(rb'\{"(?:parentUuid":(?:null|")|timestamp":"|type":")')
# So many objects of a line are tried of any beginning; a torn record may have many more inside it.
_TRIES = 2000
# Where a record may end behind which another line should have begun.
_END = late(rb'\}(?=[\0 \t\r\n]*(?:\{"|\Z))')
_FILLED = late(rb"[^\0 \t\r\n]")
# What was read in vain may be so many times the line, and so many bytes more: a torn record is as deep as that at most.
_TIMES, _MORE = 16, 64 << 10
# What an object costs that is nested deeper than anybody reads.
_DEEP = 16 << 10
_ID = rb'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"'
_PARENT = late(rb'\{"parentUuid":(?:null|' + _ID + rb")")
_UUID = late(rb'"uuid":' + _ID)
_BORDER = late(rb'"subtype":"compact_boundary"|"isCompactSummary":true')
# A sub-agent's own first record has no parent either.
_SUB, _MAIN = b'"isSidechain":true', late(rb'"isSidechain":false|"logicalParentUuid":')
_PLACE = late(r"\(byte (\d+)\)")


class Torn(NamedTuple):
    """What is left of one torn record.

    Attributes:
        place: how many rows stand before it. parent: its parentUuid, None for a root, '' where that is lost.
        uuids: those that stand in it, its own among them unless that is lost. border: a compaction begins here.
    """

    place: int
    parent: str | None
    uuids: frozenset[str]
    border: bool


def pieces(line: bytes) -> list[tuple[int, int]]:
    """The spans of the whole records that a damaged line still holds, in order; none where there is none.

    A chained record is known by its beginning `{"parentUuid":` (Codex's by its timestamp) and may stand anywhere; another one counts at the beginning
    of the line, and behind something torn only where it reaches to the end or to the next object and is of a known kind or names its session: a torn
    record has whole objects inside it.
    """
    known, other = _Reading(line), _Reading(line)
    ends = [found.end() for found in _END.finditer(line)]
    found: list[tuple[int, int]] = []
    at = last = tries = 0
    opening = _behind_blanks(line, 0)
    while known.left > 0:
        # Behind the last place where one may end, and when too much was read in vain, only what is known by its beginning is looked for.
        quick = at != last and (other.left <= 0 or not ends or at >= ends[-1])
        begin = (_KNOWN if quick else _START if tries < _TRIES else _TYPED).search(line, at)
        if begin is None:
            break
        start = begin.start()
        sure = line.startswith((*_CHAINED, _CODEX), start)
        end = (known if sure else other).end(start)
        at = start + 1
        tries += 1
        if end is None:
            continue
        reaches, first = _among(ends, end), start == opening
        if (sure or reaches or first) and _is_record(line[start:end], known=reaches or first):
            found.append((start, end))
            at = last = end
    return found


def _behind_blanks(line: bytes, at: int) -> int:
    found = _FILLED.search(line, at)
    return found.start() if found else len(line)


def _among(ends: list[int], end: int) -> bool:
    at = bisect_left(ends, end)
    return at < len(ends) and ends[at] == end


def _is_record(whole: bytes, *, known: bool) -> bool:
    """Whether an object is a record of its own; `known`: it stands where one may, so that any kind counts."""
    record = read(whole)
    if record is None or not record.type:
        return False
    if whole.startswith(_CHAINED):
        return record.uuid is not None
    if whole.startswith(_CODEX) and b'"payload":' in whole:
        return True
    return known and (record.type in _SIDE or record.uuid is not None or b'"sessionId":"' in whole)


class _Reading:
    """Where objects of a line end; `left`: so many bytes may still be read in vain."""

    def __init__(self, line: bytes) -> None:
        self._line, self._view = line, memoryview(line)
        self._text = ""
        self.left = _TIMES * len(line) + _MORE

    def end(self, start: int) -> int | None:
        """Where the JSON object that begins here ends; None where none does."""
        stop = len(self._line)
        try:
            _skip(self._view[start:])
        except msgspec.DecodeError as error:
            where = _PLACE.search(str(error))
            stop = start + int(where[1]) - 1 if where else stop
            if where is None or "trailing characters" not in str(error):
                self.left -= stop - start
                # Half an emoji is no error to a client.
                return self._loosely(start) if self._line.find(b"\\ud", start, stop + 1) >= 0 else None
        except RecursionError:
            self.left -= min(_DEEP, stop - start)
            return None
        return self._line.rfind(b"}", start, stop) + 1

    def _loosely(self, start: int) -> int | None:
        self._text = self._text or self._line.decode("latin-1")  # a byte is a sign, so that places are the same
        try:
            return int(_JSON.raw_decode(self._text, start)[1])
        except json.JSONDecodeError as error:
            self.left -= error.pos - start
        except (ValueError, RecursionError):
            self.left -= min(_DEEP, len(self._line) - start)
        return None


def _no_constant(word: str) -> float:
    raise ValueError(word)


_skip = msgspec.json.Decoder(msgspec.Raw).decode
_JSON = json.JSONDecoder(parse_constant=_no_constant)


def torn(line: bytes, whole: list[tuple[int, int]], place: int) -> Iterator[Torn]:
    """What is left of the torn records of a damaged line, in order; one that shows none of its ids is passed over.

    Args:
        line: it. whole: the spans of its whole records, as `pieces` gives them. place: how many rows stand before the line.
    """
    at = 0
    for start, end in (*whole, (len(line), len(line))):
        for part in line[at:start].split(b"\0"):
            begins = [found.start() for found in _PARENT.finditer(part)]
            for begin, stop in zip([0, *begins], [*begins, len(part)], strict=True):
                if (one := _torn(part[begin:stop], place)) is not None:
                    yield one
        at = end


def _torn(part: bytes, place: int) -> Torn | None:
    parent = _PARENT.match(part)
    uuids = frozenset(found[1].decode() for found in _UUID.finditer(part))
    border = _BORDER.search(part) is not None
    if _SUB in part or (parent is None and not uuids and not border):
        return None
    above: str | None = ""
    if parent is not None and parent[1]:
        above = parent[1].decode()
    elif parent is not None and _MAIN.search(part):
        above = None
    return Torn(place, above, uuids, border)
