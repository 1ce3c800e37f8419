"""The proposal: from facts, a profile and the present files to a plan that says why."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslcfg.errors import NeedsTerminal, Refused
from wslcfg.model.facts import Datum
from wslcfg.model.size import GIB
from wslcfg.plan.digest import facts_digest
from wslcfg.plan.propose import Paths, Proposal, as_dict, propose
from wslcfg.plan.reasons import table as guide_table
from wslcfg.plan.what_if import WhatIf, hypothetical_machine
from wslcfg.profile import load

NOW = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
GUIDE = hypothetical_machine(16 * GIB, 8, {"PostgreSQL": GIB // 2, "Elastic Agent": GIB * 7 // 10}, None, NOW)


def profile_of(text: str):
    """A profile from its text."""
    return load.load("/t.toml", lambda path: f"schema = 1\n{text}".encode())


BALANCED = load.load("balanced", lambda path: None)
SWAP_FIRST = load.load("swap-first", lambda path: None)


def proposed(raw: bytes | None = None, conf: bytes | None = None, *, machine=GUIDE, profile=BALANCED, **more) -> Proposal:
    """The proposal for the guide's machine."""
    return propose(machine, profile, raw, conf, **more)


def after(proposal: Proposal, label: str = ".wslconfig") -> bytes | None:
    """The planned bytes of a file; None where nothing changes."""
    return next((change.after for change in proposal.plan.files if change.label == label), None)


def test_the_guides_machine_from_nothing():
    """On the guide's machine without a file the plan writes memory=10GB and swap=8GB, with a reason for each."""
    proposal = proposed()
    (change,) = proposal.plan.files
    assert (change.before, change.restart, change.shared, change.as_root) == (None, "vm", True, False)
    assert {(key.section, key.key, key.old, key.new) for key in change.keys} == {
        ("wsl2", "memory", None, "10GB"),
        ("wsl2", "swap", None, "8GB"),
    }
    assert all(key.why.endswith(".") for key in change.keys)
    assert b"memory=10GB" in change.after and b"swap=8GB" in change.after
    assert proposal.after.values["wsl2.memory"] == 10 * GIB
    assert proposal.plan.dangers == ()


def test_applied_is_done():
    """The plan on its own result is empty."""
    assert proposed(after(proposed())).plan.files == ()


def test_another_spelling_changes_nothing():
    """10240MB is 10GB."""
    assert proposed(b"[wsl2]\nmemory=10240MB\nswap=8192MB\n").plan.files == ()


def test_a_value_that_wsl_ignores_is_replaced():
    """`memory=8gb` is nothing to WSL; the line is replaced, everything round it stays."""
    raw = b"# mine\r\n[wsl2]\r\nmemory=8gb # typo\r\nprocessors=4\r\n"
    planned = after(proposed(raw))
    assert planned.startswith(b"# mine\r\n[wsl2]\r\nmemory=10GB # typo\r\nprocessors=4\r\n")
    assert b"swap=8GB\r\n" in planned


