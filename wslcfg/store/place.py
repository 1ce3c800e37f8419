"""Act: put a file that an engine brought to where it belongs: whole or not at all, private, synced, never over what somebody else made meanwhile."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat as modes

from wslcfg.host import atomic, process
from wslcfg.model.record import NamedTuple

_BLOCK = 1 << 20
# A last line that is longer than this is not looked at as JSON: it is kept with a line end.
_LONGEST_LINE = 256 << 20


class Print(NamedTuple):
    """By what a file is known to be untouched since it was looked at."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


def temporary(folder: str) -> str:
    """A name for a temporary file in a folder, which tells whose it is, so that `atomic.sweep` clears away what a kill leaves."""
    mine = process.me()
    return os.path.join(folder, f".wslcfg-{mine.boot}-{mine.space}-{mine.pid}-{mine.started}-{os.urandom(4).hex()}.tmp")


def look(path: str) -> os.stat_result | None:
    """What lies at a path, links followed; None when nothing does. Raises Unreachable."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise atomic.unreachable(error, path, "look at") from error


def print_of(there: os.stat_result) -> Print:
    """The print of a file."""
    return Print(there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns)


def is_file(there: os.stat_result) -> bool:
    """Whether it is an ordinary file."""
    return modes.S_ISREG(there.st_mode)


def begins_with(whole: str, part: str) -> bool:
    """Whether a file begins with all bytes of another one. Raises Unreachable."""
    try:
        with open(whole, "rb") as one, open(part, "rb") as two:
            while block := two.read(_BLOCK):
                if one.read(len(block)) != block:
                    return False
    except OSError as error:
        raise atomic.unreachable(error, part, "compare") from error
    return True


def last_line(path: str) -> bytes:
    """The last line of a file that does not end with a line end; empty where it does."""
    with open(path, "rb") as file:
        left = file.seek(0, os.SEEK_END)
        tail = b""
        while left > 0 and b"\n" not in tail and len(tail) < _LONGEST_LINE:
            step = min(_BLOCK, left)
            left -= step
            file.seek(left)
            tail = file.read(step) + tail
    return tail.rpartition(b"\n")[2]


def digest(path: str, *, length: int | None = None, more: bytes = b"") -> str | None:
    """The sha256 (hex) of a file, or of its first `length` bytes, with `more` behind; None when it is not there. Raises Unreachable."""
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            left = length
            while block := file.read(_BLOCK if left is None else min(_BLOCK, left)):
                found.update(block)
                left = None if left is None else left - len(block)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise atomic.unreachable(error, path, "read") from error
    found.update(more)
    return found.hexdigest()


def copy(source: str, target: str, *, length: int | None = None, more: bytes = b"") -> str:
    """Copy a file (its first `length` bytes, then `more`) into a fresh one, 0600 and synced; the sha256 (hex) of what was written.

    Raises OSError.
    """
    found = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(source, "rb") as file:
            left = os.fstat(file.fileno()).st_size if length is None else length
            while left > 0 and (block := file.read(min(_BLOCK, left))):
                _write(handle, block)
                found.update(block)
                left -= len(block)
        _write(handle, more)
        found.update(more)
        os.fsync(handle)
    finally:
        os.close(handle)
    return found.hexdigest()


def settle(ready: str, target: str, *, over: Print | None) -> bool:
    """Give a ready, synced file its name.

    Args:
        ready: lies in the target's own folder. over: the file that may be replaced; None where there must be none.

    Returns: False when something else lies there by now; then `ready` is gone and nothing has changed. Raises OSError.
    """
    there = look(target)
    if (over is None) != (there is None) or (there is not None and print_of(there) != over):
        os.unlink(ready)
        return False
    if over is not None:
        os.rename(ready, target)
    else:
        try:
            os.link(ready, target)  # unlike a rename it does not replace what came between the look and now
        except FileExistsError:
            os.unlink(ready)
            return False
        except OSError:  # a file system without hard links
            os.rename(ready, target)
        else:
            os.unlink(ready)
    atomic.sync_folder(os.path.dirname(target))
    return True


def size_below(folder: str) -> int:
    """The bytes of all files below a folder; what cannot be looked at counts as none."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size
    return size


def make_folders(folder: str) -> list[str]:
    """Make a folder and its parents, private; the ones that were not there, outermost first. Raises OSError."""
    made: list[str] = []
    missing: list[str] = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(one, 0o700)
            made.append(one)
            atomic.sync_folder(os.path.dirname(one))
    return made


def append(path: str, lines: list[bytes]) -> None:
    """Add lines to a file that others append to as well: each line with one call, so that no kill and no neighbour splits it. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for line in lines:
            _write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
