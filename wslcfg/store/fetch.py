"""Act: what a restore is made of: which files belong to a session, how they come from an engine, and what became of each."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence

from wslcfg.errors import Unreadable
from wslcfg.model.record import NamedTuple
from wslcfg.store import landing, restored
from wslcfg.store.engine import Engine, Held

# As much of a block as a plan's name takes is looked at again with the next.
_OVERLAP = 256


class Landed(NamedTuple):
    """A file that is restored: `how` is `created`, `replaced`, `merged` (lines were added) or `same` (it lay there already); `to` is where it lies."""

    path: str
    to: str
    bytes: int
    how: str


class Stays(NamedTuple):
    """A file that is not restored, why (a clause), and both sizes; `live` is None where nothing lies there."""

    path: str
    to: str
    why: str
    live: int | None
    held: int


class Outcome(NamedTuple):
    """What a restore did; `id` undoes it, None where nothing changed or it went to another folder."""

    id: str | None
    landed: tuple[Landed, ...]
    refused: tuple[Stays, ...]


def parts(engine: Engine, everything: Mapping[str, Held], session: str, state: str) -> list[Held]:
    """All that belongs to a session: its own files, the lines of history.jsonl, and the plans that its transcript speaks of.

    Args:
        everything: what the engine holds, by path. state: wslcfg's state folder, where the transcript is looked at.
    """
    own = [one for path, one in everything.items() if landing.belongs(path, session)]
    found = {landing.HISTORY}
    if any(path.startswith(".claude/plans/") for path in everything):
        with restored.alone(state) as folder, tempfile.TemporaryDirectory(dir=folder) as aside:
            came = os.path.join(aside, "transcript")
            for one in own:
                if one.path.endswith(f"/{session}.jsonl"):
                    with contextlib.suppress(Unreadable):  # a damaged transcript is told when it is restored
                        for _ in engine.bring([one], lambda _: came):
                            found |= _plans_of(came)
                            os.unlink(came)
    return [*own, *(everything[path] for path in sorted(found) if path in everything)]


def _plans_of(path: str) -> set[str]:
    """The plans (as under the home) that a transcript speaks of."""
    found: set[str] = set()
    before = b""
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found |= landing.plans(before + block)
            before = block[-_OVERLAP:]
    return found


def brought(
    engine: Engine, wanted: Sequence[Held], into: Callable[[Held], str], refused: list[Stays], real: Callable[[str], str]
) -> Iterator[Held]:
    """What the engine brings; a version whose bytes are damaged is refused, the others still come."""
    left = list(wanted)
    while left:
        done = set()
        try:
            for one in engine.bring(left, into):
                done.add(one.path)
                yield one
            return
        except Unreadable as error:
            hurt = next((one for one in left if one.path == error.data.get("path") and one.path not in done), None)
            if hurt is None:
                raise
            refused.append(Stays(hurt.path, real(hurt.path), error.message.rstrip("."), None, hurt.bytes))
            left = [one for one in left if one.path not in done and one is not hurt]
