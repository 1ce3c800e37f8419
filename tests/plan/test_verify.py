"""After a restart: what a VM's MemTotal says of the file it was started with, and which reason is likely."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslcfg.model.facts import Datum, SwapArea, VmFacts, unknown
from wslcfg.model.finding import Finding
from wslcfg.model.size import GIB, MIB
from wslcfg.model.wslfile import HostView
from wslcfg.plan.boot import judge
from wslcfg.plan.status import memory_matches
from wslcfg.plan.verify import Report, examine, predicted_total
from wslcfg.wslconf.scan import scan

FILE = b"[wsl2]\nmemory=10GB\nswap=8GB\n"
OLD = b"[wsl2]\nmemory=6GB\nswap=4GB\n"
HOST = HostView(ram=32 * GIB, processors=8)
NOTHING = unknown("not looked at")


def _vm(memory: int, swap: int, processors: int = 8) -> VmFacts:
    areas = (SwapArea("/dev/sdb", "partition", swap, 0),) if swap else ()
    known = (Datum(memory, "x"), NOTHING, Datum(swap, "x"), NOTHING, areas, Datum(processors, "x"))
    return VmFacts(*known, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


def _examined(
    memory: int,
    swap: int,
    *,
    file: bytes = FILE,
    processors: int = 8,
    mode: str | None = "nat",
    view: HostView = HOST,
    findings: tuple[Finding, ...] = (),
    restarted: bool = True,
    earlier: bool = True,
) -> Report:
    vm = _vm(memory, swap, processors)
    found = judge(file, "x", view, vm, None, restarted=restarted)
    seen = Datum(mode, "wslinfo") if mode else unknown("no wslinfo")
    return examine(found, scan(file, "wslconfig", "x"), OLD, view, vm, seen, findings, known_previous=earlier)


@pytest.mark.parametrize(("memory", "seen"), [(4 * GIB, 3932 * MIB), (8 * GIB, 7958 * MIB), (12 * GIB, 11893 * MIB)])
def test_prediction_is_near_what_people_saw(memory: int, seen: int) -> None:
    """Reported pairs (WSL#6890, #6030, #9636) lie within 110 MiB of the prediction, so the nearest guess is the right one."""
    assert abs(predicted_total(memory) - seen) <= 110 * MIB


@given(st.integers(min_value=4 * GIB, max_value=512 * GIB))
def test_prediction_is_one_that_counts_as_in_effect(memory: int) -> None:
    """What verify predicts is what the boot check and `status` accept, with WSL's own 64 MiB of swiotlb too."""
    assert memory_matches(memory, predicted_total(memory))
    assert memory_matches(memory, predicted_total(memory, 64 * MIB))


def test_in_effect() -> None:
    """A VM with the file's numbers has no problem, and the file is the nearest of three guesses."""
    report = _examined(predicted_total(10 * GIB), 8 * GIB)
    assert (report.word, report.problems, report.nearest) == ("good", (), "configured")
    assert [guess.name for guess in report.guesses] == ["configured", "previous", "default"]
    assert [guess.name for guess in report.guesses if guess.matches] == ["configured"]


@pytest.mark.parametrize(
    ("memory", "nearest", "reason"),
    [
        (predicted_total(6 * GIB), "previous", "previous-file"),
        (predicted_total(16 * GIB), "default", "default-instead"),
        (12 * GIB, "configured", "other-memory"),
        (2 * GIB, "previous", "other-memory"),
    ],
)
def test_another_memory_names_the_file_that_was_read(memory: int, nearest: str, reason: str) -> None:
    """The guess that fits the VM is the likely reason; where none fits, that is said too."""
    report = _examined(memory, 8 * GIB)
    assert (report.word, report.nearest, [problem.id for problem in report.problems]) == ("missed", nearest, [reason])
    assert all(problem.message and problem.fix for problem in report.problems)


def test_a_mistake_in_the_file_is_the_reason_for_the_default() -> None:
    """Where WSL cannot read the file, lint's first error is told instead of a guess about Windows users."""
    error = Finding("WC001", "error", 3, "wsl2.memory", "WSL cannot open it.", None)
    report = _examined(predicted_total(16 * GIB), 8 * GIB, findings=(error,))
    assert [problem.id for problem in report.problems] == ["default-instead", "not-read"]
    assert "WSL cannot open it." in report.problems[0].fix


def test_a_line_that_wsl_does_not_take() -> None:
    """`memory=8gb` gives the default, which is in effect: that is no success for whoever wrote it."""
    error = Finding("WC040", "error", 2, "wsl2.memory", "WSL cannot read 8gb.", None)
    report = _examined(predicted_total(16 * GIB), 4 * GIB, file=b"[wsl2]\nmemory=8gb\n", findings=(error,))
    assert (report.word, [problem.id for problem in report.problems]) == ("good", ["not-read"])


@pytest.mark.parametrize(
    ("swap", "file", "reason", "said"),
    [
        (0, FILE, "no-swap-disk", "%TEMP%"),
        (0, FILE + b"swapFile=D:\\\\swap.vhdx\n", "no-swap-disk", "D:\\swap.vhdx"),
        (4 * GIB, FILE, "other-swap", "before the last change"),
        (3 * GIB, FILE, "other-swap", "lint"),
    ],
)
def test_another_swap(swap: int, file: bytes, reason: str, said: str) -> None:
    """No swap at all is WSL's failure to make its disk, which is told with the place; another size with whose it is."""
    report = _examined(predicted_total(10 * GIB), swap, file=file)
    assert [problem.id for problem in report.problems] == [reason]
    assert said in report.problems[0].message + report.problems[0].fix


@pytest.mark.parametrize(
    ("mode", "file", "problem"),
    [
        ("nat", FILE, False),
        ("nat", FILE + b"networkingMode=mirrored\n", True),
        ("mirrored", FILE + b"networkingMode=Mirrored\n", False),
        ("virtioproxy", FILE + b"networkingMode=VirtioProxy\n", False),
        ("consomme", FILE + b"networkingMode=virtioproxy\n", False),
        (None, FILE + b"networkingMode=mirrored\n", False),
    ],
)
def test_networking(mode: str | None, file: bytes, problem: bool) -> None:
    """Another mode than the file's is found; the two names of one mode are one, and what cannot be asked is no problem."""
    assert [one.id for one in _examined(predicted_total(10 * GIB), 8 * GIB, file=file, mode=mode).problems] == ["networking"] * problem


def test_processors() -> None:
    """Fewer processors than the file says are found."""
    report = _examined(predicted_total(10 * GIB), 8 * GIB, file=FILE + b"processors=6\n", processors=8)
    assert [problem.id for problem in report.problems] == ["processors"]


def test_nothing_is_said_before_a_restart_or_without_ram() -> None:
    """Before a restart only that is said; without the host's RAM what rests on it is not known."""
    assert [one.id for one in _examined(predicted_total(16 * GIB), 4 * GIB, restarted=False).problems] == ["not-restarted"]
    report = _examined(8 * GIB, 2 * GIB, file=b"", view=HostView())
    assert (report.word, [one.id for one in report.problems]) == ("unknown", ["unknown"])
    assert _examined(predicted_total(10 * GIB), 8 * GIB, earlier=False).guesses[1].name == "default"
