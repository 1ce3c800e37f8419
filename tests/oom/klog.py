"""Makes kernel logs of an out-of-memory: what the kernel says, version by version, and how each program writes it down.

The sentences are those of mm/oom_kill.c, mm/show_mem.c and mm/memcontrol.c of the versions named; nothing is copied from anybody's log.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from wslcfg.oom.printable import printable

PTES = ("2.6.32", "3.13")
VERSIONS = ("2.6.32", "3.13", "4.4", "4.18", "5.0", "5.4", "5.15", "6.1", "6.12", "6.18", "7.1")
KINDS = ("global", "memcg", "cpuset", "allocating", "group", "panic", "nobody", "sysrq", "child")
RELEASES = {
    "2.6.32": "2.6.32-642.11.1.el6.x86_64",
    "3.13": "3.13.0-43-generic",
    "4.4": "4.4.0-91-generic",
    "4.18": "4.18.0-553.8.1.el8_10.x86_64",
    "5.0": "5.0.21",
    "5.4": "5.4.72-microsoft-standard-WSL2",
    "5.15": "5.15.167.4-microsoft-standard-WSL2",
    "6.1": "6.1.0-31-amd64",
    "6.12": "6.12.43+deb13-amd64",
    "6.18": "6.18.20.1-microsoft-standard-WSL2",
    "7.1": "7.1.0-rc2",
}
COMMS = (
    "claude,2.1.231,node,MainThread,node-MainThread,npm run serve,npm exec @scope,postgres,bash,systemd-oomd,python3.11,(sd-pam),"
    "GC Thread#9,f2b/f.postfix,kworker/0:2,java,codex,a) b,x (y,tsserver,chrome,containerd-shim,5 8 13,zoom,Web Content"
).split(",")


class Proc(NamedTuple):
    """A process of the made dump, sizes in pages."""

    pid: int
    comm: str
    uid: int = 1000
    total_vm: int = 1000
    anon: int = 100
    file: int = 10
    shmem: int = 0
    pgtables: int = 40960
    swap: int = 0
    adj: int = 0

    @property
    def rss(self) -> int:
        """Resident pages."""
        return self.anon + self.file + self.shmem


class Made(NamedTuple):
    """What is true of a made dump."""

    version: str
    kind: str
    procs: tuple[Proc, ...]
    victim: Proc
    invoker: Proc
    numbers: dict[str, int]
    limit_cgroup: str | None
    task_cgroup: str
    page: int = 4096
    order: int = 0
    comms_are_odd: bool = False

    @property
    def is_old(self) -> bool:
        """Before 5.0 no line `oom-kill:constraint=`."""
        return self.version in ("2.6.32", "3.13", "4.4", "4.18")

    @property
    def killed(self) -> tuple[Proc, ...]:
        """Who dies, in the order of the kill lines."""
        if self.kind in ("panic", "nobody"):
            return ()
        return self.procs[:3] if self.kind == "group" else (self.victim,)


def make(rng: random.Random, version: str, kind: str, tasks: int = 12, comms: tuple[str, ...] = tuple(COMMS), page: int = 4096) -> Made:
    """A dump with random processes."""
    pids = sorted(rng.sample(range(1, 99_999 if version < "4.18" else 4_000_000), tasks))
    procs = tuple(
        Proc(
            pid,
            rng.choice(comms),
            rng.choice((0, 1000, 1000, 65534, 123456)),
            rng.choice((249, 5000, 200_000, 17_000_000, 296_469_227)),
            rng.choice((0, 27, 3000, 1_814_349)),
            rng.choice((0, 1, 700, 20_000)),
            rng.choice((0, 0, 12)),
            rng.randrange(4, 3000) * 4096,
            rng.choice((0, 0, 5, 2_083_101)),
            rng.choice((0, 0, 0, 200, -900, -1000, 988)),
        )
        for pid in pids
    )
    numbers = {
        name: rng.randrange(1, 4_000_000)
        for name in "active_anon inactive_anon active_file inactive_file unevictable slab_reclaimable slab_unreclaimable mapped shmem pagetables free".split()
    }
    numbers |= {"ram": 4_115_400, "reserved": rng.randrange(97_082), "swap_free": rng.randrange(84), "swap_total": 25_165_820}
    in_cgroup = kind in ("memcg", "group", "nobody")
    limit = "/user.slice/user-1000.slice/user@1000.service/wslcfg-agents.slice" if in_cgroup else None
    own = (
        f"{limit}/run-r{rng.randrange(99)}.scope" if limit else rng.choice(("/init.scope", "/", "/system.slice/postgresql@15-main.service"))
    )
    victim = procs[0] if kind == "group" else rng.choice(procs)
    invoker = victim if kind == "allocating" else rng.choice(procs)
    return Made(version, kind, procs, victim, invoker, numbers, limit, own, page, -1 if kind == "sysrq" else 0)


def bodies(made: Made) -> list[str]:
    """The messages of the dump, one after the other; some have several lines."""
    if made.version == "2.6.32":
        made = made._replace(kind="global") if made.kind not in ("global", "child", "memcg") else made
    said = _head(made)
    said += _cgroup(made) if made.limit_cgroup else _memory(made)
    said += _table(made)
    return said + _kill(made)


def _head(made: Made) -> list[str]:
    name, old = made.invoker.comm, made.version == "2.6.32"
    flags = "0x280da" if made.version in PTES else "0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)"
    node = ", nodemask=(null)" if made.version in ("4.4", "4.18") else ""
    adj = f"oom_adj=0, oom_score_adj={made.invoker.adj}" if old else f"oom_score_adj={made.invoker.adj}"
    said = [f"{name} invoked oom-killer: gfp_mask={flags}{node}, order={made.order}, {adj}"]
    if made.is_old:
        said.append(f"{name} cpuset=/ mems_allowed=0")
    release = RELEASES[made.version]
    uid = f"UID: {made.invoker.uid} " if made.version in ("6.12", "6.18", "7.1") else ""
    if old:
        said.append(f"Pid: {made.invoker.pid}, comm: {name} Not tainted {release} #1")
    else:
        said.append(f"CPU: 3 {uid}PID: {made.invoker.pid} Comm: {name} Not tainted {release} #1 SMP")
        said.append("Hardware name: Microsoft Corporation Virtual Machine/Virtual Machine, BIOS Hyper-V UEFI Release v4.1 05/09/2022")
    said.append("Call Trace:")
    frame = " [<ffffffff81131420>] ? " if made.version in PTES else " "
    functions = ["dump_stack+0x6d/0x8b", "dump_header+0x4f/0x1eb", "oom_kill_process.cold+0xb/0x10", "out_of_memory+0x1cf/0x4d0"]
    functions += ["mem_cgroup_out_of_memory+0x13f/0x160"] if made.limit_cgroup else ["__alloc_pages_slowpath.constprop.0+0xc2d/0xdd0"]
    return [
        *said,
        *(frame + function for function in functions),
        "RIP: 0033:0x7f5ba27c6d6f",
        "Code: Unable to access opcode bytes at 0x7f5ba27c6d45.",
    ]


def _memory(made: Made) -> list[str]:
    n = made.numbers
    kb = made.page // 1024
    lists = (
        f"active_anon:{n['active_anon']} inactive_anon:{n['inactive_anon']} isolated_anon:0\n active_file:{n['active_file']}"
        f" inactive_file:{n['inactive_file']} isolated_file:0\n unevictable:{n['unevictable']} dirty:56 writeback:20\n"
        f" slab_reclaimable:{n['slab_reclaimable']} slab_unreclaimable:{n['slab_unreclaimable']}\n"
        f" mapped:{n['mapped']} shmem:{n['shmem']} pagetables:{n['pagetables']} bounce:0\n free:{n['free']} free_pcp:0 free_cma:0"
    )
    return [
        "Mem-Info:",
        lists,
        "Node 0 active_anon:5653768kB inactive_anon:6036764kB active_file:728kB mapped:5172kB shmem:78160kB kernel_stack:10592kB pagetables:102816kB",
        "Node 0 DMA free:13312kB boost:0kB min:64kB low:80kB high:96kB active_anon:0kB present:15984kB managed:15360kB mlocked:0kB",
        "lowmem_reserve[]: 0 3191 15659 15659 15659",
        f"Node 0 DMA: 0*{kb}kB 0*{kb * 2}kB 1*{kb * 4}kB (U) 2*{kb * 8}kB (UM) = 13312kB",
        "Node 0 hugepages_total=3 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB",
        "44659 total pagecache pages",
        "24863 pages in swap cache",
        f"Free swap  = {n['swap_free']}kB",
        f"Total swap = {n['swap_total']}kB",
        f"{n['ram']} pages RAM",
        "0 pages HighMem/MovableOnly",
        f"{n['reserved']} pages reserved",
    ]


def _cgroup(made: Made) -> list[str]:
    if made.is_old:
        return [
            f"Task in {made.task_cgroup} killed as a result of limit of {made.limit_cgroup}",
            "memory: usage 102400kB, limit 102400kB, failcnt 6402",
            "memory+swap: usage 102400kB, limit 9007199254740988kB, failcnt 0",
            "kmem: usage 0kB, limit 9007199254740988kB, failcnt 0",
            f"Memory cgroup stats for {made.limit_cgroup}: cache:48KB rss:102352KB mapped_file:0KB swap:12KB",
        ]
    stats = "anon 98742272\nfile 2469888\nkernel_stack 131072\npagetables 851968\nshmem 2297856\nslab 2452248\nworkingset_refault_anon 9111\npgfault 32960"
    return [
        "memory: usage 102400kB, limit 102400kB, failcnt 6402",
        "swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
        f"Memory cgroup stats for {made.limit_cgroup}:",
        stats,
    ]


def columns(version: str) -> tuple[str, ...]:
    """The table's columns."""
    middle = {
        "2.6.32": "cpu oom_adj oom_score_adj",
        "3.13": "nr_ptes swapents oom_score_adj",
        "4.4": "nr_ptes nr_pmds swapents oom_score_adj",
        "6.12": "rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj",
    }
    middle["6.18"] = middle["7.1"] = middle["6.12"]
    return ("uid", "tgid", "total_vm", "rss", *middle.get(version, "pgtables_bytes swapents oom_score_adj").split(), "name")


