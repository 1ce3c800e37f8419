"""Look: which files of a home are backed up: what holds the agents' sessions, and never what holds keys.

Everything comes out of one walk in the order of the stored paths, so that nothing has to be held in memory.
"""

from __future__ import annotations

import contextlib
import fnmatch
import heapq
import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence

from wslcfg.model.record import NamedTuple
from wslcfg.store import sqlite
from wslcfg.store.engine import Source

CLAUDE, CODEX = ".claude", ".codex"
# Of Claude Code's folder; a name that ends in / is a folder with all that is in it.
OF_CLAUDE = ("file-history/", "history.jsonl", "plans/", "projects/", "tasks/", "todos/")
# Of Codex's; its databases come on top.
OF_CODEX = ("archived_sessions/", "history.jsonl", "session_index.jsonl", "sessions/")
DATABASES = (".db", ".sqlite", ".sqlite3")
# What belongs to a database and is in its copy.
_BESIDE = tuple(name + end for name in DATABASES for end in ("-wal", "-shm", "-journal"))
# Never, wherever they lie and whatever a glob says: they hold keys, or can be made again.
SECRETS = frozenset((".credentials.json", ".claude.json", "auth.json", ".netrc", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"))
SECRET_ENDS = (".key", ".pem", ".token", ".kdbx", *_BESIDE)
SECRET_FOLDERS = frozenset((".ssh/", ".gnupg/", ".aws/"))
# What a glob may not bring back in.
CLOSED = tuple(
    [
        f"{CLAUDE}/{name}/"
        for name in ("sessions", "plugins", "debug", "cache", "daemon", "statsig", "ide", "jobs", "session-env", "backups")
    ]
    + [f"{CODEX}/{name}/" for name in ("log", "tmp", "cache", "plugins", "packages")]
)


class Places(NamedTuple):
    """Where a person's files lie; `home` is what stored paths are told from."""

    home: str
    claude: str
    codex: str


def places(home: str | None, env: Mapping[str, str]) -> Places:
    """Where to look. A home that was named stands for all of it: CLAUDE_CONFIG_DIR and CODEX_HOME then count for nothing."""
    if home is not None:
        return Places(home, os.path.join(home, CLAUDE), os.path.join(home, CODEX))
    own = env.get("HOME") or "/"
    return Places(own, env.get("CLAUDE_CONFIG_DIR") or os.path.join(own, CLAUDE), env.get("CODEX_HOME") or os.path.join(own, CODEX))


class Shut:
    """Folders that are not backed up wherever they lie: the store itself, its mirror, wslcfg's state.

    Attributes:
        met: those that lay in the way, as the walk came to them.
    """

    def __init__(self, *folders: str) -> None:
        self.met: list[str] = []
        self._inodes: set[int] = set()
        self._folders = [os.path.realpath(folder) for folder in folders if folder]

    def look(self) -> None:
        """Look where they are now; until then nothing is shut."""
        for folder in self._folders:
            with contextlib.suppress(OSError):
                self._inodes.add(os.stat(folder).st_ino)

    def bars(self, one: os.DirEntry[str]) -> bool:
        """Whether a folder is one of them; what costs nothing is looked at first. A mount has another inode than its folder's entry says."""
        if one.inode() not in self._inodes and one.path not in self._folders and not one.is_symlink():
            return False
        with contextlib.suppress(OSError):
            if any(os.path.exists(folder) and os.path.samefile(one.path, folder) for folder in self._folders):
                self.met.append(one.path)
                return True
        return False

    def holds(self, path: str) -> bool:
        """Whether a folder is one of them or lies in one."""
        real = os.path.realpath(path) + "/"
        if any(real.startswith(folder + "/") for folder in self._folders):
            self.met.append(path)
            return True
        return False


def sources(where: Places, scratch: str, include: Sequence[str] = (), shut: Shut | None = None) -> Iterator[Source]:
    """Every file to back up, sorted by stored path, each path once.

    Args:
        where: see `places`.
        scratch: a folder for copies of databases, made where needed; a copy is gone when the next source is asked for.
        include: globs below the home (`.gemini/tmp/**/*.json`); `**` is any number of folders.
        shut: folders to leave out.
    """
    shut = shut or Shut()
    shut.look()
    found = itertools.chain(
        _listed(where.claude, CLAUDE, OF_CLAUDE, shut), heapq.merge(_listed(where.codex, CODEX, OF_CODEX, shut), _databases(where.codex))
    )
    last = ""
    for path, real in heapq.merge(found, *(_matching(where.home, glob, shut) for glob in include)) if include else found:
        if path == last:
            continue
        last = path
        if path.endswith(DATABASES):
            yield from _copied(path, real, scratch)
        else:
            yield Source(path, real)


def _listed(root: str, name: str, wanted: Sequence[str], shut: Shut) -> Iterator[tuple[str, str]]:
    """The named files and folders of an agent's own folder, sorted; they may be links, what is below them may not."""
    for one in sorted(wanted):
        real = os.path.join(root, one.rstrip("/"))
        if one.endswith("/"):
            yield from _walk(real, f"{name}/{one}", shut, linked=one == "projects/")
        elif os.path.isfile(real):
            yield f"{name}/{one}", real


def _databases(codex: str) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(codex)):
            if name.endswith(DATABASES) and os.path.isfile(os.path.join(codex, name)):
                yield f"{CODEX}/{name}", os.path.join(codex, name)


def _walk(folder: str, prefix: str, shut: Shut, *, linked: bool = False) -> Iterator[tuple[str, str]]:
    """Every file below a folder, sorted by path; links are not followed, but for the folders in it when `linked`."""
    try:
        with os.scandir(folder) as found:
            # With the slash, for "a-b" comes before "a/b".
            names = []
            for one in found:
                if not linked and one.is_symlink():
                    continue
                if not one.is_dir(follow_symlinks=linked):
                    names.append(one.name)
                elif not shut.bars(one):
                    names.append(one.name + "/")
    except OSError:
        return
    names.sort()
    for name in names:
        if name in SECRETS or name in SECRET_FOLDERS or name.endswith(SECRET_ENDS):
            continue
        if name[-1] == "/":
            yield from _walk(f"{folder}/{name[:-1]}", prefix + name, shut)
        elif not linked or not os.path.islink(f"{folder}/{name}"):
            yield prefix + name, f"{folder}/{name}"


def _matching(home: str, glob: str, shut: Shut) -> Iterator[tuple[str, str]]:
    """The files below the home that a glob names; a glob that leaves the home names none."""
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or glob.startswith("/"):
        return
    fixed = 0
    while fixed < len(parts) - 1 and not re.search(r"[*?[]", parts[fixed]):
        fixed += 1
    pattern = re.compile("".join("(?:.+/)?" if part == "**" else _one(part) + "/" for part in parts).removesuffix("/") + r"\Z", re.DOTALL)
    if parts[-1] == "**":
        pattern = re.compile(pattern.pattern.removesuffix(r"(?:.+/)?\Z") + r".+\Z", re.DOTALL)
    start = "/".join(parts[:fixed])
    if shut.holds(os.path.join(home, start)):
        return
    for path, real in _walk(os.path.join(home, start), start + "/" if start else "", shut):
        if pattern.match(path) and not path.startswith(CLOSED):
            yield path, real


def _one(part: str) -> str:
    """A part of a glob as a pattern that stays within one folder."""
    return fnmatch.translate(part.replace("**", "*")).removeprefix("(?s:").removesuffix(r")\Z").replace(".*", "[^/]*")


def _copied(path: str, real: str, scratch: str) -> Iterator[Source]:
    """A database as a copy that is gone afterwards; a file that is no database goes as it is."""
    os.makedirs(scratch, mode=0o700, exist_ok=True)
    copy = os.path.join(scratch, "database.tmp")
    try:
        if sqlite.copy(real, copy):
            yield Source(path, copy, snapshot=True)
        else:
            yield Source(path, real)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(copy)
