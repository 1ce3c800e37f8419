"""Think: who had the memory. The rows of a task table by program family, and what no row explains.

Names are what the kernel has: fifteen bytes, not the command line. Claude Code's native install runs a file named by its version, so its processes
are `2.1.231`; Node names its main thread `MainThread`, whatever program it runs. A sum by the bare name misses both.
"""

from __future__ import annotations

import functools
from collections import defaultdict

from wslcfg.model.late import late
from wslcfg.oom import rows
from wslcfg.oom.event import Account, Hidden, OomEvent, Program, Table, Victim

# Claude Code's native install runs ~/.local/share/claude/versions/2.1.231, so its process is named by the version.
_VERSION = late(r"\d{1,3}\.\d{1,4}\.\d{1,5}(?:[-.][\w.]*)?")
_NODE_GUESS = "named by a thread of Node's, which any Node program has: a coding agent, its MCP servers, a build"
_VERSION_GUESS = "named by a version, as Claude Code's native install is"
# Threads of Node's and V8's that stand for the process in the table.
_NODE_THREADS = frozenset({"MainThread", "node-MainThread", "V8Worker", "libuv-worker", "DelayedTaskSche"})
_FAMILIES = {
    "claude": "claude claude.exe claude-code",
    "codex": "codex codex-cli codex-linux-san codex-mcp-serve codex-exec",
    "node": "node nodejs node.exe",
    "npm": "npm npx pnpm yarn yarnpkg npm.exe corepack",
    "bun": "bun bunx",
    "postgres": "postgres postmaster postgresql",
    "mysql": "mysqld mariadbd mysqld_safe",
    "vscode": "code code-server code-tunnel code-insiders",
    "chrome": "chrome chromium chrome_crashpad nacl_helper headless_shell chrome-headless chromium-browse",
    "docker": "dockerd docker docker-proxy containerd containerd-shim runc docker-init",
    "php": "php php-fpm",
}
_FAMILY_OF = {comm: family for family, comms in _FAMILIES.items() for comm in comms.split()}
_LED_BY = (
    # `npm run serve`, `npm exec @mod…`: npm sets its title to what it was asked.
    (late(r"(?:npm|npx|pnpm|yarn) .*"), "npm"),
    (late(r"python\d?(?:\.\d+)?"), "python"),
    (late(r"php(?:-fpm)?\d?(?:\.\d+)?"), "php"),
    (late(r"ruby\d?(?:\.\d+)*"), "ruby"),
    (late(r"codex-.*"), "codex"),
    (late(r"containerd-shim.*"), "docker"),
    (late(r"postgres: .*"), "postgres"),
    (late(r"claude[ -].*"), "claude"),
)


@functools.lru_cache(maxsize=4096)
def family_of(comm: str) -> tuple[str, str | None]:
    """The program family of a process name, and why this is a guess where it is one.

    >>> family_of("2.1.231")[0], family_of("npm run serve")[0], family_of("sshd")
    ('claude', 'npm', ('sshd', None))
    """
    known = _FAMILY_OF.get(comm)
    if known:
        return known, None
    if comm in _NODE_THREADS:
        return "node", _NODE_GUESS
    if _VERSION.fullmatch(comm):
        return "claude", _VERSION_GUESS
    for pattern, family in _LED_BY:
        if pattern.fullmatch(comm):
            return family, None
    return comm, None


# `rss` is the sum of anon, file and shmem, so one of the four need not be added up.
_SUMMED = frozenset({"rss", "rss_anon", "rss_shmem", "pgtables_bytes", "nr_ptes", "nr_pmds", "swapents"})


class _Sum:
    """The rows of one name, added up; pages but for `pgtables_bytes`."""

    __slots__ = ("columns", "tasks")

    def __init__(self, tasks: int, columns: dict[str, int]) -> None:
        self.tasks = tasks
        self.columns = columns


def account(event: OomEvent) -> Account:
    """Who had how much when the event happened; empty where the log has no table."""
    table = event.table
    if not table.text or "rss" not in table.columns:
        return Account(hidden=_hidden(event, None))
    try:
        families = _by_family(table, rows.cells(table))
    except ValueError:
        families = _by_family(table, rows.cells(table, carefully=True))
    killed = [family_of(victim.comm)[0] for victim in event.victims]
    programs = sorted(
        (_program(name, members, table.page, killed.count(name)) for name, members in families.items()),
        key=lambda program: (-program.weight, -program.rss, program.name),
    )
    rss = sum(program.rss for program in programs)
    anon = _total([program.anon for program in programs])
    ram = event.memory.ram
    return Account(
        tuple(programs),
        sum(program.tasks for program in programs),
        rss,
        anon,
        _total([program.swap for program in programs]),
        rss_is_upper_bound=sum(program.tasks for program in programs) > 1,
        rss_above_ram=ram is not None and rss > ram,
        hidden=_hidden(event, None if anon is None else anon),
    )