def row(version: str, proc: Proc) -> str:
    """A row as dump_task prints it."""
    narrow = f"[{proc.pid:5d}] {proc.uid:5d} {proc.pid:5d} {proc.total_vm:8d} {proc.rss:8d}"
    wide = f"[{proc.pid:7d}] {proc.uid:5d} {proc.pid:5d} {proc.total_vm:8d} {proc.rss:8d}"
    end = f"         {proc.adj:5d} {proc.comm}"
    if version == "2.6.32":
        return f"{narrow} {3:3d}     {0:3d}{end}"
    if version == "3.13":
        return f"{narrow} {proc.pgtables // 4096:7d} {proc.swap:8d}{end}"
    if version == "4.4":
        return f"{narrow} {proc.pgtables // 4096:7d} {3:7d} {proc.swap:8d}{end}"
    if version in ("6.12", "6.18", "7.1"):
        return f"{wide} {proc.anon:8d} {proc.file:8d} {proc.shmem:9d} {proc.pgtables:8d} {proc.swap:8d}{end}"
    return f"{wide} {proc.pgtables:8d} {proc.swap:8d}{end}"


def _table(made: Made) -> list[str]:
    pid = "[ pid ]" if made.version in ("2.6.32", "3.13", "4.4") else "[  pid  ]"
    head = {
        "2.6.32": "  uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
        "3.13": "  uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
        "4.4": "  uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
    }.get(made.version)
    split = made.version in ("6.12", "6.18", "7.1")
    head = head or (
        "  uid  tgid total_vm      rss " + ("rss_anon rss_file rss_shmem " if split else "") + "pgtables_bytes swapents oom_score_adj name"
    )
    said = [] if made.is_old else ["Tasks state (memory values in pages):"]
    return [*said, f"{pid} {head}", *(row(made.version, proc) for proc in made.procs)]


