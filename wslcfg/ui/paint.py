"""Colour where a person looks and wants it, plain text everywhere else."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36"}

# Set once by the command line from --color; '' means: not said.
_choice = ""


def choose(when: str) -> None:
    """Take `--color auto|always|never` for the rest of the process."""
    global _choice
    _choice = when


def wants_color(stream: TextIO) -> bool:
    """Whether this stream gets colour: the flag, then NO_COLOR and TERM=dumb, then whether it is a terminal."""
    if _choice in ("always", "never"):
        return _choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


class Paint:
    """Styles text, or leaves it alone when `on` is False."""

    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        """The text in the named styles (`bold`, `dim`, `red` …)."""
        if not self.on or not text or not styles:
            return text
        return f"\x1b[{';'.join(CODES[style] for style in styles)}m{text}\x1b[0m"
