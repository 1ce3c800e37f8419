"""Looking at recorded machines: one row per situation that people meet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.machine.watched import FOLDERS
from wslcfg.errors import Unreachable
from wslcfg.machine.look import local_folder, look, look_host, look_services, look_vm, look_work, profile_folder, require_windows
from wslcfg.model.size import GIB, KIB

RAM_16 = 16567500 * KIB

# machine, how, ram, build, profile, profile folder as Linux sees it, interop, children asked for at the first look
ROWS = [
    ("practice-16gb", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("practice-8gb", "powershell", 8178892 * KIB, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("practice-32gb", "powershell", 33345536 * KIB, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("practice-128gb", "powershell", 133797888 * KIB, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("64gb-heavy", "powershell", 66912256 * KIB, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("no-interop", "ladder", None, None, r"C:\Users\ana", "/mnt/c/Users/ana", "off", 1),
    ("binfmt-broken", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "broken-binfmt", 1),
    ("foreign-binfmt", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 2),
    ("defender-blocks", "ladder", None, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 9),
    ("no-systemd", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("german-windows", "powershell", RAM_16, 19045, "C:\\Users\\Jörg", "/mnt/c/Users/Jörg", "ok", 1),
    ("clixml-noise", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("non-ascii-profile", "powershell", RAM_16, 26100, "C:\\Users\\José", "/mnt/c/Users/José", "ok", 1),
    ("onedrive-profile", "powershell", RAM_16, 26100, r"C:\Users\ana.CORP", "/mnt/c/Users/ana.CORP", "ok", 1),
    ("custom-automount-root", "powershell", RAM_16, 26100, r"D:\Users\ana", "/win/d/Users/ana", "ok", 1),
    ("virtiofs", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("policies-set", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("docker-desktop", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("isolated-cgroup", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("namespaced-cgroup", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("clm", "powershell", None, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("powershell-hangs", "ladder", None, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 8),
    ("everything-hangs", "ladder", None, None, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 3),
    ("cmd-only", "ladder", None, 26100, "C:\\Users\\张", "/mnt/c/Users/张", "ok", 5),
    ("cron", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
    ("dead-socket", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 2),
    ("no-windows-path", "powershell", RAM_16, 26100, r"C:\Users\ana", "/mnt/c/Users/ana", "ok", 1),
]


@pytest.mark.parametrize(("name", "how", "ram", "build", "profile", "folder", "interop", "children"), ROWS, ids=[row[0] for row in ROWS])
def test_machine(open_machine, name, how, ram, build, profile, folder, interop, children):
    """Each recorded situation gives the values it can give, in the number of children it needs, and says why the rest is unknown."""
    host = open_machine(name)
    machine = look(host)
    assert machine.host.how == how
    assert machine.host.ram.value == ram
    assert machine.host.build.value == build
    assert machine.host.profile.value == profile
    assert machine.distro.interop.value == interop
    assert profile_folder(host, machine) == folder
    assert local_folder(host, machine) == folder + "/AppData/Local"
    assert machine.host.disk_free.known
    assert machine.distro.name.value == "Ubuntu-24.04"
    assert len(host.calls) == children
    unknown = [datum for datum in (machine.host.ram, machine.host.build, machine.host.ram_free, machine.host.policies) if not datum.known]
    assert all(datum.reason for datum in unknown)
    assert ram is not None or machine.notes


@pytest.mark.parametrize("name", [row[0] for row in ROWS] + ["automount-off"])
def test_once_per_boot(open_machine, name):
    """A second look in the same boot starts nothing and knows the same, whether PowerShell or the ladder answered."""
    first = look(open_machine(name))
    again = open_machine(name)
    second = look(again)
    assert again.calls == []
    assert second.host.how == "cache"
    assert second.host.taken_at == first.host.taken_at
    assert (second.host.ram, second.host.policies, second.host.distributions) == (
        first.host.ram,
        first.host.policies,
        first.host.distributions,
    )
    assert second.notes == first.notes
    look(again, fresh=True)
    assert again.calls


@pytest.mark.parametrize("name", [path.name for top in FOLDERS for path in sorted(top.iterdir()) if path.is_dir()])
def test_every_machine_is_small_and_shown_here(name):
    """Every machine folder has a row above, says what it is, and stays small enough to read."""
    folder = next(top / name for top in FOLDERS if (top / name).is_dir())
    assert name in {row[0] for row in ROWS} | {"automount-off"}
    assert sum(path.is_file() for path in folder.rglob("*")) < 60
    assert "description = " in (folder / "machine.toml").read_text(encoding="utf-8")
    assert not list(folder.rglob("__pycache__"))


def test_automount_off_names_the_mount_command(open_machine):
    """Without a Windows drive nothing fails; what needs one is told how to mount it."""
    host = open_machine("automount-off")
    machine = look(host)
    assert not machine.host.profile.known
    assert not machine.distro.system_mount.known
    with pytest.raises(Unreachable) as caught:
        require_windows(machine)
    assert caught.value.exit_code == 5
    assert "sudo mount -t drvfs C: /mnt/c" in caught.value.hint


def test_not_wsl_says_so(tmp_path: Path):
    """On another Linux every Windows datum is unknown with that reason, nothing is started, and what needs Windows names the demo."""
    from wslcfg.host.real import RealHost

    class Bare(RealHost):
        def run(self, argv, **_):
            raise AssertionError(f"started {argv}")

        def env(self, name):
            return None if name.startswith("WSL") else super().env(name)

    host = Bare()
    if host.stat("/run/WSL") is not None or b"microsoft" in (host.read("/proc/sys/kernel/osrelease") or b"").lower():
        pytest.skip("this is WSL")
    machine = look(host)
    assert machine.distro.is_wsl is False
    assert machine.host.how == "none"
    assert machine.host.ram.reason == "not WSL"
    assert machine.vm.memory_total.known
    with pytest.raises(Unreachable, match="not WSL") as caught:
        require_windows(machine)
    assert "wslcfg demo" in caught.value.hint


def test_container_on_wsl_kernel_is_not_wsl(tmp_path: Path):
    """A container of Docker Desktop has WSL's kernel and no Windows; it must not be taken for a distro."""
    from wslcfg.host.recorded import RecordedHost

    (tmp_path / "machine.toml").write_text(
        'schema = 1\nnow = 2026-10-05T08:30:00Z\n[text]\n"/.dockerenv" = ""\n"/proc/sys/kernel/osrelease" = "6.6.87.2-microsoft-standard-WSL2\\n"\n'
    )
    assert look(RecordedHost(tmp_path)).distro.is_wsl is False


