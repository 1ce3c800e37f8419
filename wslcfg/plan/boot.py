"""Think: whether a VM that has started anew has the limits that the file predicts, so that a generation is known to be good."""

from __future__ import annotations

from datetime import datetime

from wslcfg.model.facts import VmFacts
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import human
from wslcfg.model.wslfile import HostView
from wslcfg.plan.status import Row, status
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

_LIMITS = ("wsl2.memory", "wsl2.swap")


class Verdict(NamedTuple):
    """What a boot says of the file.

    Attributes:
        word: `good` (every limit that is known is in effect), `missed` (one is not), `unknown`. why: a sentence.
        expected_memory, memory, expected_swap, swap: bytes, None where not known. waiting: swap is expected and not there yet.
        pending: WSL has not been started anew since the file was written, so what runs says nothing of it.
    """

    word: str
    why: str
    expected_memory: int | None = None
    memory: int | None = None
    expected_swap: int | None = None
    swap: int | None = None
    waiting: bool = False
    pending: bool = False


def judge(
    raw: bytes | None, path: str, view: HostView, vm: VmFacts, modified_at: datetime | None, *, restarted: bool | None = None
) -> Verdict:
    """Hold MemTotal (94 to 100 % of the memory, see `status.memory_matches`) and SwapTotal against the file, or against WSL's defaults.

    Args:
        raw: the file, None where there is none. view: the host as far as it is known without asking. modified_at: of the file.
        restarted: what the boot ids say; None where they say nothing, and the clocks decide, which a laptop that slept can have wrong.
    """
    started = vm.started_at.value
    if restarted is None:
        restarted = started is not None and (modified_at is None or modified_at < started)
    if not restarted:
        return Verdict("unknown", "WSL has not been restarted since the file was written.", pending=True)
    found = scan(raw or b"", "wslconfig", path)
    rows = {row.setting: row for row in status(found, effective(found, view), vm).rows}
    memory, swap = rows.get(_LIMITS[0]), rows.get(_LIMITS[1])
    numbers = (_wanted(memory), memory.running if memory else None, _wanted(swap), swap.running if swap else None)
    judged = [row for row in (memory, swap) if row is not None and row.runs is not None]
    missed = [row for row in judged if not row.runs]
    if missed:
        what = " and ".join(f"{_name(row)} is {human(row.running or 0)} instead of {human(_wanted(row) or 0)}" for row in missed)
        waiting = missed == [swap] and not (swap and swap.running)
        return Verdict("missed", f"The limits of .wslconfig are not in effect: {what}.", *numbers, waiting)
    if not judged:
        return Verdict("unknown", "Neither memory nor swap can be predicted: the host's RAM is not known.", *numbers)
    return Verdict("good", f"{' and '.join(_name(row) for row in judged)} as the file says.".capitalize(), *numbers)


def _wanted(row: Row | None) -> int | None:
    return row.effective if row is not None and isinstance(row.effective, int) else None


def _name(row: Row) -> str:
    return row.setting.removeprefix("wsl2.")
