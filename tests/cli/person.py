"""A person with sessions of Claude Code and Codex, small enough to compare whole."""

from __future__ import annotations

import json
from pathlib import Path

SESSION = "1e99f0aa-0000-4000-8000-000000000013"
OTHER = "2b00f0aa-0000-4000-8000-000000000002"
ROLLOUT = "0199a1b2-0000-7000-8000-000000000003"
PROJECT = ".claude/projects/-home-ana-shop"
TRANSCRIPT = f"{PROJECT}/{SESSION}.jsonl"
HISTORY = ".claude/history.jsonl"


def record(number: int, text: str) -> str:
    """A line of the transcript: the prompt of that number."""
    return (
        json.dumps(
            {
                "type": "user",
                "uuid": f"u{number}",
                "parentUuid": f"u{number - 1}" if number else None,
                "cwd": "/home/ana/shop",
                "sessionId": SESSION,
                "version": "2.1.231",
                "slug": "brave-fox",
                "message": {"role": "user", "content": text},
            }
        )
        + "\n"
    )


TREE = {
    TRANSCRIPT: record(0, "Mend the cart") + record(1, "And the till"),
    f"{PROJECT}/{SESSION}/subagents/agent-1f.jsonl": '{"isSidechain":true}\n',
    f"{PROJECT}/{SESSION}/tool-results/a.txt": "result\n",
    f"{PROJECT}/{OTHER}.jsonl": '{"type":"user","cwd":"/home/ana/shop","message":{"content":"Other"}}\n',
    f".claude/file-history/{SESSION}/x@v1": "old text\n",
    f".claude/todos/{SESSION}-agent-{SESSION}.json": "[]",
    f".claude/tasks/{SESSION}/1.json": "{}",
    ".claude/plans/brave-fox.md": "# Plan\n",
    ".claude/plans/shy-owl.md": "# Other plan\n",
    HISTORY: f'{{"display":"Mend the cart","project":"/home/ana/shop","sessionId":"{SESSION}"}}\n'
    f'{{"display":"Other","project":"/home/ana/shop","sessionId":"{OTHER}"}}\n',
    f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{ROLLOUT}.jsonl": '{"type":"session_meta","payload":{"cwd":"/home/ana/api"}}\n'
    '{"type":"event_msg","payload":{"type":"user_message","message":"Hello"}}\n',
}
OF_SESSION = {path for path in TREE if SESSION in path} | {HISTORY, ".claude/plans/brave-fox.md"}


class Person:
    """A home with sessions and a store, and wslcfg's own folders."""

    def __init__(self, root: Path) -> None:
        self.home, self.repo, self.state = root / "home", root / "repo", root / "state/wslcfg"
        for path, text in TREE.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        """Write a file below the home."""
        place = self.home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Read a file below the home."""
        return (self.home / path).read_text(encoding="utf-8")

    def tree(self, root: Path | None = None) -> dict[str, str]:
        """Every file below a folder."""
        root = root or self.home
        return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*") if path.is_file()}

    @property
    def words(self) -> tuple[str, ...]:
        """The flags that name home and store."""
        return "--home", str(self.home), "--repo", str(self.repo)
