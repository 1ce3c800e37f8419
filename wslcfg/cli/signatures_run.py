"""The words of `wslcfg run`."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.model.result import Result


def run(
    ctx: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="-- CMD...", help="The program and its arguments.")] = None,
    limit: Annotated[str, typer.Option("--limit", metavar="SIZE", help="Memory at which it is ended, instead of the profile's.")] = "",
    swap: Annotated[str, typer.Option("--swap", metavar="SIZE", help="Swap that it may use.")] = "",
    name: Annotated[str, typer.Option("--name", metavar="N", help="What it is called in messages and in its scope's name.")] = "",
    status: Annotated[bool, typer.Option("--status", help="Show what runs under a limit, what runs without, and what was killed.")] = False,
) -> Result:
    """Start a program in its own cgroup with a memory limit.

    The program takes this process's place: arguments, terminal, signals and exit code are its own. When the kernel kills it at the limit, a
    report says so and how to go on.
    """
    from wslcfg.cli.run import run_run

    options = [word for flag, value in (("--limit", limit), ("--swap", swap), ("--name", name)) if value for word in (flag, value)]
    return run_run(flags(ctx), options, command or [], status=status)
