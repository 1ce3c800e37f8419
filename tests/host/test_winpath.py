r"""Windows paths and back, by the mount table alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslcfg.errors import Refused, Unreachable
from wslcfg.host.winpath import Mount, mount_command, mounts, to_linux, to_windows

C = Mount("C:", "/mnt/c")
D = Mount("D:", "/win/d")
DOCKER = Mount("C:\\Program Files\\Docker", "/Docker/host")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (r"C:\134 /mnt/c 9p rw,noatime,aname=drvfs;path=C:\;uid=1000;gid=1000 0 0", [C]),
        (r"drvfs /mnt/c 9p rw,dirsync,aname=drvfs;path=C:\;uid=0;symlinkroot=/mnt/ 0 0", [C]),
        (r"drvfs /mnt/c 9p rw,aname=drvfs;path=C:\134;uid=0,trans=virtio 0 0", [C]),
        (r"C: /mnt/c drvfs rw,noatime 0 0", [C]),
        (r"drvfsC0 /mnt/c virtiofs rw,noatime 0 0", [C]),
        (r"drvfsaC0 /mnt/c virtiofs rw,noatime 0 0", [C]),
        (r"drvfsa /mnt/c virtiofs rw,noatime 0 0", [C]),
        (r"5c1d8d7e /data virtiofs rw 0 0", [Mount("E:\\data", "/data")]),
        (r"unknown-tag /data virtiofs rw 0 0", []),
        (r"C:\134Program\040Files\134Docker /Docker/host 9p rw,aname=drvfs 0 0", [DOCKER]),
        (r"D:\134 /mnt/my\040drive drvfs rw 0 0", [Mount("D:", "/mnt/my drive")]),
        (r"drivers /usr/lib/wsl/drivers 9p ro,aname=drivers;fmask=222 0 0", []),
        (r"share /mnt/host 9p rw,trans=virtio 0 0", []),
        (r"\134\134server\134share /mnt/s 9p rw,aname=drvfs;path=UNC\server 0 0", []),
        (r"/dev/sdc / ext4 rw 0 0", []),
        ("", []),
    ],
)
def test_mount_table(line, found):
    """Every form in which WSL mounts a drive is known; what is not Windows' is passed over."""
    assert list(mounts(line, {"5c1d8d7e": "E:\\data\\"})) == found


def test_later_mount_hides_earlier():
    """Two mounts on one point: the later one is what is seen."""
    assert mounts("C: /mnt/c drvfs rw 0 0\nD: /mnt/c drvfs rw 0 0") == (Mount("D:", "/mnt/c"),)


@pytest.mark.parametrize(
    ("windows", "linux"),
    [
        ("C:\\Users\\ana", "/mnt/c/Users/ana"),
        ("c:/Users/José/", "/mnt/c/Users/José"),
        ("\\\\?\\C:\\x", "/mnt/c/x"),
        ("C:\\", "/mnt/c"),
        ("C:", "/mnt/c"),
        ("D:\\wsl\\swap.vhdx", "/win/d/wsl/swap.vhdx"),
        ("C:\\program files\\docker\\x", "/Docker/host/x"),
        ("C:\\Program Files", "/mnt/c/Program Files"),
    ],
)
def test_to_linux(windows, linux):
    """A Windows path is translated by the deepest mount that shows it, without regard to case."""
    assert to_linux(windows, (C, D, DOCKER)) == linux


@pytest.mark.parametrize(
    "path", ["\\\\server\\share", "\\\\wsl.localhost\\Ubuntu\\home", "//server/share", "Users\\ana", "C:relative", "", "/mnt/c"]
)
def test_to_linux_refuses(path):
    """Network paths and relative ones have no place here."""
    with pytest.raises(Refused):
        to_linux(path, (C, D))


def test_unmounted_drive_names_the_command():
    """A drive that is not mounted is unreachable, and the hint mounts it."""
    with pytest.raises(Unreachable) as caught:
        to_linux("E:\\x", (C, D))
    assert mount_command("e:") == "sudo mkdir -p /mnt/e && sudo mount -t drvfs E: /mnt/e"
    assert mount_command("e:") in caught.value.hint


@pytest.mark.parametrize(
    ("linux", "windows"), [("/mnt/c", "C:\\"), ("/mnt/c/Users/ana", "C:\\Users\\ana"), ("/Docker/host/x", "C:\\Program Files\\Docker\\x")]
)
def test_to_windows(linux, windows):
    """And back."""
    assert to_windows(linux, (C, D, DOCKER)) == windows


@pytest.mark.parametrize("path", ["/home/ana", "/mnt/cc/x", "/mnt/c/a:b", "/mnt/c/what?"])
def test_to_windows_refuses(path):
    """Linux' own folders, and names that Windows cannot have."""
    with pytest.raises(Refused):
        to_windows(path, (C, D))


@settings(max_examples=60)
@given(
    st.lists(
        st.text(st.characters(blacklist_characters='\\/:*?"<>|', min_codepoint=32, blacklist_categories=("Cs",)), min_size=1, max_size=8),
        max_size=5,
    )
)
def test_round_trip(parts):
    """Any path of names that Windows allows comes back as it was."""
    path = "\\".join(["D:", *parts]) if parts else "D:\\"
    assert to_windows(to_linux(path, (C, D)), (C, D)) == path
