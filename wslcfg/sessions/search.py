"""Look: whether somebody typed a text in a session."""

from __future__ import annotations

import json
import re

from wslcfg.errors import Unreachable
from wslcfg.model.late import late
from wslcfg.model.session import SessionFile
from wslcfg.sessions.packed import opened
from wslcfg.sessions.records import records, whole_prompt

# Every record of something typed names the user, Codex's paginated ones with a capital.
_USERS = late(rb"[uU]ser")


def says(one: SessionFile, text: str) -> bool:
    """Whether the session's title or one of its prompts has the text, without regard to case."""
    wanted = text.casefold()
    if wanted in one.title.casefold():
        return True
    # In a file a text stands as JSON has it, with or without its letters beyond ASCII escaped; most lines are passed over by a look for its longest word
    # alone. What stands between the words may be another in the file: a slash command's arguments stand apart from its name.
    word = max(text.split(), key=len, default=text)
    spelled = {json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}
    near = re.compile("|".join(map(re.escape, spelled)).encode("utf-8", "surrogatepass"), re.IGNORECASE) if word.isascii() else None
    try:
        with opened(one.real) as file:
            return any(_typed(line, wanted) for line in file if _USERS.search(line) and (near is None or near.search(line)))
    except (OSError, Unreachable):
        return False


def _typed(line: bytes, wanted: str) -> bool:
    return any(wanted in whole_prompt(record).casefold() for record in records(line))
