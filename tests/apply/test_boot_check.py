"""The first look at a new boot: a generation whose limits are in effect is good; one whose limits are not is told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.apply.practice import NEW, Home
from wslcfg.apply import boot_check, lock
from wslcfg.apply.generation import Generation
from wslcfg.errors import Conflict
from wslcfg.host.process import boot_id
from wslcfg.model.facts import Datum, SwapArea, VmFacts, unknown
from wslcfg.model.size import GIB
from wslcfg.model.wslfile import HostView
from wslcfg.plan.boot import Verdict, judge

LATER = datetime.now(timezone.utc) + timedelta(hours=1)
VIEW = HostView(ram=16 * GIB, processors=8)


def _vm(memory: int, swap: int, *, started: datetime | None = LATER) -> VmFacts:
    """A VM with that much, as /proc tells it."""
    none = unknown("not looked at")
    areas = (SwapArea("/dev/sdb", "partition", swap, 0),) if swap else ()
    return VmFacts(
        memory_total=Datum(memory, "/proc/meminfo"),
        memory_available=none,
        swap_total=Datum(swap, "/proc/meminfo"),
        swap_free=none,
        swap_areas=areas,
        processors=none,
        kernel=none,
        boot_id=Datum("b00t", "/proc"),
        started_at=Datum(started, "/proc/uptime") if started else unknown("no uptime"),
        cgroup_layout=none,
        pressure=none,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose .wslconfig says 10 GB of memory and 8 GB of swap, by generation 1."""
    home = Home(tmp_path)
    home.apply(home.change(NEW))
    return home


def _check(home: Home, *looks: VmFacts, view: HostView = VIEW) -> tuple[Generation | None, Verdict, list[float]]:
    """Check a boot where the VM looks so, and so a moment later; what was waited comes back as well."""
    left, waited = list(looks), []
    state = home.homes().local
    generation, found = boot_check.check(
        home.store(), home.host, str(home.config), state, view, lambda: left.pop(0) if len(left) > 1 else left[0], waited.append
    )
    return generation, found, waited


@pytest.mark.parametrize("part", [94, 97, 100])
def test_limits_in_effect_make_it_good(home: Home, part: int) -> None:
    """The kernel keeps some memory for itself: 94 to 100 % of the file's number is that number; both copies of the history say good."""
    _, found, waited = _check(home, _vm(-(-10 * GIB * part // 100), 8 * GIB))
    assert found.word == "good" and waited == []
    assert home.numbers()[-1][2] == "good" and home.numbers("Debian")[-1][2] == "good"
    assert boot_check.missed(home.homes().local) is None


@pytest.mark.parametrize(("memory", "swap"), [(8 * GIB, 8 * GIB), (10 * GIB * 93 // 100, 8 * GIB), (10 * GIB, 4 * GIB), (12 * GIB, 0)])
def test_limits_that_are_missed_are_told(home: Home, memory: int, swap: int) -> None:
    """Numbers, generation and reason are written down, and stay until a boot has the limits."""
    _, found, _ = _check(home, _vm(memory, swap))
    assert found.word == "missed"
    record = boot_check.missed(home.homes().local)
    assert record is not None
    number = home.numbers()[-1][0]
    assert (record["generation"], record["memory"], record["expected-memory"]) == (str(number), str(memory), str(10 * GIB))
    assert (record["swap"], record["expected-swap"], record["boot"]) == (str(swap), str(8 * GIB), "b00t")
    assert "instead of" in record["why"]
    assert home.numbers()[-1][2] == "written"
    _check(home, _vm(10 * GIB, 8 * GIB))
    assert boot_check.missed(home.homes().local) is None


def test_swap_that_comes_late_is_waited_for(home: Home) -> None:
    """WSL makes the swap after the distro has started; 20 s are enough, and more is never waited."""
    _, found, waited = _check(home, _vm(10 * GIB, 0), _vm(10 * GIB, 0), _vm(10 * GIB, 8 * GIB))
    assert found.word == "good" and len(waited) == 2
    _, found, waited = _check(home, _vm(10 * GIB, 0))
    assert found.word == "missed" and sum(waited) == 20


def test_a_vm_that_is_older_than_the_file_says_nothing(home: Home) -> None:
    """Before WSL is restarted what runs says nothing of the file; the boot id tells, whatever the clocks of a laptop that slept say."""
    vm = _vm(2 * GIB, 0)
    _, found, _ = _check(home, vm._replace(boot_id=Datum(boot_id(), "/proc")))
    assert found.word == "unknown" and found.pending
    assert home.numbers()[-1][2] == "written" and boot_check.missed(home.homes().local) is None
    _, found, _ = _check(home, _vm(10 * GIB, 8 * GIB, started=datetime.now(timezone.utc) - timedelta(hours=1)))
    assert found.word == "good"
    early = datetime.now(timezone.utc) - timedelta(hours=1)
    for started in (early, None):
        assert judge(NEW, "x", VIEW, _vm(10 * GIB, 8 * GIB, started=started), LATER).pending


def test_somebody_elses_file_says_nothing_of_ours(home: Home) -> None:
    """A file that was edited since is not the generation's; nor is there one where nothing was applied."""
    home.config.write_bytes(b"[wsl2]\nmemory=4GB\n")
    generation, found, _ = _check(home, _vm(4 * GIB, 4 * GIB))
    assert (generation, found.word) == (None, "unknown")


def test_no_generation(tmp_path: Path) -> None:
    """Where nothing was applied there is nothing to judge."""
    assert _check(Home(tmp_path), _vm(8 * GIB, 2 * GIB))[1].word == "unknown"


def test_unset_keys_are_judged_by_wsls_defaults() -> None:
    """Half of the host's RAM and a quarter of that as swap; where the host's RAM is not known nothing is said."""
    early = LATER - timedelta(hours=1)
    assert judge(b"", "x", VIEW, _vm(8 * GIB * 97 // 100, 2 * GIB), early).word == "good"
    assert judge(None, "x", VIEW, _vm(4 * GIB, 2 * GIB), None).word == "missed"
    assert judge(b"", "x", HostView(), _vm(8 * GIB, 2 * GIB), early).word == "unknown"


def test_the_history_is_not_written_under_another_writer(home: Home) -> None:
    """While another wslcfg holds the lock the generation stays as it is; the next tick tries again."""
    homes = home.homes()
    with lock.hold(homes.local, homes.shared, distro="Ubuntu", command="apply"), pytest.raises(Conflict):
        _check(home, _vm(10 * GIB, 8 * GIB))
    assert home.numbers()[-1][2] == "written"


def test_a_boot_is_looked_at_once(tmp_path: Path) -> None:
    """The boot id that was looked at is remembered."""
    assert not boot_check.seen(str(tmp_path), "b00t")
    boot_check.note_seen(str(tmp_path), "b00t")
    assert boot_check.seen(str(tmp_path), "b00t") and not boot_check.seen(str(tmp_path), "other")
