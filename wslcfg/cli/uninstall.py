"""`wslcfg uninstall`: take the pieces out again, the launcher last."""

from __future__ import annotations

import sys

from wslcfg.cli.carry import carry_out
from wslcfg.cli.ground import Ground, after_writing, look_ground
from wslcfg.cli.place import glance
from wslcfg.cli.shared import Consent, Flags, Json, open_host
from wslcfg.cli.show_pieces import files_text
from wslcfg.inside.activate import remove_folders
from wslcfg.inside.components import COMPONENTS, known, with_dependants
from wslcfg.inside.look import services
from wslcfg.inside.pieces import made_folders, uninstall_plan
from wslcfg.model.result import Message, Result
from wslcfg.ui.paint import Paint, wants_color


def run_uninstall(given: Flags, components: tuple[str, ...], consent: Consent) -> Result:
    """Take the pieces out: entries in settings first, the launcher last; backups and history stay."""
    known(components)
    host = open_host(given)
    ground = look_ground(host, glance(host))
    going = with_dependants(components) if components else frozenset(one.name for one in COMPONENTS)
    title = f"uninstall {', '.join(one.name for one in COMPONENTS if one.name in going & ground.there)}".rstrip()
    plan, left = uninstall_plan(ground.around, ground.seen, going, title=title)
    plan = plan._replace(notes=(*plan.notes, *_running(ground, going)))
    shown = files_text(plan, Paint(on=wants_color(sys.stdout)), whole=given.verbose)
    command = " ".join(["wslcfg uninstall", *(f"--component {name}" for name in components)])
    result = carry_out(given, host, ground.place, plan, consent, command=command, preview=shown)
    told: tuple[str, ...] = ()
    if not consent.dry_run:
        told = after_writing(ground, plan.files if result.data["changed"] else ())
        remove_folders(made_folders(ground.conf), ground.real)
    data: Json = {
        **result.data,
        "components": [one.name for one in COMPONENTS if one.name in going & ground.there],
        "files": [
            {
                "path": change.path,
                "what": "remove" if change.after is None else "make" if change.before is None else "change",
                "why": change.why,
            }
            for change in plan.files
        ],
        "left": [{"path": one.path, "components": list(one.components), "why": one.error.message, "hint": one.error.hint} for one in left],
    }
    errors = tuple(one.error for one in left)
    return result._replace(
        data=data,
        messages=(*result.messages, *(Message("note", note) for note in told)),
        exit_code=errors[0].exit_code if errors else result.exit_code,
        errors=errors,
    )


def _running(ground: Ground, going: frozenset[str]) -> tuple[str, ...]:
    """What runs now and knows the wrapper."""
    if not going & ground.there & {"launcher", "claude-settings"}:
        return ()
    found = services(ground.host)
    return tuple(
        f"A background service of Claude Code runs (pid {one}): it read the settings when it started, so end it, or its next session may look for "
        "the wrapper."
        for one in found
    )
