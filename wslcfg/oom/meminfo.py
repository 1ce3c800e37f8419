"""Think: the numbers of a dump's memory: the VM's Mem-Info, the cgroup's meters and statistics, the largest slab caches."""

from __future__ import annotations

from wslcfg.model.late import late
from wslcfg.oom.event import Memcg, Memory, Meter, Slab

# `active_anon:1413442 inactive_anon:1509191`, in pages. With kB the line is of one node or zone.
_PAGES = late(r"\b([a-z_]+):(\d{1,18})(?!\d|k|K)")
_OF_VM = frozenset(
    [
        "free",
        "active_anon",
        "inactive_anon",
        "active_file",
        "inactive_file",
        "unevictable",
        "slab_reclaimable",
        "slab_unreclaimable",
        "mapped",
        "shmem",
        "pagetables",
    ]
)
_LISTS = ("_anon:", "_file:", "slab_", "mapped:", "unevictable:", "free:")
_COUNTED = (
    ("ram", late(r"^(\d{1,18}) pages(?: of)? RAM\b")),
    ("reserved", late(r"^(\d{1,18}) (?:pages reserved|reserved pages)\b")),
    ("pagecache", late(r"^(\d{1,18}) total pagecache pages\b")),
    ("swap_cache", late(r"^(\d{1,18}) pages in swap cache\b")),
)
_SWAP = late(r"^(Free|Total) swap\s*[=:]\s*(\d{1,18})kB")
_STACK = late(r"\bkernel_stack:(\d{1,18})kB")
_HUGE = late(r"hugepages_total=(\d{1,12}) .*?hugepages_size=(\d{1,12})kB")
# The smallest block of the buddy lists is a page: `Node 0 DMA: 0*4kB 0*8kB …`.
_PAGE = late(r": \d+\*(\d{1,4})kB ")
_METER = late(r"^\s*(memory\+swap|memory|swap|kmem): usage (\d{1,18})kB, limit (\d{1,18})kB, failcnt (\d{1,18})")
_STATS = late(r"^Memory cgroup stats(?: for (\S.*?))?:(.*)", 16)
_STAT = late(r"^\s*([a-z][a-z_0-9()]{1,40}) (\d{1,20})\s*$", 8)
_OLD_STAT = late(r"\b([a-z_]{2,24}):(\d{1,18})KB")
_SLAB = late(r"^\s*(\S{1,40}) +(\d{1,15})KB +(\d{1,15})KB\s*$")
# A cgroup without a limit has PAGE_COUNTER_MAX: 2^63 bytes less a page, in kB; v1's res_counter had 2^64.
_NO_LIMIT_KB = 1 << 50
_CGROUP_PARTS = frozenset(["anon", "shmem", "pagetables", "kernel_stack", "percpu", "sock", "vmalloc"])


def evidence(body: str) -> str | None:
    """Which kind of evidence a line of numbers is: `swap`, or `memory` of the VM or a cgroup; None for one that no sentence rests on."""
    if "swap" in body and _SWAP.match(body):
        return "swap"
    if "hugepages_total=" in body or "slab_unreclaimable" in body or ": usage " in body or body.startswith("Memory cgroup stats"):
        return None if "kB" in body and "slab_" in body else "memory"
    if "pages RAM" in body or "pages of RAM" in body or (" shmem:" in body and "kB" not in body):
        return "memory"
    name = body.strip().partition(" ")[0]
    return "memory" if name in _CGROUP_PARTS else None


class Numbers:
    """Gathers the numbers of one dump, line by line."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self.pages: dict[str, int] = {}
        self.bytes: dict[str, int] = {}
        self.page_size: int | None = None
        self.meters: dict[str, Meter] = {}
        self.path: str | None = None
        self.stats: dict[str, int] = {}
        self.slabs: list[Slab] = []
        self._in_slabs = self._in_stats = False

    def __bool__(self) -> bool:
        return bool(self.pages or self.bytes or self.meters or self.stats or self.path)

    def take(self, body: str) -> bool:
        """Read one line of a dump; whether it was one of these."""
        if self._in_stats:
            found = _STAT.findall(body)
            if found:
                for name, number in found:
                    self.stats.setdefault(name, int(number))
                return True
        if self._in_slabs:
            cache = _SLAB.match(body)
            if cache:
                self.slabs.append(Slab(cache[1], int(cache[2]) << 10, int(cache[3]) << 10))
                return True
        return self._line(body)

    def _line(self, body: str) -> bool:
        if not body.startswith("Memory cgroup") and any(word in body for word in _LISTS):
            stack = _STACK.search(body)
            if stack:
                self.bytes["kernel_stack"] = self.bytes.get("kernel_stack", 0) + (int(stack[1]) << 10)
            # The lines of nodes and zones repeat the names in kB; the VM's own is in pages.
            if "kB" not in body:
                for name, number in _PAGES.findall(body):
                    if name in _OF_VM:
                        self.pages.setdefault(name, int(number))
                return True
            return stack is not None
        if body[:1].isdigit():
            for name, pattern in _COUNTED:
                found = pattern.match(body)
                if found:
                    self.pages.setdefault(name, int(found[1]))
                    return True
            return False
        return self._swap_and_pages(body) or self._cgroup(body)

    def _swap_and_pages(self, body: str) -> bool:
        found = _SWAP.match(body) if "swap" in body else None
        if found:
            self.bytes.setdefault(f"swap_{found[1].lower()}", int(found[2]) << 10)
            return True
        if "hugepages_total=" in body:
            found = _HUGE.search(body)
            if found:
                self.bytes["hugepages"] = self.bytes.get("hugepages", 0) + int(found[1]) * (int(found[2]) << 10)
            return True
        found = _PAGE.search(body) if "*" in body else None
        if found and self.page_size is None and int(found[1]) in (4, 8, 16, 64):
            self.page_size = int(found[1]) << 10
        return found is not None

    def _cgroup(self, body: str) -> bool:
        found = _METER.match(body) if ": usage" in body else None
        if found:
            limit = int(found[3])
            self.meters[found[1]] = Meter(int(found[2]) << 10, limit << 10 if limit < _NO_LIMIT_KB else None, int(found[4]))
            return True
        found = _STATS.match(body) if body.startswith("Memory cgroup stats") else None
        if found:
            self._in_stats, self._in_slabs = True, False
            if self.path is None:
                self.path = found[1]
                old = _OLD_STAT.findall(found[2])
                self.stats.update((name, int(number) << 10) for name, number in old)
                for name, number in _STAT.findall(found[2]):
                    self.stats.setdefault(name, int(number))
            return True
        if body.startswith("Unreclaimable slab info"):
            self._in_slabs, self._in_stats = True, False
            return True
        if body.startswith(("Tasks state", "[ ")):
            self._in_slabs = self._in_stats = False
        return False

    def memory(self, page: int) -> Memory:
        """The VM's memory, with pages made bytes."""
        return Memory(**{name: count * page for name, count in self.pages.items()}, **self.bytes)

    def memcg(self) -> Memcg | None:
        """The cgroup's, None for a dump without one."""
        if not (self.meters or self.path or self.stats):
            return None
        stats = tuple(self.stats.items())
        return Memcg(
            self.path, self.meters.get("memory"), self.meters.get("swap"), self.meters.get("memory+swap"), self.meters.get("kmem"), stats
        )

    def largest_slabs(self) -> tuple[Slab, ...]:
        """The caches that weigh most, at most eight."""
        return tuple(sorted(self.slabs, key=lambda slab: -slab.total)[:8])
