"""Act: this user's crontab as if it were a file, for it is one that only the `crontab` program may touch.

It has a path of its own, `PATH`, so that plans, diffs, backups, history and rollback treat it like any other file.
On a recorded machine it is an ordinary file at that path.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wslcfg.errors import Conflict, Unreachable
from wslcfg.host.atomic import digest
from wslcfg.host.port import Ran

PATH = "/crontab/self"
# What Debian's cron, cronie, dcron, fcron and busybox say, with exit code 1, when a user has none.
_NONE = re.compile(rb"no (?:f?cron)tab|has no fcrontab|can't open '[^']*': No such file", re.IGNORECASE)

Run = Callable[..., Ran]


def read(run: Run) -> bytes | None:
    """The crontab; None where there is none, or no cron at all. Raises Unreachable where cron refuses this user."""
    ran = run(["crontab", "-l"])
    if ran.failure == "missing" or (ran.code and _NONE.search(ran.err + ran.out)):
        return None
    if ran.code or ran.failure:
        raise _refused(ran, "read")
    return ran.out


def write(run: Run, data: bytes | None, if_digest: str | None) -> None:
    """Replace the crontab whole, which `crontab` itself does by a rename; None removes it.

    Raises:
        Conflict: it is not what `if_digest` says (sha256 hex, '' for none). Unreachable: cron is not there or refuses; the old one stays.
    """
    now = read(run)
    if if_digest is not None and digest(now) != if_digest:
        raise Conflict("The crontab changed since it was read.", "Look at it (crontab -l) and try again.", code="changed")
    if data is None and now is None:
        return
    ran = run(["crontab", "-r"]) if data is None else run(["crontab", "-"], stdin=data)
    if ran.code or ran.failure:
        raise _refused(ran, "write")
    if read(run) != data:
        raise Unreachable(
            "cron did not keep the crontab as it was given.",
            "Look at it with crontab -l; the old one is in wslcfg history.",
            code="not-written",
        )


def _refused(ran: Ran, what: str) -> Unreachable:
    if ran.failure == "missing":
        return Unreachable("There is no cron here.", "Install it: sudo apt install cron", code="no-cron")
    said = ran.err.decode("utf-8", "replace").strip().splitlines() or [ran.failure or f"exit code {ran.code}"]
    return Unreachable(
        f"The crontab cannot be {'read' if what == 'read' else 'written'}: {said[0]}", "Try it by hand: crontab -l", code="crontab"
    )
