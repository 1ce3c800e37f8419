"""The words of the commands around a restart of WSL; as in `signatures`, rooms are imported inside the functions."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.model.result import Result


def verify(
    ctx: typer.Context,
    or_rollback: Annotated[
        bool, typer.Option("--or-rollback", help="Where the limits are missed: bring the older file back, and end with 8.")
    ] = False,
) -> Result:
    """Look whether the VM has what the file says: memory, swap, processors, networking. Otherwise say the likely reason, and end with 1.

    Waits up to 20 s for the swap, which WSL makes last. A generation that is in effect counts as good from then on.
    """
    from wslcfg.cli.verify import run_verify

    return run_verify(flags(ctx), or_rollback=or_rollback)
