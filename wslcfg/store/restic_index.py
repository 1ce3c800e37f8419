"""Act: what each snapshot of a restic repository holds, kept here, since asking costs a process each and a snapshot never changes.

A file a tree (`TREE.tsv`; snapshots with the same tree hold the same): a line a file, `"path" TAB size TAB mtime TAB mode`, the path as JSON text.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from wslcfg.host import atomic
from wslcfg.store.engine import Held, Snapshot
from wslcfg.store.restic_words import Node, path_of


class Index:
    """The listings below a folder of ours; losing them costs the time of listing again."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._trees: dict[str, str] = {}

    def knows(self, snapshot: str, tree: str) -> bool:
        """Whether a snapshot's listing is here already."""
        self._trees[snapshot] = tree
        return os.path.exists(self._place(snapshot))

    def keep(self, snapshot: str, tree: str, nodes: Sequence[Node]) -> None:
        """Keep a listing. Raises Unreachable."""
        self._trees[snapshot] = tree
        lines = [f"{json.dumps(one.path)}\t{one.size}\t{one.modified_at.timestamp():.6f}\t{one.mode}\n" for one in nodes]
        atomic.replace(self._place(snapshot), "".join(lines).encode(), mode=0o600)

    def forget_but(self, trees: set[str]) -> None:
        """Drop the listings of trees that no snapshot has any more."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self._folder):
                if name.endswith(".tsv") and name.removesuffix(".tsv") not in trees:
                    os.unlink(os.path.join(self._folder, name))

    def describe(self, snapshot: str, tree: str, made_at: datetime) -> Snapshot:
        """A snapshot with its number of files and bytes where its listing is here."""
        self._trees[snapshot] = tree
        try:
            rows = [line.split("\t") for line in self._lines(snapshot)]
        except OSError:
            return Snapshot(snapshot, made_at, None, None)
        return Snapshot(snapshot, made_at, len(rows), sum(int(row[1]) for row in rows))

    def newest(self, snapshots: Sequence[tuple[str, datetime]]) -> Iterator[Held]:
        """The newest version of every path over these snapshots (id and time, oldest first), sorted by path."""
        found: dict[str, tuple[str, int]] = {}
        for number, (snapshot, _) in enumerate(snapshots):
            for line in self._lines(snapshot):
                path, _, rest = line.partition("\t")
                found[path] = (rest, number)
        last = len(snapshots) - 1
        rows = [(path_of(stored), stored, rest, number) for path, (rest, number) in found.items() for stored in (json.loads(path),)]
        for name, stored, rest, number in sorted(rows):
            size, modified, mode = rest.split("\t")
            snapshot, made_at = snapshots[number]
            when = datetime.fromtimestamp(float(modified), timezone.utc)
            yield Held(name, int(size), when, int(mode), snapshot, made_at, number != last, stored)

    def files(self, snapshot: str, tree: str) -> int | None:
        """How many files a snapshot holds, None where its listing is not here."""
        return self.describe(snapshot, tree, datetime.fromtimestamp(0, timezone.utc)).files

    def _place(self, snapshot: str) -> str:
        return os.path.join(self._folder, f"{self._trees[snapshot] or snapshot}.tsv")

    def _lines(self, snapshot: str) -> list[str]:
        with open(self._place(snapshot), encoding="utf-8") as file:
            return file.read().splitlines()
