"""The pieces on a real kernel: systemd's timer and its missed run, the slice that people edit, root's parts, cron where systemd is off."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step

pytestmark = [pytest.mark.vm, pytest.mark.slow]

# PostgreSQL costs ten seconds of start-up and has nothing to do here.
PRE = "#!/bin/sh\nln -s /dev/null /etc/systemd/system/postgresql@.service\nprintf '# ours\\n[boot]\\ncommand = touch /tmp/theirs &\\n' >/etc/wsl.conf\n"
# A home as a person has it: a program wslcfg, an agent with a session, a crontab of their own.
HOME = r"""
cd ~ || exit 1
# The image has less room than a backup wants to see.
mkdir -p .local/state; sudo mount -t tmpfs -o size=4g,uid=1000,gid=1000,mode=700 tmpfs .local/state
mkdir -p .local/bin .local/share .claude/projects/-home-dev
printf '#!/bin/sh\nPYTHONPATH=/opt/wslcfg exec python3 -m wslcfg "$@"\n' >.local/bin/wslcfg
chmod +x .local/bin/wslcfg
echo '{"type":"user"}' >.claude/projects/-home-dev/11111111-2222-3333-4444-555555555555.jsonl
printf '#!/bin/sh\necho real\n' >.local/bin/claude; chmod +x .local/bin/claude
left_out='-path ./.local/state -o -path ./.local/share/systemd -o -path ./.cache -o -name .sudo_as_admin_successful'
tree() { find . \( $left_out \) -prune -o -printf '%m %p\n' -type f -exec sha256sum {} + | sort; }
tree >/out/before
# Until the first backup is noted, at most so many seconds.
backed_up() {
    local waited=0
    until [ -e .local/state/wslcfg/backup/last-success ] || [ $waited -gt "$1" ]; do sleep 1; waited=$((waited + 1)); done
    cat .local/state/wslcfg/backup/last-*
}
"""
SYSTEMD = (
    HOME
    + r"""
