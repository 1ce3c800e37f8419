"""The launcher on a real kernel and real systemds: every rung of its ladder in every layout of cgroups that WSL has had."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import IMAGE, Guest, Laptop, Step
from tests.vm.launcher_script import AFTER_FOLDER, CORE, DROP_IN, FOLDER, INIT_SCOPE, POSTGRES, SESSION, SETUP, SYSTEMD, TIMED
from wslcfg.model.inside import parse_record

pytestmark = [pytest.mark.vm, pytest.mark.slow]

MIB = 1 << 20
SLICE = "wslcfg.slice/wslcfg-agents.slice"
SMALL = ("--mem", "1G", "--swap", "256M")


class Kind(NamedTuple):
    """A machine: its script and options, where a launched program has to be, its image, and what root does before the boot."""

    script: str
    options: tuple[str, ...]
    place: str
    image: str = IMAGE
    pre: str = ""


def folder(*words: str) -> str:
    """The script of a machine without systemd; `words` are further options of the boot script."""
    return SETUP + FOLDER.replace("@", " ".join(words)) + CORE + AFTER_FOLDER


USER = rf"/user\.slice/user-1000\.slice/user@1000\.service/{SLICE}/wslcfg-\w+-\d+-\d+\.scope"
KINDS = {
    "launch-trixie": Kind(
        SETUP + CORE + SYSTEMD + TIMED + INIT_SCOPE, (*SMALL, "--layout", "classic", "--cpus", "2"), USER, "trixie", DROP_IN
    ),
    "launch-isolated": Kind(SETUP + CORE + POSTGRES, (*SMALL, "--layout", "isolated"), rf"/wsl-user/distro-9/systemd{USER}"),
    "launch-namespaced": Kind(SETUP + CORE + SYSTEMD, (*SMALL, "--layout", "namespaced"), USER),
    "launch-bare-classic": Kind(folder(), (*SMALL, "--init", "none", "--layout", "classic"), r"/wslcfg-Debian/s-\d+-\d+"),
    "launch-bare-isolated": Kind(folder(), (*SMALL, "--init", "none", "--layout", "isolated"), r"/wsl-user/wslcfg-Debian/s-\d+-\d+"),
    "launch-bare-namespaced": Kind(
        folder("--move-others"), (*SMALL, "--init", "none", "--layout", "namespaced"), r"/wslcfg-Debian/s-\d+-\d+"
    ),
}
BARE = [name for name in KINDS if "bare" in name]
SCOPED = [name for name in KINDS if "bare" not in name]


class Seen(NamedTuple):
    """One booted machine and what its steps said."""

    kind: Kind
    steps: dict[str, Step]

    def where(self, step: str, line: int = 0) -> list[str]:
        """What `where` said in a step: path, memory.max, memory.swap.max, pids.max, oom_score_adj, pid."""
        said = self.steps[step]
        assert said.code == 0, said
        return said.out.splitlines()[line].split()

    def reports(self, step: str) -> list[dict[str, str]]:
        """The reports that a step has shown, one after the other."""
        texts = re.split(r"^(?=kind=)", self.steps[step].out, flags=re.M)
        return [parse_record(text) for text in texts if text.startswith("kind=")]


def boot(kind: Kind) -> Callable[[Guest, Laptop], Seen]:
    """A boot of a machine."""

    def run(guest: Guest, laptop: Laptop) -> Seen:
        pre = laptop.root / "pre"
        pre.write_text(kind.pre or "#!/bin/sh\n")
        return Seen(kind, guest.run(kind.script, laptop, *kind.options, "--pre", str(pre), image=kind.image))

    return run


BOOTS = {name: boot(kind) for name, kind in KINDS.items()}


@pytest.fixture(scope="module", params=list(KINDS))
def seen(request: pytest.FixtureRequest, booted: Callable[[str], Seen]) -> Seen:
    """Each machine in turn."""
    return booted(request.param)


@pytest.fixture(scope="module", params=SCOPED)
def scoped(request: pytest.FixtureRequest, booted: Callable[[str], Seen]) -> Seen:
    """Each machine with systemd."""
    return booted(request.param)


@pytest.fixture(scope="module", params=BARE)
def bare(request: pytest.FixtureRequest, booted: Callable[[str], Seen]) -> Seen:
    """Each machine without systemd."""
    return booted(request.param)


def test_the_limit_is_real(seen: Seen) -> None:
    """The program is in a group of its own, out of the shell's, with the limits on memory, swap and tasks, and is ended before others."""
    path, memory, swap, tasks, score, _ = seen.where("where")
    assert re.fullmatch(seen.kind.place, path), path
    assert path != seen.steps["before"].out.strip() and "init.scope" not in path
    assert (memory, swap, tasks, score) == (str(128 * MIB), "0", "2000", "200")
    assert seen.where("given")[:3] == [seen.where("given")[0], str(64 * MIB), str(32 * MIB)]


