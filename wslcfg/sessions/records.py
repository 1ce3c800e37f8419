"""Think: what the head and the tail of a session file say of it: title, folder, version, the line that resumes it.

The clients' own lists read no more than 64 KiB of each end either, and take a title from there in this order (facts of Claude Code 2.1.112 to
2.1.329): custom title, AI title or summary, last prompt, first prompt, `(session)`. Codex shows the first prompt.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from functools import lru_cache

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.sessions.said import all_said, of_codex, said

# Of each end of a file.
END = 64 << 10
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# A key may stand in what a tool was given, too; a record of the client's own is nearer to the end.
_TRIES = 50
# A title is a line of a list.
_LONGEST_TITLE = 200
# The project folder's name is cut here, and a hash follows (Claude Code from 2.1.71 on).
_LONGEST_NAME = 200
# A person's sessions lie in so many folders, and each of them is spelled for every session in it.
_FOLDERS = 1000
# How every client begins a record of the conversation, and no other.
_CHAINED = b'{"parentUuid":'
_CWD = late(rb'"cwd"\s*:\s*("(?:[^"\\]|\\.)*")')
_VERSION = late(rb'"version"\s*:\s*"(\d+\.\d+\.\d+[^"]{0,20})"')
_CLI_VERSION = late(rb'"cli_version"\s*:\s*"([^"]{1,40})"')

_quote = lru_cache(_FOLDERS)(shlex.quote)

Record = dict[str, object]
Part = bytes | bytearray


class Seen(NamedTuple):
    """What the two ends of a file say; '' and None for what they do not."""

    title: str
    cwd: str | None
    version: str


def claude(ends: Part, size: int, folder: str) -> Seen:
    """Read a transcript's ends.

    Args:
        ends: the first and the last END bytes with a newline between them, or the whole of a file that has no more than both.
        size: how many bytes of `ends` are the file's; what follows is left from another one.
        folder: the name of its project folder, which tells which of several cwds the session belongs to.
    """
    beside = _beside(ends, size)
    title = ""
    if b'Title"' in beside or b'"summary"' in beside:
        title = (
            _last_text(beside, "custom-title", b'"customTitle"')
            or _last_text(beside, "ai-title", b'"aiTitle"')
            or _last_text(beside, "summary", b'"summary"')
        )
    title = (
        title
        or _last_text(beside, "last-prompt", b'"lastPrompt"')
        or next((text for one in _first(ends, size) if (text := prompt(one))), "")
    )
    return Seen(one_line(title), _cwd(ends, size, folder), _version(ends, size))


def _first(ends: Part, size: int) -> Iterator[Record]:
    """The records of the first END bytes: the clients look no further for a prompt."""
    return records(bytes(ends[: min(size, END)]), ends_cut=size > END)


def _beside(ends: Part, size: int) -> bytes:
    """The lines that are no chained records: titles stand in these alone, and they are a small part of a session."""
    found = []
    at = 0
    newline, begins = ends.find, ends.startswith  # a file has thousands of lines, and nothing here takes longer
    while at < size:
        end = newline(b"\n", at, size)
        if end < 0:
            end = size
        if not begins(_CHAINED, at):
            found.append(ends[at:end])
        at = end + 1
    return b"\n".join(found)


def _cwd(ends: Part, size: int, folder: str) -> str | None:
    """The first cwd whose name the folder has; without the hash of an over-long name the beginning has to do."""
    first, raw = None, b""
    for found in _CWD.finditer(ends, 0, size):
        if found[1] == raw:
            continue
        raw = found[1]
        cwd = _text(raw)
        if cwd and encode(cwd) == folder:
            return cwd
        first = first or cwd
    return first


def _version(ends: Part, size: int) -> str:
    """The last version that a file's ends name; searched from behind, where it stands."""
    at = ends.rfind(b'"version"', 0, size)
    while at >= 0:
        if found := _VERSION.match(ends, at, size):
            return found[1].decode()
        at = ends.rfind(b'"version"', 0, at)
    return ""


