"""What a start imports. Time is measured by `make bench`; here it is named what must not creep in, which a clock cannot tell."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys

import pytest

from tests.house.source import ROOT
from wslcfg.cli.table import COMMANDS

PRACTICE = ROOT / "wslcfg/demo_machines/practice-16gb"
# Slow to import (0.5 to 60 ms each) and not needed to show a help text.
HEAVY = set(
    """
    pydantic rich questionary prompt_toolkit tomlkit tomllib tomli asyncio unittest http email xml difflib subprocess tempfile argparse
    multiprocessing concurrent logging sqlite3 ssl urllib.request hashlib decimal fractions statistics zoneinfo ipaddress importlib.metadata
    """.split()
)
# Never for a command that only reads and prints, whatever it does.
TALKERS = set("pydantic rich questionary prompt_toolkit tomlkit asyncio email http importlib.metadata argparse logging".split())
# Commands that print what they found, run for real.
READERS = [
    ["facts"],
    ["plan"],
    ["status"],
    ["history"],
    ["get", "wsl2.memory"],
    ["lint"],
    ["explain", "wsl2.memory"],
    ["profile", "list"],
    ["completion", "bash"],
    ["schema", "plan"],
    ["oom"],
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the practice laptop, since what a command keeps is written beside its recording."""
    return shutil.copytree(PRACTICE, str(tmp_path_factory.mktemp("machine") / "copy"), ignore=shutil.ignore_patterns("overlay"))


def _imported(code: str, *arguments: str) -> tuple[set[str], int]:
    """The names of all modules that a fresh interpreter has after running this code, and its exit code."""
    # Told through a file descriptor of its own, since stdout and stderr belong to the program.
    frame = f"""
import sys
code = 0
try:
{chr(10).join("    " + line for line in code.splitlines())}
except SystemExit as stop:
    code = stop.code or 0
names = "\\n".join(sys.modules)
import os
os.write(2, ("\\n@modules\\n" + names).encode())
os._exit(code)
"""
    done = subprocess.run(
        [sys.executable, "-c", frame, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    said, _, names = done.stderr.partition("\n@modules\n")
    assert names, f"the program did not come to its end:\n{said}"
    assert done.returncode in (0, 1), f"{' '.join(arguments)} ended with {done.returncode}:\n{said}{done.stdout}"
    return set(names.split()), done.returncode


def _started(*arguments: str) -> set[str]:
    return _imported("from wslcfg.__main__ import main\nmain()", *arguments)[0]


@functools.cache
def _unavoidable() -> frozenset[str]:
    """What typer itself imports; no rule of ours can take that away."""
    return frozenset(_imported("import typer")[0])


def _among(imported: set[str], names: set[str]) -> set[str]:
    return {name for name in names if any(one == name or one.startswith(f"{name}.") for one in imported)}


def test_version_needs_next_to_nothing() -> None:
    """`wslcfg --version` answers without the command line's parser."""
    imported = _started("--version")
    assert not _among(imported, HEAVY | {"typer", "click", "dataclasses", "inspect"})


def test_help_needs_next_to_nothing() -> None:
    """`wslcfg --help` prints a table; it imports no parser, no command and no room."""
    imported = _started("--help")
    assert not _among(imported, HEAVY | {"typer", "click", "dataclasses", "inspect", "wslcfg.cli.app", "wslcfg.cli.signatures"})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_help_is_light(command: str) -> None:
    """`wslcfg COMMAND --help` imports its own module and nothing heavy but what typer brings; no room that looks, acts or reads files."""
    imported = _started(command, "--help")
    assert not _among(imported - _unavoidable(), HEAVY)
    assert not _among(imported, {"wslcfg.apply", "wslcfg.machine", "wslcfg.wslconf", "wslcfg.host.real", "wslcfg.host.recorded"})


@pytest.mark.parametrize("arguments", READERS, ids=" ".join)
def test_readers_do_not_import_talkers(arguments: list[str], machine: str) -> None:
    """A command that prints what it found does not load what only asks, paints or writes TOML."""
    assert arguments[0] in COMMANDS
    imported = _started(*arguments, "--machine", machine)
    assert not _among(imported - _unavoidable(), TALKERS)


def test_dataclasses_are_few(machine: str) -> None:
    """Each frozen slotted dataclass costs half a millisecond at import, so what every `plan` loads keeps within a budget."""
    counter = """
import dataclasses, sys
made = []
process = dataclasses._process_class
def counted(cls, *rest, **named):
    made.append(f"{cls.__module__}.{cls.__qualname__}")
    return process(cls, *rest, **named)
dataclasses._process_class = counted
@dataclasses.dataclass
class Probe: pass
from wslcfg.__main__ import main
try:
    main()
finally:
    print("@" + " ".join(name for name in made if name.startswith(("wslcfg", "__main__"))), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", counter, "plan", "--machine", machine],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    probe, *made = done.stderr.rpartition("@")[2].split()
    assert probe == "__main__.Probe", "the counter does not count"
    assert len(made) <= 20, f"{len(made)} dataclasses, the budget is 20: {made}"
