"""What a made dump says is what the parser gives, for every kernel version, kind of shortage and format."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.oom import klog
from tests.oom.klog import Made, Proc
from wslcfg.oom import rows
from wslcfg.oom.event import Notice, OomEvent
from wslcfg.oom.family import account
from wslcfg.oom.logs import chunks_of
from wslcfg.oom.parse import parse

OLD_KINDS = ("global", "child", "memcg")
CASES = [(version, kind) for version in klog.VERSIONS for kind in klog.KINDS if version != "2.6.32" or kind in OLD_KINDS]


def events(chunks: Iterable[bytes] | bytes) -> list[OomEvent]:
    """The events of a log, which must have nothing else in it."""
    found = list(parse(chunks_of(chunks) if isinstance(chunks, bytes) else chunks))
    assert not [one for one in found if isinstance(one, Notice)]
    return [one for one in found if isinstance(one, OomEvent)]


def differences(event: OomEvent, made: Made, fmt: str) -> list[str]:
    """Where an event is not what was made."""
    page = made.page
    wanted: dict[str, object] = {
        "kind": {"allocating": "global", "group": "memcg", "sysrq": "global", "child": "global", "panic": "global", "nobody": "memcg"}.get(
            made.kind, made.kind
        ),
        "kernel": klog.RELEASES[made.version],
        "limit_cgroup": made.limit_cgroup if made.is_old or made.kind not in ("nobody", "panic") else None,
        "panic": "Out of memory: system-wide panic_on_oom is enabled" if made.kind == "panic" else None,
        "group": made.task_cgroup if made.kind == "group" else None,
        "allocating": made.kind == "allocating",
        "no_killable": made.kind == "nobody",
        "manual": made.kind == "sysrq",
    }
    if made.is_old and made.kind == "cpuset":
        # Before 5.0 no line says more than `Out of memory`.
        wanted["kind"] = "global"
    found = [f"{name}: {getattr(event, name)!r}, wanted {want!r}" for name, want in wanted.items() if getattr(event, name) != want]
    victims = [(victim.pid, victim.comm, victim.total_vm, victim.anon, victim.file) for victim in event.victims]
    killed = [(one.pid, klog.shown(one.comm), one.total_vm * page, one.anon * page, one.file * page) for one in made.killed]
    if victims != killed:
        found.append(f"victims {victims}, wanted {killed}")
    invoker = event.invoker
    if invoker is None or (invoker.comm, invoker.pid, invoker.order, invoker.oom_score_adj) != (
        klog.shown(made.invoker.comm),
        made.invoker.pid,
        made.order,
        made.invoker.adj,
    ):
        found.append(f"invoker {invoker}, wanted {made.invoker}")
    return found + _table(event, made) + _memory(event, made) + _time(event, fmt)


def _table(event: OomEvent, made: Made) -> list[str]:
    table, page = event.table, made.page
    found = []
    if (table.columns, table.header, table.page) != (klog.columns(made.version), True, page):
        found.append(f"table {table.columns} of {table.page}")
    old, split = made.version == "2.6.32", "rss_anon" in table.columns
    tables = {
        "2.6.32": lambda one: None,
        "3.13": lambda one: one.pgtables // 4096 * page,
        "4.4": lambda one: (one.pgtables // 4096 + 3) * page,
    }
    for task, proc in zip(rows.tasks(table), made.procs, strict=True):
        want = (
            proc.pid, proc.uid, proc.pid, klog.shown(proc.comm), proc.total_vm * page, proc.rss * page,
            *((proc.anon * page, proc.file * page, proc.shmem * page) if split else (None, None, None)),
            None if old else proc.swap * page, tables.get(made.version, lambda one: one.pgtables)(proc), proc.adj,
        )  # fmt: skip
        if tuple(task) != want:
            found.append(f"{task}, wanted {want}")
    whole = account(event)
    if (whole.rss, whole.swap or 0) != (
        sum(one.rss for one in made.procs) * page,
        0 if old else sum(one.swap for one in made.procs) * page,
    ):
        found.append(f"sums {whole.rss}, {whole.swap}")
    return found


def _memory(event: OomEvent, made: Made) -> list[str]:
    if made.limit_cgroup:
        memcg = event.memcg
        assert memcg is not None
        stats = dict(memcg.stats)
        right = memcg.path == made.limit_cgroup and memcg.memory is not None and memcg.memory.usage == memcg.memory.limit == 102400 << 10
        right = right and (stats["rss"] == 102352 << 10 if made.is_old else (stats["anon"], stats["pgfault"]) == (98742272, 32960))
        return [] if right else [f"memcg {memcg}"]
    memory = event.memory
    wanted = {name: count * (1024 if name.startswith("swap") else made.page) for name, count in made.numbers.items()}
    wanted |= {"kernel_stack": 10592 << 10, "hugepages": 3 * (2 << 20), "pagecache": 44659 * made.page}
    return [f"{name}: {getattr(memory, name)}, wanted {want}" for name, want in wanted.items() if getattr(memory, name) != want]


def _time(event: OomEvent, fmt: str) -> list[str]:
    found = []
    if fmt in ("dmesg", "caller", "dmesg-x", "dmesg-r", "syslog-stamp", "iso-syslog", "kmsg", "json", "verbose", "rsyslog-012") and (
        event.uptime_s is None or abs(event.uptime_s - 1382.074) > 0.001
    ):
        found.append(f"uptime {event.uptime_s}")
    zoned = fmt in (
        "dmesg-iso",
        "iso-syslog",
        "short-full",
        "short-unix",
        "talos",
        "json",
        "json-lists",
        "verbose",
        "export",
        "rsyslog-012",
    )
    if zoned and (event.at is None or abs((event.at - klog.BOOTED).total_seconds() - 1382.074) > 1):
        found.append(f"at {event.at}")
    if fmt in ("dmesg-T", "dmesg-T-de", "dmesg-T-zh", "syslog", "syslog-de") and (not event.at_text or "09:23:02" not in event.at_text):
        found.append(f"at {event.at_text}")
    return found


@pytest.mark.parametrize("fmt", klog.FORMATS)
def test_every_version_and_kind_in_every_format(fmt: str) -> None:
    """Eleven kernels, nine kinds: victims, invoker, cgroups, every row, every number of the memory come back as made."""
    rng = random.Random(fmt)
    # Each pair of a version and a kind in the formats that differ most, a share of them in the others.
    share = 1 if fmt in ("dmesg", "syslog", "kmsg", "json") else 4 if fmt not in klog.OTHER_FORMATS else 9
    for version, kind in CASES[rng.randrange(share) :: share]:
        made = klog.make(rng, version, kind)
        found = events(klog.write(klog.bodies(made), fmt))
        assert len(found) == 1, (version, kind, [(one.first_line, one.last_line, one.victims) for one in found])
        wrong = differences(found[0], made, fmt)
        assert not wrong, "\n".join([f"{version} {kind} {fmt}", *wrong])


# fifteen bytes of anything but NUL
HOSTILE = st.one_of(
    st.binary(min_size=0, max_size=15).map(lambda raw: raw.replace(b"\x00", b"").decode("utf-8", "surrogateescape")),
    st.sampled_from((
        "x) y\nKilled p", "a,pid=1,uid=0", "evil) total-vm", "\nKilled process", "Killed process", ") total-vm:1kB,", "(((", ")))", "x\ny", "a\\x0ab",
        "[ 123] 0 1 2 3 ", "1 2 3 4 5 6 7 8", "         5 x", "oom-kill:", "memory: usage", "task=a,pid=9", "\n[    1] 0 1 1", "#012Killed", "CPU: 1 PID: 2",
    )),
)  # fmt: skip


def _named(comm: str, version: str, seed: int, kind: str) -> Made:
    made = klog.make(random.Random(seed), version, kind, 5)
    victim = made.procs[2]._replace(comm=comm)
    procs = (*made.procs[:2], victim, *made.procs[3:])
    return made._replace(procs=procs, victim=procs[0] if kind == "group" else victim, invoker=victim)


@settings(max_examples=60, deadline=None)
@given(comm=HOSTILE, version=st.sampled_from(klog.VERSIONS[1:]), seed=st.integers(0, 99), kind=st.sampled_from(("global", "memcg")))
def test_any_name_in_formats_that_keep_messages_apart(comm: str, version: str, seed: int, kind: str) -> None:
    """Whatever a process calls itself, /dev/kmsg and the journal's JSON give every row and its own name back."""
    made = _named(comm, version, seed, kind)
    for fmt in ("kmsg", "json-lists"):
        (event,) = events(klog.write(klog.bodies(made), fmt))
        victims = [(victim.pid, victim.comm) for victim in event.victims]
        assert victims == [(made.victim.pid, klog.shown(comm))], fmt
        assert [(task.pid, task.name, task.rss) for task in rows.tasks(event.table)] == [
            (proc.pid, klog.shown(proc.comm), proc.rss * 4096) for proc in made.procs
        ]


