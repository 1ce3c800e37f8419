"""A newer wslcfg beside the old one: tried before it is swapped in, old or new whoever is killed, and distros that differ."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.apply.practice import NEW, Home
from wslcfg import __version__
from wslcfg.apply import peers, rescue, share
from wslcfg.apply.installed import Installed, look_installed, offer
from wslcfg.apply.upgrade import replace
from wslcfg.errors import Conflict, Refused, Unreachable, Unreadable, WslcfgError
from wslcfg.host.real import RealHost
from wslcfg.model.version import newer

MAIN = "import sys\ndef main():\n    from wslcfg import __version__\n    print('wslcfg ' + __version__)\n"


def pyz(path: Path, version: str, main: str = MAIN) -> Path:
    """A file with a program of that name and version, and no more."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("wslcfg/__init__.py", f'"""Its version."""\n\n__version__ = "{version}"\n')
        archive.writestr("wslcfg/__main__.py", main)
    return path


def put(data: Path, version: str) -> Installed:
    """An installation of that version, as far as an upgrade looks at it."""
    environment = data / f"versions/{version}.999999999"
    (environment / "bin").mkdir(parents=True)
    program = environment / "bin/wslcfg"
    program.write_text(f"#!/bin/sh\necho wslcfg {version}\n")
    program.chmod(0o755)
    (data / "current").symlink_to(f"versions/{version}.999999999")
    return look_installed(f"{environment}/lib/wslcfg", str(data))


@pytest.fixture
def old(tmp_path: Path) -> Installed:
    """An installation of 0.1.0 in a folder with a blank in its name."""
    return put(tmp_path / "data of ana" / "wslcfg", "0.1.0")


def says(data: str) -> str:
    """What the program that is in use says of itself."""
    done = subprocess.run([f"{data}/current/bin/wslcfg", "--version"], capture_output=True, text=True, check=False, cwd="/")
    return done.stdout.strip() or done.stderr


def test_upgraded(old: Installed, tmp_path: Path) -> None:
    """The new one is in use, compiled; the old environment stays for the process that runs from it, and goes with the next upgrade."""
    assert (old.kind, says(old.data)) == ("own", "wslcfg 0.1.0")
    fresh = replace(RealHost(), old, offer(str(pyz(tmp_path / "new.pyz", "0.2.0"))))
    assert says(old.data) == "wslcfg 0.2.0" and list(Path(fresh).rglob("*.pyc"))
    assert os.path.isdir(old.environment)
    left = Path(old.data, "versions", "0.0.9.999999999")
    left.mkdir()
    again = replace(RealHost(), look_installed(f"{fresh}/lib/wslcfg", old.data), offer(str(pyz(tmp_path / "newer.pyz", "0.3.0"))))
    assert says(old.data) == "wslcfg 0.3.0"
    assert sorted(os.listdir(Path(old.data, "versions"))) == sorted([".lock", os.path.basename(fresh), os.path.basename(again)])


@pytest.mark.parametrize(
    "main",
    [
        pytest.param("raise SystemExit('broken')\n", id="does not run"),
        pytest.param("def main():\n    print('wslcfg 7')\n", id="is another version"),
    ],
)
def test_one_that_does_not_run_is_not_swapped_in(old: Installed, tmp_path: Path, main: str) -> None:
    """What does not answer as it should is thrown away, and the old one is as it was."""
    before = sorted(os.listdir(Path(old.data, "versions")))
    with pytest.raises(Unreachable, match="does not run"):
        replace(RealHost(), old, offer(str(pyz(tmp_path / "new.pyz", "0.2.0", main))))
    assert says(old.data) == "wslcfg 0.1.0" and sorted(os.listdir(Path(old.data, "versions"))) == [".lock", *before]


def test_a_python_that_is_missing(old: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Python on the PATH nothing is left half made."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreachable, match=r"no Python"):
        replace(RealHost(), old, offer(str(pyz(tmp_path / "new.pyz", "0.2.0"))))
    assert [name for name in os.listdir(Path(old.data, "versions")) if name.startswith("0.2")] == []


def test_one_upgrade_at_a_time(old: Installed, tmp_path: Path) -> None:
    """While another one builds this one does not begin."""
    with open(Path(old.data, "versions", ".lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Conflict):
            replace(RealHost(), old, offer(str(pyz(tmp_path / "new.pyz", "0.2.0"))))
    assert says(old.data) == "wslcfg 0.1.0"


def test_killed_anywhere(old: Installed, tmp_path: Path) -> None:
    """Kill the upgrade at any time: what is in use is the old one or the new one, whole, and the next upgrade works."""
    source = pyz(tmp_path / "new.pyz", "0.2.0")
    code = (
        "import sys; from wslcfg.apply.upgrade import replace; from wslcfg.apply.installed import *; from wslcfg.host.real import RealHost\n"
        "print('begun', flush=True); replace(RealHost(), Installed('own', sys.argv[1], sys.argv[2]), offer(sys.argv[3]))\n"
    )
    for pause in (0.0, 0.04, 0.1, 0.2):
        child = subprocess.Popen([sys.executable, "-c", code, old.environment, old.data, str(source)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None and child.stdout.readline() == "begun\n"
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert says(old.data) in ("wslcfg 0.1.0", "wslcfg 0.2.0")
    replace(RealHost(), old, offer(str(pyz(tmp_path / "last.pyz", "0.3.0"))))
    assert says(old.data) == "wslcfg 0.3.0"


def test_what_is_no_wslcfg_is_refused(tmp_path: Path) -> None:
    """A cut file, another archive, a wrong digest, nothing at all: each its own error, before anything is built."""
    whole = pyz(tmp_path / "whole.pyz", "0.2.0")
    (tmp_path / "cut.pyz").write_bytes(whole.read_bytes()[:-30])
    with zipfile.ZipFile(tmp_path / "other.pyz", "w") as archive:
        archive.writestr("x", "y")
    (tmp_path / "clone/wslcfg").mkdir(parents=True)
    (tmp_path / "clone/wslcfg/__init__.py").write_text("nothing")
    for name, kind in (("cut.pyz", Unreadable), ("other.pyz", Unreadable), ("clone", Unreadable), ("gone.pyz", Unreachable)):
        with pytest.raises(kind):
            offer(str(tmp_path / name))
    listed = tmp_path / "whole.pyz.sha256"
    listed.write_text(f"{hashlib.sha256(whole.read_bytes()).hexdigest()}  whole.pyz\n")
    assert offer(str(whole)).version == "0.2.0"
    listed.write_text(f"{'0' * 64}  whole.pyz\n")
    with pytest.raises(Refused, match="digest"):
        offer(str(whole))


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ana/.local/share/pipx/venvs/wslcfg/lib/python3.12/site-packages/wslcfg", "pipx"),
        ("/home/ana/.local/share/uv/tools/wslcfg/lib/python3.12/site-packages/wslcfg", "uv"),
        ("/home/ana/.cache/wslcfg/pyz/1f2e/wslcfg", "pyz"),
        ("/home/ana/src/wslcfg/wslcfg", "other"),
    ],
)
def test_who_installed_it(folder: str, kind: str) -> None:
    """What another tool installed is told by where it lies; only install.sh's own layout is replaced."""
    assert look_installed(folder, "/home/ana/.local/share/wslcfg").kind == kind


