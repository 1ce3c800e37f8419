"""`wslcfg upgrade`: a newer wslcfg for this distro, offline too, and its files on the Windows side."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit

import wslcfg
from wslcfg import __version__
from wslcfg.apply.generations import Store
from wslcfg.apply.installed import Installed, Offer, look_installed, offer
from wslcfg.apply.peers import behind, note, peers
from wslcfg.apply.rescue import place_rescue
from wslcfg.apply.share import share
from wslcfg.apply.upgrade import replace
from wslcfg.cli.place import Place, any_pieces, glance, settle
from wslcfg.cli.shared import Consent, Flags, Json, absolute, asker, open_host, this_disk
from wslcfg.errors import Refused, Unreachable, WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.model.result import Message, Result
from wslcfg.model.version import newer
from wslcfg.ui.words import stamp

# Windows' files, and the pieces with a rollback of what they write: a minute is long for both.
_AFTER_S = 120.0
_OTHER_WAYS = {
    "pipx": ("pipx upgrade wslcfg", "pipx install --force {}"),
    "uv": ("uv tool upgrade wslcfg", "uv tool install --force {}"),
    "pyz": ("put the new wslcfg.pyz where the old one lies", "cp {} over the file that you run"),
    "other": ("git pull, or: sh install.sh", "sh install.sh --offline {}"),
}


def run_upgrade(given: Flags, source: str, consent: Consent, *, renew_only: bool) -> Result:
    """Replace this distro's wslcfg by a newer one, then let that renew its files on the Windows side.

    Raises:
        Refused: another tool installed it, a wrong digest, an older version not accepted, or the person said no. Conflict, Unreachable,
        Unreadable: see `apply.installed.offer` and `apply.upgrade.replace`; the old one is as it was.
    """
    host = open_host(given)
    place, distros = _place(host)
    installed = look_installed(os.path.dirname(wslcfg.__file__), _data_folder())
    wanted = None if renew_only or isinstance(host, RecordedHost) else _wanted(absolute(source) if source else "", place, installed)
    if wanted is not None and source and installed.kind != "own":
        way = _OTHER_WAYS[installed.kind][1].format(wanted.path)
        raise Refused(f"This wslcfg was not installed by install.sh ({installed.kind}).", f"Upgrade it its own way: {way}", code="not-ours")
    if wanted is not None and wanted.version == __version__ and not source:
        wanted = None
    if wanted is None or installed.kind != "own":
        return _renewed(host, place, distros, installed, consent)
    if newer(__version__, wanted.version) and "older-version" not in consent.accepted:
        raise Refused(
            f"{wanted.path} holds wslcfg {wanted.version}, older than this {__version__}.",
            "If you want it all the same, add --accept older-version.",
            code="older-version",
        )
    if consent.dry_run:
        text = f"Dry run: wslcfg {__version__} would be replaced by {wanted.version} from {wanted.path}."
        return Result(_data(installed, place, wanted), lambda: text)
    if not consent.yes and not asker(given).confirm(f"Replace wslcfg {__version__} by {wanted.version}?", default=True, flag="--yes"):
        raise Refused("You said no; nothing was changed.", "Run the command again when you are ready.", code="declined")
    disk = this_disk()
    fresh = replace(disk, installed, wanted)
    messages = _let_it_renew(disk, fresh)
    if place is not None:
        messages += [Message("note", sentence) for sentence in (*share(place.homes, wanted), *_behind(place, distros, wanted.version))]
    lines = f"wslcfg {__version__} is now {wanted.version}."
    return Result(_data(installed, place, wanted) | {"changed": True}, lambda: lines, tuple(messages))


def _place(host: Host) -> tuple[Place | None, tuple[str, ...] | None]:
    """Where history lies (None: there is no Windows side), and the distros that Windows has (None: not known)."""
    machine = glance(host)
    known = machine.host.distributions.value
    try:
        return settle(host, machine), None if known is None else tuple(one.name for one in known)
    except Unreachable:
        return None, None


def _data_folder() -> str:
    stated = os.environ.get("XDG_DATA_HOME", "")
    return os.path.join(stated if stated.startswith("/") else os.path.expanduser("~/.local/share"), "wslcfg")


def _wanted(source: str, place: Place | None, installed: Installed) -> Offer | None:
    """What to install: what the person named, else the newest of what is at hand (the clone it came from, the file that distros share)."""
    if source:
        return offer(source)
    found = []
    for path in (_came_from(), os.path.join(place.homes.shared, "install", "wslcfg.pyz") if place and place.homes.shared else ""):
        if path and os.path.exists(path):
            try:
                found.append(offer(path))
            except WslcfgError:
                continue  # nobody asked for that one
    best: Offer | None = None
    for one in found:
        if newer(one.version, best.version if best is not None else __version__):
            best = one
    return best if installed.kind == "own" else None


def _came_from() -> str:
    """The clone or file that pip installed it from, as it noted itself (PEP 610); '' where it came from elsewhere."""
    try:
        told = json.loads(distribution("wslcfg").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    url = urlsplit(str(told.get("url", "")))
    return unquote(url.path) if url.scheme == "file" else ""


def _renewed(host: Host, place: Place | None, distros: tuple[str, ...] | None, installed: Installed, consent: Consent) -> Result:
    """Only the files on the Windows side, by this version."""
    messages = []
    if installed.kind == "own" or isinstance(host, RecordedHost):
        said = f"wslcfg {__version__} is the newest at hand; `--from FILE` names another."
    else:
        said = f"wslcfg {__version__} was not installed by install.sh ({installed.kind}); its own way: {_OTHER_WAYS[installed.kind][0]}"
    lines = [said]
    if place is not None:
        if not consent.dry_run:
            messages += [Message("warning", sentence) for sentence in place_rescue(place.homes)]
            note(place.homes, host.now())
            lines.append("The files on the Windows side are this version's.")
        messages += [Message("note", sentence) for sentence in _behind(place, distros, __version__)]
    return Result(_data(installed, place, None), lambda: "\n".join(lines), tuple(messages))


def _let_it_renew(disk: Host, fresh: str) -> list[Message]:
    """Let the new one write its files: it knows them, and this one does not. What fails there is said, for the upgrade itself stands."""
    program = os.path.join(fresh, "bin", "wslcfg")
    messages = []
    renewed = disk.run([program, "upgrade", "--renew", "--json"], timeout_s=_AFTER_S)
    if renewed.code != 0:
        messages.append(Message("warning", "The files on the Windows side are still those of before. Run: wslcfg upgrade --renew"))
    if any_pieces(disk):
        placed = disk.run([program, "install", "--refresh", "--yes", "--quiet"], timeout_s=_AFTER_S)
        if placed.code != 0:
            messages.append(Message("warning", "The pieces in this distro are still those of before. Run: wslcfg install --refresh"))
    return messages


def _behind(place: Place, distros: tuple[str, ...] | None, version: str) -> tuple[str, ...]:
    """Which other distros differ; those that are gone from Windows are passed over."""
    there = tuple(one for one in peers(Store(place.homes)) if distros is None or one.distro in distros)
    return behind(there, place.homes.distro, version)


def _data(installed: Installed, place: Place | None, wanted: Offer | None) -> Json:
    return {
        "changed": False,
        "version": __version__,
        "to": wanted.version if wanted is not None else None,
        "source": wanted.path if wanted is not None else None,
        "installed_by": installed.kind,
        "python": sys.executable,
        "distros": [{"distro": one.distro, "version": one.tool, "at": stamp(one.at)} for one in peers(Store(place.homes))] if place else [],
    }
