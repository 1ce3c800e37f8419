"""`wslcfg profile save`: this machine's files as a profile."""

from __future__ import annotations

import os
from hashlib import sha256

from wslcfg.cli.place import config_folder, glance, settle
from wslcfg.cli.shared import Consent, Flags, absolute, asker, open_host
from wslcfg.errors import Refused
from wslcfg.model.result import Result
from wslcfg.plan.view import view_of
from wslcfg.profile.load import load
from wslcfg.profile.save import save


def run_save(given: Flags, name: str, consent: Consent) -> Result:
    """Write a profile that says what the files say now, or update one; its comments and rules stay.

    Raises:
        Refused: a bad name, or the person said no. NeedsTerminal: an update, and nobody to ask. Conflict: it changed meanwhile.
    """
    host = open_host(given)
    machine = glance(host)
    place = settle(host, machine)
    path = absolute(name) if "/" in name or name.endswith(".toml") else f"{config_folder(host)}/profiles/{name}.toml"
    before = host.read(path)
    stem = os.path.basename(path).removesuffix(".toml")
    text = save(stem, host.read(place.wslconfig), host.read(place.wslconf), before, view=view_of(machine))
    after = text.encode()
    # What is written must load: a profile that `apply` then refuses would be a trap.
    load(path, lambda wanted: after if wanted == path else host.read(wanted), f"{config_folder(host)}/profiles")
    changed = after != (before or b"")
    if changed and not consent.dry_run:
        if before is not None and not consent.yes and not asker(given).confirm(f"Update {path}?", default=True, flag="--yes"):
            raise Refused("You said no; nothing was written.", "Choose another name.", code="declined")
        host.write(path, after, if_digest="" if before is None else sha256(before).hexdigest())
    said = f"{'Would write' if consent.dry_run else 'Written'}: {path}" if changed else f"Nothing to do: {path} says so already."
    return Result(
        {"changed": changed and not consent.dry_run, "path": path, "text": text}, lambda: f"{text}\n{said}" if consent.dry_run else said
    )
