"""The outside, as everything else sees it: the verbs and two small answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from wslcfg.model.record import NamedTuple


class Ran(NamedTuple):
    """A finished child: exit code (negative: killed by that signal), stdout and stderr as bytes, decoded late.

    `failure` is '' when it ran; else why it did not: `missing`, `not-executable` (Exec format error, permission), `timeout`.
    """

    code: int
    out: bytes
    err: bytes
    failure: str = ""


class Stat(NamedTuple):
    """What lies at a path: `kind` is `file`, `folder`, `link` or `other`; `real` is the path with links resolved.

    `mode` holds permission bits; `links` the number of hard links; `writable` whether this process may write to it.
    """

    kind: str
    size: int
    mode: int
    modified_at: datetime
    links: int
    real: str
    writable: bool


class Space(NamedTuple):
    """Room on the file system of a path, bytes."""

    total: int
    free: int


class Host(Protocol):
    """Everything that touches the machine. Paths are absolute POSIX strings."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None when it is not there. Raises Unreachable (no permission, an I/O error)."""

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        """Replace a file whole (old or new, never between), following links to their target; parent folders are made.

        `if_digest` guards against a lost update: sha256 hex of what must be there now, '' for "no file"; None asks nothing.
        Raises Conflict (digest differs), Unreachable (no permission, no space).
        """

    def remove(self, path: str, *, if_digest: str | None = None) -> None:
        """Remove a file; no error when it is gone already."""

    def list(self, path: str) -> tuple[str, ...]:
        """Names in a folder, sorted; empty when it is not there."""

    def stat(self, path: str) -> Stat | None:
        """What lies there; None when nothing does."""

    def space(self, path: str) -> Space | None:
        """Room on the file system that holds path or its nearest existing parent; None when it cannot be asked."""

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Run a child: no shell, its own process group, killed with its group at the time-out. Never raises for a child that fails."""

    def start(self, argv: Sequence[str], *, cwd: str | None = None, env: dict[str, str] | None = None) -> str:
        """Start a child that may outlive this process: its streams are /dev/null, nobody waits for it, and nothing is known of its end.

        Returns: '' when it was started, else a `Ran.failure`. Raises Unreachable where nothing can go on running (a recorded machine).
        """

    def now(self) -> datetime:
        """The time, UTC and aware."""

    def env(self, name: str) -> str | None:
        """An environment variable."""