def test_the_program_is_itself(seen: Seen) -> None:
    """It keeps the pid, gets every argument as it was, and its exit code and signals are its own."""
    first, second = seen.steps["same"].out.splitlines()
    assert second.split()[-1] == first
    wanted = ["a  b", "$HOME", "*", "", "new\nline", "%i", "\\x", '"', "'", "--", "--limit"]
    assert json.loads(seen.steps["args"].out) == wanted
    assert (seen.steps["code"].code, seen.steps["signal"].code) == (42, 143)


def test_the_family_stays(seen: Seen) -> None:
    """Children, forks, daemons and what was put into a session of its own are all under the one limit."""
    kin = dict(line.split(":", 1) for line in seen.steps["kin"].out.splitlines())
    assert kin.keys() == {"self", "fork", "setsid", "daemon", "tool"}
    assert len(set(kin.values())) == 1 and re.fullmatch(seen.kind.place, kin["self"])


def test_a_child_does_not_leave_its_parents_limit(seen: Seen) -> None:
    """Within a session the launcher execs plainly; as process wrapper it makes a new group, silently."""
    inner, outer = seen.where("nested"), seen.steps["nested"].out.splitlines()[-1].split()
    assert inner[0] == outer[0]
    session, service = seen.where("own"), seen.where("own", 1)
    assert re.fullmatch(seen.kind.place, service[0]) and service[0] != session[0]
    assert re.fullmatch(seen.kind.place, seen.where("wrapper")[0])
    assert seen.steps["wrapper"].err == ""


def test_a_leak_ends_at_the_limit(seen: Seen) -> None:
    """The leaking program is killed; where a child leaked, only the child; the neighbour in the same slice lives on."""
    assert seen.steps["leak"].code == 137
    assert seen.steps["child"].out == "the child ended with -9\n" and seen.steps["child"].code == 0
    assert seen.steps["second"].code == 137
    assert (seen.steps["neighbour"].code, seen.steps["neighbour"].out) == (0, "holds\nlives\n")


def test_the_reports_say_what_happened(seen: Seen) -> None:
    """A report names what was killed, at which limit, the peak, and the line that resumes the session; it is shown once."""
    of_child, of_leak = sorted(seen.reports("reports"), key=lambda report: "session" in report)
    for report in (of_child, of_leak):
        assert (report["kind"], report["program"], report["victims"], report["at-limit"]) == ("killed", "claude", "claude", "session")
        # The kernel counts by batches of pages, so the peak can be a few pages above.
        assert 128 * MIB <= int(report["peak"]) < 129 * MIB and int(report["limit"]) == 128 * MIB and int(report["oom-kills"]) >= 1
    assert of_leak["resume"] == f"cd /home/dev/family && claude --resume {SESSION}0"
    assert "limit of 128 MB" in of_leak["text"] and of_leak["resume"] in of_leak["next"]
    first, second = seen.steps["hint"].err.split("again\n")
    assert first.count("The kernel killed claude at the session's limit of 128 MB") == 2 and second == ""


def test_a_whole_session_can_be_killed(seen: Seen) -> None:
    """With kill-whole-session the parent dies with the child that leaked, and the report is there all the same."""
    assert seen.steps["whole"].code == 137
    assert [report["at-limit"] for report in seen.reports("wholes")][-1:] == ["session"]