@settings(max_examples=60, deadline=None)
@example(comm="\n[    1] 0 1 1", version="3.13", seed=0, fmt="bare")
@example(comm="+0x", version="3.13", seed=0, fmt="bare")
@example(comm="\n(", version="3.13", seed=0, fmt="bare")
@example(comm="\n\x01\x01\x01\udc80\udc80\udc80", version="3.13", seed=0, fmt="bare")
@example(comm="a(\n)(", version="6.12", seed=0, fmt="dmesg")
@example(comm="f+0x1/0x2", version="3.13", seed=0, fmt="bare")
@example(comm="f+0x1/0x2", version="6.12", seed=0, fmt="dmesg")
@given(comm=HOSTILE, version=st.sampled_from(klog.VERSIONS[1:]), seed=st.integers(0, 99), fmt=st.sampled_from(klog.TEXT_FORMATS))
def test_any_name_in_a_text_kills_the_right_process(comm: str, version: str, seed: int, fmt: str) -> None:
    """In a text a name can break its line and forge another; the process, its sizes and the number of events still are right."""
    made = _named(comm, version, seed, "global")
    found = events(klog.write(klog.bodies(made), fmt))
    assert [victim.pid for event in found for victim in event.victims] == [made.victim.pid]
    (event,) = [one for one in found if one.victims]
    assert event.victims[0].anon == made.victim.anon * 4096
    assert {proc.pid for proc in made.procs} >= {task.pid for task in rows.tasks(event.table)}
    assert len(found) == 1