def test_windows_in_use_leaves_the_vm_out(open_machine):
    """Windows' own use is total minus free minus the VM's working set; without the VM's process it is unknown, not wrong."""
    host = look_host(open_machine("practice-16gb"))
    assert host.windows_in_use.value == (16567500 - 6396314) * KIB - 5798205849
    assert look_host(open_machine("german-windows")).windows_in_use.value == host.windows_in_use.value
    assert not look_host(open_machine("clm")).windows_in_use.known


def test_volatile_disk_is_measured_again(open_machine):
    """Free disk changes within a boot: it comes from the file system at each look, the rest from the cache."""
    look(open_machine("practice-16gb"))
    fuller = open_machine("practice-16gb")
    fuller._space["/mnt/c"]["free"] = 5 * GIB
    again = look_host(fuller)
    assert again.how == "cache"
    assert again.disk_free.value == 5 * GIB
    assert again.disk_free.source == "statvfs"


def test_parts_start_nothing(open_machine):
    """VM, services and work are looked at without any child, for the commands that must stay quick."""
    host = open_machine("practice-16gb")
    assert look_vm(host).memory_total.value == 8049664 * KIB
    assert look_services(host).known
    assert len(look_work(host).agents) == 2
    assert host.calls == []


def test_windows_programs_start_on_the_windows_drive(open_machine):
    """A Linux working folder makes cmd.exe complain and every start slow, so each Windows program starts on its own drive."""
    for name, drive in (("practice-16gb", "/mnt/c"), ("custom-automount-root", "/win/d"), ("powershell-hangs", "/mnt/c")):
        host = open_machine(name)
        look_host(host)
        assert {folder for call, folder in zip(host.calls, host.folders, strict=True) if call[0].startswith(("/mnt", "/win"))} == {drive}


def test_policies_and_distros(open_machine):
    """Policies, WSL's version and the registered distros come out typed; no policy key means none, not unknown."""
    machine = look(open_machine("policies-set"))
    assert machine.host.policies.value == {
        "AllowKernelUserSetting": 0,
        "AllowKernelCommandLineUserSetting": 0,
        "AllowNestedVirtualization": 1,
        "DefaultNetworkingMode": 3,
    }
    assert machine.host.wsl_version.value == "2.5.10.0"
    assert look(open_machine("practice-16gb")).host.policies.value == {}
    assert look(open_machine("powershell-hangs")).host.policies.value == {}
    distros = look(open_machine("docker-desktop")).host.distributions.value or ()
    assert [(one.name, one.version, one.default) for one in distros] == [
        ("Ubuntu-24.04", 2, True),
        ("docker-desktop", 2, False),
        ("Old-Debian", 1, False),
    ]
    assert [(one.name, one.default) for one in look(open_machine("defender-blocks")).host.distributions.value or ()] == [
        ("Ubuntu-24.04", True)
    ]


def test_distro_name_from_the_registry(open_machine):
    """Where no process has WSL_DISTRO_NAME, the only distro that can be meant gives the name."""
    host = open_machine("practice-16gb")
    del host._env["WSL_DISTRO_NAME"]
    name = look(host).distro.name
    assert (name.value, name.source) == ("Ubuntu-24.04", "powershell")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff\xfe\x00", b'{"schema":1,"key":"x","values":[]}'])
def test_damaged_cache_is_no_cache(open_machine, damage):
    """A cache that cannot be understood is replaced, never trusted and never an error."""
    host = open_machine("practice-16gb")
    host.write("/home/ana/.local/state/wslcfg/host.json", damage)
    assert look_host(host).ram.value == RAM_16
    assert json.loads(host.read("/home/ana/.local/state/wslcfg/host.json") or b"")["schema"] == 1


def test_cache_ends_with_the_boot_and_is_private(open_machine, tmp_path: Path):
    """Another boot, or interop switched on meanwhile, asks again; nobody else may read the answers."""
    host = open_machine("practice-16gb")
    look_host(host)
    kept = tmp_path / "practice-16gb" / "files" / "home/ana/.local/state/wslcfg/host.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    rebooted = open_machine("practice-16gb")
    rebooted._text["/proc/sys/kernel/random/boot_id"] = "another\n"
    assert look_host(rebooted).how == "powershell"
    look_host(open_machine("no-interop"))
    switched = open_machine("no-interop")
    switched._text["/etc/wsl.conf"] = "[boot]\nsystemd=true\n"
    look_host(switched)
    assert switched.calls


def test_unwritable_home_costs_only_time(open_machine):
    """Facts never fail because the cache cannot be written."""
    host = open_machine("practice-16gb")
    host._readonly = (*host._readonly, "/home")
    assert look_host(host).ram.value == RAM_16
    assert look_host(host).how == "powershell"
