"""Where the kernel's log is looked for, in which order, and what is said when it may not be read. The programs are real children, made here."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest

from tests.oom import klog
from wslcfg.errors import Unreachable, Unreadable
from wslcfg.host.real import RealHost
from wslcfg.oom.logs import find, log_file
from wslcfg.oom.reading import read_log

MADE = klog.make(random.Random(1), "6.18", "global")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for PATH: journalctl, dd and dmesg are what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _program(folder: Path, name: str, script: str, out: bytes = b"") -> None:
    (folder / f"{name}.out").write_bytes(out)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script.replace('OUT', f'/bin/cat {folder}/{name}.out')}\n")
    path.chmod(0o755)


def test_the_journal_comes_first(programs: Path) -> None:
    """The journal has every boot; with its reader there the ring buffer is not asked."""
    _program(programs, "journalctl", 'echo "$@" > "${0}.asked"; OUT', klog.write(klog.bodies(MADE), "json"))
    log = find(RealHost(), since="2 days ago")
    assert log.source == "journal"
    (one,) = read_log(log.chunks).seen
    assert one.event.victim is not None
    assert one.event.victim.pid == MADE.victim.pid
    asked = (programs / "journalctl.asked").read_text()
    assert "--since=2 days ago" in asked
    assert "_TRANSPORT=kernel" in asked


def test_without_a_journal_the_ring_buffer_is_read(programs: Path) -> None:
    """Each closed door is named with what would open it, and the next one is tried."""
    _program(programs, "journalctl", "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1")
    _program(programs, "dd", "echo \"dd: failed to open '/dev/kmsg': Operation not permitted\" >&2; exit 1")
    _program(programs, "dmesg", "OUT", klog.write(klog.bodies(MADE), "dmesg"))
    log = find(RealHost())
    assert [failure.source for failure in log.failures] == ["journal", "kmsg"]
    assert "systemd-journal" in log.failures[0].hint
    assert (log.source, len(read_log(log.chunks).seen)) == ("dmesg", 1)


def test_nothing_may_be_read(programs: Path) -> None:
    """The error says which group or command gives it."""
    _program(programs, "dmesg", "echo 'dmesg: read kernel buffer failed: Operation not permitted' >&2; exit 1")
    with pytest.raises(Unreachable) as caught:
        find(RealHost())
    assert "systemd-journal" in caught.value.hint
    assert "dmesg: no permission" in caught.value.message


def test_a_reader_that_stops_ends_the_child(programs: Path) -> None:
    """An endless journal costs what was read of it."""
    _program(programs, "journalctl", "while :; do echo '[    1.000000] zoom'; done")
    log = find(RealHost())
    for number, _ in enumerate(log.chunks):
        if number > 2:
            break


def test_files(tmp_path: Path) -> None:
    """A file, a folder of parts, and what is said where there is none."""
    path = tmp_path / "kern.log"
    path.write_bytes(klog.write(klog.bodies(MADE), "syslog"))
    assert len(read_log(log_file(str(path))).seen) == 1
    assert len(read_log(log_file(str(tmp_path))).seen) == 1
    with pytest.raises(Unreachable, match="is not there"):
        list(log_file(str(tmp_path / "none")))
    for start in (b"\x28\xb5\x2f\xfd", b"LPKSHHRH"):
        path.write_bytes(start + b"x" * 100)
        with pytest.raises(Unreadable):
            list(log_file(str(path)))


def test_a_file_that_may_not_be_read() -> None:
    """The hint is the command that root would run."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder, "kern.log")
        path.write_bytes(b"x")
        path.chmod(0)
        me = os.geteuid()
        if me == 0:
            os.seteuid(65534)  # nobody: root may read everything
        try:
            with pytest.raises(Unreachable, match="may not be read"):
                list(log_file(str(path)))
        finally:
            os.seteuid(me)
