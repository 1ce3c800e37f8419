"""`wslcfg plan --out FILE`: the plan as a file that `apply --plan` carries out, as long as nothing has changed meanwhile."""

from __future__ import annotations

from wslcfg.apply import saved
from wslcfg.host import atomic
from wslcfg.plan.digest import facts_digest
from wslcfg.plan.propose import Proposal


def save_plan(path: str, proposal: Proposal) -> None:
    """Write the plan with the digest of the facts it was made from. Raises Unreachable."""
    atomic.replace(path, saved.dump(proposal.plan._replace(facts_digest=facts_digest(proposal.machine))))
