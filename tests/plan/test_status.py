"""Status: base, actual, target and what runs, and whether a restart is due."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from wslcfg.model.facts import Datum, SwapArea
from wslcfg.model.size import GIB, MIB
from wslcfg.model.wslfile import HostView
from wslcfg.plan.status import as_dict, memory_matches, status
from wslcfg.plan.what_if import hypothetical_machine
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


def vm(memory: int, swap: tuple[SwapArea, ...] = (), processors: int = 8):
    """A running VM, started at noon."""
    facts = hypothetical_machine(None, None, {}, None, NOON).vm
    return facts._replace(
        memory_total=Datum(memory, "/proc"), swap_areas=swap, processors=Datum(processors, "/proc"), started_at=Datum(NOON, "/proc")
    )


def found(text: str, running=None, file: str = "wslconfig", **more):
    """The status of a text on a 16 GB host."""
    scanned = scan(text.encode(), file, "file")
    return status(scanned, effective(scanned, HostView(ram=16 * GIB, processors=8)), running, **more)


def rows(status_found) -> dict:
    """The rows by setting."""
    return {row.setting: row for row in status_found.rows}


@pytest.mark.parametrize(
    ("memory", "total_mib", "matches"),
    [
        (4 * GIB, 3932, True),
        (8 * GIB, 7958, True),
        (12 * GIB, 11892.8, True),
        (GIB, 912, True),
        (10 * GIB, 7958, False),
        (8 * GIB, 8193, False),
        (8 * GIB, 7400, False),
    ],
)
def test_measured_machines_match(memory, total_mib, matches):
    """The MemTotal of real machines (WSL#6890, #6030, #9636) matches their memory, that of another size does not."""
    assert memory_matches(memory, int(total_mib * MIB)) is matches


def test_three_states_and_what_runs():
    """A row tells what was written, what the file says, what is wanted and what the VM has."""
    disk = (SwapArea("/dev/sdb", "partition", 2 * GIB, 0), SwapArea("/dev/zram0", "partition", 4 * GIB, 0))
    status_found = found(
        "[wsl2]\nmemory=8192MB\nswap=8GB\nprocessors=4\n",
        vm(7958 * MIB, disk),
        base={"wsl2.memory": "8GB", "wsl2.swap": "4GB"},
        target={"wsl2.memory": "10GB", "wsl2.swap": "8GB"},
        modified_at=NOON - timedelta(hours=1),
    )
    memory, swap, processors = (rows(status_found)[f"wsl2.{key}"] for key in ("memory", "swap", "processors"))
    assert (memory.foreign, memory.differs, memory.runs) == (False, True, True)
    assert (swap.foreign, swap.differs, swap.runs, swap.running) == (True, False, False, 2 * GIB)
    assert (processors.foreign, processors.differs, processors.wanted, processors.runs) == (True, False, False, False)
    assert status_found.pending and "wsl2.processors, wsl2.swap" in status_found.why


def test_nothing_written_is_nothing_foreign():
    """Without a generation nothing is foreign, and what is not measured is not judged."""
    row = rows(found("[wsl2]\nguiApplications=false\n"))["wsl2.guiApplications"]
    assert (row.base, row.foreign, row.runs, row.effective) == (None, False, None, False)


def test_a_removed_key_is_foreign():
    """A key that was written and is gone has been changed by somebody else."""
    row = rows(found("", base={"wsl2.swap": "8GB"}, target={"wsl2.swap": "8GB"}))["wsl2.swap"]
    assert row.foreign and row.differs and row.actual is None


@pytest.mark.parametrize(("hours", "pending"), [(1, True), (-1, False)])
def test_a_file_newer_than_the_vm_waits_for_a_restart(hours, pending):
    """WSL reads the file when the VM starts, so a newer file waits."""
    running = vm(7958 * MIB, (SwapArea("/dev/sdb", "partition", 2 * GIB, 0),))
    status_found = found("", running, modified_at=NOON + timedelta(hours=hours))
    assert status_found.pending is pending
    assert as_dict(status_found)["restart_pending"] is pending


def test_wsl_conf_has_its_own_names():
    """Settings of wsl.conf are named as the command line names them, and nothing of the VM is held against them."""
    status_found = found("[boot]\nsystemd=true\n", vm(7958 * MIB), "wslconf", target={"boot.systemd": "true"})
    assert [row.setting for row in status_found.rows] == ["wsl.conf:boot.systemd"]
    assert not status_found.rows[0].differs and not status_found.pending
