"""Think: lint rules about keys and sections that are well formed and that WSL does not know, or knows elsewhere, or reads twice."""

from __future__ import annotations

from collections.abc import Iterator

from wslcfg.model.wslfile import BadLine, Entry, Header, Target
from wslcfg.wslconf import keys
from wslcfg.wslconf.guess import guess, guess_section
from wslcfg.wslconf.lint_case import Case, Governed, Hit, Move, Rule, Splice
from wslcfg.wslconf.lint_meant import meant
from wslcfg.wslconf.values import parsed

# Keys that WSL once had, or that were announced, with what became of them.
_REMOVED = {
    "wsl2.pagereporting": "was removed in WSL 1.1.7; free pages are always reported now",
    "wsl2.pagereportingorder": "was removed in WSL 1.1.7; WSL chooses the order itself",
    "wsl2.idlethreshold": "was never in a public release",
}

_FILES: dict[Target, str] = {"wslconfig": ".wslconfig", "wslconf": "/etc/wsl.conf"}
_OTHER: dict[Target, Target] = {"wslconfig": "wslconf", "wslconf": "wslconfig"}


def _sections(target: Target) -> frozenset[str]:
    return frozenset(setting.section.lower() for setting in keys.settings_of(target))


def _unknown(case: Case) -> Iterator[Governed]:
    """Entries that WSL does not know, where the header above is not to blame."""
    known = _sections(case.target)
    for entry, header in case.governed:
        if entry.setting is None and (header is None or (isinstance(header, Header) and header.name.lower() in known)):
            yield Governed(entry, header)


def _strays(case: Case) -> Iterator[tuple[Entry, Header]]:
    """Entries under a header whose section this file does not have; WSL warns about each."""
    known = _sections(case.target)
    for entry, header in case.governed:
        if isinstance(header, Header) and entry.setting is None and header.name.lower() not in known:
            yield entry, header


def _section_of_other_file(case: Case) -> Iterator[Hit]:
    other = _OTHER[case.target]
    for entry, header in _strays(case):
        if header.name.lower() in _sections(other):
            message = f"The section [{header.name}] belongs into {_FILES[other]}; here {entry.key} counts for nothing."
            yield Hit(entry.start, entry.editor_line, f"{header.name}.{entry.key}", message, f"Move it to {_FILES[other]}.")


def _section_typo(case: Case) -> Iterator[Hit]:
    renamed: dict[int, Splice | None] = {}
    for entry, header in _strays(case):
        meant = guess_section(header.name, case.target)
        if meant is None:
            continue
        if header.start not in renamed:
            renamed[header.start] = _rename(case, header, meant)
        setting = keys.find(f"{meant}.{entry.key}", case.target)
        name = setting.name if setting else f"{header.name}.{entry.key}"
        message = f"WSL knows no section [{header.name}], so {entry.key} counts for nothing."
        fix = f"Write [{meant}] in line {header.editor_line}."
        yield Hit(entry.start, entry.editor_line, name, message, fix, renamed[header.start])


def _rename(case: Case, header: Header, meant: str) -> Splice | None:
    """The header with the name that was meant, where every key below it then counts."""
    for entry in case.below(header):
        setting = keys.find(f"{meant}.{entry.key}", case.target)
        if setting is None or setting.name in case.live:
            return None
    text = case.text(header.start, header.end)
    start = header.start + case.width(text[: text.index("[")])
    return Splice(start, header.start + case.width(text[: text.index("]") + 1]), f"[{meant}]")


def _section_unknown(case: Case) -> Iterator[Hit]:
    known = ", ".join(f"[{name}]" for name in sorted(_sections(case.target)))
    for entry, header in _strays(case):
        message = f"WSL knows no section [{header.name}], so {entry.key} counts for nothing."
        fix = f"The sections of {_FILES[case.target]} are {known}."
        yield Hit(entry.start, entry.editor_line, f"{header.name}.{entry.key}", message, fix)


def _header_lost(case: Case) -> Iterator[Hit]:
    for entry, header in case.governed:
        if isinstance(header, BadLine) and entry.setting is None:
            message = f"{entry.key} counts for nothing, because WSL cannot read the section header in line {header.editor_line}."
            yield Hit(entry.start, entry.editor_line, entry.key, message, f"Correct line {header.editor_line}.")


def _move(case: Case, entry: Entry, name: str) -> Move | None:
    """Where the setting is not set already, the statement can move; otherwise a person has to choose."""
    setting = keys.find(name, case.target)
    value = meant(setting, entry.value) if setting is not None and entry.value.isascii() and entry.value.isprintable() else None
    return None if name in case.live or value is None else Move(entry.start, entry.end, name, value)


