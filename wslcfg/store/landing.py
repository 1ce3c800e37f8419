"""Think: what may become of a file that a backup holds, next to the one that lies there now. The rules of `sessions restore`.

Transcripts only grow, so a longer file is the newer one; whoever wrote it last must not lose a byte to a backup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.store.engine import Held

HISTORY = ".claude/history.jsonl"
_PLAN = late(rb'"slug"\s*:\s*"([A-Za-z0-9_-]{1,80})"|\.claude/plans/([A-Za-z0-9_-]{1,80})\.md')
# How Codex's packed rollouts end; they lie beside no plain one.
PACKED = ".zst"
DATABASES = (".sqlite", ".sqlite3", ".db")


class Lying(NamedTuple):
    """What lies at the place where a file would land: size in bytes, time of its last change in seconds, whether the backup begins with its bytes.

    `prefix` is None where nobody compared them.
    """

    size: int
    modified: float
    prefix: bool | None


class Ruling(NamedTuple):
    """What to do: `create`, `replace`, `same` (nothing to do) or `refuse`, then `why` is the reason as a clause."""

    do: str
    why: str = ""


def rule(held: Held, lying: Lying | None) -> Ruling:
    """Whether a held file may land on what lies there.

    Absent: yes. Longer: never. A prefix of the backup (the usual torn or cut file): yes. Shorter or as long, but other: only where it was last
    changed before the backup's own version was, and databases never.
    """
    if lying is None:
        return Ruling("create")
    if lying.size > held.bytes:
        return Ruling("refuse", "the file there is longer")
    if lying.prefix and lying.size == held.bytes:
        return Ruling("same")
    if held.path.endswith(DATABASES):
        return Ruling("refuse", "a database is only restored where there is none")
    if lying.prefix:
        return Ruling("replace")
    if lying.modified > held.modified_at.timestamp():
        return Ruling("refuse", "the file there is newer and differs")
    return Ruling("replace")


def torn_at(path: str, tail: bytes) -> tuple[int, bool]:
    """How a file's end has to be mended so that the next record begins on a line of its own.

    Args:
        tail: the last line of the file, without a line end; empty where the file ends with one.

    Returns: how many bytes to cut off, and whether to add a line end: a whole record that only lacks its line end is kept, half a one is cut.
    """
    if not tail or not path.endswith(".jsonl"):
        return 0, False
    try:
        json.loads(tail)
    except (ValueError, RecursionError):
        return len(tail), False
    return 0, True


def belongs(path: str, session: str) -> bool:
    """Whether a file (as under the home) is a part of a session: its transcript or rollout, and what lies in folders of its id."""
    parts = path.split("/")
    if parts[:2] == [".claude", "projects"] and len(parts) > 3:
        return parts[3] == f"{session}.jsonl" or (len(parts) > 4 and parts[3] == session)
    if parts[:2] in ([".claude", "file-history"], [".claude", "tasks"]) and len(parts) > 2:
        return parts[2] == session or parts[2] == f"{session}.json"
    if parts[:2] == [".claude", "todos"] and len(parts) > 2:
        return parts[2].startswith(session)
    return parts[0] == ".codex" and parts[-1].removesuffix(PACKED).endswith(f"-{session}.jsonl")


def alone(held: Iterable[Held]) -> list[Held]:
    """Without the rollouts that the backup holds a newer version of in the other kind, packed or plain: Codex takes the plain one, however old it is."""
    found = {one.path: one for one in held}
    for one in list(found.values()):
        packed = None if one.path.endswith(PACKED) else found.get(beside(one.path) or "")
        if packed is not None:
            del found[one.path if packed.modified_at >= one.modified_at else packed.path]
    return list(found.values())


def beside(path: str) -> str | None:
    """The path that a rollout has in the other kind; None for other files."""
    if not path.startswith(".codex/") or not path.rpartition("/")[2].startswith("rollout-"):
        return None
    return path.removesuffix(PACKED) if path.endswith(PACKED) else path + PACKED


def hides(held: Held, other: float) -> str:
    """Why a rollout must not land where it lies in the other kind, last changed at that time in seconds; '' where it may."""
    if held.path.endswith(PACKED):
        return "the session lies there unpacked, and Codex reads that one"
    return "a newer one lies there packed (.zst), which it would hide" if other >= held.modified_at.timestamp() else ""


def plans(transcript: bytes) -> set[str]:
    """Names of the plans that a transcript speaks of (`.claude/plans/NAME.md`; newer clients name them by the record's slug)."""
    return {f".claude/plans/{(one or two).decode()}.md" for one, two in _PLAN.findall(transcript)}


def missing_lines(live: bytes, held: bytes, session: str | None) -> list[bytes]:
    """The lines of a history.jsonl that the live one lacks, in their order; of one session, or of all.

    A line that is no JSON object (the torn end of a copy) is not brought back.
    """
    have = set(live.split(b"\n"))
    lines = []
    for line in held.split(b"\n"):
        if not line or line in have:
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and (session is None or record.get("sessionId") == session):
            lines.append(line)
            have.add(line)
    return lines


def is_inside(path: str) -> bool:
    """Whether a path as under the home stays there: a store that was tampered with must not write elsewhere."""
    return bool(path) and not path.startswith("/") and all(part not in {"", ".", ".."} for part in path.split("/")) and "\0" not in path
