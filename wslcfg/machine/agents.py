"""Look: coding agents among the processes. They are work, not services: sizing counts them by session."""

from __future__ import annotations

from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.machine.processes import Process
from wslcfg.model.late import late

# Claude Code's native install runs ~/.local/share/claude/versions/2.1.231, so its process is named by the version.
_VERSION = late(r"\d+\.\d+\.\d+(?:[-.]\w+)?")
# Main threads of the JavaScript clients: the process is node and `claude` stands in its name or in its arguments.
_NODE = frozenset({"node", "MainThread", "node-MainThread"})


def agent_of(host: Host, process: Process) -> str | None:
    """`claude` or `codex` when this is a session of that client, else None."""
    if process.comm in {"claude", "codex"}:
        return process.comm
    if _VERSION.fullmatch(process.comm):
        program = reading.there(host, f"/proc/{process.pid}/exe")
        # Of another person's process the link cannot be read; nothing else is named by a version.
        return "claude" if program is None or program.real.endswith("/exe") or "/claude/" in program.real else None
    if process.comm in _NODE:
        parts = reading.text(host, f"/proc/{process.pid}/cmdline").split("\x00")[:3]
        if any(part.endswith(("/@anthropic-ai/claude-code/cli.js", "/bin/claude")) for part in parts):
            return "claude"
        if any("/@openai/codex" in part or part.endswith("/bin/codex") for part in parts):
            return "codex"
    return None
