"""Think: restic's language: which flags a version knows, what its exit codes and its JSON lines say, how a path is written as a pattern.

Verified against restic 0.14.0 (Debian 12), 0.16.4 (Ubuntu 24.04) and 0.18.0 (Debian 13); what a newer one adds is passed over, not refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

from wslcfg.errors import Conflict, Refused, Unreachable, Unreadable, WslcfgError
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.store.engine import Keep

# The first with compression and repository format 2.
OLDEST = (0, 14, 0)
TAG = "wslcfg-sessions"
# Files that are not where their path says (copies of databases, files beside the agents' own folders) are stored below this folder.
COPIES = "wslcfg-copies"

_VERSION = late(r"restic (\d+)\.(\d+)(?:\.(\d+))?")
_FREED = late(r"(?m)^(?:total prune|this removes|this frees).*?/ ([0-9.]+) ([KMGTP]?i?B)")
_CREDENTIALS = late(r"://[^/@\s]+@")
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50}
# What restic says for each trouble below 0.17, where its exit code is 1 for everything (and above, beside the code).
_LOCKED = ("already locked", "unable to create lock")
_PASSWORD = ("wrong password", "no key found")
_NO_REPOSITORY = ("Is there a repository at the following location", "unable to open config file", "repository does not exist")


class Version(NamedTuple):
    """A version of restic as three numbers."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class Outcome(NamedTuple):
    """How a restic process ended.

    Attributes:
        kind: `ok`, `partial` (3), `no-repository` (10), `locked` (11), `password` (12), `interrupted` (130), `crashed` (2, a Go runtime
            error, or a signal) or `failed`. said: its own reason in one line.
    """

    kind: str
    said: str


class Node(NamedTuple):
    """A file in a snapshot: `path` as stored (`/.claude/…`), size in bytes, permission bits."""

    path: str
    size: int
    modified_at: datetime
    mode: int


def parse_version(text: str) -> Version:
    """Read `restic 0.14.0 compiled with go1.19.8 on linux/amd64`.

    Raises:
        Refused: older than 0.14. Unreadable: no version in it.
    """
    match = _VERSION.search(text)
    if match is None:
        raise Unreadable("`restic version` did not say which version it is.", "Check that `restic` is restic.", code="restic-version")
    found = Version(int(match[1]), int(match[2]), int(match[3] or 0))
    if found < OLDEST:
        raise Refused(
            f"restic {found} is too old: it cannot compress.",
            "Install restic 0.14 or newer, or set engine = own in inside.conf.",
            code="restic-too-old",
        )
    return found


def backup_flags(version: Version) -> list[str]:
    """What a backup adds by version: one reader and no scan ahead spare memory, a locked repository is waited for, nothing new is no snapshot."""
    flags = []
    if version >= (0, 15, 0):
        flags += ["--no-scan", "--read-concurrency", "1"]
    if version >= (0, 16, 0):
        flags += ["--retry-lock", "2m"]
    if version >= (0, 17, 0):
        flags += ["--skip-if-unchanged"]
    return flags


