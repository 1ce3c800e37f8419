"""A folder that is a machine: reads, an overlay that is written for real, and no answer that was not recorded."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from wslcfg.errors import Bug, Conflict, Unreachable, Unreadable
from wslcfg.host.recorded import RecordedHost

MACHINE = """
schema = 1
description = "a test"
now = 2026-10-05T10:30:00+02:00
readonly = ["/etc"]
unreadable = ["/secret"]
folders = ["/empty"]
[env]
HOME = "/home/ana"
[space]
"/" = { total = 100, free = 50 }
"/mnt/c" = { total = 10, free = 5 }
[links]
"/home/ana/.wslconfig" = "/mnt/c/Users/ana/.wslconfig"
"/lib" = "usr/lib"
"/proc/9/cwd" = "/gone"
[text]
"/etc/wsl.conf" = "[boot]"
"/usr/lib/x" = "lib"
[modified]
"/etc/wsl.conf" = 2026-10-05T01:00:00Z
"""
RUNS = r"""
[[run]]
argv = ["ps.exe", "-Command", "*WSLCFG*"]
out = "probe"
[[run]]
argv = ["reg.exe", "*"]
env = { WSL_INTEROP = "/run/1" }
out_base64 = "AAEC"
[[run]]
argv = ["reg.exe", "*"]
cwd = "/mnt/c"
out_file = "answers/reg.bin"
err = "noise"
code = 3
[[run]]
argv = ["slow"]
failure = "timeout"
[[run]]
argv = ["gone"]
failure = "missing"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small machine."""
    folder = tmp_path / "machine"
    (folder / "files/mnt/c/Users/ana").mkdir(parents=True)
    (folder / "files/mnt/c/Users/ana/.wslconfig").write_bytes(b"[wsl2]\r\n\xff")
    (folder / "answers").mkdir()
    (folder / "answers/reg.bin").write_bytes(b"\x82")
    (folder / "machine.toml").write_text(MACHINE)
    (folder / "runs.toml").write_text(RUNS)
    return folder


def test_reads(folder):
    """Bytes come from files, texts from machine.toml, links are followed, what is missing is None, what is refused raises."""
    host = RecordedHost(folder)
    assert host.read("/mnt/c/Users/ana/.wslconfig") == b"[wsl2]\r\n\xff"
    assert host.read("/home/ana/.wslconfig") == b"[wsl2]\r\n\xff"
    assert host.read("/lib/x") == b"lib"
    assert host.read("/nowhere") is None
    assert host.read("/mnt/c") is None
    assert host.list("/") == ("empty", "etc", "home", "lib", "mnt", "proc", "usr")
    assert host.list("/mnt/c/Users/ana") == (".wslconfig",)
    assert host.list("/lib") == ("x",)
    assert host.list("/empty") == ()
    assert host.env("HOME") == "/home/ana"
    assert host.env("PATH") is None
    assert host.now().isoformat() == "2026-10-05T08:30:00+00:00"
    with pytest.raises(Unreachable):
        host.read("/secret/x")


def test_stat_and_space(folder):
    """Kinds, sizes, times and the room of the longest fitting path."""
    host = RecordedHost(folder)
    file = host.stat("/mnt/c/Users/ana/.wslconfig")
    assert file is not None and (file.kind, file.size, file.writable) == ("file", 9, True)
    link = host.stat("/home/ana/.wslconfig")
    assert link is not None and (link.kind, link.real) == ("link", "/mnt/c/Users/ana/.wslconfig")
    dangling = host.stat("/proc/9/cwd")
    assert dangling is not None and (dangling.kind, dangling.real) == ("link", "/gone")
    conf = host.stat("/etc/wsl.conf")
    assert conf is not None and (conf.writable, conf.modified_at.isoformat()) == (False, "2026-10-05T01:00:00+00:00")
    assert [getattr(host.stat(path), "kind", None) for path in ("/", "/mnt/c", "/empty", "/proc/9", "/nowhere")] == ["folder"] * 4 + [None]
    assert [host.space(path).free for path in ("/mnt/c/x", "/mnt/cc", "/home")] == [5, 50, 50]


def test_writes_go_to_the_overlay_and_stay(folder, tmp_path):
    """What is written is read back, also by the next opener, and the machine's own folder keeps every byte."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    host = RecordedHost(folder, tmp_path / "over")
    host.write("/home/ana/.wslconfig", b"new", mode=0o600)
    host.write("/mnt/c/a/b/c", b"")
    again = RecordedHost(folder, tmp_path / "over")
    assert again.read("/mnt/c/Users/ana/.wslconfig") == b"new"
    assert again.list("/mnt/c") == ("Users", "a")
    found = again.stat("/mnt/c/Users/ana/.wslconfig")
    assert found is not None and (found.mode, found.modified_at) == (0o600, again.now())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not list((tmp_path / "over").rglob("*.partial"))


