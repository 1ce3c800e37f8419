"""Think: a session as a person reads it: who said what, code and what tools answered folded to a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from wslcfg.model.record import NamedTuple
from wslcfg.sessions.records import Record, records

# A block of code with more lines is folded.
_LONGEST_CODE = 8
# One line of a tool's call or answer.
_LONGEST_LINE = 100


class Said(NamedTuple):
    """One thing in a session: `role` is `you`, `agent`, `tool`, `answer` (a tool's) or `note`; `at` as the file has it, None where it has none."""

    at: str | None
    role: str
    text: str


def told(lines: Iterable[bytes], provider: str) -> Iterator[Said]:
    """What a session says, in the file's order; sub-agents and the client's own records are passed over."""
    for line in lines:
        for record in records(line):
            yield from _codex(record) if provider == "codex" else _claude(record)


def folded(text: str) -> str:
    """A text whose long blocks of code are a line each."""
    kept: list[str] = []
    code: list[str] | None = None
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            if code is None:
                code = [line]
                continue
            kept += [*code, line] if len(code) <= _LONGEST_CODE else [f"{code[0]} … {len(code) - 1} lines of code (--full)"]
            code = None
        elif code is not None:
            code.append(line)
        else:
            kept.append(line)
    return "\n".join([*kept, *(code or ())])


def first_line(text: str) -> str:
    """The first line of a text, cut, with how much there is behind it."""
    lines = text.strip("\n").split("\n")
    line = lines[0] if len(lines[0]) <= _LONGEST_LINE else lines[0][: _LONGEST_LINE - 1] + "…"
    return line if len(lines) == 1 else f"{line}  (+{len(lines) - 1} lines)"


def _claude(record: Record) -> Iterator[Said]:
    message, kind = record.get("message"), record.get("type")
    at = record.get("timestamp")
    when = at if isinstance(at, str) else None
    if kind == "system" and record.get("subtype") == "compact_boundary":
        yield Said(when, "note", "What stands above was compacted into a summary.")
    if kind not in ("user", "assistant") or record.get("isSidechain") or record.get("isMeta") or not isinstance(message, dict):
        return
    content = message.get("content")
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else content if isinstance(content, list) else ():
        if not isinstance(block, dict):
            continue
        if block.get("type") == "text" and str(block.get("text", "")).strip():
            yield Said(when, "you" if kind == "user" else "agent", str(block["text"]))
        elif block.get("type") == "tool_use":
            yield Said(when, "tool", f"{block.get('name', '')} {_call(block.get('input'))}")
        elif block.get("type") == "tool_result":
            yield Said(when, "answer", _text(block.get("content")))


def _codex(record: Record) -> Iterator[Said]:
    payload, at = record.get("payload"), record.get("timestamp")
    when = at if isinstance(at, str) else None
    if record.get("type") != "response_item" or not isinstance(payload, dict):
        return
    if payload.get("type") == "message" and payload.get("role") in ("user", "assistant"):
        text = _text(payload.get("content"))
        if text.strip() and not text.lstrip().startswith("<"):
            yield Said(when, "you" if payload["role"] == "user" else "agent", text)
    elif payload.get("type") in ("function_call", "local_shell_call", "custom_tool_call"):
        yield Said(when, "tool", f"{payload.get('name', 'shell')} {payload.get('arguments') or payload.get('input') or ''}")
    elif payload.get("type") in ("function_call_output", "custom_tool_call_output"):
        yield Said(when, "answer", _text(payload.get("output")))


def _call(given: object) -> str:
    """A tool's input: the one thing that tells most, else all of it."""
    if isinstance(given, dict):
        for key in ("command", "file_path", "pattern", "url", "description", "prompt"):
            if isinstance(given.get(key), str):
                return str(given[key])
    return json.dumps(given, ensure_ascii=False)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(block["text"]) for block in content if isinstance(block, dict) and isinstance(block.get("text"), str))
    return ""
