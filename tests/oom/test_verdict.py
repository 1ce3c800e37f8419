"""The verdict: cause by cause, victim against culprit, and evidence for every sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.oom.crashes import AT, SESSION, capped, cascade, crash, reading, said, swarm, task
from wslcfg.model.size import GIB, MIB
from wslcfg.oom.event import Account, Copy, Hidden, Invoker, Loss, Notice, Reading, Seen, Table, Victim
from wslcfg.oom.limit import cgroup_limit
from wslcfg.oom.reading import read_log
from wslcfg.oom.story import Agent, Around, Boot, Claim, Counter, Incident, Pane, Proof, Ran, Verdict
from wslcfg.oom.verdict import verdict


def judged(found: Reading, around: Around | None = None) -> Verdict:
    """The verdict."""
    return verdict(found, around or Around())


def claim(one: Incident, id: str) -> Claim:
    """The first sentence of a kind."""
    return next(claim for claim in one.claims if claim.id == id)


def test_the_swarm_is_told_as_its_post_mortem() -> None:
    """Freshell #276: node dies, the sessions are the culprit, they were collected over days, and systemd takes the distro down."""
    tasks = swarm()
    seen = crash(tasks, "node", follow_ups=cascade())
    around = Around(
        ran=(Ran("npm", AT - timedelta(seconds=40), "npm run serve in /home/ana/freshell", Proof("~/.npm/_logs/x", "npm run serve")),),
        panes=tuple(
            Pane(
                f"k{number}",
                "claude",
                "1e99" if number < 5 else f"s{number}" if number < 100 else None,
                "/home/ana/freshell",
                Proof("~/.freshell/x", "tab"),
            )
            for number in range(140)
        ),
        looked=("~/.bash_history",),
    )
    found = judged(reading(seen), around)
    one = found.newest
    assert one is not None
    assert (found.kind, one.kind, one.culprit, one.innocent, one.pattern, one.cascade) == (
        "init-scope-cascade",
        "global",
        "claude",
        True,
        "accumulation",
        True,
    )
    assert "node" in one.headline and "claude had the memory" in one.headline and "whole distro" in one.headline
    assert "369 claude processes" in claim(one, "accumulation").text
    assert "61 GB" in claim(one, "cascade").text
    assert "npm run serve" in claim(one, "minute").text
    assert "5 panes" in claim(one, "duplicates").text
    assert "40 open agent panes have no session id" in next(
        text for text in (claim.text for claim in one.claims) if "no session id" in text
    )


def test_every_sentence_of_a_crash_has_evidence() -> None:
    """A claim that is sure names its line; only what could not be checked may stand without one."""
    tasks = swarm()
    for seen in (crash(tasks, "node", follow_ups=cascade()), capped()):
        one = judged(reading(seen)).newest
        assert one is not None and len(one.claims) > 3
        assert [claim.id for claim in one.claims if not claim.proofs and claim.certainty != "unchecked"] == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (SESSION, "session"),
        ("/user.slice/user-1000.slice/user@1000.service/wslcfg.slice/wslcfg-agents.slice", "slice"),
        ("/wsl-user/wslcfg-Ubuntu", "slice"),
        ("/wsl-user/wslcfg-Ubuntu/session-4711", "session"),
        ("/wsl-user", "wsl-user"),
        ("/wsl-user/distro-9", "wsl-user"),
        ("/docker/" + "3f" * 32, "container"),
        ("/system.slice/docker-" + "3f" * 32 + ".scope", "container"),
        ("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-" + "a" * 64 + ".scope", "container"),
        ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + "0" * 64 + ".scope", "container"),
        ("/lxc/web", "container"),
        ("/system.slice/postgresql@15-main.service", "service"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/run-u7.scope", "cgroup"),
        ("/mine", "cgroup"),
    ],
)
def test_whose_limit(path: str, kind: str) -> None:
    """The path of a cgroup tells whose limit was hit: ours, WSL's, a container's, a service's, somebody's."""
    assert cgroup_limit(path).kind == kind
    found = judged(reading(capped(path=path)))
    assert found.kind == kind
    assert found.newest is not None and claim(found.newest, "cause").certainty == "fact"


