"""Look: which session files there are. Heads and tails only: a transcript may be gigabytes, and a list must come at once."""

from __future__ import annotations

import json
import os
import stat as modes
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from wslcfg.errors import Unreachable
from wslcfg.host.atomic import unreachable
from wslcfg.host.folder import entries
from wslcfg.host.many import each
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions import records
from wslcfg.sessions.cache import Cache, Kept
from wslcfg.sessions.codexnames import names
from wslcfg.sessions.codexstate import row_of
from wslcfg.sessions.packed import head, is_packed, other, readable

_TRANSCRIPT = late(rf"({records.UUID})\.jsonl")
_ROLLOUT = late(rf"rollout-.*-({records.UUID})\.jsonl(?:\.zst)?")
# Both kinds of names end so, packed ones behind one more suffix.
_ID, _PACKED_ID = slice(-42, -6), slice(-46, -10)
# So many files a process reads before it asks for more; fewer are not worth a second process.
_PORTION = 100
_NAMES = {"claude": _TRANSCRIPT, "codex": _ROLLOUT}
_INDEX = "sessions-index.json"
_ARCHIVED = ".codex/archived_sessions"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class _Folder(NamedTuple):
    """A folder with session files: `path` as under the home, `name` of a project's (for Codex ''), `indexed` by sessions-index.json."""

    provider: str
    real: str
    path: str
    name: str
    indexed: set[str] | None


def find(where: Roots, kept: Cache | None = None, unread: list[Unreachable] | None = None) -> list[SessionFile]:
    """Every session file of Claude Code (all projects) and Codex (archived ones too), newest first; what cannot be read is passed over.

    What `kept` knows of a file that is still as it was is not read again; the others are read by every processor.

    Args:
        unread: gets an error for each folder below the agents' own that cannot be read.

    Raises:
        Unreachable: an agent's folder of sessions is there by name and cannot be read.
    """
    unread = [] if unread is None else unread
    found: list[tuple[Kept, _Folder, str]] = []
    unknown: list[tuple[_Folder, str]] = []
    for folder, within in (*_claude(where, unread), *_codex(where, unread)):
        known = kept.rows(folder.real) if kept is not None else {}
        named = _NAMES[folder.provider]
        same: dict[str, Kept] = {}
        for entry in within:
            name = entry.name
            if (row := known.get(name)) is not None:
                try:
                    there = entry.stat()
                except OSError:
                    continue
                if row[2] == there.st_mtime_ns and row[1] == there.st_size and row[0] == there.st_ino:
                    same[name] = row
                    found.append((row, folder, name))
                    continue
            if row is not None or named.fullmatch(name):
                unknown.append((folder, name))
        if kept is not None:
            kept.keep(folder.real, same)
    words: dict[str | None, str | None] = {}
    new: dict[str, dict[str, Kept]] = {}
    for (folder, name), learned in zip(unknown, each(_Ends().learn, unknown, portion=_PORTION), strict=True):
        if learned is not None:
            inode, size, at, title, cwd, version, judged = learned
            # Ten thousand sessions have a hundred folders: each is kept once.
            row = inode, size, at, title, words.setdefault(cwd, cwd), version, judged
            found.append((row, folder, name))
            # What a packed file does not say today, another Python may find in it.
            if title or not is_packed(name):
                new.setdefault(folder.real, {})[name] = row
    if kept is not None:
        for real, rows in new.items():
            kept.keep(real, rows)
    found.sort(key=lambda one: one[0][2], reverse=True)
    given = names(where)
    return [_session(*one, given) if one[0][3] or not is_packed(one[2]) else _unsaid(where, *one, given) for one in found]


def look_at(where: Roots, path: str) -> SessionFile | None:
    """One session file by its path as under the home; None when it is none or not there."""
    if (known := identify(path)) is None:
        return None
    above, _, name = path.rpartition("/")
    real = where.real(above)
    claude = known[0] == "claude"
    folder = _Folder(known[0], real, above, above.rpartition("/")[2] if claude else "", _index(real) if claude else None)
    row = _Ends().learn((folder, name))
    if row is None:
        return None
    unsaid = is_packed(name) and not row[3]
    return _unsaid(where, row, folder, name, names(where)) if unsaid else _session(row, folder, name, names(where))


def identify(path: str) -> tuple[str, str] | None:
    """Provider and session id of a path as under the home when it is a session's own file, else None."""
    parts = path.split("/")
    if parts[:2] == [".claude", "projects"] and len(parts) == 4 and (named := _TRANSCRIPT.fullmatch(parts[3])):
        return "claude", named[1]
    if parts[0] == ".codex" and len(parts) > 2 and (named := _ROLLOUT.fullmatch(parts[-1])):
        return "codex", named[1]
    return None


def session_of(path: str) -> str | None:
    """The session's id in the name of a transcript or a rollout, wherever it lies; None for other files."""
    name = path.rpartition("/")[2]
    return next((found[1] for named in _NAMES.values() if (found := named.fullmatch(name))), None)


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


