"""Resident services: what counts, how it was measured, and that looking stays cheap."""

from __future__ import annotations

from pathlib import Path

import pytest

from wslcfg.host.port import Host
from wslcfg.host.recorded import RecordedHost
from wslcfg.machine import catalogue
from wslcfg.machine.cgroups import look_layout, look_units
from wslcfg.machine.look import look
from wslcfg.machine.processes import Process, occupied, parse_stat
from wslcfg.machine.services import look_services, planned
from wslcfg.machine.work import look_work
from wslcfg.model.facts import Service
from wslcfg.model.size import GIB, MIB


def by_name(host: Host) -> dict[str, Service]:
    """The services of a machine by name."""
    return {service.name: service for service in look_services(host).value or ()}


@pytest.fixture
def distro(tmp_path: Path):
    """Builds a small machine from texts."""

    def built(texts: dict[str, str], links: dict[str, str] | None = None, folders: tuple[str, ...] = ()) -> RecordedHost:
        (tmp_path / "machine.toml").write_text("schema = 1\nnow = 2026-10-05T08:30:00Z\n")
        host = RecordedHost(tmp_path)
        host._text = {"/proc/1/stat": stat(1, "systemd", 0), **texts}
        host._links = links or {}
        host._folders = frozenset(folders)
        return host

    return built


def stat(pid: int, comm: str, parent: int, tty: int = 0, pages: int = 1000) -> str:
    """A /proc/PID/stat line."""
    return f"{pid} ({comm}) S {parent} {pid} {pid} {tty} -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 100 9000000 {pages} 18446744073709551615 0 0\n"


@pytest.mark.parametrize("name", ["practice-16gb", "isolated-cgroup", "namespaced-cgroup"])
def test_measured_by_cgroup_peak_in_every_layout(open_machine, name):
    """The two services of the guide's machine are measured by their cgroup's peak wherever systemd's tree lies, and planned with 1.2 times it."""
    services = by_name(open_machine(name))
    postgres = services["PostgreSQL"]
    assert (postgres.unit, postgres.peak, postgres.how) == ("postgresql@16-main.service", GIB // 2, "cgroup peak")
    assert postgres.planned == planned(GIB // 2) == GIB * 6 // 10
    assert services["Elastic Agent"].peak == 751619277
    assert "claude" not in services
    assert not [one for one in services if one.startswith("systemd")]


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("practice-16gb", "v2-classic"),
        ("isolated-cgroup", "v2-isolated"),
        ("namespaced-cgroup", "v2-namespaced"),
        ("no-systemd", "v2-bare"),
    ],
)
def test_layouts(open_machine, name, layout):
    """Each of WSL's layouts is told from the others."""
    assert look_layout(open_machine(name)).value == layout


@pytest.mark.parametrize(
    ("mounts", "layout"),
    [
        ("tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n", "v1"),
        ("cgroup /sys/fs/cgroup/memory cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n", "hybrid"),
        ("/dev/sda / ext4 rw 0 0\n", "none"),
    ],
)
def test_old_layouts(distro, mounts, layout):
    """Control groups v1 (`automount.cgroups=v1`), a mix, and none at all are named, and give no units but no error either."""
    host = distro({"/proc/mounts": mounts})
    assert look_layout(host).value == layout
    assert look_services(host).value == ()


def test_other_distros_of_the_shared_tree_count(open_machine):
    """Where all distros share one tree, a service of another one occupies the same VM and is counted, and said to be elsewhere."""
    mysql = by_name(open_machine("isolated-cgroup"))["MySQL/MariaDB"]
    assert mysql.peak == 450 * MIB
    assert "another distro" in mysql.note


def test_jvm_names_its_heap(open_machine):
    """A JVM is named with its -Xmx and gets the documented budget of heap and a quarter."""
    tomcat = by_name(open_machine("64gb-heavy"))["tomcat10"]
    assert tomcat.budget == 2 * GIB * 5 // 4
    assert "-Xmx 2 GB" in tomcat.note
    elastic = by_name(open_machine("practice-128gb"))["Elasticsearch"]
    assert elastic.planned == planned(5 * GIB)


def test_noise_is_left_out_and_own_units_are_not(open_machine):
    """A person's own unit counts from 20 MB on; tiny ones and the system's own are left to the base that sizing counts."""
    services = by_name(open_machine("64gb-heavy"))
    assert services["myapp"].planned == planned(180 * MIB)
    assert "tiny" not in services
    assert "cron" not in services


def test_vs_code_server_is_measured_by_pss(open_machine):
    """Interpreters are known by their arguments; their processes are one service, by PSS with swap."""
    server = by_name(open_machine("64gb-heavy"))["VS Code server"]
    assert (server.how, server.processes, server.current) == ("PSS", 2, (410000 + 10000 + 700000) * 1024)


