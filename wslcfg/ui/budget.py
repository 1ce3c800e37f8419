"""A picture of the memory budget: one bar before, one after, each part with its own letter, so that it reads without colour too."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.ui.paint import Paint

# Each part: the letter it is filled with, its name, its colour. Letters differ, so that no part needs its colour.
_PARTS = (
    ("W", "Windows", "blue"),
    ("s", "services", "magenta"),
    ("A", "agents", "green"),
    ("c", "cache", "cyan"),
    ("~", "swap", "yellow"),
)
_EMPTY = "."


class Budget(NamedTuple):
    """How RAM and swap are shared out, in bytes; `services` holds the VM's own need too, `cache` is what is left in the VM."""

    windows: int
    services: int
    agents: int
    cache: int
    swap: int

    @property
    def total(self) -> int:
        """RAM and swap together."""
        return sum(self)


def shares(ram: int, memory: int, swap: int, services: int, agents: int) -> Budget:
    """The budget of a host: Windows has what the VM has not; services come first in the VM, then agents, and cache takes the rest.

    Args:
        ram: usable host RAM.
        memory: of the VM.
        swap: of the VM.
        services: the resident services and the VM's own need.
        agents: what the agents are planned with.
    """
    held = min(services, memory)
    working = min(agents, memory - held)
    return Budget(max(ram - memory, 0), held, working, memory - held - working, swap)


def widths(sizes: tuple[int, ...], width: int) -> tuple[int, ...]:
    """Share `width` columns out by size, exactly; a part that is not empty gets a column while there are enough of them.

    Largest remainders, so that no part is more than one column off its share before the smallest ones get theirs.
    """
    total = sum(sizes)
    if total <= 0 or width <= 0:
        return tuple(0 for _ in sizes)
    columns = [size * width // total for size in sizes]
    by_rest = sorted(range(len(sizes)), key=lambda part: (-(sizes[part] * width % total), part))
    for part in by_rest[: width - sum(columns)]:
        columns[part] += 1
    for part, size in enumerate(sizes):
        largest = max(range(len(sizes)), key=lambda other: columns[other])
        if size > 0 and columns[part] == 0 and columns[largest] > 1:
            columns[part], columns[largest] = 1, columns[largest] - 1
    return tuple(columns)


def picture(before: Budget, after: Budget, width: int = 80, *, colour: bool = False) -> tuple[str, ...]:
    """The two bars on one scale with a line of labels below each, as lines of at most `width` columns (40 to 160).

    A bar that is shorter than the other, since its swap is, ends in dots.
    """
    inner = min(max(width, 40), 160)
    paint = Paint(on=colour)
    scale = max(before.total, after.total)
    lines: list[str] = []
    for title, budget in (("before", before), ("after", after)):
        lines.append(paint(title, "bold"))
        lines.append(_bar(budget, scale, inner - 2, paint))
        lines += _labels(budget, inner, paint)
    return tuple(lines)


def _bar(budget: Budget, scale: int, width: int, paint: Paint) -> str:
    """`[WWWWssAAAAcc~~~~..]`; the part beyond the budget is dots."""
    columns = widths((*budget, scale - budget.total), width)
    filled = "".join(paint(letter * count, colour) for (letter, _, colour), count in zip(_PARTS, columns, strict=False))
    return f"[{filled}{_EMPTY * columns[-1]}]"


def _labels(budget: Budget, width: int, paint: Paint) -> list[str]:
    """`W Windows 6 GB  s services 2.2 GB …`, wrapped at the width; empty parts are left out."""
    lines: list[str] = []
    plain, shown = "", ""
    for (letter, name, colour), size in zip(_PARTS, budget, strict=True):
        if size <= 0:
            continue
        label = f"{letter} {name} {human(size)}"
        painted = f"{paint(letter, colour)} {name} {human(size)}"
        if plain and len(plain) + 2 + len(label) > width:
            lines.append(shown)
            plain, shown = "", ""
        plain, shown = (f"{plain}  {label}", f"{shown}  {painted}") if plain else (label, painted)
    return [*lines, shown] if shown else lines