def test_versions_in_order() -> None:
    """Numbers count as numbers, and what comes before a release is older than it."""
    ordered = ["", "0.1.0rc1", "0.1.0", "0.1.1", "0.9", "0.10.0", "1.0"]
    assert all(newer(later, earlier) for earlier, later in itertools.pairwise(ordered))
    assert not newer("0.1.0", "0.1") and not newer("0.1", "0.1.0")


def test_an_older_distro_leaves_the_newer_ones_scripts(tmp_path: Path) -> None:
    """The rescue files that a newer wslcfg wrote stay; those of an older one, or damaged notes, are renewed."""
    home = Home(tmp_path)
    home.shared.mkdir(parents=True)
    script, by = home.shared / "rollback.cmd", home.shared / rescue.WRITTEN_BY
    for told, stays in (('{"tool": "999.0"}', True), ('{"tool": "0.0.1"}', False), ("damaged", False)):
        script.write_bytes(b"of another version")
        (home.shared / "park.cmd").unlink(missing_ok=True)
        by.write_text(told)
        assert rescue.place_rescue(home.homes()) == ()
        assert (script.read_bytes() == b"of another version") is stays
        assert (home.shared / "park.cmd").exists(), "what is missing is written all the same"
    assert __version__ in by.read_text()


def test_distros_that_differ_are_named(tmp_path: Path) -> None:
    """What history and the notes say last of each distro; who is behind is told with the line to type there, who is ahead too."""
    home = Home(tmp_path)
    home.apply(home.change(NEW), distro="Debian")
    now = datetime.now(timezone.utc)
    peers.note(home.homes(), now)
    store = home.store()
    assert {one.distro: one.tool for one in peers.peers(store)} == {"Ubuntu": __version__, "Debian": __version__}
    assert peers.behind(peers.peers(store), "Ubuntu", __version__) == ()
    told = home.shared / peers.FOLDER / "Debian.json"
    told.write_text(f'{{"distro": "Debian", "tool": "0.0.1", "at": "{(now + timedelta(hours=1)).isoformat()}"}}')
    (said,) = peers.behind(peers.peers(store), "Ubuntu", __version__)
    assert said.endswith("Run: wsl.exe -d Debian -- wslcfg upgrade")
    told.write_text(told.read_text().replace("0.0.1", "999.0"))
    assert "newer than this" in peers.behind(peers.peers(store), "Ubuntu", __version__)[0]
    told.write_text("{")
    assert len(peers.peers(store)) == 2, "a damaged note is as none"


