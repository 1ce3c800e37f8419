"""Look: the try that runs on the Windows side or was the last one (`wslcfg apply --try`), from the files that its watchdog and we share.

Below `%LOCALAPPDATA%\\wslcfg\\try`: `state.txt` with two lines (`nonce=…`, `state=…`), which guard.cmd writes, and a folder for each try.
In that, `try.txt` says what is tried; whoever renames the file `open` first has decided: we to `kept`, the watchdog to `undone`.
"""

from __future__ import annotations

import contextlib
import os
import re
from datetime import datetime, timedelta, timezone

from wslcfg.apply.generation import Generation
from wslcfg.apply.generations import Store
from wslcfg.apply.homes import Homes
from wslcfg.errors import Conflict
from wslcfg.model.inside import parse_record
from wslcfg.model.record import NamedTuple

FOLDER = "try"
STATE = "state.txt"
OPEN, KEPT, UNDONE, SUPERSEDED = "open", "kept", "undone", "superseded"

# What the watchdog can still act in.
RUNNING = frozenset({"armed", "restarting", "asking"})

CONFIRMED = "Confirmed after a try."

# What guard.cmd writes, and what a person reads of it.
SAID = {
    "armed": "is about to begin",
    "restarting": "runs: WSL is being restarted",
    "asking": "waits for `wslcfg confirm`",
    "kept": "was confirmed",
    "unconfirmed": "was not confirmed: the old .wslconfig is back, its values hold from the next restart of WSL",
    "never-answered": "failed: WSL did not answer, so the old .wslconfig is back and WSL was stopped",
    "cut": "was cut by a log-off: the old .wslconfig is back, its values hold from the next start of WSL",
    "locked": "could not be taken back: something has .wslconfig open. `wslcfg rollback` does it, else Windows tries at the next log-on",
    "changed": "ended without an answer, but .wslconfig was changed by somebody meanwhile and stays as it is",
    "dropped": "was given up before anything was restarted",
    "superseded": "was cut, and later changes took its place",
}


class Times(NamedTuple):
    """How long the watchdog waits, in seconds.

    Attributes:
        confirm_s: from the first answer of the distro to the end of the try.
        answer_s: for that answer; WSL itself gives a kernel 30 s and a distro 60 s (WslCoreVm.cpp), and starts three times at most.
        again_s: before a start that failed at once is tried again. force_s: for `wsl --shutdown`, before `--force`.
        locked_s: for a file that another program has open. go_s: armed, for our word that the file is written.
    """

    confirm_s: int
    answer_s: int = 180
    again_s: int = 5
    force_s: int = 60
    locked_s: int = 60
    go_s: int = 120


class Trial(NamedTuple):
    """One try.

    Attributes:
        nonce, folder: its name, and where its files lie here.
        state: a word of `SAID`. at: when that began.
        generation: the number of what is tried, None before it is written.
        distro, user: whom the watchdog asks. boot: the boot id of the VM that it ends.
        times: as given to the watchdog.
    """

    nonce: str
    folder: str
    state: str
    at: datetime
    generation: int | None
    distro: str
    user: str
    boot: str
    times: Times

    @property
    def until(self) -> datetime:
        """When the state can be no longer what it is, if the watchdog lives: its seconds are pings, so half as much again, and a minute."""
        times = self.times
        most = {
            "armed": times.go_s,
            "restarting": 2 * times.force_s + times.answer_s,
            "asking": times.confirm_s + times.locked_s,
        }.get(self.state, 0)
        return self.at + timedelta(seconds=1.5 * most + 60)

    def running(self, now: datetime) -> bool:
        """Whether the watchdog is at work, as far as can be told from here."""
        return self.state in RUNNING and now < self.until

    def cut(self, now: datetime) -> bool:
        """Whether the watchdog has gone in the middle: it ends at the next log-on."""
        return self.state in RUNNING and now >= self.until

    def recent(self, now: datetime) -> bool:
        """Whether a person wants to hear of it: not over yet, or less than a day ago."""
        return self.state in RUNNING or self.state == "locked" or now - self.at < timedelta(days=1)

    def sentence(self, now: datetime) -> str:
        """What there is to say of it: `The try of generation 7 waits for …`."""
        what = f"The try of generation {self.generation}" if self.generation is not None else "The try"
        if self.cut(now):
            return (
                f"{what} was cut, its watchdog is gone: `wslcfg confirm` keeps it, else the old .wslconfig comes back at the next log-on."
            )
        if self.state == "asking":
            end = self.at + timedelta(seconds=self.times.confirm_s)
            return f"{what} {SAID[self.state]}; at {end.astimezone():%H:%M} the old .wslconfig comes back."
        return f"{what} {SAID[self.state]}."


