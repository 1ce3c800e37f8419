"""Think: what the kernel says about an out-of-memory, sentence by sentence, in the wording of every version since 2.6.18.

A comm is up to fifteen bytes of a process's own choice: blanks, brackets, line breaks, even the words of these very sentences. So each sentence is
read from the right, where only the kernel's numbers stand.
"""

from __future__ import annotations

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.oom.event import Chosen, Invoker, Victim
from wslcfg.oom.printable import printable

_DOT_ALL = 16

# `node invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=200`
_TRIGGER = late(r"(.{0,60}) invoked oom-killer(?:: ?(.*)|$)", _DOT_ALL)
_GFP = late(r"gfp_mask=(0x[0-9a-f]+(?:\([A-Z_a-z0-9|x]*\))?)")
_ORDER = late(r"order=(-?\d{1,3})\b")
_ADJ = late(r"oom_score_adj=(-?\d{1,5})\b")
# `CPU: 1 UID: 104 PID: 1073875 Comm: postgres Not tainted 6.16.9+deb14-amd64 #1 PREEMPT(lazy)  Debian 6.16.9-1`
_CPU = late(
    r"CPU: \d+ (?:UID: (\d{1,10}) )?PID: (\d{1,10}) Comm: (.*?)(?: (?:Not tainted|Tainted: (?:\[[^\]]*\][, ]*|[A-Z ]+[, ]*)+|Kdump: \S+) *)+(\d\S*) #",
    _DOT_ALL,
)
# `Pid: 23212, comm: php-fpm Not tainted 2.6.32-642.11.1.el6.x86_64 #1`
_OLD_CPU = late(r"Pid: (\d{1,10}), comm: (.*?) (?:Not tainted|Tainted: [A-Z ]+?) *(?:\(?)(\d\S*?)\)? #", _DOT_ALL)
_CONSTRAINT = late(r"oom-kill:\s?constraint=([A-Z_]{4,40})")
_MAYBE_CONSTRAINT = late(r"oom-kill\b.{0,40}?\b(?:task_memcg|oom_memcg|global_oom)\b")
_TASK = late(r",\s?task=(.*?)(?:,\s?pid=(\d{1,10})(?:,\s?uid=(\d{1,10}))?)?\s*$", _DOT_ALL)
_OOM_MEMCG = late(r"\boom_memcg=(.*?)(?=,\s?task_memcg=|,\s?task=|$)", _DOT_ALL)
_TASK_MEMCG = late(r"\btask_memcg=(.*?)(?=,\s?task=|$)", _DOT_ALL)
_CPUSET = late(r"\bcpuset=(.*?),\s?mems_allowed=")
# The sentence may be led in by who ran out: `Memory cgroup out of memory: `, `Out of memory (oom_kill_allocating_task): `.
_LEAD = r"(?:(?P<lead>.{0,200}?(?:[Oo]ut of [Mm]emory|[Nn]o available memory|oom-kill)[^:]{0,60}): ?|\s*)"
_KILLED = late(_LEAD + r"[Kk]illed process (?:(?P<pid>\d{1,10})\b)?(?P<rest>.*)", _DOT_ALL)
_NAMED = late(r",?(?: UID (?P<uid>\d{1,10}),)?\s*\((?P<comm>.*)\)(?P<numbers>[^()]*)$", _DOT_ALL)
# Where something follows that has brackets of its own (a quoting program): the name ends before the first known number.
_NAMED_LOOSE = late(r",?(?: UID (?P<uid>\d{1,10}),)?\s*\((?P<comm>.*?)\),?\s+(?P<numbers>(?:total-vm|vsz|anon-rss):.*)$", _DOT_ALL)
# Somebody else, as a rule systemd with OOMPolicy=kill, has ended it within the milliseconds since the kernel chose it: it dies of the same.
_EXITING = late(_LEAD + r"OOM victim (?P<pid>\d{1,10}) \((?P<comm>.*)\) is already exiting\. Skip killing the task", _DOT_ALL)
_CHOSEN = late(_LEAD + r"[Kk]ill process (?P<pid>\d{1,10}) \((?P<comm>.*)\) score (?P<score>-?\d{1,10})(?: or|,| and|$|\.)", _DOT_ALL)
_KB = late(r"\b(total-vm|vsz|anon-rss|file-rss|shmem-rss|pgtables):(\d{1,18}) ?kB")
_UID = late(r"\bUID:(\d{1,10})\b")
_SCORE_ADJ = late(r"\boom_score_adj:(-?\d{1,5})\b")
# No new sentence; a name may have brackets of its own, and its 15 bytes be written as escapes of four to six signs each.
_CONTINUED = late(r"(?!.{0,120}[Kk]illed process \d).{0,90}?\),? *(?:total-vm|vsz|anon-rss):|\s*(?:total-vm|vsz|anon-rss):", _DOT_ALL)
_GROUP = late(r"Tasks in (.*?) are going to be killed due to memory\.oom\.group set", _DOT_ALL)
# `Task in /A killed as a result of limit of /B`: cgroups until 4.18.
_LIMIT = late(r"Task in (.*?) killed as a result of limit of (.*)", _DOT_ALL)
_REAPED = late(r"oom_reaper: reaped process (\d{1,10}) \(")
_PANIC = late(r"Kernel panic - not syncing: (.*(?:[Oo]ut of memory|on memory).*)")
_NOBODY = late(r"[Oo]ut of memory and no killable processes")
_ANY_CGROUP = late(r"cgroup (/\S*)")


