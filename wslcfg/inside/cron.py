"""Think: our block in a crontab; the person's lines and variables stay as they are.

Of crontab(5): a line is five fields and a command for sh up to the line's end; `%` would end the command, so it is written `\\%`.
The last line has to end with a line end.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from wslcfg.inside.marked import block_of, with_block

NAME = "backups"


def step_of(minutes: int) -> int:
    """How often cron or a timer ticks: the largest divisor of an hour up to `minutes`, from 5; the tick itself knows when it is due."""
    return max(divisor for divisor in (5, 6, 10, 12, 15, 20, 30, 60) if divisor <= max(minutes, 5))


def entry(argv: Sequence[str], environment: Sequence[tuple[str, str]], *, minutes: int, salt: int) -> str:
    """The lines of the block: comment and entry.

    Args:
        argv: the program with its arguments. environment: variables it needs.
        minutes: how often at least. salt: a number of the person's, so that two distros do not start in the same minute.
    """
    step = step_of(minutes)
    at = ",".join(str(minute) for minute in range(salt % step, 60, step))
    command = shlex.join([*(("env", *(f"{name}={value}" for name, value in environment)) if environment else ()), *argv])
    command = command.replace("%", "\\%")
    return (
        "# Backs up agent sessions; what fails is told by `wslcfg status` and a new terminal, not by mail.\n"
        f"{at} * * * * {command} >/dev/null 2>&1\n"
    )


def with_entry(crontab: bytes | None, lines: str | None) -> bytes | None:
    """The crontab with our block, or without it; None for no crontab at all. Raises Refused for a block without an end.

    A last line without its end gets one, also when ours goes: crontab(1) takes no file without.
    """
    new = with_block(_ended(crontab) if lines is not None else crontab, NAME, lines)
    return new if new == crontab else _ended(new)


def _ended(crontab: bytes | None) -> bytes | None:
    return crontab + b"\n" if crontab and not crontab.endswith(b"\n") else crontab


def has_entry(crontab: bytes | None) -> bool:
    """Whether our block is there."""
    return block_of(crontab, NAME) is not None