def _above_sections(case: Case) -> Iterator[Hit]:
    for entry, header in _unknown(case):
        if header is not None:
            continue
        name = guess(entry.key, case.target)
        message = f"{entry.key} stands above every section, so WSL does not know it."
        if name is None:
            yield Hit(entry.start, entry.editor_line, entry.key, message, "Put it below its section's header.")
        else:
            section = name.partition(".")[0]
            yield Hit(entry.start, entry.editor_line, name, message, f"Put it below [{section}].", _move(case, entry, name))


def _key_of_other_file(case: Case) -> Iterator[Hit]:
    other = _OTHER[case.target]
    for entry, _ in _unknown(case):
        setting = keys.find(f"{entry.section}.{entry.key}", other)
        if setting is not None:
            message = f"{setting.name} belongs into {_FILES[other]}; here it counts for nothing."
            yield Hit(entry.start, entry.editor_line, setting.name, message, f"Move it to {_FILES[other]}.")


def _removed(case: Case) -> Iterator[Hit]:
    for entry, _ in _unknown(case):
        history = _REMOVED.get(f"{entry.section}.{entry.key}".lower())
        if history is not None:
            yield Hit(entry.start, entry.editor_line, f"{entry.section}.{entry.key}", f"{entry.key} {history}.", "Remove the line.")


def _wrong_section(case: Case) -> Iterator[Hit]:
    for entry, _ in _unknown(case):
        name = guess(f"{entry.section}.{entry.key}", case.target)
        if name is not None and name.partition(".")[2].lower() == entry.key.lower():
            section = name.partition(".")[0]
            message = f"WSL knows {entry.key} only under [{section}]; under [{entry.section}] it counts for nothing."
            yield Hit(entry.start, entry.editor_line, name, message, f"Move it to [{section}].", _move(case, entry, name))


def _typo(case: Case) -> Iterator[Hit]:
    for entry, _ in _unknown(case):
        name = guess(f"{entry.section}.{entry.key}", case.target)
        if name is None:
            continue
        section, _, key = name.partition(".")
        mend: Splice | Move | None = None
        if name not in case.live:
            same = section.lower() == entry.section.lower()
            mend = Splice(entry.key_start, entry.key_end, key) if same else _move(case, entry, name)
        place = "" if section.lower() == entry.section.lower() else f" under [{section}]"
        message = f"WSL knows no {entry.section}.{entry.key}; did you mean {name}?"
        yield Hit(entry.start, entry.editor_line, name, message, f"Write {key}{place}.", mend)


def _unknown_key(case: Case) -> Iterator[Hit]:
    for entry, _ in _unknown(case):
        name = f"{entry.section}.{entry.key}"
        yield Hit(entry.start, entry.editor_line, name, f"WSL knows no {name}; the line counts for nothing.", "Remove the line.")


def _duplicate(case: Case) -> Iterator[Hit]:
    for entry in case.scan.entries:
        if entry.setting is None or entry.live:
            continue
        first = case.live[entry.setting]
        setting = keys.find(entry.setting, case.target)
        name = entry.setting
        message = f"{name} is set twice: the first one, line {first.editor_line}, counts and this one does not."
        dead = entry
        if setting is not None and parsed(setting, first.value) is None and parsed(setting, entry.value) is not None:
            message = f"{name} is set twice: the first one, line {first.editor_line}, counts although WSL cannot read it."
            dead = first
        fix = f"Remove line {dead.editor_line}."
        yield Hit(entry.start, entry.editor_line, name, message, fix, Splice(dead.start, dead.end, "", whole_line=True))


RULES: tuple[Rule, ...] = (
    Rule("WC040", "error", "line", "section of the other file", _section_of_other_file),
    Rule("WC041", "error", "line", "misspelt section", _section_typo),
    Rule("WC042", "warning", "line", "unknown section", _section_unknown),
    Rule("WC050", "error", "line", "lost with its section header", _header_lost),
    Rule("WC043", "error", "line", "key above every section", _above_sections),
    Rule("WC044", "error", "line", "key of the other file", _key_of_other_file),
    Rule("WC045", "warning", "line", "removed key", _removed),
    Rule("WC046", "error", "line", "key in the wrong section", _wrong_section),
    Rule("WC047", "error", "line", "misspelt key", _typo),
    Rule("WC048", "warning", "line", "unknown key", _unknown_key),
    Rule("WC049", "warning", "line", "set twice", _duplicate),
)
