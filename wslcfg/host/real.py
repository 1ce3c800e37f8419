"""Act: the machine this runs on, as a Host."""

from __future__ import annotations

import errno
import os
import stat as modes
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from wslcfg.host import atomic, crontab
from wslcfg.host.port import Ran, Space, Stat

if TYPE_CHECKING:
    from wslcfg.host.stream import Stream

# A file that Windows holds without sharing cannot be read for some milliseconds; the kernel's own files never are held.
_READ_PAUSES_S = (0.02, 0.05, 0.1, 0.2)
_KERNEL = ("/proc/", "/sys/", "/dev/")


class RealHost:
    """The real machine (see `host.port.Host`).

    Attributes:
        in_place: files that `write` had to write in place so far, each with the reason as a clause.

    `ask` is called with each file right before it is written or removed, and raises where that may not be.
    """

    def __init__(self, ask: atomic.Ask | None = None) -> None:
        self.in_place: dict[str, str] = {}
        self._ask = ask

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None when it is not there. Raises Unreachable."""
        if path == crontab.PATH:
            return crontab.read(self.run)
        for pause in (*_READ_PAUSES_S, None):
            try:
                with open(path, "rb") as file:
                    return file.read()
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError as error:
                held = error.errno in {errno.EACCES, errno.EBUSY} and not path.startswith(_KERNEL) and os.access(path, os.R_OK)
                if pause is None or not held:
                    raise atomic.unreachable(error, path, "read") from error
                time.sleep(pause)
        raise AssertionError("the last pause is None")

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        """Replace a file whole; see `atomic.replace`."""
        if path == crontab.PATH:
            crontab.write(self.run, data, if_digest)
            return
        way = atomic.replace(path, data, mode=mode, if_digest=if_digest, ask=self._ask)
        if way.how == "in-place":
            self.in_place[path] = way.why

    def remove(self, path: str, *, if_digest: str | None = None) -> None:
        """Remove a file (a link's target); no error when it is gone already."""
        if path == crontab.PATH:
            crontab.write(self.run, None, if_digest)
            return
        atomic.remove(path, if_digest=if_digest, ask=self._ask)

    def list(self, path: str) -> tuple[str, ...]:
        """Names in a folder, sorted; empty when it is not there. Raises Unreachable."""
        try:
            return tuple(sorted(os.listdir(path)))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise atomic.unreachable(error, path, "list") from error

    def stat(self, path: str) -> Stat | None:
        """What lies there, None when nothing does; for a link all but the kind describe its target, where there is one."""
        try:
            own = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise atomic.unreachable(error, path, "look at") from error
        link = modes.S_ISLNK(own.st_mode)
        seen = own
        if link:
            try:
                seen = os.stat(path)
            except OSError:
                seen = own
        try:
            real = os.path.realpath(path)
        except (FileNotFoundError, ProcessLookupError):  # gone between two looks, as a process in /proc goes
            return None
        kind = "link" if link else "folder" if modes.S_ISDIR(own.st_mode) else "file" if modes.S_ISREG(own.st_mode) else "other"
        reach = real if os.path.exists(real) else os.path.dirname(real)
        when = datetime.fromtimestamp(seen.st_mtime_ns / 1e9, timezone.utc)
        return Stat(kind, seen.st_size, modes.S_IMODE(seen.st_mode), when, seen.st_nlink, real, os.access(reach, os.W_OK))

    def space(self, path: str) -> Space | None:
        """Room on the file system of path or of its nearest parent that exists."""
        place = path
        while True:
            try:
                found = os.statvfs(place)
            except (FileNotFoundError, NotADirectoryError):
                if place in {"/", ""}:
                    return None
                place = os.path.dirname(place)
                continue
            except OSError:
                return None
            return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Run a child (see `host.port.Host.run`); `env` is added to this process's environment, of which LC_ALL is C.UTF-8."""
        from wslcfg.host import child  # subprocess costs 8 ms, and most commands run no child

        return child.run(argv, stdin, timeout_s, cwd, _environment(env))

    def start(self, argv: Sequence[str], *, cwd: str | None = None, env: dict[str, str] | None = None) -> str:
        """Start a child and leave it alone (see `host.port.Host.start`); `env` is added to this process's environment."""
        from wslcfg.host import child  # as in run

        return child.start(argv, cwd, _environment(env))

    def on_terminal(self, argv: Sequence[str], *, stdin: bytes | None = None) -> Ran:
        """Run a child that may ask the person something (sudo): it keeps our terminal and speaks to it; nothing is captured."""
        from wslcfg.host import child  # as in run

        return child.on_terminal(argv, stdin, dict(os.environ))

    def stream(self, argv: Sequence[str], *, timeout_s: float = 120.0) -> Stream:
        """A child whose stdout is read while it runs; see `host.stream`. Only this host has it: a recorded one answers by `run`."""
        from wslcfg.host import stream  # as in run

        return stream.Stream(argv, _environment(None), timeout_s)

    def now(self) -> datetime:
        """The time, UTC and aware."""
        return datetime.now(timezone.utc)

    def env(self, name: str) -> str | None:
        """An environment variable."""
        return os.environ.get(name)


def _environment(more: dict[str, str] | None) -> dict[str, str]:
    """Our environment with a fixed locale; LANGUAGE would override LC_ALL in gettext programs."""
    whole = {name: value for name, value in os.environ.items() if name != "LANGUAGE"}
    whole["LC_ALL"] = "C.UTF-8"
    whole.update(more or {})
    return whole
