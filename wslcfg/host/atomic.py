"""Act: replace a file so that everybody sees the old bytes or the new ones, on ext4 and on a Windows drive.

The way: a temporary file in the same folder, fsync, rename, fsync of the folder. Where a rename would break something (hard
links, another owner, a mount point, a folder that may not be written) the file is written in place, with a synced copy beside it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat as modes
import time
from collections.abc import Callable, Iterator

from wslcfg.errors import Conflict, Unreachable, WslcfgError
from wslcfg.host import process
from wslcfg.model.record import NamedTuple

# Windows answers a rename onto a file that somebody has open with a sharing violation; drvfs says EACCES, EPERM or EBUSY. wslservice and
# virus scanners hold a file for milliseconds, so 1.5 s in growing steps is plenty.
PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)

# A temporary file whose writer cannot be asked (another distro) is a left-over when nobody touched it for this long.
LEFT_OVER_S = 3600.0

_BLOCK = 1 << 20

# Asked about a file right before it changes; it raises where that may not be.
Ask = Callable[[str], None]

_SHARING = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY})


class Way(NamedTuple):
    """How the file `real` was written: `replaced`, `appended` (a newline alone), or `in-place`, then `why` says which reason forbade a rename."""

    how: str
    why: str
    real: str


def digest(data: bytes | None) -> str:
    """The sha256 (hex) of bytes, '' for a file that is not there: the form of `if_digest`."""
    return "" if data is None else hashlib.sha256(data).hexdigest()


def replace(path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None, ask: Ask | None = None) -> Way:
    """Write a file whole, following links to their target and making parent folders.

    Where a newline at its end is all that is new, that byte is appended: whoever has the file open keeps it.

    Args:
        path: absolute path.
        data: the new bytes.
        mode: permission bits the file shall have; None keeps those it has, and gives a new file the umask's.
        if_digest: what must be there (see `digest`), asked as late as possible; None asks nothing.
        ask: called with the target right before it changes; what it raises stops the write.

    Raises:
        Conflict: something else is there than `if_digest` says. Unreachable: no permission, no space, a loop of links, a file held open.
    """
    real = resolve(path)
    folder = os.path.dirname(real)
    try:
        os.makedirs(folder, exist_ok=True)
        sweep(folder)
        there = _lstat(real)
        if there is not None and not modes.S_ISREG(there.st_mode):
            raise Unreachable(f"{path} is not a file.", "Move away what lies there, then run the command again.", code="not-a-file")
        guard = _Guard(real, if_digest, ask)
        if there is not None and _end_line(real, data, mode, there, guard):
            return Way("appended", "", real)
        why = _why_in_place(there, folder)
        if why and there is not None:
            _write_in_place(real, data, mode, guard, folder)
            return Way("in-place", why, real)
        return _rename_over(real, data, mode, guard, there, folder)
    except OSError as error:
        raise unreachable(error, path, "write") from error


def remove(path: str, *, if_digest: str | None = None, ask: Ask | None = None) -> None:
    """Remove a file (a link's target; the link stays), no error when it is gone already. Raises as `replace`."""
    real = resolve(path)
    try:
        guard = _Guard(real, if_digest, ask)
        for pause in (*PAUSES_S, None):
            try:
                guard()
                os.unlink(real)
                break
            except (FileNotFoundError, NotADirectoryError):
                return
            except OSError as error:
                if error.errno not in _SHARING or pause is None or not os.access(os.path.dirname(real), os.W_OK | os.X_OK):
                    raise
                time.sleep(pause)
        sync_folder(os.path.dirname(real))
    except OSError as error:
        raise unreachable(error, path, "remove") from error


def resolve(path: str) -> str:
    """The path with every link followed; a dangling link gives the target that is missing. Raises Unreachable for a loop."""
    real = os.path.realpath(path)
    if os.path.islink(real):
        raise Unreachable(f"{path} is a link that leads back to itself.", "Repair the link, then run the command again.", code="link-loop")
    return real


class _Guard:
    """What is asked right before a file changes: whether it still is what it was read as, then whoever may forbid it."""

    def __init__(self, real: str, if_digest: str | None, ask: Ask | None) -> None:
        self.real, self.if_digest, self._ask = real, if_digest, ask

    def __call__(self) -> None:
        """Raise Conflict unless the file is what `if_digest` says; `real` must be resolved."""
        seen = _seen(self.real)
        if self.if_digest is not None:
            present = _digest_of(self.real)
            if present != self.if_digest:
                raise _changed(self.real, "is gone" if not present else "appeared" if not self.if_digest else "changed")
        if self._ask is not None:
            self._ask(self.real)
        # To read a large file takes a while, and so may the question: what came meanwhile must not be lost.
        if self.if_digest is not None and _seen(self.real) != seen:
            raise _changed(self.real, "changed")


def _changed(real: str, what: str) -> Conflict:
    return Conflict(f"{real} {what} since it was read; nothing was written.", "Look at it and run the command again.", code="changed")


def _seen(real: str) -> tuple[int, int, int, int] | None:
    """By what a change of a file is known without reading it."""
    there = _lstat(real)
    return None if there is None else (there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns)


def _digest_of(real: str) -> str:
    hashed = hashlib.sha256()
    try:
        with open(real, "rb") as file:
            while block := file.read(_BLOCK):
                hashed.update(block)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return hashed.hexdigest()


def sync_folder(folder: str) -> None:
    """Make a rename inside the folder last; Windows drives may not know how, which is tolerated."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: str) -> None:
    """Delete temporary files that a killed wslcfg left: its process is dead, or nobody touched them for an hour."""
    try:
        names = [name for name in os.listdir(folder) if name.startswith(".wslcfg-") and name.endswith(".tmp")]
    except OSError:
        return
    for name in names:
        writer = _writer(name)
        running = process.alive(writer) if writer else None
        place = os.path.join(folder, name)
        with contextlib.suppress(OSError):
            if running is False or (running is None and time.time() - os.lstat(place).st_mtime > LEFT_OVER_S):
                os.unlink(place)


def unreachable(error: OSError, path: str, verb: str) -> Unreachable:
    """The system's refusal in words: what could not be done to which file, and what to do."""
    number = error.errno or 0
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        what = "no space is left" if number == errno.ENOSPC else "a quota or limit is reached"
        return Unreachable(f"Could not {verb} {path}: {what}.", "Free some space there and run the command again.", code="no-space")
    if number == errno.EROFS:
        what = "its file system is read-only"
        return Unreachable(f"Could not {verb} {path}: {what}.", "Mount it writable and run the command again.", code="read-only")
    if number == errno.EBUSY:
        what = "a program holds it"
        return Unreachable(f"Could not {verb} {path}: {what}.", "Close what has it open and run the command again.", code="held")
    if number in {errno.EACCES, errno.EPERM}:
        return Unreachable(
            f"Could not {verb} {path}: no permission, or a Windows program holds it open.",
            "Close editors and WSL Settings, check who owns the file and its folder, and run the command again.",
            code="no-permission",
        )
    return Unreachable(f"Could not {verb} {path}: {os.strerror(number) if number else error}.", "Check the drive and the path.", code="io")


def _rename_over(real: str, data: bytes, mode: int | None, guard: _Guard, there: os.stat_result | None, folder: str) -> Way:
    """The atomic way; falls back to writing in place where the system forbids the rename for good."""
    private = there is not None or mode is not None
    with _temporary(folder, data, private=private) as (handle, temporary):
        if there is not None and os.fstat(handle).st_uid != there.st_uid and not _give(handle, there) and os.access(real, os.W_OK):
            _write_in_place(real, data, mode, guard, folder)
            return Way("in-place", "it belongs to somebody else, who would lose it to a new file", real)
        if there is not None:
            _give(handle, there)
            _copy_attributes(real, handle)
        wanted = mode if mode is not None else modes.S_IMODE(there.st_mode) if there is not None else None
        if wanted is not None:
            with contextlib.suppress(OSError):  # Windows drives without the metadata option know no modes
                os.fchmod(handle, wanted)
        os.fsync(handle)
        for pause in (*PAUSES_S, None):
            guard()
            try:
                os.replace(temporary, real)
                break
            except OSError as error:
                if error.errno not in _SHARING:
                    raise
                why = _why_no_rename(real, there)
                if why and (pause is None or error.errno == errno.EBUSY):
                    _write_in_place(real, data, mode, guard, folder)
                    return Way("in-place", why, real)
                if pause is None:
                    raise
                time.sleep(pause)
    sync_folder(folder)
    return Way("replaced", "", real)


def _end_line(real: str, data: bytes, mode: int | None, there: os.stat_result, guard: _Guard) -> bool:
    """Append the newline that is all that is new; False where more is, or where the file cannot be opened as it is."""
    if guard.if_digest is None or len(data) != there.st_size + 1 or data[-1:] != b"\n" or not there.st_mode & modes.S_IWUSR:
        return False
    if hashlib.sha256(memoryview(data)[:-1]).hexdigest() != guard.if_digest:
        return False
    try:
        handle = os.open(real, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        guard()
        os.write(handle, b"\n")
        if mode is not None:
            with contextlib.suppress(OSError):  # as for a new file
                os.fchmod(handle, mode)
        os.fsync(handle)
    finally:
        os.close(handle)
    return True


def _why_in_place(there: os.stat_result | None, folder: str) -> str:
    """The reason, known beforehand, why a rename would do harm or cannot work; '' when there is none."""
    if there is not None and there.st_nlink > 1:
        return f"it has {there.st_nlink} hard links, which a new file would part"
    if there is not None and not os.access(folder, os.W_OK | os.X_OK):
        return "its folder may not be written"
    return ""


def _why_no_rename(real: str, there: os.stat_result | None) -> str:
    """The reason why the system refused a rename and will refuse it again; '' when it may be a program that holds the file."""
    if there is None:
        return ""
    if not there.st_mode & modes.S_IWUSR:
        return "it is marked read-only"
    # A line reads `36 35 98:0 /a /etc/wsl.conf rw,noatime …`, with octal escapes for space, tab, newline and backslash (proc(5)).
    escaped = "".join(f"\\{ord(sign):03o}" if sign in " \t\n\\" else sign for sign in real)
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        if any(line.split()[4] == escaped for line in mounts):
            return "it is a mount point"
    return ""


def _write_in_place(real: str, data: bytes, mode: int | None, guard: _Guard, folder: str) -> None:
    """Overwrite a file's own bytes; on any failure the old bytes are put back, and a synced copy lies beside it meanwhile."""
    with open(real, "rb") as file:
        old = file.read()
    bits = modes.S_IMODE(os.stat(real).st_mode)
    with contextlib.ExitStack() as stack:
        kept = None
        if os.access(folder, os.W_OK | os.X_OK):
            handle, kept = stack.enter_context(_temporary(folder, old, private=True, ending=".keep"))
            os.fsync(handle)
        file_handle = _open_to_write(real, bits)
        try:
            guard()
            try:
                _fill(file_handle, data)
            except BaseException:
                try:
                    _fill(file_handle, old)
                except OSError as error:
                    rescue = f"The whole file lies in {kept}." if kept else "The whole file lies in the newest backup (wslcfg history)."
                    raise Unreachable(f"Could not write {real}, nor put it back: {error.strerror}.", rescue, code="torn") from error
                raise
        finally:
            with contextlib.suppress(OSError):
                os.fchmod(file_handle, mode if mode is not None else bits)
            os.close(file_handle)


def _fill(handle: int, data: bytes) -> None:
    """Write from the start, cut what is left of older bytes, sync; one call writes it all, so that a kill finds few places."""
    done = 0
    while done < len(data):
        done += os.pwrite(handle, data[done:], done)
    os.ftruncate(handle, len(data))
    os.fsync(handle)


def _open_to_write(real: str, bits: int) -> int:
    """Open an existing file; a read-only one of our own is made writable first (its bits come back when it is closed)."""
    try:
        return os.open(real, os.O_WRONLY | os.O_CLOEXEC)
    except PermissionError:
        if bits & modes.S_IWUSR:
            raise
        os.chmod(real, bits | modes.S_IWUSR)
        try:
            return os.open(real, os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            os.chmod(real, bits)
            raise


@contextlib.contextmanager
def _temporary(folder: str, data: bytes, *, private: bool, ending: str = ".tmp") -> Iterator[tuple[int, str]]:
    """A file beside the target that holds data; it is gone at the end unless it was renamed.

    Its name says whose it is: `.wslcfg-BOOT-NAMESPACE-PID-STARTED-RANDOM.tmp`. A private one never is more open than the file it replaces.
    """
    mine = process.me()
    name = f".wslcfg-{mine.boot}-{mine.space}-{mine.pid}-{mine.started}-{os.urandom(4).hex()}{ending}"
    place = os.path.join(folder, name)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666)
    kept = False
    try:
        done = 0
        while done < len(data):
            done += os.write(handle, data[done:])
        yield handle, place
    except WslcfgError as error:
        kept = error.code == "torn"  # the copy is now the only whole one: it stays
        raise
    finally:
        os.close(handle)
        if not kept:
            with contextlib.suppress(OSError):
                os.unlink(place)


def _writer(name: str) -> process.Identity | None:
    """Who made a temporary file, from its name; None for a name that is not quite ours."""
    parts = name.removeprefix(".wslcfg-").removesuffix(".tmp").split("-")
    if len(parts) != 5 or not (parts[2].isdigit() and parts[3].isdigit()):
        return None
    return process.Identity(parts[0], parts[1], int(parts[2]), int(parts[3]))


def _give(handle: int, there: os.stat_result) -> bool:
    """Give the new file the old one's owner and group; False when that is not ours to do."""
    mine = os.fstat(handle)
    if (mine.st_uid, mine.st_gid) == (there.st_uid, there.st_gid):
        return True
    try:
        os.fchown(handle, there.st_uid, there.st_gid)
    except OSError:
        with contextlib.suppress(OSError):
            os.fchown(handle, -1, there.st_gid)
        return os.fstat(handle).st_uid == there.st_uid
    return True


def _copy_attributes(real: str, handle: int) -> None:
    """Take over extended attributes and ACLs, as far as the file system has them."""
    with contextlib.suppress(OSError):
        for name in os.listxattr(real):
            with contextlib.suppress(OSError):
                os.setxattr(handle, name, os.getxattr(real, name))


def _lstat(real: str) -> os.stat_result | None:
    try:
        return os.lstat(real)
    except (FileNotFoundError, NotADirectoryError):
        return None
