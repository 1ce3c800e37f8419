"""Real children: shell scripts that stand for Windows' programs, started by the real host from a machine made for the test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from wslcfg.host.port import Ran
from wslcfg.host.real import RealHost
from wslcfg.host.recorded import RecordedHost
from wslcfg.machine import interop, ladder, probe
from wslcfg.machine.look import look_host
from wslcfg.machine.mounts import look_place

ANSWER = r"""printf '%s\r\n' 'WSLCFG{"schema":"1","build":"26100","profile":"C:\\Users\\ana","mem":{"total_kib":"16567500","free_kib":"1"}}WSLCFG'"""
VOLATILE = r"""printf '\r\nHKEY_CURRENT_USER\\Volatile Environment\r\n    USERPROFILE    REG_SZ    C:\\Users\\ana\r\n'"""


class Doubles(RecordedHost):
    """A machine whose files are recorded and whose children are real."""

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Start the child for real."""
        return RealHost().run(argv, stdin=stdin, timeout_s=timeout_s, cwd=cwd, env=env)


@pytest.fixture
def windows(tmp_path: Path) -> Callable[..., Doubles]:
    """Builds a machine whose System32 holds the given scripts."""

    def built(**scripts: str) -> Doubles:
        drive = tmp_path / "mnt" / "c"
        for program, name in ((interop.POWERSHELL, "powershell"), (interop.REG, "reg"), (interop.CMD, "cmd"), (interop.WSL, "wsl")):
            if name in scripts:
                (drive / program).parent.mkdir(parents=True, exist_ok=True)
                (drive / program).write_text("#!/bin/sh\n" + scripts[name] + "\n")
                (drive / program).chmod(0o755)
        folder = tmp_path / "machine"
        folder.mkdir()
        (folder / "machine.toml").write_text(
            f"""schema = 1
now = 2026-10-05T08:30:00Z
folders = ["{drive}/Windows/System32", "{drive}/Users/ana/AppData/Local/Temp"]
[env]
WSL_DISTRO_NAME = "Ubuntu-24.04"
HOME = "/home/ana"
WSL_INTEROP = "/run/WSL/8_interop"
[text]
"/run/WSL/8_interop" = ""
"/proc/sys/kernel/random/boot_id" = "3d1f4be2\\n"
"/proc/sys/fs/binfmt_misc/WSLInterop" = "enabled\\n"
"/proc/mounts" = 'C:\\134 {drive} 9p rw,aname=drvfs;path=C:\\;uid=1000 0 0'
"""
        )
        return Doubles(folder)

    return built


def test_probe_arrives_as_one_argument_with_stdin_closed_on_the_windows_drive(windows, tmp_path):
    """PowerShell gets the probe whole as one argument, an empty stdin and a working folder that Windows has a letter for."""
    seen = tmp_path / "seen"
    host = windows(powershell=f'printf "%s\\n" "$#" "$4" "$5" > {seen}; pwd >> {seen}; wc -c >> {seen}; {ANSWER}')
    assert look_host(host).ram.value == 16567500 * 1024
    count, option, text, folder, stdin = seen.read_text().splitlines()
    assert (count, option, text) == ("5", "-Command", probe.TEXT)
    assert folder == str(tmp_path / "mnt" / "c")
    assert stdin.strip() == "0"


def test_hanging_powershell_is_killed_with_its_group_and_the_ladder_goes_on(windows, tmp_path, monkeypatch):
    """A PowerShell that never answers costs one time-out, leaves no process behind, and reg.exe still gives the profile."""
    monkeypatch.setattr(probe, "TIMEOUT_S", 0.5)
    pids = tmp_path / "pids"
    host = windows(powershell=f"sleep 60 & echo $! > {pids}; echo $$ >> {pids}; wait", reg=VOLATILE)
    begin = time.monotonic()
    found = look_host(host)
    assert time.monotonic() - begin < 8
    assert found.profile.value == r"C:\Users\ana"
    assert found.profile.source == "reg.exe"
    assert "did not answer" in found.ram.reason
    for pid in map(int, pids.read_text().split()):
        assert not _alive(pid)


def test_everything_hangs_is_given_up_after_two(windows, monkeypatch):
    """Where interop itself hangs, the second silent program ends the asking: not one time-out for each rung of the ladder."""
    monkeypatch.setattr(probe, "TIMEOUT_S", 0.4)
    monkeypatch.setattr(ladder, "_TIMEOUT_S", 0.4)
    host = windows(powershell="exec sleep 30", reg="exec sleep 30", cmd="exec sleep 30", wsl="exec sleep 30")
    begin = time.monotonic()
    found = look_host(host)
    assert time.monotonic() - begin < 3
    assert "do not answer" in found.build.reason


