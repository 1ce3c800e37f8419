"""What the tests in the VM share: the image, which is built where this machine can, and this wslcfg with what it needs, as one folder."""

from __future__ import annotations

import compileall
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from typing import Any

import pytest

from tests.house.source import ROOT
from tests.vm.guest import GUEST_PYTHON, IMAGE, CannotBuild, Guest, Laptop, build, requirements

# An emulated machine keeps one core busy.
BOOTS_AT_ONCE = int(os.environ.get("VMRIG_AT_ONCE") or 2)


@pytest.fixture(scope="session")
def image() -> None:
    """The VM's image, made when it is not there or its scripts changed; skips with the reason where this machine cannot make one.

    VMRIG_REQUIRE=1 turns the skip into a failure.
    """
    missing = None
    if os.getuid() != 0:
        missing = "only root can unpack a distro"
    else:
        try:
            build(IMAGE)
        except CannotBuild as error:
            missing = str(error)
    if missing:
        without(missing)


def without(reason: str) -> None:
    """Skip, or fail where VMRIG_REQUIRE=1 says that there has to be a VM."""
    text = f"the VM's image cannot be built here: {reason} (tests/vmrig/README.md names the Debian packages)"
    pytest.fail(text) if os.environ.get("VMRIG_REQUIRE") else pytest.skip(text)


@pytest.fixture(scope="session")
def guest(image: None, tmp_path_factory: pytest.TempPathFactory) -> Guest:
    """The VM with this wslcfg in it; what it needs is pure Python and comes out of this environment."""
    payload = tmp_path_factory.mktemp("payload")
    ignored = shutil.ignore_patterns("__pycache__", "overlay")
    shutil.copytree(ROOT / "wslcfg", payload / "wslcfg", ignore=ignored)
    shutil.copytree(ROOT / "profiles", payload / "profiles")
    for name in requirements("wslcfg") - {"wslcfg"}:
        whole = distribution(name)
        for file in whole.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (payload / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(whole.locate_file(file)), payload / file)
    for program in ("vm/power_cut.py", "cli/terminal.py"):
        shutil.copy(ROOT / "tests" / program, payload)
    if sys.version_info[:2] == GUEST_PYTHON:
        compileall.compile_dir(payload, quiet=2)
    # pytest's folders are its person's alone; the guest's dev is somebody else.
    for folder in [payload, *payload.parents][:3]:
        folder.chmod(0o755)
    return Guest(payload)


@pytest.fixture(scope="session")
def booted(request: pytest.FixtureRequest, guest: Guest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Gives what one of the `BOOTS` of the chosen test modules has seen; BOOTS_AT_ONCE virtual machines run at a time."""
    chosen = {item.module for item in request.session.items if isinstance(item, pytest.Function) and item.get_closest_marker("vm")}
    boots: dict[str, Callable[[Guest, Laptop], Any]] = {}
    for module in sorted(chosen, key=lambda module: module.__name__):
        boots.update(module.BOOTS)
    with ThreadPoolExecutor(max_workers=BOOTS_AT_ONCE) as pool:
        laptops = {name: Laptop(tmp_path_factory.mktemp(name)) for name in boots}
        running = {name: pool.submit(boot, guest, laptops[name]) for name, boot in boots.items()}

        def seen(name: str) -> Any:
            try:
                return running[name].result()
            except CannotBuild as error:
                return without(str(error))

        yield seen
        for future in running.values():
            future.cancel()
