"""`wslcfg plan --out FILE`: the plan as a file that `apply --plan` carries out, as long as nothing has changed meanwhile."""

from __future__ import annotations

from hashlib import sha256

from wslcfg.apply import saved
from wslcfg.cli.named import host_bytes
from wslcfg.cli.shared import this_disk
from wslcfg.errors import Refused
from wslcfg.host import atomic
from wslcfg.plan.digest import facts_digest
from wslcfg.plan.propose import Proposal


def save_plan(path: str, proposal: Proposal) -> None:
    """Write the plan with the digest of the facts it was made from, over an older plan or an empty file.

    Raises:
        Refused: something else is there, which would be lost. Unreadable, Unreachable, Conflict: the file.
    """
    there = this_disk().stat(path)
    raw = host_bytes(this_disk(), path, "") if there is not None and there.kind in ("file", "link") else None
    if raw and not saved.is_plan(raw):
        raise Refused(f"{path} is there and is no saved plan.", "Give --out another name, or move that file away.", code="not-a-plan")
    digest = None if there is not None and raw is None else "" if raw is None else sha256(raw).hexdigest()
    atomic.replace(path, saved.dump(proposal.plan._replace(facts_digest=facts_digest(proposal.machine))), if_digest=digest)