def test_nothing_stays_behind(seen: Seen) -> None:
    """The records of live programs go with them, and a working ladder has nothing to log."""
    assert seen.steps["live"].out == ""
    assert seen.steps["log"].out == ""


@pytest.mark.parametrize("name", [name for name in SCOPED if "isolated" not in name])
def test_it_finds_the_user_manager(name: str, booted: Callable[[str], Seen]) -> None:
    """From a system service and with an empty environment, as cron and `wsl.exe -e` give it, the scope is made all the same."""
    seen = booted(name)
    for step in ("service", "bare"):
        assert re.fullmatch(seen.kind.place, seen.where(step)[0]), seen.steps[step]


@pytest.mark.parametrize("name", [name for name in SCOPED if "isolated" not in name])
def test_an_escape_is_seen(name: str, booted: Callable[[str], Seen]) -> None:
    """A process that leaves the limit within the first seconds is reported with its place."""
    (report,) = booted(name).reports("left")
    assert report["kind"] == "escaped"
    assert re.search(r"sleep \(process \d+ in /.*/elsewhere\)", report["text"]), report


def test_postgresql_lives(booted: Callable[[str], Seen]) -> None:
    """With a limit the leaking agent dies and PostgreSQL keeps its start time; without one the kernel takes a backend, and all agents live."""
    steps = booted("launch-isolated").steps
    assert steps["capped"].code == 137
    assert steps["started_before"].out == steps["started_capped"].out != ""
    assert steps["query"].code not in (0, 124)
    assert steps["open"].out.strip() == "5"
    assert re.search(r"Killed process \d+ \(postgres\)", steps["killed"].out)


def test_an_oom_kill_leaves_the_shells(booted: Callable[[str], Seen]) -> None:
    """With OOMPolicy=continue for init.scope a kill there ends one process; systemd 257 would stop them all."""
    steps = booted("launch-trixie").steps
    assert steps["before"].out.strip() == "/init.scope"
    assert steps["global"].code == 137
    assert steps["bystander"].code == 0
    assert steps["systemd"].out.split() == ["OOMPolicy=continue", "ActiveState=active"]


def test_the_start_costs_little(booted: Callable[[str], Seen]) -> None:
    """A start takes at most twice what a plain systemd-run scope takes in the same VM, as medians of runs in turn."""
    ours, theirs = map(float, booted("launch-trixie").steps["timed"].out.split())
    print(f"launcher {ours * 1e3:.0f} ms, systemd-run {theirs * 1e3:.0f} ms, {ours / theirs:.2f}x")
    assert ours <= 2.0 * theirs


def test_without_a_rung_it_is_said(bare: Seen) -> None:
    """Before root has prepared the folder a program runs with one loud line, or not at all where that is wanted."""
    said = bare.steps["bare_where"]
    assert said.code == 0 and said.err.count("wslcfg: ") == 1
    assert "WITHOUT A MEMORY LIMIT: systemd is off, and root has not prepared wslcfg-Debian" in said.err
    assert bare.steps["refused"].code == 3 and bare.steps["refused"].out == "" and bare.steps["refused"].err.count("\n") == 2


def test_the_boot_folder(bare: Seen) -> None:
    """The folder lies beside the distros' own groups with the limit of all sessions, a second run changes nothing, and ended sessions leave nothing."""
    assert bare.steps["prepared"].code == 0 and bare.steps["again"].code == 0, bare.steps["prepared"]
    ((path, limit),) = [line.split() for line in bare.steps["tree"].out.splitlines()]
    assert path == "/sys/fs/cgroup" + bare.kind.place.split("/s-")[0] and limit == str(256 * MIB)
    assert bare.steps["swept"].out == ""


def test_a_group_that_holds_processes_is_not_forced(booted: Callable[[str], Seen]) -> None:
    """In a namespace of its own without systemd nothing is moved unless that is asked for: it says what would help."""
    plain = booted("launch-bare-namespaced").steps["plain"]
    assert plain.code == 1 and "systemd=true" in plain.err
