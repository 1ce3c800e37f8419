"""The lane past the command line's parser, which takes longer to import than the work takes.

For `wslcfg sessions backup --quiet`, which timers start every half hour, and `wslcfg sessions list`, which a person wants at once.
It takes the plain forms alone; every other word, and every mistake, is the parser's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from wslcfg.cli.shared import Flags
from wslcfg.model.result import Result

_VALUES = ("--home", "--repo")
_SWITCHES = ("--tick", "--full-check", "--quiet", "-q")
_LIST_VALUES = ("--home", "--project", "--since", "--search")
_LIST_SWITCHES = ("--here", "--health", "--json", "--verbose", "-v", "--quiet", "-q", "--no-input")


def plain_list(words: Sequence[str]) -> tuple[Flags, Callable[[], Result]] | None:
    """The flags and the work that the words behind `sessions list` ask for; None when they are not quite the lane's."""
    read = _read(words, _LIST_VALUES, _LIST_SWITCHES)
    if read is None or os.environ.get("WSLCFG_MACHINE"):
        return None
    values, switches = read
    given = Flags("--json" in switches, bool(switches & {"--quiet", "-q"}), bool(switches & {"--verbose", "-v"}), "--no-input" in switches)

    def work() -> Result:
        from wslcfg.cli.sessions_list import ListAsked, run_list

        asked = ListAsked(
            values["--home"],
            repo="",
            deleted=False,
            project=values["--project"],
            since=values["--since"],
            here="--here" in switches,
            search=values["--search"],
            health="--health" in switches,
        )
        return run_list(given, asked)

    return given, work


def quiet_backup(words: Sequence[str]) -> Callable[[], Result] | None:
    """The work that the words behind `sessions backup` ask for; None when they are not quite the lane's."""
    read = _read(words, _VALUES, _SWITCHES)
    if read is None:
        return None
    values, switches = read
    tick, full = "--tick" in switches, "--full-check" in switches
    if not switches & {"--quiet", "-q"} or (tick and full) or os.environ.get("WSLCFG_MACHINE"):
        return None

    def work() -> Result:
        from wslcfg.cli import tick as ticking

        given = Flags(quiet=True)
        if tick:
            return ticking.run_tick(given, values["--home"], values["--repo"])
        from wslcfg.cli.sessions_backup import run_backup

        ticking.out_of_the_way()
        return run_backup(given, values["--home"], values["--repo"], full_check=full)

    return work


def _read(words: Sequence[str], values: Sequence[str], switches: Sequence[str]) -> tuple[dict[str, str], set[str]] | None:
    """The words as values and switches; None for one that is neither, and for a value that may be something else."""
    told = dict.fromkeys(values, "")
    given: set[str] = set()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in switches:
            given.add(word)
        elif word in values and rest and rest[0] and not rest[0].startswith("-"):
            told[word] = rest.pop(0)
        else:
            return None
    return told, given