stamp=.local/share/systemd/timers/stamp-wslcfg-backup.timer
mkdir -p ${stamp%/*}; touch -d '3 days ago' $stamp
step install wslcfg install -c shims -c claude-settings -c login-hint -c backup-timer -c init-scope --yes --root sudo --json
step timers systemctl --user list-timers --all --no-pager
backed_up 120 >/out/last-success
step service systemctl --user show wslcfg-backup.service -p Result -p MemoryMax -p MemoryHigh -p Nice -p OOMScoreAdjust -p IOSchedulingClass
slice=.config/systemd/user/wslcfg-agents.slice
sed -i 's/^\[Slice\]/[Slice]\n# for the builds\nCPUWeight=50/' $slice
sed -i 's/^slice-max = .*/slice-max = 999948288/' .config/wslcfg/inside.conf
step refresh wslcfg install --refresh --yes --json
cp $slice /out/slice
step limits systemctl --user show wslcfg-agents.slice -p MemoryMax -p CPUWeight
step capped .local/bin/wslcfg-run cat /proc/self/cgroup
step status wslcfg status --json
sudo systemctl daemon-reload
step scope systemctl show init.scope -p OOMPolicy
step uninstall wslcfg uninstall --yes --root sudo --json
tree >/out/after
step gone systemctl --user list-timers --all --no-pager
step rest ls /etc/systemd/system/init.scope.d
"""
)
CRON = (
    HOME
    + r"""
printf 'MAILTO=""\n# mine\n* * * * * touch /tmp/ran\n' | crontab -
crontab -l >/out/crontab-before
cp /etc/wsl.conf /out/conf-before
step install wslcfg install --yes --json
crontab -l >/out/crontab
step asks wslcfg install --component cron-start --component boot-folder --yes --json
step root wslcfg install --component cron-start --component boot-folder --yes --root sudo --json
cp /etc/wsl.conf /out/conf
# As WSL's init does it at the next start.
sudo sh -c "$(sed -n 's/^command *= *//p' /etc/wsl.conf | tr -d '"')" >/out/boot.log 2>&1
step daemon pgrep -x cron
sh -c "$(crontab -l | grep -- --tick | cut -d' ' -f6-)"
backed_up 0 >/out/last-success
step capped .local/bin/wslcfg-run cat /proc/self/cgroup
waited=0
until [ -e /tmp/ran ] || [ $waited -gt 90 ]; do sleep 1; waited=$((waited + 1)); done
step ran ls /tmp/ran /tmp/theirs
step again wslcfg install --yes --json
until ! pgrep -f -- --tick >/dev/null; do sleep 1; done
step uninstall wslcfg uninstall --yes --root sudo --json
crontab -l >/out/crontab-after
cp /etc/wsl.conf /out/conf-after
tree >/out/after
step rest ls /usr/local/lib/wslcfg
"""
)


class Seen(NamedTuple):
    """What a boot left."""

    laptop: Laptop
    steps: dict[str, Step]

    def kept(self, name: str) -> str:
        """A file that the script copied aside."""
        return (self.laptop.root / "out" / name).read_text()


def _boot(script: str, *options: str) -> Callable[[Guest, Laptop], Seen]:
    def boot(guest: Guest, laptop: Laptop) -> Seen:
        pre = laptop.root / "pre"
        pre.write_text(PRE)
        return Seen(laptop, guest.run(script, laptop, "--pre", str(pre), *options))

    return boot


BOOTS = {"install-systemd": _boot(SYSTEMD), "install-cron": _boot(CRON, "--init", "none")}


@pytest.fixture(scope="module")
def systemd(booted: Callable[[str], Seen]) -> Seen:
    """One boot with systemd."""
    return booted("install-systemd")


@pytest.fixture(scope="module")
def cron(booted: Callable[[str], Seen]) -> Seen:
    """One boot without."""
    return booted("install-cron")


def test_the_timer_comes_and_catches_up(systemd: Seen) -> None:
    """The timer runs after the install, and what was missed for three days is done at once, with little of the machine."""
    data = systemd.steps["install"].data
    assert data["scheduler"] == "systemd" and "wslcfg-backup.timer" in systemd.steps["timers"].out
    assert '"files"' in systemd.kept("last-success"), systemd.steps["service"]
    shown = dict(line.split("=", 1) for line in systemd.steps["service"].out.splitlines())
    assert shown["Result"] == "success" and shown["MemoryMax"] == str(256 << 20) and shown["MemoryHigh"] == str(128 << 20)
    assert shown["Nice"] == "19" and shown["OOMScoreAdjust"] == "800" and shown["IOSchedulingClass"] in ("3", "idle")


def test_the_slice_keeps_what_people_add(systemd: Seen) -> None:
    """A new limit goes into a slice that was edited, and systemd has both, the person's line and ours; agents run below it."""
    assert systemd.steps["refresh"].data["changed"] is True
    lines = systemd.kept("slice").splitlines()
    assert "# for the builds" in lines and "CPUWeight=50" in lines and "MemoryMax=999948288" in lines
    assert set(systemd.steps["limits"].out.split()) == {"MemoryMax=999948288", "CPUWeight=50"}
    assert re.search(r"/wslcfg\.slice/wslcfg-agents\.slice/wslcfg-[^/]*\.scope", systemd.steps["capped"].out), systemd.steps["capped"]


def test_status_sees_the_pieces(systemd: Seen) -> None:
    """`status` finds every piece whole, the shim in the shells of this person, and the backup that the timer made."""
    data = systemd.steps["status"].data
    assert {one["name"] for one in data["pieces"]} >= {"launcher", "shims", "claude-settings", "backup-timer", "login-hint"}
    assert all(one["whole"] for one in data["pieces"])
    assert all(one["shim"] for one in data["resolves"] if one["shell"] == "bash" and one["how"] != "non-interactive")
    assert data["backup"]["last_success"] and data["backup"]["last_failure"] is None


def test_root_keeps_the_terminals_alive(systemd: Seen) -> None:
    """The drop-in that keeps an OOM kill from ending every terminal is what systemd has afterwards."""
    assert systemd.steps["scope"].out.strip() == "OOMPolicy=continue"


def test_uninstall_leaves_no_trace_with_systemd(systemd: Seen) -> None:
    """Timer, units and root's file are gone, and the home is the very same tree."""
    assert systemd.steps["uninstall"].data["changed"] is True
    assert systemd.kept("after") == systemd.kept("before")
    assert "wslcfg" not in systemd.steps["gone"].out and systemd.steps["rest"].out.strip() == ""


def test_cron_where_systemd_is_off(cron: Seen) -> None:
    """The entry stands in a block of its own among the person's lines, and it is said that nothing runs cron here."""
    assert cron.steps["install"].data["scheduler"] == "cron"
    assert any("nothing runs it" in one["text"] for one in cron.steps["install"].answer["messages"])
    assert cron.kept("crontab").startswith(cron.kept("crontab-before")) and "sessions backup --quiet --tick" in cron.kept("crontab")
    assert '"files"' in cron.kept("last-success")
    assert cron.steps["again"].data["changed"] is False


def test_the_boot_command_is_joined(cron: Seen) -> None:
    """Root's parts need a word of how; ours goes before the person's boot command, both run, cron starts, and agents have a limit without systemd."""
    asked = cron.steps["asks"]
    assert asked.code == 7 and "--root" in asked.answer["errors"][0]["hint"]
    assert cron.steps["root"].data["changed"] is True
    assert "/usr/local/lib/wslcfg/boot; touch /tmp/theirs &" in cron.kept("conf") and cron.kept("conf").startswith("# ours\n")
    assert cron.steps["daemon"].code == 0, cron.kept("boot.log")
    assert cron.steps["ran"].code == 0, cron.steps["ran"]
    assert re.search(r"/wslcfg-[^/]+/s-", cron.steps["capped"].out), cron.steps["capped"]


def test_uninstall_leaves_no_trace_with_cron(cron: Seen) -> None:
    """The crontab, wsl.conf and the home are byte for byte what they were, and root's folder holds nothing."""
    assert cron.kept("crontab-after") == cron.kept("crontab-before")
    assert cron.kept("conf-after") == cron.kept("conf-before")
    assert cron.kept("after") == cron.kept("before")
    assert cron.steps["rest"].out.strip() == ""
