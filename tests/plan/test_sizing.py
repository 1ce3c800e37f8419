"""The sizing: the published table cell by cell, and the promises that hold for every host."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslcfg.errors import Refused
from wslcfg.model.size import GIB, MIB
from wslcfg.plan import reasons, sizing
from wslcfg.plan.demand import Demand, Resident, Sizing

# PostgreSQL 0.5 GB and Elastic Agent 0.7 GB, each 1.2 times its measured peak: 1.44 GiB together.
SERVICES = (Resident("PostgreSQL", GIB * 6 // 10, "flag"), Resident("Elastic Agent", GIB * 84 // 100, "flag"))


def result(host_gb: float, *, sessions: int = 2, use: str = "standard", **more: object) -> Sizing:
    """The sizing of a host of the table."""
    return sizing.propose(Demand(int(host_gb * GIB), SERVICES, sessions=sessions, windows_use=use)._replace(**more))


def cell(found: Sizing) -> str:
    """A cell as the table writes it: memory/swap in GB, – for unset, ! for infeasible."""
    memory = "–" if found.memory is None else f"{found.memory / GIB:g}"
    swap = "–" if found.swap is None else f"{found.swap / GIB:g}"
    return f"{memory}/{swap}{'' if found.feasible else '!'}"


HOSTS = {  # host: (WSL's default memory, swap, swap first, cap light, standard, heavy)
    8: (4, 1, "6", 4, 4, 2),
    16: (8, 2, "8", 11, 10, 8),
    24: (12, 3, "10", 18, 16, 14),
    32: (16, 4, "14", 24, 21, 19),
    48: (24, 6, "16", 36, 32, 28),
    64: (32, 8, "16", 48, 43, 37),
    96: (48, 12, "16", 72, 64, 56),
    128: (64, 16, "–", 96, 85, 74),
}

# host, sessions, cell, and the session's limit in GB where the table gives it.
CELLS = [
    (8, 1, "–/6!", 2), (8, 2, "–/6!", 2), (8, 4, "–/6!", None), (8, 8, "–/6!", None),
    (16, 1, "–/8", 5), (16, 2, "10/8", 4), (16, 4, "10/10!", 2), (16, 8, "10/10!", None),
    (24, 1, "–/10", 8), (24, 2, "–/10", 5), (24, 4, "16/14!", 4), (24, 8, "16/16!", 2),
    (32, 1, "–/14", 8), (32, 2, "–/14", 7), (32, 4, "21/16", 5), (32, 8, "21/20!", 3),
    (48, 1, "–/16", 8), (48, 2, "–/16", 8), (48, 4, "–/16", 6), (48, 8, "32/16", 4),
    (64, 1, "–/16", None), (64, 2, "–/16", None), (64, 4, "–/16", 8), (64, 8, "38/16", 5),
    (96, 1, "–/16", None), (96, 2, "–/16", None), (96, 4, "–/16", None), (96, 8, "–/16", 6),
    (128, 1, "–/–", None), (128, 2, "–/–", None), (128, 4, "–/–", None), (128, 8, "–/–", 8),
]  # fmt: skip


@pytest.mark.parametrize(("host", "row"), HOSTS.items())
def test_defaults_caps_and_swap_first(host, row):
    """WSL's defaults, the three caps and the swap-first column are the published ones."""
    found = result(host)
    assert (found.default_memory / GIB, found.default_swap / GIB) == row[:2]
    careful = result(host, careful=True)
    assert careful.memory is None
    assert cell(careful).rstrip("!").split("/")[1] == row[2]
    assert tuple(result(host, use=use).cap / GIB for use in ("light", "standard", "heavy")) == row[3:]


@pytest.mark.parametrize(("host", "sessions", "wanted", "limit"), CELLS)
def test_cell(host, sessions, wanted, limit):
    """Each cell of the published table comes out, with the session limit that stands beside it."""
    found = result(host, sessions=sessions)
    assert cell(found) == wanted
    if limit is not None:
        assert found.session_max == limit * GIB
        assert found.session_swap == limit * GIB // 4


@pytest.mark.parametrize("host", [15.8, 16])
def test_the_guides_machine(host):
    """A 16 GB host, also with 15.8 GB usable, gives the guide's 10 GB and 8 GB, and its table has the right default of 2 GB swap."""
    found = result(host)
    assert (found.memory, found.swap) == (10 * GIB, 8 * GIB)
    rows = {row.item: row for row in reasons.table(found, int(host * GIB))}
    assert rows["WSL2 swap"].default == 2 * GIB
    assert rows["WSL2 swap"].effect == "+6 GB as a buffer for spikes"
    assert rows["Total"].proposed == 18 * GIB
    assert rows["Total"].effect == ("+80 % before the kernel kills" if host == 16 else "+82 % before the kernel kills")
    assert rows["Windows keeps"].proposed == int(host * GIB) - 10 * GIB


