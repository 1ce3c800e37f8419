r"""Think: what Windows' own programs answer, read without trusting their code page, their language or their line ends.

Shapes recorded in tests/data/windows: `reg query` (Windows 11 23H2), `cmd /u` (UTF-16LE on a pipe), `wsl --list --quiet` (UTF-16LE).
"""

from __future__ import annotations

import re

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple

# Stands where a byte of an OEM code page could not be read; a value that holds it is not used.
LOST = "�"

_REG_VALUE = late(r" {4}(.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?")
_VERSION = late(r"\b10\.0\.(\d{4,6})(?:\.(\d+))?")
_VARIABLE = late(r"%([^%]+)%")


class RegValue(NamedTuple):
    """One value of a registry key: `kind` is `REG_SZ`, `REG_DWORD` …, `text` as reg.exe prints it (`0x1067`)."""

    kind: str
    text: str

    @property
    def number(self) -> int | None:
        """A DWORD or QWORD as a number, else None."""
        if self.kind not in {"REG_DWORD", "REG_QWORD"} or not re.fullmatch(r"0x[0-9a-fA-F]+", self.text):
            return None
        return int(self.text, 16)


def decode(raw: bytes) -> str:
    """Bytes of a Windows program as text: UTF-16LE by its BOM or its NULs, UTF-8, else ASCII with U+FFFD for what the OEM code page meant.

    The code page is not guessed: a folder name read with the wrong one is a wrong folder.
    """
    if raw.startswith(b"\xff\xfe"):
        return raw[2:].decode("utf-16-le", "replace")
    if b"\x00" in raw[:200]:
        return raw.decode("utf-16-le", "replace")
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("ascii", "replace")


def registry(raw: bytes) -> dict[str, dict[str, RegValue]]:
    r"""Read what `reg.exe query` prints: keys as in `HKEY_CURRENT_USER\Volatile Environment`, their values as `    UBR    REG_DWORD    0x1067`."""
    keys: dict[str, dict[str, RegValue]] = {}
    values: dict[str, RegValue] | None = None
    for line in decode(raw).splitlines():
        match = _REG_VALUE.fullmatch(line)
        if match and values is not None:
            values[match[1]] = RegValue(match[2], (match[3] or "").strip())
        elif line.startswith("HKEY_"):
            values = keys.setdefault(line.strip(), {})
    return keys


def variables(raw: bytes) -> dict[str, str]:
    """Read the `NAME=value` lines that cmd's `set NAME` prints; names in upper case, what cmd says about a UNC folder is passed over."""
    found = {}
    for line in decode(raw).splitlines():
        name, equals, value = line.partition("=")
        if equals and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_()]*", name):
            found[name.upper()] = value.strip()
    return found


def windows_version(raw: bytes) -> tuple[int, int | None] | None:
    """Build and UBR out of what cmd's `ver` prints in any language: `Microsoft Windows [Version 10.0.26100.8037]`."""
    match = _VERSION.search(decode(raw))
    return (int(match[1]), int(match[2]) if match[2] else None) if match else None


def listing(raw: bytes) -> tuple[str, ...]:
    """The names that `wsl.exe --list --quiet` prints, one a line."""
    return tuple(line.strip() for line in decode(raw).replace("\x00", "").splitlines() if line.strip())


def expand(text: str, known: dict[str, str]) -> str:
    r"""Replace `%USERPROFILE%` in a REG_EXPAND_SZ by what is known; names without regard to case, unknown ones stay."""
    return _VARIABLE.sub(lambda match: known.get(match[1].upper(), match[0]), text)


def folder(text: str | None) -> str | None:
    r"""A Windows folder as it can be used: absolute, on a drive, every character readable, without `\\?\` and trailing backslash; else None."""
    plain = (text or "").strip().removeprefix("\\\\?\\").rstrip("\\")
    return plain if re.match(r"[A-Za-z]:(\\|$)", plain) and LOST not in plain and "%" not in plain else None
