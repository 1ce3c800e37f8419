"""The words of `wslcfg oom`; what it does stands in `wslcfg/cli/oom.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.model.result import Result


def oom(
    ctx: typer.Context,
    log: Annotated[str, typer.Option("--log", metavar="FILE", help="This log instead of the machine's own; `-` is stdin.")] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Only kills from then on: 2h, 3days, yesterday, 2026-04-01T21:00Z.")
    ] = "",
    boot: Annotated[
        str, typer.Option("--boot", metavar="ID|N", help="Only this boot of the journal: 0 is this one, -1 the one before.")
    ] = "",
    report: Annotated[
        list[str] | None, typer.Option("--report", metavar="FILE", help="Write FILE.md or FILE.html, redacted (repeatable).")
    ] = None,
    home: Annotated[str, typer.Option("--home", metavar="DIR", help="With --log: look at the traces in this home folder too.")] = "",
    host_ram: Annotated[
        str, typer.Option("--host-ram", metavar="SIZE", help="With --log: usable RAM of that host, to simulate a proposal.")
    ] = "",
    notice: Annotated[bool, typer.Option("--notice", help="One line per kill that was not told yet, and nothing otherwise.")] = False,
) -> Result:
    """Who was killed, why, and what would have prevented it."""
    from wslcfg.cli.oom import OomAsked, run_oom

    return run_oom(flags(ctx), OomAsked(log, since, boot, tuple(report or ()), home, host_ram, notice=notice))
