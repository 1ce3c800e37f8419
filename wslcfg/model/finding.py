"""Think: a finding, what lint and the other examiners hand over."""

from __future__ import annotations

from typing import Literal

from wslcfg.model.record import NamedTuple

Level = Literal["error", "warning", "info"]


class Finding(NamedTuple):
    """One thing that is wrong or worth knowing in a file.

    Attributes:
        id: stable id, `WC001` …; each has a line in docs/lint.md.
        level: error and warning make `lint` exit 1, info never does.
        line: the line in the file as an editor counts it, from 1; None when the finding is about the whole file.
        key: `section.key` in Microsoft's spelling, None when there is none.
        message: one sentence, what WSL makes of it.
        fix: one sentence, what to do; None when there is nothing to do.
    """

    id: str
    level: Level
    line: int | None
    key: str | None
    message: str
    fix: str | None = None