def kill_line(made: Made, proc: Proc, lead: str) -> str:
    """`Killed process …` in the words of the version."""
    kb = made.page // 1024
    sizes = f"total-vm:{proc.total_vm * kb}kB, anon-rss:{proc.anon * kb}kB, file-rss:{proc.file * kb}kB"
    if made.version == "2.6.32":
        return f"Killed process {proc.pid}, UID {proc.uid}, ({proc.comm}) {sizes}"
    if made.version not in PTES:
        sizes += f", shmem-rss:{proc.shmem * kb}kB"
    if made.version in ("4.4", "3.13", "4.18", "5.0"):
        return f"Killed process {proc.pid} ({proc.comm}) {sizes}"
    return f"{lead}: Killed process {proc.pid} ({proc.comm}) {sizes}, UID:{proc.uid} pgtables:{proc.pgtables // 1024}kB oom_score_adj:{proc.adj}"


def _kill(made: Made) -> list[str]:
    lead = "Memory cgroup out of memory" if made.limit_cgroup else "Out of memory"
    lead += " (oom_kill_allocating_task)" if made.kind == "allocating" else ""
    if made.kind == "panic":
        return ["Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled"]
    if made.kind == "nobody":
        return ["Out of memory and no killable processes..."]
    said = []
    if not made.is_old:
        constraint = {"cpuset": "CONSTRAINT_CPUSET"}.get(made.kind, "CONSTRAINT_MEMCG" if made.limit_cgroup else "CONSTRAINT_NONE")
        where = f"oom_memcg={made.limit_cgroup}" if made.limit_cgroup else "global_oom"
        said.append(
            f"oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0,{where},task_memcg={made.task_cgroup}"
            f",task={made.victim.comm},pid={made.victim.pid},uid={made.victim.uid}"
        )
    if made.version in ("2.6.32", "3.13", "4.4", "4.18", "5.0"):
        parent = made.invoker if made.kind == "child" else made.victim
        said.append(f"{lead}: Kill process {parent.pid} ({parent.comm}) score 651 or sacrifice child")
    said.append(kill_line(made, made.victim, lead))
    if made.kind == "group":
        said.append(f"Tasks in {made.task_cgroup} are going to be killed due to memory.oom.group set")
        said += [kill_line(made, proc, lead) for proc in made.killed]
    if made.version not in ("2.6.32", "3.13"):
        said.append(f"oom_reaper: reaped process {made.victim.pid} ({made.victim.comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB")
    return said


