"""What earlyoom writes, of the versions that distros have, and of the real one: from Debian's package, in a pid namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wslcfg.oom.reading import read_log
from wslcfg.oom.story import Around
from wslcfg.oom.verdict import verdict

_LOW = "low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%"


def _log(*bodies: str, tag: str = "earlyoom[1233]") -> bytes:
    return "".join(f"Feb 16 13:58:{second:02} laptop {tag}: {body}\n" for second, body in enumerate(bodies)).encode()


def _killed(raw: bytes) -> list[tuple[int | None, str, int | None]]:
    """Whom a log says that earlyoom killed: pid, name, MiB."""
    told = [one for one in verdict(read_log([raw]), Around()).incidents if one.kind == "earlyoom"]
    dead = [notice.victim for one in told for notice in one.notices if notice.victim is not None]
    assert sum(one.killed for one in told) == len(dead)
    return [(victim.pid, victim.comm, (victim.anon or 0) >> 20) for victim in dead]


@pytest.mark.parametrize(
    "body",
    [
        'killing process 27541 "bash" with signal 15: badness 550, VmRSS 7609 MiB',
        'sending SIGTERM to process 27541 "bash": badness 209, VmRSS 7609 MiB',
        'sending SIGKILL to process 27541 uid 1000 "bash": badness 866, VmRSS 7609 MiB',
        'sending SIGTERM to process 27541 uid 1000 "bash": oom_score 1264, VmRSS 7609 MiB, cmdline "bash -l"',
        'sending SIGTERM to process 27541 uid 1000 "bash": oom_score 1264, oom_score_adj 0, VmRSS 7609 MiB, cmdline "bash -l"',
    ],
)
def test_every_wording_since_2019(body: str) -> None:
    """Each version's kill line is read: who, and what it had in memory."""
    assert _killed(_log(_LOW, body, "process exited after 0.1 seconds")) == [(27541, "bash", 7609)]


def test_a_command_line_forges_nothing() -> None:
    """What stands in a victim's command line is not taken for its name or its memory."""
    forged = 'x": oom_score 1, oom_score_adj 0, VmRSS 1 MiB, cmdline "'
    body = f'sending SIGTERM to process 7 uid 1000 "node": oom_score 900, oom_score_adj 0, VmRSS 512 MiB, cmdline "{forged}"'
    assert _killed(_log(body)) == [(7, "node", 512)]


def test_several_signals_to_one_process_are_one_death() -> None:
    """A process that outlives the first signal is told once, and one that outlives them all is not called dead."""
    first = 'sending SIGTERM to process 696 uid 1001 "ipfs": badness 757, VmRSS 637 MiB'
    again = 'sending SIGTERM to process 696 uid 1001 "ipfs": badness 799, VmRSS 656 MiB'
    failed = "kill failed: Timer expired"
    assert _killed(_log(_LOW, first, failed, _LOW, again, "process exited after 2.0 seconds")) == [(696, "ipfs", 656)]
    assert _killed(_log(_LOW, first, _LOW, again, "process exited after 2.0 seconds")) == [(696, "ipfs", 656)]
    assert _killed(_log(_LOW, first, failed, _LOW, again, failed)) == []


@pytest.fixture(scope="module")
def earlyoom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's program, unpacked and not installed: its package would start a service."""
    there = shutil.which("earlyoom")
    if there:
        return Path(there)
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip("no apt-get here to fetch earlyoom with")
    folder = tmp_path_factory.mktemp("earlyoom")
    got = subprocess.run(["apt-get", "download", "earlyoom"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    package = next(folder.glob("*.deb"), None)
    if package is None:
        pytest.skip(f"apt-get cannot fetch earlyoom: {got.stderr.strip().splitlines()[-1:]}")
    subprocess.run(["dpkg-deb", "-x", str(package), "root"], cwd=folder, timeout=60, check=True)
    return folder / "root/usr/bin/earlyoom"


# In the namespace's own /proc it sees the hog, the shell above it and itself; nothing else can become its victim.
_INSIDE = """
"$1" -c 'import time; held = bytearray(64 << 20); print("up", flush=True); time.sleep(60)' > up &
while ! [ -s up ]; do sleep 0.1; done
timeout 20 "$2" $3 -m 99,98 -s 99,98 -r 0 2>&1 &
wait %1
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["", "--dryrun"])
def test_the_real_one(earlyoom: Path, tmp_path: Path, how: str) -> None:
    """A real earlyoom's own words, without a logger's stamps: the process that it ended is told, a dry run's is not."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root may make the pid namespace that keeps earlyoom away from this machine's processes")
    program = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", _INSIDE, "sh", sys.executable, str(earlyoom), how]
    log = tmp_path / "log"
    with log.open("wb") as out, subprocess.Popen(program, cwd=tmp_path, stdout=out, stderr=subprocess.STDOUT) as running:
        # The hog's end ends the namespace; a dry run's goes on, and has said it all when it says it again.
        until = time.monotonic() + 60
        while running.poll() is None and log.read_bytes().count(b"not actually sending") < 2 and time.monotonic() < until:
            time.sleep(0.1)
        running.kill()
    raw = log.read_bytes()
    if b"unshare failed" in raw or b"Operation not permitted" in raw:
        pytest.skip("this kernel does not let root make a pid namespace")
    assert b"sending SIG" in raw, raw
    killed = _killed(raw)
    if how:
        assert killed == [] and b"dryrun" in raw
    else:
        [(pid, name, mib)] = killed
        assert pid and name.startswith("python") and mib is not None and mib >= 64, raw
