"""Dangers: what a change could do, with stable ids, and nothing said about what does not change."""

from __future__ import annotations

import pytest

from wslcfg.model.facts import Work
from wslcfg.model.size import GIB
from wslcfg.model.wslfile import HostView
from wslcfg.plan.danger import Surroundings, at_restart, conf_dangers, dangers
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

RAM = 16 * GIB
AROUND = Surroundings(ram=RAM, free_disk=60 * GIB, vm_used=5 * GIB, exists=lambda path: path == "C:\\there.vhd")


def use(text: str, target: str = "wslconfig"):
    """What WSL uses of a text."""
    return effective(scan(text.encode(), target, "file"), HostView(ram=RAM, processors=8))


def ids(before: str, after: str, around: Surroundings = AROUND) -> list[str]:
    """The ids of a change of `.wslconfig`."""
    return [danger.id for danger in dangers(use(before), use(after), around)]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("", "[wsl2]\nmemory=10GB", []),
        ("", "[wsl2]\nmemory=11GB", ["windows-starves"]),
        ("", "[wsl2]\nmemory=8192MB", []),
        ("[wsl2]\nmemory=14GB", "[wsl2]\nmemory=14GB\nprocessors=4", []),
        ("[wsl2]\nmemory=14GB", "[wsl2]\nmemory=12GB", []),
        ("[wsl2]\nmemory=12GB", "[wsl2]\nmemory=14GB", ["windows-starves"]),
        ("", "[wsl2]\nmemory=4GB", ["memory-below-use"]),
        ("[wsl2]\nmemory=4GB", "[wsl2]\nmemory=4GB\nswap=4GB", []),
        ("", "[wsl2]\nmemory=4096", ["memory-too-small", "memory-below-use"]),
        ("[wsl2]\nmemory=512MB", "[wsl2]\nmemory=512MB\nswap=4GB", []),
        ("", "[wsl2]\nswap=0", ["no-swap"]),
        ("[wsl2]\nswap=0", "[wsl2]\nswap=0\nmemory=9GB", []),
        ("", "[wsl2]\nswap=15GB", []),
        ("", "[wsl2]\nswap=16GB", ["swap-fills-disk"]),
        ("[wsl2]\nswap=40GB", "[wsl2]\nswap=20GB", []),
        ("", "[wsl2]\nsafeMode=true", ["no-swap"]),
        ("", "[wsl2]\nmacAddress=nonsense", ["bad-mac"]),
        ("", "[wsl2]\nkernel=C:\\\\gone", ["kernel-missing"]),
        ("", "[wsl2]\nkernel=C:\\\\there.vhd\nkernelModules=C:\\\\gone", ["kernel-modules"]),
        ("", "[wsl2]\nkernelModules=C:\\\\there.vhd", ["kernel-modules"]),
        ("", "[wsl2]\nsystemDistro=C:\\\\gone.vhd", ["system-distro-missing"]),
        ("", "[wsl2]\nsystemDistro=C:\\\\there.vhd", []),
        ("", "[wsl2]\nsystemDistro=C:\\\\gone.txt", ["system-distro-missing"]),
        ("[wsl2]\nkernel=C:\\\\gone", "[wsl2]\nkernel=C:\\\\gone\nswap=8GB", ["kernel-missing"]),
    ],
)
def test_dangers_of_wslconfig(before, after, wanted):
    """Each danger is raised by its change alone; only what keeps WSL from starting counts when it is old."""
    assert ids(before, after) == wanted


def test_what_keeps_wsl_from_starting_is_forbidden():
    """A file with which no distro starts cannot be accepted at all; the rest can."""
    found = dangers(use(""), use("[wsl2]\nkernel=C:\\\\gone\nswap=0"), AROUND)
    assert [(danger.id, danger.forbidden) for danger in found] == [("kernel-missing", True), ("no-swap", False)]
    assert all(danger.hint and danger.message.endswith(".") for danger in found)


def test_unknown_facts_take_their_danger_away():
    """Without facts nothing is claimed: an unknown drive, host or file system raises no danger."""
    assert ids("", "[wsl2]\nmemory=15GB\nswap=90GB\nkernel=C:\\\\gone", Surroundings()) == []
    assert ids("", "[wsl2]\nkernel=C:\\\\gone", AROUND._replace(exists=lambda path: None)) == []


def test_light_use_allows_more():
    """What starves Windows depends on how it is used."""
    assert ids("", "[wsl2]\nmemory=11GB", AROUND._replace(windows_use="light")) == []
    assert ids("", "[wsl2]\nmemory=10GB", AROUND._replace(windows_peak=9 * GIB)) == ["windows-starves"]


def test_dangers_of_wsl_conf():
    """A mistake that ends the reading of wsl.conf is a danger when it is new; so is systemd going off."""
    sound, broken = "[boot]\nsystemd=true\n", "; comment\n[boot]\nsystemd=true\n"
    assert [danger.id for danger in conf_dangers(use(sound, "wslconf"), use(broken, "wslconf"))] == ["wsl-conf-abort", "systemd-off"]
    assert conf_dangers(use(broken, "wslconf"), use(broken, "wslconf")) == ()
    assert conf_dangers(use(broken, "wslconf"), use(sound, "wslconf")) == ()


def test_a_restart_ends_sessions():
    """Live sessions are a danger of the restart, not of the writing, and never without a restart."""
    work = Work(agents=("claude 1e99", "codex 77aa"))
    assert [danger.id for danger in at_restart(work, "vm")] == ["live-sessions"]
    assert "2 agent sessions" in at_restart(work, "distro")[0].message
    assert at_restart(work, "none") == () and at_restart(Work(), "vm") == ()
