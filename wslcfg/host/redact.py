"""Think: take names, secrets and home paths out of a recording, the same way everywhere, so that what is recorded still fits together."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wslcfg.model.late import late

# Shapes of secrets that end up in command lines, environments and configuration files.
_SECRETS = (
    late(r"\bsk-[A-Za-z0-9_-]{16,}"),
    late(r"\b(?:gh[pousr]|glpat|xox[abprs]|npm|hf)[_-][A-Za-z0-9_-]{16,}"),
    late(r"\bAKIA[A-Z0-9]{12,}"),
    late(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"),
    late(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    late(r"(?i)(?<=bearer )[A-Za-z0-9._~+/-]{8,}=*"),
    late(
        r"(?i)(?<=password=)[^\s\x00&;]+|(?<=passwd=)[^\s\x00&;]+|(?<=token=)[^\s\x00&;]+|(?<=secret=)[^\s\x00&;]+|(?<=api_key=)[^\s\x00&;]+"
    ),
    late(r"(?i)(?<=--password[ \x00])[^\s\x00]+|(?<=--token[ \x00])[^\s\x00]+|(?<=--enrollment-token[ \x00])[^\s\x00]+"),
)
# `postgresql@16-main.service` is a unit and no address.
_EMAIL = late(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?!(?:service|socket|slice|scope|timer|target|mount)\b)[A-Za-z]{2,}")
_SECRET_NAME = late(r"(?i)key|token|secret|passw|credential|cookie|auth")
# Names that say nothing about a person, and that stand in the paths of every machine.
_HARMLESS = {
    "root",
    "user",
    "host",
    "home",
    "ubuntu",
    "debian",
    "admin",
    "localhost",
    "public",
    "default",
    "users",
    "mnt",
    "linux",
    "windows",
}
MASK = "REDACTED"


class Redactor:
    """Replaces each name by a stand-in wherever it stands as a word.

    Args:
        people: login names, Linux and Windows alike; all become `user`, `user2` ….
        hosts: names of the computer; all become `host`, `host2` ….
    """

    def __init__(self, people: Iterable[str] = (), hosts: Iterable[str] = ()) -> None:
        self._names: list[tuple[re.Pattern[str], str]] = []
        for kind, names in (("user", people), ("host", hosts)):
            distinct = sorted({name.casefold() for name in names if len(name) > 1} - _HARMLESS)
            for number, name in enumerate(distinct, 1):
                stand_in = kind if number == 1 else f"{kind}{number}"
                self._names.append((re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", re.IGNORECASE), stand_in))
                # As the PowerShell probe and JSON write it: Jos\u00e9.
                escaped = re.sub(r"[^\x00-\x7f]", lambda match: f"\\u{ord(match[0]):04x}", name)
                if escaped != name:
                    self._names.append((re.compile(re.escape(escaped), re.IGNORECASE), stand_in))
                # Windows' short form of a long name: ANAMAR~1.
                short = re.sub(r"[^A-Z0-9]", "", name.upper())[:6]
                if len(name) > 8 and len(short) == 6:
                    self._names.append((re.compile(rf"{re.escape(short)}~\d", re.IGNORECASE), stand_in))

    def text(self, text: str) -> str:
        """A text without names, secrets and mail addresses."""
        for pattern in _SECRETS:
            text = pattern.sub(MASK, text)
        text = _EMAIL.sub("user@example.invalid", text)
        for pattern, stand_in in self._names:
            text = pattern.sub(stand_in, text)
        return text

    def data(self, raw: bytes) -> bytes:
        """Bytes without them: UTF-8, UTF-16LE (by BOM or NULs) or, where neither, byte by byte."""
        for encoding in ("utf-16-le",) if raw.startswith(b"\xff\xfe") or _is_wide(raw) else ("utf-8",):
            try:
                return self.text(raw.decode(encoding)).encode(encoding)
            except UnicodeError:
                continue
        return self.text(raw.decode("latin-1")).encode("latin-1")

    def variable(self, name: str, value: str) -> str:
        """An environment variable's value; whole when its name says that it is secret."""
        return MASK if _SECRET_NAME.search(name) else self.text(value)


def _is_wide(raw: bytes) -> bool:
    """Whether this is UTF-16LE text without a BOM: every other byte of the beginning is NUL, as Windows' programs write ASCII."""
    start = raw[:64]
    return len(start) >= 4 and len(raw) % 2 == 0 and start[1::2].count(0) * 2 > len(start[1::2]) and 0 not in start[::2]