def test_without_systemd_by_processes(open_machine):
    """Without units: own processes by PSS, other people's by RSS with shared pages once, marked as an upper bound; enabled units by budget."""
    services = by_name(open_machine("no-systemd"))
    postgres = services["PostgreSQL"]
    assert postgres.how == "RSS"
    assert postgres.current == (2000 + 200 + 200 + 5000) * 4096
    assert "upper bound" in postgres.note
    assert services["Redis"].how == "PSS"
    assert services["Redis"].current == 10000 * 1024
    maria = services["MySQL/MariaDB"]
    assert (maria.running, maria.how, maria.planned) == (False, "budget", GIB // 2)


def test_whoever_asks_is_not_counted(distro):
    """A wslcfg that runs below somebody's daemon without systemd (a nightly script) does not add its own memory to that daemon's."""
    texts = {
        "/proc/1/stat": stat(1, "init", 0),
        "/proc/50/stat": stat(50, "nightly", 1),
        "/proc/51/stat": stat(51, "python3", 50),
        "/proc/50/smaps_rollup": f"Pss: {30 * 1024} kB\n",
        "/proc/51/smaps_rollup": f"Pss: {20 * 1024} kB\n",
    }
    assert by_name(distro(texts))["nightly"].current == 50 * MIB
    assert by_name(distro({**texts, "/proc/self/stat": stat(51, "python3", 50)}))["nightly"].current == 30 * MIB


def test_docker_desktop_counts_running_or_registered(open_machine):
    """Docker Desktop shares the VM: counted when its folder is there, and by the registry when it is not started yet."""
    machine = look(open_machine("docker-desktop"))
    assert [one.running for one in machine.services.value or () if one.name == "Docker Desktop"] == [True]
    host = open_machine("docker-desktop")
    host._folders = host._folders - {"/mnt/wsl/docker-desktop"}
    host._implied = None
    assert [one.running for one in look(host).services.value or () if one.name == "Docker Desktop"] == [False]


def test_containers_are_one_service(distro):
    """Containers of docker and podman are summed by their own groups; their shims name them as work."""
    base = "/sys/fs/cgroup/system.slice"
    one, two = "a" * 64, "b" * 64
    host = distro(
        {
            "/proc/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
            "/proc/1/cgroup": "0::/init.scope\n",
            "/proc/1/comm": "systemd\n",
            f"{base}/docker-{one}.scope/memory.peak": f"{300 * MIB}\n",
            f"{base}/docker-{one}.scope/cgroup.procs": "70\n",
            f"{base}/docker-{two}.scope/memory.peak": f"{100 * MIB}\n",
            "/proc/70/stat": stat(70, "postgres", 60),
            "/proc/60/stat": stat(60, "containerd-shim", 1),
            "/proc/60/cmdline": f"/usr/bin/containerd-shim-runc-v2\0-namespace\0moby\0-id\0{one}\0",
            "/proc/61/stat": stat(61, "conmon", 1),
            "/proc/61/cmdline": f"conmon\0-c\0{two}\0-n\0web\0",
        }
    )
    services = by_name(host)
    assert services["containers"].planned == planned(400 * MIB)
    assert "PostgreSQL" not in services
    assert look_work(host).containers == ("a" * 12, "web")


def test_user_services_are_found_below_the_user_manager(distro):
    """A unit of the person (`systemctl --user`) counts; the user manager that holds shells and agents does not."""
    manager = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service"
    host = distro(
        {
            "/proc/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
            "/proc/1/cgroup": "0::/init.scope\n",
            f"{manager}/memory.peak": str(9 * GIB),
            f"{manager}/app.slice/ollama.service/memory.peak": str(700 * MIB),
            f"{manager}/app.slice/run-r1.scope/memory.peak": str(8 * GIB),
        }
    )
    assert [(one.name, one.peak) for one in look_units(host)] == [("ollama.service", 700 * MIB)]


def test_file_cache_is_said(distro):
    """Where most of what a group holds is file cache, the note says so, since its peak then overstates the need."""
    base = "/sys/fs/cgroup/system.slice/redis-server.service"
    host = distro(
        {
            "/proc/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
            f"{base}/memory.current": str(400 * MIB),
            f"{base}/memory.peak": str(500 * MIB),
            f"{base}/memory.stat": f"anon 1000\nactive_file {200 * MIB}\ninactive_file {100 * MIB}\n",
        }
    )
    assert "300 MB" in by_name(host)["Redis"].note


def test_thousands_of_processes_cost_few_rollups(distro):
    """smaps_rollup is dear: of a group of 3000 processes only the largest 48 are read through it, the rest by statm."""
    texts = {f"/proc/{pid}/stat": stat(pid, "postgres", 1) for pid in range(100, 3100)}
    texts |= {f"/proc/{pid}/statm": "5000 1000 900 0 0 0 0\n" for pid in range(100, 3100)}
    texts |= {f"/proc/{pid}/smaps_rollup": "Pss: 500 kB\n" for pid in range(100, 3100)}
    host = distro(texts)
    read: list[str] = []
    original = host.read
    host.read = lambda path: read.append(path) or original(path)
    assert by_name(host)["PostgreSQL"].processes == 3000
    assert sum(path.endswith("smaps_rollup") for path in read) == 48
    assert len(read) < 3 * 3000


@pytest.mark.parametrize(
    ("comm", "cmdline", "exe", "client"),
    [
        ("claude", "claude\0", None, "claude"),
        ("2.1.231", "claude\0", "/home/ana/.local/share/claude/versions/2.1.231", "claude"),
        ("2.1.231", "x\0", "/opt/other/2.1.231", None),
        ("codex", "codex\0", None, "codex"),
        ("node", "node\0/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js\0", None, "claude"),
        ("MainThread", "node\0/usr/lib/node_modules/@openai/codex/bin/codex.js\0", None, "codex"),
        ("node", "node\0/home/ana/server.js\0", None, None),
        ("python3", "python3\0claude\0", None, None),
    ],
)
def test_agents_are_work_not_services(distro, comm, cmdline, exe, client):
    """Agent sessions are known in every form they run in, version-shaped names included, and nothing else is taken for one."""
    links = {"/proc/50/cwd": "/home/ana/shop"} | ({"/proc/50/exe": exe} if exe else {})
    host = distro(
        {"/proc/50/stat": stat(50, comm, 1, pages=90000), "/proc/50/cmdline": cmdline, "/proc/50/statm": "1 90000 0 0 0 0 0\n"}, links
    )
    assert look_work(host).agents == ((f"{client} (pid 50) in /home/ana/shop",) if client else ())
    assert bool(by_name(host)) == (client is None)


def test_helpers_of_an_agent_are_one_session(distro):
    """A client's own child of the same name is no second session; another terminal's is."""
    texts = {
        "/proc/50/stat": stat(50, "claude", 40),
        "/proc/51/stat": stat(51, "bash", 50),
        "/proc/52/stat": stat(52, "claude", 51),
        "/proc/60/stat": stat(60, "claude", 41),
    }
    assert look_work(distro(texts)).agents == ("claude (pid 50)", "claude (pid 60)")


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("postgresql@16-main.service", "PostgreSQL"),
        ("postgresql.service", "PostgreSQL"),
        ("mysql.service", "MySQL/MariaDB"),
        ("mariadb.service", "MySQL/MariaDB"),
        ("redis-server.service", "Redis"),
        ("mongod.service", "MongoDB"),
        ("elasticsearch.service", "Elasticsearch"),
        ("elastic-agent.service", "Elastic Agent"),
        ("zabbix-agent2.service", "Zabbix agent"),
        ("zabbix-server.service", "Zabbix server"),
        ("docker.service", "Docker"),
        ("containerd.service", "containerd"),
        ("ollama.service", "Ollama"),
        ("postgresqlish.service", None),
        ("redis-exporter.service", None),
        ("myapp.service", None),
    ],
)
def test_catalogue_by_unit(unit, name):
    """Unit names of the distributions are known, look-alikes are not."""
    known = catalogue.by_unit(unit)
    assert (known.name if known else None) == name


def test_heap_sizes():
    """The last -Xmx counts, as for java itself; without one a quarter of memory is what it may take."""
    assert catalogue.heap(("java", "-Xmx512m", "-Xmx2G")) == 2 * GIB
    assert catalogue.heap(("java", "-Xms2g")) is None
    assert catalogue.jvm_budget(None, 8 * GIB) == 2 * GIB * 5 // 4


@pytest.mark.parametrize(
    ("line", "process"),
    [
        (
            "310 (redis (x) server) S 1 310 310 34816 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 9000 5 0",
            Process(310, 1, "redis (x) server", 34816, 20480),
        ),
        ("310 (dead) Z 1 310 310 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 9000 5 0", None),
        ("", None),
    ],
)
def test_stat_line(line, process):
    """A name with brackets and blanks is read whole; the dead are not counted."""
    assert parse_stat(line) == process


def test_real_processes_are_measured_by_pss():
    """On this machine our own process has a PSS between nothing and its RSS."""
    import os

    from wslcfg.host.real import RealHost

    size, how = occupied(RealHost(), [os.getpid()])
    assert how == "PSS"
    assert MIB < size < 4 * GIB
