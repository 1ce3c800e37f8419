"""Think: settings of an older text: what differs by key, and the edit that brings one key back."""

from __future__ import annotations

from wslcfg.model.plan import KeyChange, Repair
from wslcfg.model.wslfile import Entry, Target
from wslcfg.wslconf.edit import Want, edit
from wslcfg.wslconf.keys import Setting
from wslcfg.wslconf.scan import scan

_TARGETS: dict[str, Target] = {".wslconfig": "wslconfig", "/etc/wsl.conf": "wslconf"}


def key_changes(label: str, now: bytes | None, wanted: bytes | None, why: str) -> tuple[KeyChange, ...]:
    """What a whole-file change means by key; empty for a file that is none of WSL's two."""
    target = _TARGETS.get(label)
    if target is None:
        return ()
    old, new = _live(now, target, label), _live(wanted, target, label)
    changes = []
    for name in dict.fromkeys((*old, *new)):
        entry = new.get(name) or old[name]
        before, after = _raw(now, old.get(name)), _raw(wanted, new.get(name))
        if before != after:
            changes.append(KeyChange(label, entry.section, entry.key, before, after, why))
    return tuple(changes)


def key_edit(
    target: Target, setting: Setting, now: bytes | None, then: bytes | None, label: str, why: str
) -> tuple[bytes, tuple[KeyChange, ...], tuple[Repair, ...]] | None:
    """The present text with one setting as it was in the older text (unset where it was not there); None when it is so already.

    Raises: Refused, Bug as `wslconf.edit.edit` does.
    """
    old = next((entry for entry in _live(then, target, label).values() if entry.setting == setting.name), None)
    present = next((entry for entry in _live(now, target, label).values() if entry.setting == setting.name), None)
    if (None if old is None else old.value) == (None if present is None else present.value):
        return None
    edited = edit(now, target, (Want(setting, None if old is None else _text(old.value, target), why),), label=label)
    return edited.raw, edited.keys, edited.repairs


def _text(value: str, target: Target) -> str:
    """The value as people write it: in wsl.conf the scanner gives a character per byte."""
    if target == "wslconfig":
        return value
    raw = value.encode("latin-1", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _live(raw: bytes | None, target: Target, label: str) -> dict[str, Entry]:
    """The entries that WSL uses, by setting (or by name, where it knows none)."""
    if raw is None:
        return {}
    return {(entry.setting or entry.name.lower()): entry for entry in reversed(scan(raw, target, label).entries) if entry.live}


def _raw(raw: bytes | None, entry: Entry | None) -> str | None:
    return None if raw is None or entry is None else raw[entry.value_start : entry.value_end].decode("utf-8", "replace")