@pytest.mark.parametrize(
    ("host_gb", "raw", "memory"),
    [
        (32, b"[wsl2]\nmemory=20GB\n", 20),
        (32, b"[wsl2]\nmemory=24GB\n", None),
        (32, b"[wsl2]\nmemory=8GB\n", None),
        (32, b"[wsl2]\nmemory=8gb\n", None),
        (32, b"[wsl2]\nmemory=16GB\n", 16),
        (16, b"[wsl2]\nmemory=14GB\n", 10),
    ],
)
def test_present_memory(host_gb, raw, memory):
    """Balanced leaves a sound memory alone and takes out what harms; the effect is checked, not the text."""
    machine = hypothetical_machine(host_gb * GIB, 8, {}, None, NOW)
    proposal = proposed(raw, machine=machine)
    assert proposal.sizing.memory == (None if memory is None else memory * GIB)
    assert (b"memory" in (after(proposal) or raw)) is (memory is not None)
    assert proposal.after.values["wsl2.memory"] == (host_gb // 2 if memory is None else memory) * GIB


def test_swap_first_touches_swap_alone():
    """The careful profile leaves memory as it is, sound or not, and sizes swap beside it."""
    raw = b"[wsl2]\nmemory=14GB\n"
    proposal = proposed(raw, profile=SWAP_FIRST)
    assert [key.key for key in proposal.plan.changes] == ["swap"]
    assert proposal.sizing.memory == 14 * GIB
    assert proposed(profile=SWAP_FIRST).sizing.swap == 8 * GIB
    careful = proposed(hypothetical=WhatIf(careful=True))
    assert [key.key for key in careful.plan.changes] == ["swap"]


def test_answers_go_before_the_profile():
    """Flags and the wizard's answers win over the profile's own numbers."""
    assert proposed(hypothetical=WhatIf(windows_use="heavy")).sizing.memory is None
    assert proposed(hypothetical=WhatIf(sessions=1)).demand.sessions == 1
    assert proposed(hypothetical=WhatIf(session=2 * GIB, builds=GIB)).demand[3:5] == (2 * GIB, GIB)


def test_expressions_services_and_limits_of_a_profile():
    """A team's arithmetic is done on the machine's facts; services count 1.2 times, the larger of two wins; fixed limits stand."""
    text = (
        'extends = "balanced"\n[wslconfig]\nwsl2.memory = "clamp(default, 6GB, host - 7GB)"\nwsl2.swap = "services * 4"\n'
        '[sizing.services]\nPostgreSQL = "1GB"\nRedis = "0.1GB"\n[launcher]\nsession-max = "host / 8"\nslice-max = "5GB"\n'
    )
    proposal = proposed(profile=profile_of(text), machine=hypothetical_machine(20 * GIB, 8, {"PostgreSQL": GIB // 2}, None, NOW))
    planned = {service.name: service.planned for service in proposal.demand.services}
    assert planned["PostgreSQL"] == GIB * 6 // 5 and 120 * 2**20 < planned["Redis"] < 124 * 2**20
    assert proposal.sizing.memory is None
    assert proposal.sizing.session_max == 20 * GIB // 8 and proposal.sizing.slice_max == 5 * GIB
    assert proposal.after.values["wsl2.swap"] == sum(planned.values()) * 4 // 2**21 * 2**21


def test_settings_of_both_files():
    """Other settings are written as WSL takes them, defaults are not written, and each names its origin."""
    text = (
        '[wslconfig]\nexperimental.autoMemoryReclaim = "gradual"\nwsl2.guiApplications = true\nwsl2.processors = 6\n'
        "wsl2.vmIdleTimeout = 'unset'\nwsl2.dnsProxy = true\nwsl2.kernel = 'keep'\n[wslconf]\nboot.systemd = true\n"
    )
    raw = b"[wsl2]\nvmIdleTimeout=1\ndnsProxy=false\nguiApplications=1\n"
    proposal = proposed(raw, b"", profile=profile_of(text))
    changes = {(key.file, key.key): (key.old, key.new) for key in proposal.plan.changes}
    assert {key: value[1] for key, value in changes.items()} == {
        (".wslconfig", "autoMemoryReclaim"): "Gradual",
        (".wslconfig", "processors"): "6",
        (".wslconfig", "vmIdleTimeout"): None,
        (".wslconfig", "dnsProxy"): None,
        ("/etc/wsl.conf", "systemd"): "true",
    }
    assert "/t.toml:5" in next(key.why for key in proposal.plan.changes if key.key == "processors")
    conf = proposal.plan.files[1]
    assert (conf.as_root, conf.shared, conf.restart) == (True, False, "distro")
    assert b"memory" not in after(proposal)


def test_what_a_policy_locks_is_left_and_said():
    """A setting that a policy locks is not written: it would have no effect."""
    machine = GUIDE._replace(host=GUIDE.host._replace(policies=Datum({"AllowNestedVirtualization": 0}, "reg")))
    proposal = proposed(machine=machine, profile=profile_of("[wslconfig]\nwsl2.nestedVirtualization = false\n"))
    assert proposal.plan.files == ()
    assert any("policy" in note for note in proposal.plan.notes)


def test_unknown_ram_asks_for_the_flag():
    """Without the host's RAM there is no proposal, and the hint names the flag."""
    with pytest.raises(NeedsTerminal) as asked:
        proposed(machine=hypothetical_machine(None, None, {}, None, NOW))
    assert "--host-ram" in asked.value.hint


def test_what_wsl_cannot_express_is_refused():
    """A swap file with a name that .wslconfig destroys is refused with a way out, and nothing is planned."""
    with pytest.raises(Refused):
        proposed(profile=profile_of("[wslconfig]\nwsl2.swapFile = 'C:\\Users\\José\\swap.vhdx'\n"))


@pytest.mark.parametrize(("free_gb", "wanted"), [(None, []), (100, []), (10, ["swap-fills-disk"])])
def test_a_full_drive_is_a_danger(free_gb, wanted):
    """On a nearly full drive swap is left out and a danger says so."""
    machine = hypothetical_machine(16 * GIB, 8, {}, None if free_gb is None else free_gb * GIB, NOW)
    proposal = proposed(machine=machine)
    assert [danger.id for danger in proposal.plan.dangers] == wanted
    assert (proposal.sizing.swap is None) is bool(wanted)


def test_a_swap_that_stays_is_no_danger():
    """A swap that is 1 GB above what the drive allows today stays without a danger that would have to be accepted."""
    machine = hypothetical_machine(16 * GIB, 8, {}, 22 * GIB, NOW)
    proposal = proposed(b"[wsl2]\nmemory=10GB\nswap=6GB\n", machine=machine)
    assert (proposal.sizing.disk_limit, proposal.sizing.swap) == (5 * GIB, 6 * GIB)
    assert (proposal.plan.dangers, proposal.plan.files) == ((), ())


def test_fixed_values_can_be_dangerous():
    """A profile that fixes too much is planned, and its danger is named."""
    proposal = proposed(
        profile=profile_of("[wslconfig]\nwsl2.memory = '14GB'\nwsl2.swap = 0\nwsl2.kernel = 'C:\\gone'\n"), exists=lambda path: False
    )
    assert [danger.id for danger in proposal.plan.dangers] == ["kernel-missing", "windows-starves", "no-swap"]


def test_the_digest_is_over_steady_facts():
    """The digest changes with the host and not with what changes by the hour."""
    later = GUIDE._replace(host=GUIDE.host._replace(windows_in_use=Datum(GIB, "powershell"), ram_free=Datum(GIB, "x")))
    assert facts_digest(later) == facts_digest(GUIDE)
    assert facts_digest(hypothetical_machine(32 * GIB, 8, {}, None, NOW)) != facts_digest(GUIDE)


def test_targets_for_status():
    """The targets are the texts of the planned file, for the settings that the profile names."""
    assert proposed().targets == {"wsl2.memory": "10GB", "wsl2.swap": "8GB"}
    assert proposed(profile=SWAP_FIRST).targets == {"wsl2.swap": "8GB"}


def test_json_of_the_contract():
    """`as_dict` has what the contract promises, in bytes, with unknowns as null and their reasons."""
    data = as_dict(proposed(paths=Paths("/mnt/c/Users/ana/.wslconfig")))
    assert data["sizing"] | {
        "default_memory": 8 * GIB, "default_swap": 2 * GIB, "memory": 10 * GIB, "swap": 8 * GIB, "cap": 10 * GIB, "feasible": True,
        "windows_reserve": 6 * GIB, "session_max": 4 * GIB, "session_high": None, "session_swap": GIB,
    } == data["sizing"]  # fmt: skip
    assert data["needs_restart"] is True and data["dangers"] == []
    assert {change["key"]: (change["file"], change["section"], change["old"], change["new"]) for change in data["changes"]} == {
        "memory": (".wslconfig", "wsl2", None, "10GB"),
        "swap": (".wslconfig", "wsl2", None, "8GB"),
    }
    assert data["machine"]["host_ram"] == 16 * GIB and data["machine"]["free_disk"] is None
    assert data["machine"]["unknown"]["free_disk"]
    assert {reason["number"] for reason in data["reasons"]} >= {"memory", "swap", "cap", "demand", "windows_reserve"}


@pytest.mark.parametrize(
    ("host", "use", "says"),
    [
        (8, "standard", "0.5 GB short of the 4.5 GB that it is reckoned to need: that is WSL's own default"),
        (10, "light", "0.2 GB short of the 4.2 GB that it is reckoned to need: memory goes by whole GB"),
        (12, "light", "0.5 GB short of the 4.5 GB that it is reckoned to need: memory goes by whole GB"),
        (8, "heavy", "2 GB short of the 6 GB that it is reckoned to need: expect paging under load"),
        (16, "standard", "enough: it needs about 6 GB"),
    ],
)
def test_what_windows_keeps_is_called_enough_only_where_it_is(host: int, use: str, says: str) -> None:
    """A rest below what Windows is reckoned to need is called short, by how much, and why it is proposed all the same."""
    machine = hypothetical_machine(host * GIB, 8, {}, None, NOW)
    made = proposed(machine=machine, hypothetical=WhatIf(windows_use=use))
    assert guide_table(made.sizing, machine.host.ram.value)[-1].effect == says


def test_the_reserve_says_which_number_counts() -> None:
    """What Windows was seen using is named with what is added, and that the greater of the two counts; the cap says its rounding."""
    host = GUIDE.host
    for peak, said in (
        (4 * GIB, "more than measured (seen using 4 GB, with 1.5 GB added 5.5 GB)"),
        (5 * GIB, "seen using 5 GB, with 1.5 GB added 6.5 GB"),
    ):
        machine = GUIDE._replace(host=host._replace(windows_in_use=Datum(peak, "test")))
        because = dict(proposed(machine=machine).reasons)
        assert said in because["windows_reserve"]
    assert because["cap"] == "16 GB less Windows' 6.5 GB are 9.5 GB, to the nearest whole GB; Windows then keeps 0.5 GB less."


files = st.builds(
    lambda head, memory, swap, tail: f"{head}[wsl2]\n{memory}{swap}{tail}".encode(),
    st.sampled_from(["", "# c\n", "[experimental]\nsparseVhd=true\n", "memory=3GB\n"]),
    st.sampled_from(["", "memory=8GB\n", "memory=8gb\n", "memory=4096\n", "memory=12GB # x\nmemory=2GB\n", "memory=0\n", "memory=-1\n"]),
    st.sampled_from(["", "swap=0\n", "swap=40GB\n", "swap=\n", "Swap=1GB\n", "swap=-1\n"]),
    st.sampled_from(["", "processors=2", "; x\n", "memory=9GB"]),
)


@settings(max_examples=120, deadline=None)
@given(files, st.integers(4, 128), st.sampled_from(["balanced", "swap-first", "agents-heavy", "small-8gb", "team-example"]))
def test_a_second_plan_is_empty_and_means_the_same(raw, host_gb, name):
    """Whatever the file, the plan on the planned file changes nothing more, and the VM gets what the sizing said."""
    machine = hypothetical_machine(host_gb * GIB, 8, {"PostgreSQL": GIB // 2}, None, NOW)
    profile = load.load(name, lambda path: None)
    try:
        first = proposed(raw, machine=machine, profile=profile)
    except Refused:
        return  # team-example's arithmetic does not fit every host
    second = proposed(after(first) or raw, after(first, "/etc/wsl.conf"), machine=machine, profile=profile)
    assert second.plan.files == ()
    assert second.after.values == first.after.values
    if name != "small-8gb":
        assert first.after.values["wsl2.swap"] == first.sizing.vm_swap
        assert first.after.values["wsl2.memory"] == first.sizing.vm_memory