def test_the_file_is_there_for_the_other_distros(tmp_path: Path) -> None:
    """After an upgrade the single file lies on the Windows side with its digest, and is an offer there."""
    home = Home(tmp_path)
    source = offer(str(pyz(tmp_path / "new.pyz", "0.2.0")))
    assert share.share(home.homes(), source) == ()
    shared = str(home.shared / share.FOLDER / share.NAME)
    assert offer(shared).version == "0.2.0" and os.path.exists(f"{shared}.sha256")
    assert share.share(home.homes(), offer(shared)) == ()
    blocked = home.homes()._replace(shared=str(tmp_path / "new.pyz"))
    assert "could not be kept" in share.share(blocked, source)[0]
    with pytest.raises(WslcfgError):
        offer(str(tmp_path / "gone"))


def wheel(folder: Path, version: str, *needs: str) -> Path:
    """A wheel of a program of that name and version, and no more."""
    path, info = folder / f"wslcfg-{version}-py3-none-any.whl", f"wslcfg-{version}.dist-info"
    wanted = "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        "wslcfg/__init__.py": f'__version__ = "{version}"\n',
        "wslcfg/__main__.py": MAIN.replace("def main", "import pinned\ndef main"),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: wslcfg\nVersion: {version}\n{wanted}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nwslcfg = wslcfg.__main__:main\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path


@pytest.mark.slow
def test_a_wheel_without_network(old: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the new one needs and the old one has is taken over; what nobody has needs the network, and the old one stays."""
    monkeypatch.setenv("PIP_INDEX_URL", f"file://{tmp_path}/no-index")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}")
    site = Path(old.environment, f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
    (site / "pinned-1.0.dist-info").mkdir(parents=True)
    (site / "pinned-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: pinned\nVersion: 1.0\n")
    (site / "pinned.py").touch()
    replace(RealHost(), old, offer(str(wheel(tmp_path, "0.2.0", "pinned>=1"))))
    assert says(old.data) == "wslcfg 0.2.0"
    with pytest.raises(Unreachable, match="could not be installed") as raised:
        replace(RealHost(), old, offer(str(wheel(tmp_path, "0.3.0", "pinned>=2"))))
    assert "wslcfg.pyz" in raised.value.hint and says(old.data) == "wslcfg 0.2.0"
