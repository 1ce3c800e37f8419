"""Think: our part of a file that is somebody else's, so that a rollback takes back just that and leaves the rest as it is now.

A part is named by a word: `blocks` for every marked block of ours (`inside.marked`), `json:["env", "KEY"]` for one key of a JSON file. `sections`
is a file of ours that people are meant to edit (`inside.ini`): what they change in it is no drift.
"""

from __future__ import annotations

import json
import re

from wslcfg.inside.jsonedit import edited, value_at
from wslcfg.inside.marked import block_of, with_block

BLOCKS, SECTIONS = "blocks", "sections"
# A block with this ending stands before everything else.
EARLY = "-early"


def json_part(path: tuple[str, ...]) -> str:
    """The word for one key of a JSON file."""
    return f"json:{json.dumps(path)}"


def take(part: str, raw: bytes | None) -> object:
    """What our part says, as plain Python; None where it is not there. Raises Unreadable or Refused where the file cannot be understood."""
    if part == BLOCKS:
        return {name: block_of(raw, name) for name in _names(raw)} or None
    return value_at(raw, _path(part))


def put(part: str, raw: bytes | None, ours: object) -> bytes | None:
    """The file with our part as `take` gave it. Raises as `take`."""
    if part != BLOCKS:
        return edited(raw, _path(part), ours)
    wanted = ours if isinstance(ours, dict) else {}
    for name in reversed(_names(raw)):
        if name not in wanted:
            raw = with_block(raw, name, None)
    for name, body in wanted.items():
        raw = with_block(raw, name, body, top=name.endswith(EARLY))
    return raw


def _names(raw: bytes | None) -> list[str]:
    return [name.decode() for name in re.findall(rb"^# >>> wslcfg ([a-z-]+) >>>", raw or b"", re.MULTILINE)]


def _path(part: str) -> tuple[str, ...]:
    return tuple(json.loads(part.removeprefix("json:")))
