"""Think: the components of `wslcfg install`, in the order they come in; they go out in the opposite order, the launcher last.

Claude Code refuses to start while its settings name a wrapper that is not there, so what points at the launcher comes after it and goes before it.
"""

from __future__ import annotations

from wslcfg.errors import Usage
from wslcfg.model.record import NamedTuple


class Component(NamedTuple):
    """One component: `meaning` for people, `needs` other components, `root` whether only root may write it."""

    name: str
    meaning: str
    needs: tuple[str, ...] = ()
    root: bool = False


COMPONENTS: tuple[Component, ...] = (
    Component("launcher", "starts a program in a cgroup of its own with a memory limit; wslcfg-run CMD by hand"),
    Component("shims", "claude and codex, typed in a terminal, start through the launcher", ("launcher",)),
    Component("claude-settings", "Claude Code's background service and its own restarts start through the launcher", ("launcher",)),
    Component("vscode-settings", "the VS Code extension starts Claude Code through the launcher", ("launcher",)),
    Component("backup-timer", "backs up agent sessions regularly"),
    Component("mirror", "keeps a second copy of the backups on the Windows side", ("backup-timer",)),
    Component("login-hint", "a new terminal says once what was killed, and when backups are missing", ("launcher",)),
    Component(
        "oom-notice",
        "a new terminal says once who was killed for want of memory, under the launcher or not",
        ("backup-timer", "login-hint"),
    ),
    Component("init-scope", "an OOM kill in a terminal does not end every terminal of the distro", root=True),
    Component("boot-folder", "a cgroup prepared at boot, for limits where systemd cannot set them", ("launcher",), root=True),
    Component("cron-start", "starts cron at boot, which nothing does where systemd is off", root=True),
)
NAMES = tuple(one.name for one in COMPONENTS)
_BY_NAME = {one.name: one for one in COMPONENTS}


def meaning(name: str) -> str:
    """What a component does, for people."""
    return _BY_NAME[name].meaning


def known(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, checked. Raises Usage for one that there is not."""
    for name in names:
        if name not in _BY_NAME:
            raise Usage(f"There is no component '{name}'.", f"Choose from {', '.join(NAMES)}.")
    return names


def with_needs(names: tuple[str, ...]) -> frozenset[str]:
    """These and what they need."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += _BY_NAME[name].needs
    return frozenset(found)


def with_dependants(names: tuple[str, ...]) -> frozenset[str]:
    """These and what cannot be without them."""
    return frozenset(one.name for one in COMPONENTS if with_needs((one.name,)) & set(names))
