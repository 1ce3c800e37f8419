"""The limits of sessions: the sizing's formulas on the running VM's own memory, one budget for all distros of the VM."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from wslcfg.launch.limits import Limits, agent_distros, limits
from wslcfg.model.facts import Datum, Machine, Work, unknown
from wslcfg.model.inside import LAUNCHER_KEYS
from wslcfg.model.size import GIB, MIB
from wslcfg.plan.what_if import hypothetical_machine
from wslcfg.profile import load

NOW = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
BALANCED = load.load("balanced", lambda path: None)


def machine(memory: int | None = 10 * GIB, swap: int | None = 8 * GIB, peaks: dict[str, int] | None = None, running=()) -> Machine:
    """A machine whose VM has so much, with these services and running distros."""
    whole = hypothetical_machine(16 * GIB, 8, {"PostgreSQL": GIB // 2} if peaks is None else peaks, None, NOW)
    vm = whole.vm._replace(
        memory_total=unknown("no /proc") if memory is None else Datum(memory, "/proc/meminfo"),
        swap_total=unknown("no /proc") if swap is None else Datum(swap, "/proc/meminfo"),
    )
    return whole._replace(vm=vm, work=Work(distributions=tuple(running)))


def found(text: str = "", **more) -> Limits:
    """The limits under a profile of this text."""
    profile = load.load("/t.toml", lambda path: f"schema = 1\n{text}".encode()) if text else BALANCED
    return limits(machine(**more), profile)


def test_the_formulas_are_the_sizings() -> None:
    """C and A of the formulas on a VM of 10 GB with 0.6 GB of services and two sessions."""
    got = found()
    sigma = GIB // 2 * 6 // 5
    assert got.session_max == 4 * GIB  # ceil((10 - 0.8 - 0.6 - 1) / 2)
    assert got.session_swap == GIB
    assert got.slice_max is not None and 0 <= 10 * GIB - GIB * 8 // 10 - sigma - GIB // 2 - got.slice_max < MIB  # down to whole MiB
    assert got.session_high is None
    assert {number for number, _ in got.reasons} == {"session_max", "session_swap", "slice_max"}


def test_conf_gets_known_keys_alone() -> None:
    """Every key for CONF is one that the launcher knows; sizes are bytes, words are the profile's."""
    values = found('[launcher]\noom-policy = "kill"\nkill-whole-session = true\n[guard]\nduplicates = "refuse"\n').values
    assert values.keys() <= LAUNCHER_KEYS.keys()
    assert (values["oom-policy"], values["kill-whole-session"], values["duplicates"]) == ("kill", "yes", "refuse")
    assert values["session-high"] == "" and values["session-max"] == str(4 * GIB)


def test_throttling_needs_swap() -> None:
    """MemoryHigh is 85 % of the limit where the session may swap, and left out with a note where it may not: it would stall for good."""
    throttled = found("[launcher]\nthrottle = true\n")
    assert throttled.session_high == 4 * GIB * 85 // 100
    stalled = found("[launcher]\nthrottle = true\n", swap=0)
    assert stalled.session_high is None and stalled.session_swap == 0
    assert "stall" in " ".join(stalled.notes)


def test_distros_divide_one_budget() -> None:
    """Two distros run in one VM: each gets half of what agents may use, and the plan says so; Docker Desktop's starts none."""
    alone, both = found(), found(running=("Debian", "Ubuntu"))
    assert both.slice_max is not None and alone.slice_max is not None
    assert alone.slice_max // 2 - both.slice_max < MIB
    assert both.distros == 2 and "2 running distros share one VM" in both.notes[0]
    assert found(running=("Debian", "docker-desktop")).slice_max == alone.slice_max


@pytest.mark.parametrize(("names", "count"), [((), 0), (("Debian", "another distro"), 2), (("Debian", "3 other distros"), 4)])
def test_distros_are_counted(names: tuple[str, ...], count: int) -> None:
    """Distros of which only the number is known count as well."""
    assert agent_distros(names) == count


def test_a_session_is_never_above_the_slice() -> None:
    """On a small VM the least for one session is more than all together may use: the smaller number counts."""
    got = found(memory=3 * GIB, swap=GIB)
    assert got.slice_max is not None and got.session_max == got.slice_max < 2 * GIB


def test_the_profile_fixes_numbers() -> None:
    """A profile's sizes and expressions go before the formulas."""
    got = found('[launcher]\nsession-max = "3GB"\nsession-swap = "0"\nslice-max = "host / 2"\n')
    assert (got.session_max, got.session_swap, got.slice_max) == (3 * GIB, 0, 8 * GIB)


def test_what_is_unknown_limits_nothing_falsely() -> None:
    """Where the VM's memory is unknown a session gets the guide's 4 GB and the slice no limit; where the host's RAM is, an expression on it is left out."""
    got = found(memory=None, swap=None)
    assert (got.session_max, got.slice_max, got.session_swap) == (4 * GIB, None, 0)
    assert got.values["slice-max"] == ""
    blind = machine()
    blind = blind._replace(host=blind.host._replace(ram=unknown("no interop")))
    profile = load.load("/t.toml", lambda path: b'schema = 1\n[launcher]\nsession-max = "host / 4"\n')
    left = limits(blind, profile)
    assert left.session_max == 4 * GIB and "needs the host's RAM" in " ".join(left.notes)
