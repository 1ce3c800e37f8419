"""Think: WSL's own warnings, in its English words (localization/strings/en-US/Resources.resw of microsoft/WSL)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wslcfg.model.wslfile import BadLine, Entry

SAFE_MODE = "SAFE MODE ENABLED - many features will be disabled"
VIRTIO_9P = "wsl2.virtio9p is disabled, falling back to 9p with vsock transport."
CONSOMME_NEEDS_VIRTIO = "Consomme networking is not supported when wsl2.virtio is disabled; falling back to networkingMode Nat."

_EXPECTED = {"expected-]": "']'", "expected-=": "'='", "expected-eol": "' ' or '\\n'", "quote": '"'}


def bad_line(part: BadLine, path: str) -> str:
    """What WSL says about a line that its grammar throws away."""
    if part.problem == "key":
        return f"Invalid key name in {path}:{part.line}"
    if part.problem == "section":
        return f"Invalid section name in {path}:{part.line}"
    if part.problem == "escape":
        return f"Invalid escaped character: '{part.char}' in {path}:{part.line}"
    return f"Expected {_EXPECTED[part.problem]} in {path}:{part.line}"


def unknown_key(entry: Entry, path: str) -> str:
    """What WSL says about a key it does not know."""
    return f"Unknown key '{entry.name}' in {path}:{entry.line}"


def duplicate(entry: Entry, first: Entry, path: str) -> str:
    """What WSL says about the second entry of a setting; it keeps the first."""
    return f"Duplicated config key '{entry.name}' in {path}:{entry.line} (Conflicting key: '{first.name}' in {path}:{first.line})"


def cannot_open(path: str) -> str:
    """What WSL says about a file it cannot open. Windows' own words for the error stand where `<error 0>` does, in Windows' language."""
    return f"Failed to open config file {path}, <error 0>"


def bad_value(kind: str, entry: Entry, path: str, valid: str = "") -> str:
    """What WSL says about a value that its parser for this type does not take; `valid` names an enum's values."""
    value, name, line = entry.value, entry.name, entry.line
    if kind == "memory":
        return f"Invalid memory string '{value}' for .wslconfig entry '{name}' in {path}:{line}"
    if kind == "enum":
        return f"Invalid value '{value}' for config key '{name}' in {path}:{line} (Valid values: {valid})"
    if kind == "mac":
        return f"Invalid mac address '{value}' for key '{name}' in {path}:{line}"
    word = {"bool": "boolean value", "ipv4": "IP value"}.get(kind, "integer value")
    return f"Invalid {word} '{value}' for key '{name}' in {path}:{line}"


def too_many_processors(wanted: int, present: int) -> str:
    """What WSL says when wsl2.processors is more than the host has."""
    return f"wsl2.processors cannot exceed the number of logical processors on the system ({wanted} > {present})"


def policy(name: str) -> str:
    """What WSL says about a setting that a policy under HKLM\\Software\\Policies\\WSL switches off."""
    return f"The .wslconfig setting '{name}' is disabled by the computer policy."
