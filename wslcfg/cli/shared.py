"""What commands share: the flags that every command knows, and the host they run on, composed here and nowhere else."""

from __future__ import annotations

import os

from wslcfg.errors import Unreachable, Usage
from wslcfg.model.record import NamedTuple
from wslcfg.ui import paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wslcfg.host.port import Host
    from wslcfg.ui.ask import Ask

Json = dict[str, object]


class Consent(NamedTuple):
    """What the person has said on the command line: `--yes`, `--dry-run`, `--accept ID` and `--root HOW`."""

    yes: bool = False
    dry_run: bool = False
    accepted: tuple[str, ...] = ()
    root: str = ""


class Flags(NamedTuple):
    """The common flags as given on the command line."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_input: bool = False
    machine: str = ""


def flags(ctx: Any) -> Flags:
    """The common flags of this call; also takes over the choice of colour and notes the command's full name.

    Raises:
        Usage: `--color` with an unknown word, or an empty word.
    """
    given = ctx.find_root().ensure_object(dict)
    given["command"] = " ".join(ctx.command_path.split()[1:])
    given.setdefault("json", False)  # from here on the gate need not guess it from the words
    for param in ctx.command.params:
        refuse_empty(ctx, param, ctx.params.get(param.name))
    when = given.get("color", "")
    if when not in ("", "auto", "always", "never"):
        raise Usage(f"--color takes auto, always or never, not '{when}'.", "Leave it out for auto.")
    if when:  # a command inside another one (demo) keeps what the outer one was told
        paint.choose(when)
    return Flags(
        json=given["json"],
        quiet=given.get("quiet", False),
        verbose=given.get("verbose", False),
        no_input=given.get("no_input", False),
        machine=given.get("machine", "") or os.environ.get("WSLCFG_MACHINE", ""),
    )


def refuse_empty(ctx: Any, param: Any, value: object) -> None:
    """Raise Usage for an empty word on the command line: `--file "$UNSET"` must not become this machine's own file."""
    if value == "" and ctx.get_parameter_source(param.name).name == "COMMANDLINE":
        ctx.find_root().ensure_object(dict).setdefault("command", " ".join(ctx.command_path.split()[1:]))
        name = param.opts[0] if param.opts[0].startswith("-") else param.metavar.strip("[]")
        raise Usage(f"{name} is empty.", "Give it a value, or leave it out.")


def open_host(given: Flags) -> Host:
    """This machine, or the recorded one that `--machine` (or WSLCFG_MACHINE) names."""
    if given.machine:
        from pathlib import Path

        from wslcfg.cli.practice import PracticeHost

        folder = Path(given.machine)
        if not (folder / "machine.toml").is_file():
            raise Usage(
                f"'{given.machine}' is no recorded machine: it has no machine.toml.", "Name a folder that `wslcfg facts --record` made."
            )
        return PracticeHost(folder.absolute())
    from wslcfg.host.real import RealHost

    return RealHost()


def asker(given: Flags) -> Ask:
    """Whoever answers questions in this call."""
    from wslcfg.ui.ask import somebody

    return somebody(allowed=not given.no_input and not given.json)


def absolute(path: str) -> str:
    """A path from the command line as an absolute POSIX path, for the port. Raises Unreachable when it is relative to a folder that is gone."""
    path = os.path.expanduser(path)
    if not path.startswith("/"):
        try:
            path = os.path.join(os.getcwd(), path)
        except FileNotFoundError as error:
            raise Unreachable(
                "The current folder is gone.", "Change to one that is there, or give the whole path.", code="no-folder"
            ) from error
    return os.path.normpath(path)


def this_disk(ask: Callable[[str], None] | None = None) -> Host:
    """The machine that this process runs on, whatever `--machine` says: for files that the command line names.

    `ask` is called with each file right before it is written or removed, and raises where that may not be.
    """
    from wslcfg.host.real import RealHost

    return RealHost(ask)
