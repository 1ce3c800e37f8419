"""What a sentence of the verdict rests on: the line that says it, and no more than the log can carry."""

from __future__ import annotations

from tests.oom.crashes import crash, reading, task
from wslcfg.cli.table import COMMANDS
from wslcfg.model.size import GIB, MIB
from wslcfg.oom.advice import advice
from wslcfg.oom.event import Line, Victim
from wslcfg.oom.reading import read_log
from wslcfg.oom.simulate import Settings
from wslcfg.oom.story import Advice, Around, Claim, Effect, Incident, Proof
from wslcfg.oom.verdict import verdict
from wslcfg.ui.oom_words import advice_parts, cropped

TRIGGER = "node invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
HEADER = "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name"
ROW = "[  {0}]  1000 {0}    61965     2732     2285      447         0    90112     1824           100 {1}"
KILL = "Out of memory: Killed process 21300 (bash) total-vm:247860kB, anon-rss:9140kB, file-rss:1788kB, shmem-rss:0kB, UID:1000 pgtables:88kB oom_score_adj:100"
MEMCG = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1,task=node,pid=77,uid=0"


def told(*lines: str, at: float = 37.0) -> Incident:
    """The newest crash of a log of the kernel's lines."""
    text = "".join(f"[{at + place / 1000:.6f}] {line}\n" for place, line in enumerate(lines))
    found = verdict(read_log([text.encode()]), Around()).newest
    assert found is not None
    return found


def claims(one: Incident, id: str) -> list[Claim]:
    """The sentences of a kind."""
    return [claim for claim in one.claims if claim.id == id]


def test_a_table_with_rows_missing_accuses_nobody_for_sure() -> None:
    """A dump whose head or tail is cut within its table: who had most is a guess of the rows that are left, and says so; a whole table is a fact."""
    rows = [ROW.format(21300 + number, "bash") for number in range(7)]
    for lines in ([*rows, KILL], [TRIGGER, HEADER, *rows], rows):
        one = told(*lines)
        (culprit,) = claims(one, "culprit")
        assert culprit.certainty == "guess" and "rows that are left" in culprit.text and "missing" in culprit.text, lines
        assert one.innocent is None
        assert all(claim.certainty == "guess" for claim in claims(one, "burst"))
    alone = (HEADER, ROW.format(77, "cron"), ROW.format(78, "cron").replace("2732", "9732"))
    assert not claims(told(*alone), "one-process"), "who is left of a cut table is not accused of a leak"
    (whole,) = claims(told(TRIGGER, HEADER, *rows, KILL), "culprit")
    assert whole.certainty == "fact" and "left" not in whole.text


def test_what_is_lost_shows_the_line_where_it_shows() -> None:
    """The evidence of a loss is the log's own line, and never a word of ours for it; its sentence is one."""
    lost = claims(told(ROW.format(21300, "bash"), ROW.format(21301, "bash")), "lost")
    assert len(lost) > 2
    for claim in lost:
        assert claim.text[0].isupper() and claim.text.endswith(".")
        assert [proof.text.startswith("[  2130") for proof in claim.proofs] == [True]


def test_swap_cites_the_lines_about_swap() -> None:
    """How full swap was is proved by the kernel's lines about it; "all" is said of all."""

    def swap(free_kb: int) -> Claim:
        lines = (TRIGGER, f"Free swap  = {free_kb}kB", "Total swap = 25165824kB", HEADER, ROW.format(21300, "bash"), KILL)
        return claims(told(*lines), "swap")[0]

    assert swap(0).text == "All 24 GB of swap were used too."
    assert [(proof.line, proof.text) for proof in swap(0).proofs] == [(2, "Free swap  = 0kB"), (3, "Total swap = 25165824kB")]
    assert swap(1153434).text == "Nearly all swap was used too: 22.9 GB of 24 GB."
    assert "still free" in swap(9 << 20).text


def test_hidden_memory_cites_its_numbers() -> None:
    """What no process explains is proved by the line that has the number."""
    lines = (
        TRIGGER,
        "active_anon:1000 inactive_anon:1000 isolated_anon:0",
        " active_file:10 inactive_file:10 isolated_file:0",
        " unevictable:0 dirty:0 writeback:0",
        " slab_reclaimable:10 slab_unreclaimable:900000",
        " mapped:10 shmem:10 pagetables:10",
        "Node 0 DMA free:100kB slab_unreclaimable:9kB kernel_stack:0kB",
        "1000000 pages RAM",
        HEADER,
        ROW.format(21300, "bash"),
        KILL,
    )
    (hidden,) = claims(told(*lines), "hidden")
    assert 5 in [proof.line for proof in hidden.proofs] and 7 not in [proof.line for proof in hidden.proofs]


def test_a_victim_without_a_name() -> None:
    """A kill line that ends with the pid: the process is told by that, and the gap is no blank."""
    one = told("Memory cgroup out of memory: Killed process 5678")
    assert "pid 5678 (name not in the log) was killed" in one.headline and "  " not in one.headline
    two = verdict(reading(crash([], "x", victims=(Victim(1, ""), Victim(2, "sh")))), Around()).newest
    assert two is not None and "a process whose name is not in the log and sh" in claims(two, "victim")[0].text


def test_one_process_is_one() -> None:
    """A table of one row is "1 process"."""
    one = told(TRIGGER, HEADER, ROW.format(21300, "bash"), KILL)
    assert claims(one, "culprit")[0].proofs[0].text.startswith("1 process,")


