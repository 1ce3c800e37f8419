"""The words of the session commands that read, mend and resume; the rooms are imported inside the functions, as in `signatures`."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.cli.signatures import Accept, DryRun, Yes
from wslcfg.cli.signatures_sessions import Home, Repo
from wslcfg.model.result import Result

Which = Annotated[str, typer.Argument(metavar="[SESSION]", help="A session's id or the beginning of one; all when left out.")]
Client = Annotated[str, typer.Option("--client", metavar="VERSION", help="As this client reads them; the project's newest when left out.")]


def sessions_check(
    ctx: typer.Context,
    session: Which = "",
    everything: Annotated[bool, typer.Option("--all", help="Every session (as without a name).")] = False,
    home: Home = "",
    client: Client = "",
) -> Result:
    """Say what is wrong with session files, line by line, and which prompts a resume really brings back; problems make the exit code 1."""
    from wslcfg.cli.sessions_check import run_check

    return run_check(flags(ctx), "" if everything else session, home, client)


def sessions_repair(
    ctx: typer.Context,
    session: Which = "",
    everything: Annotated[bool, typer.Option("--all", help="Every session (as without a name).")] = False,
    home: Home = "",
    repo: Repo = "",
    client: Client = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the newest repair back, or that of a session, or of a number.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    accept: Accept = None,
) -> Result:
    """Mend damaged sessions, so that a resume brings everything back that the file still holds; the originals are kept."""
    from wslcfg.cli.sessions_repair import RepairAsked, run_repair
    from wslcfg.cli.shared import Consent

    asked = RepairAsked("" if everything else session, home, repo, client, undo)
    return run_repair(flags(ctx), asked, Consent(yes, dry_run, tuple(accept or ())))


def sessions_show(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A session's id or the beginning of one.")],
    full: Annotated[bool, typer.Option("--full", help="Code and what tools answered as a whole.")] = False,
    home: Home = "",
) -> Result:
    """Read a session: what was said, code and tools folded."""
    from wslcfg.cli.sessions_show import run_show

    return run_show(flags(ctx), session, home, full=full)


def sessions_last(
    ctx: typer.Context,
    copy: Annotated[bool, typer.Option("--copy", help="Put the line into the clipboard, too.")] = False,
    everywhere: Annotated[bool, typer.Option("--all", help="Of any folder.")] = False,
    home: Home = "",
) -> Result:
    """Print the line that resumes the newest session of this folder."""
    from wslcfg.cli.sessions_last import run_last

    return run_last(flags(ctx), home, copy=copy, everywhere=everywhere)


def sessions_resume(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(metavar="[SESSION]", help="A session's id or the beginning of one; asked when left out.")] = "",
    everywhere: Annotated[bool, typer.Option("--all", help="Offer those of any folder.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Print the line instead of starting it.")] = False,
    home: Home = "",
    accept: Accept = None,
) -> Result:
    """Choose a session and go on with it, in its folder and with its memory limit."""
    from wslcfg.cli.sessions_resume import run_resume

    return run_resume(flags(ctx), session, home, everywhere=everywhere, show=show, accepted=tuple(accept or ()))


def sessions_keep(
    ctx: typer.Context,
    days: Annotated[int, typer.Option("--days", metavar="N", help="cleanupPeriodDays; ten years when left out.", min=1, max=36_500)] = 3650,
    home: Home = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> Result:
    """Raise cleanupPeriodDays in Claude Code's settings.json, so that it does not delete sessions that are not used for a month."""
    from wslcfg.cli.sessions_keep import run_keep
    from wslcfg.cli.shared import Consent

    return run_keep(flags(ctx), days, home, Consent(yes, dry_run))
