"""The KEY of the command line, and how a setting's value is written for reading."""

from __future__ import annotations

from wslcfg.errors import Refused
from wslcfg.model.size import wsl
from wslcfg.model.wslfile import Entry, Scan, Target
from wslcfg.plan.labels import LABELS
from wslcfg.wslconf.keys import Setting, find, split


def known(key: str) -> tuple[Target, Setting]:
    """The setting that a KEY names.

    Raises:
        Refused: WSL knows no such setting; the hint has the nearest name.
    """
    target, name = split(key)
    setting = find(name, target)
    if setting is None:
        from wslcfg.wslconf.guess import guess

        near = guess(name, target)
        hint = f"Did you mean {spelled(target, near)}?" if near else "`wslcfg explain` lists the settings."
        raise Refused(f"WSL knows no setting '{name}' in {LABELS[target]}.", hint, code="unknown-key", data={"key": key, "guess": near})
    return target, setting


def spelled(target: Target, name: str) -> str:
    """KEY as the command line takes it: `wsl2.memory`, `wsl.conf:boot.systemd`."""
    return f"wsl.conf:{name}" if target == "wslconf" else name


def raw_value(found: Scan, entry: Entry) -> str:
    """An entry's value as written in the file, quotes and escapes included."""
    codec = "utf-16-le" if found.encoding == "utf16le-bom" else "utf-8"
    return found.raw[entry.value_start : entry.value_end].decode(codec, "backslashreplace")


def written(setting: Setting, value: object) -> str:
    """An effective value in the form that the file would have it: `10GB`, `true`, `Nat`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if setting.type == "memory" and isinstance(value, int):
        return wsl(value)
    return str(value)
