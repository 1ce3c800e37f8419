"""Act: bring backed-up files below a folder of the person's choice, byte for byte, with their times."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from wslcfg.host import atomic
from wslcfg.store import landing, place
from wslcfg.store.engine import Engine, Held
from wslcfg.store.fetch import Landed, Outcome, Stays, brought


def restore_to(engine: Engine, wanted: Sequence[Held], folder: str) -> Outcome:
    """Bring files below a folder, byte for byte, with their times; what lies there already and differs is refused.

    Raises Unreachable (no room, no permission), and what the engine raises.
    """
    landed: list[Landed] = []
    refused: list[Stays] = []
    folders: set[str] = set()
    good = []
    for one in wanted:
        if landing.is_inside(one.path):
            good.append(one)
        else:
            refused.append(Stays(one.path, "", "its path leads out of the folder", None, one.bytes))

    def into(one: Held) -> str:
        parent = os.path.dirname(os.path.join(folder, one.path))
        try:
            if parent not in folders:
                place.make_folders(parent)
                atomic.sweep(parent)
                folders.add(parent)
        except OSError as error:
            raise atomic.unreachable(error, parent, "make") from error
        ready[one.path] = place.temporary(parent)
        return ready[one.path]

    ready: dict[str, str] = {}
    try:
        for one in brought(engine, good, into, refused, lambda path: os.path.join(folder, path)):
            target = os.path.join(folder, one.path)
            came = ready.pop(one.path)
            try:
                when = one.modified_at.timestamp()
                os.utime(came, (when, when))
                _sync(came)
                if place.look(target) is None and place.settle(came, target, over=None):
                    landed.append(Landed(one.path, target, one.bytes, "created"))
                elif _same(came, target):
                    landed.append(Landed(one.path, target, one.bytes, "same"))
                else:
                    there = place.look(target)
                    refused.append(Stays(one.path, target, "another file lies there", there.st_size if there else None, one.bytes))
            except OSError as error:
                raise atomic.unreachable(error, target, "write") from error
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(came)
    finally:
        for left in ready.values():
            with contextlib.suppress(OSError):
                os.unlink(left)
    return Outcome(None, tuple(sorted(landed)), tuple(sorted(refused)))


def _same(one: str, two: str) -> bool:
    there = place.look(two)
    return there is not None and place.is_file(there) and there.st_size == os.stat(one).st_size and place.begins_with(one, two)


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
