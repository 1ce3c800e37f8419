"""Think: what a backup engine can do, and the values that pass between an engine, the restore rules and the commands.

Two engines have this shape: wslcfg's own store (`own`), and restic as a subprocess (`restic`). What an engine does not know: where a file may be
put (that is `restore`), what to back up (that is `sources`), and how it is said (that is the command's business).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from wslcfg.model.record import NamedTuple


class Source(NamedTuple):
    """A file to back up: `path` as under the home (`.claude/projects/-home-ana-shop/1e99….jsonl`), `real` where its bytes are read.

    `real` differs from HOME/path where CLAUDE_CONFIG_DIR or CODEX_HOME point elsewhere, and for SQLite files, which are copied by their own backup API
    first (`snapshot` is True then: the bytes at `real` are a temporary copy).
    """

    path: str
    real: str
    snapshot: bool = False


class BackedUp(NamedTuple):
    """What a backup did.

    Attributes:
        snapshot: the new snapshot's id; None when nothing is new. files: files it holds. new_bytes: raw bytes that were not held before.
        stored_bytes: what the store grew by. warnings: sentences (a file that shrank, a mirror that fails).
        mirror_behind: files that the mirror still lacks.
    """

    snapshot: str | None
    files: int
    new_bytes: int
    stored_bytes: int
    seconds: float
    warnings: tuple[str, ...] = ()
    mirror_behind: int = 0


class Snapshot(NamedTuple):
    """One snapshot: `files` and `bytes` of what it holds (raw), `new_bytes` against the one before it; None where the engine does not know."""

    id: str
    made_at: datetime
    files: int | None
    bytes: int | None
    new_bytes: int | None = None


class Held(NamedTuple):
    """One version of a file that the store holds.

    Attributes:
        path: as in Source. bytes: its size. modified_at: of the file when it was backed up. mode: permission bits.
        snapshot: the newest snapshot that holds just this version. made_at: of that snapshot.
        deleted: whether it is gone from the newest snapshot (deleted upstream, kept by us).
        key: the engine's own word for it.
    """

    path: str
    bytes: int
    modified_at: datetime
    mode: int
    snapshot: str
    made_at: datetime
    deleted: bool
    key: str


class Verified(NamedTuple):
    """What a verification found.

    Attributes:
        checked_bytes: were read and compared. problems: sentences, each naming the snapshot and file it hurts.
        lost: whether bytes are gone that a backup with `full_check` stores anew where they are still on the disk.
        unlisted: whether a list of what the store holds is damaged or gone, which rebuilding makes anew.
    """

    snapshots: int
    files: int
    checked_bytes: int
    problems: tuple[str, ...]
    lost: bool = False
    unlisted: bool = False


class Pruned(NamedTuple):
    """What pruning removed (in a dry run: would remove)."""

    snapshots: int
    versions: int
    freed_bytes: int
    warnings: tuple[str, ...] = ()


class Keep(NamedTuple):
    """What pruning must keep: days of a deleted session's last version (0: for ever), older versions of a rewritten one."""

    deleted_days: int = 365
    rewritten: int = 5


class Engine(Protocol):
    """A backup engine. Every method may raise Unreachable (no repository, no space, the network), Conflict (somebody else works on it) or Unreadable."""

    name: str

    def backup(self, sources: Iterable[Source], *, full_check: bool = False) -> BackedUp:
        """Back these files up as one snapshot, or make none when nothing is new. `sources` comes sorted by path and is walked once."""

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Every snapshot, oldest first."""

    def held(self, *, at: datetime | None = None) -> Iterator[Held]:
        """The newest version of every path that the store holds (deleted ones too), sorted by path; with `at` as of that time."""

    def bring(self, wanted: Sequence[Held], into: Callable[[Held], str]) -> Iterator[Held]:
        """Write each wanted version whole to the path that `into` gives (a fresh file, 0600) and yield it once its bytes are proven; not synced.

        Raises Unreadable for a version whose bytes are damaged, naming it; the others are still brought by calling again without it.
        """

    def verify(self, how: str) -> Verified:
        """`quick` (sizes and manifests), `normal` (a part of the data) or `full` (every byte)."""

    def prune(self, keep: Keep, *, dry_run: bool = False) -> Pruned:
        """Remove what no rule keeps and give its room back."""