def keep_flags(keep: Keep) -> list[str]:
    """Retention as restic knows it: by snapshot, not by session, so a deleted session lives as long as the last snapshot that has it.

    Months are counted so that they cover `deleted_days`; 0 (for ever) is a hundred years of them.
    """
    months = 1200 if keep.deleted_days == 0 else max(1, -(-keep.deleted_days * 12 // 365))
    return ["--keep-within", "2d", "--keep-daily", "14", "--keep-weekly", "8", "--keep-monthly", str(months)]


def outcome(code: int, said: str) -> Outcome:
    """What an exit code means, with the words on stderr for versions that know only 1; an unknown code is a failure.

    Source: doc/075_scripting.rst of restic 0.19; 10 and 11 came with 0.17.0, 12 with 0.17.1.
    """
    reason = last_words(said)
    if code == 0:
        return Outcome("ok", reason)
    known = {2: "crashed", 3: "partial", 10: "no-repository", 11: "locked", 12: "password", 130: "interrupted"}
    kind = known.get(code, "crashed" if code < 0 else "failed")
    if kind == "failed":
        for name, words in (("locked", _LOCKED), ("password", _PASSWORD), ("no-repository", _NO_REPOSITORY)):
            if any(word in said for word in words):
                kind = name
                break
    return Outcome(kind, reason)


def failure(ended: Outcome, what: str) -> WslcfgError:
    """The error for a process that did not end well; `what` is the clause of what was being done (`back up`)."""
    said = ended.said or "it gave no reason"
    if ended.kind == "locked":
        return Conflict(
            f"restic could not {what}: the repository is locked by another process.",
            "It is tried again with the next run; a lock of a dead process goes away by itself within 30 minutes.",
            code="locked",
        )
    if ended.kind == "password":
        return Unreachable(
            f"restic could not {what}: the password is not the repository's.",
            "Put the right one into the password file that inside.conf names (password-file).",
            code="restic-password",
        )
    if ended.kind == "no-repository":
        return Unreachable(
            f"restic could not {what}: there is no repository ({said}).",
            "Check `repo` in inside.conf and that its place is reachable; `wslcfg sessions backup` makes a new one.",
            code="no-repository",
        )
    if ended.kind == "interrupted":
        return Unreachable(
            f"restic was interrupted; it could not {what}.", "Run the command again; nothing is half-visible.", code="restic"
        )
    if ended.kind == "crashed":
        return Unreachable(f"restic broke down; it could not {what}: {said}.", "Run it again; if it stays, update restic.", code="restic")
    return Unreachable(f"restic could not {what}: {said}.", "Check that the repository's place is reachable and has room.", code="restic")


def last_words(said: str) -> str:
    """The reason in what restic wrote to stderr: its JSON `exit_error`, its `Fatal:` line, or the last line; without credentials of an URL."""
    best = ""
    for line in said.splitlines():
        line = line.strip()
        if line.startswith("{"):
            message = _object(line)
            if message.get("message_type") == "exit_error":
                best = str(message.get("message", ""))
                break
            if message.get("message_type") == "error":
                told = message.get("error")
                reason = told.get("message") if isinstance(told, dict) else None
                best = ": ".join(str(part) for part in (message.get("item"), reason) if part) or best
        elif line.startswith("Fatal:"):
            best = line.removeprefix("Fatal:").strip()
            break
        elif line:
            best = line
    return plain(best).rstrip(".")[:300]


def plain(text: str) -> str:
    """A text without the user and password of an URL (`rest:https://ana:secret@host/`)."""
    return _CREDENTIALS.sub("://", text)


def messages(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """The JSON objects among the lines; what is none (a warning that slipped in, half a line of a killed process) is passed over."""
    for line in lines:
        if line.startswith("{") and (found := _object(line)):
            yield found


def listed(text: str) -> list[dict[str, object]]:
    """The first JSON list of objects in a text (`restic snapshots --json`, `restic forget --json`); empty for `null` or no list."""
    at = text.find("[")
    if at < 0:
        return []
    try:
        found, _ = json.JSONDecoder().raw_decode(text[at:])
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def node(message: dict[str, object]) -> Node | None:
    """A file of `restic ls --json`; None for folders, links and the header line."""
    path, size = message.get("path"), message.get("size", 0)
    if message.get("type") != "file" or not isinstance(path, str) or not isinstance(size, int):
        return None
    mode = message.get("mode")
    return Node(path, size, moment(message.get("mtime")), mode & 0o777 if isinstance(mode, int) else 0o600)


def moment(text: object) -> datetime:
    """A time of restic's: `2026-11-26T03:43:14.915978888Z` or with an offset, nanoseconds cut to microseconds; 1970 for what is none."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return datetime.fromtimestamp(0, timezone.utc)
    fraction = f".{match[2][:6]:0<6}" if match[2] else ""
    return datetime.fromisoformat(match[1] + fraction + match[3].replace("Z", "+00:00")).astimezone(timezone.utc)


_TIME = late(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


def path_of(stored: str) -> str:
    """The path under the home that a path in a snapshot stands for; the opposite of `stored_as`."""
    return stored.removeprefix(f"/{COPIES}/").removeprefix("/")


def pattern(path: str) -> str:
    """A path as an --include pattern that matches just it: Go's filepath.Match has `*?[\\` as its signs."""
    return "".join(f"\\{sign}" if sign in "*?[\\" else sign for sign in path)


def freed(text: str) -> int:
    """Bytes that `restic prune` says it removes (`total prune: 12 blobs / 1.234 MiB`), 0 where it says none."""
    match = _FREED.search(text)
    return int(float(match[1]) * _UNITS.get(match[2], 1)) if match else 0


def complaints(text: str) -> tuple[str, ...]:
    """What `restic check` found wrong, a line each: everything on stderr but progress and hints."""
    found = []
    for raw in text.splitlines():
        line = plain(raw.strip())
        if line.startswith("{"):
            message = _object(line)
            line = str(message.get("message", "")) if message.get("message_type") in {"error", "exit_error"} else ""
        if line and not line.lower().startswith(("fatal: repository contains errors", "using temporary cache", "the repository contains")):
            found.append(line)
    return tuple(dict.fromkeys(found))


def _object(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