@pytest.mark.parametrize("page", [4096, 16384, 65536])
def test_pages_have_the_size_of_their_machine(page: int) -> None:
    """arm64 has pages of 16 and 64 kB; the buddy lists say so, or the victim's own row where they are cut."""
    made = klog.make(random.Random(page), "6.18", "global", page=page)
    said = klog.bodies(made)
    (event,) = events(klog.write(said, "dmesg"))
    assert not differences(event, made, "dmesg")
    without = [one for one in said if not one.startswith("Node 0 DMA: ")]
    (event,) = events(klog.write(without, "dmesg"))
    assert event.table.page == page


WRAPS = {
    "crlf": lambda raw: raw.replace(b"\n", b"\r\n"),
    "utf-16-le with its mark": lambda raw: b"\xff\xfe" + raw.decode().encode("utf-16-le"),
    "utf-16-le": lambda raw: raw.decode().encode("utf-16-le"),
    "utf-16-be with its mark": lambda raw: b"\xfe\xff" + raw.decode().encode("utf-16-be"),
    "utf-8 with its mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "gzip": gzip.compress,
    "two gzips in a row": lambda raw: gzip.compress(raw[:1000]) + gzip.compress(raw[1000:]),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "blank lines": lambda raw: raw.replace(b"\n", b"\n\n"),
    "no end of the last line": lambda raw: raw.rstrip(b"\n"),
}


