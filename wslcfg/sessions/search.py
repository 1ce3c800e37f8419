"""Look: whether somebody typed a text in a session."""

from __future__ import annotations

import json
import re

from wslcfg.model.session import SessionFile
from wslcfg.sessions.records import prompt, records


def says(one: SessionFile, text: str) -> bool:
    """Whether the session's title or one of its prompts has the text, without regard to case."""
    wanted = text.casefold()
    if wanted in one.title.casefold():
        return True
    # In a file a text stands as JSON has it, with or without its letters beyond ASCII escaped; most lines are passed over by this look alone.
    spelled = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    near = re.compile("|".join(map(re.escape, spelled)).encode("utf-8", "surrogatepass"), re.IGNORECASE) if text.isascii() else None
    try:
        with open(one.real, "rb") as file:
            return any(_typed(line, wanted) for line in file if b"user" in line and (near is None or near.search(line)))
    except OSError:
        return False


def _typed(line: bytes, wanted: str) -> bool:
    for record in records(line):
        payload = record.get("payload")
        said = prompt(record)
        if isinstance(payload, dict) and payload.get("type") == "user_message":
            said = str(payload.get("message", ""))
        if wanted in said.casefold():
            return True
    return False
