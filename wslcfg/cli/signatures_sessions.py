"""The words of `wslcfg sessions …`; the rooms are imported inside the functions, as in `signatures`."""

from __future__ import annotations

from typing import Annotated

import typer

from wslcfg.cli.shared import flags
from wslcfg.cli.signatures import DryRun, Yes
from wslcfg.model.result import Result

Home = Annotated[str, typer.Option("--home", metavar="DIR", help="This folder stands for the home; no environment variable moves it.")]
Repo = Annotated[str, typer.Option("--repo", metavar="DIR", help="This store instead of the one that inside.conf names.")]


def sessions_list(
    ctx: typer.Context,
    home: Home = "",
    repo: Repo = "",
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that only the backup still has.")] = False,
    project: Annotated[str, typer.Option("--project", metavar="PATH", help="Of this folder, or with this in its name.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="Changed since 2026-11-20, or since 3d.")] = "",
    here: Annotated[bool, typer.Option("--here", help="Of this folder, worktrees included.")] = False,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="With this in a title or in what was typed.")] = "",
    health: Annotated[bool, typer.Option("--health", help="Read them whole and name what is wrong.")] = False,
) -> Result:
    """List the sessions of Claude Code and Codex, newest first, with the line that resumes each."""
    from wslcfg.cli.sessions_list import ListAsked, run_list

    return run_list(flags(ctx), ListAsked(home, repo, deleted, project, since, here, search, health))


def sessions_backup(
    ctx: typer.Context,
    home: Home = "",
    repo: Repo = "",
    full_check: Annotated[
        bool,
        typer.Option("--full-check", help="Read every byte again, of the files and of the backup, instead of trusting sizes and times."),
    ] = False,
    tick: Annotated[
        bool,
        typer.Option("--tick", help="What timers run: only when it is due; prunes daily, verifies weekly, checks the limits once a boot."),
    ] = False,
    dry_run: DryRun = False,
) -> Result:
    """Back up what is new in the agents' session files; nothing that is deleted later is lost with it."""
    given = flags(ctx)
    if tick:
        from wslcfg.cli.tick import run_tick

        return run_tick(given, home, repo)
    from wslcfg.cli.sessions_backup import run_backup

    return run_backup(given, home, repo, full_check=full_check, dry_run=dry_run)


def sessions_snapshots(ctx: typer.Context, repo: Repo = "") -> Result:
    """List the snapshots of the backup, newest first."""
    from wslcfg.cli.sessions_store import run_snapshots

    return run_snapshots(flags(ctx), repo)


def sessions_verify(
    ctx: typer.Context,
    repo: Repo = "",
    quick: Annotated[bool, typer.Option("--quick", help="Sizes and lists, no data.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every byte.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First make the lists anew from the packs (a lost or damaged manifest).")
    ] = False,
) -> Result:
    """Look whether what is backed up can be restored; findings make the exit code 1."""
    from wslcfg.cli.sessions_store import run_verify

    return run_verify(flags(ctx), repo, quick=quick, full=full, rebuild=rebuild)


def sessions_restore(
    ctx: typer.Context,
    session: Annotated[
        str, typer.Argument(metavar="[SESSION]", help="A session's id or the beginning of one; with --undo a restore's id.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every session.")] = False,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="As backed up then: 2026-11-20 10:30, or 3d.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="DIR", help="Below this folder, the bytes as they were.")] = "",
    in_place: Annotated[bool, typer.Option("--in-place", help="Into the home; never over a longer or newer file.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last restore into the home back, or the named one.")] = False,
    home: Home = "",
    repo: Repo = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> Result:
    """Restore a session with all that belongs to it, from the backup."""
    from wslcfg.cli.sessions_restore import RestoreAsked, run_restore
    from wslcfg.cli.shared import Consent

    return run_restore(flags(ctx), RestoreAsked(session, everything, at, to, in_place, undo, home, repo), Consent(yes, dry_run))


def sessions_prune(ctx: typer.Context, repo: Repo = "", yes: Yes = False, dry_run: DryRun = False) -> Result:
    """Remove from the backup what no rule keeps: old versions, sessions that were deleted long ago; and the undo of old restores."""
    from wslcfg.cli.sessions_store import run_prune
    from wslcfg.cli.shared import Consent

    return run_prune(flags(ctx), repo, Consent(yes, dry_run))
