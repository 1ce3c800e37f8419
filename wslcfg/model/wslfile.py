"""Think: the parts of a file that WSL reads, as WSL reads them, with the bytes each part stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Target = Literal["wslconfig", "wslconf"]
# What an effective value can be: bytes and integers, booleans, enum names and text; None where it depends on a fact that is not known.
Value = int | bool | str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key = value` that WSL's grammar accepts, live or dead.

    Attributes:
        section, key: as written in the file (`WSL2`, `Memory`); section is '' above every header.
        name: what WSL looks up: `section.key` as WSL builds it (after a bad header it can be chopped).
        setting: Microsoft's spelling of the setting it sets (`wsl2.memory`, also for an alias such as experimental.networkingMode); None when unknown.
        value: the value after WSL's own unquoting, unescaping and trimming. A str of WSL's decoded characters.
        line: the line number as WSL prints it. editor_line: as an editor counts (\\n, \\r\\n and lone \\r each one), from 1.
        start, end: byte span of the whole statement in the file, without its line end (continuation lines included).
        key_start, key_end: byte span of the key. value_start, value_end: byte span of the raw value without the space
            around it and without a trailing comment (quotes and escapes included); empty span where the value is empty.
        live: False when another entry of the same setting came first (`shadowed_by` is its editor line).
    """

    section: str
    key: str
    name: str
    setting: str | None
    value: str
    line: int
    editor_line: int
    start: int
    end: int
    key_start: int
    key_end: int
    value_start: int
    value_end: int
    live: bool
    shadowed_by: int | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """One `[section]` that WSL accepts. `start`..`end` is its byte span without the line end."""

    name: str
    editor_line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that WSL's grammar throws away. `problem` is one of `key`, `section`, `expected-]`, `expected-eol`, `expected-=`, `escape`, `quote`."""

    problem: str
    line: int
    editor_line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What WSL's grammar makes of one file.

    Attributes:
        raw: the bytes scanned. target: which of the two files. path: how WSL's warnings name it.
        encoding: `utf8`, `utf8-bom`, `utf16le-bom`, `utf16be-bom` (not opened by WSL), `bytes` (wsl.conf).
        newline: the line end a new line should get: `\\r\\n` or `\\n`, after the file's majority (empty file: `\\r\\n` for .wslconfig, `\\n` for wsl.conf).
        parts: all entries, headers and bad lines in file order.
        syntax: (position in `parts` order, text) is not kept apart: `warnings` holds WSL's English text of the *grammar* in the order
            WSL prints them, interleaved later with the value warnings by `effective`.
        aborted: wsl.conf only: the grammar stopped at the first error. opened: False when WSL cannot open the file at all.
        read_end: byte offset where WSL stops reading (Ctrl-Z, a broken UTF-8 tail); len(raw) normally.
    """

    raw: bytes
    target: Target
    path: str
    encoding: str
    newline: str
    parts: tuple[Entry | Header | BadLine, ...]
    warnings: tuple[str, ...]
    aborted: bool
    opened: bool
    read_end: int

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries alone, in file order."""
        return tuple(part for part in self.parts if isinstance(part, Entry))


@dataclass(frozen=True, slots=True)
class HostView:
    """The facts of the host that WSL's own arithmetic uses.

    Attributes:
        ram: usable bytes (`ullTotalPhys`), None when unknown: then what depends on it is None.
        processors: logical processors, None when unknown.
        policies: DWORDs under HKLM\\Software\\Policies\\WSL.
        windows11, x64: decide the defaults of nestedVirtualization and hardwarePerformanceCounters.
    """

    ram: int | None = None
    processors: int | None = None
    policies: tuple[tuple[str, int], ...] = ()
    windows11: bool = True
    x64: bool = True


@dataclass(frozen=True, slots=True)
class Effective:
    """What WSL will use.

    Attributes:
        values: every known setting, spelled and typed as `defaults` in data/wsl-parser-vectors.json.
        warnings: grammar and value warnings, WSL's English texts, in WSL's order.
        fatal: WSL's text when no distro would start (a bad macAddress), else None.
        aborted: wsl.conf only: reading stopped at the first grammar error.
    """

    values: dict[str, Value]
    warnings: tuple[str, ...]
    fatal: str | None
    aborted: bool
