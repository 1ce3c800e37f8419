"""A victim that somebody else has ended by the time the kernel comes to it: as a VM of ours wrote it, systemd with OOMPolicy=kill being quicker."""

from __future__ import annotations

import pytest

from wslcfg.oom.reading import read_log

HEAD = """\
[   96.207861] 2.1.231 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[   96.208760] Tasks state (memory values in pages):
[   96.208765] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[   96.208783] [    418]  1000   418    24057    20222   221184        0             0 2.1.231
[   96.208802] [    419]  1000   419     7665     5276   102400        0             0 codex
[   96.208816] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/b.scope,task_memcg=/b.scope,task=2.1.231,pid=418,uid=1000
"""
KILLED = (
    "[   96.2093{}] Memory cgroup out of memory: Killed process 418 (2.1.231) total-vm:96228kB, anon-rss:78584kB, "
    "file-rss:2304kB, shmem-rss:0kB, UID:1000 pgtables:216kB oom_score_adj:0\n"
)
GROUP = "[   96.209526] Tasks in /b.scope are going to be killed due to memory.oom.group set\n"
EXITING = "[   96.244845] Memory cgroup out of memory: OOM victim {} is already exiting. Skip killing the task\n"


def test_one_of_a_group_is_exiting_already() -> None:
    """It dies of the same, so it is a victim beside the others, of which no size is known; none is told twice."""
    [seen] = read_log([(HEAD + KILLED.format(83) + GROUP + KILLED.format(96) + EXITING.format("419 (codex)")).encode()]).seen
    assert [(one.pid, one.comm, one.anon is None) for one in seen.event.victims] == [(418, "2.1.231", False), (419, "codex", True)]
    assert seen.event.group == "/b.scope"


@pytest.mark.parametrize("name", ["2.1.231", "a) is already exiting. Sk", "x (y"])
def test_the_only_one_is_exiting_already(name: str) -> None:
    """Where no kill line follows because the chosen one is on its way out, that is whom it took."""
    [seen] = read_log([(HEAD + EXITING.format(f"418 ({name})")).encode()]).seen
    assert [(one.pid, one.comm) for one in seen.event.victims] == [(418, name)]
    assert not [loss for loss in seen.event.losses if loss.what == "tail"]