def test_a_cap_is_not_the_vm() -> None:
    """A kill by a session's limit says that the rest of the VM had memory, and how full the limit was."""
    one = judged(reading(capped())).newest
    assert one is not None and one.innocent is False
    assert "4 GB of 4 GB used" in claim(one, "cause").text and "wslcfg-claude-7" in claim(one, "cause").text
    assert "had memory" in one.headline
    assert one.pattern == "one-process"


def test_kernel_memory_is_nobodys_fault() -> None:
    """When slab outweighs all programs no program is called the culprit (claude-code #30470)."""
    seen = crash([task(40, "claude", 300 * MIB)], "claude")
    seen = Seen(
        seen.event._replace(memory=seen.event.memory._replace(ram=50 * GIB)),
        seen.account._replace(hidden=Hidden(0, (("slab_unreclaimable", 49 * GIB),))),
    )
    one = judged(reading(seen)).newest
    assert one is not None and one.culprit == "the kernel" and one.innocent is True
    assert "49 GB" in claim(one, "hidden").text and "kernel's own" in one.headline


def test_who_asked_is_not_guilty() -> None:
    """The invoker of the killer is named as chance, unless it is the victim or the culprit itself."""
    tasks = swarm()
    one = judged(reading(crash(tasks, "node"))).newest
    assert one is not None and "npm run serve" in claim(one, "invoker").text
    other = judged(reading(crash(tasks, "node", invoker=Invoker("claude", 5)))).newest
    assert other is not None and not [claim for claim in other.claims if claim.id == "invoker"]


def test_burst_accumulation_and_one_process() -> None:
    """Pids side by side are a burst, pids all over the range are accumulation, one heavy process is neither."""
    burst = [task(90_000 + 20 * number, "claude", 200 * MIB) for number in range(40)] + [
        task(7, "claude", 200 * MIB),
        task(90, "sshd", MIB),
    ]
    assert judged(reading(crash(burst, "claude"))).incidents[0].pattern == "burst"
    assert judged(reading(crash(swarm(), "node"))).incidents[0].pattern == "accumulation"
    leak = [task(90, "claude", 20 * GIB), *(task(100 + number, "claude", 200 * MIB) for number in range(20))]
    found = judged(reading(crash(leak, "claude"))).incidents[0]
    assert found.pattern == "one-process" and "pid 90" in claim(found, "one-process").text
    few = [task(90, "node", 2 * GIB), task(100, "node", 2 * GIB), task(5000, "node", 2 * GIB)]
    assert judged(reading(crash(few, "node"))).incidents[0].pattern == "unknown"


def test_kills_of_one_shortage_are_one_crash() -> None:
    """Kills within two minutes about the same limit are one story; another limit or another hour is another."""
    tasks = swarm()
    first = crash(tasks, "node")
    second = crash(tasks, "codex", at=AT + timedelta(seconds=30))
    later = crash(tasks, "node", at=AT + timedelta(hours=3))
    found = judged(reading(first, second, capped(), later))
    assert [len(one.events) for one in found.incidents] == [2, 1, 1]
    assert found.incidents[0].killed == 2
    assert found.newest is not None and found.newest.at == AT + timedelta(hours=3)


def test_a_service_that_systemd_stopped_is_named() -> None:
    """A database whose one backend was killed, and which systemd then stopped whole, is told as that."""
    tasks = [task(50, "claude", 900 * MIB), task(60, "postgres", 30 * MIB)]
    stop = said("unit-failed", "postgresql@15-main.service", "postgresql@15-main.service: Failed with result 'oom-kill'.")
    one = judged(reading(crash(tasks, "postgres", follow_ups=(stop,)))).newest
    assert one is not None and one.stopped == ("postgresql@15-main.service",) and one.innocent is True and not one.cascade
    assert "postgresql@15-main.service" in one.headline


