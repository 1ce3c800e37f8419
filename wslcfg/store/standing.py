"""Act: which pieces that a manifest names the store no longer has: their pack is gone, or cut, or (where every byte is asked for) damaged.

Packs never change. So while those that lay there after the last run still do, in their sizes, nothing was lost since, and no line has to be looked
into: a note in the state folder says which they were, and on top of which manifest.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable

from wslcfg.errors import Unreadable
from wslcfg.store.entry import Entry, Version, load
from wslcfg.store.pack import Reader
from wslcfg.store.repack import pack_sizes


class Standing:
    """What of a store's packs still stands; the lock is held.

    Args:
        packs: their folder. note: the file in the state folder. newest: the newest manifest's name, '' for none.
        prove: read every piece that is asked for, instead of trusting the sizes of the packs.

    Attributes:
        sizes: the packs that lie there. doubt: whether something may be lost, so that every line is worth a look.
    """

    def __init__(self, packs: str, note: str, newest: str, *, prove: bool = False) -> None:
        self._note, self._prove = note, prove
        self.sizes = pack_sizes(packs)
        self._reader = Reader(packs)
        self.doubt = prove or not self._as_noted(newest)

    def _as_noted(self, newest: str) -> bool:
        try:
            with open(self._note, "rb") as file:
                plain = json.loads(file.read())
            return plain["newest"] == newest and all(self.sizes.get(pack) == size for pack, size in plain["packs"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def is_whole(self, version: Version) -> bool:
        """Whether all pieces of a version are there. Raises Unreadable (`codec`) where they cannot be read by this wslcfg."""
        for one in version.segments:
            if one.at + one.stored >= self.sizes.get(one.pack, 0):
                return False
            if self._prove:
                try:
                    self._reader.piece(one)
                except Unreadable as error:
                    if error.code == "codec":
                        raise
                    return False
        return True

    def lacking(self, entries: Iterable[Entry]) -> set[str]:
        """The packs that are gone or cut, of those that these entries name."""
        return {
            one.pack
            for entry in entries
            for version in (entry.now, *entry.old)
            for one in version.segments
            if one.at + one.stored >= self.sizes.get(one.pack, 0)
        }

    def names_whole(self, line: str) -> bool:
        """The same of a manifest's line, for the present version."""
        return self.is_whole(load(line).now)

    def remember(self, newest: str, written: dict[str, int]) -> None:
        """Note what lay there when the run began and what it wrote: what goes missing meanwhile is missed by the next one."""
        self._put(json.dumps({"newest": newest, "packs": {**self.sizes, **written}}).encode() + b"\n")

    def forget(self) -> None:
        """Leave no note, so that the next run looks at every line again."""
        with contextlib.suppress(OSError):
            os.unlink(self._note)

    def _put(self, data: bytes) -> None:
        with contextlib.suppress(OSError), open(self._note, "rb") as file:
            if file.read() == data:
                return
        try:
            with open(self._note, "wb") as file:
                file.write(data)
        except OSError:  # without it, or with half of it, the next run only takes longer
            self.forget()

    def close(self) -> None:
        """Close the pack that is open."""
        self._reader.close()
