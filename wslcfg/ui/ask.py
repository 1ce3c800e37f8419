"""Questions to a person: one protocol, asked for real through questionary, from a script in tests, or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from wslcfg.errors import NeedsTerminal
from wslcfg.model.record import NamedTuple
from wslcfg.ui.harmless import one_line


class Back(Exception):
    """The person wants the question before this one."""


class Choice(NamedTuple):
    """One answer of several: the value that the program gets and the line that the person reads."""

    value: str
    title: str


class Ask(Protocol):
    """Whoever answers. `flag` names the option that answers the question without asking."""

    def choose(self, question: str, choices: Sequence[Choice], *, default: str, flag: str, back: bool = False) -> str:
        """One value out of several. Raises Back where `back` allows it."""

    def confirm(self, question: str, *, default: bool, flag: str) -> bool:
        """Yes or no."""

    def text(self, question: str, *, default: str, flag: str, check: Callable[[str], str | None], back: bool = False) -> str:
        """A line of text; `check` gives a complaint for a bad one, None for a good one."""


_BACK = "\x00back"


class AskPerson:
    """Asks on the terminal. Ctrl-C raises KeyboardInterrupt, which the gate turns into exit 130."""

    def choose(self, question: str, choices: Sequence[Choice], *, default: str, flag: str, back: bool = False) -> str:
        """See Ask."""
        import questionary  # 200 ms: only a person who is asked pays for it

        offered = [questionary.Choice(one_line(choice.title), choice.value) for choice in choices]
        if back:
            offered.append(questionary.Choice("Back to the question before", _BACK))
        chosen = next(choice for choice in offered if choice.value == default)
        answer = questionary.select(question, choices=offered, default=chosen, instruction="(arrow keys, Enter)").unsafe_ask()
        if answer == _BACK:
            raise Back
        return str(answer)

    def confirm(self, question: str, *, default: bool, flag: str) -> bool:
        """See Ask."""
        import questionary

        return bool(questionary.confirm(one_line(question), default=default).unsafe_ask())

    def text(self, question: str, *, default: str, flag: str, check: Callable[[str], str | None], back: bool = False) -> str:
        """See Ask; a lone `<` goes back."""
        import questionary

        def judge(answer: str) -> bool | str:
            return True if back and answer.strip() == "<" else check(answer) or True

        answer = str(questionary.text(question + (" (< goes back)" if back else ""), default=default, validate=judge).unsafe_ask())
        if back and answer.strip() == "<":
            raise Back
        return answer


class AskNobody:
    """No terminal, or `--no-input`: every question is refused with the flag that answers it (exit 7)."""

    def choose(self, question: str, choices: Sequence[Choice], *, default: str, flag: str, back: bool = False) -> str:
        """Always refuses."""
        raise _unanswered(question, flag)

    def confirm(self, question: str, *, default: bool, flag: str) -> bool:
        """Always refuses."""
        raise _unanswered(question, flag)

    def text(self, question: str, *, default: str, flag: str, check: Callable[[str], str | None], back: bool = False) -> str:
        """Always refuses."""
        raise _unanswered(question, flag)


def _unanswered(question: str, flag: str) -> NeedsTerminal:
    return NeedsTerminal(f"There is a question and nobody to ask: {question}", f"Answer it with {flag}, or run this in a terminal.")


def somebody(*, allowed: bool) -> Ask:
    """The person at the terminal when there is one and asking is allowed, else nobody.

    Both ends are checked: with a piped stdin questionary would take its answers from the pipe, with a piped stdout the
    question would go into the file.
    """
    if allowed and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        return AskPerson()
    return AskNobody()