def test_reg_and_cmd_where_powershell_is_blocked(windows):
    """Without an executable PowerShell, reg.exe and UTF-16 from cmd.exe give what they can, a non-ASCII profile included."""
    # Code page 850 writes é as 0x82: no UTF-8, so reg.exe's path must not be used; cmd /u writes UTF-16.
    wide = "USERPROFILE=C:\\Users\\José\r\nMicrosoft Windows [Version 10.0.26100.6899]\r\n".encode("utf-16-le")
    octal = "".join(f"\\{byte:03o}" for byte in wide)
    host = windows(reg=VOLATILE.replace("ana", "Jos\\202"), cmd=f"printf '{octal}'", powershell="exit 1")
    found = look_host(host)
    assert found.profile.value == "C:\\Users\\José"
    assert found.profile.source == "cmd.exe"
    assert (found.build.value, found.ubr.value) == (26100, 6899)


def test_missing_programs_are_unknown_not_an_error(windows):
    """A System32 without the programs (a stripped image) leaves everything unknown but the profile that Linux can guess."""
    found = look_host(windows())
    assert found.ram.reason == "there is no powershell.exe"
    assert not found.build.known
    assert found.profile.value == r"C:\Users\ana"


def test_exec_format_error_goes_through_init(windows, tmp_path):
    """A program that the kernel cannot start is tried through /init once; the answer of a machine without /init is still no error."""
    host = windows()
    program = tmp_path / "mnt" / "c" / interop.POWERSHELL
    program.parent.mkdir(parents=True)
    program.write_bytes(b"MZ\x90\x00not a script")
    program.chmod(0o755)
    way = interop.Interop(host, look_place(host))
    asked = []
    original = host.run
    host.run = lambda argv, **rest: asked.append(tuple(argv)) or (original(argv, **rest) if argv[0] != "/init" else Ran(0, b"fine", b""))
    assert way.run(interop.POWERSHELL, ("-x",), 5.0).out == b"fine"
    assert asked == [(str(program), "-x"), ("/init", str(program), str(program), "-x")]
    # What worked is remembered: the next program does not try the dead way again.
    way.run(interop.REG, (), 5.0)
    assert asked[-1][0] == "/init"
    assert len(asked) == 3


def test_stale_socket_tries_the_others_once(open_machine):
    """A session that ended leaves a socket nobody answers: systemd's link is next, then the newest; then it is said, not tried again."""
    host = open_machine("dead-socket")
    refused = Ran(1, b"", b"<3>WSL (2304 - ) ERROR: UtilConnectUnix:493: connect failed 111\n")
    used = []
    host.run = lambda argv, **rest: used.append((rest["env"] or {}).get("WSL_INTEROP")) or refused
    way = interop.Interop(host, look_place(host))
    way.run(interop.POWERSHELL, (), 5.0)
    assert used == [None, "/run/WSL/1_interop", "/run/WSL/2304_interop"]
    assert way.why == "no interop server answers"
    assert way.run(interop.REG, (), 5.0).failure == "unusable"
    assert len(used) == 3


@pytest.mark.parametrize(
    ("conf", "state"),
    [
        ("", "ok"),
        ("[interop]\nenabled=false\n", "off"),
        ("[Interop]\r\nenabled = False\r\n", "off"),
        ("[interop]\nappendWindowsPath=false\n", "ok"),
        ("[automount]\nenabled=false\n", "ok"),
        ("#[interop]\n#enabled=false\n", "ok"),
    ],
)
def test_switched_off_is_read_from_wsl_conf(open_machine, conf, state):
    """Interop counts as switched off only where wsl.conf says so in its own section."""
    host = open_machine("practice-16gb")
    host._text["/etc/wsl.conf"] = conf
    assert interop.look_interop(host, look_place(host)) == state


def test_no_server_is_told_from_off(open_machine):
    """A session without any socket (ssh into the distro before a first log-on) is named as such, and nothing is started."""
    host = open_machine("practice-16gb")
    for name in ("1_interop", "842_interop"):
        del host._text[f"/run/WSL/{name}"]
    found = look_host(host)
    assert found.ram.reason == "the session has no interop server"
    assert [call for call in host.calls if call[0].startswith("/mnt")] == []


def test_disabled_handler_is_off(open_machine):
    """`echo 0 > …/WSLInterop` is a person's decision and is not walked around."""
    host = open_machine("practice-16gb")
    host._text["/proc/sys/fs/binfmt_misc/WSLInterop"] = "disabled\n"
    assert interop.look_interop(host, look_place(host)) == "off"


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    os.kill(pid, 0)
    return state not in {"Z", "X"}
