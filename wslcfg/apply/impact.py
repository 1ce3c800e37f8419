"""Think: what a restart of WSL will stop, as sentences to read before saying yes."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.model.facts import Work
from wslcfg.model.plan import Restart


def impact(work: Work, restart: Restart, *, distro: str = "") -> tuple[str, ...]:
    """What the restart that a plan needs will stop.

    Args:
        work: what runs now (`Machine.work`).
        restart: `vm` stops every distro (`wsl --shutdown`), `distro` only this one, `none` nothing.
        distro: this distro's name, '' when unknown.

    Returns: sentences, empty when nothing will stop.
    """
    if restart == "none":
        return ()
    said = []
    if restart == "vm":
        others = [name for name in work.distributions if name != distro]
        if others:
            said.append(f"A restart stops every distro, also {_several(others)}.")
        else:
            said.append("A restart stops every distro that runs.")
    else:
        said.append(f"A restart stops {distro or 'this distro'} with everything in it; other distros go on.")
    if work.agents:
        count = len(work.agents)
        said.append(f"{count} live agent {'session ends' if count == 1 else 'sessions end'}: {_several(work.agents)}.")
    if work.containers:
        count = len(work.containers)
        said.append(f"{count} {'container stops' if count == 1 else 'containers stop'}: {_several(work.containers)}.")
    return tuple(said)


def _several(names: Sequence[str]) -> str:
    """At most six names, the same ones counted: `claude (2), codex and 3 more`."""
    counted = dict.fromkeys(names, 0)
    for name in names:
        counted[name] += 1
    told = [f"{name} ({count})" if count > 1 else name for name, count in counted.items()]
    if len(told) > 6:
        return f"{', '.join(told[:6])} and {len(told) - 6} more"
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
