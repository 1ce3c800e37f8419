"""The lock: one at a time over processes and distros, dead holders taken over, living ones named."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.apply.practice import Home
from wslcfg.apply.lock import LEASE_S, Lock, hold
from wslcfg.errors import Conflict
from wslcfg.host import process

ROOT = Path(__file__).resolve().parents[2]


def _claims(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "shared" / "locks").glob("*"))


def _hold(tmp_path: Path, distro: str = "Ubuntu", wait_s: float = 0.0) -> AbstractContextManager[Lock]:
    return hold(str(tmp_path / distro), str(tmp_path / "shared"), distro=distro, command=f"wslcfg in {distro}", wait_s=wait_s)


def test_another_distro_and_another_process_are_kept_out_and_told_who(tmp_path: Path) -> None:
    """Conflict names distro, process and command; afterwards the way is free and no claim is left."""
    with _hold(tmp_path) as lock:
        lock.check()
        for distro in ("Debian", "Ubuntu"):
            with pytest.raises(Conflict, match=rf"process {os.getpid()} in Ubuntu \(wslcfg in Ubuntu\)") as caught, _hold(tmp_path, distro):
                raise AssertionError("two hold the lock")
            holder = caught.value.data["holder"]
            assert isinstance(holder, dict) and {"boot_id", "distro", "pid", "pid_started", "lease_s"} <= set(holder)
    assert _claims(tmp_path) == []
    with _hold(tmp_path, "Debian"):
        assert len(_claims(tmp_path)) == 1


def _lay(tmp_path: Path, name: str, until: float | None) -> Path:
    folder = tmp_path / "shared" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    claim = folder / name
    claim.write_text("" if until is None else json.dumps({"distro": "Debian", "pid": 1, "command": "x", "until": until}))
    return claim


def test_dead_claims_are_taken_over_and_living_ones_are_not(tmp_path: Path) -> None:
    """Dead: the process ended, its number was reused, the VM restarted, the lease ran out. Living: a process here, or a lease elsewhere."""
    mine = process.me()
    gone = subprocess.Popen(["true"])
    gone.wait()
    now = time.time()
    dead = {
        f"{mine.boot}-{mine.space}-{gone.pid}-55-aa.lock": now + 900,
        f"{mine.boot}-{mine.space}-{os.getppid()}-1-aa.lock": now + 900,
        f"00000000-{mine.space}-1-1-aa.lock": now + 900,
        f"{mine.boot}-77-1-1-aa.lock": now - 1,
        "nonsense.lock": now - 1,
    }
    for name, until in dead.items():
        claim = _lay(tmp_path, name, until)
        with _hold(tmp_path):
            assert not claim.exists()
    sleeper = subprocess.Popen(["sleep", "60"])
    started = Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[19]
    living = {
        f"{mine.boot}-{mine.space}-{sleeper.pid}-{started}-aa.lock": now - 900,
        f"{mine.boot}-77-1-1-aa.lock": now + 900,
        f"{mine.boot}-77-1-1-ab.lock": None,
    }
    try:
        for name, lease in living.items():
            claim = _lay(tmp_path, name, lease)
            with pytest.raises(Conflict), _hold(tmp_path):
                pass
            assert claim.exists()
            claim.unlink()
    finally:
        sleeper.kill()
        sleeper.wait()


def test_an_empty_claim_counts_from_its_own_age(tmp_path: Path) -> None:
    """A writer that was killed while it wrote its claim in another distro blocks for one lease, not for ever."""
    claim = _lay(tmp_path, f"{process.me().boot}-77-1-1-aa.lock", None)
    old = time.time() - LEASE_S - 5
    os.utime(claim, (old, old))
    with _hold(tmp_path):
        assert not claim.exists()


def test_a_lost_lock_is_noticed_before_the_next_write(tmp_path: Path) -> None:
    """A laptop slept through the lease, another distro took over: the sleeper must not write any more."""
    with _hold(tmp_path) as lock:
        _claims(tmp_path)[0].unlink()
        with pytest.raises(Conflict, match="took the lock over"):
            lock.check()
        lock.extend(10)
        assert _claims(tmp_path) == []


def test_without_a_windows_side_the_distro_still_locks_itself(tmp_path: Path) -> None:
    """No shared home: the flock alone."""
    with (
        hold(str(tmp_path / "Ubuntu"), None, distro="Ubuntu", command="one", wait_s=0) as lock,
        pytest.raises(Conflict, match="one"),
        hold(str(tmp_path / "Ubuntu"), None, distro="Ubuntu", command="two", wait_s=0),
    ):
        lock.check()


# Adds its own line to the file, again and again, planning anew after a conflict, like two people in two distros.
_WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.apply.practice import Home
from wslcfg.apply.run import apply
from wslcfg.errors import Conflict
from wslcfg.model.plan import Plan
home, distro, rounds = Home(Path(sys.argv[2])), sys.argv[3], int(sys.argv[4])
for number in range(rounds):
    while True:
        now = home.config.read_bytes()
        change = home.change(now + f"{distro}{number}=1\\n".encode(), before=now)
        try:
            apply(Plan("x", (change,)), home.host, home.homes(distro), command="x", wait_s=60)
            break
        except Conflict as error:
            if error.code == "locked":
                raise
"""


