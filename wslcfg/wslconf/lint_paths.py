"""Think: lint rules about text and paths: what backslashes, quotes, # and characters outside ASCII become."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wslcfg.model.late import late
from wslcfg.model.wslfile import Entry
from wslcfg.wslconf.lint_case import Case, Hit, Rule, Splice
from wslcfg.wslconf.lint_layout import doubled
from wslcfg.wslconf.swallowed import CONTINUED, WORDS, header_like, key_of, looks_meant

_VARIABLE = late(r"%[A-Za-z_][A-Za-z0-9_()]*%")
_ABSOLUTE = late(r"(?:[A-Za-z]:[\\/]|\\\\)")

# What the escapes that WSL takes silently make of a path.
_CONTROLS = {"\n": r"\n", "\t": r"\t", "\b": r"\b"}


def _nul(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings():
        raw = case.raw(entry)
        if "\0" in raw:
            kept = raw.partition("\0")[0]
            message = f"A NUL character ends the value of {setting.name} for WSL, which reads '{kept}'."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Remove the character.")


def _controls(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("path"):
        found = [name for character, name in _CONTROLS.items() if character in entry.value]
        raw = case.raw(entry)
        if found and not CONTINUED.search(raw):
            message = f"WSL silently reads {' and '.join(found)} in {setting.name} as control characters, so the path is another one."
            mend = Splice(entry.value_start, entry.value_end, doubled(raw))
            yield Hit(entry.start, entry.editor_line, setting.name, message, f"Write {doubled(raw)}.", mend)


def _swallowed(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings():
        statement = case.text(entry.start, entry.end)
        pieces = CONTINUED.split(statement)
        if len(pieces) < 2 or (setting.type in WORDS and not any(looks_meant(case.scan, piece) for piece in pieces[1:])):
            continue
        message = f"The backslash at the end of this line makes WSL read the next line as part of {setting.name}."
        if setting.type in WORDS:
            yield Hit(entry.start, entry.editor_line, setting.name, message, r"Remove the backslash, or write \\ for one that is meant.")
            continue
        harmless = not any(piece.strip() for piece in pieces[1:])
        at = entry.start + case.width(pieces[0])
        clear = not any(_changes_others(case, piece) for piece in pieces[1:])
        mend = Splice(at, at + case.width("\\"), r"\\" if setting.type == "path" else "")
        fix = r"Write \\ for the backslash at the end." if setting.type == "path" else "Remove the backslash."
        yield Hit(entry.start, entry.editor_line, setting.name, message, fix, mend if clear else None, "warning" if harmless else None)


def _changes_others(case: Case, line: str) -> bool:
    """Whether a swallowed line would take the place of a setting that counts now, or give those below another section."""
    key = key_of(line)
    return header_like(line) or (key is not None and key.lower() in {name.partition(".")[2].lower() for name in case.live})


def _not_ascii(case: Case) -> Iterator[Hit]:
    if case.target != "wslconfig":
        return
    for entry, setting in case.settings():
        raw = case.raw(entry)
        if not case.scan.raw[entry.value_start : entry.value_end].isascii() or not raw.isascii():
            letters = "".join(dict.fromkeys(letter for letter in raw if not letter.isascii())) or "that are not UTF-8"
            message = f"WSL destroys the characters {letters} in {setting.name}: it reads '{entry.value}'."
            fix = (
                "Use a path of plain ASCII characters, for example C:\\\\wsl\\\\swap.vhdx."
                if setting.type == "path"
                else "Use ASCII characters alone."
            )
            yield Hit(entry.start, entry.editor_line, setting.name, message, fix)


def _variable(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("path"):
        match = _VARIABLE.search(entry.value)
        if match and case.target == "wslconfig":
            message = f"WSL does not expand {match[0]} in {setting.name}; it takes the word as it stands."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Write the path out.")


def _not_absolute(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("path"):
        if entry.value and not _ABSOLUTE.match(entry.value):
            message = f"{setting.name} wants an absolute Windows path, and '{entry.value}' is none."
            yield Hit(entry.start, entry.editor_line, setting.name, message, r"Write it as C:\\folder\\file, without quotes of the ' kind.")


def _quotes_vanish(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings(*WORDS):
        raw = case.raw(entry)
        marks = len(re.findall(r'(?<!\\)(?:\\\\)*"', raw))
        wrapped = raw.startswith('"') and raw.endswith('"') and marks == 2
        if marks and not wrapped:
            message = f"The quotation marks in {setting.name} vanish: WSL reads '{entry.value}'."
            yield Hit(entry.start, entry.editor_line, setting.name, message, 'Write \\" for each one that is meant to stay.')


def _hash_cuts(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("path", "text", "list", "ports"):
        if _hash_follows(case, entry):
            message = f"WSL takes the # in {setting.name} as the beginning of a comment and reads '{entry.value}'."
            yield Hit(
                entry.start, entry.editor_line, setting.name, message, "Put the value in quotation marks, or a space before the comment."
            )


def _hash_follows(case: Case, entry: Entry) -> bool:
    """Whether a comment begins right behind the value, which is more likely a # of the value itself."""
    return entry.value_end > entry.value_start and case.text(entry.value_end, entry.end).startswith("#")


def _no_vhdx(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("path"):
        if setting.name == "wsl2.swapFile" and entry.value and not entry.value.lower().endswith(".vhdx"):
            message = f"WSL adds .vhdx to the name: the swap file is {entry.value}.vhdx."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Write the whole name.")


RULES: tuple[Rule, ...] = (
    Rule("WC080", "error", "value", "NUL in a value", _nul),
    Rule("WC081", "error", "value", "backslash at the end of a line", _swallowed),
    Rule("WC082", "error", "value", "control characters in a path", _controls),
    Rule("WC083", "error", "value", "characters outside ASCII", _not_ascii),
    Rule("WC084", "error", "value", "variable in a path", _variable),
    Rule("WC085", "error", "value", "no absolute Windows path", _not_absolute),
    Rule("WC086", "warning", "value", "quotation marks vanish", _quotes_vanish),
    Rule("WC087", "warning", "value", "# cuts the value", _hash_cuts),
    Rule("WC088", "info", "value", "swap file without .vhdx", _no_vhdx),
)
