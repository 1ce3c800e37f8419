"""Look: what wslcfg itself wrote to a file last, for edits that keep what people changed since."""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.generations import Store
from wslcfg.errors import WslcfgError


def last_written(store: Store) -> Callable[[str], bytes | None]:
    """A function that gives the bytes that we wrote to a path last; None where history does not know, or where we removed it.

    History is read once, when the function is first called.
    """
    known: dict[str, tuple[Generation, Record]] = {}
    read: list[bool] = []

    def last(path: str) -> bytes | None:
        if not read:
            read.append(True)
            for generation in store.all().generations:
                # What was found there is the person's, not ours.
                if generation.in_effect and generation.kind in ("apply", "rollback"):
                    known.update({record.path: (generation, record) for record in generation.records})
        try:
            return store.bytes_of(*known[path], "after") if path in known else None
        except WslcfgError:
            return None

    return last