def test_a_cut_dump_of_the_same_second_is_no_crash_of_its_own() -> None:
    """A trigger line at the log's end, just after an explained kill, hides that no more; one of another hour is its own."""
    kill = "Memory cgroup out of memory: Killed process 77 (node) total-vm:299192kB, anon-rss:93176kB, file-rss:316kB, shmem-rss:12kB"
    one = told(TRIGGER, MEMCG, kill, TRIGGER)
    assert one.kind == "container" and len(one.events) == 2 and "node (pid 77)" in one.headline
    assert any("No kill line" in claim.text and claim.proofs[0].line == 4 for claim in claims(one, "lost"))
    later = "".join(f"[{at}.000000] {line}\n" for at, line in ((37, TRIGGER), (37, MEMCG), (37, kill), (3700, TRIGGER)))
    newest = verdict(read_log([later.encode()]), Around()).newest
    assert newest is not None and newest.kind == "unknown"


def test_a_cgroups_shortage_that_only_the_stack_tells() -> None:
    """That it was a cgroup's is proved by the function of the stack, and that nobody could be killed by the line that says so."""
    one = told(
        "Out of memory and no killable processes...",
        TRIGGER,
        "Call Trace:",
        " dump_header+0x43/0x1aa",
        " mem_cgroup_out_of_memory+0xc2/0xd0",
    )
    assert [proof.line for proof in claims(one, "cause")[0].proofs] == [5]
    assert [(claim.text, claim.proofs[0].line) for claim in claims(one, "victim")] == [("The kernel found nobody whom it may kill.", 1)]


def test_what_systemd_oomd_says() -> None:
    """Unit, number of processes, the threshold and what the cgroup had are told, also where the reason is a line of its own."""
    text = (
        "Jul 05 17:33:19 systemd-oomd[1599]: Considered 2 cgroups for killing, top candidates were:\n"
        "Jul 05 17:33:19 systemd-oomd[1599]:   Path: /user.slice/app.slice/tmux.service\n"
        "Jul 05 17:33:19 systemd-oomd[1599]:           Swap Usage: 20.9G\n"
        "Jul 05 17:33:19 systemd-oomd[1599]:   Path: /user.slice/app.slice/other.service\n"
        "Jul 05 17:33:19 systemd-oomd[1599]:           Swap Usage: 30.5G\n"
        "Jul 05 17:33:19 systemd-oomd[1599]: Killed /user.slice/app.slice/tmux.service\n"
        "  due to memory pressure for /user.slice being 56.11% > 50.00% for > 20s with reclaim activity\n"
        "Jul 05 17:33:19 systemd[2036]: tmux.service: systemd-oomd killed 55 process(es) in this unit.\n"
        "Jul 05 17:33:20 systemd[2036]: tmux.service: Failed with result 'oom-kill'.\n"
        "Jul 05 17:33:20 systemd[2036]: tmux.service: Consumed 6h CPU time, 11.7G memory peak, 1.3G memory swap peak.\n"
    )
    one = verdict(read_log([text.encode()]), Around()).newest
    assert one is not None and one.headline == "systemd-oomd ended tmux.service (55 processes)."
    (cause,) = claims(one, "cause")
    assert "56.11% > 50.00%" in cause.text and "20.9 GB of swap" in cause.text
    assert "11.7 GB and 1.3 GB of swap" in claims(one, "peak")[0].text


def test_a_service_gets_its_own_limit() -> None:
    """A culprit that is a system service is given MemoryMax in its unit, not a start by hand."""
    seen = crash([task(517, "clamd", 3 * GIB), task(60, "sshd", MIB)], "clamd", task_cgroup="/system.slice/clamav-daemon.service")
    found = advice(verdict(reading(seen), Around()), Settings(session_max=8 * GIB), frozenset(COMMANDS))
    assert [(one.id, one.command) for one in found if one.id in ("cap", "service-limit")] == [
        ("service-limit", "sudo systemctl edit clamav-daemon.service")
    ]


def test_advice_that_its_own_sum_rejects_is_not_called_help() -> None:
    """What would not have prevented the kill comes last, under a heading of its own."""
    seen = crash([task(517, "ld", 3 * GIB)], "ld", task_cgroup="/init.scope")
    settings = Settings(memory=100 * GIB, swap=0, session_max=8 * GIB, memory_now=4 * GIB, swap_now=0)
    found = advice(verdict(reading(seen), Around()), settings, frozenset(COMMANDS))
    assert [one.id for one in found] == ["memory", "init-scope", "cap"]
    assert [(heading, [number for number, _ in part]) for heading, part in advice_parts(found)] == [
        ("What would have helped", [1, 2]),
        ("What would not have helped", [3]),
    ]
    assert "This shell" not in found[1].text
    assert advice_parts([Advice("x", "cause", "x", None, Effect(False, "no"))])[0][0] == "What would not have helped"


def test_the_word_that_counts_is_not_cut_off() -> None:
    """A long line of evidence keeps what it is shown for: SysRq's order=-1, the cgroup's name."""
    seen = crash([task(5, "sshd", MIB)], "sshd")
    line = "kworker/0:0 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0"
    event = seen.event._replace(invoker=seen.event.invoker and seen.event.invoker._replace(order=-1), evidence=(Line("trigger", 1, line),))
    newest = verdict(reading(seen._replace(event=event)), Around()).newest
    assert newest is not None
    proof: Proof = claims(newest, "cause")[0].proofs[0]
    for wide in range(60, 121):
        shown = cropped(f"    kernel log:1: {proof.text}", proof.mark, wide)
        assert "order=-1" in shown and len(shown) <= wide
