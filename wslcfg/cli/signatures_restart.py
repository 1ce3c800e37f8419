"""The words of the commands around a restart of WSL; as in `signatures`, rooms are imported inside the functions."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.cli.signatures import Accept, DryRun, Yes
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


def restart(
    ctx: typer.Context,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Restart without a backup of the agents' sessions first.")] = False,
    no_window: Annotated[bool, typer.Option("--no-window", help="Open no terminal afterwards.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
) -> Result:
    """Say what will stop (distros, agent sessions, containers), back the sessions up where backups are installed, then restart WSL.

    A process of Windows does it, since everything in WSL ends; afterwards a terminal opens with `wslcfg verify` and the lines that resume.
    """
    from wslcfg.cli.restart import run_restart
    from wslcfg.cli.shared import Consent

    return run_restart(flags(ctx), Consent(yes, dry_run, tuple(accept or ())), backup=not no_backup, window=not no_window)


def park(ctx: typer.Context, yes: Yes = False, dry_run: DryRun = False, accept: Accept = None) -> Result:
    """Set .wslconfig aside, so that WSL starts on its defaults; `wslcfg rollback` brings it back. Without WSL, park.cmd does it."""
    from wslcfg.cli.park import run_park
    from wslcfg.cli.shared import Consent

    return run_park(flags(ctx), Consent(yes, dry_run, tuple(accept or ())))


def upgrade(
    ctx: typer.Context,
    source: Annotated[str, typer.Option("--from", metavar="FILE", help="A wslcfg.pyz, a wheel, or the folder of a clone.")] = "",
    renew: Annotated[bool, typer.Option("--renew", help="Only renew the files on the Windows side.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
) -> Result:
    """Replace this wslcfg by a newer one: built beside it, tried, then swapped in one step. Then renew the files on the Windows side.

    Without --from it takes the newest at hand: the clone it came from, or the wslcfg.pyz on the Windows side that all distros share.
    """
    from wslcfg.cli.shared import Consent
    from wslcfg.cli.upgrade import run_upgrade

    return run_upgrade(flags(ctx), source, Consent(yes, dry_run, tuple(accept or ())), renew_only=renew)
