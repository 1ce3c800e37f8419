"""Think: a session file of a coding agent, and the folders that such files lie in."""

from __future__ import annotations

from datetime import datetime

from wslcfg.model.record import NamedTuple


class Roots(NamedTuple):
    """Where a person's agents keep their files; absolute paths.

    Attributes:
        home: the home. claude: `HOME/.claude` or CLAUDE_CONFIG_DIR. codex: `HOME/.codex` or CODEX_HOME.
    """

    home: str
    claude: str
    codex: str

    def real(self, path: str) -> str:
        """Where a path as under the home (`.claude/projects/…`) really lies."""
        for name, root in ((".claude", self.claude), (".codex", self.codex)):
            if path == name or path.startswith(name + "/"):
                return root + path[len(name) :]
        return f"{self.home}/{path}"


def roots(home: str, env: dict[str, str] | None = None) -> Roots:
    """The folders below a home; `env` may move them (None for a home that was named: then the environment is another person's)."""
    home = home.rstrip("/") or "/"
    moved = env or {}
    claude, codex = moved.get("CLAUDE_CONFIG_DIR", ""), moved.get("CODEX_HOME", "")
    # A relative one would mean another folder in each cwd; the clients resolve it against theirs, which nobody knows afterwards.
    return Roots(
        home,
        claude.rstrip("/") if claude.startswith("/") else f"{home}/.claude",
        codex.rstrip("/") if codex.startswith("/") else f"{home}/.codex",
    )


class SessionFile(NamedTuple):
    """A session's own file: Claude's transcript or Codex's rollout.

    Attributes:
        provider: `claude` or `codex`. id: the session's UUID. path: as under the home. real: where it lies.
        project: the folder that the session belongs to; None when no record says.
        bytes, modified_at: of the file. title: as the client's own list shows it. resume: the command line that resumes it.
        indexed: whether sessions-index.json names it; None where there is no such file (clients after 2.1.29 have none).
        version: of the client that wrote last, '' when no record says. archived: Codex's archived_sessions.
    """

    provider: str
    id: str
    path: str
    real: str
    project: str | None
    bytes: int
    modified_at: datetime
    title: str
    resume: str
    indexed: bool | None = None
    version: str = ""
    archived: bool = False
