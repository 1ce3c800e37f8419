"""The answer to a shell that asks what could come next (`_WSLCFG_COMPLETE` is set by the script of `wslcfg completion`)."""

from __future__ import annotations

from typer._completion_classes import completion_init

from wslcfg.cli.app import command_line


def answer() -> int:
    """Print the candidates for the words in the environment, as typer's scripts expect them."""
    # typer registers its shells only when it adds its own --install-completion flags, which we do not want.
    completion_init()
    try:
        command_line().main(prog_name="wslcfg", complete_var="_WSLCFG_COMPLETE", standalone_mode=False)
    except SystemExit as done:
        return int(done.code or 0)
    return 0


def settings(incomplete: str) -> list[str]:
    """The KEYs that begin so; those of wsl.conf once something has been typed."""
    from wslcfg.wslconf.keys import WSLCONF, WSLCONFIG

    names = [setting.name for setting in WSLCONFIG]
    if incomplete:
        names += [f"wsl.conf:{setting.name}" for setting in WSLCONF]
    return [name for name in names if name.startswith(incomplete)]


def profiles(incomplete: str) -> list[str]:
    """The built-in profiles that begin so, and the person's own."""
    from wslcfg.cli.place import config_folder
    from wslcfg.cli.shared import this_disk
    from wslcfg.profile import builtin

    host = this_disk()
    own = [name.removesuffix(".toml") for name in host.list(f"{config_folder(host)}/profiles") if name.endswith(".toml")]
    return sorted({name for name in (*builtin.names(), *own) if name.startswith(incomplete)})