# -- how it is written down ---------------------------------------------------------------------------------------------------------

BOOTED = datetime(2026, 5, 15, 9, 0, 0, tzinfo=timezone.utc)
_MONTHS_DE = "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez".split()


def _kmsg_escaped(said: str) -> str:
    raw = said.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in raw)


def _local(at: datetime) -> str:
    return at.strftime("%a %b %e %H:%M:%S %Y")


def _one_line(fmt: str, up: float, number: int, said: str) -> str:
    at = BOOTED + timedelta(seconds=up)
    stamp = f"[{up:12.6f}] "
    plain = {
        "bare": "",
        "dmesg": stamp,
        "caller": f"[{up:12.6f}][ T9185] ",
        "dmesg-T": f"[{_local(at)}] ",
        "dmesg-T-de": f"[Fr Mai {at.day:2d} {at:%H:%M:%S} {at.year}] ",
        "dmesg-T-zh": f"[五 5月 {at.day:2d} {at:%H:%M:%S} {at.year}] ",
        "dmesg-x": f"kern  :warn  : {stamp}",
        "dmesg-r": f"<4>{stamp}",
        "dmesg-iso": f"{at:%Y-%m-%dT%H:%M:%S},{at.microsecond:06d}+00:00 ",
        "syslog": f"{at:%b %e %H:%M:%S} laptop kernel: ",
        "syslog-stamp": f"{at:%b %e %H:%M:%S} laptop kernel: {stamp}",
        "syslog-de": f"{_MONTHS_DE[at.month - 1]} {at.day:2d} {at:%H:%M:%S} laptop kernel: ",
        "no-host": f"{at:%b %e %H:%M:%S} kernel: ",
        "iso-syslog": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}+00:00 laptop kernel: {stamp}",
        "short-full": f"{at:%a %Y-%m-%d %H:%M:%S} UTC laptop kernel: ",
        "short-monotonic": f"{stamp}laptop kernel: ",
        "short-unix": f"{at.timestamp():.6f} laptop kernel: ",
        "tag": "kernel: ",
        "talos": f"kern:    info: [{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}725Z]: ",
    }
    return plain[fmt] + said