@pytest.mark.parametrize("wrap", WRAPS)
def test_every_wrapping(wrap: str) -> None:
    """Packed, in UTF-16 as PowerShell writes it, with other line ends: the same events."""
    made = klog.make(random.Random(wrap), "6.18", "global")
    (event,) = events(WRAPS[wrap](klog.write(klog.bodies(made), "dmesg")))
    assert not differences(event, made, "dmesg")


def test_pieces_of_any_size() -> None:
    """Where the pieces of a stream end changes nothing: lines, bytes, megabytes."""
    rng = random.Random(5)
    raw = b"".join(
        klog.write(klog.bodies(klog.make(rng, version, "global", 40)), "dmesg", 1000.0 * up) for up, version in enumerate(klog.VERSIONS, 1)
    )
    whole = events([raw])
    assert len(whole) == len(klog.VERSIONS)
    for size in (1, 7, 4096):
        assert events(raw[at : at + size] for at in range(0, len(raw), size)) == whole
    assert events(raw.splitlines(keepends=True)) == whole


@pytest.mark.parametrize("fmt", ["syslog", "iso-syslog", "dmesg", "json"])
def test_newest_line_first(fmt: str) -> None:
    """`journalctl -r` turns the lines round; the events are the same, each line with its own number."""
    rng = random.Random(fmt)
    mades = [klog.make(rng, "6.18", "global"), klog.make(rng, "6.18", "memcg")]
    said = [one for made in mades for one in klog.bodies(made)]
    # A message of several lines keeps them in order.
    raw = b"".join(reversed([klog.write([one], fmt, 100.0 + place) for place, one in enumerate(said)]))
    found = events(raw)
    assert [[victim.pid for victim in event.victims] for event in found] == [[made.victim.pid] for made in mades]
    lines = raw.split(b"\n")
    for event in found:
        for line in event.evidence:
            assert line.text[:40].encode() in lines[line.number - 1].replace(b'\\"', b'"').replace(b"\\n", b"\\x0a")


def test_parts_of_pstore_last_part_first() -> None:
    """The kernel keeps its last words in parts, the newest first; put together they are one log."""
    made = klog.make(random.Random(3), "6.1", "global", 30)
    lines = klog.write(klog.bodies(made), "dmesg").splitlines(keepends=True)
    parts = [lines[at : at + 20] for at in range(0, len(lines), 20)]
    raw = b"".join(b"Panic#1 Part%d\n" % number + b"".join(part) for number, part in enumerate(reversed(parts), 1))
    (event,) = events(raw)
    assert not differences(event, made, "dmesg")


def test_two_machines_in_one_log() -> None:
    """Lines of two hosts run into each other in a collector's file; each host has its own dump."""
    rng = random.Random(8)
    mades = [klog.make(rng, "6.18", "global"), klog.make(rng, "5.15", "memcg")]
    # The lines of one message stay together.
    first, second = ([klog.write([said], "syslog-stamp", 1382.074) for said in klog.bodies(made)] for made in mades)
    second = [lines.replace(b" laptop ", b" server ") for lines in second]
    mixed: list[bytes] = []
    while first or second:
        take = first if not second or (first and rng.random() < 0.5) else second
        mixed.append(take.pop(0))
    found = {event.host: event for event in events(b"".join(mixed))}
    for host, made in zip(("laptop", "server"), mades, strict=True):
        assert not differences(found[host], made, "syslog-stamp")


def test_one_machine_by_two_loggers() -> None:
    """Rsyslog and journald may both write into one file: each line twice is still one dump with each row once."""
    made = klog.make(random.Random(4), "6.18", "global")
    lines = klog.write(klog.bodies(made), "syslog").splitlines(keepends=True)
    found = events(b"".join(line for one in lines for line in (one, one)))
    assert sum(bool(event.table.rows) for event in found) == 1
    (event,) = [one for one in found if one.table.rows]
    assert event.table.rows == len(made.procs)
    assert [victim.pid for victim in event.victims] == [made.victim.pid]


