"""The wizard's last part: the pieces inside the distro, offered after the memory is settled. One question for each choice that is the person's."""

from __future__ import annotations

from wslcfg.cli.ground import Ground, look_ground
from wslcfg.cli.install import InstallAsked, Prepared, prepare
from wslcfg.cli.mirror import MirrorAsked
from wslcfg.cli.shared import Consent, Flags
from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.model.facts import Machine
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.ui.ask import Ask

_LIMITS = ("launcher", "shims", "claude-settings", "vscode-settings", "login-hint")
_FLAG = "--no-pieces, or --yes for every default"


class Offered(NamedTuple):
    """The plan of pieces with its ground; None where nothing is to be placed, then `note` may say why."""

    ground: Ground | None
    ready: Prepared | None
    note: str = ""


def by_default(given: Flags, host: Host, machine: Machine, profile: Profile, mirror: str, consent: Consent) -> Offered:
    """What `install --yes` would place. A failure here keeps nothing else back: it is told."""
    try:
        ground = look_ground(host, machine)
        ready = prepare(ground, profile, InstallAsked(mirror=mirror), MirrorAsked(given, consent))
    except WslcfgError as error:
        return Offered(None, None, f"The pieces inside the distro were left out: {error.message} {error.hint}")
    return Offered(ground, ready)


def by_asking(given: Flags, host: Host, machine: Machine, profile: Profile, mirror: str, consent: Consent, ask: Ask) -> Offered:
    """Ask what the person wants; what is there already is renewed without a question."""
    ground = look_ground(host, machine)
    wanted = set(ground.there)
    default = prepare(ground, profile, InstallAsked(mirror="off"), MirrorAsked(given, consent._replace(yes=True)))
    possible = default.chosen
    if "launcher" not in wanted and ask.confirm(
        "Start claude and codex with a memory limit of their own, so that a leaking session ends alone?", default=True, flag=_FLAG
    ):
        wanted |= possible & {*_LIMITS}
    if "backup-timer" in possible - wanted and ask.confirm("Back up agent sessions regularly?", default=True, flag=_FLAG):
        wanted.add("backup-timer")
    if not wanted:
        return Offered(None, None, "`wslcfg install` places the pieces inside the distro when you want them.")
    named = tuple(sorted(wanted)) + (("mirror",) if "backup-timer" in wanted and ground.around.mirror else ())
    return Offered(ground, prepare(ground, profile, InstallAsked(components=named, mirror=mirror), MirrorAsked(given, consent)))
