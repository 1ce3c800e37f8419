"""`wslcfg schema COMMAND`: the JSON Schema of what a command prints with `--json`."""

from __future__ import annotations

import json

from wslcfg.cli.schemas import DATA, envelope
from wslcfg.errors import Usage
from wslcfg.model.result import Result

# The words of `history` share one command, and so one schema: each of them is one of its kinds of `data`.
_BELOW_HISTORY = {f"history {word}": place for place, word in enumerate(("list", "show", "diff", "prune"))}


def run_schema(name: str, *, data_only: bool) -> Result:
    """Print the JSON Schema of a command's answer; with --data that of its `data` alone; without a command the names there are."""
    if not name:
        names = list(DATA)
        return Result({"commands": names}, lambda: "\n".join(names))
    if name in _BELOW_HISTORY:
        kind = DATA["history"]["anyOf"][_BELOW_HISTORY[name]]
        found = kind if data_only else envelope("history", kind)
    elif name in DATA:
        found = DATA[name] if data_only else envelope(name)
    else:
        raise Usage(f"There is no schema for '{name}'.", f"{_meant(name)}`wslcfg schema` lists the commands.")
    return Result(found, lambda: json.dumps(found, indent=2))


def _meant(name: str) -> str:
    """A sentence with the name that was most likely meant, '' where none is near."""
    from difflib import get_close_matches  # only a mistake needs it

    below = [known for known in DATA if known.startswith(f"{name} ")]
    if below:
        return f"Each word has one: {below[0]} and others. "
    near = get_close_matches(name, [*DATA, *_BELOW_HISTORY], 1)
    return f"Did you mean {near[0]}? " if near else ""
