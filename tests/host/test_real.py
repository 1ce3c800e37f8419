"""The real machine as a Host: children, their time-outs and failures, files, and what lies where."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from wslcfg.errors import Conflict, Unreachable
from wslcfg.host.child import LARGEST_OUTPUT
from wslcfg.host.port import Host
from wslcfg.host.real import RealHost


@pytest.fixture
def host() -> RealHost:
    """This machine."""
    real: Host = RealHost()  # mypy proves that it is a Host
    assert isinstance(real, RealHost)
    return real


def test_a_child_gets_a_fixed_locale_no_shell_and_an_empty_stdin(host: RealHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of other programs are parsed, so they must not follow the person's language; stdin must not be eaten."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    ran = host.run(["sh", "-c", 'cat; echo "$LC_ALL:${LANGUAGE-none}:$X:$1"; echo said >&2; exit 3', "sh", "$(x) *"], env={"X": "more"})
    assert (ran.code, ran.out, ran.err, ran.failure) == (3, b"C.UTF-8:none:more:$(x) *\n", b"said\n", "")


def test_stdin_arrives_whole(host: RealHost) -> None:
    """More than a pipe holds goes in and comes out."""
    data = os.urandom(3_000_000)
    assert host.run(["cat"], stdin=data).out == data


def test_a_child_that_does_not_read_its_stdin_is_no_error(host: RealHost) -> None:
    """A script may end before it has read everything."""
    assert host.run(["true"], stdin=b"x" * 1_000_000).code == 0


@pytest.mark.parametrize(
    ("text", "mode", "failure"),
    [
        (None, 0, "missing"),
        (b"MZ\x90\x00", 0o755, "not-executable"),
        (b"#!/bin/sh\n", 0o644, "not-executable"),
        (b"#!/no/such\n", 0o755, "missing"),
    ],
)
def test_what_cannot_start_says_why(host: RealHost, tmp_path: Path, text: bytes | None, mode: int, failure: str) -> None:
    """A Windows program without interop is 'Exec format error': an answer, not an exception."""
    program = tmp_path / "powershell.exe"
    if text is not None:
        program.write_bytes(text)
        program.chmod(mode)
    ran = host.run([str(program)])
    assert (ran.failure, ran.code) == (failure, 127 if failure == "missing" else 126)
    assert ran.err


def test_a_missing_folder_to_run_in_is_an_answer(host: RealHost) -> None:
    """The Windows drive may not be mounted."""
    assert host.run(["true"], cwd="/no/such/folder").failure == "missing"


def _alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 3
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _alive(pid)


def test_a_time_out_kills_the_whole_group(host: RealHost) -> None:
    """A hanging PowerShell must not stay behind, nor what it started."""
    began = time.monotonic()
    ran = host.run(["sh", "-c", "sleep 60 & echo $!; sleep 60"], timeout_s=0.4)
    assert time.monotonic() - began < 5
    assert (ran.failure, ran.code) == ("timeout", -9)
    assert _gone(int(ran.out))


def test_a_time_out_holds_for_a_child_that_closed_its_streams(host: RealHost) -> None:
    """Silence is not the end of a child."""
    ran = host.run(["sh", "-c", "exec >&- 2>&-; sleep 60"], timeout_s=0.4)
    assert ran.failure == "timeout"


def test_a_grandchild_that_holds_the_pipes_does_not_hold_us(host: RealHost) -> None:
    """The child's own answer counts; who inherited its pipes is killed."""
    began = time.monotonic()
    ran = host.run(["sh", "-c", "sleep 60 & echo $!"], timeout_s=20)
    assert time.monotonic() - began < 5
    assert (ran.failure, ran.code) == ("", 0)
    assert _gone(int(ran.out))


def test_a_flood_is_bounded_and_drained(host: RealHost) -> None:
    """A child that says too much ends as ever; the beginning is kept."""
    ran = host.run(["head", "-c", str(LARGEST_OUTPUT + 5_000_000), "/dev/zero"], timeout_s=30)
    assert (len(ran.out), ran.code, ran.failure) == (LARGEST_OUTPUT, 0, "")


