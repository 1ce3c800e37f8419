"""Plain tables: columns that line up, for a terminal, a pipe and a screen reader alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from wslcfg.ui.harmless import harmless
from wslcfg.ui.wrap import columns, width_of, wrap

# A last column with less room than this would be one word below the other.
_LEAST = 20


def table(
    rows: Sequence[Sequence[str]],
    *,
    header: Sequence[str] = (),
    right: frozenset[int] = frozenset(),
    indent: str = "",
    width: int = 0,
    stack: bool = False,
) -> list[str]:
    """Lines of a table with two spaces between columns; columns named in `right` are flush right; the last is never padded.

    Where it is wider than `width` (0: than the terminal) the last column is wrapped under itself. Without room for that, `stack` sets
    the cells of each row below each other, and without `stack` the table is left as wide as it is.
    """
    everything = [header, *rows] if header else rows
    # Column by column: a list of ten thousand rows must come at once.
    cells = list(zip_longest(*everything, fillvalue=""))
    widths, plain = [], []
    for number, column in enumerate(cells):
        together = "".join(column)
        if not together.isprintable():  # texts of others; of a cell with two lines the second would stand for a row
            cells[number] = column = tuple([harmless(cell, styled=True).replace("\n", "\\x0a") for cell in column])
            together = "".join(column)
        plain.append(together.isascii() and "\x1b" not in together)
        widths.append(max(map(len if plain[-1] else width_of, column)))
    bound = width or columns()
    used = len(indent) + sum(widths) + 2 * (len(widths) - 1)
    if bound and used > bound:
        room = bound - used + widths[-1]
        rows = list(zip(*cells, strict=True))[1 if header else 0 :]
        if room >= _LEAST and len(widths) - 1 not in right:
            return _narrow(rows, header, right, indent, room)
        if stack:
            return _stacked(rows, header, indent, bound)
    return _laid(cells, widths, plain, right, indent, ruled=bool(header))


def _laid(
    cells: list[tuple[str, ...]], widths: list[int], plain: list[bool], right: frozenset[int], indent: str, *, ruled: bool
) -> list[str]:
    """The table as it is."""
    for number, width in enumerate(widths):
        column = cells[number]
        if number in right:
            cells[number] = tuple([" " * (width - width_of(cell)) + cell for cell in column])
        elif number < len(cells) - 1:
            cells[number] = tuple([cell.ljust(width) if plain[number] else cell + " " * (width - width_of(cell)) for cell in column])
    lines = [(indent + "  ".join(row)).rstrip() for row in zip(*cells, strict=True)]
    if ruled:
        lines.insert(1, indent + "  ".join("-" * width for width in widths))
    return lines


def _narrow(rows: Sequence[Sequence[str]], header: Sequence[str], right: frozenset[int], indent: str, room: int) -> list[str]:
    """The table with its last column wrapped at `room` cells."""
    last = max(map(len, [header, *rows])) - 1
    wrapped: list[Sequence[str]] = []
    for row in rows:
        if len(row) <= last:
            wrapped.append(row)
            continue
        first, *more = wrap(row[last], room, "")
        wrapped += [(*row[:last], first), *(("",) * last + (line,) for line in more)]
    cells = list(zip_longest(*([header, *wrapped] if header else wrapped), fillvalue=""))
    widths = [max(map(width_of, column)) for column in cells]
    widths[last] = min(widths[last], room)  # a word that is longer than the room makes no longer rule
    return _laid(cells, widths, [False] * len(cells), right, indent, ruled=bool(header))


def _stacked(rows: Sequence[Sequence[str]], header: Sequence[str], indent: str, bound: int) -> list[str]:
    """Each row as its first cell and the others below it, named by the header."""
    lines: list[str] = []
    for first, *rest in rows:
        lines += wrap(indent + first, bound)
        for number, cell in enumerate(rest, 1):
            name = f"{header[number]}: " if number < len(header) and header[number] else ""
            lines += wrap(f"{indent}  {name}{cell}", bound) if cell else []
    return lines
