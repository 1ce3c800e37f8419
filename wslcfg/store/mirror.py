"""Act: the copy of a store in another place, on the Windows side where the distro's disk cannot take it along when it dies.

What is copied never changes, so nothing is ever written twice: packs first, then the manifests that name them, so that the copy is
a store of its own at any moment. A Windows drive has no rename that fails when the target exists, no folder that can be renamed while
something in it is open, and its scanners hold fresh files for a moment.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from wslcfg.errors import Unreadable
from wslcfg.model.record import NamedTuple
from wslcfg.store.disk import BEGUN, Fresh, sync_folder
from wslcfg.store.manifest import Manifests
from wslcfg.store.pack import ENDING, pack_path
from wslcfg.store.prune import REMOVED

PARTIAL = ".partial"
# Where drives are mounted unless wsl.conf says otherwise.
DRIVES = ("/mnt",)
BLOCK = 1 << 20
# Virus scanners and indexers let go within this.
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
_HELD = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


class Mirrored(NamedTuple):
    """What a run did: files `copied`, and how many are still to be copied (`behind`), then with the reason in `why`."""

    copied: int
    behind: int
    why: str = ""


def bring_up_to_date(repo: str, mirror: str, id: str, roots: Sequence[str] = DRIVES) -> Mirrored:
    """Copy what the mirror lacks, then remove there what pruning removed here. Never raises for the mirror's sake.

    Args:
        roots: folders in which drives are mounted; a mirror below one where none is would be made on the disk that it shall outlive.
    """
    todo: list[str] = []
    copied = 0
    try:
        if drive := _not_mounted(mirror, roots):
            return Mirrored(0, 1, f"nothing is mounted at {drive}")
        _make(mirror, id)
        todo = _lacking(repo, mirror)
        while todo:
            _copy(os.path.join(repo, todo[0]), os.path.join(mirror, todo[0]))
            todo.pop(0)
            copied += 1
        _remove(repo, mirror)
    except (OSError, Unreadable) as error:
        why = error.message if isinstance(error, Unreadable) else f"{error.strerror or error} ({error.filename or mirror})"
        return Mirrored(copied, max(len(todo), 1), why)
    return Mirrored(copied, 0)


def _not_mounted(mirror: str, roots: Sequence[str]) -> str:
    """The folder of a drive that a mirror lies on and that is not mounted; '' where it is, or where the mirror lies elsewhere."""
    real = os.path.realpath(mirror)
    for root in roots:
        inside = os.path.relpath(real, os.path.realpath(root)).split(os.sep)
        if inside[0] in (os.pardir, os.curdir):
            continue
        ways = [os.path.join(root, *inside[:depth]) for depth in range(len(inside) + 1)]
        if not any(map(os.path.ismount, ways)):
            return ways[1]
    return ""


def _make(mirror: str, id: str) -> None:
    """Make the mirror's folders. Raises Unreadable when another store's copy lies there."""
    for folder in (mirror, os.path.join(mirror, "packs"), os.path.join(mirror, "snapshots")):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError), open(os.path.join(mirror, "format.json"), "rb") as file:
        try:
            other = str(json.loads(file.read(4096))["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"{mirror} holds something else.", "") from error
        if other != id:
            raise Unreadable(f"{mirror} holds the backups of another store; choose another folder, or move them away", "")


def bring_back(repo: str, mirror: str, id: str, sizes: dict[str, int], wanted: Iterable[str]) -> int:
    """Copy packs back that the store has lost and the mirror has whole; gives how many. Raises OSError for the store's sake alone.

    Args:
        sizes: the packs that lie in the store. wanted: those that something is missing of.
    """
    back = 0
    for pack in wanted:
        try:
            with open(os.path.join(mirror, "format.json"), "rb") as file:
                if str(json.loads(file.read(4096))["id"]) != id:
                    return back
            reading = open(pack_path(os.path.join(mirror, "packs"), pack), "rb")  # noqa: SIM115 -- closed below
        except (OSError, ValueError, KeyError, TypeError):
            continue
        with reading:
            if os.fstat(reading.fileno()).st_size <= sizes.get(pack, 0):
                continue
            fresh = Fresh(pack_path(os.path.join(repo, "packs"), pack))
            try:
                while block := _read(reading):
                    fresh.write(block)
                if fresh.size > sizes.get(pack, 0):
                    fresh.commit()
                    back += 1
            finally:
                fresh.drop()
    return back


def _read(file: BinaryIO) -> bytes:
    """The next block; nothing where the drive answers no more."""
    try:
        return file.read(BLOCK)
    except OSError:
        return b""


def _lacking(repo: str, mirror: str) -> list[str]:
    """The files to copy, in an order in which the copy is whole after each; leftovers of a killed run are cleaned on the way."""
    wanted = ["format.json"]
    wanted += [f"packs/{name}" for name in sorted(os.listdir(os.path.join(repo, "packs"))) if name.endswith(ENDING)]
    wanted += [f"snapshots/{one.name}" for one in Manifests(os.path.join(repo, "snapshots")).all()]
    wanted += [BEGUN] if os.path.exists(os.path.join(repo, BEGUN)) else []
    there: dict[str, int] = {}
    for folder in ("", "packs/", "snapshots/"):
        with os.scandir(os.path.join(mirror, folder)) as found:
            for one in found:
                if one.name.endswith(PARTIAL):
                    os.unlink(one.path)
                elif one.is_file():
                    there[folder + one.name] = one.stat().st_size
    return [
        name for name in wanted if there.get(name) != (size := os.stat(os.path.join(repo, name)).st_size) and _may(repo, name, there, size)
    ]


def _may(repo: str, name: str, there: dict[str, int], size: int) -> bool:
    """Whether to copy a file: what was cut in the store does not go over the whole one in the mirror, which may be the last."""
    return name not in there or size > there[name] or not name.startswith(("packs/", "snapshots/"))


def _copy(source: str, target: str) -> None:
    """Copy one file: written beside its place, synced, read again, renamed. Raises OSError."""
    partial = target + PARTIAL
    digest, size = hashlib.sha256(), 0
    try:
        with (
            open(source, "rb") as reading,
            open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as writing,
        ):
            while block := reading.read(BLOCK):
                digest.update(block)
                size += len(block)
                writing.write(block)
            writing.flush()
            os.fsync(writing.fileno())
            os.posix_fadvise(writing.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            os.posix_fadvise(reading.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            was = os.fstat(reading.fileno())
        _prove(partial, size, digest.hexdigest())
        with contextlib.suppress(OSError):
            os.utime(partial, ns=(was.st_mtime_ns, was.st_mtime_ns))
        for pause in (*PAUSES_S, None):
            try:
                os.rename(partial, target)
                break
            except OSError as error:
                if error.errno not in _HELD or pause is None:
                    raise
                time.sleep(pause)
        sync_folder(os.path.dirname(target), tolerant=True)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _prove(path: str, size: int, sha256: str) -> None:
    """Read a copy again; drivers and sticks that lie are found here rather than on the day of need."""
    digest, found = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            found += len(block)
    if (found, digest.hexdigest()) != (size, sha256):
        raise OSError(errno.EIO, "what was written is not what is read", path)


def _remove(repo: str, mirror: str) -> None:
    """Remove what pruning removed, and only what it named: a store that lost files does not take them from its mirror."""
    journal = os.path.join(repo, REMOVED)
    try:
        with open(journal, "rb") as file:
            names = [str(json.loads(line)) for line in file if line.endswith(b"\n")]
    except FileNotFoundError:
        return
    except ValueError as error:
        raise OSError(errno.EIO, "the list of removed files is damaged", journal) from error
    for name in reversed([name for name in names if name.startswith("snapshots/")]):
        _unlink(repo, mirror, name)
    for name in names:
        if name.startswith("packs/"):
            _unlink(repo, mirror, name)
    os.unlink(journal)


def _unlink(repo: str, mirror: str, name: str) -> None:
    if "/" not in name.partition("/")[2] and not os.path.exists(os.path.join(repo, name)):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(mirror, name))
