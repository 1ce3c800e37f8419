"""Reading kernel logs: 100 MB of task tables and 100 MB of noise with three dumps, against a plain Python read of the same file, and the peak memory.

The plain read is what any script does first with a log: `open(path, encoding="utf-8", errors="replace").read()`, whole and as text.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile

from bench.ratios import Ratio, medians
from wslcfg.oom.event import Reading
from wslcfg.oom.logs import log_file
from wslcfg.oom.reading import read_log

SIZE = 100 << 20
TASKS = 796  # as freshell's issue 276 had them
TABLES, NOISE = 50, 12
PEAK = 100 << 20

_NAMES = ("2.1.231", "2.1.232", "node", "MainThread", "npm run serve", "bash", "postgres", "claude", "chrome", "python3")
_NOISE = (
    "eth0: link up",
    'audit: type=1400 apparmor="ALLOWED" operation="open" profile="snap.code" name="/proc/version" requested_mask="r"',
    "usb 1-1: new high-speed USB device number 5 using xhci_hcd",
    "EXT4-fs (sdc): mounted filesystem with ordered data mode. Quota mode: none.",
    "hv_balloon: Max. dynamic memory size: 16384 MB",
    "[UFW BLOCK] IN=eth0 OUT= MAC=00:15:5d:00:04:01 SRC=172.20.0.1 DST=172.20.0.2 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=55235 PROTO=TCP",
    "WSL (1) ERROR: CheckConnection: getaddrinfo() failed: -5",
    "systemd[1]: Started session-12.scope - Session 12 of User root.",
    "IPv6: ADDRCONF(NETDEV_CHANGE): veth12: link becomes ready",
)


def _stamped(second: float, said: str) -> str:
    return f"[{second:12.6f}] {said}\n"


def _rows(rng: random.Random) -> list[str]:
    return [
        f"[{pid:7d}] {1000:5d} {pid:5d} {rng.randrange(10**7):8d} {rng.randrange(10**5):8d} {rng.randrange(10**5):8d} {rng.randrange(10**4):8d} {0:9d}"
        f" {rng.randrange(999) * 4096:8d} {rng.randrange(10**5):8d}         {0:5d} {rng.choice(_NAMES)}"
        for pid in range(10_000, 10_000 + TASKS)
    ]


def _dump(number: int, second: float, rows: list[str]) -> str:
    head = ["node invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=200"]
    head += [f"CPU: 3 UID: 1000 PID: {number} Comm: node Not tainted 6.18.20.1-microsoft-standard-WSL2 #1", "Call Trace:"]
    head += [" dump_stack_lvl+0x5d/0x80"] * 30
    head += [
        "Mem-Info:",
        "active_anon:1413442 inactive_anon:1509191 isolated_anon:0",
        "4115400 pages RAM",
        "Tasks state (memory values in pages):",
    ]
    head += ["[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name"]
    pid = 10_000 + number % TASKS
    tail = [
        f"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/init.scope,task=node,pid={pid},uid=1000",
        f"Out of memory: Killed process {pid} (node) total-vm:95301400kB, anon-rss:{81837596 + number}kB, file-rss:0kB, shmem-rss:0kB, UID:1000"
        " pgtables:189128kB oom_score_adj:200",
    ]
    return "".join(_stamped(second, said) for said in (*head, *rows, *tail))


def write_tables(path: str, size: int) -> int:
    """A log of one dump after another; how many."""
    rng = random.Random(1)
    number = written = 0
    rows = _rows(rng)
    with open(path, "w", encoding="ascii") as file:
        while written < size:
            number += 1
            written += file.write(_dump(number, 100.0 + number, rows))
    return number


def write_noise(path: str, size: int) -> int:
    """A log of everyday lines with three dumps in it; how many lines at least."""
    rng = random.Random(2)
    rows = _rows(rng)
    written = lines = 0
    dumps = [size // 4, size // 2, size * 3 // 4]
    with open(path, "w", encoding="ascii") as file:
        while written < size:
            if dumps and written >= dumps[0]:
                dumps.pop(0)
                written += file.write(_dump(len(dumps), written / 1e4, rows))
            written += file.write("".join(_stamped(written / 1e4, rng.choice(_NOISE)) for _ in range(1000)))
            lines += 1000
    return lines


def _read(path: str) -> Reading:
    return read_log(log_file(path))


def _plain(path: str) -> None:
    with open(path, encoding="utf-8", errors="replace") as file:
        file.read()


def reading(rounds: int, size: int = SIZE) -> list[Ratio]:
    """Both logs, each against its plain read.

    Raises:
        SystemExit: not every event was found; a reader that misses some would be measured as a fast one.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="wslcfg-bench-") as folder:
        for name, write, bound in (("task tables", write_tables, TABLES), ("noise with three dumps", write_noise, NOISE)):
            path = os.path.join(folder, "kernel.log")
            made = write(path, size)
            wanted = made if write is write_tables else 3
            whole = _read(path)
            if (len(whole.seen), {one.account.tasks for one in whole.seen}) != (wanted, {TASKS}):
                sys.exit(f"bench: {len(whole.seen)} events in {name}, wanted {wanted} of {TASKS} tasks")
            del whole
            ours, plain = medians([lambda path=path: _read(path), lambda path=path: _plain(path)], rounds)  # type: ignore[misc]
            found.append(Ratio(f"read {size >> 20} MB of {name} (plain read)", ours, plain, bound))
    return found


def peak(size: int = SIZE) -> int:
    """The most memory that a process took that read the task tables, bytes; Python's own included."""
    asked = (
        "import resource, sys; from bench.oom import _read; _read(sys.argv[1]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    with tempfile.TemporaryDirectory(prefix="wslcfg-bench-") as folder:
        path = os.path.join(folder, "kernel.log")
        write_tables(path, size)
        # By way of a shell: a child inherits the peak of whoever starts it, and this process has read whole files.
        argv = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", asked, path]
        done = subprocess.run(argv, capture_output=True, check=True, cwd=os.path.dirname(os.path.dirname(__file__)))
    return int(done.stdout) << 10