def test_remove_is_remembered_and_undone_by_a_write(folder):
    """A removed file is gone for every reader until it is written again; the default overlay lies in the machine's folder."""
    host = RecordedHost(folder)
    host.remove("/mnt/c/Users/ana/.wslconfig")
    host.remove("/never/there")
    again = RecordedHost(folder)
    assert again.read("/home/ana/.wslconfig") is None
    assert again.stat("/mnt/c/Users/ana/.wslconfig") is None
    assert again.list("/mnt/c/Users/ana") == ()
    again.write("/mnt/c/Users/ana/.wslconfig", b"back")
    assert host.read("/mnt/c/Users/ana/.wslconfig") == b"back"
    assert (folder / "overlay").is_dir()


def test_digest_guards(folder):
    """A write that rests on other bytes than those that are there is a conflict and changes nothing."""
    host = RecordedHost(folder)
    path = "/mnt/c/Users/ana/.wslconfig"
    present = host.read(path)
    with pytest.raises(Conflict):
        host.write(path, b"x", if_digest="")
    with pytest.raises(Conflict):
        host.remove(path, if_digest=hashlib.sha256(b"other").hexdigest())
    assert host.read(path) == present
    host.write(path, b"x", if_digest=hashlib.sha256(present or b"").hexdigest())
    host.write("/fresh", b"1", if_digest="")
    with pytest.raises(Conflict):
        host.write("/fresh", b"2", if_digest="")


def test_only_one_process_creates(folder):
    """Of several processes that create the same file under the guard for no file, one wins: the lock of a shared history rests on it."""
    code = f"""
import sys
from wslcfg.errors import Conflict
from wslcfg.host.recorded import RecordedHost
try:
    RecordedHost({str(folder)!r}).write("/lock", sys.argv[1].encode(), if_digest="")
    print("won", end="")
except Conflict:
    pass
"""
    children = [subprocess.Popen([sys.executable, "-c", code, str(number)], stdout=subprocess.PIPE) for number in range(4)]
    assert [child.communicate()[0] for child in children].count(b"won") == 1


def test_readonly(folder):
    """What the person may not write is refused as on a real machine."""
    host = RecordedHost(folder)
    for act in (lambda: host.write("/etc/wsl.conf", b""), lambda: host.remove("/etc/wsl.conf")):
        with pytest.raises(Unreachable):
            act()
    assert host.read("/etc/wsl.conf") == b"[boot]"


def test_overlay_that_cannot_be_written(folder, tmp_path):
    """A recorded machine in an installed package may lie where nobody can write: that is said as an error of the family."""
    (tmp_path / "blocked").write_text("a file where the overlay should be")
    host = RecordedHost(folder, tmp_path / "blocked")
    with pytest.raises(Unreachable, match="cannot be written"):
        host.write("/x", b"")
    assert host.read("/mnt/c/Users/ana/.wslconfig") == b"[wsl2]\r\n\xff"


def test_runs(folder):
    """Answers are matched by argv, with one argument left open or known by a mark, and by environment and folder where they are given."""
    host = RecordedHost(folder)
    assert host.run(["ps.exe", "-Command", "long text with WSLCFG in it"]).out == b"probe"
    assert host.run(["reg.exe", "x"], env={"WSL_INTEROP": "/run/1", "A": "b"}).out == b"\0\1\2"
    told = host.run(["reg.exe", "x"], cwd="/mnt/c")
    assert (told.out, told.err, told.code) == (b"\x82", b"noise", 3)
    assert (host.run(["slow"]).code, host.run(["slow"]).failure) == (-9, "timeout")
    assert (host.run(["gone"]).code, host.run(["gone"]).failure) == (127, "missing")


@pytest.mark.parametrize("argv", [["unknown"], ["ps.exe", "-Command", "another"], ["ps.exe", "-Command"], ["reg.exe", "x"], []])
def test_unknown_child_is_a_bug(folder, argv):
    """A child that was not recorded is never answered with nothing: the message holds the argv."""
    with pytest.raises(Bug) as caught:
        RecordedHost(folder).run(argv)
    assert repr(argv) in caught.value.message


def test_nothing_goes_on_running_behind_a_recording(folder):
    """A child that should outlive us is refused with a reason, unless the recording has it."""
    with pytest.raises(Unreachable) as refused:
        RecordedHost(folder).start(["cmd.exe", "/d"], cwd="/mnt/c")
    assert refused.value.code == "recorded"
    assert RecordedHost(folder).start(["reg.exe", "x"], cwd="/mnt/c") == ""
    assert RecordedHost(folder).start(["gone"]) == "missing"


@pytest.mark.parametrize(
    "text", ["schema = 2\nnow = 2026-10-05T08:30:00Z", "schema = 1\nnow =", "", "schema = 1", "schema = 1\nnow = 2026-10-05T08:30:00"]
)
def test_other_folders_are_unreadable(tmp_path, text):
    """A folder of another schema, a broken one and one that is no machine are said, not guessed at."""
    (tmp_path / "machine.toml").write_text(text)
    with pytest.raises(Unreadable):
        RecordedHost(tmp_path)