def test_the_guides_demand():
    """D = 0.8 + 1.44 + 2 x 4 and 10 % on top = 11.264 GiB; below a base of 5 GiB half a GiB is added; A = 10 - 0.8 - 1.44 - 0.5 = 7.26."""
    assert result(16).demand / GIB == pytest.approx(11.264)
    assert result(16).slice_max / GIB == pytest.approx(7.26)
    assert result(16, sessions=0).demand / GIB == pytest.approx(2.74)
    assert result(16, builds=GIB).demand / GIB == pytest.approx(12.364)


def test_heavy_use_keeps_the_default():
    """With heavy Windows use the guide's machine keeps WSL's default memory."""
    assert result(16, use="heavy").memory is None


def test_the_host_of_issue_10011():
    """64 GB with heavy use gives a cap of 37 GB, below the 44 GB that starved Windows there."""
    found = result(64, use="heavy", sessions=12)
    assert found.memory == 37 * GIB
    assert abs(found.windows_reserve / GIB - 26.9) < 0.1


def test_limits_inside():
    """A = m - 0.8 - sigma - 0.5; MemoryHigh is off unless asked for, then 85 % of the session's limit."""
    found = result(16)
    assert found.slice_max == 10 * GIB - sizing.VM_OWN - sum(s.planned for s in SERVICES) - GIB // 2
    assert found.session_high is None
    assert result(16, throttle=True).session_high == 4 * GIB * 85 // 100
    assert result(16, throttle=True, swap_rule=0).session_high is None


def test_a_measured_peak_raises_the_reserve_and_never_lowers_it():
    """Windows seen using 9 GB needs 10.5 GB; seen using 1 GB it still keeps the least for its size."""
    assert result(16, windows_peak=9 * GIB).windows_reserve == 10 * GIB + GIB // 2
    assert result(16, windows_peak=GIB).windows_reserve == result(16).windows_reserve


@pytest.mark.parametrize(("free_gb", "swap", "limit"), [(400, 8, 100), (30, 7, 7), (22, 5, 5), (17, 2, 2), (15.5, None, 0), (3, None, 0)])
def test_the_disk_has_the_last_word(free_gb, swap, limit):
    """Swap never takes more than a quarter of what is free nor the last 15 GB; below 1 GB the key is left out."""
    found = result(16, free_disk=int(free_gb * GIB))
    assert found.disk_limit == limit * GIB
    assert found.swap == (None if swap is None else swap * GIB)


@pytest.mark.parametrize(
    ("present_gb", "memory", "kept"),
    [(14, 14, True), (17, None, False), (12, 12, True), (6, None, False), (16, 16, True), (11.5, 11.5, True)],
)
def test_a_sound_memory_of_the_persons_own_stays(present_gb, memory, kept):
    """On 24 GB (default 12, cap 16, demand 11.3) a value between demand and cap stays; one beyond either goes back to the default."""
    found = result(24, present_memory=int(present_gb * GIB))
    assert found.memory == (None if memory is None else int(memory * GIB))
    assert found.memory_kept is kept


@pytest.mark.parametrize(("present_gb", "memory"), [(12, 10), (8, 10), (10, 10), (6, 10)])
def test_a_memory_beside_the_formula_is_changed(present_gb, memory):
    """On the guide's machine 12 GB starve Windows and 8 GB do not hold the demand: both become 10 GB."""
    assert result(16, present_memory=present_gb * GIB).memory == memory * GIB


