"""Text at the width of the terminal: paragraphs broken between words, by one rule for all commands."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from wslcfg.model.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_STYLE = late(r"\x1b\[[0-9;]*m")
# A command in backticks stays in one piece, so that it can be copied.
_WORD = late(r"`[^`]*`\S*|\S+")
# What a page is as wide as where nobody says: in a pipe, for what is laid out as a page.
_PAGE = 80


def columns(stream: TextIO | None = None) -> int:
    """The width of the terminal that reads a stream (stdout when None), COLUMNS first; 0 where there is none: a pipe gets whole lines."""
    try:
        stated = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        stated = 0
    if stated > 0:
        return stated
    try:
        return os.get_terminal_size((stream or sys.__stdout__).fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return 0


def page(most: int = 100) -> int:
    """The width for what is laid out as a page, such as a plan: the terminal's up to `most`, 80 in a pipe."""
    return min(columns() or _PAGE, most)


def wrap(text: str, room: int, hang: str | None = None) -> list[str]:
    """A line as lines of at most `room` cells, 0 for no bound; a word that is longer stays whole.

    `hang` stands before the later lines: where it is None, the indentation of the first and two spaces more.
    """
    if not room or width_of(text) <= room:
        return [text]
    indent = text[: len(text) - len(text.lstrip(" "))]
    later = f"{indent}  " if hang is None else hang
    lines: list[str] = []
    line, width, start = indent, len(indent), len(indent)
    for word in _WORD.findall(text):
        size = width_of(word)
        if width > start and width + 1 + size > room:
            lines.append(line)
            line, width, start = later, len(later), len(later)
        line, width = (f"{line} {word}", width + 1 + size) if width > start else (line + word, width + size)
    return [*lines, line]


def fit(lines: Iterable[str], room: int | None = None) -> list[str]:
    """Lines with those that are too long for the terminal (or for `room`) wrapped."""
    bound = columns() if room is None else room
    return [piece for line in lines for piece in wrap(line, bound)] if bound else list(lines)


def width_of(text: str) -> int:
    """How many cells a text takes on a terminal: styles take none, wide characters two."""
    bare = _STYLE.sub("", text) if "\x1b" in text else text
    return len(bare) if bare.isascii() else sum(map(_cells, bare))


@lru_cache(1000)
def _cells(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
