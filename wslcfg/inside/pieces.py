"""Think: the plan of an install, of an uninstall and of a refresh: which files each component has, in the order in which they must come and go."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wslcfg.errors import WslcfgError
from wslcfg.inside import boot, conf, cron, scripts, shells, units
from wslcfg.inside.around import Around, Seen
from wslcfg.inside.components import COMPONENTS, with_needs
from wslcfg.inside.draft import Draft, Left, is_ours
from wslcfg.inside.jsonedit import edited, hollow, value_at
from wslcfg.inside.marked import block_of
from wslcfg.inside.part import BLOCKS, SECTIONS, json_part
from wslcfg.model.inside import LAUNCHER, SHIMS, SLICE, WRAPPER, Conf, parse_conf
from wslcfg.model.plan import Plan
from wslcfg.model.record import NamedTuple

# Where the settings files of other programs name the wrapper.
CLAUDE_PATH = ("env", "CLAUDE_CODE_PROCESS_WRAPPER")
VSCODE_PATH = ("claudeCode.claudeProcessWrapper",)
CRONTAB = "/crontab/self"
_CRON_WHY = "cron ticks; a tick backs up when it is due, and never two at once."
_TIMER_WHY = "systemd ticks, also for what was missed while the distro was off; a tick backs up when it is due."


class Wish(NamedTuple):
    """What shall be there.

    Attributes:
        chosen: components that are there afterwards. values: of CONF, from `conf.from_profile` or `conf.from_conf`.
        programs: that get a shim. scheduler: `systemd`, `cron` or `none`. mirror: a folder, '' for none, None for what CONF says.
    """

    chosen: frozenset[str]
    values: conf.Sections
    programs: tuple[str, ...]
    scheduler: str
    mirror: str | None = None


class Drafted(NamedTuple):
    """A plan of pieces, and the files that could not be edited for it."""

    plan: Plan
    left: tuple[Left, ...]


def installed(around: Around, seen: Seen) -> frozenset[str]:
    """The components that are there, by what lies on the disk."""
    settings = conf_of(around, seen)
    there = {
        "launcher": lambda: is_ours(seen.read(f"{around.data}/{LAUNCHER}")),
        "shims": lambda: any(is_ours(seen.read(f"{around.data}/{SHIMS}/{name}")) for name in seen.names(f"{around.data}/{SHIMS}")),
        "claude-settings": lambda: _names_us(around, seen, _claude(around, settings), CLAUDE_PATH),
        "vscode-settings": lambda: _names_us(around, seen, _vscode(around, settings), VSCODE_PATH),
        "backup-timer": lambda: is_ours(seen.read(around.conf)) and settings.get("backup", "enabled") == "yes",
        "mirror": lambda: is_ours(seen.read(around.conf)) and settings.get("backup", "mirror") != "",
        "login-hint": lambda: (
            any(_hints(seen, path) for path in (f"{around.home}/.bashrc", *(f"{one}/.zshrc" for one in conf.zsh_folders(around, settings))))
            or is_ours(seen.read(f"{around.xdg_config}/fish/conf.d/wslcfg-hint.fish"))
        ),
        "oom-notice": lambda: is_ours(seen.read(around.conf)) and settings.get("launcher", "oom-notice") == "yes",
        "init-scope": lambda: is_ours(seen.read(units.INIT_SCOPE)),
        "boot-folder": lambda: is_ours(seen.read(boot.CGROUP)),
        "cron-start": lambda: b"\nservice cron start\n" in (seen.read(boot.BOOT) or b""),
    }
    return frozenset(one.name for one in COMPONENTS if _quietly(there[one.name]))


def _quietly(look: Callable[[], bool]) -> bool:
    """What cannot be read is not there, as far as the pieces go; whoever needs the file says why."""
    try:
        return look()
    except WslcfgError:
        return False


def _hints(seen: Seen, path: str) -> bool:
    return _quietly(lambda: block_of(seen.read(path), shells.HINT_BLOCK) is not None)


def conf_of(around: Around, seen: Seen) -> Conf:
    """CONF as it is."""
    return parse_conf((seen.read(around.conf) or b"").decode("utf-8", "replace"))


def install_plan(around: Around, seen: Seen, wish: Wish, *, title: str) -> Drafted:
    """The plan that makes it so; what is there already and as wanted is not in it.

    The order is that of `COMPONENTS`: what is pointed at comes before what points at it.
    """
    draft, settings = Draft(seen), conf_of(around, seen)
    chosen = with_needs(tuple(wish.chosen))
    values = conf.with_components(wish.values, around, settings, chosen, wish.mirror)
    if "launcher" in chosen:
        scripts.add_launcher(draft, around)
    if "launcher" in chosen and around.systemd:
        head = "All agent sessions together. What you change or add here stays; the limit of one session is in inside.conf."
        draft.merge(
            f"{around.units}/{SLICE}",
            head,
            units.slice_of(values["launcher"].get("slice-max") or ""),
            "The limit of all sessions together.",
        )
    if "shims" in chosen:
        draft.about = ("shims",)
        scripts.add_shims(draft, around, wish.programs)
        shells.add_path(draft, around)
        draft.notes += shells.past_the_shims(draft, around, wish.programs)
    wrapper = f"{around.data}/{WRAPPER}"
    was: dict[str, str] = {}
    for name, path, before, keys in _settings(around, settings):
        if name in chosen:
            draft.about = (name,)
            if before and before != path:
                _entry(draft, before, keys, None, wrapper, was=conf.settings_of(settings, name + conf.WAS))
            if not _quietly(partial(_names_us, around, seen, (path,), keys)):
                was[name + conf.WAS] = _hollow(draft, path, keys)
            _entry(draft, path, keys, wrapper, wrapper)
    if "backup-timer" in chosen:
        draft.about = ("backup-timer",)
        _schedule(draft, around, wish.scheduler, int(values["backup"].get("every-minutes") or 30))
    if "login-hint" in chosen:
        draft.about = ("login-hint",)
        shells.add_hint(draft, around)
    if "init-scope" in chosen:
        text = {"Scope": {"OOMPolicy": "continue"}}
        why = "Without it one OOM kill in a terminal lets systemd end every terminal of the distro."
        draft.merge(
            units.INIT_SCOPE, "Only the process that was killed dies, not all of init.scope.", text, why, as_root=True, restart="distro"
        )
    if chosen & {"boot-folder", "cron-start"}:
        draft.about = tuple(sorted(chosen & {"boot-folder", "cron-start"}))
        slice_max = values["launcher"].get("slice-max") or ""
        draft.attempt(boot.WSLCONF, lambda: boot.add_boot(draft, around, chosen, slice_max))
    if chosen & {"launcher", "backup-timer"}:
        values.setdefault("install", {}).update({key: value or None for key, value in was.items()})
        made = {*made_folders(settings), *_missing_folders(draft, around)}
        if made:
            values.setdefault("install", {})[conf.FOLDERS] = ":".join(sorted(made))
        draft.merge(around.conf, conf.HEAD, values, "What launcher and backups go by.", spaces=True)
        draft.notes += conf.warnings(parse_conf((draft.read(around.conf) or b"").decode("utf-8", "replace")), around.conf)
    return _drafted(draft, title)


def _drafted(draft: Draft, title: str) -> Drafted:
    return Drafted(Plan(title, draft.files, notes=tuple(dict.fromkeys(draft.notes))), tuple(draft.left))


def uninstall_plan(around: Around, seen: Seen, going: frozenset[str], *, title: str) -> Drafted:
    """The plan that takes components out, with what needs them: settings of others first, the launcher last."""
    draft, settings = Draft(seen), conf_of(around, seen)
    there = installed(around, seen)
    staying = there - going
    wrapper, stuck = f"{around.data}/{WRAPPER}", False
    for name, path, before, keys in _settings(around, settings):
        if name in going:
            draft.about = (name,)
            for place in dict.fromkeys(one for one in (path, before) if one):
                stuck = not _entry(draft, place, keys, None, wrapper, was=conf.settings_of(settings, name + conf.WAS)) or stuck
    if "login-hint" in going:
        draft.about = ("login-hint",)
        shells.drop_hint(draft, around, conf.zsh_folders(around, settings))
    if "shims" in going:
        draft.about = ("shims",)
        shells.drop_path(draft, around, conf.zsh_folders(around, settings))
        scripts.drop_shims(draft, around)
    if "backup-timer" in going:
        draft.about = ("backup-timer",)
        _schedule(draft, around, "none", 30)
    if "init-scope" in going:
        draft.take_out(units.INIT_SCOPE, "It goes.", part=SECTIONS, as_root=True, restart="distro")
    if going & {"boot-folder", "cron-start"}:
        draft.about = tuple(sorted(going & {"boot-folder", "cron-start"}))
        slice_max = conf.from_conf(around, settings)["launcher"].get("slice-max") or ""
        stays = bool(staying & {"boot-folder", "cron-start"})
        draft.attempt(boot.WSLCONF, lambda: boot.add_boot(draft, around, staying, slice_max) if stays else boot.drop_boot(draft))
    if staying & {"launcher", "backup-timer"}:
        values = conf.with_components(conf.from_conf(around, settings), around, settings, staying, None)
        if made_folders(settings):
            values.setdefault("install", {})[conf.FOLDERS] = ":".join(sorted(made_folders(settings)))
        draft.merge(around.conf, conf.HEAD, values, "What launcher and backups go by.", spaces=True)
    elif not draft.left:  # it names files that still have to be cleaned
        draft.take_out(around.conf, "It goes; history keeps what you changed in it.", part=SECTIONS)
    if "launcher" in going:
        draft.take_out(f"{around.units}/{SLICE}", "It goes; history keeps what you changed in it.", part=SECTIONS)
        scripts.drop_launcher(draft, around, needed=stuck)
    return _drafted(draft, title)


def made_folders(settings: Conf) -> tuple[str, ...]:
    """Folders that installs made, for uninstall to remove where nothing is left in them; the deepest first."""
    named = conf.settings_of(settings, conf.FOLDERS).split(":")
    return tuple(sorted((one for one in named if one.startswith("/")), key=len, reverse=True))


def _missing_folders(draft: Draft, around: Around) -> list[str]:
    """Folders that are not there yet and that the plan's files make, below the home or the person's XDG folders."""
    found = []
    for path in (*(change.path for change in draft.files if change.after is not None and not change.as_root), around.conf):
        folder = path.rpartition("/")[0]
        while folder.count("/") > 1 and folder != around.home and path != CRONTAB and draft.seen.mode(folder) is None:
            found.append(folder)
            folder = folder.rpartition("/")[0]
    return found


def _schedule(draft: Draft, around: Around, scheduler: str, minutes: int) -> None:
    """Let one scheduler tick, and no other."""
    tick = (around.program, "sessions", "backup", "--quiet", "--tick")
    files = (
        (units.TIMER_WANTED, "Starts the timer of that name.", units.wanted(units.TIMER)),
        (units.TIMER, "Ticks for the backups of agent sessions.", units.timer(cron.step_of(minutes))),
        (units.SERVICE, "One tick: a backup when it is due.", units.service(tick, around.environment)),
    )
    if scheduler == "systemd":
        for name, head, sections in reversed(files):
            path = f"{around.units}/{name}"
            draft.attempt(path, partial(draft.merge, path, head, sections, _TIMER_WHY))
    else:
        for name, _, _ in files:
            path = f"{around.units}/{name}"
            draft.attempt(path, partial(draft.take_out, path, "The timer goes.", part=SECTIONS))
    lines = (
        cron.entry(tick, around.environment, minutes=minutes, salt=around.uid + sum(around.distro.encode()))
        if scheduler == "cron"
        else None
    )
    if lines is None and not around.crontab:
        return

    def step() -> None:
        before = draft.read(CRONTAB)
        after = cron.with_entry(before, lines)
        if after != before:
            draft.set(CRONTAB, after, _CRON_WHY if lines else "The entry goes.", part=BLOCKS, label="the crontab")

    draft.attempt(CRONTAB, step)


def _settings(around: Around, settings: Conf) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """(component, settings file now, settings file that an earlier install wrote to, path of keys)."""
    return (
        ("claude-settings", around.claude, conf.settings_of(settings, conf.CLAUDE), CLAUDE_PATH),
        ("vscode-settings", around.vscode, conf.settings_of(settings, conf.VSCODE), VSCODE_PATH),
    )


def _claude(around: Around, settings: Conf) -> tuple[str, ...]:
    return (around.claude, conf.settings_of(settings, conf.CLAUDE))


def _vscode(around: Around, settings: Conf) -> tuple[str, ...]:
    return (around.vscode, conf.settings_of(settings, conf.VSCODE))


def _names_us(around: Around, seen: Seen, places: tuple[str, ...], keys: tuple[str, ...]) -> bool:
    return any(place and value_at(seen.read(place), keys) == f"{around.data}/{WRAPPER}" for place in places)


def _entry(draft: Draft, path: str, keys: tuple[str, ...], value: str | None, ours: str, *, was: str = "") -> bool:
    """Set or take out the entry; somebody else's wrapper is neither replaced nor removed. False where ours is stuck in the file."""
    try:
        before = draft.read(path)
        now = value_at(before, keys, label=path)
        if now not in (None, ours) and now != value:
            if value is not None:
                draft.notes.append(f"{path} has {'.'.join(keys)} = {now} already, which is not wslcfg's and stays.")
            return True
        after = edited(before, keys, value, label=path, was=was)
    except WslcfgError as error:
        if value is None and not _mentions(draft, path, ours):
            return True
        last = f'delete "{keys[-1]}" in it yourself'
        draft.unable(path, error, "" if value is not None else f"Mend it, or {last}; then run the command again.")
        return value is not None
    if after != before:
        why = f"{'.'.join(keys)}: {'this program starts Claude Code through the launcher.' if value else 'the entry goes.'}"
        draft.set(path, after, why, mode=0o600 if before is None else None, part=json_part(keys))
    return True


def _hollow(draft: Draft, path: str, keys: tuple[str, ...]) -> str:
    """What stands empty where the entry comes; a file that cannot be read gets none."""
    try:
        return hollow(draft.read(path), keys, label=path)
    except WslcfgError:
        return ""


def _mentions(draft: Draft, path: str, ours: str) -> bool:
    """Whether a file that cannot be understood may name our wrapper; one that cannot even be read may, while there is a wrapper."""
    try:
        return ours.encode() in (draft.read(path) or b"")
    except WslcfgError:
        return is_ours(draft.read(ours))
