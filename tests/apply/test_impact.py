"""What a restart stops, in sentences."""

from __future__ import annotations

from wslcfg.apply.impact import impact
from wslcfg.model.facts import Work

BUSY = Work(agents=("claude in ~/shop", "claude in ~/shop", "codex"), containers=("web",), distributions=("Ubuntu", "Debian"))


def test_nothing_stops_when_nothing_restarts() -> None:
    """A change that is read at once costs nobody anything."""
    assert impact(BUSY, "none") == ()


def test_a_restart_of_the_vm_names_everything_that_stops() -> None:
    """Other distros, agent sessions (same ones counted) and containers."""
    assert impact(BUSY, "vm", distro="Ubuntu") == (
        "A restart stops every distro, also Debian.",
        "3 live agent sessions end: claude in ~/shop (2) and codex.",
        "1 container stops: web.",
    )


def test_a_restart_of_one_distro_leaves_the_others() -> None:
    """wsl.conf needs only its own distro to start anew."""
    assert impact(Work(), "distro", distro="Ubuntu") == ("A restart stops Ubuntu with everything in it; other distros go on.",)
    assert impact(Work(distributions=("Ubuntu",)), "vm", distro="Ubuntu") == ("A restart stops every distro that runs.",)


def test_many_names_are_cut() -> None:
    """A wall of names is not read."""
    said = impact(Work(containers=tuple(f"c{number}" for number in range(9))), "vm")
    assert said[1] == "9 containers stop: c0, c1, c2, c3, c4, c5 and 3 more."
