"""The command line: typer over `signatures`, one command built at a time, with the flags that every command knows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from wslcfg.cli.shared import refuse_empty
from wslcfg.cli.table import COMMANDS, COMMON, front_page
from wslcfg.errors import Usage
from wslcfg.model.result import Result

# The exception family of the command-line parser; typer keeps its click inside, so the family is reached from what typer exports.
_ParserError: type[Exception] = typer.BadParameter.__mro__[2]

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

# Commands below a command.
_GROUPS: dict[str, tuple[str, ...]] = {
    "profile": ("list", "show", "check", "save"),
    "sessions": ("list", "show", "last", "resume", "check", "repair", "keep", "backup", "snapshots", "verify", "restore", "prune"),
}
# Whose words stand elsewhere than in `signatures`.
_ELSEWHERE: dict[str, str] = {
    "run": "signatures_run",
    "sessions": "signatures_sessions",
    "oom": "signatures_oom",
    "confirm": "signatures_try",
    **dict.fromkeys([f"sessions {name}" for name in ("show", "last", "resume", "check", "repair", "keep")], "signatures_repair"),
    **dict.fromkeys(["restart", "verify", "park", "upgrade"], "signatures_restart"),
    "install": "signatures_install",
    "uninstall": "signatures_install",
}


def _signature(command: str, below: str = "") -> Any:
    """The function with a command's words; of a command below a command, both names joined."""
    module = import_module(f"wslcfg.cli.{_ELSEWHERE.get(f'{command} {below}', _ELSEWHERE.get(command, 'signatures'))}")
    return getattr(module, f"{command}_{below}" if below else "set_" if command == "set" else command)


class Rooms(TyperGroup):
    """A group that builds a command when it is called for, and not before."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the table's order, the order of a person's journey."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build a command; None for a name that is not in the table."""
        if cmd_name in _GROUPS:
            app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS[cmd_name])
            app.callback(context_settings=_HELP)(lambda: None)
            for name in _GROUPS[cmd_name]:
                app.command(name=name, context_settings=_HELP)(_signature(cmd_name, name))
        elif cmd_name in COMMANDS:
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(name=cmd_name, context_settings=_HELP)(_signature(cmd_name))
        else:
            return None
        command: Any = typer.main.get_command(app)
        command.name = cmd_name
        for one in (command, *getattr(command, "commands", {}).values()):
            one.params.extend(_common())
        return command

    def get_help(self, ctx: Any) -> str:
        """The front page: asking every command for its own line would build them all."""
        return front_page().rstrip("\n")

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Names that begin so, from the table alone."""
        from typer._click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        options = [
            CompletionItem(word)
            for words, _, _ in COMMON
            for word in words.split()
            if incomplete.startswith("-") and word.startswith(incomplete)
        ]
        return [*names, *options]


def _remember(ctx: Any, param: Any, value: Any) -> Any:
    """Keep a common flag's value where `shared.flags` finds it, however deep in the group it was given."""
    refuse_empty(ctx, param, value)
    if value:
        ctx.find_root().ensure_object(dict)[param.name] = value
    return value


def _common() -> list[Any]:
    """The flags that every command knows, as the parser's own objects."""
    made = []
    for names, metavar, text in COMMON:
        kind: dict[str, Any] = {"type": str, "default": "", "metavar": metavar} if metavar else {"is_flag": True, "default": False}
        made.append(TyperOption(param_decls=names.split(), help=text, expose_value=False, callback=_remember, **kind))
    return made


def _version(value: bool) -> None:
    if value:
        from wslcfg import __version__

        print(f"wslcfg {__version__}")
        raise typer.Exit


def command_line() -> Any:
    """The whole command line as the parser's own group object, for running and for completion."""
    app = typer.Typer(cls=Rooms, add_completion=False, rich_markup_mode=None, no_args_is_help=True)

    @app.callback(context_settings=_HELP)
    def _root(version: bool = typer.Option(False, "--version", "-V", is_eager=True, callback=_version)) -> None:
        pass

    group: Any = typer.main.get_command(app)
    group.params.extend(_common())
    return group


def invoke(args: list[str], seen: dict[str, object]) -> Result | int:
    """Run a command line: its result, or the exit code when the parser has dealt with it (help).

    Args:
        args: the words behind `wslcfg`.
        seen: is filled, also on failure: `command` is the command's full name as far as it was understood, beside it the common flags.

    Raises:
        Usage: the command line does not make sense.
        WslcfgError: whatever the command raises.
    """
    command = command_line()
    try:
        # Not `main()`: that one has its own mind about Ctrl-C and broken pipes, which are the gate's business.
        with command.make_context("wslcfg", list(args), obj=seen) as root:
            outcome = command.invoke(root)
    except typer.Exit as done:
        return int(done.exit_code)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except _ParserError as error:
        ctx = getattr(error, "ctx", None)
        text = error.format_message() if hasattr(error, "format_message") else str(error)
        path = " ".join(ctx.command_path.split()[1:]) if ctx is not None else ""
        if text.startswith("Usage:"):  # a group without a command: the parser hands over its help instead of a complaint
            if not seen.get("json"):
                print(text)
                return 2
            text = "Missing command."
        unknown = text.removeprefix("No such command '").removesuffix("'.") if text.startswith("No such command '") else ""
        seen.setdefault("command", f"{path} {unknown}".strip())
        raise Usage(text, f"See `wslcfg {path} --help`." if path else "See `wslcfg --help`.") from error
    return outcome if isinstance(outcome, Result | int) else 0
