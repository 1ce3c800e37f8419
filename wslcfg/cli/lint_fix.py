"""`wslcfg lint --fix`: the plan that mends what can be mended without a choice."""

from __future__ import annotations

import sys
from hashlib import sha256

from wslcfg.cli.carry import carry_out, changes_json, repairs_json
from wslcfg.cli.place import existence, settle
from wslcfg.cli.shared import Consent, Flags, this_disk
from wslcfg.host.port import Host
from wslcfg.model.facts import Machine
from wslcfg.model.plan import FileChange, Plan
from wslcfg.model.result import Result
from wslcfg.model.wslfile import Effective, Scan
from wslcfg.plan.filechange import judge, whole_file
from wslcfg.plan.view import view_of
from wslcfg.ui.diff import painted, plan_diff
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.wslconf.lint_case import Around
from wslcfg.wslconf.tidy import fixes


def mend(
    given: Flags, host: Host, machine: Machine, found: Scan, will: Effective, around: Around, path: str, *, own: bool, consent: Consent
) -> Result:
    """Propose the repairs, and carry them out when the person says yes; a file that was named is edited in place.

    Args:
        given: the common flags. host, machine: where.
        found, will: the file as WSL reads it. around: what lint knows beside it.
        path: where it lies. own: whether it is the person's own `.wslconfig` or `wsl.conf`, with a history.
        consent: answers given as flags.
    """
    fixed = fixes(found, will, around)
    if own:
        place = settle(host, machine)
        raw = host.read(path)
        changed = whole_file(raw, fixed.raw if raw is not None else None, found.target, path, view_of(machine))
        files: tuple[FileChange, ...] = ()
        if changed.change is not None:
            change = changed.change
            files = (
                FileChange(
                    change.label,
                    path,
                    change.before,
                    change.after,
                    fixed.keys,
                    fixed.repairs,
                    change.restart,
                    change.shared,
                    change.as_root,
                    change.mode,
                ),
            )
        plan = Plan("lint --fix", files, judge((changed,), machine, existence(host, machine)))
        return carry_out(given, host, place, plan, consent, command="wslcfg lint --fix")
    change = FileChange(path, path, found.raw, fixed.raw, fixed.keys, fixed.repairs)
    plan = Plan("lint --fix", (change,) if fixed.raw != found.raw else ())
    diff = plan_diff(plan)
    # Only a proposal unless the person has said yes: the file may be somebody else's.
    write = bool(plan.files) and consent.yes and not consent.dry_run
    if write:
        this_disk().write(path, fixed.raw, if_digest=sha256(found.raw).hexdigest())
    data: dict[str, object] = {"changed": write, "changes": changes_json(plan), "repairs": repairs_json(plan.files), "diff": diff}
    said = painted(diff, Paint(on=wants_color(sys.stdout))) + "".join(f"  line {repair.line}: {repair.why}\n" for repair in fixed.repairs)
    if not diff:
        said = "Nothing to mend without a choice; `wslcfg lint` names what is left."
    elif not write:
        said += "Nothing was written; add --yes to write it."
    return Result(data, lambda: said)
