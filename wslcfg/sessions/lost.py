"""Act: sessions whose file holds nothing any more: the newest good version that a backup has, else the prompts that the history of what was typed remembers."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from datetime import datetime

from wslcfg.errors import WslcfgError
from wslcfg.model.record import NamedTuple
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.links import read
from wslcfg.sessions.pieces import pieces
from wslcfg.sessions.records import records
from wslcfg.sessions.transcript import CHAIN, split_lines
from wslcfg.store.engine import Engine, Held

# So many snapshots are tried, newest first: a timer may have backed the empty file up for days.
_TRIES = 200


class Found(NamedTuple):
    """A version out of the backup and when it was backed up."""

    raw: bytes
    made_at: datetime


def something(raw: bytes) -> bool:
    """Whether a file holds a record, whole or behind something torn."""
    return any(read(line) is not None or pieces(line) for line in split_lines(raw))


def all_of(now: bytes) -> Callable[[bytes], bool]:
    """Whether another version has more than this one, and every record of it: then nothing is lost by taking it. More than side records is a conversation."""
    mine = {line.rstrip(b"\n") for line in split_lines(now) if read(line) is not None}

    def good(raw: bytes) -> bool:
        if not mine:
            return something(raw)
        lines = list(split_lines(raw))
        return mine <= {line.rstrip(b"\n") for line in lines} and any(
            (one := read(line)) and one.uuid and one.type in CHAIN for line in lines
        )

    return good


def from_backup(engine: Engine, one: SessionFile, good: Callable[[bytes], bool] = something) -> Found | None:
    """The newest version of a session's file that is good (holds a record); None where the backup has none."""
    tried: set[str] = set()
    for at in (None, *(snapshot.made_at for snapshot in reversed(engine.snapshots()[-_TRIES:]))):
        held = next((held for held in engine.held(at=at) if held.path == one.path), None)
        if held is None or held.key in tried:
            continue
        tried.add(held.key)
        if held.bytes and (raw := _bring(engine, held)) and good(raw):
            return Found(raw, held.made_at)
    return None


def prompts_of(where: Roots, session: str) -> list[str]:
    """What was typed in a session, oldest first, as the agents' own history.jsonl remember it."""
    found = []
    for path, id, text in (
        (f"{where.claude}/history.jsonl", "sessionId", "display"),
        (f"{where.codex}/history.jsonl", "session_id", "text"),
    ):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            for line in file:
                if session.encode() in line:
                    found += [str(one[text]) for one in records(line) if one.get(id) == session and one.get(text)]
    return found


def _bring(engine: Engine, held: Held) -> bytes | None:
    with tempfile.TemporaryDirectory(prefix="wslcfg-") as folder:
        path = os.path.join(folder, "session")
        try:
            for _ in engine.bring([held], lambda _: path):
                with open(path, "rb") as file:
                    return file.read()
        except WslcfgError:
            return None  # damaged in the backup: an older one may do
    return None
