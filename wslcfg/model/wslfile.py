"""Think: the parts of a file that WSL reads, as WSL reads them, with the bytes each part stands on."""

from __future__ import annotations

from typing import Literal

from wslcfg.model.record import NamedTuple

Target = Literal["wslconfig", "wslconf"]
# What an effective value can be: bytes and integers, booleans, enum names and text; None where it depends on a fact that is not known.
Value = int | bool | str | None


# Entry, Header and BadLine are named tuples: a file has thousands of them, and a frozen dataclass of this size costs ten times as much.
class Entry(NamedTuple):
    """One `key = value` that WSL's grammar accepts, live or dead.

    Attributes:
        section, key: as written in the file (`WSL2`, `Memory`); section is '' above every header.
        name: what WSL looks up: `section.key` as WSL builds it (after a bad header it can be chopped).
        setting: Microsoft's spelling of the setting it sets (`wsl2.memory`, also for an alias such as
            experimental.networkingMode); None when unknown.
        value: the value after WSL's own unquoting, unescaping and trimming. A str of WSL's decoded characters.
        line: the line number as WSL prints it (of the last line of a continued one). editor_line: of its first line, as an editor
            counts (\\n, \\r\\n and lone \\r each one), from 1.
        start, end: byte span of the whole statement in the file: its indentation and trailing comment too, continuation lines included,
            without its line end.
        key_start, key_end: byte span of the key. value_start, value_end: byte span of the raw value without the space
            around it and without a trailing comment (quotes and escapes included); empty span where the value is empty.
        live: False when another entry of the same setting came first (`shadowed_by` is its editor line). True for unknown keys.
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


class Header(NamedTuple):
    """One `[section]` that WSL accepts. `start`..`end` is its byte span without the line end."""

    name: str
    editor_line: int
    start: int
    end: int


class BadLine(NamedTuple):
    """A line that WSL's grammar throws away.

    Attributes:
        problem: one of `key`, `section`, `expected-]`, `expected-eol`, `expected-=`, `escape`, `quote`.
        line, editor_line, start, end: as in Entry. text: what stands there, decoded for reading.
        name: what WSL would have looked up (`section.key`) where the line got as far as its key, else ''.
        char: the character behind the backslash, for `escape`.
        value_start: byte offset of the raw value where the line got as far as that, else -1.
    """

    problem: str
    line: int
    editor_line: int
    start: int
    end: int
    text: str
    name: str = ""
    char: str = ""
    value_start: int = -1


class Scan(NamedTuple):
    """What WSL's grammar makes of one file.

    Attributes:
        raw: the bytes scanned. target: which of the two files. path: how WSL's warnings name it.
        encoding: `utf8`, `utf8-bom`, `utf16le-bom`, `utf16be-bom` (not opened by WSL), `bytes` (wsl.conf).
        newline: the line end a new line should get: `\\r\\n` or `\\n`, after the file's majority (empty file: `\\r\\n`
            for .wslconfig, `\\n` for wsl.conf).
        parts: all entries, headers and bad lines in file order.
        warnings: WSL's English texts of the *grammar* (bad lines, unknown and duplicated keys, a file it cannot open) in WSL's order;
            `effective` walks `parts` again and has them with the value warnings between them.
        aborted: wsl.conf only: the grammar stopped at the first error. opened: False when WSL cannot open the file at all.
        read_end: byte offset where WSL stops reading (Ctrl-Z, a broken UTF-8 tail); len(raw) normally.
        broken: reading stopped there because of broken UTF-8 at the end of one of the 2048-byte pieces WSL reads, not because of a Ctrl-Z.
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
    broken: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries alone, in file order."""
        return tuple(part for part in self.parts if isinstance(part, Entry))


class HostView(NamedTuple):
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


class Effective(NamedTuple):
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