def codex(ends: Part, size: int) -> Seen:
    """Read a rollout's ends, given as for `claude`; its first line is the session's own description."""
    title, cwd = "", None
    for record in _first(ends, size):
        if title and cwd:
            break
        payload = record.get("payload")
        if not isinstance(payload, dict):
            continue
        if record.get("type") == "session_meta" and isinstance(payload.get("cwd"), str):
            cwd = cwd or payload["cwd"]
        if record.get("type") == "event_msg" and not title:
            title = of_codex(payload)
    if cwd is None:
        found = _CWD.search(ends, 0, size)
        cwd = _text(found[1]) if found else None
    version = _CLI_VERSION.search(ends, 0, size)
    return Seen(one_line(title), cwd, version[1].decode("utf-8", "replace") if version else "")


def prompt(record: Record) -> str:
    """What a person typed, of a user record, as a title has it; '' for another record, a tool's result, or the client's own texts."""
    return said(_texts(record))


def whole_prompt(record: Record) -> str:
    """All that a person typed in a record of either agent, what stands behind a slash command too; '' for another record."""
    payload = record.get("payload")
    if isinstance(payload, dict):
        return of_codex(payload) if record.get("type") == "event_msg" else ""
    return all_said(_texts(record))


def _texts(record: Record) -> list[str]:
    message = record.get("message")
    if record.get("type") != "user" or record.get("isMeta") or record.get("isSidechain") or not isinstance(message, dict):
        return []
    content = message.get("content")
    if isinstance(content, list):
        return [block["text"] for block in content if isinstance(block, dict) and isinstance(block.get("text"), str)]
    return [content] if isinstance(content, str) else []


def records(part: bytes, *, ends_cut: bool = False) -> Iterator[Record]:
    """The JSON objects of whole lines; a line that is cut, damaged or none is passed over, as the clients do."""
    at, size = 0, len(part)
    while at <= size:
        end = part.find(b"\n", at)
        if end < 0:
            if ends_cut:
                return
            end = size
        line = part[at:end]
        at = end + 1
        if (found := _object(line)) is not None:
            yield found


def _object(line: bytes) -> Record | None:
    if not line.lstrip(b"\0 ").startswith(b"{"):
        return None
    try:
        found = json.loads(line.strip(b"\0 \r"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def resume(provider: str, session: str, cwd: str | None) -> str:
    """The command line that resumes a session. Claude Code looks a session up in the project folder of its cwd, so the line goes there first."""
    if provider == "codex":
        return f"codex resume {session}"
    return f"cd {_quote(cwd)} && claude --resume {session}" if cwd else f"claude --resume {session}"


@lru_cache(_FOLDERS)
def encode(cwd: str) -> str:
    """The name of Claude's project folder for a (resolved) cwd: what is no ASCII letter or digit becomes `-`, per UTF-16 unit.

    A longer name than 200 is cut and gets a hash: `-` and base 36 of abs(h), h a 32-bit h * 31 + unit over the cwd (clients from 2.1.71 on).
    """
    raw = cwd.encode("utf-16-le", "surrogatepass")
    units = [raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2)]
    name = "".join(chr(unit) if unit < 128 and chr(unit).isalnum() else "-" for unit in units)
    if len(name) <= _LONGEST_NAME:
        return name
    hashed = 0
    for unit in units:
        hashed = (hashed * 31 + unit) & 0xFFFFFFFF
    number = abs(hashed - (1 << 32) if hashed >= 1 << 31 else hashed)
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"{name[:_LONGEST_NAME]}-{digits or '0'}"


def one_line(text: str) -> str:
    """A text as a title: its words on one line, cut where no list would show more."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"


def _last_text(lines: bytes, kind: str, key: bytes) -> str:
    """The last text of side records of a kind. Only lines with the key are read: that is what makes a list quick."""
    end = len(lines)
    named = b""
    for _ in range(_TRIES):
        at = lines.rfind(key, 0, end)
        if at < 0:
            break
        begin = lines.rfind(b"\n", 0, at) + 1
        stop = lines.find(b"\n", at)
        line = lines[begin : stop if stop >= 0 else None]
        end = begin
        named = named or f'"{kind}"'.encode()
        # The key of a summary is spelled as its kind: both have to be there.
        if line.count(named) > (key == named):
            record = _object(line)
            value = record.get(key.decode().strip('"')) if record else None
            if record and record.get("type") == kind and isinstance(value, str) and value.strip():
                return value
    return ""


def _text(raw: bytes) -> str | None:
    """A JSON string's value; most say it as it stands."""
    if raw.isascii() and b"\\" not in raw and (plain := raw[1:-1].decode()).isprintable():
        return plain
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, str) else None