def latest(homes: Homes) -> Trial | None:
    """The try that runs or was the last one; None where there was none, or its files are not whole."""
    if homes.shared is None:
        return None
    top = os.path.join(homes.shared, FOLDER)
    told, at = _record(os.path.join(top, STATE))
    nonce = told.get("nonce", "")
    if not re.fullmatch(r"[0-9a-f]+", nonce) or told.get("state") not in SAID:
        return None
    folder = os.path.join(top, nonce)
    about, _ = _record(os.path.join(folder, "try.txt"))
    if about.get("nonce") != nonce:
        return None
    state = told["state"]
    for claim in (KEPT, SUPERSEDED):
        if os.path.exists(os.path.join(folder, claim)):
            state = claim
    number = about.get("generation", "")
    times = Times(*[int(about[name]) if about.get(name, "").isdigit() else default for name, default in Times(300)._asdict().items()])
    return Trial(
        nonce,
        folder,
        state,
        at,
        int(number) if number.isdigit() else None,
        about.get("distro", ""),
        about.get("user", ""),
        about.get("boot", ""),
        times,
    )


def refuse_during(homes: Homes, now: datetime, *, own: str = "") -> None:
    """Raise Conflict while the watchdog of a try is at work: what it would put back is not what is written now.

    Args:
        own: the nonce of the try that asks.
    """
    trial = latest(homes)
    if trial is None or trial.nonce == own or not trial.running(now):
        return
    raise Conflict(
        trial.sentence(now),
        "Keep it with `wslcfg confirm`, take it back with `wslcfg confirm --ask`, or wait until it is over; then run this again.",
        code="try-running",
        data={"try": as_data(trial, now)},
    )


def supersede(homes: Homes, now: datetime) -> tuple[str, ...]:
    """Take the decision away from a try that was cut, so that nothing of it happens at the next log-on; the lock must be held."""
    trial = latest(homes)
    if trial is None or not trial.cut(now):
        return ()
    with contextlib.suppress(OSError):  # decided already
        os.rename(os.path.join(trial.folder, OPEN), os.path.join(trial.folder, SUPERSEDED))
        return (f"The try of generation {trial.generation} was cut and is over; its settings count as any others.",)
    return ()


def unmarked(store: Store) -> Generation | None:
    """The generation that a confirmed try has written and history does not call good yet."""
    trial = latest(store.homes)
    if trial is None or trial.state != KEPT or trial.generation is None:
        return None
    hits = [item for item in store.all().generations if item.number == trial.generation and item.state in {"written", "candidate"}]
    return hits[0] if hits else None


def as_data(trial: Trial, now: datetime) -> dict[str, object]:
    """A try as JSON data."""
    return {
        "nonce": trial.nonce,
        "state": "stopped" if trial.cut(now) else trial.state,
        "generation": trial.generation,
        "distro": trial.distro,
        "at": _stamp(trial.at),
        "confirm_seconds": trial.times.confirm_s,
        "until": _stamp(trial.at + timedelta(seconds=trial.times.confirm_s)) if trial.state == "asking" else None,
        "text": trial.sentence(now),
    }


def _stamp(when: datetime) -> str:
    """RFC 3339, UTC, whole seconds."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _record(path: str) -> tuple[dict[str, str], datetime]:
    """The lines `key=value` of a file that cmd.exe or we wrote, and its time; empty where it cannot be read."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # text mode: cmd.exe ends lines with CRLF
            told = parse_record(file.read(1 << 16))
        return told, datetime.fromtimestamp(os.stat(path).st_mtime, timezone.utc)
    except OSError:
        return {}, datetime.fromtimestamp(0, timezone.utc)
