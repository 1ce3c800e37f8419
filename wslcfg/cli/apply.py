"""`wslcfg apply`: carry a plan out, backup first."""

from __future__ import annotations

import sys

from wslcfg.apply import saved
from wslcfg.cli.carry import carry_out
from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import settle
from wslcfg.cli.proposing import Answers, load_profile, look_whole, proposal_for
from wslcfg.cli.shared import Consent, Flags, absolute, open_host
from wslcfg.cli.show_plan import as_text
from wslcfg.errors import Conflict, Unreachable, Usage
from wslcfg.model.result import Result
from wslcfg.plan.digest import facts_digest
from wslcfg.ui.paint import Paint, wants_color


def run_apply(given: Flags, profile: str, plan: str, answers: Answers, consent: Consent) -> Result:
    """Carry out a profile's proposal, or a saved plan: the old bytes are kept first, then the file is replaced whole."""
    host = open_host(given)
    answers.check()
    if plan and (profile or answers.any):
        raise Usage("A saved plan is carried out as it is.", "Give either --plan, or a profile with its flags.")
    machine = look_whole(host)
    place = settle(host, machine)
    if plan:
        raw = host_bytes(host, absolute(plan), given.machine)
        if raw is None:
            raise Unreachable(f"There is no file {plan}.", "Make one with `wslcfg plan --out FILE`.", code="no-file")
        ready = saved.load(raw, name=plan)
        if ready.facts_digest and ready.facts_digest != facts_digest(machine):
            raise Conflict(
                "The machine is not what it was when the plan was made.", "Make the plan anew with `wslcfg plan --out`.", code="stale-plan"
            )
        return carry_out(given, host, place, ready, consent, command=f"wslcfg apply --plan {plan}")
    proposal = proposal_for(host, machine, load_profile(host, profile), answers)
    shown = as_text(proposal, Paint(on=wants_color(sys.stdout)), explain=given.verbose)
    command = f"wslcfg apply {proposal.profile.name}"
    return carry_out(given, host, place, proposal.plan, consent, command=command, preview=shown if proposal.plan.files else None)
