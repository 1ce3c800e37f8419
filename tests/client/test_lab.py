"""The lab itself: the real client answers through the API, and nothing else is in reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clientlab.lab import Lab, enter

pytestmark = [pytest.mark.client, pytest.mark.slow]

VERSION = "2.1.329"


def alone(lab: Lab) -> dict[str, Any]:
    """Ask the client, in print mode and in its terminal."""
    said = lab.run(["/home/dev/.local/bin/claude", "-p", "hello there"])
    pane = lab.pane(["/home/dev/.local/bin/claude"])
    pane.wait(r"❯")
    pane.type("good day")
    seen = pane.wait(r"ECHO\[\d+\]: good day")
    routes = Path("/proc/net/route").read_text(encoding="utf-8").count("\n")
    return {"said": said, "seen": seen, "asked": [row["last_user"] for row in lab.requests()], "routes": routes}


def test_the_client_answers(installed: Callable[[str], list[str]], home: Callable[[list[str], str], Path]) -> None:
    """Print mode and the terminal both reach the API on loopback, and there is no route to anywhere else."""
    told = enter(alone, home(installed(VERSION), VERSION))
    code, out, err = told["said"]
    assert (code, out.strip()) == (0, "ECHO[2]: hello there"), err
    assert {"hello there", "good day"} <= set(told["asked"])
    assert told["routes"] == 1, "the header alone: no route"