class Constraint(NamedTuple):
    """The line `oom-kill:constraint=…` of kernels from 5.0 on: everything but the sizes."""

    constraint: str | None
    limit_cgroup: str | None
    task_cgroup: str | None
    cpuset: str | None
    is_global: bool
    comm: str | None
    pid: int | None
    uid: int | None


class Killed(NamedTuple):
    """A kill line: the process, and what the words before it say.

    Attributes:
        whole: False where the line breaks off after the pid or within the name, so that the next may go on.
    """

    victim: Victim
    lead: str
    whole: bool


def trigger(body: str) -> Invoker | None:
    """Who needed memory that was not there."""
    if " invoked oom-killer" not in body:
        return None
    found = _TRIGGER.match(body)
    if not found or len(found[1].encode()) > 48:
        return None
    rest = found[2] or ""
    gfp, order, adj = _GFP.search(rest), _ORDER.search(rest), _ADJ.search(rest)
    return Invoker(
        printable(found[1]),
        gfp_mask=gfp[1] if gfp else None,
        order=int(order[1]) if order else None,
        oom_score_adj=int(adj[1]) if adj else None,
    )


def cpu(body: str) -> tuple[int, str, int | None, str] | None:
    """Pid, comm, uid (newer kernels) and kernel release of the line that heads a stack."""
    found = _CPU.search(body)
    if found:
        return int(found[2]), printable(found[3]), int(found[1]) if found[1] else None, found[4]
    found = _OLD_CPU.search(body)
    return (int(found[1]), printable(found[2]), None, found[3]) if found else None


def constraint(body: str) -> Constraint | None:
    """The line that names constraint, cgroups and task."""
    found = _CONSTRAINT.search(body)
    if not found and not _MAYBE_CONSTRAINT.match(body.lstrip()):
        return None
    task, limit, own, cpuset = (pattern.search(body) for pattern in (_TASK, _OOM_MEMCG, _TASK_MEMCG, _CPUSET))
    name = task[1].strip("\n") if task else None
    return Constraint(
        found[1] if found else None,
        printable(limit[1].strip()) if limit else None,
        printable(own[1].strip()) if own else None,
        printable(cpuset[1]) if cpuset else None,
        "global_oom" in body,
        printable(name) if name else None,
        int(task[2]) if task and task[2] else None,
        int(task[3]) if task and task[3] else None,
    )


