"""`wslcfg setup`: the wizard. A few questions with good defaults, each also a flag; then the same plan that `plan` prints."""

from __future__ import annotations

import sys
from typing import Protocol

from wslcfg.cli.carry import carry_out
from wslcfg.cli.ground import after_writing
from wslcfg.cli.install import carry_pieces
from wslcfg.cli.place import settle
from wslcfg.cli.proposing import Answers, load_profile, look_whole, proposal_for
from wslcfg.cli.shared import Consent, Flags, asker, open_host
from wslcfg.cli.show_pieces import as_text as pieces_text
from wslcfg.cli.show_plan import as_text
from wslcfg.cli.wizard_pieces import Offered, by_asking, by_default
from wslcfg.errors import NeedsTerminal, Refused, WslcfgError
from wslcfg.host.port import Host
from wslcfg.machine.look import require_windows
from wslcfg.model.facts import Machine
from wslcfg.model.profile import Profile
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human, parse
from wslcfg.ui.ask import Ask, AskNobody, Back, Choice
from wslcfg.ui.outcome import say
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.words import listing

WAYS = (
    Choice("balanced", "Balanced: memory as far as the work needs it and Windows can spare it, and swap"),
    Choice("swap-first", "Careful: swap alone, memory untouched; look again in a week"),
)
USES = (
    Choice("light", "Light: a terminal and a light editor"),
    Choice("standard", "Standard: a browser, VS Code and chat"),
    Choice("heavy", "Heavy: Visual Studio or Rider, many tabs, other VMs"),
)

_DEFAULTS = "--yes takes every default"
_COUNTS = frozenset(map(str, range(1001)))


def run_setup(given: Flags, profile: str, answers: Answers, consent: Consent, *, pieces: bool = True, mirror: str = "") -> Result:
    """Set this laptop up: look at the machine, propose memory and swap, show the diff, apply, then offer the pieces inside the distro.

    With --yes every question that no flag answers takes its default, and the pieces are part of the one plan.
    """
    host = open_host(given)
    answers.check()
    machine = look_whole(host)
    try:
        require_windows(machine)
    except WslcfgError as error:
        if error.code == "not-wsl":
            error.hint = "Run wslcfg inside a WSL distro, or see the whole journey on a practice laptop with `wslcfg demo`."
        raise
    place = settle(host, machine)
    ask = asker(given)
    talk = Talk(given, host, machine, ask, silent=consent.yes or consent.dry_run)
    # Without a person it goes with the answer: a failure is its two lines and nothing else.
    found = talk.found()
    if not isinstance(ask, AskNobody) and not given.quiet:
        say("".join(f"{line}\n" for line in [*found, ""]))
        found = []
    chosen, settled = talk.interview(profile, answers)
    proposal = proposal_for(host, machine, chosen, settled)
    shown = as_text(proposal, Paint(on=wants_color(sys.stdout)), explain=given.verbose)
    command = f"wslcfg setup {chosen.name}"
    asking = pieces and not (consent.yes or consent.dry_run)
    offered = by_default(given, host, machine, chosen, mirror, consent) if pieces and not asking else Offered(None, None)
    plan = proposal.plan
    if offered.ready is not None and offered.ground is not None and offered.ready.plan.files:
        ready = offered.ready
        plan = plan._replace(files=(*plan.files, *ready.plan.files), notes=(*plan.notes, *ready.plan.notes))
        shown += "\n" + pieces_text(
            offered.ground, ready.plan, ready.choices, ready.chosen, None, Paint(on=wants_color(sys.stdout)), whole=given.verbose
        )
    result = carry_out(given, host, place, plan, consent, command=command, preview=shown, takes_effect=False)
    if asking:
        offered = by_asking(given, host, machine, chosen, mirror, consent, ask)
        if offered.ready is not None and offered.ground is not None:
            placed = carry_pieces(given, offered.ground, offered.ready, consent, command=command)
            result = _both(result, placed)
    elif offered.ground is not None and result.data["changed"] and not consent.dry_run:
        told = after_writing(offered.ground, plan.files)
        result = result._replace(messages=(*result.messages, *(Message("note", note) for note in told)))
    said = (*found, *((offered.note,) if offered.note else ()))
    result = result._replace(messages=(*(Message("note", line) for line in said), *result.messages))
    return _with_next_steps(result, chosen, machine, limits=offered.ready is not None and "launcher" in offered.ready.chosen)


def _both(first: Result, placed: Result) -> Result:
    """One answer for the two plans that were carried out one after the other; the pieces' own stands under `pieces`."""
    changed = bool(first.data["changed"] or placed.data["changed"])

    def text() -> str:
        return "\n".join(part for part in (first.text(), placed.text()) if part)

    return first._replace(
        data={**first.data, "changed": changed, "pieces": placed.data}, text=text, messages=(*first.messages, *placed.messages)
    )


class Question(Protocol):
    """One question: takes what is settled so far and gives it back with the answer; `back` offers the way back."""

    def __call__(self, profile: str, answers: Answers, *, back: bool) -> tuple[str, Answers]:
        """Ask it. Raises Back."""


