"""The lane of `wslcfg sessions backup --quiet`, which timers start every half hour: straight to the work, past the command line's parser.

It takes the plain forms alone; every other word, and every mistake, is the parser's business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from wslcfg.cli.shared import Flags
from wslcfg.model.result import Result

_VALUES = ("--home", "--repo")
_SWITCHES = ("--tick", "--full-check", "--quiet", "-q")


def quiet_backup(words: Sequence[str]) -> Callable[[], Result] | None:
    """The work that the words behind `sessions backup` ask for; None when they are not quite the lane's."""
    values = {"--home": "", "--repo": ""}
    switches: set[str] = set()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in _SWITCHES:
            switches.add(word)
        elif word in _VALUES and rest and rest[0] and not rest[0].startswith("-"):
            values[word] = rest.pop(0)
        else:
            return None
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
