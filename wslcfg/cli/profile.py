"""`wslcfg profile`: list, show, check, save."""

from __future__ import annotations

import os

from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import config_folder
from wslcfg.cli.proposing import load_profile
from wslcfg.cli.shared import Flags, Json, absolute, open_host
from wslcfg.errors import Refused, Unreachable, WslcfgError
from wslcfg.host.port import Host
from wslcfg.model.profile import Profile
from wslcfg.model.result import Result
from wslcfg.profile import builtin
from wslcfg.profile.digest import digest
from wslcfg.profile.load import Source, examine
from wslcfg.ui.tables import table
from wslcfg.ui.words import count
from wslcfg.ui.wrap import fit


def run_list(given: Flags) -> Result:
    """List the built-in profiles and your own."""
    host = open_host(given)
    folder = f"{config_folder(host)}/profiles"
    own = [name.removesuffix(".toml") for name in host.list(folder) if name.endswith(".toml")]
    rows: list[Json] = []
    for name in [*(name for name in builtin.names() if name not in own), *own]:
        try:
            found = load_profile(host, name)
            rows.append({"name": name, "own": name in own, "description": found.description, "chain": list(found.chain), "problem": None})
        except WslcfgError as error:
            rows.append({"name": name, "own": name in own, "description": "", "chain": [], "problem": error.message})
    shown = [(str(row["name"]), "yours" if row["own"] else "built in", str(row["problem"] or row["description"])) for row in rows]
    lines = table(shown, stack=True)
    return Result({"profiles": rows, "folder": folder}, lambda: "\n".join(lines))


def run_show(given: Flags, name: str) -> Result:
    """Show a profile with everything it extends, and where each value comes from."""
    found = load_profile(open_host(given), name)
    rows = [(f"[{of}] {key}", _text(value.given), str(value.origin)) for (of, key), value in found.values.items()]
    head = f"{found.name}: {found.description} ({' <- '.join(reversed(found.chain))})"
    return Result(as_data(found), lambda: "\n".join([*fit([head]), "", *table(rows, header=("key", "value", "from"))]))


def as_data(found: Profile) -> Json:
    """A profile as JSON data."""
    return {
        "name": found.name,
        "description": found.description,
        "chain": list(found.chain),
        "digest": digest(found),
        "values": [
            {
                "table": of,
                "key": key,
                "value": list(value.given) if isinstance(value.given, tuple) else value.given,
                "profile": value.origin.profile,
                "file": value.origin.file,
                "line": value.origin.line,
            }
            for (of, key), value in found.values.items()
        ],
    }


def run_check(given: Flags, names: tuple[str, ...]) -> Result:
    """Check profiles: every unknown key and bad value with its place; exit 1 when there is one."""
    host = open_host(given)
    reports: list[Json] = []
    lines: list[str] = []
    for name in names:
        mistakes = _mistakes(host, name, given.machine)
        reports.append({"profile": name, "mistakes": [{"message": message, "hint": hint} for message, hint in mistakes]})
        lines += [f"{message} {hint}" for message, hint in mistakes] or [f"{name}: sound."]
    total = sum(len(report["mistakes"]) for report in reports if isinstance(report["mistakes"], list))
    if total:
        lines.append(f"{count(total, 'mistake')}.")
    return Result({"profiles": reports}, lambda: "\n".join(lines), (), 1 if total else 0)


def _mistakes(host: Host, name: str, machine: str) -> list[tuple[str, str]]:
    """Every mistake of one profile: those of its own file one by one, else what loading it with its parents complains about."""
    if "/" in name or name.endswith(".toml"):
        path = absolute(name)
        raw = host_bytes(host, path, machine)
        if raw is None:
            raise Unreachable(f"There is no profile at {name}.", "Check the path.", code="no-profile")
        examined = examine(Source(os.path.basename(path).removesuffix(".toml"), path, raw, True))
        if examined.mistakes:
            return [(str(mistake), mistake.hint) for mistake in examined.mistakes]
    try:
        load_profile(host, name)
    except Refused as error:
        if error.code == "no-profile" and "/" not in name:
            raise
        return [(error.message, error.hint)]
    return []


def _text(given: object) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    return ", ".join(given) if isinstance(given, tuple) else str(given)
