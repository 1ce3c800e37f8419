"""Texts of others (titles, prompts, names of folders) on a terminal: what would steer it is shown instead of done. JSON keeps the text as it is."""

from __future__ import annotations

import re

from wslcfg.model.late import late
from wslcfg.ui.paint import CODES

# C0 and DEL, C1, and what turns the direction of writing. Joiners stay: emoji and some scripts are written with them.
_STEERS = r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
_LINE = late(_STEERS)
_CODE = "|".join(CODES.values())
# Of a whole text: not its lines and tabs, and not our own colours.
_OURS = late(rf"(\x1b\[(?:0|(?:{_CODE})(?:;(?:{_CODE}))*)m|[\n\t])|{_STEERS}")
_SCREEN = late(rf"([\n\t])|{_STEERS}")


def one_line(text: str) -> str:
    """A title or a name: no control character, and no second line."""
    return text if text.isprintable() else _LINE.sub(_shown, text)


def harmless(text: str, *, styled: bool = False) -> str:
    """A whole text; `styled`: our own colours stay, so texts of others in it must have gone through `one_line` or this before."""
    if text.replace("\n", "").isprintable():
        return text
    return (_OURS if styled else _SCREEN).sub(lambda found: found[1] or _shown(found), text)


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