def test_systemd_alone_is_a_kill_whose_culprit_is_unknown() -> None:
    """Only `init.scope: Failed with result 'oom-kill'` in the log: a cascade, but nobody is accused."""
    found = judged(reading(notices=cascade()))
    one = found.newest
    assert found.kind == "init-scope-cascade" and one is not None
    assert (one.kind, one.culprit, one.innocent) == ("systemd", None, None)


def test_oomd_and_earlyoom_are_not_the_kernel() -> None:
    """A kill by systemd-oomd or earlyoom is told as theirs, with the number of processes where it is said."""
    oomd = Notice(
        "systemd-oomd",
        "oomd-killed",
        3,
        "tmux.service: systemd-oomd killed 55 process(es) in this unit.",
        "tmux.service",
        processes=55,
        at=AT,
    )
    failed = said("unit-failed", "tmux.service", "tmux.service: Failed with result 'oom-kill'.")
    one = judged(reading(notices=(oomd, failed))).newest
    assert one is not None and (one.kind, one.killed, one.stopped) == ("oomd", 55, ("tmux.service",))
    early = Notice("earlyoom", "earlyoom-kill", 3, 'sending SIGTERM to process 77 uid 1000 "node"', victim=Victim(77, "node"), at=AT)
    other = judged(reading(notices=(early,))).newest
    assert other is not None and other.kind == "earlyoom" and "node (pid 77)" in claim(other, "victim").text


def test_sysrq_is_a_persons_wish() -> None:
    """SysRq-F kills although memory may be fine; that is what is said."""
    one = judged(reading(crash([task(5, "sshd", MIB)], "sshd", invoker=Invoker("kworker/0:1", 9, order=-1)))).newest
    assert one is not None and one.kind == "manual"


def test_what_the_log_lost_is_said() -> None:
    """Lost lines are "not checked", replays one kill, and a kill without a table accuses nobody."""
    seen = crash([], "x", losses=(Loss("ring", "The ring buffer was too small.", 1),), copies=(Copy("replay", 500), Copy("replay", 900)))
    seen = Seen(seen.event._replace(victims=(Victim(4, "2.1.231"),), table=Table()), Account())
    one = judged(reading(seen)).newest
    assert one is not None
    assert claim(one, "lost").certainty == "unchecked" and "3 times" in claim(one, "replayed").text
    assert one.culprit is None and one.innocent is None and claim(one, "culprit").certainty == "unchecked"


def boots(same_vm: bool, ended: str = "abrupt") -> tuple[Boot, ...]:
    """Two boots: the first ended so, the second began a minute later in the same VM or in a new one."""
    clock = AT - timedelta(hours=5)
    later = AT + timedelta(minutes=1)
    last = Proof("journal of boot aaaa", "cron: session closed")
    return (
        Boot("aaaa", -1, clock, AT, clock, ended, last),
        Boot("bbbb", 0, later, later + timedelta(hours=1), clock if same_vm else later, "running"),
    )


def test_windows_ended_the_vm() -> None:
    """A journal that just stops, a new clock and no kill: the VM was ended from outside; with the same clock only the distro was."""
    assert judged(reading(), Around(boots=boots(False))).kind == "vm-ended"
    assert judged(reading(), Around(boots=boots(True))).kind == "distro-ended"
    assert judged(reading(), Around(boots=boots(False, "shutdown"))).kind == "none"
    assert judged(reading(crash(swarm(), "node")), Around(boots=boots(False))).endings == (), "a kill explains the end"


def test_nothing_is_nothing_and_unchecked_stays() -> None:
    """No kill is said as such, and what could not be looked at is not turned into "fine"."""
    found = judged(reading(), Around(unchecked=("The journal could not be asked.",)))
    assert (found.kind, found.incidents, found.unchecked) == ("none", (), ("The journal could not be asked.",))


def test_a_count_without_lines_is_not_nothing() -> None:
    """Kills that only the cgroup has counted are said, unless their lines are there."""
    counted = Around(counters=(Counter("/wslcfg-agents.slice", 3, 9),))
    assert "3 kills" in judged(reading(), counted).unchecked[0]
    assert judged(reading(capped()), counted).unchecked == ()


