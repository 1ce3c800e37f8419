"""The distro and the person, where the environment says it and where it does not."""

from __future__ import annotations

import pytest

from wslcfg.machine.distro import look_distro, only_one
from wslcfg.model.facts import Distribution


def test_everything_of_an_ordinary_terminal(open_machine):
    """An ordinary terminal knows its distro, person, mounts and init system."""
    distro = look_distro(open_machine("practice-16gb"))
    assert distro.is_wsl
    assert (distro.name.value, distro.os_name.value) == ("Ubuntu-24.04", "Ubuntu 24.04.3 LTS")
    assert (distro.systemd.value, distro.cron.value) == (True, "running")
    assert (distro.windows_root.value, distro.system_mount.value) == ("/mnt/", "/mnt/c")
    assert (distro.user.value, distro.uid.value, distro.home.value) == ("ana", 1000, "/home/ana")


def test_cron_has_almost_no_environment(open_machine):
    """Under cron the name comes from another process of the person, the person from LOGNAME or /etc/passwd."""
    host = open_machine("cron")
    distro = look_distro(host)
    assert (distro.name.value, distro.name.source) == ("Ubuntu-24.04", "the environment of another process")
    for name in ("LOGNAME", "HOME"):
        host._env.pop(name, None)
    distro = look_distro(host)
    assert (distro.user.value, distro.home.value) == ("ana", "/home/ana")


def test_cron_states(open_machine):
    """A cron that nobody starts is told from one that runs and from none."""
    host = open_machine("no-systemd")
    assert look_distro(host).cron.value == "installed"
    del host._text["/usr/sbin/cron"]
    assert look_distro(host).cron.value == "absent"
    assert look_distro(host).systemd.value is False


def test_custom_root(open_machine):
    """Another automount root and another system drive come from the mounts, not from /mnt/c by habit."""
    distro = look_distro(open_machine("custom-automount-root"))
    assert (distro.windows_root.value, distro.system_mount.value) == ("/win/", "/win/d")


def test_path_decides_between_two_windows(open_machine):
    """With Windows on two mounted drives, the one in PATH is the one that runs."""
    host = open_machine("custom-automount-root")
    host._folders = host._folders | {"/win/c/Windows/System32"}
    host._implied = None
    assert look_distro(host).system_mount.value == "/win/c"
    host._env["PATH"] = "/usr/bin:/win/d/WINDOWS/system32"
    assert look_distro(host).system_mount.value == "/win/d"


@pytest.mark.parametrize(
    ("names", "only"),
    [
        ((("Ubuntu", 2),), "Ubuntu"),
        ((("Ubuntu", 2), ("docker-desktop", 2), ("Old", 1)), "Ubuntu"),
        ((("Ubuntu", 2), ("Debian", 2)), None),
        ((), None),
    ],
)
def test_only_one(names, only):
    """The registry names the distro only when no other one can be meant."""
    assert only_one(tuple(Distribution(name, version, False) for name, version in names)) == only


def test_wsl_1_is_said(open_machine):
    """On WSL 1 there is no VM: a note says that .wslconfig changes nothing."""
    from wslcfg.machine.look import look

    host = open_machine("practice-16gb")
    host._text["/proc/sys/kernel/osrelease"] = "4.4.0-26100-Microsoft\n"
    assert any("WSL 1" in note for note in look(host).notes)
