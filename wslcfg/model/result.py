"""Think: a result, what a command hands to the gate: data for machines, a text for people, an exit code."""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.errors import WslcfgError
from wslcfg.model.record import NamedTuple


class Message(NamedTuple):
    """Something said to a person beside the data: `level` is `note` or `warning`."""

    level: str
    text: str


def _nothing() -> str:
    return ""


class Result(NamedTuple):
    """What a command has to say.

    Attributes:
        data: the `data` of the JSON envelope; plain dicts, lists, ints, strings, None.
        text: makes the text for stdout, called only when it is wanted; takes nothing.
        messages: to stderr for people, into `messages` for machines.
        exit_code: see the contract. errors: for results that failed but still have data to show.
    """

    data: dict[str, object]
    text: Callable[[], str] = _nothing
    messages: tuple[Message, ...] = ()
    exit_code: int = 0
    errors: tuple[WslcfgError, ...] = ()