def test_a_reading_that_moves_does_not_move_the_plan():
    """Windows seen using half a GB more than on the day of the plan does not change a memory that was proposed then."""
    first = result(16, windows_peak=GIB * 9 // 2)
    assert first.memory == 10 * GIB
    assert result(16, windows_peak=5 * GIB, present_memory=first.memory).memory == 10 * GIB
    assert result(16, windows_peak=7 * GIB, present_memory=first.memory).memory is None


def test_a_small_memory_may_have_its_reason():
    """A memory below the default stays when Windows needs the rest, or when it holds the demand."""
    assert sizing.propose(Demand(12 * GIB, windows_use="heavy", present_memory=5 * GIB)).memory == 5 * GIB
    assert sizing.propose(Demand(64 * GIB, present_memory=16 * GIB)).memory == 16 * GIB


@pytest.mark.parametrize(("present_gb", "free_gb", "swap"), [(12, None, 12), (4, None, 8), (8, None, 8), (12, 32, 8), (0, None, 8)])
def test_a_larger_swap_of_the_persons_own_stays(present_gb, free_gb, swap):
    """A larger swap stays while the drive can take it; a smaller one, or none, is raised."""
    found = result(16, present_swap=present_gb * GIB, free_disk=None if free_gb is None else free_gb * GIB)
    assert found.swap == swap * GIB


def test_fixed_values_of_a_profile():
    """A profile's own numbers stand, a number equal to WSL's default is left out, and limits follow the fixed memory."""
    found = result(16, memory_rule=12 * GIB, swap_rule=0)
    assert (found.memory, found.swap, found.vm_swap, found.session_swap) == (12 * GIB, 0, 0, 0)
    assert found.session_max == 5 * GIB
    assert result(16, memory_rule=8 * GIB).memory is None
    assert result(16, memory_rule=12 * GIB, swap_rule=3 * GIB).swap is None
    assert result(16, memory_rule=100 * GIB).memory == 16 * GIB
    assert result(16, memory_rule=0).memory is None
    assert result(15.999, memory_rule=sizing.default_memory(int(15.999 * GIB)) // (2 * MIB) * 2 * MIB).memory is None


def test_infeasible_demand_says_what_to_drop():
    """What does not fit is said, with things that each alone would make it fit."""
    found = result(16, sessions=4)
    assert not found.feasible
    assert any("Run 2 sessions at a time" in text for text in found.drop)
    assert result(16, sessions=2).feasible and result(16, sessions=2).drop == ()
    builds = result(16, builds=4 * GIB)
    assert "Build while no session runs" in builds.drop[0]


@pytest.mark.parametrize("free_gb", [None, 19, 20, 22, 40])
def test_what_to_drop_counts_with_the_drives_room(free_gb):
    """Where the drive cuts swap, only what fits into that swap is named: each sentence holds when it is done."""
    both = (Resident("MySQL", GIB * 13 // 4, "flag"), Resident("Elastic", GIB * 10 // 3, "flag"))
    asked = Demand(64 * GIB, both, sessions=10, windows_use="heavy", free_disk=None if free_gb is None else free_gb * GIB)
    for text in sizing.propose(asked).drop:
        if text.startswith("Run "):
            assert sizing.propose(asked._replace(sessions=int(text.split()[1]))).feasible
        elif text.startswith("Stop "):
            kept = tuple(service for service in both if service.name not in text)
            assert sizing.propose(asked._replace(services=kept)).feasible


@pytest.mark.parametrize(("free_gb", "swap"), [(26, 6), (22, 6), (28, 7), (19, 4)])
def test_a_swap_does_not_follow_every_day_of_the_drive(free_gb, swap):
    """A swap that the drive bounded stays while its limit falls by no more than 1 GB; it grows with the room and goes when the room does."""
    first = result(16, free_disk=27 * GIB)
    assert first.swap == 6 * GIB
    assert result(16, free_disk=free_gb * GIB, present_swap=first.swap).swap == swap * GIB


def test_a_nearly_full_drive_keeps_a_small_swap():
    """Without the key WSL would take its larger default, so a file's smaller swap stays on a drive that is nearly full."""
    assert result(16, free_disk=10 * GIB, present_swap=GIB).swap == GIB
    assert result(16, free_disk=10 * GIB, present_swap=6 * GIB).swap is None


def test_swap_off_is_named():
    """A file that turns swap off is told why it should not."""
    assert "turns swap off" in dict(result(16, present_swap=0).reasons)["swap"]


@pytest.mark.parametrize("bad", [{"ram": 0}, {"sessions": -1}, {"windows_use": "some"}, {"builds": -1}])
def test_senseless_demands_are_refused(bad):
    """No formula answers a negative size, no RAM or an unknown use."""
    with pytest.raises(Refused):
        sizing.propose(Demand(16 * GIB)._replace(**bad))


def test_every_number_has_its_reason():
    """Each number of the contract's `sizing` has one sentence."""
    named = [number for number, _ in result(16, throttle=True).reasons]
    numbers = {"default_memory", "default_swap", "memory", "swap", "windows_reserve", "demand", "cap", "feasible"}
    assert set(named) == numbers | {"session_max", "session_high", "session_swap", "slice_max"}
    assert len(named) == len(set(named))
    assert all(because.endswith(".") for _, because in result(16).reasons)


hosts = st.one_of(st.integers(4 * GIB, 40 * GIB), st.integers(4 * GIB, 512 * GIB))
services = st.one_of(st.just(0), st.integers(0, 12 * GIB)).map(lambda planned: (Resident("service", planned, "flag"),))
demands = st.fixed_dictionaries(
    {
        "ram": hosts,
        "services": services,
        "sessions": st.integers(0, 12),
        "session": st.one_of(st.just(4 * GIB), st.integers(GIB // 2, 8 * GIB)),
        "builds": st.one_of(st.just(0), st.integers(0, 6 * GIB)),
        "windows_use": st.sampled_from(["light", "standard", "heavy"]),
        "windows_peak": st.one_of(st.none(), st.integers(0, 40 * GIB)),
        "free_disk": st.one_of(st.none(), st.integers(0, 300 * GIB)),
    }
).map(lambda parts: Demand(**parts))
parts = st.sampled_from(["services", "sessions", "session", "builds"])
more = st.tuples(parts, st.one_of(st.integers(1, 64 * MIB), st.integers(1, 4 * GIB)))


def larger(demand: Demand, step: tuple[str, int]) -> Demand:
    """The demand with one of its parts grown."""
    part, size = step
    if part == "services":
        return demand._replace(services=(*demand.services, Resident("one more", size, "flag")))
    return demand._replace(**{part: getattr(demand, part) + (1 if part == "sessions" else size)})


@settings(max_examples=300, deadline=None)
@given(demands, more)
def test_more_demand_never_gives_less(demand, step):
    """Memory and swap never fall when the demand grows, whichever part of it."""
    before, after = sizing.propose(demand), sizing.propose(larger(demand, step))
    assert after.vm_memory >= before.vm_memory
    assert after.vm_swap >= before.vm_swap


@pytest.mark.parametrize(("host", "sessions"), [(24, 5), (12.5, 2), (36, 9)])
def test_swap_does_not_fall_where_the_session_limit_steps_down(host, sessions):
    """Where C steps down, the bare formula gives 2 GB less swap for more services (24 GB host: 16 at 4.20, 14 at 4.25); ours does not."""
    planned = [hundredth * GIB // 100 for hundredth in range(0, 800, 5)]
    asked = [Demand(int(host * GIB), (Resident("s", size, "flag"),), sessions=sessions) for size in planned]
    swaps = [sizing.propose(demand).vm_swap for demand in asked]
    assert swaps == sorted(swaps)


@settings(max_examples=200, deadline=None)
@given(demands, st.integers(0, 64 * GIB))
def test_a_larger_host_never_gets_less_memory(demand, extra):
    """Memory is monotone in host RAM."""
    assert sizing.propose(demand._replace(ram=demand.ram + extra)).vm_memory >= sizing.propose(demand).vm_memory


@settings(max_examples=200, deadline=None)
@given(demands)
def test_windows_keeps_its_reserve_and_the_drive_its_room(demand):
    """A memory that is written leaves Windows its reserve within half a GiB; a swap that is written stays within the disk's limit."""
    found = sizing.propose(demand)
    if found.memory is not None:
        assert demand.ram - found.memory >= found.windows_reserve - GIB // 2
        assert found.memory > found.default_memory and demand.ram >= 10 * GIB
    if found.swap is not None and found.disk_limit is not None:
        assert found.swap <= found.disk_limit
    if found.swap is not None:
        assert found.swap != sizing.default_swap(found.vm_memory) and found.swap % GIB == 0


@settings(max_examples=200, deadline=None)
@given(demands)
def test_the_result_is_its_own_fixed_point(demand):
    """A file that says what was proposed is not asked to change."""
    first = sizing.propose(demand)
    again = sizing.propose(demand._replace(present_memory=first.memory, present_swap=first.swap))
    assert (again.memory, again.swap) == (first.memory, first.swap)


@settings(max_examples=200, deadline=None)
@given(demands, st.one_of(st.none(), st.integers(256 * MIB, 64 * GIB)), st.one_of(st.none(), st.integers(0, 64 * GIB)))
def test_any_present_file_settles_in_one_step(demand, memory, swap):
    """Whatever the file says now, the second proposal changes nothing of the first."""
    first = sizing.propose(demand._replace(present_memory=memory, present_swap=swap))
    again = sizing.propose(demand._replace(present_memory=first.memory, present_swap=first.swap))
    assert (again.memory, again.swap) == (first.memory, first.swap)
