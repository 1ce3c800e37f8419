"""The wheel holds everything, and works on its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT
from wslcfg import __version__


def _project() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_oldest_python_is_one_number() -> None:
    """pyproject.toml, install.sh, the linters and the test runner agree on the oldest Python."""
    wanted = re.search(r'requires-python = ">=([0-9.]+)"', _project())
    assert wanted
    oldest = wanted[1]
    installer = (ROOT / "install.sh").read_text(encoding="utf-8")
    assert f"oldest='{oldest}'" in installer
    assert f"sys.version_info < ({oldest.replace('.', ', ')})" in installer
    assert f'python_version = "{oldest}"' in _project()
    assert f'target-version = "py{oldest.replace(".", "")}"' in _project()
    assert f"for version in {oldest} " in (ROOT / ".ci/other-pythons").read_text(encoding="utf-8")


def test_each_pin_has_its_reason() -> None:
    """A dependency carries its reason on the same line."""
    lists = re.findall(r"^(?:dependencies|test|dev) = \[\n(.*?)^\]", _project(), re.M | re.S)
    assert len(lists) == 3
    lines = [line for block in lists for line in block.splitlines() if "wslcfg[" not in line]
    assert all(" # " in line for line in lines), [line for line in lines if " # " not in line]


def test_each_third_party_import_is_declared() -> None:
    """What the package imports from outside is named in its dependencies, not borrowed from another package's."""
    from tests.house.source import modules

    declared = set(re.findall(r'^  "([a-z]+)', "\n".join(re.findall(r"^dependencies = \[\n(.*?)^\]", _project(), re.M | re.S)), re.M))
    used = (
        {one.module.split(".")[0] for module in modules() for one in module.imports}
        - set(sys.stdlib_module_names)
        - {"wslcfg", "tomllib", "compression"}
    )
    assert used <= declared, f"imported but not declared: {sorted(used - declared)}"
    assert declared <= used, f"declared but not imported: {sorted(declared - used)}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built as pip builds it for anybody."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.slow
def test_wheel_holds_everything(wheel: Path) -> None:
    """Every module, profile, recorded machine and resource of the tree is in the wheel, and no test is."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert wheel.name == f"wslcfg-{__version__}-py3-none-any.whl"
    tracked = {path for path in PACKAGE.rglob("*") if path.is_file() and not {"__pycache__", "overlay"} & set(path.parts)}
    missing = {path.relative_to(ROOT).as_posix() for path in tracked} - names
    missing |= {f"wslcfg/_profiles/{path.name}" for path in (ROOT / "profiles").glob("*.toml")} - names
    assert not missing, f"not in the wheel: {sorted(missing)}"
    assert any(name.startswith("wslcfg/_profiles/") and name.endswith(".toml") for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if name.split("/")[0] not in ("wslcfg", f"wslcfg-{__version__}.dist-info")]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone in it; the dependencies are the ones of this test run."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=120)
    python = venv / "bin/python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        timeout=120,
        capture_output=True,
    )
    # Path entries from a .pth are appended and their own .pth files are not read: the source tree cannot be picked up instead.
    (site,) = venv.glob("lib/python3*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv


def _run(venv: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(venv / "bin/wslcfg"), *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.slow
def test_wheel_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    """The installed program starts from any folder and is the wheel's, not this tree's."""
    done = _run(installed, tmp_path, "--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"wslcfg {__version__}"), done.stderr
    where = subprocess.run(
        [str(installed / "bin/python"), "-c", "import wslcfg; print(wslcfg.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert where.startswith(str(installed))


@pytest.mark.slow
def test_wheel_has_its_profiles(installed: Path, tmp_path: Path) -> None:
    """The built-in profiles are found in an installation too, all of them."""
    done = _run(installed, tmp_path, "profile", "list", "--json")
    assert done.returncode == 0, done.stderr
    said = json.dumps(json.loads(done.stdout)["data"])
    missing = [path.stem for path in (ROOT / "profiles").glob("*.toml") if path.stem not in said]
    assert not missing, f"{missing} not in {said}"


@pytest.mark.slow
def test_wheel_demo_runs(installed: Path, tmp_path: Path) -> None:
    """The demo needs nothing but the wheel, no terminal, and leaves nothing in the folder it was started in."""
    done = _run(installed, tmp_path, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10GB" in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
