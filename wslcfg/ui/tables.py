"""Plain tables: columns that line up, for a terminal, a pipe and a screen reader alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

from wslcfg.model.late import late

_STYLE = late(r"\x1b\[[0-9;]*m")


def width_of(text: str) -> int:
    """How many cells a text takes on a terminal: styles take none, wide characters two."""
    bare = _STYLE.sub("", text) if "\x1b" in text else text
    return len(bare) if bare.isascii() else sum(map(_cells, bare))


@lru_cache(1000)
def _cells(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str] = (), right: frozenset[int] = frozenset(), indent: str = "") -> list[str]:
    """Lines of a table with two spaces between columns; columns named in `right` are flush right; the last is never padded."""
    everything = [header, *rows] if header else rows
    # Column by column: a list of ten thousand rows must come at once.
    columns = list(zip_longest(*everything, fillvalue=""))
    widths = []
    for number, cells in enumerate(columns):
        together = "".join(cells)
        if "\n" in together:  # of a cell with two lines the second would stand for a row
            columns[number] = cells = tuple([cell.replace("\n", "\\x0a") for cell in cells])
            together = "".join(cells)
        plain = together.isascii() and "\x1b" not in together
        width = max(map(len if plain else width_of, cells))
        widths.append(width)
        if number in right:
            columns[number] = tuple([" " * (width - width_of(cell)) + cell for cell in cells])
        elif number < len(columns) - 1:
            columns[number] = tuple([cell.ljust(width) if plain else cell + " " * (width - width_of(cell)) for cell in cells])
    lines = [(indent + "  ".join(cells)).rstrip() for cells in zip(*columns, strict=True)]
    if header:
        lines.insert(1, indent + "  ".join("-" * width for width in widths))
    return lines
