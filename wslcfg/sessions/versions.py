"""Think: versions of clients as numbers."""

from __future__ import annotations


def numbers(version: str) -> tuple[int, ...]:
    """`2.1.329` as numbers, () for anything else."""
    parts = version.split("-")[0].split(".")
    return tuple(map(int, parts)) if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts) else ()