TEXT_FORMATS = (
    "bare,dmesg,caller,dmesg-T,dmesg-T-de,dmesg-T-zh,dmesg-x,dmesg-r,dmesg-iso,syslog,syslog-stamp,syslog-de,no-host,iso-syslog,short-full,"
    "short-monotonic,short-unix,tag,talos"
).split(",")
# These can tell a line break in a message from the end of one.
EXACT_FORMATS = ("kmsg", "json", "json-lists")
OTHER_FORMATS = ("verbose", "export", "json-pretty", "rsyslog-012")
FORMATS = (*TEXT_FORMATS, *EXACT_FORMATS, *OTHER_FORMATS)


def _journal(number: int, up: float, said: str, *, lists: bool) -> dict[str, object]:
    message: object = (
        list(said.encode("utf-8", "surrogateescape")) if lists and ("\n" in said or "\\" in said or not said.isascii()) else said
    )
    real = int((BOOTED + timedelta(seconds=up)).timestamp() * 1e6)
    return {
        "__CURSOR": f"s=1d8f;i={number:x}",
        "__REALTIME_TIMESTAMP": str(real),
        "__MONOTONIC_TIMESTAMP": str(int(up * 1e6) + 5),
        "_BOOT_ID": "796d12a513054cf1bbde201dd1bca9a1",
        "_TRANSPORT": "kernel",
        "SYSLOG_IDENTIFIER": "kernel",
        "_HOSTNAME": "laptop",
        "_SOURCE_MONOTONIC_TIMESTAMP": str(int(up * 1e6)),
        "MESSAGE": message,
    }


def write(said: list[str], fmt: str, up: float = 1382.074, step: float = 0.000012) -> bytes:
    """The messages as a log of that format."""
    lines: list[str] = []
    for number, one in enumerate(said):
        now = up + number * step
        if fmt == "kmsg":
            lines.append(f"6,{22743 + number},{int(now * 1e6)},-;{_kmsg_escaped(one)}")
        elif fmt in ("json", "json-lists"):
            lines.append(json.dumps(_journal(number, now, one, lists=fmt == "json-lists")))
        elif fmt == "json-pretty":
            lines += json.dumps(_journal(number, now, one, lists=False), indent="\t", separators=(",", " : ")).split("\n")
        elif fmt == "verbose":
            at = BOOTED + timedelta(seconds=now)
            lines.append(
                f"{at:%a %Y-%m-%d %H:%M:%S}.{at.microsecond:06d} UTC [s=1d8f;i={number:x};b=796d12a513054cf1bbde201dd1bca9a1;m=1f;t=5f;x=e5]"
            )
            lines += [
                "    PRIORITY=4",
                "    _TRANSPORT=kernel",
                *("    MESSAGE=" + one).split("\n"),
                f"    _SOURCE_MONOTONIC_TIMESTAMP={int(now * 1e6)}",
            ]
        elif fmt == "export":
            fields = _journal(number, now, one, lists=False)
            lines += [*(f"{name}={value}" for name, value in fields.items()), ""]
        elif fmt == "rsyslog-012":
            lines.append(_one_line("iso-syslog", now, number, one.replace("\n", "#012")))
        else:
            # dmesg and the loggers give the further lines of a message no prefix, or one like the first's.
            first, *rest = one.split("\n")
            lines.append(_one_line(fmt, now, number, first))
            lines += [
                " " * 26 + more if fmt.startswith(("dmesg-T", "syslog", "short")) else _one_line(fmt, now, number, more) for more in rest
            ]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def shown(comm: str) -> str:
    """A comm as the parser gives it."""
    return printable(comm.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
