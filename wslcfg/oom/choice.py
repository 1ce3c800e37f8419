"""Think: only what is newer, only what is of one boot; and what of a log cannot be sorted so."""

from __future__ import annotations

from datetime import datetime

from wslcfg.errors import Usage
from wslcfg.oom.event import Reading
from wslcfg.oom.group import groups
from wslcfg.oom.story import Verdict


def later(reading: Reading, since: datetime | None) -> Reading:
    """Without what is older. What has no date stays: it may be new."""
    if since is None:
        return reading
    return reading._replace(
        seen=tuple(one for one in reading.seen if one.event.at is None or one.event.at >= since),
        notices=tuple(one for one in reading.notices if one.at is None or one.at >= since),
    )


def of_boot(reading: Reading, boot: str) -> Reading:
    """Only what is of this boot; a kill that WSL's journal took in again at a later start is of that boot too. What names no boot stays.

    Raises:
        Usage: the log has kills and names no boot for any of them.
    """
    boots = [one.event.boot for one in reading.seen] + [one.boot for one in reading.notices]
    if boots and not any(boots):
        raise Usage(
            "This log names no boots, so --boot cannot choose one.", "Leave --boot out; `journalctl -o json` writes logs that name them."
        )
    return reading._replace(
        seen=tuple(
            one
            for one in reading.seen
            if one.event.boot is None
            or one.event.boot.startswith(boot)
            or any((copy.boot or "").startswith(boot) for copy in one.event.copies)
        ),
        notices=tuple(one for one in reading.notices if one.boot is None or one.boot.startswith(boot)),
    )


def unsorted(reading: Reading, since: datetime | None, boot: str) -> tuple[str, ...]:
    """What is shown only because the log does not say when it was, as sentences."""
    found = []
    crashes = groups(reading)
    dateless = sum(one.at is None for one in crashes) if since is not None else 0
    if dateless:
        found.append(f"{_many(dateless)} no date in the log, so --since cannot tell whether {_they(dateless)} older.")
    bootless = sum(one.events[0].event.boot is None if one.events else one.notices[0].boot is None for one in crashes) if boot else 0
    if bootless:
        found.append(f"{_many(bootless)} no boot in the log, so --boot cannot tell whether {_they(bootless)} of another.")
    return tuple(found)


def of_choice(found: Verdict, whole: Reading) -> Verdict:
    """The verdict; where the choice left nothing of what the log has, that is said."""
    left = len(groups(whole)) if found.kind == "none" else 0
    if not left:
        return found
    many, are = ("1 crash", "it is") if left == 1 else (f"{left} crashes", "all are")
    text = f"Nothing of what was asked for: the log has {many} for want of memory, {are} older or of another boot."
    return found._replace(headline=text)


def _many(number: int) -> str:
    return "One crash has" if number == 1 else f"{number} crashes have"


def _they(number: int) -> str:
    return "it is" if number == 1 else "they are"
