"""Think: after a restart, does the VM have what the file says; where not, which file it was started with, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.model.facts import Datum, VmFacts
from wslcfg.model.finding import Finding
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import MIB, human
from wslcfg.model.wslfile import Effective, HostView, Scan, Value
from wslcfg.plan.boot import Verdict
from wslcfg.plan.status import Row, memory_matches, status
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

# The kernel's own share of a VM of M bytes: struct page (64 bytes for each 4 KiB) and about 100 MiB for itself. It gives 164, 228 and 292 MiB
# where 164 (WSL#6890, 4 GiB), 234 (WSL#6030, 8 GiB) and up to 395 (WSL#9636, 12 GiB) were seen.
_PAGE_PART, _KERNEL_PART = 64, 100 * MIB

# One mode under two names, the older one being what everything accepts.
_SAME_MODE = {"virtioproxy": "consomme"}

_MEASURED = frozenset({"wsl2.memory", "wsl2.swap", "wsl2.processors", "wsl2.networkingMode"})


class Guess(NamedTuple):
    """A file the VM may have been started with.

    Attributes:
        name: `configured` (the file now), `previous` (before the last generation), `default` (none).
        memory: bytes of the VM by it. total: the MemTotal it would show. matches: whether the one that is seen can be its.
    """

    name: str
    memory: int
    total: int
    matches: bool


class Problem(NamedTuple):
    """Something that is not as the file says: a stable id, the likely reason, and what to do."""

    id: str
    message: str
    fix: str


class Report(NamedTuple):
    """What verify found.

    Attributes:
        word: `good`, `missed`, `pending` (not restarted since) or `unknown`.
        guesses: those that could be made, `nearest` the name of the one whose prediction is nearest to the MemTotal seen, '' without any.
        rows: the measured settings. mode: (what the file means, what runs), each None where not known.
        problems: what makes the exit code 1.
    """

    word: str
    guesses: tuple[Guess, ...]
    nearest: str
    rows: tuple[Row, ...]
    mode: tuple[str | None, str | None]
    problems: tuple[Problem, ...]


def predicted_total(memory: int, swiotlb: int = 0) -> int:
    """The MemTotal, in bytes, of a VM with this `memory`: WSL rounds it down to an even MiB, the kernel keeps its part of that."""
    vm = memory // (2 * MIB) * (2 * MIB)
    return max(vm - vm // _PAGE_PART - _KERNEL_PART - swiotlb, 0)


def examine(
    found: Verdict,
    now: Scan,
    previous: bytes | None,
    view: HostView,
    vm: VmFacts,
    mode: Datum[str],
    findings: Sequence[Finding],
    *,
    known_previous: bool,
) -> Report:
    """Name what is not as the file says, with its likely reason.

    Args:
        found: what the boot check found. now: the file. previous: the bytes before the last generation (None: no file), where `known_previous`.
        view, vm: the host as far as it is known, and the running VM. mode: what networking runs. findings: lint's, of the file.
    """
    uses = effective(now, view)
    earlier = effective(scan(previous or b"", "wslconfig", now.path), view) if known_previous else None
    default = effective(scan(b"", "wslconfig", now.path), view)
    guesses = _guesses(uses, earlier, default, vm.memory_total.value)
    total = vm.memory_total.value
    nearest = min(guesses, key=lambda guess: abs(guess.total - (total or 0))).name if guesses and total is not None else ""
    rows = tuple(row for row in status(now, uses, vm).rows if row.running is not None)
    wanted = uses.values.get("wsl2.networkingMode")
    modes = (wanted.lower() if isinstance(wanted, str) else None, mode.value)
    word = "pending" if found.pending else found.word
    if word == "pending":
        return Report(word, guesses, nearest, rows, modes, (Problem("not-restarted", found.why, "Run: wslcfg restart"),))
    if word == "unknown":
        fix = "Write the memory into the file (wslcfg plan), so that it does not rest on half of an unknown RAM."
        return Report(word, guesses, nearest, rows, modes, (Problem("unknown", found.why, fix),))
    by_name = {row.setting: row for row in rows}
    problems: list[Problem] = []
    if (memory := by_name.get("wsl2.memory")) is not None and memory.runs is False:
        problems.append(_memory(memory, guesses, nearest, findings))
    if (swap := by_name.get("wsl2.swap")) is not None and swap.runs is False:
        problems.append(_swap(swap, uses, earlier, default))
    if (processors := by_name.get("wsl2.processors")) is not None and processors.runs is False:
        text = f"The VM has {processors.running} processors instead of {processors.effective}."
        problems.append(Problem("processors", text, "WSL takes at most what the host has; another value: wslcfg set wsl2.processors=N"))
    if modes[0] and modes[1] and _mode(modes[0]) != _mode(modes[1]):
        problems.append(_networking(modes[0], modes[1], view))
    problems += _not_read(now, findings)
    return Report(word, guesses, nearest, rows, modes, tuple(problems))


def _guesses(uses: Effective, earlier: Effective | None, default: Effective, total: int | None) -> tuple[Guess, ...]:
    """One guess a different memory; of two files with the same the first in the order configured, previous, default."""
    made: dict[int, Guess] = {}
    for name, one in (("configured", uses), ("previous", earlier), ("default", default)):
        memory = one.values.get("wsl2.memory") if one is not None else None
        if one is not None and isinstance(memory, int) and memory not in made:
            reserved = one.values.get("experimental.swiotlb")
            prediction = predicted_total(memory, reserved if isinstance(reserved, int) else 0)
            made[memory] = Guess(name, memory, prediction, total is not None and memory_matches(memory, total))
    return tuple(made.values())


def _memory(row: Row, guesses: Sequence[Guess], nearest: str, findings: Sequence[Finding]) -> Problem:
    """The likely reason for another memory than the file's."""
    seen = f"The VM has {human(row.running or 0)} of memory instead of {human(_bytes(row.effective))}"
    guess = next((guess for guess in guesses if guess.name == nearest and guess.matches), None)
    if guess is not None and guess.name == "previous":
        text = f"{seen}: that is the {human(guess.memory)} from before the last change, so the VM was started with the file of then."
        return Problem(
            "previous-file", text, "Run: wslcfg restart   # Docker Desktop and VS Code can bring WSL back before the file counts"
        )
    if guess is not None and guess.name == "default":
        text = f"{seen}: that is WSL's default, so it did not take this file."
        wrong = next((one for one in findings if one.level == "error" and one.key in (None, "wsl2.memory")), None)
        fix = "Look whether WSL is started by the Windows user whose file this is, and whether a program has it open; then: wslcfg restart"
        return Problem("default-instead", text, f"The likely reason: {wrong.message} See wslcfg lint." if wrong else fix)
    text = f"{seen}: that is neither this file, nor the one before, nor WSL's default."
    return Problem(
        "other-memory", text, "Look for another .wslconfig (wslcfg lint), another Windows user, or mem= in wsl2.kernelCommandLine."
    )


