"""Advice: each finding leads to a command that exists, and whether the kill would have happened is a sum that holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.oom.crashes import capped, cascade, crash, reading, said, swarm, task
from wslcfg.cli.table import COMMANDS
from wslcfg.model.size import GIB, MIB
from wslcfg.oom import simulate
from wslcfg.oom.advice import advice
from wslcfg.oom.event import Loss, Seen
from wslcfg.oom.simulate import Settings
from wslcfg.oom.story import Advice, Around, Pane, Proof, Verdict
from wslcfg.oom.verdict import verdict

ALL = frozenset({*COMMANDS, "install", "run"})
LARGE = Settings(
    memory=100 * GIB, swap=32 * GIB, session_max=8 * GIB, session_swap=2 * GIB, slice_max=40 * GIB, memory_now=62 * GIB, swap_now=16 * GIB
)


def given_for(seen: Seen, settings: Settings = LARGE, around: Around | None = None) -> dict[str, Advice]:
    """The advice by its id."""
    found = verdict(reading(seen), around or Around())
    return {one.id: one for one in advice(found, settings, ALL)}


def test_the_swarm_would_have_fitted() -> None:
    """With room for all of it the accumulated swarm would not have been killed, and the sum says with how much to spare."""
    found = given_for(crash(swarm(), "node", follow_ups=cascade()))
    assert list(found)[:3] == ["init-scope", "memory", "cap"]
    assert found["init-scope"].command == "wslcfg install --component init-scope"
    effect = found["memory"].effect
    assert effect is not None and effect.prevented is True and "to spare" in effect.text
    assert found["cap"].effect is not None and found["cap"].effect.prevented is True and "40 GB" in found["cap"].effect.text


def test_too_small_a_proposal_is_said() -> None:
    """A proposal that does not hold what was needed is not sold as the cure."""
    effect = given_for(crash(swarm(), "node"), LARGE._replace(memory=64 * GIB, swap=8 * GIB))["memory"].effect
    assert effect is not None and effect.prevented is False and "all the same" in effect.text


def test_a_leak_only_comes_later() -> None:
    """More memory puts a leak off; a session's limit ends it where it is."""
    leak = [task(90, "claude", 30 * GIB, 4 * GIB), task(91, "node", 100 * MIB)]
    found = given_for(crash(leak, "claude"))
    assert found["memory"].effect is not None and found["memory"].effect.prevented is None
    assert list(found)[:2] == ["cap", "memory"], "what cures comes before what puts off"
    assert found["cap"].command == "wslcfg install"
    assert found["cap"].effect is not None and found["cap"].effect.prevented is True and "8 GB" in found["cap"].effect.text


def test_a_program_that_is_no_agent_gets_a_run() -> None:
    """One huge job is started under a limit of its own."""
    found = given_for(crash([task(90, "rust lld; rm", 30 * GIB)], "rust lld; rm"))
    assert found["cap"].command == "wslcfg run --limit 8GB -- 'rust lld; rm'"


def test_a_limit_that_worked() -> None:
    """A kill by a session's own limit is no reason to change the VM: more for this job, if it needs more."""
    found = given_for(capped())
    assert "memory" not in found and "cap" not in found
    assert found["limit"].command == "wslcfg run --limit 6GB -- claude"


def test_a_stopped_database() -> None:
    """A service that systemd stopped whole gets its OOMPolicy."""
    stop = said("unit-failed", "postgresql@15-main.service", "postgresql@15-main.service: Failed with result 'oom-kill'.")
    found = given_for(crash([task(50, "claude", 900 * MIB), task(60, "postgres", 30 * MIB)], "postgres", follow_ups=(stop,)))
    assert found["service-policy"].command == "sudo systemctl edit postgresql@15-main.service"
    own = said("unit-failed", "tmux.service", "tmux.service: Failed with result 'oom-kill'.", manager=1892)
    mine = given_for(crash([task(50, "claude", 900 * MIB), task(60, "tmux", 30 * MIB)], "tmux", follow_ups=(own,)))
    assert mine["service-policy"].command == "systemctl --user edit tmux.service", "a user's own manager has it"


def test_the_kernel_command_line_keeps_what_is_there() -> None:
    """A larger log buffer and pressure accounting are joined to the person's own words, each once."""
    seen = crash(swarm(), "node", losses=(Loss("ring", "The ring was too small.", 1),))
    settings = LARGE._replace(kernel_command_line="quiet  vsyscall=emulate", pressure_off=True)
    assert (
        given_for(seen, settings)["log-buffer"].command == "wslcfg set 'wsl2.kernelCommandLine=quiet vsyscall=emulate log_buf_len=4M psi=1'"
    )
    assert (
        given_for(seen, settings._replace(pressure_off=False))["log-buffer"].command
        == "wslcfg set 'wsl2.kernelCommandLine=quiet vsyscall=emulate log_buf_len=4M'"
    )
    assert "log-buffer" not in given_for(seen, LARGE._replace(kernel_command_line="log_buf_len=8M"))


def test_duplicates_lead_to_the_guard() -> None:
    """Where one session ran twice the launcher's guard is offered."""
    around = Around(panes=tuple(Pane(key, "claude", "1e99", None, Proof("x", "y")) for key in "ab"))
    assert "duplicates = refuse" in given_for(crash(swarm(), "node"), around=around)["duplicates"].text


def test_commands_of_other_versions_are_not_named() -> None:
    """What this version does not have is never told to be typed."""
    found = verdict(reading(crash(swarm(), "node", follow_ups=cascade())), Around())
    for one in advice(found, LARGE, frozenset({"plan"})):
        assert one.command is None or not one.command.startswith("wslcfg ")


def test_nothing_happened_nothing_to_do() -> None:
    """Without a kill and without an end of the VM there is no advice."""
    assert advice(Verdict("none", "x"), LARGE, ALL) == ()


@pytest.mark.parametrize("settings", [Settings(), LARGE._replace(memory=62 * GIB, swap=16 * GIB)])
def test_no_advice_to_change_nothing(settings: Settings) -> None:
    """What the VM has already, or what is not known, is not proposed."""
    assert "memory" not in given_for(crash(swarm(), "node"), settings)


@given(some.integers(1, 400), some.integers(0, 100))
def test_more_room_never_makes_it_worse(memory: int, swap: int) -> None:
    """A larger proposal is never judged worse than a smaller one."""
    seen = crash([task(1 + 1100 * number, "claude", 500 * MIB, 10 * MIB) for number in range(12)], "claude")
    rank = {False: 0, None: 1, True: 2}

    def judged(extra: int) -> int:
        effect = simulate.more_memory(
            seen.event, seen.account, Settings(memory=(memory + extra) * GIB // 16, swap=swap * GIB // 16), "accumulation"
        )
        assert effect is not None
        return rank[effect.prevented]

    assert judged(0) <= judged(16)
