"""`wslcfg facts` on a real kernel: every layout of cgroups that WSL has had, with systemd and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step

pytestmark = [pytest.mark.vm, pytest.mark.slow]

MACHINES = {
    "classic": ("v2-classic", ("--layout", "classic")),
    "isolated": ("v2-isolated", ("--layout", "isolated")),
    "namespaced": ("v2-namespaced", ("--layout", "namespaced")),
    "bare": ("v2-bare", ("--layout", "classic", "--init", "none")),
}
# Every number is read right after the facts, so that both saw the same machine.
SCRIPT = r"""
[ "$(cat /proc/1/comm)" = systemd ] || sudo pg_ctlcluster 15 main start
step facts wslcfg facts --json
step meminfo cat /proc/meminfo
step kernel uname -r
step unit bash -c 'find /sys/fs/cgroup -path "*postgresql@15-main.service/memory.*" | while read -r f; do echo "$(basename $f) $(tr "\n" " " <$f)"; done'
step pss_before sudo sh -c 'for p in $(pgrep postgres); do cat /proc/$p/smaps_rollup; done'
step root sudo -E env PYTHONPATH=/opt/wslcfg python3 -m wslcfg facts --json
step pss sudo sh -c 'for p in $(pgrep postgres); do cat /proc/$p/smaps_rollup; done'
file=/mnt/c/Users/ana/.wslconfig
# WSL's swap is a /dev/sd*, this machine's is not, so that the file says none.
says() { printf "[wsl2]\nmemory=$1\nswap=0\nprocessors=1\n" >$file; touch -d '1 day ago' $file; }
says 2GB; step verify wslcfg verify --json
says 3GB; step missed wslcfg verify --json
"""
KIB = 1024


class Seen(NamedTuple):
    """One booted machine: its layout's name, and what its steps said."""

    layout: str
    steps: dict[str, Step]

    @property
    def facts(self) -> dict:
        """What `facts --json` found."""
        return self.steps["facts"].data

    def service(self, name: str, step: str = "facts") -> dict:
        """A resident service by name."""
        services = self.steps[step].data["services"]["value"]
        found = [one for one in services if one["name"] == name]
        assert len(found) == 1, services
        return found[0]


def boot(layout: str, options: tuple[str, ...]) -> Callable[[Guest, Laptop], Seen]:
    """A boot with these options."""
    return lambda guest, laptop: Seen(layout, guest.run(SCRIPT, laptop, *options))


BOOTS = {name: boot(*machine) for name, machine in MACHINES.items()}


@pytest.fixture(scope="module", params=list(MACHINES))
def seen(request: pytest.FixtureRequest, booted: Callable[[str], Seen]) -> Seen:
    """A machine that was booted and looked at once for all tests here."""
    return booted(request.param)


def test_the_vm_is_what_proc_says(seen: Seen) -> None:
    """Memory, swap, kernel, systemd and the cgroup layout are the real machine's."""
    facts = seen.facts
    info = {name: int(size) * KIB for name, size in re.findall(r"^(\w+): +(\d+) kB$", seen.steps["meminfo"].out, re.MULTILINE)}
    assert facts["distro"]["is_wsl"] is True
    assert facts["vm"]["memory_total"]["value"] == info["MemTotal"] > 1 << 30
    assert facts["vm"]["swap_total"]["value"] == info["SwapTotal"] == 1 << 30
    assert facts["vm"]["swap_areas"] == [{"path": "/dev/vdb", "kind": "partition", "size": 1 << 30, "used": 0}]
    assert facts["vm"]["kernel"]["value"] == seen.steps["kernel"].out.strip() == "6.1.21.2-microsoft-standard-WSL2"
    assert facts["vm"]["cgroup_layout"]["value"] == seen.layout
    assert facts["distro"]["systemd"]["value"] is (seen.layout != "v2-bare")
    assert facts["distro"]["cron"]["value"] == ("installed" if seen.layout == "v2-bare" else "running")
    assert facts["distro"]["system_mount"]["value"] == "/mnt/c"


def test_windows_answered(seen: Seen) -> None:
    """The recorded PowerShell was reached through the kernel's own binfmt_misc."""
    host = seen.facts["host"]
    assert host["how"] == "powershell"
    assert (host["ram"]["value"], host["profile"]["value"]) == (16567500 * KIB, "C:\\Users\\ana")
    assert host["disk_free"]["source"] == "statvfs"


def test_postgresql_is_measured(seen: Seen) -> None:
    """A real PostgreSQL is found and measured: by its cgroup's peak under systemd, by its processes' shares without."""
    service = seen.service("PostgreSQL")
    assert service["running"] is True and service["processes"] >= 5
    if seen.layout == "v2-bare":
        # Another person's processes: what dev may see is an upper bound of what root sees, and far from the sum of RSS.
        # Looked at before and after, for a worker of autovacuum comes and goes.
        least, most = sorted(
            sum(map(int, re.findall(r"^(?:Pss|SwapPss): +(\d+) kB$", seen.steps[step].out, re.MULTILINE))) * KIB
            for step in ("pss_before", "pss")
        )
        resident = sum(map(int, re.findall(r"^Rss: +(\d+) kB$", seen.steps["pss"].out, re.MULTILINE))) * KIB
        root = seen.service("PostgreSQL", "root")
        assert root["how"] == "PSS" and least * 0.95 <= root["current"] <= most * 1.05, (root, least, most)
        assert service["how"] == "RSS" and least * 0.95 <= service["current"] < resident, (service, least, resident)
        return
    assert service["unit"] == "postgresql@15-main.service"
    rows = dict(line.split(" ", 1) for line in seen.steps["unit"].out.splitlines())
    peak = int(rows["memory.peak"])
    assert service["how"] == "cgroup peak" and abs(service["peak"] - peak) <= peak * 0.05, (service, peak)
    assert 1 << 20 < service["current"] <= service["peak"]
    assert service["planned"] == service["peak"] * 6 // 5


def test_nothing_of_its_own_is_counted(seen: Seen) -> None:
    """Neither the session that asks nor wslcfg itself is a resident service."""
    names = {one["name"] for one in seen.facts["services"]["value"]}
    assert names == {"PostgreSQL"}


def test_verify_holds_the_kernels_memory_against_the_file(seen: Seen) -> None:
    """The MemTotal of a real 2 GB kernel is that of `memory=2GB`, near the prediction, and not that of `memory=3GB`."""
    verify, missed = seen.steps["verify"], seen.steps["missed"]
    assert (verify.code, verify.answer["data"]["verdict"], verify.answer["data"]["nearest"]) == (0, "good", "configured"), verify
    guess = verify.answer["data"]["guesses"][0]
    assert abs(guess["mem_total"] - verify.answer["data"]["memory"]["running"]) < 100 << 20
    assert (missed.code, missed.answer["data"]["verdict"], missed.answer["data"]["memory"]["as_wanted"]) == (1, "missed", False)
