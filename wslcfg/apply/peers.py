"""Act: which wslcfg each distro of this Windows has, and who wrote the files that they share there last."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

from wslcfg import __version__
from wslcfg.apply.generations import Store, new_id
from wslcfg.apply.homes import Homes
from wslcfg.host import atomic
from wslcfg.model.record import NamedTuple
from wslcfg.model.version import newer

# Below `%LOCALAPPDATA%\\wslcfg`: one file a distro, {distro, tool, at}.
FOLDER = "distros"


class Peer(NamedTuple):
    """A distro, the version of wslcfg it had when it was heard of last, and when that was."""

    distro: str
    tool: str
    at: datetime


def note(homes: Homes, now: datetime) -> None:
    """Write down which wslcfg this distro has. Raises Unreachable; nothing where there is no Windows side."""
    if homes.shared is None:
        return
    said = {"distro": homes.distro, "tool": __version__, "at": now.astimezone(timezone.utc).isoformat()}
    # A distro's name can hold signs that no file's name may: what new_id makes of one, without its time and its random end.
    name = new_id(0, homes.distro).split("-", 1)[1].rsplit("-", 1)[0]
    atomic.replace(os.path.join(homes.shared, FOLDER, f"{name}.json"), json.dumps(said).encode() + b"\n")


def peers(store: Store) -> tuple[Peer, ...]:
    """Every distro by name, from the history and from what `note` wrote; the latest word of each. Raises Refused (a newer history)."""
    found: dict[str, Peer] = {}
    told = [Peer(item.distro, item.tool, item.made_at) for item in store.all().generations]
    for peer in (*told, *_noted(store.homes)):
        if peer.distro not in found or peer.at >= found[peer.distro].at:
            found[peer.distro] = peer
    return tuple(found[name] for name in sorted(found))


def behind(all_of_them: tuple[Peer, ...], distro: str, version: str) -> tuple[str, ...]:
    """A sentence for each other distro with another version than this one's, and what to type."""
    said = []
    for peer in all_of_them:
        if peer.distro == distro or peer.tool == version:
            continue
        if newer(version, peer.tool):
            said.append(f"{peer.distro} had wslcfg {peer.tool} when it was heard of last. Run: wsl.exe -d {peer.distro} -- wslcfg upgrade")
        else:
            said.append(f"{peer.distro} has wslcfg {peer.tool}, newer than this {version}; its files on the Windows side stay.")
    return tuple(said)


def _noted(homes: Homes) -> list[Peer]:
    folder = os.path.join(homes.shared, FOLDER) if homes.shared is not None else ""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                said = json.load(file)
            found.append(Peer(str(said["distro"]), str(said["tool"]), datetime.fromisoformat(said["at"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged: the next upgrade of that distro writes it anew
    return [peer for peer in found if peer.at.tzinfo is not None]
