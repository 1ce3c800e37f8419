"""`wslcfg schema COMMAND`: the JSON Schema of what a command prints with `--json`."""

from __future__ import annotations

import json

from wslcfg.cli.schemas import DATA, envelope
from wslcfg.errors import Usage
from wslcfg.model.result import Result


def run_schema(name: str, *, data_only: bool) -> Result:
    """Print the JSON Schema of a command's answer; with --data that of its `data` alone."""
    if name not in DATA:
        raise Usage(f"There is no schema for '{name}'.", f"Choose one of {', '.join(DATA)}.")
    found = DATA[name] if data_only else envelope(name)
    return Result(found, lambda: json.dumps(found, indent=2))
