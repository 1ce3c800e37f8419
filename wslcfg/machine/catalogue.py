"""Think: resident services that are met in WSL distros, how to know them, and what they need where they cannot be measured."""

from __future__ import annotations

import re

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, MIB


class Known(NamedTuple):
    """A service that the catalogue knows.

    Attributes:
        name: what people call it.
        units: beginnings of systemd unit names, without `.service` (`postgresql` also stands for `postgresql@16-main`).
        comms: process names, as the kernel cuts them at 15 bytes.
        arguments: a pattern for the command line of interpreters (node, java), '' where the process name says enough.
        budget: documented need in bytes, None where it depends on its settings (a JVM's -Xmx).
        source: where the budget comes from.
    """

    name: str
    units: tuple[str, ...]
    comms: frozenset[str]
    arguments: str
    budget: int | None
    source: str


def _known(name: str, units: str, comms: str, budget: int | None, source: str, arguments: str = "") -> Known:
    return Known(name, tuple(units.split()), frozenset(comms.split()), arguments, budget, source)


# Programs that run other programs' code: their process name says nothing, their arguments do. Newer Node names its threads.
INTERPRETERS = frozenset({"java", "node", "MainThread", "node-MainThread", "python3"})

# Budgets: facts of the field, table 4.4; [est.] there means an estimate, which the note says.
CATALOGUE = (
    _known("PostgreSQL", "postgresql", "postgres postmaster", GIB // 2, "estimate: 128 MB shared_buffers and a few active connections"),
    _known("MySQL/MariaDB", "mysql mariadb mysqld", "mysqld mariadbd", GIB // 2, "estimate: 128 MB buffer pool and the server itself"),
    _known("Redis", "redis valkey", "redis-server valkey-server", 100 * MIB, "estimate for a development data set"),
    _known("MongoDB", "mongod", "mongod", GIB, "estimate: WiredTiger's cache is half of memory above 1 GB unless limited"),
    _known("Elasticsearch", "elasticsearch opensearch", "", 2 * GIB, "estimate: a heap of 1 to 1.5 GB and its overhead",
           r"org\.(elasticsearch|opensearch)"),
    _known("Elastic Agent", "elastic-agent", "elastic-agent elastic-otel-co", 700 * MIB, "0.2 to 0.3 GB measured for Defend, the rest an estimate"),
    _known("Elastic Endpoint", "ElasticEndpoint elastic-endpoint", "elastic-endpoint", None, ""),
    _known("Zabbix server", "zabbix-server", "zabbix_server", GIB, "estimate: server and database with few metrics"),
    _known("Zabbix agent", "zabbix-agent", "zabbix_agentd zabbix_agent2", 50 * MIB, "estimate"),
    _known("Docker", "docker", "dockerd docker-proxy", 300 * MIB, "estimate: dockerd with containerd, without containers"),
    _known("containerd", "containerd", "containerd", 100 * MIB, "estimate, counted in Docker's where both run"),
    _known("Ollama", "ollama", "ollama", 300 * MIB, "estimate without a loaded model"),
    _known("VS Code server", "code-server", "code-tunnel", 3 * GIB // 2, "documented: 1 GB needed, 2 GB recommended",
           r"/\.(vscode|cursor|windsurf|vscodium)-server(-insiders)?/|/code-server/"),
    _known("JetBrains backend", "", "", 4 * GIB, "documented: 4 GB and more", r"remote-dev-server|/JetBrains/RemoteDev|/\.cache/JetBrains/"),
)  # fmt: skip

# Part of every distro: their memory is in the base that sizing counts for the VM, so they are not counted again.
_OF_THE_SYSTEM = late(
    r"systemd-|dbus|cron|anacron|getty@|console-getty|serial-getty|polkit|rsyslog|networkd-dispatcher|unattended-upgrades|wsl-|wslg|user@"
    r"|user-runtime-dir|init|accounts-daemon|udisks2|packagekit|apt-|man-db|logrotate|e2scrub|fstrim|motd-news|plymouth|ssh\b|modprobe|kmod"
)
_HEAP = late(r"-Xmx(\d+)([kKmMgGtT]?)")
_UNITS = {"": 1, "k": 1 << 10, "m": MIB, "g": GIB, "t": 1 << 40}


def by_unit(unit: str) -> Known | None:
    """The catalogue's entry for a unit (`postgresql@16-main.service`): one of its names, alone or followed by `@`, `-` or a digit."""
    plain = unit.removesuffix(".service").lower()
    for known in CATALOGUE:
        for start in known.units:
            rest = plain.removeprefix(start.lower())
            # `postgresql-exporter` and its like watch a service and are none.
            ours = not rest or rest[0] in "@." or rest[0].isdecimal() or (rest[0] == "-" and not rest.startswith("-exporter"))
            if ours and plain.startswith(start.lower()):
                return known
    return None


def by_process(comm: str, arguments: tuple[str, ...]) -> Known | None:
    """The catalogue's entry for a process; `arguments` are looked at for interpreters only."""
    joined = " ".join(arguments)
    for known in CATALOGUE:
        if comm in known.comms:
            return known
        if known.arguments and comm in INTERPRETERS and re.search(known.arguments, joined):
            return known
    return None


def of_the_system(unit: str) -> bool:
    """Whether a unit belongs to the operating system itself."""
    return _OF_THE_SYSTEM.match(unit) is not None


def heap(arguments: tuple[str, ...]) -> int | None:
    """A JVM's largest heap in bytes out of its arguments (`-Xmx2g`; the last one counts, as for java); None when none is set."""
    found = None
    for argument in arguments:
        match = _HEAP.fullmatch(argument)
        if match:
            found = int(match[1]) * _UNITS[match[2].lower()]
    return found


def jvm_budget(limit: int | None, memory: int | None) -> int | None:
    """What a JVM can grow to: its heap (a quarter of the VM's memory where -Xmx is not set) and a quarter of it for the rest."""
    largest = limit if limit is not None else memory // 4 if memory is not None else None
    return largest * 5 // 4 if largest is not None else None