def test_what_is_said_between_the_lines_is_passed_over() -> None:
    """Other messages between those of a dump, and rows of other things, belong to nothing."""
    made = klog.make(random.Random(6), "6.18", "global")
    noise = [
        "audit: type=1400",
        "pcpu-alloc: [0] 16 17 18 19 20 21 22 23 24 25",
        "[drm:abc] 1 2 3 4 5 6 7 8 x",
        "eth0: link up",
        "zoom in the room",
    ]
    said = [line for one in klog.bodies(made) for line in (one, random.Random(one).choice(noise))]
    (event,) = events(klog.write(said, "dmesg"))
    assert not differences(event, made, "dmesg")


def test_noise_has_no_events() -> None:
    """Words that a dump has too, in other mouths, are no event."""
    noise = b"""Jan  5 12:00:00 laptop kernel: pcpu-alloc: [0] 00 01 02 03 04 05 06 07 08
Jan  5 12:00:00 laptop kernel: Memory: 32801968k/34340864k available
Jan  5 12:00:00 laptop bash[1]: Killed process 12 (node)
Jan  5 12:00:00 laptop myapp[7]: RuntimeError: CUDA out of memory. Tried to allocate 20 MiB
Jan  5 12:00:00 laptop sshd[7]: node invoked oom-killer
Jan  5 12:00:00 laptop java[7]: java.lang.OutOfMemoryError: Out of memory
Jan  5 12:00:00 laptop kernel: oom_reaper: initialised
Jan  5 12:00:00 laptop systemd[1]: Listening on systemd-oomd.socket - Userspace Out-Of-Memory (OOM) Killer Socket.
Jan  5 12:00:00 laptop systemd[1]: foo.service: Consumed 12.1s CPU time, 1.1G memory peak, 0B memory swap peak.
Jan  5 12:00:00 laptop systemd[1]: foo.service: Main process exited, code=killed, status=9/KILL
[ 1] 2 3 4 5 6 7 8 9 10
the oom killer killed process 7 yesterday
"""
    assert list(parse([noise])) == []


def test_other_processes_of_the_same_dump_are_no_second_event() -> None:
    """`memory.oom.group` prints the first victim twice: it counts once, with an echo."""
    made = klog.make(random.Random(9), "6.12", "group")
    (event,) = events(klog.write(klog.bodies(made), "dmesg"))
    assert [copy.how for copy in event.copies] == ["echo"]
    assert event.reaped == (made.victim.pid,)


def test_a_dump_without_its_kill_line_says_so() -> None:
    """The victim is taken from the line before, and the loss is told."""
    made = klog.make(random.Random(2), "6.18", "global")
    said = klog.bodies(made)[:-2]
    (event,) = events(klog.write(said, "dmesg"))
    assert event.victim is not None
    assert event.victim.pid == made.victim.pid
    assert [loss.what for loss in event.losses] == ["tail"]


def test_messages_that_are_missing_are_counted() -> None:
    """/dev/kmsg numbers its messages, so a gap within a dump shows."""
    made = klog.make(random.Random(2), "6.18", "global")
    lines = klog.write(klog.bodies(made), "kmsg").splitlines(keepends=True)
    del lines[28:33]
    (event,) = events(b"".join(lines))
    assert any(loss.what == "gap" and loss.text.startswith("By their numbers 5 ") for loss in event.losses)


def test_a_page_of_memory_is_enough() -> None:
    """Processes that are in the table but in no family keep their own name; versions, threads of Node and npm's titles find theirs."""
    procs = tuple(
        Proc(100 + place, comm, anon=10)
        for place, comm in enumerate(
            ("2.1.231", "2.1.232", "claude", "MainThread", "node", "npm run serve", "npm exec @x", "sshd", "python3.11")
        )
    )
    made = klog.make(random.Random(1), "6.18", "global")._replace(procs=procs, victim=procs[0], invoker=procs[7])
    (event,) = events(klog.write(klog.bodies(made), "dmesg"))
    told = {program.name: (program.tasks, program.guess is not None, program.victims) for program in account(event).programs}
    assert told == {"claude": (3, True, 1), "node": (2, True, 0), "npm": (2, False, 0), "sshd": (1, False, 0), "python": (1, False, 0)}
