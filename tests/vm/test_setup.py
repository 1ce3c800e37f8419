"""A whole `wslcfg setup` in the WSL-like VM: typed at a terminal, Windows asked through binfmt_misc, `.wslconfig` on an NTFS at /mnt/c."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step
from tests.vm.ntfs import as_ntfs

pytestmark = [pytest.mark.vm, pytest.mark.slow]

FIRST = b"\xef\xbb\xbf# By hand\r\n[wsl2]\r\nprocessors=4\r\n"
# PostgreSQL costs ten seconds of start-up and has nothing to do here.
PRE = "#!/bin/sh\nln -s /dev/null /etc/systemd/system/postgresql@.service\n"
# Enter takes the default; \e[B is the arrow down.
SCRIPT = r"""
cd ~ || exit 1
# The image has less room than a backup wants to see.
mkdir -p .local/state; sudo mount -t tmpfs -o size=4g,uid=1000,gid=1000,mode=700 tmpfs .local/state
mkdir -p .local/bin .claude/projects/-home-dev
printf '#!/bin/sh\nPYTHONPATH=/opt/wslcfg exec python3 -m wslcfg "$@"\n' >.local/bin/wslcfg
printf '#!/bin/sh\necho real\n' >.local/bin/claude
chmod +x .local/bin/*
echo '{"type":"user"}' >.claude/projects/-home-dev/11111111-2222-3333-4444-555555555555.jsonl
export PATH=$HOME/.local/bin:$PATH
file=/mnt/c/Users/ana/.wslconfig
typed() { local name=$1; shift; step $name python3 /opt/wslcfg/terminal.py 300 /out/$name.shown "$@"; }
# Light, standard, heavy: one down.
typed setup 'How is Windows used=\e[B\r' 'How many agent=\r' 'Which way=\r' 'Write this?=y' \
    'Start claude and codex=y' 'Back up agent=y' 'Keep a second=\r' 'Write this?=y' -- $HOME/.local/bin/wslcfg setup
cp /run/rig/ctl/interop.calls /out/setup.calls
cp $file /out/written
step status wslcfg status --json
step names find /mnt/c/Users/ana -name '*[<>:"|?*\\]*'
step modes sh -c 'find /mnt/c/Users/ana -printf "%m %U\n" | sort -u'
crontab -l >/out/crontab 2>/dev/null; ls .config/systemd/user >/out/units 2>/dev/null
typed rollback 'this?=y' -- $HOME/.local/bin/wslcfg rollback 1
cp $file /out/back
step history wslcfg history --json
step uninstall wslcfg uninstall --yes --json
step left sh -c 'crontab -l; ls .config/systemd/user'
find /mnt/c/Users/ana -type f >/out/kept
"""


class Seen(NamedTuple):
    """What one boot left."""

    name: str
    laptop: Laptop
    steps: dict[str, Step]

    def kept(self, name: str) -> bytes:
        """A file that the script copied aside."""
        return (self.laptop.root / "out" / name).read_bytes()


def _boot(name: str, *options: str) -> Callable[[Guest, Laptop], Seen]:
    def boot(guest: Guest, laptop: Laptop) -> Seen:
        laptop.config.write_bytes(FIRST)
        pre = laptop.root / "pre"
        pre.write_text(PRE)
        with as_ntfs(laptop.root / "c"):
            return Seen(name, laptop, guest.run(SCRIPT, laptop, "--pre", str(pre), *options))

    return boot


BOOTS = {"setup-systemd": _boot("setup-systemd"), "setup-none": _boot("setup-none", "--init", "none")}


@pytest.fixture(scope="module", params=list(BOOTS))
def seen(booted: Callable[[str], Seen], request: pytest.FixtureRequest) -> Seen:
    """One boot with systemd, one without."""
    return booted(request.param)


def test_a_person_answers_and_has_it(seen: Seen) -> None:
    """Typed answers to the end: one Windows program was started, and the file has what was shown, with its BOM, line ends and lines kept."""
    shown = seen.kept("setup.shown").decode()
    assert seen.steps["setup"].code == 0, shown
    assert "heavy Windows use, 2 agent sessions" in shown and "Traceback" not in shown
    assert [call.split("\t")[:2] for call in seen.kept("setup.calls").decode().splitlines()] == [["powershell.exe", "/mnt/c"]]
    assert seen.kept("written") == FIRST + b"memory=8GB\r\nswap=8GB\r\n"


def test_the_pieces_came_with_it(seen: Seen) -> None:
    """The pieces that were said yes to are whole; the clock is systemd's where systemd runs, and cron's where it is off."""
    data = seen.steps["status"].data
    assert data["restart_pending"] is True
    assert {one["name"] for one in data["pieces"] if one["whole"]} >= {"launcher", "shims", "claude-settings", "backup-timer", "mirror"}
    by_systemd, by_cron = b"wslcfg-backup.timer" in seen.kept("units"), b"sessions backup --quiet --tick" in seen.kept("crontab")
    assert (by_systemd, by_cron) == ((True, False) if seen.name == "setup-systemd" else (False, True))


def test_a_drive_of_windows_takes_it(seen: Seen) -> None:
    """On NTFS, where Linux' modes and owners are nothing, no name is one that Windows forbids, and history and rescue files lie there."""
    assert seen.steps["names"].out == "" and seen.steps["modes"].out == "777 1000\n"
    kept = seen.kept("kept").decode().splitlines()
    local = "/mnt/c/Users/ana/AppData/Local/wslcfg"
    assert {f"{local}/rollback.cmd", f"{local}/park.cmd", f"{local}/README.txt"} <= set(kept)
    assert [path for path in kept if path.startswith(f"{local}/history/") and path.endswith("/wslconfig.before")]


def test_rollback_takes_all_of_it_back(seen: Seen) -> None:
    """`rollback 1`, answered at the terminal, brings the first bytes back and takes the pieces out again; nothing is left to uninstall."""
    assert seen.steps["rollback"].code == 0, seen.kept("rollback.shown").decode()
    assert seen.kept("back") == FIRST
    assert [one["kind"] for one in seen.steps["history"].data["generations"]] == ["found", "apply", "found", "apply", "rollback"]
    assert seen.steps["uninstall"].data["changed"] is False
    assert "wslcfg" not in seen.steps["left"].out
