"""Look: whether a store is what it should be: every manifest whole, every piece that one names there, and its bytes those that were stored.

A problem names the snapshot and the file that it hurts, once for each file: the newest snapshot that is hurt stands for the older ones.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left

from wslcfg.errors import Unreadable
from wslcfg.store.disk import BEGUN
from wslcfg.store.engine import Verified
from wslcfg.store.entry import Entry, Segment, Version, load
from wslcfg.store.held import Elsewhere
from wslcfg.store.manifest import Manifest, Manifests
from wslcfg.store.pack import ENDING, Reader, frames, proven

# A normal verification reads the packs of one part in so many, another part each day, and those that are newer than so many days.
PARTS, NEW_DAYS = 8, 2
# More problems than this are counted, not listed.
MOST = 200
DAY_S = 86400


class Verification:
    """One verification: `how` is quick, normal or full."""

    def __init__(self, repo: str, how: str) -> None:
        self._repo, self._packs, self._how = repo, os.path.join(repo, "packs"), how
        self._manifests = Manifests(os.path.join(repo, "snapshots"))
        self._good: dict[str, array[int]] = {}
        self._ends: dict[str, int] = {}
        self._broke: dict[str, int] = {}
        self._why: dict[str, str] = {}
        self._reader = Reader(self._packs)
        self._problems: list[str] = []
        self._hurt: set[tuple[str, str]] = set()
        self._elsewhere = Elsewhere(self._manifests, lambda version: all(map(self._is_good, version.segments)))
        self._bytes = self._unlisted = 0
        self._lost = self._lists_hurt = False

    def run(self) -> Verified:
        """Look at everything; packs first, then what the manifests say of them."""
        self._look_at_packs()
        listing = self._manifests.listing()
        files = 0
        if not listing and os.path.exists(os.path.join(self._repo, BEGUN)):
            self._lists_hurt = True
            self._say("Every list of what the store holds is gone; its packs are still there.")
        for number, manifest in enumerate(reversed(listing)):
            try:
                # Of older snapshots only the lines that they have of their own: what they stand on is looked at in its own turn.
                self._manifests.chain(manifest)
                if number == 0:
                    for entry in self._manifests.entries(manifest):
                        files += 1
                        self._check(manifest, entry)
                else:
                    self._own_lines(manifest)
            except Unreadable as error:
                self._lists_hurt = True
                self._say(error.message)
        self._reader.close()
        if self._unlisted:
            self._problems.append(f"{self._unlisted} more problems of these kinds.")
        return Verified(len(listing), files, self._bytes, tuple(self._problems), self._lost, self._lists_hurt)

    def _own_lines(self, manifest: Manifest) -> None:
        for line in self._manifests.lines(manifest):
            # The segments that a diff leaves out are those of the line before it.
            self._check(manifest, load(line, alone=True))

    def _look_at_packs(self) -> None:
        today = int(time.time()) // DAY_S
        try:
            names = sorted(name for name in os.listdir(self._packs) if name.endswith(ENDING))
        except OSError:
            names = []
        for name in names:
            path, pack = os.path.join(self._packs, name), name.removesuffix(ENDING)
            there = os.stat(path)
            self._ends[pack] = there.st_size
            in_turn = int(pack[:8], 16) % PARTS == today % PARTS if pack[:8].isalnum() else True
            if self._how == "full" or (self._how == "normal" and (in_turn or there.st_mtime > time.time() - NEW_DAYS * DAY_S)):
                self._read(path, pack)

    def _read(self, path: str, pack: str) -> None:
        """Prove every frame of a pack; where its frames can no longer be told apart the rest of it is lost."""
        good = self._good[pack] = array("Q")
        try:
            for at, frame, payload in frames(path):
                try:
                    proven(frame, payload)
                    good.append(at)
                except Unreadable as error:
                    if error.code == "codec":
                        raise  # nothing is wrong with the store
                    self._why.setdefault(pack, error.message)
                self._bytes += len(payload)
        except Unreadable as error:
            if error.code == "codec":
                raise
            self._why[pack] = error.message
            self._broke[pack] = good[-1] + 1 if good else 0

    def _check(self, manifest: Manifest, entry: Entry) -> None:
        for version in (entry.now, *entry.old):
            for segment in version.segments:
                if not self._is_good(segment):
                    if self._stands_elsewhere(version):
                        break
                    why = self._why.get(segment.pack) or (
                        f"The pack {segment.pack} is cut." if segment.pack in self._ends else f"The pack {segment.pack} is not there."
                    )
                    self._hurts(manifest, entry.path, version.chain, why)
                    break

    def _is_good(self, segment: Segment) -> bool:
        good = self._good.get(segment.pack)
        if good is None:
            return segment.at + segment.stored < self._ends.get(segment.pack, 0)
        at = bisect_left(good, segment.at)
        if at < len(good) and good[at] == segment.at:
            return True
        # Behind damage the frames can no longer be told apart by reading on; this one's place is known.
        if segment.at < self._broke.get(segment.pack, segment.at + 1):
            return False
        try:
            self._reader.piece(segment)
        except Unreadable as error:
            self._why[segment.pack] = error.message
            return False
        self._bytes += segment.stored
        return True

    def _stands_elsewhere(self, version: Version) -> bool:
        try:
            return self._elsewhere.pieces(version.chain, version.size) is not None
        except Unreadable as error:  # the newest manifest, which was told of in its own turn
            if error.code == "codec":
                raise
            return False

    def _hurts(self, manifest: Manifest, path: str, chain: str, why: str) -> None:
        self._lost = True
        if (path, chain) not in self._hurt:
            if len(self._hurt) < MOST:
                self._hurt.add((path, chain))
            self._say(f"Snapshot {manifest.id}, {path}: {why}")

    def _say(self, text: str) -> None:
        if len(self._problems) < MOST:
            self._problems.append(text)
        else:
            self._unlisted += 1
