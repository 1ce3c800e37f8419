"""The one question about the mirror: a second copy of the session backups on the Windows side, which holds whatever agents wrote and read."""

from __future__ import annotations

from wslcfg.cli.ground import Ground
from wslcfg.cli.shared import Consent, Flags, absolute, asker
from wslcfg.errors import NeedsTerminal, Refused
from wslcfg.host.winpath import to_linux
from wslcfg.machine import reading
from wslcfg.machine.mounts import look_mounts
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.ui.ask import AskNobody
from wslcfg.ui.words import count

# Looking at more files than this to name a size is not worth the wait.
_MOST_FILES = 20_000
_FLAG = "--mirror auto|off|FOLDER"


class MirrorAsked(NamedTuple):
    """Who may be asked."""

    given: Flags
    consent: Consent


def choose_mirror(ground: Ground, profile: Profile, said: str, about: MirrorAsked, *, named: bool) -> str | None:
    """The mirror's folder, '' for none, None for what is set already or was not decided.

    Args:
        said: of `--mirror`: `auto`, `off`, a folder, '' for nothing. named: whether the component was asked for by its name.

    Raises:
        Refused: `auto` without a Windows side, or a folder that is no whole path. NeedsTerminal: asked for by name, and nobody can answer.
    """
    wanted = said or str(profile.get("backup", "mirror") or "auto")
    present = ground.conf.get("backup", "mirror")
    if wanted == "off":
        return "" if said or not present else None
    if wanted == "auto" and not ground.around.mirror:
        if said or named:
            raise Refused("There is no Windows side for a mirror.", "Name a folder with --mirror FOLDER.", code="no-windows")
        return None
    folder = ground.around.mirror if wanted == "auto" else _folder(ground, wanted)
    if said:
        return folder
    if present:
        return None
    ask = asker(about.given)
    if about.consent.yes or about.consent.dry_run or isinstance(ask, AskNobody):
        if named and not about.consent.dry_run:
            raise NeedsTerminal("A mirror holds secrets, so it is not made without being asked.", f"Say it with {_FLAG}.")
        return None
    return folder if ask.confirm(_question(ground, folder), default=True, flag=_FLAG) else ""


def _question(ground: Ground, folder: str) -> str:
    shown = folder.replace(ground.around.local, ground.around.local_windows, 1).replace("/", "\\") if ground.around.local else folder
    return (
        f"Keep a second copy of the session backups in {shown}? It survives the loss of this distro. "
        f"It holds everything that agents wrote and read, secrets included ({_content(ground)})."
    )


def _content(ground: Ground) -> str:
    """How much there is to back up now."""
    home = ground.around.home
    claude = ground.around.claude.rpartition("/")[0] or f"{home}/.claude"
    files, size, todo = 0, 0, [f"{claude}/projects", f"{ground.host.env('CODEX_HOME') or home + '/.codex'}/sessions"]
    while todo and files < _MOST_FILES:
        folder = todo.pop()
        for name in reading.names(ground.host, folder):
            there = reading.there(ground.host, f"{folder}/{name}")
            if there is not None and there.kind == "folder":
                todo.append(f"{folder}/{name}")
            elif there is not None and there.kind == "file":
                files, size = files + 1, size + there.size
    return f"now {'at least ' if todo else ''}{human(size)} in {count(files, 'file')} before compression"


def _folder(ground: Ground, text: str) -> str:
    """A folder as this Linux sees it, from either spelling. Raises Refused for one that is a whole path in neither."""
    if text[1:2] == ":" or text.startswith("\\\\"):
        return to_linux(text, look_mounts(ground.host))
    if not text.startswith(("/", "~/")) and text != "~":
        known = ground.around.local_windows
        whole = (
            f"Write it as a whole path: /mnt/d/backups, or D:\\backups{f' (%LOCALAPPDATA% is {known})' if known and '%' in text else ''}."
        )
        raise Refused(f"--mirror takes auto, off or a folder by its whole path, not '{text}'.", whole, code="bad-path")
    return absolute(text)
