"""Think: one line of a transcript as its record, as far as a resume needs it."""

from __future__ import annotations

import json

import msgspec

from wslcfg.sessions.said import said


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


class Record(Link, gc=False):
    """What `scan` has to know of a record."""

    timestamp: str = ""
    subtype: str = ""
    version: str = ""
    compactMetadata: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(Record).decode
_message = msgspec.json.Decoder(_Message).decode
_compact = msgspec.json.Decoder(_Compact).decode


def read(line: bytes) -> Record | None:
    """One line's record as a client reads it, None for a line that a client passes over."""
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Bytes that are no UTF-8, half an emoji, a field of another type: the clients take those.
        return _read_loosely(line)


def _read_loosely(line: bytes) -> Record | None:
    try:
        found = json.loads(line.decode("utf-8", "replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    record = Record()
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


def kept(record: Record) -> tuple[str, str, str] | None:
    """The segment that a compaction's border keeps, as the uuids of its head, tail and anchor; None where it keeps none."""
    if not bytes(record.compactMetadata):
        return None
    try:
        segment = _compact(record.compactMetadata).preservedSegment
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return None if segment is None else (segment.headUuid, segment.tailUuid, segment.anchorUuid)


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
