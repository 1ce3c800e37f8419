"""The linters are tests: what they say is a failure like any other."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import pytest

from tests.house.source import ROOT, files

pytestmark = pytest.mark.slow


def _run(*argv: str) -> None:
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "arguments", [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)], ids=lambda arguments: "-".join(arguments[:2])
)
def test_python_is_clean(arguments: tuple[str, ...]) -> None:
    """Ruff finds nothing, the code is formatted, and the types hold under mypy --strict."""
    if importlib.util.find_spec(arguments[0]) is None:
        pytest.skip(f"{arguments[0]} is not installed in this environment (make test installs it)")
    _run(sys.executable, "-m", *arguments)


def test_shell_is_clean() -> None:
    """Every shell script of the project passes shellcheck, the ones without a .sh name too."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not here (Debian package shellcheck; make test installs it where it may)")
    found = [path for path in files() if path.suffix == ".sh" or path.parent == ROOT / ".ci"]
    assert found, "no shell script was found: the patterns of this test are stale"
    _run("shellcheck", *map(str, found))
