"""Look: which session files there are. Heads and tails only: a transcript may be gigabytes, and a list must come at once."""

from __future__ import annotations

import json
import os
import stat as modes
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from wslcfg.model.late import late
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions import records
from wslcfg.sessions.cache import Cache
from wslcfg.sessions.records import Seen

_TRANSCRIPT = late(rf"({records.UUID})\.jsonl")
_ROLLOUT = late(rf"rollout-.*-({records.UUID})\.jsonl")


def find(where: Roots, kept: Cache | None = None) -> Iterator[SessionFile]:
    """Every session file of Claude Code (all projects) and Codex (archived ones too), in no order; what cannot be read is passed over.

    What `kept` knows of a file that is still as it was is not read again.
    """
    yield from _claude(where, kept)
    yield from _codex(where, kept)


def look_at(where: Roots, path: str) -> SessionFile | None:
    """One session file by its path as under the home; None when it is none or not there."""
    parts = path.split("/")
    if parts[:2] == [".claude", "projects"] and len(parts) == 4 and (named := _TRANSCRIPT.fullmatch(parts[3])):
        return _transcript(where, parts[2], named[1], _index(f"{where.claude}/projects/{parts[2]}"))
    if parts[0] == ".codex" and (named := _ROLLOUT.fullmatch(parts[-1])):
        return _rollout(where, path, named[1])
    return None


def identify(path: str) -> tuple[str, str] | None:
    """Provider and session id of a path as under the home when it is a session's own file, else None."""
    parts = path.split("/")
    if parts[:2] == [".claude", "projects"] and len(parts) == 4 and (named := _TRANSCRIPT.fullmatch(parts[3])):
        return "claude", named[1]
    if parts[0] == ".codex" and len(parts) > 2 and (named := _ROLLOUT.fullmatch(parts[-1])):
        return "codex", named[1]
    return None


def prompts(where: Roots) -> dict[str, tuple[str, str | None]]:
    """First prompt and folder of each session that Claude's history.jsonl names: all that is known of one whose file is gone."""
    found: dict[str, tuple[str, str | None]] = {}
    try:
        with open(f"{where.claude}/history.jsonl", "rb") as file:
            for line in file:
                for record in records.records(line):
                    session, said, project = record.get("sessionId"), record.get("display"), record.get("project")
                    if isinstance(session, str) and isinstance(said, str) and session not in found:
                        found[session] = (records.one_line(said), project if isinstance(project, str) else None)
    except OSError:
        return found
    return found


def _claude(where: Roots, kept: Cache | None) -> Iterator[SessionFile]:
    for folder in _entries(f"{where.claude}/projects"):
        if not folder.is_dir():
            continue
        index = _index(folder.path)
        for entry in _entries(folder.path):
            named = _TRANSCRIPT.fullmatch(entry.name)
            if named and (one := _transcript(where, folder.name, named[1], index, kept)):
                yield one


def _transcript(where: Roots, folder: str, session: str, index: set[str] | None, kept: Cache | None = None) -> SessionFile | None:
    real = f"{where.claude}/projects/{folder}/{session}.jsonl"
    looked = _look(real, kept, lambda head, tail: records.claude(head, tail, folder))
    if looked is None:
        return None
    seen, there = looked
    return SessionFile(
        provider="claude",
        id=session,
        path=f".claude/projects/{folder}/{session}.jsonl",
        real=real,
        project=seen.cwd,
        bytes=there.st_size,
        modified_at=datetime.fromtimestamp(there.st_mtime, timezone.utc),
        title=seen.title or "(session)",
        resume=records.resume("claude", session, seen.cwd),
        indexed=None if index is None else session in index,
        version=seen.version,
    )


def _index(folder: str) -> set[str] | None:
    """The sessions that sessions-index.json names; None where there is none, empty when it is damaged (clients take it as absent)."""
    try:
        with open(f"{folder}/sessions-index.json", "rb") as file:
            raw = file.read()
    except OSError:
        return None
    try:
        entries = json.loads(raw)["entries"]
        return {entry["sessionId"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("sessionId"), str)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()


def _codex(where: Roots, kept: Cache | None) -> Iterator[SessionFile]:
    for top in ("sessions", "archived_sessions"):
        base = f"{where.codex}/{top}"
        for folder, _, names in os.walk(base):
            for name in names:
                named = _ROLLOUT.fullmatch(name)
                if named is None:
                    continue
                below = os.path.relpath(os.path.join(folder, name), where.codex)
                if one := _rollout(where, f".codex/{below}", named[1], kept):
                    yield one


def _rollout(where: Roots, path: str, session: str, kept: Cache | None = None) -> SessionFile | None:
    real = where.real(path)
    looked = _look(real, kept, records.codex)
    if looked is None:
        return None
    seen, there = looked
    return SessionFile(
        provider="codex",
        id=session,
        path=path,
        real=real,
        project=seen.cwd,
        bytes=there.st_size,
        modified_at=datetime.fromtimestamp(there.st_mtime, timezone.utc),
        title=seen.title or "(session)",
        resume=records.resume("codex", session, seen.cwd),
        version=seen.version,
        archived=path.startswith(".codex/archived_sessions/"),
    )


def _look(path: str, kept: Cache | None, read: Callable[[bytes, bytes], Seen]) -> tuple[Seen, os.stat_result] | None:
    """What a file's ends say and its stat, from what was kept where it is still the same file; None when it cannot be read."""
    if kept is not None:
        try:
            there = os.stat(path)
        except OSError:
            return None
        if modes.S_ISREG(there.st_mode) and (learned := kept.learned(path, there)):
            return Seen(*learned), there
    ends = _ends(path)
    if ends is None:
        return None
    head, tail, there = ends
    seen = read(head, tail)
    if kept is not None:
        kept.learn(path, there, (seen.title, seen.cwd, seen.version))
    return seen, there


def _ends(path: str) -> tuple[bytes, bytes, os.stat_result] | None:
    """The first and last 64 KiB of a file (the last empty where the first holds all), and its stat; None when it cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        there = os.fstat(handle)
        if not modes.S_ISREG(there.st_mode):
            return None
        head = os.pread(handle, records.END, 0)
        tail = os.pread(handle, records.END, there.st_size - records.END) if there.st_size > records.END else b""
        return head, tail, there
    except OSError:
        return None
    finally:
        os.close(handle)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return
