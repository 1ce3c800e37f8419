"""Think: sessions-index.json, which only Claude Code 2.0.72 to 2.1.29 reads: a cache of its list, and what makes a row of it hide a session.

The client takes a row as it is when its `fileMtime` is not older than the file, so only such rows can hurt: newer than their file, or wrong. Without the
file (or with a damaged one) it reads every session itself, so moving it aside mends all of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from wslcfg.model.record import NamedTuple

# In ms: the year 6429, and a number that a float holds exactly.
_LATEST = 1 << 47


class Listed(NamedTuple):
    """What a session's own file says: its modification time in ms, and whether a person typed something in it."""

    modified_ms: int
    prompts: bool


def stale(raw: bytes, files: Mapping[str, Listed]) -> dict[str, str]:
    """Session id -> why its row hides it, as a sentence. A damaged index hides nothing.

    Args:
        raw: the index. files: the project's sessions by id.
    """
    try:
        rows = json.loads(raw)["entries"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for row in rows if isinstance(rows, list) else ():
        session = row.get("sessionId") if isinstance(row, dict) else None
        if not isinstance(session, str) or session not in files:
            continue
        when = _milliseconds(row.get("fileMtime"))
        if when is None or when < files[session].modified_ms:
            continue
        if when > files[session].modified_ms:
            found[session] = "its row in sessions-index.json is newer than the file, so clients up to 2.1.29 list what the row says"
        elif files[session].prompts and _wrong(row):
            found[session] = "its row in sessions-index.json says there is no prompt, so clients up to 2.1.29 do not list it"
    return found


def times(raw: bytes) -> dict[str, int]:
    """Session id -> the modification time in ms that its row names; a damaged index names none."""
    try:
        rows = json.loads(raw)["entries"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    found = {}
    for row in rows if isinstance(rows, list) else ():
        when = _milliseconds(row.get("fileMtime")) if isinstance(row, dict) else None
        if when is not None and isinstance(row.get("sessionId"), str):
            found[row["sessionId"]] = when
    return found


def _milliseconds(said: object) -> int | None:
    """A row's `fileMtime`; None for what no file's time can be (`1e999` is JSON too)."""
    if isinstance(said, int | float) and abs(said) < _LATEST:
        return int(said)
    return None


def _wrong(row: dict[str, object]) -> bool:
    """Whether a row says what makes the client's list pass over a session."""
    first = row.get("firstPrompt")
    failed = any(str(row.get(key, "")).startswith("API Error") for key in ("firstPrompt", "summary"))
    return row.get("isSidechain") is True or first == "No prompt" or failed
