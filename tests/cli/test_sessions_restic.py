"""`wslcfg sessions` with restic as the engine: the same commands, the same JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, Call
from tests.cli.person import SESSION, TRANSCRIPT, TREE, Person

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")]


@pytest.fixture
def conf(person: Person, tmp_path: Path) -> Path:
    """The settings of a person who has chosen restic."""
    place = tmp_path / "config/wslcfg/inside.conf"
    place.parent.mkdir(parents=True)
    place.write_text(f"[backup]\nengine = restic\nrepo = {person.repo}\n")
    return place


def test_the_same_commands(person: Person, conf: Path, asked: Asked, tmp_path: Path) -> None:
    """Backup, list, restore in place and verification, with the password beside the settings."""
    done = asked("sessions", "backup", "--home", person.home)["data"]
    assert done["snapshot"] and done["files"] == len(TREE) and done["engine"] == "restic"
    assert (conf.parent / "restic-password").stat().st_mode & 0o777 == 0o600
    (person.home / TRANSCRIPT).unlink()
    lost = asked("sessions", "list", "--deleted", "--home", person.home)["data"]["sessions"]
    assert [(one["id"], one["title"]) for one in lost] == [(SESSION, "Mend the cart")]
    assert asked("sessions", "restore", SESSION, "--in-place", "--yes", "--home", person.home)["exit_code"] == 0
    assert person.read(TRANSCRIPT) == TREE[TRANSCRIPT]
    assert asked("sessions", "verify", "--quick")["data"]["problems"] == []
    assert asked("sessions", "verify", "--rebuild")["exit_code"] == 3
    assert len(asked("sessions", "snapshots")["data"]["snapshots"]) == 1


def test_settings_that_make_no_sense(person: Person, conf: Path, asked: Asked, call: Call) -> None:
    """An unknown engine, restic without a repository and a number that is none are told with the file's name."""
    for text in ("engine = borg", "engine = restic\nrepo =", "every-minutes = often\nengine = own"):
        conf.write_text(f"[backup]\n{text}\n")
        words = ("sessions", "backup", "--tick") if "often" in text else ("sessions", "snapshots")
        answer = asked(*words)
        assert answer["exit_code"] == 3 and "inside.conf" in json.dumps(answer["errors"])
