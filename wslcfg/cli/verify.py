"""`wslcfg verify`: after a restart, does the VM have what the file says; where not, the likely reason, and back if that is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable

from wslcfg.apply import boot_check
from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.generations import Store
from wslcfg.apply.restarted import printed
from wslcfg.apply.rollback import back_to
from wslcfg.apply.run import apply
from wslcfg.apply.undone import take_in_alone
from wslcfg.cli.history import as_data as generation_data
from wslcfg.cli.lint import around
from wslcfg.cli.place import Place, glance, settle
from wslcfg.cli.shared import Flags, Json, open_host
from wslcfg.errors import RolledBack, WslcfgError
from wslcfg.host.atomic import digest
from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.machine.memory import look_vm
from wslcfg.machine.networking import look_networking
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.plan.labels import LABELS
from wslcfg.plan.status import Row
from wslcfg.plan.verify import Guess, Report, examine
from wslcfg.plan.view import view_of
from wslcfg.ui.tables import table
from wslcfg.ui.wrap import fit
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.lint import lint
from wslcfg.wslconf.scan import scan

_GUESSED = {"configured": "the file", "previous": "the file before", "default": "WSL's default"}
_SHOWN = {"wsl2.memory": "memory", "wsl2.swap": "swap", "wsl2.processors": "processors"}


class Seen(NamedTuple):
    """What verify saw.

    Attributes:
        generation: the one that the file is; None: nobody's, or changed since. there: whether there is a file. boot: the boot id, '' unknown.
        marked: whether the generation was marked good now. will_warn: what WSL prints of the file; warned: what it did print (None: not kept).
    """

    generation: Generation | None
    there: bool
    boot: str
    report: Report
    marked: bool
    will_warn: tuple[str, ...]
    warned: tuple[str, ...] | None
    waited_s: float


def run_verify(given: Flags, *, or_rollback: bool) -> Result:
    """Hold the running VM against the file; 1 where something is not as it says.

    Raises:
        RolledBack: with `or_rollback`, when the limits are missed and the file is back as it was before the last generation.
    """
    host = open_host(given)
    place = settle(host, glance(host))
    store = Store(place.homes)
    messages = [Message("note", sentence) for sentence in take_in_alone(store, host, command="wslcfg verify")]
    seen = look(host, place, store)
    report = seen.report
    if or_rollback and report.word == "missed" and seen.generation is not None:
        done = _go_back(store, host, place, seen.generation, report)
        if done is not None:
            raise done
    if or_rollback and report.problems:
        messages.append(Message("note", "Nothing was rolled back: " + _why_not(seen)))
    messages += [Message("warning", f"WSL printed: {text}") for text in seen.warned or ()]
    if seen.warned is None:
        messages += [Message("warning", f"WSL warns of: {text}") for text in seen.will_warn]
    return Result(as_data(seen), lambda: "\n".join(as_text(seen)), tuple(messages), 1 if report.problems else 0)


def look(host: Host, place: Place, store: Store) -> Seen:
    """Wait for the swap, judge, and mark the generation good or write down what it misses. Raises Conflict, Unreachable."""
    machine = glance(host)
    view, raw = view_of(machine), host.read(place.wslconfig)
    newest = boot_check.newest_of(store)
    ours = newest is not None and (digest(raw) or None) == newest[1].after
    generation = newest[0] if newest is not None and ours else None
    waited: list[float] = []
    pause = _pause(host, waited)
    found, boot = boot_check.wait(host, place.wslconfig, raw, view, lambda: look_vm(host), pause, generation)
    marked = False
    if generation is not None:
        marked = boot_check.remember(store, host, place.homes.local, generation, found, boot)
    earlier = _previous(store, newest, ours=ours)
    now = scan(raw or b"", "wslconfig", place.windows_wslconfig)
    uses = effective(now, view)
    findings = lint(now, uses, around(host, machine, view, place.wslconfig if raw is not None else ""))
    report = examine(found, now, earlier[1], view, look_vm(host), look_networking(host), findings, known_previous=earlier[0])
    return Seen(generation, raw is not None, boot, report, marked, uses.warnings, printed(place.homes, boot), sum(waited))


def _pause(host: Host, waited: list[float]) -> Callable[[float], None]:
    """How to wait; on a recorded machine time stands still."""

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if not isinstance(host, RecordedHost):
            time.sleep(seconds)

    return pause


def _previous(store: Store, newest: tuple[Generation, Record] | None, *, ours: bool) -> tuple[bool, bytes | None]:
    """Whether it is known what the file was before, and its bytes: before the last generation, or as that left it where others edited since."""
    if newest is None:
        return False, None
    generation, record = newest
    if ours and record.before == record.after:
        return False, None
    try:
        return True, store.bytes_of(generation, record, "before" if ours else "after")
    except WslcfgError:
        return False, None


def _go_back(store: Store, host: Host, place: Place, generation: Generation, report: Report) -> WslcfgError | None:
    """Bring back an older file, and mark the generation bad; the error that says so, None where there is nothing older.

    Raises:
        Refused: the bytes are gone. Conflict, Unreachable: it could not be written; nothing is marked.
    """
    target = _older(store, generation)
    if target is None:
        return None
    plan = back_to(store, host, target.number)
    mine = tuple(change for change in plan.files if change.label == LABELS["wslconfig"])
    done = apply(plan._replace(files=mine), host, place.homes, command="wslcfg verify --or-rollback")
    why = report.problems[0].message
    boot_check.mark(store, generation, "bad", command="wslcfg verify", note=f"Failed its check after a restart: {why}")
    return RolledBack(
        f"{why} Generation {generation.number} counts as bad, and the file is back as in generation {target.number} (now {done.generation}).",
        "It takes effect when WSL restarts: wslcfg restart",
        data={"generation": done.generation, "back_to": target.number, "bad": generation.number},
    )


def _older(store: Store, generation: Generation) -> Generation | None:
    """The newest older generation with another .wslconfig that WSL is known to have started with, else the newest that did not fail."""

    def after(item: Generation) -> str | None:
        return next((record.after or "" for record in item.records if record.label == LABELS["wslconfig"]), None)

    fitting = [
        item
        for item in store.all().generations
        if item.number < generation.number and item.in_effect and item.state != "bad" and after(item) not in (None, after(generation))
    ]
    good = [item for item in fitting if item.state == "good"]
    found = good or fitting
    return found[-1] if found else None


def _why_not(seen: Seen) -> str:
    if seen.report.word == "pending":
        return "WSL has to be restarted first (wslcfg restart)."
    if seen.report.word == "good":
        return "memory and swap are as the file says."
    if seen.report.word == "unknown":
        return "it is not known whether the limits are in effect."
    if seen.generation is None:
        return "the file is not as a generation of wslcfg left it (wslcfg history)."
    return "there is no older file that did not fail (wslcfg history)."


def as_data(seen: Seen) -> Json:
    """What was seen as JSON data."""
    report = seen.report
    return {
        "verdict": report.word,
        "generation": generation_data(seen.generation) if seen.generation is not None else None,
        "marked": "good" if seen.marked else None,
        "boot": {"id": seen.boot or None, "written_in": seen.generation.boot_id or None if seen.generation is not None else None},
        "memory": _numbers(report.rows, "wsl2.memory"),
        "swap": {**_numbers(report.rows, "wsl2.swap"), "waited_seconds": seen.waited_s},
        "processors": _numbers(report.rows, "wsl2.processors"),
        "networking_mode": {"wanted": report.mode[0], "running": report.mode[1]},
        "guesses": [
            {"name": guess.name, "memory": guess.memory, "mem_total": guess.total, "matches": guess.matches} for guess in report.guesses
        ],
        "nearest": report.nearest or None,
        "problems": [problem._asdict() for problem in report.problems],
        "wsl_warnings": list(seen.will_warn),
        "wsl_printed": None if seen.warned is None else list(seen.warned),
    }


def _numbers(rows: tuple[Row, ...], name: str) -> Json:
    row = next((row for row in rows if row.setting == name), None)
    wanted = row.effective if row is not None and isinstance(row.effective, int) else None
    return {"wanted": wanted, "running": row.running if row is not None else None, "as_wanted": row.runs if row is not None else None}


def as_text(seen: Seen) -> list[str]:
    """What was seen for a person: the verdict, the numbers side by side, and what to do."""
    report = seen.report
    which = f"Generation {seen.generation.number} ({seen.generation.title})" if seen.generation is not None else "The file"
    if not seen.there:
        which = "WSL's default, since there is no .wslconfig,"
    head = {
        "good": f"{which} is in effect.",
        "missed": f"{which} is NOT in effect.",
        "pending": f"{which} waits for a restart.",
        "unknown": f"Whether {which if which.startswith('WSL') else which[0].lower() + which[1:]} is in effect cannot be told.",
    }[report.word]
    if report.word == "good" and report.problems:
        head = f"{which} is in effect, as far as WSL takes it."
    rows = [
        [_SHOWN[row.setting], _size(row, row.effective), _size(row, row.running), _word(row)]
        for row in report.rows
        if row.setting in _SHOWN
    ]
    wanted, runs = report.mode
    if runs is not None:
        rows.append(["networking", wanted or "?", runs, ""])
    lines = [*fit([head]), "", *table(rows, header=("", "file", "VM", ""), stack=True), ""]
    if report.guesses:
        lines += fit(
            ["MemTotal would be about " + ", ".join(_guess(guess) for guess in report.guesses) + f"; nearest: {_GUESSED[report.nearest]}."]
        )
    if seen.marked:
        lines += fit(["The generation counts as good from now on: rollback.cmd goes back to it when WSL does not start."])
    for problem in report.problems:
        lines += fit([problem.message, f"  {problem.fix}"])
    return lines


def _guess(guess: Guess) -> str:
    return f"{human(guess.total)} by {_GUESSED[guess.name]} ({human(guess.memory)})"


def _size(row: Row, value: object) -> str:
    if not isinstance(value, int):
        return "?"
    return str(value) if row.setting == "wsl2.processors" else human(value)


def _word(row: Row) -> str:
    return {True: "as the file says", False: "differs", None: ""}[row.runs]
