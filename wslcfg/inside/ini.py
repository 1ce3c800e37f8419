"""Think: keys of ours in a file of sections that people edit too (systemd units, the settings file): ours renewed, theirs kept.

A value counts as the person's when it is neither what we want now nor what we wrote last; then it stays and is told. ConfigUpdater does the
editing, which keeps comments, order and unknown keys.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping

from configupdater import ConfigUpdater

from wslcfg.errors import Unreadable
from wslcfg.model.record import NamedTuple

# Section -> key -> value; None for a key that shall not be there.
Sections = Mapping[str, Mapping[str, str | None]]
# Editors of Windows put it before UTF-8; it stays.
_BOM = b"\xef\xbb\xbf"


class Merged(NamedTuple):
    """The new bytes, and what the person has otherwise than we want: (section, key, their value; None where they took the key out)."""

    raw: bytes
    theirs: tuple[tuple[str, str, str | None], ...]


def merged(raw: bytes, wanted: Sections, *, last: bytes | None, label: str, spaces: bool = False) -> Merged:
    """Renew our keys.

    Args:
        raw: the file. wanted: in the order for new keys.
        last: what we wrote last; None where that is not known any more, then a value that differs is the person's.
        label: what messages call the file. spaces: `key = value` instead of `key=value` for lines that change.

    Raises:
        Unreadable: the file has no such sections and keys.
    """
    now, before = _values(_read(raw, label, spaces)), _values(_read(last, label, spaces)) if last is not None else None
    todo: list[tuple[str, str, str | None]] = []
    theirs = []
    for section, keys in wanted.items():
        for key, value in keys.items():
            here, ours = now.get((section, key)), before.get((section, key)) if before is not None else None
            if here == value:
                continue
            if here != ours and (here is not None or before is not None):
                theirs.append((section, key, here))
            else:
                todo.append((section, key, value))
    return Merged(_changed(raw, todo, label, spaces) if todo else raw, tuple(theirs))


def _changed(raw: bytes, todo: list[tuple[str, str, str | None]], label: str, spaces: bool) -> bytes:
    whole = _read(raw, label, spaces)
    for section, key, value in todo:
        if not whole.has_section(section):
            whole.add_section(section)
        if value is None:
            whole.remove_option(section, key)
        else:
            whole.set(section, key, value)
    return (_BOM if raw.startswith(_BOM) else b"") + str(whole).encode("utf-8", "surrogateescape")


def _read(raw: bytes, label: str, spaces: bool) -> ConfigUpdater:
    """Not strict, for systemd lets keys and sections stand several times; keys keep their case; nothing but `=` ends a key."""
    whole = ConfigUpdater(
        strict=False,
        allow_no_value=True,
        delimiters=("=",),
        comment_prefixes=("#", ";"),
        inline_comment_prefixes=None,
        space_around_delimiters=spaces,
    )
    whole.optionxform = str  # type: ignore[method-assign, assignment]
    # An indented comment would be taken for the rest of the value above it, and go with it.
    text = re.sub(r"(?m)^[ \t]+(?=[#;])", "", raw.removeprefix(_BOM).decode("utf-8", "surrogateescape"))
    try:
        whole.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None)
        raise Unreadable(
            f"{label} cannot be read{f' from line {line} on' if line else ''}.",
            "Mend it, or move it away; then run the command again.",
            code="bad-ini",
        ) from error
    return whole


def _values(whole: ConfigUpdater) -> dict[tuple[str, str], str]:
    """(section, key) -> value; of a key that stands several times the last one counts, as for systemd."""
    return {(section.name, option.key): option.value or "" for section in whole.section_blocks() for option in section.option_blocks()}
