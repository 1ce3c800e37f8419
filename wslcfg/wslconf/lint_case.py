"""Think: what the lint rules work on: one file as WSL reads it, what is known around it, and the shape of a rule and of a hit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wslcfg.model.finding import Level
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import BadLine, Effective, Entry, Header, Scan, Target
from wslcfg.wslconf import keys
from wslcfg.wslconf.envelope import encode
from wslcfg.wslconf.keys import Setting

# The grammar's complaints about a header; the keys below such a line get a wrong section from WSL (configfile.cpp:239-866).
_HEADER_PROBLEMS = frozenset({"section", "expected-]", "expected-eol"})


class Around(NamedTuple):
    """What lint knows of the surroundings. Everything is optional: what is not known takes away the rules that need it.

    Attributes:
        ram: usable host RAM, bytes. processors: logical processors of the host.
        disk_free: bytes free on the drive of the swap file. windows_reserve: bytes that Windows needs for itself.
        policies: DWORDs under the WSL policy key; None when they could not be read.
        files: names in the profile folder of Windows. other_profiles: full paths of other `.wslconfig` files that were seen.
        exists: answers whether a Windows path (file or folder) exists; None where that is not known.
        wsl_version: `2.5.7.0`. windows_build: `26100`. systemd: whether it runs in this distro.
    """

    ram: int | None = None
    processors: int | None = None
    disk_free: int | None = None
    windows_reserve: int | None = None
    policies: tuple[tuple[str, int], ...] | None = None
    files: tuple[str, ...] = ()
    other_profiles: tuple[str, ...] = ()
    exists: Callable[[str], bool | None] | None = None
    wsl_version: str | None = None
    windows_build: int | None = None
    systemd: bool | None = None

    @property
    def version(self) -> tuple[int, ...] | None:
        """The WSL version as numbers, `(2, 5, 7)`; None when it is not known."""
        parts = (self.wsl_version or "").split(".")[:3]
        return tuple(int(part) for part in parts) if len(parts) == 3 and all(part.isdigit() for part in parts) else None

    def missing(self, path: str) -> bool:
        """Whether the path is known not to exist; a path nobody could look at is not missing."""
        return self.exists is not None and self.exists(path) is False


class Splice(NamedTuple):
    """Bytes `start`..`end` of the file become `new` (text, encoded as the file is). `whole_line` takes the line end along, for removals."""

    start: int
    end: int
    new: str
    whole_line: bool = False


class Move(NamedTuple):
    """The statement at `start`..`end` goes, and its value (as WSL would read it, ASCII) is set under `setting` instead."""

    start: int
    end: int
    setting: str
    value: str


class Hit(NamedTuple):
    """What a rule found.

    Attributes:
        at: byte offset of the part (entry, header, bad line) it is about, which gets one hit per group of rules; -1 for the whole file.
        line: as an editor counts, None for the whole file. key: the setting's name or what the file calls it.
        message: what WSL makes of it. fix: what to do.
        mend: the mechanical repair, when there is one and no choice in it.
        level: where it differs from the rule's own.
    """

    at: int
    line: int | None
    key: str | None
    message: str
    fix: str | None = None
    mend: Splice | Move | None = None
    level: Level | None = None


class Rule(NamedTuple):
    """One rule.

    Attributes:
        id, level, title: stable id, usual level, a few words.
        group: of the hits in one group a part keeps the first; the table's order is the order of preference.
        check: finds the hits in a case. What the rule is about, and an example, stand in `lint_texts`.
    """

    id: str
    level: Level
    group: str
    title: str
    check: Callable[[Case], Iterable[Hit]]


class Governed(NamedTuple):
    """An entry with the line that governs its section: a header, a header that WSL could not read, or None above every header."""

    entry: Entry
    header: Header | BadLine | None


class Case:
    """One file under examination, with what several rules ask for worked out once."""

    __slots__ = ("around", "effective", "governed", "live", "scan", "target")

    def __init__(self, scan: Scan, effective: Effective, around: Around) -> None:
        self.scan = scan
        self.effective = effective
        self.around = around
        self.target: Target = scan.target
        self.governed = tuple(_governed(scan))
        self.live: dict[str, Entry] = {entry.setting: entry for entry in scan.entries if entry.live and entry.setting is not None}

    @property
    def garbled(self) -> bool:
        """Whether the bytes are not text that WSL reads as such (UTF-16 without a mark, only NULs): then lines mean nothing."""
        raw = self.scan.raw
        if self.scan.encoding == "utf16le-bom" or len(raw) < 4:
            return False
        return raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw.count(0) * 3 >= len(raw)

    @property
    def bad_lines(self) -> tuple[BadLine, ...]:
        """The lines that the grammar throws away."""
        return tuple(part for part in self.scan.parts if isinstance(part, BadLine))

    def text(self, start: int, end: int) -> str:
        r"""Bytes of the file as a person sees them; what is no text shows as \\xNN."""
        codec = "utf-16-le" if self.scan.encoding == "utf16le-bom" else "utf-8"
        return self.scan.raw[start:end].decode(codec, "backslashreplace")

    def width(self, text: str) -> int:
        """How many bytes a text takes in this file."""
        return len(encode(text, self.scan.encoding))

    def raw(self, entry: Entry) -> str:
        """The value as written in the file, quotes and escapes included."""
        return self.text(entry.value_start, entry.value_end)

    def settings(self, *types: str) -> tuple[tuple[Entry, Setting], ...]:
        """The live entries with their settings, of these types (of all types when none is named), in file order."""
        found = []
        for entry in self.live.values():
            setting = keys.find(entry.setting or "", self.target)
            if setting is not None and (not types or setting.type in types):
                found.append((entry, setting))
        return tuple(found)

    def below(self, header: Header | BadLine) -> tuple[Entry, ...]:
        """The entries that stand under this header line."""
        return tuple(entry for entry, governor in self.governed if governor is header)

    def value(self, name: str) -> int | bool | str | None:
        """The effective value of a setting; None when it is not known or not in this file's schema."""
        return self.effective.values.get(name)


def is_header(bad: BadLine) -> bool:
    """Whether a line that WSL threw away was meant as a section header."""
    return bad.problem in _HEADER_PROBLEMS


def _governed(scan: Scan) -> Iterable[Governed]:
    header: Header | BadLine | None = None
    for part in scan.parts:
        if isinstance(part, Entry):
            yield Governed(part, header)
        elif isinstance(part, Header) or is_header(part):
            header = part
