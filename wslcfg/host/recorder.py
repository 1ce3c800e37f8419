"""Act: a Host that passes everything on and writes down what it saw, as a machine folder. Each problem report becomes a machine for the tests."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host, Ran, Space, Stat
from wslcfg.host.recorded import SCHEMA
from wslcfg.host.redact import Redactor

# A long argument that holds one of these marks is a script of ours: it is recorded by the mark, so that the recording outlives its next wording.
_OWN_SCRIPTS = ("WSLCFG",)
_LONG = 400
# Files of a machine that matter are small; what is larger is cut, and said to be.
_WANTED = {b"WSL_DISTRO_NAME", b"WSL_INTEROP", b"WSL2_USER_PROFILE", b"USERPROFILE"}
_LARGEST_FILE = 1 << 20


class RecordingHost:
    """Wraps any Host. Only what was there before our own writes is recorded; time stands still, as it will in the recording.

    Args:
        host: the machine. folder: where the recording goes; made by `save`.
        redact: False keeps names and secrets (for tests on machines that have none).
    """

    def __init__(self, host: Host, folder: str | os.PathLike[str], *, redact: bool = True) -> None:
        self._host = host
        self._folder = Path(folder)
        self._redact = redact
        self._now = host.now()
        self._reads: dict[str, bytes | None] = {}
        self._refused: set[str] = set()
        self._lists: dict[str, tuple[str, ...]] = {}
        self._unlisted: set[str] = set()
        self._stats: dict[str, Stat | None] = {}
        self._spaces: dict[str, Space] = {}
        self._runs: list[tuple[tuple[str, ...], str | None, dict[str, str], Ran]] = []
        self._env: dict[str, str] = {}
        self._written: set[str] = set()

    def read(self, path: str) -> bytes | None:
        """As the wrapped host."""
        try:
            raw = self._host.read(path)
        except WslcfgError:
            self._refused.add(path)
            raise
        if path not in self._written:
            self._reads.setdefault(path, raw)
        return raw

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        """As the wrapped host; the recording keeps what was there before."""
        self._written.add(path)
        self._host.write(path, data, mode=mode, if_digest=if_digest)

    def remove(self, path: str, *, if_digest: str | None = None) -> None:
        """As the wrapped host; the recording keeps what was there before."""
        self._written.add(path)
        self._host.remove(path, if_digest=if_digest)

    def list(self, path: str) -> tuple[str, ...]:
        """As the wrapped host."""
        try:
            names = self._host.list(path)
        except WslcfgError:
            self._unlisted.add(path)
            raise
        self._lists.setdefault(path.rstrip("/") or "/", names)
        return names

    def stat(self, path: str) -> Stat | None:
        """As the wrapped host."""
        found = self._host.stat(path)
        if path not in self._written:
            self._stats.setdefault(path.rstrip("/") or "/", found)
        return found

    def space(self, path: str) -> Space | None:
        """As the wrapped host."""
        found = self._host.space(path)
        if found is not None:
            self._spaces.setdefault(path, found)
        return found

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """As the wrapped host."""
        ran = self._host.run(argv, stdin=stdin, timeout_s=timeout_s, cwd=cwd, env=env)
        self._runs.append((tuple(argv), cwd, dict(env or {}), ran))
        return ran

    def start(self, argv: Sequence[str], *, cwd: str | None = None, env: dict[str, str] | None = None) -> str:
        """As the wrapped host; a machine that is recorded is looked at, so there is nothing to write down."""
        return self._host.start(argv, cwd=cwd, env=env)

    def now(self) -> datetime:
        """The time at which the recording began."""
        return self._now

    def env(self, name: str) -> str | None:
        """As the wrapped host."""
        value = self._host.env(name)
        if value is not None:
            self._env[name] = value
        return value

    def save(self) -> None:
        """Write the machine folder; names and secrets are replaced alike in paths, texts and arguments."""
        redactor = self._redactor()
        clean = redactor.text if self._redact else str
        self._folder.mkdir(parents=True, exist_ok=True)
        texts: dict[str, str] = {}
        for path, raw in self._reads.items():
            if raw is not None:
                if self._redact and path.endswith("/environ"):
                    raw = _own_variables(raw)
                data = (redactor.data(raw) if self._redact else raw)[:_LARGEST_FILE]
                self._keep(clean(path), data, texts)
        lines = [f"schema = {SCHEMA}", 'description = "recorded"', f"now = {self._now.isoformat()}"]
        lines.append(f"unreadable = [{', '.join(_quote(clean(path)) for path in sorted(self._refused))}]")
        lines.append("\n[env]")
        lines.extend(
            f"{_quote(name)} = {_quote(redactor.variable(name, value) if self._redact else value)}" for name, value in self._env.items()
        )
        lines.append("\n[space]")
        lines.extend(f"{_quote(clean(path))} = {{ total = {space.total}, free = {space.free} }}" for path, space in self._spaces.items())
        lines.append("\n[text]")
        lines.extend(f"{_quote(path)} = {_quote(text)}" for path, text in texts.items())
        (self._folder / "machine.toml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        runs = [line for argv, cwd, env, ran in self._runs for line in self._run_lines(redactor, argv, cwd, env, ran)]
        (self._folder / "runs.toml").write_text("\n".join(runs) + "\n", encoding="utf-8", newline="\n")
        seen = {
            "lists": {clean(path): [clean(name) for name in names] for path, names in self._lists.items()},
            "refused": sorted(clean(path) for path in self._unlisted),
            "absent": sorted(clean(path) for path, found in self._stats.items() if found is None),
            "stats": {
                clean(path): [at.kind, at.size, at.mode, at.modified_at.isoformat(), at.links, clean(at.real), at.writable]
                for path, at in self._stats.items()
                if at is not None
            },
        }
        (self._folder / "seen.json").write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8", newline="\n")

    def _keep(self, path: str, data: bytes, texts: dict[str, str]) -> None:
        """A file into `texts` (machine.toml) when it is a small text of the kernel's, else into files/."""
        if len(data) <= 4096 and path.startswith(("/proc/", "/sys/")):
            try:
                texts[path] = data.decode()
            except UnicodeDecodeError:
                pass
            else:
                return
        place = self._folder / "files" / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def _run_lines(self, redactor: Redactor, argv: tuple[str, ...], cwd: str | None, env: dict[str, str], ran: Ran) -> tuple[str, ...]:
        """One [[run]] table."""
        clean = redactor.text if self._redact else str
        words = []
        for word in argv:
            mark = next((mark for mark in _OWN_SCRIPTS if len(word) > _LONG and mark in word), None)
            words.append(f"*{mark}*" if mark else clean(word))
        out, err = (redactor.data(part) if self._redact else part for part in (ran.out, ran.err))
        lines = ["[[run]]", f"argv = [{', '.join(map(_quote, words))}]", f"code = {ran.code}"]
        try:
            lines.append(f"out = {_quote(out.decode())}")
        except UnicodeDecodeError:
            lines.append(f'out_base64 = "{base64.b64encode(out).decode()}"')
        lines.append(f"err = {_quote(err.decode('utf-8', 'replace'))}")
        if ran.failure:
            lines.append(f"failure = {_quote(ran.failure)}")
        if env:
            lines.append("env = { " + ", ".join(f"{_quote(name)} = {_quote(clean(value))}" for name, value in env.items()) + " }")
        if cwd is not None:
            lines.append(f"cwd = {_quote(clean(cwd))}")
        return (*lines, "")

    def _redactor(self) -> Redactor:
        """Names of this machine's people and of the computer, out of what was read and answered."""
        people: set[str] = {self._env.get("USER", ""), self._env.get("LOGNAME", ""), *self._home_names()}
        for line in (self._reads.get("/etc/passwd") or b"").decode("utf-8", "replace").splitlines():
            fields = line.split(":")
            if len(fields) == 7 and fields[2].isdigit() and 1000 <= int(fields[2]) < 65000:
                people.add(fields[0])
        host_name = self._quiet("/proc/sys/kernel/hostname") or self._quiet("/etc/hostname")
        return Redactor(people, {host_name} if host_name else ())

    def _home_names(self) -> set[str]:
        r"""Names of people's folders: `/home/ana`, `C:\Users\ana` and `/mnt/c/Users/ana`, wherever they were seen."""
        spoken = [*self._reads, *self._stats, *self._spaces, *self._env.values()]
        for _, _, _, ran in self._runs:
            spoken.extend(part.decode(encoding, "ignore") for part in (ran.out, ran.err) for encoding in ("utf-8", "utf-16-le"))
        found: set[str] = set()
        for text in spoken:
            text = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)
            found.update(match[1] for match in re.finditer(r"(?:^|[\s:=\"';])/home/([^/\\\s:\"';]+)", text))
            found.update(match[1] for match in re.finditer(r"[\\/]Users[\\/]+([^/\\\r\n:\"';]+)", text, re.IGNORECASE))
        return found

    def _quiet(self, path: str) -> str:
        """A name that only the redactor needs; it is not part of the recording."""
        try:
            return (self._host.read(path) or b"").decode("utf-8", "replace").strip()
        except WslcfgError:
            return ""


def _own_variables(raw: bytes) -> bytes:
    """Another process's environment without what is none of ours: people keep keys there under any name."""
    return b"".join(item + b"\0" for item in raw.split(b"\0") if item.partition(b"=")[0] in _WANTED)


def _quote(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL, which TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f") if text.isascii() else _quote_wide(text)


def _quote_wide(text: str) -> str:
    r"""As `_quote` for text beyond ASCII: JSON would write surrogate pairs, which TOML does not take."""
    escaped = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return re.sub("[\ud800-\udfff]", "\ufffd", escaped)