def _by_family(table: Table, cells: list[list[str]]) -> dict[str, list[tuple[str, _Sum]]]:
    """The rows added up by name, the names by family. Raises ValueError: a number is none."""
    by_name: defaultdict[str, list[list[str]]] = defaultdict(list)
    for row in cells:
        by_name[row[-1]].append(row)
    wanted = [(place, column) for place, column in enumerate(table.columns) if column in _SUMMED]
    families: defaultdict[str, list[tuple[str, _Sum]]] = defaultdict(list)
    for raw, found in by_name.items():
        columns = list(zip(*found, strict=True))
        name = rows.name_of(raw)
        families[family_of(name)[0]].append((name, _Sum(len(found), {column: sum(map(int, columns[place])) for place, column in wanted})))
    return families


def _program(family: str, members: list[tuple[str, _Sum]], page: int, victims: int) -> Program:
    def added(column: str, size: int = page) -> int | None:
        return sum(one.columns[column] for _, one in members) * size if column in members[0][1].columns else None

    rss, anon, shmem = added("rss") or 0, added("rss_anon"), added("rss_shmem")
    members = sorted(members, key=lambda member: (-member[1].columns["rss"], member[0]))
    tables = added("pgtables_bytes", 1)
    if tables is None and "nr_ptes" in members[0][1].columns:
        tables = (added("nr_ptes") or 0) + (added("nr_pmds") or 0)
    guesses = sorted({guess for name, _ in members if (guess := family_of(name)[1])})
    return Program(
        family,
        sum(one.tasks for _, one in members),
        rss,
        anon,
        None if anon is None else max(0, rss - anon - (shmem or 0)),
        shmem,
        added("swapents"),
        tables,
        tuple(name for name, _ in members),
        "; ".join(guesses) or None,
        victims,
    )


def _total(parts: list[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _hidden(event: OomEvent, tasks_anon: int | None) -> Hidden:
    return _in_cgroup(event) if event.kind == "memcg" else _in_vm(event, tasks_anon)


def _in_vm(event: OomEvent, tasks_anon: int | None) -> Hidden:
    memory = event.memory
    named = {
        name: getattr(memory, name)
        for name in ("slab_unreclaimable", "slab_reclaimable", "shmem", "pagetables", "kernel_stack", "hugepages", "reserved")
    }
    parts = tuple(sorted(((name, size) for name, size in named.items() if size), key=lambda part: -part[1]))
    lists = [memory.active_anon, memory.inactive_anon, memory.active_file, memory.inactive_file, memory.unevictable]
    if memory.ram is None or memory.free is None or any(size is None for size in lists):
        return Hidden(None, parts)
    in_lists = sum(size or 0 for size in lists)
    # shmem lies in the anon lists already.
    kernel = sum(size or 0 for name, size in named.items() if name != "shmem")
    unexplained = max(0, memory.ram - memory.free - in_lists - kernel)
    without = None
    if tasks_anon is not None:
        without = max(0, (memory.active_anon or 0) + (memory.inactive_anon or 0) - (memory.shmem or 0) - tasks_anon)
    return Hidden(unexplained, parts, without)


def _in_cgroup(event: OomEvent) -> Hidden:
    memcg = event.memcg
    if memcg is None:
        return Hidden()
    stats = dict(memcg.stats)
    named = ("slab_unreclaimable", "slab_reclaimable", "shmem", "file", "pagetables", "kernel_stack", "percpu", "sock", "vmalloc", "cache")
    parts = tuple(sorted(((name, stats[name]) for name in named if stats.get(name)), key=lambda part: -part[1]))
    if memcg.memory is None or "anon" not in stats:
        return Hidden(None, parts)
    slab = stats.get("slab", stats.get("slab_unreclaimable", 0) + stats.get("slab_reclaimable", 0))
    rest = sum(stats.get(name, 0) for name in ("anon", "file", "pagetables", "kernel_stack", "percpu", "sock", "vmalloc"))
    return Hidden(max(0, memcg.memory.usage - slab - rest), parts)


def victim_program(victim: Victim) -> str:
    """The family of a killed process."""
    return family_of(victim.comm)[0]