def test_reading(host: RealHost, tmp_path: Path) -> None:
    """Absent is None, also below a file; what is no file is unreachable, never empty."""
    (tmp_path / "file").write_bytes(b"\xff\x00")
    assert host.read(str(tmp_path / "file")) == b"\xff\x00"
    assert host.read(str(tmp_path / "none")) is None
    assert host.read(str(tmp_path / "file" / "below")) is None
    with pytest.raises(Unreachable):
        host.read(str(tmp_path))


def test_writing_tells_which_files_it_wrote_in_place(host: RealHost, tmp_path: Path) -> None:
    """What was not replaced whole has to be said to the person, so the host remembers it."""
    for name in ("plain", "linked"):
        (tmp_path / name).write_bytes(b"old")
    os.link(tmp_path / "linked", tmp_path / "twin")
    host.write(str(tmp_path / "plain"), b"new")
    host.write(str(tmp_path / "linked"), b"new")
    assert list(host.in_place) == [str(tmp_path / "linked")]
    with pytest.raises(Conflict):
        host.write(str(tmp_path / "plain"), b"x", if_digest="")
    host.remove(str(tmp_path / "plain"))
    host.remove(str(tmp_path / "plain"))
    assert host.read(str(tmp_path / "plain")) is None


def test_what_lies_there(host: RealHost, tmp_path: Path) -> None:
    """Kinds, sizes and real places; a link is a link with its target's size, a dangling one too."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "file").chmod(0o640)
    os.link(tmp_path / "file", tmp_path / "twin")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    seen = {name: host.stat(str(tmp_path / name)) for name in ("file", "link", "dangling", "pipe", "none", ".")}
    file, link, dangling, pipe, folder = seen["file"], seen["link"], seen["dangling"], seen["pipe"], seen["."]
    assert file is not None and (file.kind, file.size, file.mode, file.links, file.writable) == ("file", 5, 0o640, 2, True)
    assert abs(file.modified_at - host.now()) < timedelta(minutes=1)
    assert link is not None and (link.kind, link.size, link.real) == ("link", 5, str(tmp_path / "file"))
    assert dangling is not None and (dangling.kind, dangling.real) == ("link", str(tmp_path / "nowhere"))
    assert pipe is not None and pipe.kind == "other"
    assert folder is not None and folder.kind == "folder"
    assert seen["none"] is None


@pytest.mark.parametrize("error", [FileNotFoundError, ProcessLookupError])
def test_what_goes_between_two_looks_is_not_there(host: RealHost, monkeypatch: pytest.MonkeyPatch, error: type[OSError]) -> None:
    """A process may end while its folder in /proc is looked at; patched, since the moment lasts microseconds."""

    def gone(path: str) -> str:
        raise error(path)

    monkeypatch.setattr("wslcfg.host.real.os.path.realpath", gone)
    assert host.stat("/proc/self/cwd") is None


def test_names_and_room(host: RealHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are sorted, a missing folder is empty, room is asked of the nearest folder that is there."""
    for name in ("b", "a", "ä"):
        (tmp_path / name).touch()
    assert host.list(str(tmp_path)) == ("a", "b", "ä")
    assert host.list(str(tmp_path / "none")) == ()
    room = host.space(str(tmp_path / "not" / "yet"))
    assert room is not None and 0 < room.free <= room.total
    monkeypatch.setenv("WSLCFG_TEST", "1")
    assert (host.env("WSLCFG_TEST"), host.env("WSLCFG_NONE")) == ("1", None)
    assert host.now().utcoffset() == timedelta(0)


def test_started_and_left_alone(tmp_path: Path) -> None:
    """A child that is started has no terminal and no pipe of ours, a session of its own, and goes on; one that cannot start says why."""
    told = tmp_path / "told"
    script = "fds=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo $fds $(ps -o sid= -p $$) $$ $VAR $(pwd) >new; mv new told"
    assert RealHost().start(["sh", "-c", script], cwd=str(tmp_path), env={"VAR": "word"}) == ""
    end = time.monotonic() + 10
    while not told.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    said = told.read_text().split()
    assert said[:3] == ["/dev/null"] * 3
    assert said[3] == said[4] != str(os.getsid(0))
    assert said[5:] == ["word", str(tmp_path)]
    assert RealHost().start(["/nowhere/at-all"]) == "missing"
    (tmp_path / "plain").write_bytes(b"MZ")
    assert RealHost().start([str(tmp_path / "plain")]) == "not-executable"