def test_the_inventory_speaks_of_the_time_of_the_kill() -> None:
    """Sessions that began after the kill, or were seen long after it, are no witnesses; the same id twice is a duplicate."""

    def agent(number: int, session: str, began: timedelta, seen: timedelta) -> Agent:
        return Agent(
            "claude", session, number, "/home/ana/shop", AT + began, AT + seen, "busy", False, Proof("~/.claude/sessions", session)
        )

    day = timedelta(days=1)
    agents = (
        agent(1, "same", -9 * day, -day),
        agent(2, "same", -day, timedelta(0)),
        agent(3, "after", timedelta(minutes=5), day),
        agent(4, "gone on", -day, day),
    )
    one = judged(reading(crash(swarm(), "node")), Around(agents=agents)).newest
    assert one is not None and one.sessions == 2
    assert "2 sessions" in claim(one, "inventory").text and "9 days" in claim(one, "inventory").text
    assert "2 times at once" in claim(one, "duplicates").text


def test_units_do_not_hide_what_somebody_started() -> None:
    """Systemd's units of a boot come after an npm run, however many they are."""
    units = tuple(
        Ran("unit", AT - timedelta(seconds=90), f"systemd started u{number}.service", Proof("journal", "x")) for number in range(40)
    )
    around = Around(ran=(*units, Ran("npm", AT - timedelta(seconds=5), "npm run serve", Proof("x", "y"))))
    one = judged(reading(crash(swarm(), "node")), around).newest
    assert one is not None and claim(one, "minute").text.startswith("In the two minutes before: npm run serve; systemd started u0.service")


def test_without_a_time_nothing_is_said_about_the_minute() -> None:
    """A log without dates cannot be compared with what ran: that is said, not passed over."""
    around = Around(ran=(Ran("npm", AT, "npm test", Proof("x", "y")),), looked=("~/.npm/_logs",))
    one = judged(reading(crash(swarm(), "node", at=None)), around).newest
    assert one is not None and claim(one, "minute").certainty == "unchecked"


def test_a_service_that_stops_late_belongs_to_its_own_kill() -> None:
    """Another kill before the service has stopped is not told as what stopped it; one long before, or of another unit, is not either."""
    unit = "postgresql@15-main.service"
    lines = (
        "55:44 laptop kernel: oom-kill:constraint=CONSTRAINT_NONE,mems_allowed=0,global_oom,task_memcg=/system.slice/UNIT,task=postgres,pid=383,uid=101",
        "55:44 laptop kernel: Out of memory: Killed process 383 (postgres) total-vm:219812kB, anon-rss:3432kB, file-rss:0kB",
        "55:54 laptop kernel: oom-kill:constraint=CONSTRAINT_MEMCG,mems_allowed=0,oom_memcg=/a.scope,task_memcg=/a.scope,task=claude,pid=412,uid=1000",
        "55:54 laptop kernel: Memory cgroup out of memory: Killed process 412 (claude) total-vm:112620kB, anon-rss:97812kB, file-rss:0kB",
        "LATE laptop systemd[1]: SAID: Failed with result 'oom-kill'.",
    )

    def told(late: str, said: str, *, before: str = "2026-11-26T09:", after: str = "+00:00") -> list[list[str | None]]:
        stamped = (line.replace("LATE", late).replace("SAID", said).replace("UNIT", unit).partition(" ") for line in lines)
        text = "".join(f"{before}{at}{after} {rest}\n" for at, _, rest in stamped)
        return [[notice.unit for notice in seen.event.follow_ups] for seen in read_log([text.encode()]).seen]

    assert told("55:56", unit) == [[unit], []]
    assert told("55:56", "a.scope") == [[], ["a.scope"]]
    assert told("55:56", "other.service") == [[], ["other.service"]]
    assert told("58:20", unit) == [[], [unit]]
    assert told("55:56", unit, before="Nov 26 09:", after="") == [[unit], []]
