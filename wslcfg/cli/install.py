"""`wslcfg install`: place the pieces inside the distro, as a plan like any other."""

from __future__ import annotations

import sys

from wslcfg.cli.carry import carry_out
from wslcfg.cli.ground import Ground, after_writing, look_ground
from wslcfg.cli.mirror import MirrorAsked, choose_mirror
from wslcfg.cli.proposing import load_profile, look_whole
from wslcfg.cli.shared import Consent, Flags, Json, open_host
from wslcfg.cli.show_pieces import as_text
from wslcfg.errors import Unreachable, Usage
from wslcfg.inside import conf, cron, units
from wslcfg.inside.choose import Choice, choose, notes, scheduler
from wslcfg.inside.components import COMPONENTS, known, meaning, with_needs
from wslcfg.inside.draft import Left, is_ours
from wslcfg.inside.pieces import CRONTAB, Drafted, Wish, install_plan
from wslcfg.launch.limits import Limits, limits
from wslcfg.model.inside import SHIMS
from wslcfg.model.plan import Plan
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.ui.paint import Paint, wants_color

_SCHEDULERS = ("auto", "cron", "systemd")


class InstallAsked(NamedTuple):
    """What the command line says: profile, components, scheduler, mirror (`auto`, `off`, a folder), and whether only texts are renewed."""

    profile: str = ""
    components: tuple[str, ...] = ()
    scheduler: str = "auto"
    mirror: str = ""
    refresh: bool = False


class Prepared(NamedTuple):
    """A plan of pieces with what it rests on; `limits` is None for a refresh. `left`: files that could not be edited for it."""

    plan: Plan
    choices: tuple[Choice, ...]
    chosen: frozenset[str]
    scheduler: str
    limits: Limits | None
    left: tuple[Left, ...] = ()


def run_install(given: Flags, asked: InstallAsked, consent: Consent) -> Result:
    """Place launcher, shims, settings entries and backups in this distro: shown, backed up, and taken out again by `uninstall`.

    Raises:
        Unreadable, Refused, Unreachable: a component that was named cannot be placed as a file is; nothing is written then.
    """
    known(asked.components)
    if asked.scheduler not in _SCHEDULERS:
        raise Usage(f"--scheduler takes auto, cron or systemd, not '{asked.scheduler}'.", "Leave it out for auto.")
    if asked.refresh and (asked.profile or asked.components or asked.mirror):
        raise Usage("--refresh renews what is there as it is set.", "Leave PROFILE, --component and --mirror out with it.")
    host = open_host(given)
    ground = look_ground(host, look_whole(host))
    if asked.refresh:
        ready = refreshed(ground)
    else:
        profile = load_profile(host, asked.profile or ground.conf.get("launcher", "profile"))
        ready = prepare(ground, profile, asked, MirrorAsked(given, consent))
        for one in ready.left:
            if set(one.components) & set(asked.components):
                raise one.error
    return carry_pieces(given, ground, ready, consent, command=_command(asked))


def prepare(ground: Ground, profile: Profile, asked: InstallAsked, about_mirror: MirrorAsked) -> Prepared:
    """The plan for this machine and profile; asks about the mirror where somebody can answer. Raises Refused, NeedsTerminal."""
    around, there = ground.around, ground.there
    backups = profile.get("backup", "enabled") is not False and (
        not asked.components or bool({"backup-timer", "mirror"} & {*asked.components})
    )
    chosen = with_needs(asked.components)
    if not asked.components:
        chosen = frozenset(one.component for one in choose(around, there, backups=backups, mirror=None) if one.chosen)
    wants = bool(asked.mirror) or "mirror" in asked.components or (not asked.components and "backup-timer" in chosen)
    mirror = choose_mirror(ground, profile, asked.mirror, about_mirror, named="mirror" in asked.components) if wants else None
    choices = choose(around, there, backups=backups, mirror=None if mirror is None else bool(mirror))
    if not asked.components:
        chosen = frozenset(one.component for one in choices if one.chosen)
    elif mirror:
        chosen |= with_needs(("mirror",))
    elif mirror == "":
        chosen -= {"mirror"}
    chosen |= there - ({"mirror"} if mirror == "" else set())
    if "backup-timer" in with_needs(tuple(chosen)) - there and not around.program:
        raise Unreachable("wslcfg is not installed as a program that a timer could start.", "Run install.sh first.", code="no-program")
    ticks = _scheduler(ground, asked.scheduler)
    decided = limits(ground.machine, profile)
    programs = profile.get("launcher", "programs")
    wish = Wish(
        chosen=chosen,
        values=conf.steady(conf.from_profile(around, profile, decided), ground.conf),
        programs=programs if isinstance(programs, tuple) else ("claude", "codex"),
        scheduler=ticks,
        mirror=mirror,
    )
    plan, left = install_plan(
        around, ground.seen, wish, title=f"install {profile.name}: {', '.join(_in_order(chosen - there)) or 'renewed'}"
    )
    said = (*plan.notes, *(one.note for one in left), *decided.notes, *notes(around, chosen, ticks, there))
    return Prepared(plan._replace(notes=tuple(dict.fromkeys(said))), choices, chosen, ticks, decided, left)


