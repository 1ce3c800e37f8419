"""`wslcfg plan`: propose and diff, write nothing."""

from __future__ import annotations

import os
import sys

from wslcfg.cli.proposing import Answers, imagined, load_profile, look_whole, proposal_for
from wslcfg.cli.shared import Flags, Json, absolute, open_host
from wslcfg.cli.show_plan import as_text
from wslcfg.model.result import Message, Result
from wslcfg.plan.propose import Proposal, as_dict
from wslcfg.ui.diff import plan_diff
from wslcfg.ui.paint import Paint, wants_color


def run_plan(given: Flags, profile: str, answers: Answers, file: str, out: str, *, explain: bool, check: bool) -> Result:
    """Propose memory and swap for this machine and show the diff; nothing is written.

    A what-if flag (--host-ram, --windows-use, --service, --sessions, --free-disk, --processors) makes the machine a hypothetical one.
    """
    answers.check()
    host = open_host(given)
    chosen = load_profile(host, profile)
    what_if = answers.any or bool(file)
    proposal = imagined(host, given, chosen, answers, file) if what_if else proposal_for(host, look_whole(host), chosen, answers)
    messages = [Message("note", note) for note in proposal.plan.notes]
    if out:
        from wslcfg.cli.plan_out import save_plan  # most plans are never saved, and saving needs hashes, JSON and atomic writes

        save_plan(absolute(out), proposal)
        messages.append(Message("note", f"Saved; `wslcfg apply --plan {os.path.relpath(absolute(out))}` carries it out."))
    elif proposal.plan.files and not what_if:
        messages.append(Message("note", f"Nothing was written. `wslcfg apply{' ' + profile if profile else ''}` carries it out."))
    paint = Paint(on=wants_color(sys.stdout))
    code = 1 if check and proposal.plan.files else 0
    return Result(data_of(proposal), lambda: as_text(proposal, paint, explain=explain or given.verbose), tuple(messages), code)


def data_of(proposal: Proposal) -> Json:
    """The contract's `data` of `plan`."""
    data = as_dict(proposal)
    data["needs_restart"] = proposal.plan.restart != "none"
    data["restart"] = proposal.plan.restart
    data["diff"] = plan_diff(proposal.plan)
    return data