def _claude(where: Roots, unread: list[Unreachable]) -> Iterator[tuple[_Folder, list[os.DirEntry[str]]]]:
    top = f"{where.claude}/projects"
    folders = entries(top)
    # A link to another project is that one again: its own name counts, and of two links the first. Only links are followed for that.
    folders.sort(key=os.DirEntry.is_symlink)
    links = folders and folders[-1].is_symlink()
    seen = {f"{os.path.realpath(top)}/{folder.name}" for folder in folders if not folder.is_symlink()} if links else set()
    for folder in folders:
        try:
            if not folder.is_dir():
                continue
            if folder.is_symlink():
                real = os.path.realpath(folder.path)
                if real in seen:
                    continue
                seen.add(real)
        except OSError as error:  # a link to itself
            unread.append(_named(unreachable(error, folder.path, "read"), folder.path))
            continue
        within = _within(folder.path, unread)
        index = _index(folder.path) if any(entry.name == _INDEX for entry in within) else None
        yield _Folder("claude", folder.path, f".claude/projects/{folder.name}", folder.name, index), within


def _codex(where: Roots, unread: list[Unreachable]) -> Iterator[tuple[_Folder, list[os.DirEntry[str]]]]:
    tops = (f"{where.codex}/sessions", f"{where.codex}/archived_sessions")
    folders = [(top, entries(top)) for top in reversed(tops)]
    while folders:
        real, within = folders.pop()
        yield _Folder("codex", real, f".codex{real[len(where.codex) :]}", "", None), _once(within)
        folders += [(entry.path, _within(entry.path, unread)) for entry in within if entry.is_dir(follow_symlinks=False)]


def _once(within: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """Without the packed rollouts that lie plain too: Codex reads the plain ones."""
    if not any(is_packed(entry.name) for entry in within):
        return within
    there = {entry.name for entry in within}
    return [entry for entry in within if not is_packed(entry.name) or other(entry.name) not in there]


def _within(folder: str, unread: list[Unreachable]) -> list[os.DirEntry[str]]:
    try:
        return entries(folder)
    except Unreachable as error:
        unread.append(_named(error, folder))
        return []


def _named(error: Unreachable, folder: str) -> Unreachable:
    return Unreachable(error.message, error.hint, code=error.code, data={"path": folder})


def _index(folder: str) -> set[str] | None:
    """The sessions that sessions-index.json names; None where there is none, empty when it is damaged (clients take it as absent)."""
    try:
        with open(f"{folder}/{_INDEX}", "rb") as file:
            raw = file.read()
    except OSError:
        return None
    try:
        rows = json.loads(raw)["entries"]
        return {entry["sessionId"] for entry in rows if isinstance(entry, dict) and isinstance(entry.get("sessionId"), str)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()


class _Ends:
    """The ends of one file after another, in the same memory: asked for anew for each file, it would cost as much as reading the file does."""

    def __init__(self) -> None:
        self._ends = bytearray(2 * records.END + 1)
        whole = memoryview(self._ends)
        self._whole, self._head, self._tail = [whole[:-1]], [whole[: records.END]], [whole[records.END + 1 :]]

    def learn(self, one: tuple[_Folder, str]) -> Kept | None:
        """What a file's stat and ends say; None when it cannot be read."""
        folder, name = one
        try:
            handle = os.open(f"{folder.real}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            there = os.fstat(handle)
            if not modes.S_ISREG(there.st_mode):
                return None
            size = 0 if is_packed(name) else self._read(handle, there.st_size)
        except OSError:
            return None
        finally:
            os.close(handle)
        if is_packed(name):
            # The session's own description and its first prompt stand at the beginning.
            raw = bytearray(head(f"{folder.real}/{name}", records.END) or b"")
            return there.st_ino, there.st_size, there.st_mtime_ns, *records.codex(raw, len(raw)), None
        read = records.claude(self._ends, size, folder.name) if folder.provider == "claude" else records.codex(self._ends, size)
        return there.st_ino, there.st_size, there.st_mtime_ns, *read, None

    def _read(self, handle: int, size: int) -> int:
        """Read a file of that size, or both its ends with a newline between them; how many bytes that is."""
        if size <= 2 * records.END:
            return os.preadv(handle, self._whole, 0)
        if (head := os.preadv(handle, self._head, 0)) < records.END:
            return head  # it shrank meanwhile
        self._ends[records.END] = 10
        return records.END + 1 + os.preadv(handle, self._tail, size - records.END)


def _unsaid(where: Roots, row: Kept, folder: _Folder, name: str, given: dict[str, str]) -> SessionFile:
    """A packed session that does not say its title: what Codex's own database says of it."""
    inode, size, at, _, cwd, version, judged = row
    told = {key: value for key, value in (row_of(where, name[_PACKED_ID]) or {}).items() if isinstance(value, str)}
    title = records.one_line(told.get("title") or told.get("first_user_message") or "")
    word = "(packed by Codex)" if readable() else "(packed by Codex; backports.zstd is missing here)"
    known = inode, size, at, title or word, cwd or told.get("cwd"), version or told.get("cli_version", ""), judged
    return _session(known, folder, name, given)


def _session(row: Kept, folder: _Folder, name: str, given: dict[str, str]) -> SessionFile:
    _, size, at, title, cwd, version, _ = row
    provider, real, path, _, indexed = folder
    session = name[_PACKED_ID if is_packed(name) else _ID]
    return SessionFile(
        provider,
        session,
        f"{path}/{name}",
        f"{real}/{name}",
        cwd,
        size,
        _EPOCH + timedelta(0, 0, at // 1000),
        given.get(session) or title or "(session)",
        records.resume(provider, session, cwd),
        None if indexed is None else session in indexed,
        version,
        path.startswith(_ARCHIVED),
    )