def refreshed(ground: Ground) -> Prepared:
    """The plan that renews the texts of what is there, with every value as it is set: what an upgrade of wslcfg does."""
    ticks = _present_scheduler(ground) or "none"
    folder = f"{ground.around.data}/{SHIMS}"
    shims = tuple(name for name in ground.seen.names(folder) if is_ours(ground.seen.read(f"{folder}/{name}")))
    wish = Wish(ground.there, conf.from_conf(ground.around, ground.conf), shims, ticks)
    title = "install --refresh"
    plan, left = install_plan(ground.around, ground.seen, wish, title=title) if ground.there else Drafted(Plan(title, ()), ())
    plan = plan._replace(notes=tuple(dict.fromkeys((*plan.notes, *(one.note for one in left)))))
    return Prepared(plan, (), ground.there, ticks, None, left)


def carry_pieces(given: Flags, ground: Ground, ready: Prepared, consent: Consent, *, command: str) -> Result:
    """Show the plan, ask, carry it out, and let systemd know."""
    shown = as_text(ground, ready.plan, ready.choices, ready.chosen, ready.limits, Paint(on=wants_color(sys.stdout)), whole=given.verbose)
    result = carry_out(given, ground.host, ground.place, ready.plan, consent, command=command, preview=shown)
    told: tuple[str, ...] = ()
    if not consent.dry_run:
        told = after_writing(ground, ready.plan.files if result.data["changed"] else ())
    data: Json = {**result.data, **pieces_data(ready, ground)}
    return result._replace(data=data, messages=(*result.messages, *(Message("note", note) for note in told)))


def pieces_data(ready: Prepared, ground: Ground) -> Json:
    """What the JSON says beside the change itself."""
    why = {one.component: one.why for one in ready.choices}
    return {
        "components": [
            {
                "name": one.name,
                "meaning": meaning(one.name),
                "chosen": one.name in ready.chosen,
                "was_there": one.name in ground.there,
                "root": one.root,
                "why": why.get(one.name),
            }
            for one in COMPONENTS
        ],
        "scheduler": ready.scheduler if "backup-timer" in ready.chosen else None,
        "files": [
            {
                "path": change.path,
                "what": "remove" if change.after is None else "make" if change.before is None else "change",
                "why": change.why,
            }
            for change in ready.plan.files
        ],
        "settings": ground.around.conf,
    }


def _scheduler(ground: Ground, asked: str) -> str:
    """Who ticks; what ticks already goes on unless something else was asked for."""
    if asked == "auto" and (present := _present_scheduler(ground)) is not None:
        possible = {"systemd": ground.around.systemd, "cron": ground.around.crontab}
        if possible[present]:
            return present
    return scheduler(ground.around, asked)


def _present_scheduler(ground: Ground) -> str | None:
    if is_ours(ground.seen.read(f"{ground.around.units}/{units.TIMER}")):
        return "systemd"
    return "cron" if ground.around.crontab and cron.has_entry(ground.seen.read(CRONTAB)) else None


def _in_order(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(one.name for one in COMPONENTS if one.name in names)


def _command(asked: InstallAsked) -> str:
    words = ["wslcfg install", asked.profile, *(f"--component {name}" for name in asked.components), "--refresh" if asked.refresh else ""]
    return " ".join(word for word in words if word)
