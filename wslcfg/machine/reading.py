"""Look: the port without its errors. A fact that cannot be read is unknown, never a failure; so here a refusal is the same as nothing."""

from __future__ import annotations

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host, Stat


def text(host: Host, path: str) -> str:
    """A small text of /proc or /etc; empty when it is missing or may not be read. What is no UTF-8 becomes U+FFFD."""
    try:
        raw = host.read(path)
    except WslcfgError:
        return ""
    return (raw or b"").decode("utf-8", "replace")


def number(host: Host, path: str) -> int | None:
    """The whole number that a file of /sys holds; None when it is missing, unreadable or says something else (`max`)."""
    said = text(host, path).strip()
    return int(said) if said.isascii() and said.isdigit() else None


def names(host: Host, path: str) -> tuple[str, ...]:
    """The names in a folder; empty when it is missing or may not be read."""
    try:
        return host.list(path)
    except WslcfgError:
        return ()


def there(host: Host, path: str) -> Stat | None:
    """What lies at a path; None when nothing does or it may not be looked at."""
    try:
        return host.stat(path)
    except WslcfgError:
        return None
