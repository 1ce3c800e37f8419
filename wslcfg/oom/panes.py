"""Think: freshell's tab registry. A manifest that points at one snapshot per client, and before May 2026 a file of lines that only grew.

Several clients (browser, phone) have the same tab, so tabs are counted by their key, the newest record of each. Snapshots expire by freshell's
own rule after half an hour; what they say of the time before a crash is wanted here, so they are read whatever their age.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from wslcfg.oom.story import Pane, Proof

# The only agent chats there are besides terminals with a mode; freshell calls Claude's `freshclaude`.
_CHATS = {"claude-chat": "freshclaude", "agent-chat": "freshclaude", "fresh-agent": "freshagent"}


def snapshots(manifest: str) -> tuple[tuple[str, ...], datetime | None]:
    """Where the open snapshots lie (`objects/3f….json`, below the manifest's folder) and when the manifest was written."""
    row = _object(manifest)
    refs = row.get("openSnapshots")
    paths = (
        [ref["path"] for ref in refs.values() if isinstance(ref, dict) and isinstance(ref.get("path"), str)]
        if isinstance(refs, dict)
        else []
    )
    good = tuple(path for path in paths if path.startswith("objects/") and ".." not in path)
    at = row.get("committedAt")
    return good, datetime.fromtimestamp(at / 1000, timezone.utc) if isinstance(at, int) and 0 < at < 1 << 44 else None


def records(text: str) -> list[dict[str, Any]]:
    """The tab records of a snapshot (`{"records": […]}`) or of the old file of lines."""
    whole = _object(text)
    if isinstance(whole.get("records"), list):
        return [row for row in whole["records"] if isinstance(row, dict)]
    return [row for line in text.splitlines() if (row := _object(line)).get("tabKey")]


def open_panes(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Pane, ...]:
    """The open panes of these records; of each tab the newest record counts, also when it says that the tab was closed.

    Args:
        rows: source (for the evidence) and record.
    """
    newest: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for source, row in rows:
        key = row.get("tabKey")
        if isinstance(key, str) and (key not in newest or _age(row) >= _age(newest[key][1])):
            newest[key] = (source, row)
    found = []
    for key, (source, row) in newest.items():
        panes = row.get("panes")
        if row.get("status") == "open" and isinstance(panes, list):
            found += [pane for one in panes if isinstance(one, dict) and (pane := _pane(key, source, one)) is not None]
    return tuple(found)


def _pane(key: str, source: str, row: Mapping[str, Any]) -> Pane | None:
    """A pane with an agent or a shell in it; browsers and editors hold no session."""
    payload = row.get("payload")
    if not isinstance(payload, dict) or row.get("kind") not in ("terminal", *_CHATS):
        return None
    ref = payload.get("sessionRef")
    session = payload.get("resumeSessionId") or (ref.get("sessionId") if isinstance(ref, dict) else None)
    kind = payload.get("mode") if row["kind"] == "terminal" else _CHATS[row["kind"]]
    cwd = payload.get("initialCwd") or payload.get("cwd")
    said = f"tab {key}: {kind or 'shell'}{f', session {session}' if isinstance(session, str) else ', no session id'}"
    return Pane(
        key=key,
        kind=_plain(kind) if isinstance(kind, str) else "shell",
        session=_plain(session) if isinstance(session, str) and session else None,
        cwd=_plain(cwd) if isinstance(cwd, str) and cwd else None,
        proof=Proof(source, _plain(said)),
    )


def _age(row: Mapping[str, Any]) -> tuple[float, float]:
    updated, revision = row.get("updatedAt"), row.get("revision")
    return (float(updated) if isinstance(updated, int | float) else 0.0, float(revision) if isinstance(revision, int | float) else 0.0)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:160]


def _object(text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}
