"""Act: the store's writes: whole under their final name or not there at all, and synced before anything builds on them.

A file is written under a name that ends in `.tmp`, synced, renamed, and its folder synced. Whatever ends in `.tmp` was left by a run that was
killed, and whoever holds the lock may delete it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator

from wslcfg.errors import Conflict, WslcfgError
from wslcfg.host import atomic

TEMPORARY = ".tmp"
# A file of a store that says that there was a snapshot once.
BEGUN = "begun"
# What a Windows drive answers when a folder is synced; tolerated where a mirror lies, never for the store itself.
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
# Smaller files are not worth a call to tell the kernel that their pages are not needed again.
BIG = 1 << 20


@contextlib.contextmanager
def told(path: str, verb: str = "write") -> Iterator[None]:
    """Turn the system's refusal into an error for people; `path` is named where the refusal names no file."""
    try:
        yield
    except WslcfgError:
        raise
    except OSError as error:
        raise atomic.unreachable(error, str(error.filename or path), verb) from error


class Fresh:
    """A file that comes into being under a temporary name; `commit` gives it its own."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self._temporary = path + TEMPORARY
        self._handle = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def write(self, *pieces: bytes) -> None:
        """Append bytes, all of them."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            self.size += len(piece)

    def commit(self) -> None:
        """Sync, rename, sync the folder. After an error nothing is there: a failed sync is never tried again, for it would not tell."""
        try:
            os.fsync(self._handle)
            if self.size >= BIG:
                forget(self._handle)
        except OSError:
            self.drop()
            raise
        handle, self._handle = self._handle, -1
        try:
            os.close(handle)
            os.rename(self._temporary, self.path)
        except OSError:
            self.drop()
            raise
        sync_folder(os.path.dirname(self.path))

    def drop(self) -> None:
        """Leave nothing behind; no error."""
        with contextlib.suppress(OSError):
            if self._handle >= 0:
                handle, self._handle = self._handle, -1
                os.close(handle)
        with contextlib.suppress(OSError):
            os.unlink(self._temporary)


def write(path: str, data: bytes) -> None:
    """Write a small file whole and synced."""
    fresh = Fresh(path)
    try:
        fresh.write(data)
        fresh.commit()
    finally:
        fresh.drop()


def sync_folder(folder: str, *, tolerant: bool = False) -> None:
    """Make what was renamed in a folder last; `tolerant` of file systems that cannot."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if not tolerant or error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)


def make_folder(path: str) -> None:
    """Make a folder for this person alone, with its parents; each new name is synced."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for one in reversed(missing):
        os.mkdir(one, 0o700)
        sync_folder(os.path.dirname(one))


def sweep(*folders: str) -> None:
    """Delete what killed runs left; the lock must be held."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            continue
        for name in names:
            if name.endswith(TEMPORARY):
                os.unlink(os.path.join(folder, name))


def forget(handle: int) -> None:
    """Tell the kernel that a file's pages are not needed again: a backup must not push out those of the agents."""
    with contextlib.suppress(OSError):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


@contextlib.contextmanager
def locked(repo: str, state: str) -> Iterator[None]:
    """Hold the lock of this store. The kernel drops it with the process, so none is ever left behind.

    It is taken twice: in the state folder, which always lies on a file system of Linux, and on the store itself, where two with different state
    folders meet. Raises Conflict when another one is at work, at once.
    """
    with contextlib.ExitStack() as held:
        with told(state, "make a lock in"):
            make_folder(state)
            handle = os.open(lock_path(repo, state), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        held.callback(os.close, handle)
        _take(handle, fcntl.LOCK_EX)
        if os.path.isdir(repo):
            with told(repo, "open"):
                handle = os.open(repo, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            held.callback(os.close, handle)
            _take(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def reading(repo: str, *, alone: bool = False) -> Iterator[bool]:
    """Keep packs from being removed while they are read; with `alone` whether nobody reads just now. Where nothing can be locked it is taken as so."""
    try:
        handle = os.open(os.path.join(repo, "packs"), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield True
        return
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX | fcntl.LOCK_NB) if alone else fcntl.LOCK_SH)
            free = True
        except OSError as error:
            free = error.errno != errno.EWOULDBLOCK
        yield free
    finally:
        os.close(handle)


def lock_path(repo: str, state: str) -> str:
    """Where the lock of a store lies."""
    return os.path.join(state, f"store-{name_of(repo)}.lock")


def name_of(repo: str) -> str:
    """A short name for a store's place, for files about it in the state folder."""
    return hashlib.sha256(os.fsencode(os.path.realpath(repo))).hexdigest()[:12]


def _take(handle: int, how: int) -> None:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno == errno.EWOULDBLOCK:
            raise Conflict(
                "Another wslcfg works on these backups.", "Wait until it is done and run the command again.", code="locked"
            ) from None
        # A file system without flock; the other of the two locks serves.
