"""Look: a session file from its first byte to its last, and what lies beside it; a file of any size in the memory of its longest line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from wslcfg.errors import Unreachable
from wslcfg.host.atomic import unreachable
from wslcfg.host.many import each
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.chain import reads_index
from wslcfg.sessions.check import Health, Problem, check
from wslcfg.sessions.index import Listed, stale
from wslcfg.sessions.links import read
from wslcfg.sessions.orderly import orderly
from wslcfg.sessions.packed import is_packed, opened
from wslcfg.sessions.transcript import Row, scan

# Claude Code's own, where settings.json does not say.
DEFAULT_DAYS = 30
# A session is named so many days before the client deletes it.
_WARN_DAYS = 3
_DAY_S = 86400
_BUFFER = 256 << 10
# From so many bytes on a second process is worth its start.
_LARGE = 64 << 20

_HEADLESS = Problem("lost-head", 1, "the first line does not describe the session: codex resume refuses it")


class Aside:
    """The records of a session's sub-agents by uuid; its files are read when the first one is asked for."""

    def __init__(self, transcript: str) -> None:
        self._folder = f"{transcript.removesuffix('.jsonl')}/subagents"
        self._found: dict[str, tuple[str, int, int]] | None = None

    def __call__(self, uuid: str) -> bytes | None:
        """The record's JSON, None where no file has it."""
        if self._found is None:
            self._found = {}
            for path in _jsonl(self._folder):
                with open(path, "rb", _BUFFER) as file:
                    at = 0
                    for line in file:
                        record = read(line)
                        if record is not None and record.uuid is not None:
                            self._found.setdefault(record.uuid, (path, at, at + len(line)))
                        at += len(line)
        if uuid not in self._found:
            return None
        path, start, end = self._found[uuid]
        with open(path, "rb") as file:
            file.seek(start)
            return file.read(end - start).strip()


def examine(one: SessionFile) -> Health:
    """A session's health. Raises Unreachable: it cannot be read."""
    if is_packed(one.real):
        return _unpacked(one)
    try:
        with open(one.real, "rb", _BUFFER) as file:
            handle = file.fileno()
            plain = orderly(file)
            size = file.tell()
            # What ends within a line or does not describe itself is looked at below, as all that is not orderly.
            if plain and size and _at(handle, size - 1, 1) == b"\n" and (one.provider != "codex" or _described(one.real)):
                return Health(plain.records, size, size, (), (), plain.prompts)
            file.seek(0)
            found = scan(file)

            def same(first: Row, second: Row) -> bool:
                length = first.end - first.start
                return length == second.end - second.start and _at(handle, first.start, length) == _at(handle, second.start, length)

            beside = Aside(one.real)
            health = check(found, same, fetched=lambda uuid: beside(uuid) is not None)
    except OSError as error:
        raise unreachable(error, one.real, "read") from error
    if one.provider == "codex" and found.bytes and not _described(one.real):
        return health._replace(problems=(*health.problems, _HEADLESS))
    return health


def _unpacked(one: SessionFile) -> Health:
    """The health of a packed rollout, which no client writes to any more; its bytes are good as a whole or not at all."""
    try:
        with opened(one.real) as file:
            found = scan(file)
        health = check(found, lambda first, second: False)
        health = health._replace(bytes=one.bytes, good_bytes=one.bytes if found.bytes and health.good_bytes == found.bytes else 0)
        if not found.bytes or _described(one.real):
            return health
    except OSError as error:
        raise unreachable(error, one.real, "read") from error
    return health._replace(problems=(*health.problems, _HEADLESS))


def examine_each(sessions: Sequence[SessionFile]) -> list[Health | Unreachable]:
    """The health of each session, in their order, or why it cannot be read; a large tree on every processor."""
    if sum(one.bytes for one in sessions) < _LARGE:
        done = list(map(_examined, sessions))
    else:
        # The largest first, so that none of them comes last on its own.
        order = sorted(range(len(sessions)), key=lambda at: -sessions[at].bytes)
        found = dict(zip(order, each(_examined, [sessions[at] for at in order]), strict=True))
        done = [found[at] for at in range(len(sessions))]
    return [
        one if isinstance(one, Health) else Unreachable(one[0], one[1], code=one[2], data={"path": session.real})
        for session, one in zip(sessions, done, strict=True)
    ]


def _examined(one: SessionFile) -> Health | tuple[str, str, str]:
    """Its health, or message, hint and code of why it cannot be read: an error of ours does not go through a pipe whole."""
    try:
        return examine(one)
    except Unreachable as error:
        return error.message, error.hint, error.code


def retention(one: SessionFile, days: int, now: datetime) -> Problem | None:
    """What `cleanupPeriodDays` does to a session of Claude Code soon, None when it does nothing."""
    age = (now - one.modified_at).total_seconds() / _DAY_S
    if one.provider != "claude" or age < days - _WARN_DAYS:
        return None
    when = "at its next start" if age >= days else f"in {max(1, round(days - age))} days"
    return Problem("retention", None, f"not used for {int(age)} days: the client deletes it {when} (cleanupPeriodDays is {days})")


def keep_days(where: Roots) -> int:
    """`cleanupPeriodDays` as Claude Code takes it, its default where settings.json does not say."""
    try:
        with open(settings_path(where), "rb") as file:
            said = json.loads(file.read()).get("cleanupPeriodDays")
    except (OSError, ValueError, AttributeError, RecursionError):
        return DEFAULT_DAYS
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else DEFAULT_DAYS


def settings_path(where: Roots) -> str:
    """The person's settings of Claude Code."""
    return f"{where.claude}/settings.json"


def stale_indexes(sessions: Iterable[tuple[SessionFile, Health]], client: str = "") -> dict[str, dict[str, str]]:
    """Path of an index -> the sessions that it hides, each with why; only where the project's client reads one.

    Args:
        sessions: with their health, any projects. client: a version that stands for the newest one seen in the project.
    """
    projects: dict[str, list[tuple[SessionFile, Health]]] = {}
    for one, health in sessions:
        if one.provider == "claude":
            projects.setdefault(os.path.dirname(one.real), []).append((one, health))
    found: dict[str, dict[str, str]] = {}
    for folder, members in projects.items():
        newest = max((one for one, _ in members if one.version), key=lambda one: one.modified_at, default=None)
        if not reads_index(client or (newest.version if newest else "")):
            continue
        try:
            with open(f"{folder}/sessions-index.json", "rb") as file:
                raw = file.read()
            listed = {one.id: Listed(os.stat(one.real).st_mtime_ns // 1_000_000, health.prompts > 0) for one, health in members}
        except OSError:
            continue
        if hidden := stale(raw, listed):
            found[f"{folder}/sessions-index.json"] = hidden
    return found


def whole(path: str) -> bytes:
    """A file's bytes. Raises Unreachable: it cannot be read, or it grew meanwhile."""
    try:
        with open(path, "rb") as file:
            raw = file.read()
            if os.fstat(file.fileno()).st_size != len(raw):
                raise Unreachable(f"{path} grows while it is read: somebody writes to it.", "End that session first.", code="grows")
    except OSError as error:
        raise unreachable(error, path, "read") from error
    return raw


def _described(path: str) -> bool:
    with opened(path) as file:
        first = read(file.readline())
    return first is not None and first.type == "session_meta"


def _at(handle: int, start: int, length: int) -> bytes:
    return os.pread(handle, length, start)


def _jsonl(folder: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith(".jsonl") and os.path.isfile(f"{folder}/{name}"):
            yield f"{folder}/{name}"
