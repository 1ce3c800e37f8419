"""Look: the names that a person gave Codex's sessions (`/rename`). Its own list shows a name where there is one, else the first prompt.

`session_index.jsonl` in Codex's folder has a line a naming, `{"id":"019a…","thread_name":"Mend the shop","updated_at":"…"}`; the last one of a session counts.
"""

from __future__ import annotations

from wslcfg.model.session import Roots
from wslcfg.sessions.records import one_line, records


def names(where: Roots) -> dict[str, str]:
    """Session id -> its name, as a title; empty where none has one."""
    try:
        with open(f"{where.codex}/session_index.jsonl", "rb") as file:
            raw = file.read()
    except OSError:
        return {}
    found = {}
    for record in records(raw):
        session, name = record.get("id"), record.get("thread_name")
        if isinstance(session, str) and isinstance(name, str):
            found[session] = one_line(name)
    return {session: name for session, name in found.items() if name}
