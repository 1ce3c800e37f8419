"""Damage to transcripts, as a kill, a full disk or a lost page of WSL's disk makes it. Each takes the bytes and a random source and gives the bytes."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from typing import Any

Damage = Callable[[bytes, random.Random], bytes]


def lines_of(raw: bytes) -> list[bytes]:
    """Lines with their newlines."""
    return raw.splitlines(keepends=True)


def chained(lines: list[bytes]) -> list[int]:
    """Places of the records that are chained."""
    return [at for at, line in enumerate(lines) if line.startswith(b'{"parentUuid":')]


def parsed(line: bytes) -> dict[str, Any]:
    """A record."""
    found: dict[str, Any] = json.loads(line)
    return found


def with_parent(line: bytes, parent: str | None) -> bytes:
    """The record with another parent, written as the client writes it."""
    record = parsed(line)
    record["parentUuid"] = parent
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _child(lines: list[bytes], rng: random.Random, *, later: bool = True) -> int | None:
    """Some record with a parent, not among the first two of the chain."""
    places = [at for at in chained(lines)[2 if later else 1 :] if parsed(lines[at])["parentUuid"]]
    return rng.choice(places) if places else None


def torn_tail(raw: bytes, rng: random.Random) -> bytes:
    """The beginning of a record at the end: a kill in the middle of a write."""
    last = lines_of(raw)[chained(lines_of(raw))[-1]]
    return raw + last[: rng.randrange(2, len(last) - 1)]


def lost_newline(raw: bytes, rng: random.Random) -> bytes:
    """The last newline alone is gone."""
    return raw[:-1]


def glued(raw: bytes, rng: random.Random) -> bytes:
    """A torn record with a whole one behind it: what a resume after a kill wrote."""
    lines = lines_of(raw)
    at = _child(lines, rng)
    if at is None:
        return raw
    torn = lines[at][: rng.randrange(2, max(3, len(lines[at]) - 2))]
    return b"".join([*lines[:at], torn, *lines[at:]])


def nul_tail(raw: bytes, rng: random.Random) -> bytes:
    """The file's length is there, its last page is not."""
    return raw + b"\0" * rng.randrange(1, 5000)


def nul_then_appended(raw: bytes, rng: random.Random) -> bytes:
    """NULs, and records behind them."""
    lines = lines_of(raw)
    at = _child(lines, rng)
    if at is None:
        return raw
    return b"".join([*lines[:at], b"\0" * rng.randrange(1, 5000), *lines[at:]])


def broken_parent(raw: bytes, rng: random.Random) -> bytes:
    """A record names a parent that is nowhere."""
    lines = lines_of(raw)
    at = _child(lines, rng)
    if at is not None:
        lines[at] = with_parent(lines[at], str(uuid.UUID(int=rng.getrandbits(128))))
    return b"".join(lines)


def lost_record(raw: bytes, rng: random.Random) -> bytes:
    """A record of the client's own (no prompt) is gone, and its children name it."""
    lines = lines_of(raw)
    places = [at for at in chained(lines)[1:] if parsed(lines[at])["type"] != "user"]
    if places:
        del lines[rng.choice(places)]
    return b"".join(lines)


def cycle(raw: bytes, rng: random.Random) -> bytes:
    """A record names a later one as its parent, which descends from it."""
    lines = lines_of(raw)
    places = chained(lines)
    at = _child(lines, rng)
    if at is None:
        return raw
    below = parsed(lines[at])["uuid"]
    for later in places[places.index(at) + 1 :]:
        if parsed(lines[later])["parentUuid"] == below:
            below = parsed(lines[later])["uuid"]
    lines[at] = with_parent(lines[at], below)
    return b"".join(lines)


def duplicated(raw: bytes, rng: random.Random) -> bytes:
    """Some records stand twice."""
    lines = lines_of(raw)
    places = chained(lines)
    begin = rng.randrange(len(places))
    again = [lines[at] for at in places[begin : begin + rng.randrange(1, 4)]]
    return b"".join([*lines, *again])


def garbage(raw: bytes, rng: random.Random) -> bytes:
    """A line that is none."""
    lines = lines_of(raw)
    at = rng.randrange(1, len(lines) + 1)
    return b"".join([*lines[:at], bytes(rng.randrange(1, 256) for _ in range(40)).replace(b"\n", b"?") + b"\n", *lines[at:]])


# What resumes with every prompt after a repair, whatever the client.
RECOVERABLE: dict[str, Damage] = {
    "torn-tail": torn_tail,
    "lost-newline": lost_newline,
    "glued": glued,
    "nul-tail": nul_tail,
    "nul-then-appended": nul_then_appended,
    "broken-parent": broken_parent,
    "lost-record": lost_record,
    "cycle": cycle,
    "duplicated": duplicated,
    "garbage": garbage,
}
