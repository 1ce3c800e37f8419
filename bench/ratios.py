"""Ratios of times that were taken in turn, so that a busy machine slows both sides alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Ratio(NamedTuple):
    """One measure: medians in seconds, their ratio and the bound it has to keep."""

    measure: str
    ours_s: float
    theirs_s: float
    bound: float

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours_s / self.theirs_s

    @property
    def ok(self) -> bool:
        """Whether the bound is kept."""
        return self.ratio <= self.bound


def medians(jobs: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The median time of each job in seconds; each round runs every job once, after one round that only warms the caches."""
    times: list[list[float]] = [[] for _ in jobs]
    for turn in range(rounds + 1):
        for job, kept in zip(jobs, times, strict=True):
            start = time.perf_counter()
            job()
            if turn:
                kept.append(time.perf_counter() - start)
    return [statistics.median(kept) for kept in times]


def table(rows: Sequence[Ratio]) -> str:
    """The measures as a plain table, the ones over their bound named as such."""
    lines = [("measure", "ours", "against", "ratio", "bound", "")]
    lines += [
        (
            row.measure,
            f"{row.ours_s * 1e3:.1f} ms",
            f"{row.theirs_s * 1e3:.1f} ms",
            f"{row.ratio:.1f}x",
            f"{row.bound:g}x",
            "ok" if row.ok else "OVER",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:5], widths[1:5], strict=True)), line[5]]
        ).rstrip()
        for line in lines
    )
