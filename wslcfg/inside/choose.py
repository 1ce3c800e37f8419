"""Think: which components an install places when nobody names any, each with the reason, from what the machine has."""

from __future__ import annotations

from wslcfg.errors import Refused
from wslcfg.inside.around import Around
from wslcfg.inside.components import COMPONENTS
from wslcfg.model.record import NamedTuple


class Choice(NamedTuple):
    """A component, whether it is placed, and a clause that says why or why not."""

    component: str
    chosen: bool
    why: str


def choose(around: Around, there: frozenset[str], *, backups: bool, mirror: bool | None) -> tuple[Choice, ...]:
    """The defaults; what is there already stays.

    Args:
        there: components that are there. backups: whether the profile wants them.
        mirror: what was said to the question; None where nobody was asked.
    """
    claude = "Claude Code is here" if around.claude else "Claude Code is not here yet; install again when it is"
    found: dict[str, tuple[bool, str]] = {
        "launcher": (True, "a leak ends its own session and nothing else"),
        "shims": (True, f"for {' and '.join(around.shells)}"),
        "claude-settings": (bool(around.claude), claude),
        "vscode-settings": (
            bool(around.vscode),
            "VS Code connects to this distro" if around.vscode else "VS Code was never connected to this distro",
        ),
        "backup-timer": _timer(around, backups=backups),
        "mirror": _mirror(around, mirror),
        "login-hint": (True, "silent unless there is something to say"),
        "oom-notice": (False, "each tick reads the kernel's log then, so only when named"),
        "init-scope": (
            False,
            f"{'terminals sit in init.scope here: recommended' if around.init_scope else 'terminals are not in init.scope here'}; needs root, so only when named",
        ),
        "boot-folder": (False, _boot_folder(around)),
        "cron-start": (False, _cron_start(around)),
    }
    return tuple(
        Choice(one.name, True, "it is there already")
        if one.name in there and not found[one.name][0]
        else Choice(one.name, *found[one.name])
        for one in COMPONENTS
    )


def scheduler(around: Around, asked: str) -> str:
    """What ticks for the backups: `systemd`, `cron` or `none`.

    Raises:
        Refused: the one that was asked for is not here.
    """
    if asked == "systemd" and not around.systemd:
        raise Refused(
            "systemd is off in this distro, so it cannot tick for the backups.",
            "Leave --scheduler out, or switch it on: wslcfg set wsl.conf:boot.systemd=true",
            code="no-systemd",
        )
    if asked == "cron" and not around.crontab:
        raise Refused("There is no cron here.", "Install it (sudo apt install cron), or leave --scheduler out.", code="no-cron")
    if asked in ("systemd", "cron"):
        return asked
    return "systemd" if around.systemd and around.manager else "cron" if around.crontab else "none"


def notes(around: Around, chosen: frozenset[str], ticks: str, there: frozenset[str]) -> tuple[str, ...]:
    """What a person should know of this choice on this machine."""
    said = []
    if "backup-timer" in chosen and ticks == "cron" and around.cron != "running":
        said.append(
            "cron takes the entry, but nothing runs it: its daemon is not running"
            + ("" if around.systemd else ", and where systemd is off nothing starts it")
            + ". `wslcfg install --component cron-start` starts it at boot; until then each start of an agent looks whether a backup is due."
            if "cron-start" not in chosen
            else "cron starts with the distro's next start; now: sudo service cron start"
        )
    if "backup-timer" in chosen and ticks == "none":
        said.append("Neither systemd nor cron can tick here: a backup is made at an agent's start, when it is due.")
    if "launcher" in chosen and not around.manager and "boot-folder" not in chosen:
        if not around.systemd:
            said.append(
                "systemd is off, so the launcher cannot set limits yet: `wslcfg set wsl.conf:boot.systemd=true` is the better way, "
                "`wslcfg install --component boot-folder` the one without systemd. Until then it says so at each start."
            )
        else:
            said.append(
                "Your own systemd (user@) does not answer, so the launcher cannot set limits now; where it never does (two distros with systemd "
                "on WSL before 2.9), `wslcfg install --component boot-folder` helps."
            )
    if around.init_scope and "init-scope" not in chosen | there:
        said.append(
            "Terminals of this distro sit in init.scope, where one OOM kill can end them all: `wslcfg install --component init-scope` prevents that."
        )
    if around.layout in ("v1", "hybrid", "none") and "launcher" in chosen:
        said.append(
            "This distro has no cgroup v2, which a limit needs; the launcher will say so at each start (automount.cgroups in /etc/wsl.conf)."
        )
    return tuple(said)


def _timer(around: Around, *, backups: bool) -> tuple[bool, str]:
    if not backups:
        return False, "the profile wants no backups"
    if not around.program:
        return False, "wslcfg is not installed as a program that a timer can start (install.sh does that)"
    return True, "Claude Code deletes sessions after 30 days, and a killed one can be torn"


def _mirror(around: Around, asked: bool | None) -> tuple[bool, str]:
    if asked:
        return True, "you said so"
    if not around.local:
        return False, "there is no Windows side here"
    if asked is None:
        return False, "not without being asked, for transcripts hold secrets: --mirror auto"
    return False, "you said so"


def _boot_folder(around: Around) -> str:
    if around.systemd:
        return "systemd sets the limits" if around.manager else "your own systemd does not answer; needs root, so only when named"
    return "systemd is off; needs root, so only when named"


def _cron_start(around: Around) -> str:
    if around.cron == "running":
        return "cron is running"
    return "cron is not here" if around.cron == "absent" else "cron is not running; needs root, so only when named"