_OWN_PIDS = ("unshare", "--pid", "--fork", "--mount-proc")


def _start(home: Home, distro: str, rounds: int, around: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    argv = [*around, sys.executable, "-c", _WRITER, str(ROOT), str(home.root), distro, str(rounds)]
    return subprocess.Popen(argv, stderr=subprocess.PIPE)


@pytest.mark.slow
@pytest.mark.parametrize("around", [(), _OWN_PIDS], ids=["same-pids", "own-pids"])
def test_two_distros_at_once_lose_nothing(tmp_path: Path, around: tuple[str, ...]) -> None:
    """Real processes, two local homes, one shared: every line arrives, every generation starts where the one before it ended.

    With process ids of their own neither can ask whether the other lives, as between two distros.
    """
    if around and subprocess.run([*around, "true"], capture_output=True).returncode:
        pytest.skip("a pid namespace is not permitted here")
    home, rounds = Home(tmp_path), 40
    home.config.write_bytes(b"[wsl2]\n")
    writers = [_start(home, distro, rounds, around) for distro in ("Ubuntu", "Debian")]
    for writer in writers:
        assert writer.wait(240) == 0, writer.communicate()[1].decode()
    lines = home.config.read_bytes().splitlines()
    assert sorted(lines[1:]) == sorted(f"{distro}{number}=1".encode() for distro in ("Ubuntu", "Debian") for number in range(rounds))
    history = home.store().all()
    assert history.problems == ()
    assert [item.number for item in history.generations] == list(range(1, 2 * rounds + 2))
    for earlier, later in pairwise(history.generations):
        assert (later.kind, later.state, later.records[0].before) == ("apply", "written", earlier.records[0].after)
    assert _claims_of(home) == []


@pytest.mark.slow
def test_killed_writers_do_not_hinder_the_other_distro(tmp_path: Path) -> None:
    """One distro's wslcfg is killed at random moments, the other goes on: no lost line of its own, no broken chain, no pending rest."""
    home = Home(tmp_path)
    home.config.write_bytes(b"[wsl2]\n")
    steady = _start(home, "Debian", 150)
    chance = random.Random(7)
    while steady.poll() is None:
        victim = _start(home, "Ubuntu", 1000)
        time.sleep(0.15 + chance.random() * 0.35)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    assert steady.returncode == 0, steady.communicate()[1].decode()
    last = home.config.read_bytes() + b"end=1\n"
    home.apply(home.change(last))
    lines = home.config.read_bytes().splitlines()
    assert [line for line in lines if line.startswith(b"Debian")] == [f"Debian{number}=1".encode() for number in range(150)]
    history = home.store().all()
    assert history.problems == ()
    done = [item for item in history.generations if item.in_effect]
    for earlier, later in pairwise(done):
        assert later.kind == "apply" and later.records[0].before == earlier.records[0].after
    assert not [item for item in history.generations if item.state == "pending"]
    assert [item.number for item in history.generations] == list(range(1, len(history.generations) + 1))


def _claims_of(home: Home) -> list[Path]:
    return list((home.shared / "locks").iterdir())
