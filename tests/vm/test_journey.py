"""The main job on a real kernel with systemd: propose, write, look, take back; and the file that only root may write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step

pytestmark = [pytest.mark.vm, pytest.mark.slow]

FIRST = b"# By hand, 2024\r\n[wsl2]\r\nmemroy=4GB # too little?\r\nprocessors=4\r\n\r\n[experimental]\r\nsparseVhd=true\r\n"
CONF = b"# ours\n[user]\ndefault=dev\n"
# PostgreSQL's ten seconds of start-up are in test_facts; here it would only cost them again.
PRE = "#!/bin/sh\nln -s /dev/null /etc/systemd/system/postgresql@.service\nprintf '# ours\\n[user]\\ndefault=dev\\n' >/etc/wsl.conf\n"
SCRIPT = r"""
file=/mnt/c/Users/ana/.wslconfig
root() { sudo env PYTHONPATH=/opt/wslcfg WSL_INTEROP=$WSL_INTEROP WSL_DISTRO_NAME=$WSL_DISTRO_NAME python3 -m wslcfg "$@"; }
step lint wslcfg lint --json
step plan wslcfg plan --json
step asks wslcfg setup --json
step setup wslcfg setup --yes --json
cp $file /out/written
step again wslcfg setup --yes --json
step status wslcfg status --json
step history wslcfg history --json
step rollback wslcfg rollback 1 --yes --json
cp $file /out/back
step dev wslcfg set wsl.conf:boot.systemd=true --yes --json
cp /etc/wsl.conf /out/conf-dev
step root root set wsl.conf:boot.systemd=true --yes --json
cp /etc/wsl.conf /out/conf-root
step refused root rollback --yes --json
step undo root rollback --yes --accept systemd-off --json
cp /etc/wsl.conf /out/conf-undo
step sudo wslcfg set wsl.conf:boot.systemd=true --yes --root sudo --json
cp /etc/wsl.conf /out/conf-sudo
step unsudo wslcfg rollback --yes --accept systemd-off --root sudo --json
cp /etc/wsl.conf /out/conf-unsudo
stat -c '%a %U' /etc/wsl.conf >/out/conf-mode
"""


class Seen(NamedTuple):
    """What the journey left."""

    laptop: Laptop
    steps: dict[str, Step]

    def kept(self, name: str) -> bytes:
        """A file that the script copied aside."""
        return (self.laptop.root / "out" / name).read_bytes()


def boot(guest: Guest, laptop: Laptop) -> Seen:
    """The whole journey."""
    laptop.config.write_bytes(FIRST)
    laptop.open_to_all()
    pre = laptop.root / "pre"
    pre.write_text(PRE)
    return Seen(laptop, guest.run(SCRIPT, laptop, "--pre", str(pre)))


BOOTS = {"journey": boot}


@pytest.fixture(scope="module")
def seen(booted: Callable[[str], Seen]) -> Seen:
    """One boot for all tests here."""
    return booted("journey")


def test_what_is_wrong_is_said(seen: Seen) -> None:
    """The typo that WSL ignores is found, and a question without an answer writes nothing."""
    assert seen.steps["lint"].code == 1
    found = seen.steps["lint"].answer["data"]["findings"]
    assert [one["id"] for one in found if one["line"] == 3 and "memroy" in one["message"]], found
    asked = seen.steps["asks"]
    assert asked.code == asked.answer["exit_code"] == 7 and "--windows-use" in asked.answer["errors"][0]["hint"]


def test_written_as_proposed(seen: Seen) -> None:
    """`setup --yes` writes what `plan` proposed, keeps every other byte, and a second run changes nothing."""
    plan, setup = seen.steps["plan"].data, seen.steps["setup"].data
    assert setup["changed"] is True and setup["restart_needed"] is True
    assert setup["changes"] == plan["changes"] != []
    written = seen.kept("written")
    assert written.count(b"\n") == written.count(b"\r\n")
    for change in plan["changes"]:
        assert f"\r\n{change['key']}={change['new']}\r\n".encode() in written, change
    lines = written.splitlines(keepends=True)
    repaired = {repair["line"] for repair in plan.get("repairs", setup["repairs"])}
    assert not repaired and [line for line in lines if line in FIRST.splitlines(keepends=True)] == FIRST.splitlines(keepends=True)
    again = seen.steps["again"].data
    assert again["changed"] is False


def test_kept_on_the_windows_side(seen: Seen) -> None:
    """The old bytes and the history lie under AppData/Local/wslcfg, where a dead distro cannot take them along."""
    setup = seen.steps["setup"].data
    backup = setup["windows_backup"]
    assert backup.startswith("C:\\Users\\ana\\AppData\\Local\\wslcfg\\")
    assert (seen.laptop.root / "c" / backup[3:].replace("\\", "/")).read_bytes() == FIRST
    kinds = [(one["number"], one["kind"]) for one in seen.steps["history"].data["generations"]]
    assert len(kinds) == 2 and {number for number, _ in kinds} == {1, 2}, kinds


def test_status_knows_that_a_restart_is_due(seen: Seen) -> None:
    """After the write the VM still has its old memory, and `status` says so."""
    status = seen.steps["status"].data
    assert status["restart_pending"] is True, json.dumps(status)[:2000]


def test_rollback_brings_the_first_bytes_back(seen: Seen) -> None:
    """`rollback 1` leaves the file as the person had it, byte for byte."""
    assert seen.steps["rollback"].data["changed"] is True
    assert seen.kept("back") == FIRST


def test_only_root_writes_wsl_conf(seen: Seen) -> None:
    """As dev nothing is written and the way is named (7); as root it is written, and rollback restores it; `--root sudo` does both from dev."""
    dev = seen.steps["dev"]
    assert dev.code == dev.answer["exit_code"] == 7
    assert dev.answer["errors"][0]["code"] == "needs-root" and "--root sudo" in dev.answer["errors"][0]["hint"]
    assert seen.kept("conf-dev") == CONF
    # The old file has systemd off, which is a danger like any other: a yes alone does not accept it.
    assert seen.steps["refused"].code == 3 and seen.steps["refused"].answer["errors"][0]["code"] == "systemd-off"
    for there, back in (("root", "undo"), ("sudo", "unsudo")):
        assert seen.steps[there].data["changed"] is True, seen.steps[there]
        written = seen.kept(f"conf-{there}")
        assert re.search(rb"^\[boot\]\nsystemd=true$", written, re.MULTILINE) and written.startswith(CONF)
        assert seen.steps[back].data["changed"] is True, seen.steps[back]
        assert seen.kept(f"conf-{back}") == CONF
    assert seen.kept("conf-mode") == b"644 root\n"
