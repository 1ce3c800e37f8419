"""Plain tables: columns that line up, for a terminal, a pipe and a screen reader alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from wslcfg.model.late import late

_STYLE = late(r"\x1b\[[0-9;]*m")


def width_of(text: str) -> int:
    """How many cells a text takes on a terminal: styles take none, wide characters two."""
    bare = _STYLE.sub("", text)
    if bare.isascii():
        return len(bare)
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in bare)


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str] = (), right: frozenset[int] = frozenset(), indent: str = "") -> list[str]:
    """Lines of a table with two spaces between columns; columns named in `right` are flush right; the last is never padded."""
    everything = [list(header), *[list(row) for row in rows]] if header else [list(row) for row in rows]
    if not everything:
        return []
    widths = [
        max(width_of(row[column]) if column < len(row) else 0 for row in everything)
        for column in range(max(len(row) for row in everything))
    ]
    lines = []
    for row in everything:
        cells = []
        for column, cell in enumerate(row):
            gap = " " * (widths[column] - width_of(cell))
            cells.append(gap + cell if column in right else cell if column == len(row) - 1 else cell + gap)
        lines.append((indent + "  ".join(cells)).rstrip())
    if header:
        lines.insert(1, indent + "  ".join("-" * width for width in widths))
    return lines
