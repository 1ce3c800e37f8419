"""Act: a folder that is a machine, as a Host. Reads come from the folder, writes go to an overlay for real; unknown children are a bug.

The folder holds:
    machine.toml   schema = 1, description, now; tables env, text (small files in place), links, space, modified; lists folders, readonly, unreadable
    runs.toml      [[run]] argv, and out | out_base64 | out_file, err, code, failure; optionally env and cwd that the call must have
    files/         files under their absolute paths
    seen.json      what a recording saw word for word: "stats", "lists", "absent" (see recorder.py); hand-made machines have none
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from wslcfg.errors import Bug, Conflict, Unreachable, Unreadable
from wslcfg.host.port import Ran, Space, Stat
from wslcfg.model.record import NamedTuple

# By name, since Python 3.10 has it under another one and a type checker of either version misses the other.
tomllib: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

SCHEMA = 1
# A file of the folder has no time of its own (git keeps none): a week before the machine's now, unless [modified] says otherwise.
_AGE = timedelta(days=7)
_MOST_LINKS = 40


class _Run(NamedTuple):
    """One recorded child: `argv` may hold `*` for any argument and `*text*` for one that contains the text."""

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str | None
    ran: Ran


class RecordedHost:
    """A recorded machine (see `host.port.Host`); time stands still at `now`.

    Args:
        folder: the machine's folder.
        overlay: where writes go, `folder/overlay` by default; it may be kept between calls, it is part of the machine then.
    """

    def __init__(self, folder: str | os.PathLike[str], overlay: str | os.PathLike[str] | None = None) -> None:
        self.folder = os.fspath(folder)
        self.overlay = os.fspath(overlay) if overlay is not None else f"{self.folder}/overlay"
        about = _toml(f"{self.folder}/machine.toml")
        if about.get("schema") != SCHEMA:
            raise Unreadable(f"{self.folder} is a recorded machine of schema {about.get('schema')}.", f"This wslcfg reads schema {SCHEMA}.")
        self.description = str(about.get("description", ""))
        if not isinstance(about.get("now"), datetime) or about["now"].tzinfo is None:
            raise Unreadable(f"{self.folder}/machine.toml has no time.", "Give it one, such as now = 2026-10-05T08:30:00Z.")
        self._now: datetime = about["now"].astimezone(timezone.utc)
        self._env: dict[str, str] = about.get("env", {})
        self._text: dict[str, str] = about.get("text", {})
        self._links: dict[str, str] = about.get("links", {})
        self._space: dict[str, dict[str, int]] = about.get("space", {})
        self._modified: dict[str, datetime] = about.get("modified", {})
        self._folders: frozenset[str] = frozenset(about.get("folders", ()))
        self._readonly: tuple[str, ...] = tuple(about.get("readonly", ()))
        self._unreadable: tuple[str, ...] = tuple(about.get("unreadable", ()))
        self._seen: dict[str, Any] = _json(f"{self.folder}/seen.json")
        self._runs: tuple[_Run, ...] | None = None
        self._implied: dict[str, set[str]] | None = None

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, the overlay's before the folder's. Raises Unreachable for what the recording could not read."""
        path = self._resolve(path)
        if _within(path, self._unreadable):
            raise Unreachable(f"{path} cannot be read: Permission denied.", "Run as a user who may read it.", code="permission")
        if self._removed(path):
            return None
        for place in (self._over(path), self._own(path)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return _bytes(place)
        return self._text[path].encode() if path in self._text else None

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        """Replace a file in the overlay by rename. Raises Conflict, Unreachable (below a `readonly` path)."""
        path = self._resolve(path)
        self._may_change(path)
        with self._lock():
            self._check(path, if_digest)
            place = self._over(path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            fresh = f"{os.path.dirname(place)}/.{os.getpid()}.partial"
            with open(fresh, "wb") as file:
                file.write(data)
            if mode is not None:
                os.chmod(fresh, mode)
            os.replace(fresh, place)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._mark(path))

    def remove(self, path: str, *, if_digest: str | None = None) -> None:
        """Remove a file: out of the overlay, and marked as gone where the folder has it. Raises Conflict, Unreachable."""
        path = self._resolve(path)
        self._may_change(path)
        with self._lock():
            self._check(path, if_digest)
            if self.read(path) is None:
                return
            os.makedirs(os.path.dirname(self._mark(path)), exist_ok=True)
            with open(self._mark(path), "wb"):
                pass
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._over(path))

    def list(self, path: str) -> tuple[str, ...]:
        """Names in a folder: the recording's and the overlay's, without what was removed."""
        path = self._resolve(path.rstrip("/") or "/")
        if path in self._seen.get("refused", ()):
            raise Unreachable(f"{path} cannot be listed: Permission denied.", "Run as a user who may read it.", code="permission")
        found = set(self._seen.get("lists", {}).get(path, ()))
        found |= self._children().get(path, set())
        for place in (self._over(path), self._own(path)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                found.update(name for name in os.listdir(place) if not name.endswith(".partial"))
        top = "" if path == "/" else path
        return tuple(sorted(name for name in found if not self._removed(f"{top}/{name}")))

    def stat(self, path: str) -> Stat | None:
        """What lies there; links are those of machine.toml. Files of the overlay are as old as `now`."""
        path = path.rstrip("/") or "/"
        real = self._resolve(path)
        over = self._over(real)
        recorded = self._seen.get("stats", {}).get(path)
        if recorded is not None and not os.path.exists(over) and not self._removed(real):
            kind, size, mode, modified, links, target, writable = recorded
            return Stat(kind, size, mode, datetime.fromisoformat(modified), links, target, writable)
        if self._removed(real) or (path in self._seen.get("absent", ()) and not os.path.exists(over)):
            return None
        writable = not _within(real, self._readonly)
        linked = path in self._links
        place = over if os.path.exists(over) else self._own(real)
        if os.path.isfile(place) or real in self._text:
            size = os.path.getsize(place) if os.path.isfile(place) else len(self._text[real].encode())
            mode = os.stat(place).st_mode & 0o777 if place == over else 0o644
            modified_at = self._now if place == over else self._modified.get(real, self._now - _AGE)
            return Stat("link" if linked else "file", size, mode, modified_at.astimezone(timezone.utc), 1, real, writable)
        if os.path.isdir(place) or real in self._folders or real in self._children() or real == "/":
            return Stat("link" if linked else "folder", 0, 0o755, self._now - _AGE, 2, real, writable)
        return Stat("link", 0, 0o777, self._now - _AGE, 1, real, writable) if linked else None

    def space(self, path: str) -> Space | None:
        """Room as the machine has it for the longest path of the table that holds this one."""
        path = self._resolve(path)
        fitting = [top for top in self._space if path == top or path.startswith(top.rstrip("/") + "/")]
        if not fitting:
            return None
        row = self._space[max(fitting, key=len)]
        return Space(row["total"], row["free"])

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """The recorded answer, at once. Raises Bug for a child that was not recorded: an empty answer would be a false one."""
        known = self._answer(argv, cwd, env)
        if known is not None:
            return known
        raise Bug(
            f"The recorded machine {os.path.basename(self.folder)} has no answer to {list(argv)!r} (cwd {cwd!r}, env {env!r}).",
            "Add it to runs.toml of the machine, or do not ask it.",
            code="not-recorded",
        )

    def start(self, argv: Sequence[str], *, cwd: str | None = None, env: dict[str, str] | None = None) -> str:
        """The failure of the recorded answer. Raises Unreachable where there is none: behind a recording nothing goes on running."""
        known = self._answer(argv, cwd, env)
        if known is None:
            raise Unreachable(
                "This is a recorded machine: behind it is no Windows where something could go on running.",
                "Do this in a real WSL.",
                code="recorded",
            )
        return known.failure

    def now(self) -> datetime:
        """The machine's time, which stands still."""
        return self._now

    def env(self, name: str) -> str | None:
        """An environment variable of the machine, never of this process."""
        return self._env.get(name)

    def _answer(self, argv: Sequence[str], cwd: str | None, env: dict[str, str] | None) -> Ran | None:
        """What runs.toml has for that call, None when it has nothing."""
        if self._runs is None:
            self._runs = tuple(_run(row, self.folder) for row in _toml(f"{self.folder}/runs.toml").get("run", ()))
        fitting = [
            known
            for known in self._runs
            if _fits(known.argv, argv) and known.env.items() <= (env or {}).items() and known.cwd in {None, cwd}
        ]
        # The one that asks for most of the environment: a row without `env` stands for every call, also for one with other variables.
        return max(fitting, key=lambda known: len(known.env)).ran if fitting else None

    def _resolve(self, path: str) -> str:
        """Follow the links of machine.toml, also those of folders above."""
        for _ in range(_MOST_LINKS):
            above = next((link for link in self._links if path == link or path.startswith(link + "/")), None)
            if above is None:
                return path
            target = self._links[above]
            # normpath leaves two slashes at the beginning alone (POSIX gives them a meaning), hence one by hand.
            path = "/" + os.path.normpath(os.path.join(os.path.dirname(above), target)).lstrip("/") + path[len(above) :]
        return path

    def _children(self) -> dict[str, set[str]]:
        """Names by folder, as the inline texts, links and folders of machine.toml imply them."""
        if self._implied is None:
            self._implied = {}
            for path in (*self._text, *self._links, *self._folders):
                while path != "/":
                    top, _, name = path.rpartition("/")
                    top = top or "/"
                    if name in self._implied.setdefault(top, set()):
                        break
                    self._implied[top].add(name)
                    path = top
        return self._implied

    def _own(self, path: str) -> str:
        return f"{self.folder}/files{path}"

    def _over(self, path: str) -> str:
        return f"{self.overlay}/files{path}"

    def _mark(self, path: str) -> str:
        return f"{self.overlay}/removed/" + path.replace("%", "%25").replace("/", "%2F")

    def _removed(self, path: str) -> bool:
        return os.path.exists(self._mark(path))

    def _may_change(self, path: str) -> None:
        if _within(path, self._readonly):
            raise Unreachable(f"{path} cannot be written: Permission denied.", "Run as a user who may write it.", code="permission")

    def _check(self, path: str, if_digest: str | None) -> None:
        """Raise Conflict when the file is not what the caller has read."""
        if if_digest is None:
            return
        import hashlib  # only guarded writes need it, and it loads OpenSSL

        present = self.read(path)
        digest = "" if present is None else hashlib.sha256(present).hexdigest()
        if digest != if_digest:
            raise Conflict(f"{path} changed since it was read.", "Look at the new content and try again.", code="changed")

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One writer at a time, so that `if_digest` holds between processes too. Raises Unreachable where the overlay cannot be written."""
        try:
            os.makedirs(self.overlay, exist_ok=True)
            with open(f"{self.overlay}/lock", "w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            hint = "Copy the recorded machine to a folder of your own."
            raise Unreachable(f"{self.overlay} cannot be written: {error.strerror}.", hint, code="permission") from error


def _fits(pattern: tuple[str, ...], argv: Sequence[str]) -> bool:
    """Whether a recorded argv stands for this one; only elements that begin and end with `*` are patterns."""
    if len(pattern) != len(argv):
        return False
    for known, said in zip(pattern, argv, strict=True):
        if known.startswith("*") and known.endswith("*"):
            if known.strip("*") not in said:
                return False
        elif known != said:
            return False
    return True


def _run(row: dict[str, Any], folder: str) -> _Run:
    """One [[run]] table. `timeout` and the other failures get the code that the real host gives them."""
    failure = row.get("failure", "")
    code = row.get("code", {"": 0, "missing": 127, "not-executable": 126}.get(failure, -9))
    if "out_file" in row:
        out = _bytes(f"{folder}/{row['out_file']}")
    elif "out_base64" in row:
        import base64  # recordings of programs that answer in UTF-16 only

        out = base64.b64decode(row["out_base64"])
    else:
        out = row.get("out", "").encode()
    return _Run(tuple(row["argv"]), row.get("env", {}), row.get("cwd"), Ran(code, out, row.get("err", "").encode(), failure))


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _within(path: str, tops: Sequence[str]) -> bool:
    return any(path == top or path.startswith(top.rstrip("/") + "/") for top in tops)


def _toml(path: str) -> dict[str, Any]:
    """A TOML file of a machine; an empty table when it is missing."""
    try:
        table: dict[str, Any] = tomllib.loads(_bytes(path).decode())
        return table
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} is no valid TOML: {error}.", "Mend the recorded machine.") from error


def _json(path: str) -> dict[str, Any]:
    """seen.json of a recording; empty when it is missing."""
    try:
        raw = _bytes(path)
    except FileNotFoundError:
        return {}
    import json  # only recordings have it

    found = json.loads(raw)
    return found if isinstance(found, dict) else {}