def _swap(row: Row, uses: Effective, earlier: Effective | None, default: Effective) -> Problem:
    """The likely reason for another swap than the file's."""
    seen, wanted = row.running or 0, _bytes(row.effective)
    if not seen:
        text = f"The VM has no swap instead of {human(wanted)}: WSL could not make the swap disk, and goes on without one."
        own = uses.values.get("wsl2.swapFile")
        where = f"whether the folder of {own} is there and writable" if own else "whether the drive of %TEMP% is full"
        return Problem("no-swap-disk", text, f"Look {where}, then: wslcfg restart")
    text = f"The VM has {human(seen)} of swap instead of {human(wanted)}"
    for name, one in (("from before the last change", earlier), ("that WSL takes by default", default)):
        size = one.values.get("wsl2.swap") if one is not None else None
        if isinstance(size, int) and abs(size - seen) <= MIB:
            return Problem("other-swap", f"{text}: those are the {human(size)} {name}.", "Run: wslcfg restart")
    return Problem("other-swap", f"{text}.", "Run: wslcfg lint")


def _networking(wanted: str, runs: str, view: HostView) -> Problem:
    text = f"Networking is {runs} instead of {wanted}."
    if wanted == "mirrored" and not view.windows11:
        return Problem("networking", text, "Mirrored networking needs Windows 11; take the key out: wslcfg unset wsl2.networkingMode")
    return Problem("networking", text, "WSL falls back where this Windows cannot do it; take the key out: wslcfg unset wsl2.networkingMode")


def _not_read(now: Scan, findings: Sequence[Finding]) -> list[Problem]:
    """Lines about what is measured that WSL does not take: then what runs is what WSL makes of the file, and not what it was to say."""
    wrong = [finding for finding in findings if finding.level == "error" and (finding.key in _MEASURED or finding.line is None)]
    if not wrong:
        return []
    where = f"line {wrong[0].line}: " if wrong[0].line else ""
    more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return [Problem("not-read", f"WSL does not take all of {now.path}: {where}{wrong[0].message}{more}", "Run: wslcfg lint --fix")]


def _mode(name: str) -> str:
    return _SAME_MODE.get(name, name)


def _bytes(value: Value) -> int:
    return value if isinstance(value, int) else 0