class Talk:
    """The questions, one after the other, with a way back. Nothing is written while it lasts, so leaving it leaves no trace."""

    def __init__(self, given: Flags, host: Host, machine: Machine, ask: Ask, *, silent: bool) -> None:
        self._given = given
        self._host = host
        self._machine = machine
        self._ask = ask
        self._silent = silent

    def found(self) -> list[str]:
        """What was found, so that the person sees what the questions rest on."""
        host, services = self._machine.host, self._machine.services.value
        ram = human(host.ram.value) if host.ram.value is not None else f"unknown ({host.ram.reason})"
        lines = [f"This host has {ram} of usable RAM; the VM has {self._vm()}."]
        if services:
            lines.append(
                f"Resident services: {listing([f'{one.name} (planned with {human(one.planned)}, {one.how})' for one in services])}."
            )
        return [*lines, *self._machine.notes]

    def interview(self, profile: str, answers: Answers) -> tuple[Profile, Answers]:
        """Ask what no flag has answered; the profile and the full answers.

        Raises:
            NeedsTerminal: nobody to ask, and a question without a safe default (the host's RAM) or no `--yes`.
        """
        steps: list[Question] = []
        if self._machine.host.ram.value is None and not answers.host_ram:
            if self._silent:
                raise NeedsTerminal(
                    f"The host's RAM is unknown: {self._machine.host.ram.reason}.",
                    "Give the usable RAM with --host-ram, for example --host-ram 16GB.",
                )
            steps.append(self._ram)
        if not self._silent:
            if not answers.windows_use:
                steps.append(self._use)
            if answers.sessions is None:
                steps.append(self._sessions)
            if not profile:
                steps.append(self._way)
        at, trail = 0, [(profile, answers)]
        while at < len(steps):
            try:
                now = steps[at](*trail[-1], back=at > 0)
            except Back:
                at -= 1
                trail.pop()
                continue
            trail.append(now)
            at += 1
        name, settled = trail[-1]
        return load_profile(self._host, name), settled

    def _vm(self) -> str:
        memory, swap = self._machine.vm.memory_total.value, self._machine.vm.swap_total.value
        return "an unknown size" if memory is None else f"{human(memory)} of memory and {human(swap or 0) if swap else 'no'} swap"

    def _ram(self, profile: str, answers: Answers, *, back: bool) -> tuple[str, Answers]:
        text = self._ask.text("How much RAM does this computer have (for example 16GB)?", default="", flag="--host-ram", check=_no_size)
        return profile, answers._replace(host_ram=text)

    def _use(self, profile: str, answers: Answers, *, back: bool) -> tuple[str, Answers]:
        use = self._ask.choose("How is Windows used beside WSL?", USES, default="standard", flag=f"--windows-use ({_DEFAULTS})", back=back)
        return profile, answers._replace(windows_use=use)

    def _sessions(self, profile: str, answers: Answers, *, back: bool) -> tuple[str, Answers]:
        text = self._ask.text(
            "How many agent sessions run at the same time?", default="2", flag=f"--sessions ({_DEFAULTS})", check=_no_count, back=back
        )
        return profile, answers._replace(sessions=int(text))

    def _way(self, profile: str, answers: Answers, *, back: bool) -> tuple[str, Answers]:
        return self._ask.choose(
            "Which way?", WAYS, default="balanced", flag=f"PROFILE, balanced or swap-first ({_DEFAULTS})", back=back
        ), answers


def _no_size(text: str) -> str | None:
    """What is wrong with a size, None when nothing is."""
    try:
        return None if parse(text, exact=False) >= 1 << 30 else "That is less than 1 GB; write for example 16GB."
    except Refused as error:
        return f"{error.message} {error.hint}"


def _no_count(text: str) -> str | None:
    """What is wrong with a count of sessions, None when nothing is."""
    return None if text.strip() in _COUNTS else "Write a number from 0 to 1000."


def _with_next_steps(result: Result, profile: Profile, machine: Machine, *, limits: bool) -> Result:
    """The result with what a person does after the wizard."""
    steps = []
    if result.data.get("restart_needed") and result.data.get("generation") is not None:
        steps.append(
            "restart WSL when no work is open: `wslcfg restart`, or `wsl --shutdown` in PowerShell; `wslcfg verify` tells whether it counts"
        )
        steps.append("`wslcfg status` tells whether the VM really has what the file says")
        if limits:
            steps.append("`wslcfg install` then fits the limits of the agents to the new memory")
        steps.append("`wslcfg rollback` brings the old file back if you do not like it")
    if profile.name == "swap-first":
        steps.append("look again in a week: `wslcfg plan balanced`")
    said = tuple(Message("note", f"{at}. {step}" if at > 1 else f"Next:\n1. {step}") for at, step in enumerate(steps, 1))
    return Result(
        {**result.data, "profile": profile.name, "next": steps}, result.text, (*result.messages, *said), result.exit_code, result.errors
    )
