"""Look: what Windows answered, kept for the rest of this boot in `$XDG_STATE_HOME/wslcfg/host.json`, so that one interop process a boot is enough.

The key is the VM's boot id with what decides the answers otherwise: which questions, which Windows mount, whether interop works.
"""

from __future__ import annotations

import json
from datetime import datetime

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.machine.found import Found

SCHEMA = 1


def state_folder(host: Host) -> str | None:
    """`$XDG_STATE_HOME/wslcfg`, by default `~/.local/state/wslcfg`; None without a home. A relative XDG_STATE_HOME is no value (XDG 0.8)."""
    base = host.env("XDG_STATE_HOME") or ""
    if not base.startswith("/"):
        home = host.env("HOME") or ""
        base = f"{home.rstrip('/')}/.local/state" if home.startswith("/") else ""
    return f"{base}/wslcfg" if base else None


def load(host: Host, key: str | None) -> tuple[Found, str, datetime] | None:
    """What was kept under this key (under whatever key, for None) with how and when it was found; None when there is nothing that can be used."""
    folder = state_folder(host)
    if folder is None or key == "":
        return None
    try:
        raw = host.read(f"{folder}/host.json")
        kept = json.loads(raw) if raw is not None else None
        if not isinstance(kept, dict) or kept.get("schema") != SCHEMA or key not in (None, kept.get("key")):
            return None
        found = Found()
        found.values = dict(kept["values"])
        found.sources = {str(name): str(source) for name, source in kept["sources"].items()}
        found.failed = {str(name): str(reason) for name, reason in kept["failed"].items()}
        taken_at = datetime.fromisoformat(kept["taken_at"])
        return (found, str(kept["how"]), taken_at) if taken_at.tzinfo is not None else None
    except (WslcfgError, ValueError, KeyError, TypeError, AttributeError):
        # A cache that is not understood is no cache; the next answer replaces it.
        return None


def store(host: Host, key: str, found: Found, how: str, taken_at: datetime) -> None:
    """Keep the answers; only the person may read them. A home that cannot be written costs the time of asking again, nothing else."""
    folder = state_folder(host)
    if folder is None or not key:
        return
    kept = {
        "schema": SCHEMA,
        "key": key,
        "how": how,
        "taken_at": taken_at.isoformat(),
        "values": found.values,
        "sources": found.sources,
        "failed": found.failed,
    }
    try:
        host.write(f"{folder}/host.json", json.dumps(kept, indent=1).encode() + b"\n", mode=0o600)
    except WslcfgError:
        return
