"""`wslcfg apply`: carry a plan out, backup first."""

from __future__ import annotations

import sys

from wslcfg.apply import saved
from wslcfg.cli.carry import carry_out
from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import Place, settle
from wslcfg.cli.proposing import Answers, load_profile, look_whole, proposal_for
from wslcfg.cli.shared import Consent, Flags, absolute, open_host
from wslcfg.cli.show_plan import as_text
from wslcfg.errors import Conflict, Unreachable, Usage
from wslcfg.host.port import Host
from wslcfg.model.facts import Machine
from wslcfg.model.plan import Plan
from wslcfg.model.result import Result
from wslcfg.plan.digest import facts_digest
from wslcfg.ui.paint import Paint, wants_color


def run_apply(given: Flags, profile: str, plan: str, answers: Answers, consent: Consent, *, minutes: int | None = None) -> Result:
    """Carry out a profile's proposal, or a saved plan: the old bytes are kept first, then the file is replaced whole.

    `minutes`: under a watchdog that takes it back unless it is confirmed within them; None: without one.
    """
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
        return _carried(given, host, machine, place, ready, consent, minutes, command=f"wslcfg apply --plan {plan}", preview=None)
    proposal = proposal_for(host, machine, load_profile(host, profile), answers)
    shown = as_text(proposal, Paint(on=wants_color(sys.stdout)), explain=given.verbose)
    command = f"wslcfg apply {proposal.profile.name}"
    preview = shown if proposal.plan.files else None
    return _carried(given, host, machine, place, proposal.plan, consent, minutes, command=command, preview=preview)


def _carried(
    given: Flags,
    host: Host,
    machine: Machine,
    place: Place,
    plan: Plan,
    consent: Consent,
    minutes: int | None,
    *,
    command: str,
    preview: str | None,
) -> Result:
    """The plan carried out, with or without a watchdog; `try` says how that stands."""
    if minutes is not None:
        from wslcfg.cli.attempt import carry_out_trying  # most applies have none

        command += f" --try {minutes}"
        result = carry_out_trying(given, host, machine, place, plan, consent, minutes=minutes, command=command, preview=preview)
    else:
        result = carry_out(given, host, place, plan, consent, command=command, preview=preview)
    return result._replace(data={"try": None} | result.data)
