"""Logs that are cut, mixed, doubled and written over: the parser never fails and never tells of more than there are sentences for."""

from __future__ import annotations

import os
import random
import re
import time

import pytest

from tests.oom import klog
from wslcfg.errors import Unreadable
from wslcfg.oom import rows
from wslcfg.oom.event import OomEvent
from wslcfg.oom.family import account
from wslcfg.oom.logs import chunks_of
from wslcfg.oom.parse import parse
from wslcfg.oom.reading import read_log

# In CI it tries for so long; OOM_FUZZ_S lets it go on.
SECONDS = float(os.environ.get("OOM_FUZZ_S", "20"))
SCRAPS = (
    b"Killed process 5 (", b") total-vm:1kB", b"oom-kill:constraint=", b",task=x,pid=1,uid=0", b"[    123]", b" 1 2 3 4 5 6 7 8 9 10 name", b"\n", b"\x00",
    b"\xff\xfe", b"#012", b"{\"MESSAGE\":[", b"{\"MESSAGE\":\"", b"MESSAGE=", b"Oops#1 Part1\n", b"Memory cgroup stats for :", b"Out of memory: ", b" invoked oom-killer: ",
    b"total_vm", b"99999999999999999999999", b"-", b"(((((((((", b")))))))))", b"init.scope: Failed with result 'oom-kill'.", b"Consumed 9G memory peak",
    b"systemd-oomd[1]: Killed /a due to ", b"Kernel panic - not syncing: Out of memory", b"[ 1.2] ", b"2026-13-45T99:99:99+99:99 ", b"6,1,1,-;", b"\r\n", b"\x1b[31m",
)  # fmt: skip
# Each event has one of these sentences, or two rows.
SENTENCE = re.compile(
    rb"invoked oom-killer|oom-kill|illed process|ill process \d|killed as a result of limit|total_vm|of memory|on memory", re.IGNORECASE
)


def _log(rng: random.Random) -> bytes:
    parts = []
    for number in range(rng.randrange(1, 4)):
        version = rng.choice(klog.VERSIONS)
        kind = rng.choice(("global", "child", "memcg") if version == "2.6.32" else klog.KINDS)
        parts.append(klog.write(klog.bodies(klog.make(rng, version, kind, 6)), rng.choice(klog.FORMATS), 100.0 + 1000 * number))
    return b"".join(parts)


def _mutated(rng: random.Random, raw: bytes) -> bytes:
    for _ in range(rng.randrange(1, 8)):
        at, to = sorted((rng.randrange(len(raw) + 1), rng.randrange(len(raw) + 1)))
        to = min(to, at + rng.choice((1, 3, 80, 2000)))
        how = rng.randrange(7)
        if how == 0:
            raw = raw[:at] + raw[to:]
        elif how == 1:
            raw = raw[:at] + raw[at:to] * 2 + raw[to:]
        elif how == 2:
            raw = raw[:at] + rng.choice(SCRAPS) + raw[at:]
        elif how == 3:
            raw = raw[:at] + rng.randbytes(to - at) + raw[to:]
        elif how == 4:
            lines = raw.split(b"\n")
            rng.shuffle(lines)
            raw = b"\n".join(lines)
        elif how == 5:
            raw = raw[at:]
        else:
            raw = raw[:at] + raw[at:to].swapcase() + raw[to:]
    return raw


def _check(raw: bytes) -> None:
    try:
        found = list(parse(chunks_of(raw)))
    except Unreadable:
        return  # it begins like a packed file and is none
    told = [one for one in found if isinstance(one, OomEvent)]
    tasks = [list(rows.tasks(event.table)) for event in told]
    for event, mine in zip(told, tasks, strict=True):
        assert len(mine) == event.table.rows
        assert account(event).tasks == len(mine)
        assert event.first_line <= event.last_line
        names = [victim.comm for victim in event.victims] + [task.name for task in mine] + [line.text for line in event.evidence]
        assert not [name for name in names if any(ord(sign) < 32 or ord(sign) == 127 for sign in name)]
    if b"\x00" not in raw[:8]:
        # A row that stands there twice is one in the table.
        most = len(SENTENCE.findall(raw)) + max(sum(len(mine) // 2 for mine in tasks), len(rows.ANY.findall(raw)) // 2)
        # A list of bytes in JSON hides its sentences.
        assert len(told) <= most or b'"MESSAGE": [' in raw or b'"MESSAGE":[' in raw, (len(told), most)
    read_log(chunks_of(raw))


@pytest.mark.slow
def test_mutations_neither_fail_nor_invent() -> None:
    """Whatever happens to a log on its way, reading it ends, and every event stands on a sentence of the kernel's."""
    seed = int(os.environ.get("OOM_FUZZ_SEED", "1"))
    until = time.monotonic() + SECONDS
    count = 0
    while time.monotonic() < until:
        rng = random.Random(seed * 1_000_003 + count)
        raw = _mutated(rng, _log(rng))
        try:
            _check(raw)
        except Exception as error:
            raise AssertionError(f"seed {seed * 1_000_003 + count}: {error!r}") from error
        count += 1
    assert count > 20


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\x00", b"\xff\xfe", b"\x1f\x8b", b"{", b'{"MESSAGE":', b"[", b"6,", b"MESSAGE=", b"\x00" * 100, *SCRAPS]
)
def test_scraps_by_themselves(raw: bytes) -> None:
    """The smallest broken logs."""
    _check(raw)


@pytest.mark.parametrize(
    "unit",
    [
        b"[ 1 2 3 4 5 6 7 8 9 ", b"(", b")", b"oom-kill", b" ", b"1 ", b"a=", b"[", b"]", b"Killed process 1 (", b",task=", b"oom ", b"#012", b"{", b"active_anon:1 ",
        b"Out of memory ", b"[    123] 1 ", b"\"MESSAGE\":[", b"Tainted: G ", b"invoked oom-killer",
    ],
)  # fmt: skip
def test_work_grows_with_the_log_and_not_faster(unit: bytes) -> None:
    """A log of one kind of scrap, in one line and in many: eight times as much is no sixty times the work."""
    for end in (b"", b"\n"):
        small, large = (_count((unit + end) * (size // len(unit + end))) for size in (1 << 15, 1 << 18))
        assert large < small * 24 + 200_000, (unit, end, small, large)


def _count(raw: bytes) -> int:
    """Microseconds of this process's own time; the least of two."""
    taken = []
    for _ in range(2):
        begin = time.process_time()
        list(parse([raw]))
        taken.append(time.process_time() - begin)
    return int(min(taken) * 1e6)
