"""The VM's own numbers, as the kernel writes them."""

from __future__ import annotations

import pytest

from wslcfg.machine.memory import look_vm, parse_meminfo, parse_online, parse_swaps
from wslcfg.model.facts import SwapArea


def test_meminfo_is_bytes():
    """Rows with a unit become bytes, rows of another shape are passed over."""
    assert parse_meminfo("MemTotal:        8049664 kB\nHugePages_Total:       0\nActive(anon):  5 kB\n") == {"MemTotal": 8049664 * 1024}


def test_swaps_with_blanks_and_kinds():
    """Partition and file swap are told apart, escaped names are undone."""
    text = "Filename\tType\tSize\tUsed\tPriority\n/dev/sdb partition\t2097152\t10\t-2\n/swap\\040file file 1024 0 -3\n"
    assert parse_swaps(text) == (SwapArea("/dev/sdb", "partition", 2 << 30, 10240), SwapArea("/swap file", "file", 1 << 20, 0))
    assert parse_swaps("") == ()


@pytest.mark.parametrize(("text", "count"), [("0-11\n", 12), ("0\n", 1), ("0-3,8-11", 8), ("", None), ("a-b", None)])
def test_online(text, count):
    """The kernel's processor list is counted."""
    assert parse_online(text) == count


def test_vm_of_a_recorded_machine(open_machine):
    """Boot time is now minus uptime; swap, kernel and pressure are there."""
    vm = look_vm(open_machine("practice-16gb"))
    assert vm.started_at.value is not None
    assert vm.started_at.value.isoformat() == "2026-10-05T03:24:19+00:00"
    assert vm.swap_areas == (SwapArea("/dev/sdb", "partition", 2 << 30, 1 << 29),)
    assert (vm.processors.value, vm.pressure.value, vm.cgroup_layout.value) == (12, True, "v2-classic")


def test_missing_files_are_unknown_with_their_reason(open_machine):
    """A kernel without a file gives unknown with the file's name, never 0."""
    host = open_machine("practice-16gb")
    for name in ("meminfo", "uptime", "sys/kernel/osrelease"):
        del host._text[f"/proc/{name}"]
    vm = look_vm(host)
    assert vm.memory_total.reason == "/proc/meminfo has no MemTotal"
    assert not vm.started_at.known
    assert not vm.kernel.known
