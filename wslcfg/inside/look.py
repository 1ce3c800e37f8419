"""Look: what the pieces have to know of this distro and person, and which of them are there. Starts nothing but `crontab -l`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from wslcfg.host.port import Host
from wslcfg.inside.around import Around, Seen
from wslcfg.machine import reading
from wslcfg.model.facts import DistroFacts

RESOURCES = Path(__file__).parent / "resources"
# Variables that decide where things lie; systemd and cron do not have a person's own.
_PLACES = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME")
_START_FILES = {
    "bash": (".bashrc", ".bash_profile", ".bash_login"),
    "zsh": (".zshrc", ".zshenv", ".zprofile"),
}


def look_around(host: Host, distro: DistroFacts, *, layout: str, local: str = "", local_windows: str = "") -> Around:
    """What the pieces have to know.

    Args:
        distro: the facts of it. layout: `VmFacts.cgroup_layout`, '' where unknown.
        local, local_windows: `%LOCALAPPDATA%` as this Linux sees it and as Windows writes it, '' where there is none.
    """
    home = distro.home.value or "/root"
    uid = distro.uid.value or 0
    config = _folder(host, "XDG_CONFIG_HOME", f"{home}/.config")
    zsh = host.env("ZDOTDIR") or home
    return Around(
        home=home,
        uid=uid,
        user=distro.user.value or str(uid),
        distro=distro.name.value or "linux",
        data=f"{_folder(host, 'XDG_DATA_HOME', f'{home}/.local/share')}/wslcfg/inside",
        state=f"{_folder(host, 'XDG_STATE_HOME', f'{home}/.local/state')}/wslcfg",
        config=f"{config}/wslcfg",
        xdg_config=config,
        zsh=zsh if zsh.startswith("/") else home,
        claude=_claude(host, home),
        vscode=f"{home}/.vscode-server/data/Machine/settings.json" if _is(host, f"{home}/.vscode-server") else "",
        program=program(host, home),
        environment=tuple((name, value) for name in _PLACES if (value := host.env(name)) and value.startswith("/") and value.isprintable()),
        shells=_shells(host, home, zsh, uid),
        systemd=bool(distro.systemd.value),
        manager=_is(host, f"/run/user/{uid}/systemd/private"),
        cron=distro.cron.value or "absent",
        crontab=any(
            _is(host, f"{folder}/crontab") for folder in (host.env("PATH") or "/usr/bin:/bin").split(":") if folder.startswith("/")
        ),
        init_scope="/init.scope" in reading.text(host, "/proc/self/cgroup"),
        layout=layout,
        local=local,
        local_windows=local_windows,
        root=uid == 0,
        texts={path.name: path.read_text(encoding="utf-8") for path in sorted(RESOURCES.glob("*.sh"))},
    )


def look_seen(host: Host, last: Callable[[str], bytes | None]) -> Seen:
    """How think-files read this machine; `last` gives what we wrote to a file last (`apply.last`)."""

    def mode(path: str) -> int | None:
        there = host.stat(path)
        return None if there is None else there.mode

    return Seen(host.read, mode, host.list, last)


def services(host: Host) -> tuple[str, ...]:
    """Background services of Claude Code that run now, as `PID command`: they start their sessions through the wrapper that they know."""
    found = []
    for pid in reading.names(host, "/proc"):
        if not pid.isdigit():
            continue
        words = reading.text(host, f"/proc/{pid}/cmdline").split("\0")
        if any(first in ("daemon", "bg-pty-host") for first in words[1:3]) and any("claude" in word for word in words[:2]):
            found.append(f"{pid} {' '.join(words).strip()}")
    return tuple(found)


def _claude(host: Host, home: str) -> str:
    """The settings file of Claude Code; '' where neither its folder nor the program is here."""
    stated = host.env("CLAUDE_CONFIG_DIR") or ""
    folder = stated if stated.startswith("/") else f"{home}/.claude"
    here = _is(host, folder) or _is(host, f"{home}/.local/bin/claude")
    path = any(_is(host, f"{one}/claude") for one in (host.env("PATH") or "").split(":") if one.startswith("/") and "/wslcfg/" not in one)
    return f"{folder}/settings.json" if here or path else ""


def program(host: Host, home: str) -> str:
    """The path of wslcfg as something that a timer can start: where install.sh puts it, else what this process was started as."""
    usual = f"{home}/.local/bin/wslcfg"
    if _is(host, usual):
        return usual
    own = os.path.abspath(sys.argv[0])
    return own if os.path.basename(own) == "wslcfg" and _is(host, own) else ""


def _shells(host: Host, home: str, zsh: str, uid: int) -> tuple[str, ...]:
    """The shells that this person logs in with or has start files of; a login shell that is none of the three reads what bash reads."""
    login = ""
    for line in reading.text(host, "/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[2] == str(uid):
            login = os.path.basename(fields[6])
    login = os.path.basename(host.env("SHELL") or "") or login or "bash"
    found = {login if login in ("bash", "zsh", "fish") else "bash"}
    found |= {
        shell for shell, names in _START_FILES.items() if any(_is(host, f"{zsh if shell == 'zsh' else home}/{name}") for name in names)
    }
    if _is(host, f"{_folder(host, 'XDG_CONFIG_HOME', f'{home}/.config')}/fish/config.fish"):
        found.add("fish")
    return tuple(sorted(found))


def _folder(host: Host, name: str, default: str) -> str:
    """A folder of the XDG base directories; a relative one does not count, as the specification says."""
    stated = host.env(name) or ""
    return stated.rstrip("/") if stated.startswith("/") else default


def _is(host: Host, path: str) -> bool:
    return reading.there(host, path) is not None
