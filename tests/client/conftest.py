"""What the tests with real clients share: the clients, and a home folder as the native installer leaves it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clientlab import lab
from tests.clientlab.clients import NotHere, client, program


@pytest.fixture(scope="session")
def installed() -> Callable[[str], list[str]]:
    """The command line of a client by its version; skips with the reason where it cannot be had. CLIENTLAB_REQUIRE=1 makes that a failure."""

    def _installed(version: str) -> list[str]:
        reason = lab.missing()
        if not reason:
            try:
                return program(client(version))
            except NotHere as error:
                reason = str(error)
        reason = f"the real client {version} cannot run here: {reason} (tests/clientlab/README.md)"
        pytest.fail(reason) if os.environ.get("CLIENTLAB_REQUIRE") else pytest.skip(reason)

    return _installed


@pytest.fixture
def home(tmp_path: Path) -> Callable[[list[str], str], Path]:
    """A home with a client in it: `~/.local/bin/claude` is a link to the version's own file, or a script where the client is JavaScript."""

    def _home(argv: list[str], version: str) -> Path:
        made = tmp_path / "home"
        bin_, versions = made / ".local/bin", made / ".local/share/claude/versions"
        bin_.mkdir(parents=True)
        versions.mkdir(parents=True)
        if len(argv) == 1:
            (versions / version).symlink_to(argv[0])
        else:
            (versions / version).write_text(f'#!/bin/sh\nexec {" ".join(argv)} "$@"\n')
            (versions / version).chmod(0o755)
        (bin_ / "claude").symlink_to(f"../share/claude/versions/{version}")
        return made

    return _home
