"""Think: changes of bytes in a file, and of one value in one record. Every other byte stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable

from wslcfg.model.record import NamedTuple

_JSON = json.JSONDecoder()


class Edit(NamedTuple):
    """Put `new` where the bytes from `start` to `end` are."""

    start: int
    end: int
    new: bytes


def edited(raw: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with every edit done; edits do not overlap, those at the same place stand in their order."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        parts += [raw[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*parts, raw[at:]])


def members(record: bytes) -> dict[str, tuple[int, int, int]]:
    """Where each top-level member of a JSON object lies: its key's begin, its value's begin and end. Of a repeated key the last, as readers take it.

    Raises ValueError for what is no object.
    """
    text = record.decode("latin-1")  # a byte is a sign: places are the same
    at = _blank(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no object")
    at = _blank(text, at + 1)
    found: dict[str, tuple[int, int, int]] = {}
    while text[at] != "}":
        key, end = _JSON.raw_decode(text, at)
        begin = _blank(text, _blank(text, end) + 1)
        _, end = _JSON.raw_decode(text, begin)
        found[key] = (at, begin, end)
        at = _blank(text, end)
        if text[at] == ",":
            at = _blank(text, at + 1)
    return found


def with_parent(record: bytes, start: int, parent: str | None) -> Edit:
    """The edit that gives a record, which begins at `start` of its file, another parent."""
    _, begin, end = members(record)["parentUuid"]
    return Edit(start + begin, start + end, json.dumps(parent).encode())


def as_main(record: bytes) -> bytes:
    """A sub-agent's record as one of the main chain: `isSidechain` false, no `agentId`."""
    found = members(record)
    edits = []
    if "isSidechain" in found:
        edits.append(Edit(*found["isSidechain"][1:], b"false"))
    if "agentId" in found:
        key, _, end = found["agentId"]
        rest = record[end:].lstrip()
        if rest.startswith(b","):
            end += len(record[end:]) - len(rest) + 1
        else:  # the last one: the comma before it goes
            key = record.rindex(b",", 0, key) if b"," in record[:key] else key
        edits.append(Edit(key, end, b""))
    return edited(record, edits)


def _blank(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n") and at < len(text):
        at += 1
    return at
