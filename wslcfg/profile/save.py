"""Act: the present machine as a profile. Gives the text to write, and keeps the comments and the rules of a profile that is there."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from wslcfg.errors import Refused, Unreadable
from wslcfg.model.late import late
from wslcfg.model.profile import Given
from wslcfg.model.size import MIB, wsl
from wslcfg.model.wslfile import HostView, Target
from wslcfg.profile.check import SCHEMA
from wslcfg.wslconf import keys, values
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

_NAME = late(r"[a-z0-9][a-z0-9-]{0,63}")
# A size that is written out; everything else in quotes for a size is a rule (`auto`, `host / 2`) that a snapshot must not overwrite.
_PLAIN_SIZE = late(r"[0-9.]+ ?[A-Za-z]*")

Settings = Mapping[str, Given]
# A table of tomlkit, of any of its kinds: all of them are mutable mappings that keep comments.
TomlTable = MutableMapping[str, Any]


def present(raw: bytes | None, target: Target, view: HostView) -> dict[str, Given]:
    """What a file really sets, as a profile would say it: live entries that WSL takes and whose effect differs from its default.

    Args:
        raw: the file's bytes, None where there is none.
        target: which of the two files.
        view: the host, for WSL's own clamps; with an unknown host sizes are taken as the file says them.
    """
    scanned = scan(raw or b"", target, target)
    now, plain = effective(scanned, view).values, effective(scan(b"", target, target), view).values
    found: dict[str, Given] = {}
    for entry in scanned.entries:
        setting = keys.find(entry.setting, target) if entry.setting and entry.live else None
        if setting is None or setting.name == "experimental.sparseVhd":
            continue
        value = now.get(setting.name)
        if value is None:  # it depends on the host, which is not known
            said = values.parsed(setting, entry.value)
            value = said if isinstance(said, int) else None
        if value is None or value == plain.get(setting.name):
            continue
        if setting.type == "memory" and isinstance(value, int):
            found[setting.name] = wsl(value) if value else 0
        elif setting.type in ("bool", "int", "enum", "mac", "ipv4", "ports"):
            found[setting.name] = value
        else:
            found[setting.name] = entry.value
    return found


def save(
    name: str,
    wslconfig: bytes | None,
    wslconf: bytes | None,
    existing: bytes | None = None,
    *,
    view: HostView | None = None,
    description: str = "",
    services: Mapping[str, int] | None = None,
) -> str:
    """The present files as the text of a profile.

    With an existing text its comments, order and other tables stay; settings that the machine no longer has are taken out, except
    rules (`auto`, `keep`, arithmetic), which say how a value is found and not what it was.

    Args:
        name: the profile's name: small letters, digits and `-`.
        wslconfig: the bytes of `.wslconfig`, None where there is none.
        wslconf: the bytes of `wsl.conf`.
        existing: the profile as it is now.
        view: the host, for WSL's own clamps.
        description: one line; an existing one stays where this is empty.
        services: measured peaks in bytes by name; None leaves them alone.

    Raises:
        Refused: a bad name.
        Unreadable: the existing text is not TOML.
    """
    if _NAME.fullmatch(name) is None:
        raise Refused(f"'{name}' is no name for a profile.", "Use small letters, digits and '-', for example my-laptop.", code="bad-name")
    document = _document(name, existing, description)
    host = view or HostView()
    for table, settings in (("wslconfig", present(wslconfig, "wslconfig", host)), ("wslconf", present(wslconf, "wslconf", host))):
        if settings or table in document:
            _update(_table(document, table), settings)
    if services is not None:
        sizing = _table(document, "sizing")
        peaks = tomlkit.inline_table()
        peaks.update({service: f"{-(-size // MIB)}MB" for service, size in services.items()})
        sizing["services"] = peaks
    return tomlkit.dumps(document)


def _document(name: str, existing: bytes | None, description: str) -> tomlkit.TOMLDocument:
    """The existing document, or a new one with its head."""
    if existing is not None:
        try:
            document = tomlkit.parse(existing.decode("utf-8-sig"))
        except (TOMLKitError, UnicodeDecodeError) as error:
            raise Unreadable(
                f"The profile '{name}' is not TOML: {error}.", "Correct it, or save under another name.", code="bad-profile"
            ) from None
        if description:
            document["description"] = description
        return document
    document = tomlkit.document()
    document["schema"] = SCHEMA
    document["name"] = name
    document["description"] = description or "Saved from a machine"
    document["extends"] = "base"
    return document


def _table(document: tomlkit.TOMLDocument, name: str) -> TomlTable:
    """A table of the document, made where it is not there."""
    if name not in document:
        document[name] = tomlkit.table()
    found: TomlTable = document[name]
    return found


def _update(table: TomlTable, settings: Settings) -> None:
    """Make a table hold these settings: set, leave or take out, whichever way a name was written."""
    for setting, given in settings.items():
        holder, key = _find(table, setting)
        if holder is None:
            table[setting] = list(given) if isinstance(given, tuple) else given
        elif not _is_rule(holder[key]) and holder[key] != given:
            holder[key] = list(given) if isinstance(given, tuple) else given
    lower = {setting.lower() for setting in settings}
    for path, holder, key in _leaves(table, ()):
        if path.lower() not in lower and not _is_rule(holder[key]):
            del holder[key]


def _find(table: TomlTable, setting: str) -> tuple[TomlTable | None, str]:
    """(what holds it, its key) for a setting written in any of the ways; (None, '') where it is not there."""
    for path, holder, key in _leaves(table, ()):
        if path.lower() == setting.lower():
            return holder, key
    return None, ""


def _leaves(table: TomlTable, path: tuple[str, ...]) -> list[tuple[str, TomlTable, str]]:
    """(`section.key`, what holds it, its key) of each value in a table."""
    found: list[tuple[str, TomlTable, str]] = []
    for key in list(table.keys()):
        value = table[key]
        if isinstance(value, MutableMapping):
            found += _leaves(value, (*path, key))
        else:
            found.append((".".join((*path, key)), table, key))
    return found


def _is_rule(value: object) -> bool:
    """Whether a value says how a size is found (`auto`, `keep`, `host / 2`) instead of what it is."""
    if not isinstance(value, str):
        return False
    text = str(value)
    if text in ("auto", "keep", "unset"):
        return True
    return _PLAIN_SIZE.fullmatch(text) is None and bool(re.search(r"\b(host|default|services|sessions|disk)\b|^(min|max|clamp)\(", text))
