"""The words of the command that ends a try; as in `signatures`, rooms are imported inside the function."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.model.result import Result


def confirm(
    ctx: typer.Context,
    ask: Annotated[bool, typer.Option("--ask", help="Show what is tried and ask; a no takes it back at once.")] = False,
) -> Result:
    """Keep the settings that `wslcfg apply --try` is trying; without this the old ones come back."""
    from wslcfg.cli.confirm import run_confirm

    return run_confirm(flags(ctx), ask=ask)
