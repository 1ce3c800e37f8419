"""Think: the first line of Codex's rollouts, the one thing that `codex resume` needs whole: it describes the session.

Codex 0.169.0 passes over any other damage; without this line, or with half of it, it refuses. With the fields below it brings every prompt back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone

# Columns of `threads` in Codex's state database that the line says in the same words.
_SAME = ("cwd", "originator", "cli_version", "source", "thread_source", "model_provider", "history_mode")
# Without these Codex does not take the line.
_NEEDED = ("cwd", "originator", "cli_version", "source")


def described(raw: bytes, session: str) -> bool:
    """Whether the first line of a rollout describes that session."""
    try:
        first = json.loads(raw.partition(b"\n")[0])
        return first["type"] == "session_meta" and session in (first["payload"].get("id"), first["payload"].get("session_id"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def first_line(row: Mapping[str, object], *, numbered: bool) -> bytes | None:
    """The line out of the session's row in `threads`; None where the row does not have what Codex needs.

    Args:
        row: by column. numbered: whether the rollout's lines have an `ordinal`.
    """
    made = row.get("created_at_ms")
    if not isinstance(made, int) or not all(isinstance(row.get(key), str) and row[key] for key in _NEEDED):
        return None
    try:
        at = datetime.fromtimestamp(made // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{made % 1000:03}Z"
    except (ValueError, OverflowError, OSError):
        return None  # no time that a calendar has
    payload: dict[str, object] = {"session_id": row["id"], "id": row["id"], "timestamp": at}
    payload |= {key: row[key] for key in _SAME if row.get(key)}
    source = str(row["source"])
    if source.startswith("{"):  # a sub-agent's is an object, which the column holds as JSON
        try:
            payload["source"] = json.loads(source)
        except (ValueError, RecursionError):
            return None
    git = {"commit_hash": row.get("git_sha"), "branch": row.get("git_branch"), "repository_url": row.get("git_origin_url")}
    if any(git.values()):
        payload["git"] = {key: value for key, value in git.items() if value}
    line = {"timestamp": at, **({"ordinal": 0} if numbered else {}), "type": "session_meta", "payload": payload}
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_first(raw: bytes, line: bytes) -> bytes:
    """The rollout with that line before everything that it holds; what is left of the old one stays, Codex passes over it."""
    return line + b"\n" + raw


def numbered(raw: bytes) -> bool:
    """Whether the rollout's lines are numbered (from some version before 0.169.0 on)."""
    return b'"ordinal":' in raw[:100_000]
