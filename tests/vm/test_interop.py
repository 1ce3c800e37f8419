"""Windows programs through a real binfmt_misc: one start a boot, and a way or a named reason when something stands between."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step

pytestmark = [pytest.mark.vm, pytest.mark.slow]

# Each step is followed by how often a Windows program was started by then.
SCRIPT = r"""
binfmt=/proc/sys/fs/binfmt_misc
root() { sudo sh -c "$1"; }
facts() { step "$1" wslcfg facts --json "${@:2}"; cp /run/rig/ctl/interop.calls "/out/$1.calls" 2>/dev/null || : >"/out/$1.calls"; }
facts first
facts second
WSL_INTEROP=/run/WSL/7_interop
root 'echo dead >/run/WSL/7_interop'
facts stale --fresh
WSL_INTEROP=/run/WSL/1_interop
step nobody sudo env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PYTHONPATH=/opt/wslcfg python3 -m wslcfg facts --json
root "echo 0 >$binfmt/WSLInterop"
facts off
root "echo 1 >$binfmt/WSLInterop; echo -1 >$binfmt/WSLInterop"
facts bypass
root 'mv /init /init.away'
facts neither --fresh
root "mv /init.away /init; echo ':WSLInterop:M::MZ::/init:FP' >$binfmt/register; printf '#!/bin/sh\nsleep 1001 &\nsleep 1002\n' >/run/rig/ctl/interop/powershell.exe"
facts hangs --fresh
step left pgrep -f 'sleep 100[12]'
root 'rm /run/WSL/*_interop'
facts unserved
"""


class Seen(NamedTuple):
    """The steps, and the Windows programs that were started by the end of each: `powershell.exe<tab>/mnt/c<tab>arguments`."""

    steps: dict[str, Step]
    calls: dict[str, list[str]]


def boot(guest: Guest, laptop: Laptop) -> Seen:
    """Everything that can happen to interop, one after the other."""
    laptop.answer("reg.exe", "exit 1")
    steps = guest.run(SCRIPT, laptop, "--init", "none")
    return Seen(steps, {path.stem: path.read_text().splitlines() for path in (laptop.root / "out").glob("*.calls")})


BOOTS = {"interop": boot}


@pytest.fixture(scope="module")
def seen(booted: Callable[[str], Seen]) -> Seen:
    """One boot for all tests here."""
    return booted("interop")


def test_one_start_a_boot(seen: Seen) -> None:
    """The first look starts PowerShell once, on the Windows drive; the second starts nothing and knows the same."""
    assert [call.split("\t")[:2] for call in seen.calls["first"]] == [["powershell.exe", "/mnt/c"]]
    assert seen.calls["second"] == seen.calls["first"]
    first, second = seen.steps["first"].data["host"], seen.steps["second"].data["host"]
    assert (first["how"], second["how"]) == ("powershell", "cache")
    assert first["ram"] == second["ram"] and first["taken_at"] == second["taken_at"]


def test_socket_of_a_session_that_ended(seen: Seen) -> None:
    """A WSL_INTEROP that nobody serves any more (tmux, screen) costs one vain start; the next socket answers."""
    assert seen.steps["stale"].data["host"]["how"] == "powershell"
    assert len(seen.calls["stale"]) == len(seen.calls["second"]) + 2


def test_empty_environment(seen: Seen) -> None:
    """Under `sudo -i` or cron, without WSL's variables, WSL is known and Windows answers all the same."""
    data = seen.steps["nobody"].data
    assert data["distro"]["is_wsl"] is True and data["host"]["how"] == "powershell"
    assert data["distro"]["name"]["value"] == "Debian"


def test_switched_off(seen: Seen) -> None:
    """With the handler disabled nothing is started, and the reason is named."""
    data = seen.steps["off"].data
    assert data["distro"]["interop"]["value"] == "off" and data["host"]["how"] == "ladder"
    assert "switched off" in data["host"]["ram"]["reason"]
    # What Linux knows by itself is still there.
    assert data["host"]["profile"]["value"] == "C:\\Users\\ana"
    assert [call.split("\t")[0] for call in seen.calls["off"]].count("powershell.exe") == len(seen.calls["stale"]) + 1


def test_handler_removed(seen: Seen) -> None:
    """Where systemd or a person has removed the handler, /init starts PowerShell all the same."""
    data = seen.steps["bypass"].data
    assert (data["distro"]["interop"]["value"], data["host"]["how"]) == ("broken-binfmt", "powershell")
    assert len(seen.calls["bypass"]) == len(seen.calls["off"]) + 1


def test_neither_handler_nor_init(seen: Seen) -> None:
    """Where /init is no way either, the reason is named and the folder is found by the mounts."""
    data = seen.steps["neither"].data
    assert data["host"]["how"] == "ladder" and data["host"]["ram"]["value"] is None
    assert "powershell.exe" in data["host"]["ram"]["reason"]
    assert data["host"]["profile"]["value"] == "C:\\Users\\ana"
    assert seen.calls["neither"] == seen.calls["bypass"]


def test_powershell_hangs(seen: Seen) -> None:
    """A PowerShell that hangs is given up in time and leaves no process behind."""
    assert "did not answer" in seen.steps["hangs"].data["host"]["ram"]["reason"]
    assert (seen.steps["left"].code, seen.steps["left"].out) == (1, "")


def test_no_server(seen: Seen) -> None:
    """Without any interop socket nothing is started, and the reason is named."""
    data = seen.steps["unserved"].data
    assert data["distro"]["interop"]["value"] == "no-server"
    assert "interop server" in data["host"]["ram"]["reason"]
    assert seen.calls["unserved"] == seen.calls["hangs"]
