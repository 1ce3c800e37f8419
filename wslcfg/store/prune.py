"""Act: pruning: drop what no rule keeps, thin the snapshots, and give the room back.

The order is what makes it safe to be killed anywhere: new packs, new manifests beside the old ones, then the old manifests go, then the packs
that no manifest names. A manifest that cannot be read may name anything, so nothing is pruned beside one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime

from wslcfg.errors import Refused, Unreadable
from wslcfg.store.disk import reading, sync_folder
from wslcfg.store.engine import Keep, Pruned
from wslcfg.store.entry import GONE, Entry, dump, lean, load, path_of
from wslcfg.store.manifest import Maker, Manifest, Manifests
from wslcfg.store.pack import Writer, pack_path
from wslcfg.store.pending import Pending
from wslcfg.store.repack import LIVE, OVERHEAD, Moves, pack_sizes
from wslcfg.store.retention import kept_snapshots, kept_versions

# Names of removed files, for the mirror to remove them as well.
REMOVED = "removed"
# Each run with something new makes a pack; when so many are smaller than this they become one.
LITTLE, MOST_LITTLE = 8 << 20, 8
_PACKS = re.compile(r'"([0-9a-f]{16}):')


class Pruning:
    """One pruning; the lock is held. `journal`: whether removed names are noted for a mirror."""

    def __init__(self, repo: str, keep: Keep, now: datetime, *, journal: bool) -> None:
        self._repo, self._keep, self._now, self._journal = repo, keep, now, journal
        self._packs = os.path.join(repo, "packs")
        self._manifests = Manifests(os.path.join(repo, "snapshots"))
        self._dropped: set[str] = set()
        self._moves = Moves()
        self._warnings: list[str] = []

    def run(self, *, dry_run: bool) -> Pruned:
        """Prune. Raises Refused where a manifest is damaged, OSError and Unreadable; nothing that is held is lost then."""
        listing = self._manifests.listing()
        if not listing:
            return Pruned(0, 0, 0)
        groups = self._groups(listing)
        ids = {one.id for one in listing}
        heads = [[one.id for one in group if one.id in ids] for group in groups]
        kept = kept_snapshots([group for group in heads if group], self._now)
        removed = len(ids - kept)
        before = pack_sizes(self._packs)
        live, lost = self._judge(listing[-1])
        tired = {pack for pack, size in before.items() if 0 < live.get(pack, 0) < LIVE * size}
        little = {pack for pack, size in before.items() if size < LITTLE and pack in live}
        if len(little) >= MOST_LITTLE:
            tired |= little
        if dry_run:
            freed = sum(max(size - live.get(pack, 0), 0) for pack, size in before.items() if pack in tired or pack not in live)
            return Pruned(removed, lost, freed)
        Pending(self._repo).clear()
        size = self._size()
        self._move(listing[-1], tired)
        needed = self._rewrite([[one for one in group if one.id in kept] for group in groups], kept)
        self._remove_manifests([one for one in self._manifests.all() if one.key not in needed])
        self._remove_packs(before)
        return Pruned(removed, lost, max(size - self._size(), 0), (*self._moves.warnings, *self._warnings))

    def remove_dead(self) -> None:
        """Remove only what no manifest and no note of a killed run names: the quickest way to some room."""
        packs = pack_sizes(self._packs)
        for line in Pending(self._repo).lines():
            for pack in _PACKS.findall(line):
                packs.pop(pack, None)
        self._remove_packs(packs)

    def _groups(self, listing: list[Manifest]) -> list[list[Manifest]]:
        """The manifests by the full one they stand on, oldest first, each read to its end. Raises Refused where one cannot be."""
        groups: dict[str, dict[str, Manifest]] = {}
        try:
            for one in listing:
                chain = self._manifests.chain(one)
                groups.setdefault(chain[0].key, {}).update({part.key: part for part in chain})
            for group in groups.values():
                for one in group.values():
                    self._manifests.check(one)
        except Unreadable as error:
            raise Refused(
                f"Nothing was pruned: {error.message}",
                "A damaged manifest may name anything. Run 'wslcfg sessions verify' to see what it hurts.",
                code="damaged",
            ) from error
        return [sorted(group.values()) for group in groups.values()]

    def _judge(self, newest: Manifest) -> tuple[dict[str, int], int]:
        """Drop versions; gives the bytes of each pack that live on, and how many versions go. The newest manifest names every version."""
        live: dict[str, int] = {}
        for entry in self._manifests.entries(newest):
            kept = kept_versions(entry, self._keep, self._now)
            stay = () if kept is None else (kept.now, *kept.old)
            chains = {one.chain for one in stay}
            self._dropped.update(one.chain for one in (entry.now, *entry.old) if one.chain not in chains)
            for version in stay:
                for segment in version.segments:
                    live[segment.pack] = live.get(segment.pack, 0) + segment.stored + OVERHEAD
        return live, len(self._dropped)

    def _move(self, newest: Manifest, tired: set[str]) -> None:
        writer = Writer(self._packs)
        try:
            self._moves.make(filter(None, map(self._kept, self._manifests.entries(newest))), tired, self._packs, writer)
            writer.close()
        finally:
            writer.drop()

    def _kept(self, entry: Entry) -> Entry | None:
        """An entry without the versions that go, None without a version."""
        if entry.now.chain in self._dropped:
            return None
        return entry._replace(old=tuple(one for one in entry.old if one.chain not in self._dropped)) if self._dropped else entry

    def _anew(self, entry: Entry) -> Entry | None:
        """An entry as it has to be written now."""
        kept = self._kept(entry)
        return kept and kept._replace(now=self._moves.version(kept.now), old=tuple(map(self._moves.version, kept.old)))

    def _rewrite(self, groups: list[list[Manifest]], kept: set[str]) -> set[str]:
        """Write the groups anew in which something changed; gives the keys of all manifests that are needed from now on."""
        needed: set[str] = set()
        revision = max(one.revision for one in self._manifests.all()) + 1
        moved = self._moves.packs()
        stale = re.compile("|".join([f'"{pack}:' for pack in moved] or ["(?!)"]))
        for group in groups:
            if not group:
                continue
            touched = any(bool(self._dropped) or stale.search(line) for one in group for line in self._manifests.lines(one))
            if touched:
                self._rewrite_group(group, revision)
            needed.update(f"{one.id}.{revision}" if touched else one.key for one in group)
        return needed

    def _rewrite_group(self, group: list[Manifest], revision: int) -> None:
        """Write a full manifest and its diffs under a new revision."""
        full, *diffs = group
        changed: dict[str, list[tuple[int, str]]] = {}
        for number, diff in enumerate(diffs):
            for line in self._manifests.lines(diff):
                changed.setdefault(path_of(line), []).append((number, line))
        fresh: list[list[str]] = [[] for _ in diffs]
        gone_files = [[0, 0] for _ in group]
        paths = sorted(changed)
        maker = Maker(self._manifests.folder, full.id, revision, "full")
        try:
            at = 0
            for line in self._manifests.lines(full):
                path = path_of(line)
                while at < len(paths) and paths[at] <= path:
                    if paths[at] < path:
                        self._follow(None, changed[paths[at]], fresh, gone_files)
                    at += 1
                entry = load(line)
                anew = self._anew(entry)
                if anew is not None:
                    maker.add(dump(anew))
                self._follow(entry, changed.get(path, []), fresh, gone_files)
            for path in paths[at:]:
                self._follow(None, changed[path], fresh, gone_files)
            self._finish(maker, full, gone_files[0])
        finally:
            maker.drop()
        base = maker.key
        for diff, lines, gone in zip(diffs, fresh, gone_files[1:], strict=True):
            maker = Maker(self._manifests.folder, diff.id, revision, "diff", base)
            try:
                for line in lines:
                    maker.add(line)
                self._finish(maker, diff, gone)
            finally:
                maker.drop()
            base = maker.key

    def _follow(self, entry: Entry | None, changes: list[tuple[int, str]], fresh: list[list[str]], gone: list[list[int]]) -> None:
        """One path through a group: its lines anew, and in `gone` the files and bytes that each snapshot no longer has."""
        anew = self._anew(entry) if entry is not None else None
        missing = entry is not None and anew is None and entry.seen != GONE
        if not changes and not missing:
            return
        todo = dict(changes)
        for number in range(-1, len(fresh)):
            if number in todo:
                entry = load(todo[number], entry)
                now = self._anew(entry)
                missing = now is None and entry.seen != GONE
                if now is not None:
                    fresh[number].append(lean(now, anew))
                    anew = now
            if missing and entry is not None:
                gone[number + 1][0] += 1
                gone[number + 1][1] += entry.now.size

    def _finish(self, maker: Maker, old: Manifest, gone: list[int]) -> None:
        totals = self._manifests.totals(old)
        maker.seal(totals._replace(files=max(totals.files - gone[0], 0), bytes=max(totals.bytes - gone[1], 0)))
        maker.commit()

    def _remove_manifests(self, old: list[Manifest]) -> None:
        """Remove manifests that are not needed any more, the latest first: none ever stands on one that is not there."""
        self._note([f"snapshots/{one.name}" for one in old])
        for one in reversed(old):
            os.unlink(os.path.join(self._manifests.folder, one.name))
        if old:
            sync_folder(self._manifests.folder)

    def _remove_packs(self, before: dict[str, int]) -> None:
        """Remove the packs that no manifest names, unless somebody reads just now."""
        named = set(self._named())
        dead = sorted(pack for pack in before if pack not in named)
        if not dead:
            return
        with reading(self._repo, alone=True) as free:
            if not free:
                self._warnings.append("Backups are being read just now; their room is given back by the next prune.")
                return
            self._note([f"packs/{pack}.pack" for pack in dead])
            for pack in dead:
                os.unlink(pack_path(self._packs, pack))
            sync_folder(self._packs)

    def _named(self) -> Iterator[str]:
        """Every pack that a manifest names, many times over."""
        for one in self._manifests.all():
            for line in self._manifests.lines(one):
                yield from _PACKS.findall(line)

    def _note(self, names: list[str]) -> None:
        """Note names for the mirror before their files go."""
        if self._journal and names:
            handle = os.open(os.path.join(self._repo, REMOVED), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                data = "".join(json.dumps(name) + "\n" for name in names).encode()
                while data:
                    data = data[os.write(handle, data) :]
                os.fsync(handle)
            finally:
                os.close(handle)

    def _size(self) -> int:
        with os.scandir(self._manifests.folder) as found:
            return sum(pack_sizes(self._packs).values()) + sum(one.stat().st_size for one in found)
