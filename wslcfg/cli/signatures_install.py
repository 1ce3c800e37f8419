"""The words of the commands that place pieces inside the distro and take them out; as in `signatures`, rooms are imported inside the functions."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.cli.signatures import Accept, DryRun, Profile, Root, Yes
from wslcfg.model.result import Result

_NAMES = (
    "launcher", "shims", "claude-settings", "vscode-settings", "backup-timer", "mirror", "login-hint", "init-scope", "boot-folder", "cron-start",
)  # fmt: skip


def _components(incomplete: str) -> list[str]:
    """Components for the shell."""
    return [name for name in _NAMES if name.startswith(incomplete)]


def _schedulers(incomplete: str) -> list[str]:
    """Schedulers for the shell."""
    return [name for name in ("auto", "cron", "systemd") if name.startswith(incomplete)]


Components = Annotated[
    list[str] | None,
    typer.Option("--component", "-c", metavar="NAME", help="Only this one and what it needs (repeatable).", autocompletion=_components),
]
Mirror = Annotated[
    str, typer.Option("--mirror", metavar="WHERE", help="A second copy of the backups: auto (below %LOCALAPPDATA%), off, or a folder.")
]


def install(
    ctx: typer.Context,
    profile: Profile = "",
    component: Components = None,
    scheduler: Annotated[
        str,
        typer.Option("--scheduler", metavar="WHICH", help="What ticks for the backups: auto, cron or systemd.", autocompletion=_schedulers),
    ] = "auto",
    mirror: Mirror = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Renew the texts of what is there, with every value as it is set.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
    root: Root = "",
) -> Result:
    """Place the pieces inside the distro: the launcher that limits agents, and the backups of their sessions. `uninstall` takes them out.

    Without --component it takes what fits this machine and needs no root, and says why.
    """
    from wslcfg.cli.install import InstallAsked, run_install
    from wslcfg.cli.shared import Consent

    asked = InstallAsked(profile, tuple(component or ()), scheduler, mirror, refresh)
    return run_install(flags(ctx), asked, Consent(yes, dry_run, tuple(accept or ()), root))


def uninstall(
    ctx: typer.Context, component: Components = None, yes: Yes = False, dry_run: DryRun = False, accept: Accept = None, root: Root = ""
) -> Result:
    """Take the pieces out of the distro again, all or those named; backups and history stay."""
    from wslcfg.cli.shared import Consent
    from wslcfg.cli.uninstall import run_uninstall

    return run_uninstall(flags(ctx), tuple(component or ()), Consent(yes, dry_run, tuple(accept or ()), root))
