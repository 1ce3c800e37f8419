"""Think: what `install` writes into CONF, from the limits, the profile and the components that are chosen."""

from __future__ import annotations

import json
import re

from wslcfg.inside.around import Around
from wslcfg.launch.limits import Limits
from wslcfg.model.inside import LAUNCHER_KEYS, Conf
from wslcfg.model.profile import Profile
from wslcfg.model.size import MIB, parse

HEAD = (
    "What wslcfg's launcher and backups go by. Change what you like: a new install keeps it and renews only what it wrote itself.\n"
    "Sizes are bytes, nothing after = is none. Every key is explained in docs/inside.md."
)
# Where a settings file of another program names the wrapper, so that uninstall finds it whatever the environment says by then.
CLAUDE, VSCODE = "claude-settings", "vscode-settings"
# Behind the name of one: what stood empty there before (`jsonedit.hollow`), so that it comes back.
WAS = "-was"
# Folders of zsh's start files that installs wrote to, with `:` between them: ZDOTDIR may not be set when the blocks go.
ZSH = "zsh"
# Folders that installs made, with `:` between them.
FOLDERS = "folders"
# Of the profile's [backup]; `mirror` is asked for, the rest people set here.
_BACKUP = ("every-minutes", "engine", "keep-deleted-days", "keep-rewritten", "warn-size")

# A session below these is none: the launcher passes them over, and says so at each start (`_w_settings` in launcher.sh).
_LEAST_SIZE, _LEAST_TASKS, _MOST_SCORE, _MOST_DIGITS = 64 * MIB, 50, 1000, 17
_NUMBERS = ("session-max", "session-high", "session-swap", "slice-max", "tasks-max", "oom-score")
_SIZES = ("session-max", "session-high", "session-swap", "slice-max")
_STEADY_PERCENT = 10

Sections = dict[str, dict[str, str | None]]


def from_profile(around: Around, profile: Profile, limits: Limits) -> Sections:
    """Every value that machine and profile decide."""
    backup: dict[str, str | None] = {}
    for key in _BACKUP:
        given = profile.get("backup", key)
        if given is not None:
            backup[key] = str(int(parse(str(given), exact=False))) if key == "warn-size" else str(given)
    include = profile.get("backup", "include")
    listed = isinstance(include, (list, tuple)) and bool(include)
    backup["profile-include"] = json.dumps(include, ensure_ascii=False) if listed else None
    return {"launcher": {**limits.values, "profile": profile.name, "wslcfg": around.program}, "backup": backup}


def steady(values: Sections, conf: Conf) -> Sections:
    """The values with limits that are there already kept where they are as good: what services take changes by the minute, a limit need not."""
    launcher = dict(values["launcher"])
    for key in _SIZES:
        now, new = conf.get("launcher", key), launcher.get(key) or ""
        if now.isdigit() and new.isdigit() and abs(int(now) - int(new)) * 100 <= int(new) * _STEADY_PERCENT:
            launcher[key] = now
    return {**values, "launcher": launcher}


def from_conf(around: Around, conf: Conf) -> Sections:
    """Every value as CONF has it, for a refresh of the pieces alone; the program's own place is looked up anew."""
    launcher: dict[str, str | None] = {key: conf.get("launcher", key) for key in LAUNCHER_KEYS if ("launcher", key) in conf.values}
    if unworkable("slice-max", launcher.get("slice-max") or ""):
        del launcher["slice-max"]  # the slice of all sessions is not made so small that none lives
    launcher["wslcfg"] = around.program or conf.get("launcher", "wslcfg")
    return {
        "launcher": launcher,
        "backup": {key: conf.get("backup", key) for key in (*_BACKUP, "profile-include") if ("backup", key) in conf.values},
    }


def with_components(values: Sections, around: Around, conf: Conf, chosen: frozenset[str], mirror: str | None) -> Sections:
    """The values with what the chosen components add.

    Args:
        conf: the file as it is. chosen: components that are there afterwards. mirror: a folder, '' for none, None for what CONF says.
    """
    launcher, backup = dict(values["launcher"]), dict(values["backup"])
    backup["enabled"] = "yes" if "backup-timer" in chosen else "no"
    folder = conf.get("backup", "mirror") if mirror is None else mirror
    backup["mirror"] = folder if "mirror" in chosen else ""
    launcher["oom-notice"] = "yes" if "oom-notice" in chosen else "no"
    launcher["boot-folder"] = f"/sys/fs/cgroup/{boot_folder(around)}" if "boot-folder" in chosen else ""
    entries: dict[str, str | None] = {
        CLAUDE: (around.claude or settings_of(conf, CLAUDE)) if "claude-settings" in chosen else None,
        VSCODE: (around.vscode or settings_of(conf, VSCODE)) if "vscode-settings" in chosen else None,
    }
    if chosen & {"shims", "login-hint"}:
        folders = zsh_folders(around, conf) if "zsh" in around.shells else zsh_folders(around._replace(zsh=around.home), conf)
        entries[ZSH] = ":".join(one for one in folders if one != around.home)
    return {"launcher": launcher, "backup": backup, "install": {key: value for key, value in entries.items() if value}}


def zsh_folders(around: Around, conf: Conf) -> tuple[str, ...]:
    """Where start files of zsh may hold a block of ours: today's folder, the home, and those of earlier installs."""
    named = settings_of(conf, ZSH).split(":")
    return tuple(dict.fromkeys((around.zsh, around.home, *(one for one in named if one.startswith("/")))))


def unworkable(key: str, value: str) -> str:
    """Why a value of `[launcher]` cannot work, as a clause; '' where it can.

    >>> unworkable("session-max", "4")
    'is less than 64 MB'
    """
    if key not in _NUMBERS or not value:
        return ""
    digits = value.lstrip("0") or "0"
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST_DIGITS:
        return "is no number that can be meant"
    number = int(digits)
    if key in ("session-max", "session-high", "slice-max") and number < _LEAST_SIZE:
        return "is less than 64 MB"
    if key == "tasks-max" and number < _LEAST_TASKS:
        return f"is less than {_LEAST_TASKS}"
    return f"is more than {_MOST_SCORE}" if key == "oom-score" and number > _MOST_SCORE else ""


def warnings(conf: Conf, path: str) -> tuple[str, ...]:
    """A sentence for each value in the file that cannot work."""
    found = ((key, conf.get("launcher", key)) for key in _NUMBERS)
    return tuple(
        f"launcher.{key} = {value} in {path} {why}, so it is passed over: no session could live with it. Sizes are bytes, for example 4294967296."
        for key, value in found
        if (why := unworkable(key, value))
    )


def settings_of(conf: Conf, key: str) -> str:
    """Which settings file an earlier install wrote to, '' for none."""
    return conf.values.get(("install", key), ("",))[-1]


def boot_folder(around: Around) -> str:
    """The cgroup folder's name: by distro, since up to WSL 2.9 all distros see one tree."""
    return "wslcfg-" + (re.sub(r"[^A-Za-z0-9._-]+", "-", around.distro) or "linux")