def killed(body: str, line: int) -> Killed | None:
    """The sentence `Killed process PID (COMM) total-vm:…`, or `OOM victim PID (COMM) is already exiting`, which has no sizes."""
    exiting = _EXITING.match(body) if "OOM victim" in body else None
    if exiting and exiting["lead"]:
        return Killed(Victim(int(exiting["pid"]), printable(exiting["comm"][:64]), line=line), exiting["lead"], True)
    found = _KILLED.match(body) if "illed process" in body else None
    if not found:
        return None
    rest = found["rest"]
    named = _NAMED.match(rest) or _NAMED_LOOSE.match(rest)
    # A line that breaks off still starts with the name's bracket, or ends behind the pid.
    if not named and not (found["pid"] and (rest.startswith(" (") or not rest.strip())):
        return None
    if named and not found["pid"] and not _KB.search(named["numbers"]):
        return None
    numbers = {name: int(number) << 10 for name, number in _KB.findall(named["numbers"])} if named else {}
    uid, adj = (_UID.search(named["numbers"]), _SCORE_ADJ.search(named["numbers"])) if named else (None, None)
    owner = named["uid"] if named else None
    comm = named["comm"] if named else rest[2:]
    victim = Victim(
        int(found["pid"]) if found["pid"] else None,
        printable(comm[:64]),
        numbers.get("total-vm", numbers.get("vsz")),
        numbers.get("anon-rss"),
        numbers.get("file-rss"),
        numbers.get("shmem-rss"),
        int(uid[1]) if uid else int(owner) if owner else None,
        numbers.get("pgtables"),
        int(adj[1]) if adj else None,
        line,
    )
    return Killed(victim, found["lead"] or "", bool(numbers))


def continues(body: str) -> bool:
    """Whether this line is the rest of a kill line that was broken in two, by a line break in the name or by whoever copied it."""
    return _CONTINUED.match(body) is not None


def chosen(body: str) -> tuple[Chosen, str] | None:
    """`Kill process PID (COMM) score N or sacrifice child`, with the words before it."""
    found = _CHOSEN.match(body) if "ill process " in body else None
    return (Chosen(int(found["pid"]), printable(found["comm"][:64]), int(found["score"])), found["lead"] or "") if found else None


def kind_of(lead: str) -> str | None:
    """What kind of shortage the words before a kill line mean."""
    low = lead.lower()
    if "cgroup" in low:
        return "memcg"
    if "in cpuset" in low:
        return "cpuset"
    if "mpol_bind" in low:
        return "mempolicy"
    return "global" if "out of memory" in low else None


def cgroup_of(lead: str) -> str | None:
    """A cgroup's path in the words before a kill line; no kernel writes one there, but posts do."""
    found = _ANY_CGROUP.search(lead)
    return printable(found[1]) if found else None


def is_allocating(lead: str) -> bool:
    """Whether `vm.oom_kill_allocating_task` chose."""
    return "oom_kill_allocating_task" in lead


def group(body: str) -> str | None:
    """The cgroup that is killed whole."""
    found = _GROUP.match(body) if "oom.group" in body else None
    return printable(found[1]) if found else None


def limit(body: str) -> tuple[str, str] | None:
    """The task's cgroup and the one whose limit was hit, of older kernels."""
    found = _LIMIT.match(body) if body.startswith("Task in ") else None
    return (printable(found[1]), printable(found[2].strip())) if found else None


def reaped(body: str) -> int | None:
    """The pid whose memory the kernel took back without waiting."""
    found = _REAPED.match(body) if "oom_reaper" in body else None
    return int(found[1]) if found else None


def panic(body: str) -> str | None:
    """The kernel's last words, where they are about memory."""
    found = _PANIC.match(body) if body.startswith("Kernel panic") else None
    return printable(found[1][:200]) if found else None


def nobody(body: str) -> bool:
    """Whether no process could be killed."""
    return "killable" in body and _NOBODY.match(body) is not None
