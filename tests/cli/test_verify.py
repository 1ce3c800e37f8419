"""`wslcfg verify` on a practice laptop that is restarted: in effect, missed, not restarted, and back when that is wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Asked, Call, Laptop

GIB_KB = 1 << 20


def restart(laptop: Laptop, memory_gb: int, swap_gb: int, boot: str = "another-boot") -> None:
    """Start the practice laptop's VM anew, with so much memory and swap."""
    over = laptop.folder / "overlay/files/proc"
    (over / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (over / "sys/kernel/random/boot_id").write_text(boot + "\n")
    total = memory_gb * GIB_KB - memory_gb * GIB_KB // 64 - 100 * 1024
    (over / "meminfo").write_text(f"MemTotal: {total} kB\nMemAvailable: {total // 2} kB\nSwapTotal: {swap_gb * GIB_KB} kB\n")
    rows = f"/dev/sdb partition {swap_gb * GIB_KB} 0 -2\n" if swap_gb else ""
    (over / "swaps").write_text("Filename Type Size Used Priority\n" + rows)


@pytest.fixture
def applied(laptop: Callable[..., Laptop], asked: Asked) -> Laptop:
    """A practice laptop with 10 GB of memory and 8 GB of swap written, not yet restarted."""
    made = laptop()
    assert asked("apply", "--yes", *made.flags)["exit_code"] == 0
    return made


def test_before_the_restart(applied: Laptop, asked: Asked, call: Call) -> None:
    """A file that waits for a restart is no success, and nothing is rolled back for it."""
    before = applied.wslconfig.read_bytes()
    whole = asked("verify", "--or-rollback", *applied.flags)
    assert (whole["exit_code"], whole["data"]["verdict"]) == (1, "pending")
    assert [problem["id"] for problem in whole["data"]["problems"]] == ["not-restarted"]
    assert applied.wslconfig.read_bytes() == before
    assert "waits for a restart" in call("verify", *applied.flags).out


def test_in_effect(applied: Laptop, asked: Asked, call: Call) -> None:
    """The VM has the numbers: exit 0, the generation counts as good, once; `status` shows it."""
    restart(applied, 10, 8)
    whole = asked("verify", *applied.flags)
    data = whole["data"]
    assert (whole["exit_code"], data["verdict"], data["marked"], data["nearest"]) == (0, "good", "good", "configured")
    assert data["boot"]["id"] == "another-boot" != data["boot"]["written_in"]
    assert data["networking_mode"] == {"wanted": "nat", "running": "nat"} and data["memory"]["as_wanted"] is True
    assert asked("verify", *applied.flags)["data"]["marked"] is None
    assert asked("status", *applied.flags)["data"]["generation"]["state"] == "good"
    assert "is in effect." in call("verify", *applied.flags).out


def test_missed(applied: Laptop, asked: Asked, call: Call) -> None:
    """The VM was started with the old file: exit 1 with the likely reason and the fix, and `status` knows it."""
    restart(applied, 8, 2)
    whole = asked("verify", *applied.flags)
    assert (whole["exit_code"], whole["data"]["verdict"]) == (1, "missed")
    assert "previous-file" in [problem["id"] for problem in whole["data"]["problems"]]
    assert asked("status", *applied.flags)["data"]["limits_missed"] is not None
    said = call("verify", *applied.flags).out
    assert "is NOT in effect" in said and "wslcfg restart" in said


def test_swap_that_never_comes_is_waited_for(applied: Laptop, asked: Asked) -> None:
    """WSL makes the swap last: 20 s pass before its absence is told (on a recorded machine time stands still)."""
    restart(applied, 10, 0)
    data = asked("verify", *applied.flags)["data"]
    assert data["swap"]["waited_seconds"] == 20 and [problem["id"] for problem in data["problems"]] == ["no-swap-disk"]


def test_or_rollback(laptop: Callable[..., Laptop], asked: Asked, call: Call) -> None:
    """Missed limits bring the older bytes back: exit 8, the generation is bad, apply refuses it, and a second call changes nothing."""
    made = laptop()
    first = made.wslconfig.read_bytes()
    assert asked("apply", "--yes", *made.flags)["exit_code"] == 0
    restart(made, 8, 2)
    whole = asked("verify", "--or-rollback", *made.flags)
    assert (whole["exit_code"], whole["errors"][0]["code"]) == (8, "rolled-back")
    assert made.wslconfig.read_bytes() == first
    states = [(one["number"], one["state"]) for one in asked("history", *made.flags)["data"]["generations"]]
    assert states[1] == (2, "bad") and len(states) == 3
    assert asked("apply", "--yes", *made.flags)["errors"][0]["code"] == "known-bad"
    assert asked("verify", "--or-rollback", *made.flags)["data"]["verdict"] == "pending"
    assert made.wslconfig.read_bytes() == first


def test_nothing_older(applied: Laptop, asked: Asked) -> None:
    """Where all that is older failed too, the file stays and is told to."""
    restart(applied, 8, 2)
    assert asked("verify", "--or-rollback", *applied.flags)["exit_code"] == 8
    restart(applied, 3, 1, boot="third")
    before = applied.wslconfig.read_bytes()
    whole = asked("verify", "--or-rollback", *applied.flags)
    assert whole["exit_code"] == 1 and any("no older file" in one["text"] for one in whole["messages"])
    assert applied.wslconfig.read_bytes() == before


def test_a_file_of_nobody(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """Without any generation the file is verified all the same; `memory=8gb`, which WSL ignores, is a finding."""
    made = laptop()
    whole = asked("verify", *made.flags)
    assert whole["data"]["generation"] is None and whole["data"]["verdict"] == "good"
    assert [problem["id"] for problem in whole["data"]["problems"]] == ["not-read"]


def test_the_found_file_is_good_where_wsl_runs_with_it(laptop: Callable[..., Laptop], asked: Asked) -> None:
    """What was found at first is known to work when the VM is younger than it, and is only a candidate when it is not."""
    made, young = laptop(), laptop(called="young")
    toml = young.folder / "machine.toml"
    toml.write_text(toml.read_text() + '\n[modified]\n"/mnt/c/Users/ana/.wslconfig" = 2026-10-05T08:29:00Z\n')
    for one, state in ((made, "good"), (young, "candidate")):
        assert asked("apply", "--yes", *one.flags)["exit_code"] == 0
        found = asked("history", "show", 1, *one.flags)["data"]
        assert (found["kind"], found["state"]) == ("found", state)


def test_what_wsl_printed_at_the_restart(applied: Laptop, asked: Asked) -> None:
    """The warnings that restart.cmd caught belong to the boot that it started, and to no other."""
    restart(applied, 10, 8)
    folder = applied.folder / "overlay/files/mnt/c/Users/ana/AppData/Local/wslcfg/restart"
    folder.mkdir(parents=True)
    (folder / "boot.txt").write_bytes(b"another-boot\r\n")
    (folder / "said.txt").write_bytes("wsl: Schlüssel unbekannt .wslconfig:5\r\n".encode("utf-16-le"))
    assert asked("verify", *applied.flags)["data"]["wsl_printed"] == ["Schlüssel unbekannt .wslconfig:5"]
    restart(applied, 10, 8, boot="third")
    assert asked("verify", *applied.flags)["data"]["wsl_printed"] is None


def test_defaults_without_a_file(laptop: Callable[..., Laptop], asked: Asked, call: Call) -> None:
    """Without a file WSL's defaults are what is verified: half of the RAM, a quarter of that as swap."""
    made = laptop()
    made.wslconfig.unlink()
    assert asked("verify", *made.flags)["exit_code"] == 0
    assert "there is no .wslconfig, is in effect." in call("verify", *made.flags).out
