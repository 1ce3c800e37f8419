"""`wslcfg apply --try MINUTES`: carry a plan out under a watchdog on the Windows side, which restarts WSL and takes it back unless confirmed."""

from __future__ import annotations

import sys

from wslcfg.apply.detached import start_detached
from wslcfg.apply.homes import Homes
from wslcfg.apply.run import Applied, apply
from wslcfg.apply.trial import Times, as_data
from wslcfg.apply.watchdog import Setup, begin, check_revertible
from wslcfg.cli.carry import carry_out
from wslcfg.cli.place import Place, seen_path
from wslcfg.cli.shared import Consent, Flags
from wslcfg.errors import NeedsTerminal, Unreachable
from wslcfg.host.port import Host
from wslcfg.host.process import boot_of
from wslcfg.inside.look import program
from wslcfg.machine.interop import Interop
from wslcfg.machine.mounts import look_place
from wslcfg.model.facts import Machine
from wslcfg.model.plan import Plan
from wslcfg.model.result import Result
from wslcfg.ui.words import count

_QUESTION = "Write this and restart WSL now? All that runs in it ends, this terminal too."


def carry_out_trying(
    given: Flags,
    host: Host,
    machine: Machine,
    place: Place,
    plan: Plan,
    consent: Consent,
    *,
    minutes: int,
    command: str,
    preview: str | None,
) -> Result:
    """As `carry.carry_out`, with a watchdog that gives the person that many minutes.

    Raises:
        NeedsTerminal: nobody is there who could confirm. Refused, Unreachable, Conflict: see `apply.watchdog.begin`.
    """
    if not plan.files:
        return carry_out(given, host, place, plan, consent, command=command, preview=preview)
    setup = Setup(
        distro=place.homes.distro,
        user=place.homes.user,
        boot=boot_of(host),
        program=program(host, host.env("HOME") or ""),
        times=Times(confirm_s=60 * minutes),
    )
    interop = _check(host, machine, place, plan, setup, consent)
    trials = []

    def write(plan: Plan, host: Host, homes: Homes, *, command: str, accepted: frozenset[str], dry_run: bool, become: str) -> Applied:
        if dry_run:
            return apply(plan, host, homes, command=command, accepted=accepted, dry_run=True, become=become)
        done, trial = begin(
            plan,
            host,
            homes,
            setup,
            lambda script: start_detached(interop, seen_path(host, script)),
            command=command,
            accepted=accepted,
        )
        trials.append(trial)
        return done

    result = carry_out(
        given, host, place, plan, consent, command=command, preview=preview, takes_effect=False, writer=write, question=_QUESTION
    )
    trial = trials[0] if trials else None
    if trial is None:
        return result
    first = result.text
    told = (
        f"WSL restarts now. When {setup.distro} answers, a window opens and asks whether to keep this; `wslcfg confirm` in WSL does the same."
        f" Without a yes within {count(minutes, 'minute')} the old file comes back, also when WSL does not start."
    )
    return result._replace(data=result.data | {"try": as_data(trial, host.now())}, text=lambda: f"{first()}\n{told}")


def _check(host: Host, machine: Machine, place: Place, plan: Plan, setup: Setup, consent: Consent) -> Interop:
    """Refuse what cannot be tried before anybody is asked anything; gives the way to Windows' programs."""
    check_revertible(plan, place.homes, setup)
    if not consent.dry_run and not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()):
        raise NeedsTerminal(
            "A try ends with a person who says whether to keep it, and there is no terminal here.",
            "Run it in a terminal, or leave out --try.",
            code="needs-terminal",
        )
    interop = Interop(host, look_place(host))
    if not interop.usable:
        raise Unreachable(
            f"Nothing can be started on the Windows side that would take the settings back: {interop.why}.",
            "Apply without --try; what undoes it when WSL does not start is in the Start menu.",
            code="no-interop",
        )
    return interop
