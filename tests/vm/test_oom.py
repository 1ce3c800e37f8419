"""`wslcfg oom` on real kills: each cause, on systemd 252 and 257, in classic and isolated layouts, explained from the VM's own journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step

pytestmark = [pytest.mark.vm, pytest.mark.slow]

# Programs are Python under another name: what a process is called is its file's name. A MB that is only asked for is not there; these are written to.
START = r"""
mkdir -p ~/bin
for name in claude node codex 2.1.231; do ln -sf /usr/bin/python3 ~/bin/$name; done
cat >~/hog.py <<'END'
import sys, time
held = [b"x" * (8 << 20) for _ in range(int(sys.argv[1]) // 8)]
time.sleep(float(sys.argv[2]))
END
cat >~/parent.py <<'END'
import os, subprocess
print(subprocess.call([os.path.expanduser("~/bin/node"), os.path.expanduser("~/hog.py"), "400", "0"]))
END
capped() {
    local unit=$1 policy=$2; shift 2
    systemd-run --user --scope --quiet --slice=wslcfg-agents.slice --unit=$unit -p MemoryMax=96M -p MemorySwapMax=0 -p OOMPolicy=$policy "$@"
}
"""
CAPS = r"""
step session capped wslcfg-claude-1 continue ~/bin/claude ~/hog.py 400 0
step group capped wslcfg-batch-2 kill sh -c '~/bin/codex ~/hog.py 16 30 & exec ~/bin/2.1.231 ~/hog.py 400 0'
step child capped wslcfg-claude-3 continue ~/bin/claude ~/parent.py
"""
# The backend of a sleeping query is what the kernel likes best, although it has next to nothing.
POSTGRES = r"""
sudo -u postgres psql -c 'select pg_sleep(300)' >/dev/null 2>&1 &
for try in $(seq 20); do pid=$(pgrep -f 'postgres: .*SELECT'); [ -n "$pid" ] && break; sleep 1; done
echo 1000 | sudo tee /proc/$pid/oom_score_adj
mkdir -p ~/.npm/_logs
npm_runs() {
    while sleep 10; do
        printf '0 verbose cli node npm\n1 verbose title npm run serve\n' >~/.npm/_logs/$(date -u +%Y-%m-%dT%H_%M_%S)_000Z-debug-0.log
    done
}
npm_runs & npm=$!
step global ~/bin/claude ~/hog.py 3000 0
kill $npm
for try in $(seq 30); do [ "$(systemctl show -P Result postgresql@15-main.service)" = oom-kill ] && break; sleep 1; done
"""
# One interpreter for all questions: an emulated one takes seconds to start.
QUESTIONS = {
    "oom": "oom --json --report /out/report.md --report /out/report.html",
    "told": "oom --notice",
    "told_again": "oom --notice",
    "since": "oom --since 1s --json",
    "ring": "oom --log /tmp/ring --json",
}
ASKER = f"""
cat >/tmp/asker.py <<'END'
import contextlib
from wslcfg.__main__ import run
for name, words in {QUESTIONS!r}.items():
    with open(f"/out/{{name}}.out", "w") as out, open(f"/out/{{name}}.err", "w") as err:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(words.split())
    with open(f"/out/{{name}}.code", "w") as file:
        file.write(str(code))
END
"""
ASK = r"""
sync
sudo journalctl --sync
sudo dmesg >/tmp/ring
python3 /tmp/asker.py
"""
# Everything in init.scope ends, this script too; what asks afterwards has to live elsewhere, and ends the VM.
CASCADE = r"""
cat >/tmp/watch.sh <<'END'
step() { local name=$1; shift; "$@" >/out/$name.out 2>/out/$name.err; echo $? >/out/$name.code; }
for try in $(seq 120); do [ "$(systemctl show init.scope -P Result)" = oom-kill ] && break; sleep 1; done
sleep 6
journalctl --sync
export PYTHONPATH=/opt/wslcfg HOME=/root
step oom python3 -m wslcfg oom --json
sync
echo b >/proc/sysrq-trigger
END
sudo systemd-run --quiet --unit=watch -p OOMScoreAdjust=-900 bash /tmp/watch.sh
~/bin/node ~/hog.py 16 600 &
~/bin/claude ~/hog.py 3000 0
sleep 100
"""
# WSL's own limit for its distros, taken down so far that it is reached before the kernel's end.
USER_CAP = r"""
echo $((500 << 20)) | sudo tee /sys/fs/cgroup/wsl-user/memory.max
echo 0 | sudo tee /sys/fs/cgroup/wsl-user/memory.swap.max
step global ~/bin/claude ~/hog.py 3000 0
"""
SMALL = ("--mem", "1G", "--swap", "192M")
BOOKWORM, TRIXIE = "bookworm-postgresql", "trixie"  # systemd 252 with kernel 6.1, systemd 257 with kernel 6.12


class Kind(NamedTuple):
    """A machine to boot: its script, layout and image; `cut` where the VM's power is what ends it."""

    script: str
    layout: str
    image: str
    cut: bool = False


MACHINES = {
    "252-isolated": Kind(CAPS + POSTGRES + ASK, "isolated", BOOKWORM),
    "252-classic": Kind(POSTGRES + CAPS + ASK, "classic", BOOKWORM),
    "257-classic": Kind(CASCADE, "classic", TRIXIE, cut=True),
    "257-isolated": Kind(CAPS + USER_CAP + ASK, "isolated", TRIXIE),
}


class Seen(NamedTuple):
    """What a boot's steps said, and the report files that it wrote."""

    steps: dict[str, Step]
    reports: dict[str, str]

    @property
    def data(self) -> dict[str, Any]:
        """The data of `wslcfg oom --json`, which found a kill."""
        answer = self.steps["oom"].answer
        assert answer["exit_code"] == 1, answer["errors"]
        return dict(answer["data"])

    def incident(self, kind: str, unit: str = "") -> dict[str, Any]:
        """The crash of this kind that is about this unit."""
        found = [one for one in self.data["verdict"]["incidents"] if one["kind"] == kind and unit in str(one["claims"])]
        assert len(found) == 1, [(one["kind"], one["text"]) for one in self.data["verdict"]["incidents"]]
        return dict(found[0])


def boot(machine: Kind) -> Callable[[Guest, Laptop], Seen]:
    """A boot of this machine."""

    def _boot(guest: Guest, laptop: Laptop) -> Seen:
        steps = guest.run(START + ASKER + machine.script, laptop, *SMALL, "--layout", machine.layout, cut=machine.cut, image=machine.image)
        reports = {path.name: path.read_text(encoding="utf-8") for path in (laptop.root / "out").glob("report.*")}
        return Seen(steps, reports)

    return _boot


BOOTS = {f"oom-{name}": boot(machine) for name, machine in MACHINES.items()}


@pytest.fixture(scope="module")
def at(booted: Callable[[str], Seen]) -> Callable[[str], Seen]:
    """What a machine has seen, by its name."""
    return lambda name: booted(f"oom-{name}")


def claims(incident: dict[str, Any]) -> dict[str, str]:
    """The sentences of a crash by their kind."""
    return {one["id"]: one["text"] for one in incident["claims"]}


CAPPED = ("252-isolated", "252-classic", "257-isolated")


@pytest.mark.parametrize("machine", CAPPED)
def test_a_capped_session(at: Callable[[str], Seen], machine: str) -> None:
    """A leaking agent in its own scope is told as that scope's limit, and the VM as not to blame."""
    one = at(machine).incident("session", "wslcfg-claude-1")
    assert (one["killed"], one["culprit"], one["innocent"], one["cascade"]) == (1, "claude", False, False)
    assert "96 MB of 96 MB" in claims(one)["cause"]


@pytest.mark.parametrize("machine", CAPPED)
def test_a_group_that_dies_whole(at: Callable[[str], Seen], machine: str) -> None:
    """With memory.oom.group both processes are victims, each once, and a version-shaped name is Claude."""
    one = at(machine).incident("session", "wslcfg-batch-2")
    assert (one["killed"], one["culprit"]) == (2, "claude")
    assert "memory.oom.group" in claims(one)["victim"]
    event = next(event for event in at(machine).data["events"] if event["group"])
    assert sorted(victim["comm"] for victim in event["victims"]) == ["2.1.231", "codex"]
    assert {victim["program"] for victim in event["victims"]} == {"claude", "codex"}


@pytest.mark.parametrize("machine", CAPPED)
def test_a_child_dies_and_the_session_goes_on(at: Callable[[str], Seen], machine: str) -> None:
    """A tool of a session is killed; that the session itself went on is said."""
    seen = at(machine)
    assert seen.steps["child"].out.strip() == "-9", "the agent lived to tell"
    one = seen.incident("session", "wslcfg-claude-3")
    assert (one["killed"], one["culprit"]) == (1, "node")
    assert "claude" in claims(one)["survivors"]


@pytest.mark.parametrize("machine", ["252-isolated", "252-classic"])
def test_an_innocent_database(at: Callable[[str], Seen], machine: str) -> None:
    """A backend dies for an agent's memory, and systemd stops the whole service: victim, culprit and the service are all named."""
    seen = at(machine)
    one = seen.incident("global")
    assert (one["culprit"], one["innocent"], one["pattern"]) == ("claude", True, "one-process")
    assert one["stopped"] == ["postgresql@15-main.service"] and not one["cascade"]
    assert "npm run serve" in claims(one)["minute"]
    assert "wslcfg run" in str(seen.data["advice"]) or "wslcfg install" in str(seen.data["advice"]) or "limit" in str(seen.data["advice"])
    assert any("postgresql@15-main.service" in str(advice["command"]) for advice in seen.data["advice"]) or machine == "252-classic"


def test_one_kill_ends_the_distro(at: Callable[[str], Seen]) -> None:
    """With systemd 257 a shell is in init.scope; that systemd took it down after one kill is the verdict."""
    seen = at("257-classic")
    data = seen.data
    assert data["verdict"]["kind"] == "init-scope-cascade"
    one = seen.incident("global")
    assert (one["cascade"], one["culprit"], one["killed"]) == (True, "claude", 1)
    assert "init.scope" in claims(one)["cascade"]
    assert data["advice"][0]["id"] == "init-scope"
    event = data["events"][0]
    assert event["programs"][0]["anon"] > 1 << 28, "kernel 6.12 splits anon from file"


def test_wsls_own_limit(at: Callable[[str], Seen]) -> None:
    """A kill by the limit of /wsl-user is the VM that is full, not somebody's cap."""
    one = at("257-isolated").incident("wsl-user")
    assert one["culprit"] == "claude"
    assert "VM was full" in claims(one)["cause"]


@pytest.mark.parametrize("machine", CAPPED)
def test_the_ring_says_the_same(at: Callable[[str], Seen], machine: str) -> None:
    """The same kills are found in dmesg's text, without the journal."""
    seen = at(machine)
    ring = seen.steps["ring"].answer["data"]["events"]

    def killed(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return sorted(
            (victim["pid"], victim["comm"], victim["anon_rss"], event["tasks"]) for event in events for victim in event["victims"]
        )

    assert killed(ring) == killed(seen.data["events"])


@pytest.mark.parametrize("machine", CAPPED)
def test_each_kill_is_told_once(at: Callable[[str], Seen], machine: str) -> None:
    """--notice has a line per crash, then nothing; --since passes over what is older."""
    steps = at(machine).steps
    told = steps["told"]
    assert told.code == 1 and len(told.out.splitlines()) == len(at(machine).data["verdict"]["incidents"])
    assert (steps["told_again"].code, steps["told_again"].out) == (0, "")
    assert steps["since"].code == 0 and steps["since"].answer["data"]["events"] == []


@pytest.mark.parametrize("machine", CAPPED)
def test_reports_are_written_redacted(at: Callable[[str], Seen], machine: str) -> None:
    """Both reports tell of the crash, without the name of the person and of the computer."""
    seen = at(machine)
    assert set(seen.reports) == {"report.md", "report.html"}
    for text in seen.reports.values():
        assert "claude" in text
        assert "wslbox" not in text and "/home/dev" not in text
