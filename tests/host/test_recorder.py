"""What is recorded replays: looking at the recording finds what looking at the machine found, without names and secrets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wslcfg.host.real import RealHost
from wslcfg.host.recorded import RecordedHost
from wslcfg.host.recorder import RecordingHost
from wslcfg.host.redact import Redactor
from wslcfg.machine.look import look
from wslcfg.model.facts import Machine

ROOT = Path(__file__).parents[2]
MACHINES = [path for top in ("tests/machines", "wslcfg/demo_machines") for path in sorted((ROOT / top).iterdir()) if path.is_dir()]


def comparable(machine: Machine) -> str:
    """A machine as text without what redaction changes."""
    return Redactor({"ana", "José", "jose", "Jörg", "joerg", "张", "zhang", "ana.CORP"}).text(repr(machine))


@pytest.mark.parametrize("folder", MACHINES, ids=lambda path: path.name)
def test_recording_a_recorded_machine(folder, tmp_path):
    """Every machine of the tests, recorded once more, is the same machine."""
    recorder = RecordingHost(RecordedHost(folder, tmp_path / "over"), tmp_path / "again", redact=False)
    original = look(recorder, fresh=True)
    recorder.save()
    assert repr(look(RecordedHost(tmp_path / "again"), fresh=True)) == repr(original)


def test_redacted_recording_has_no_names_and_still_fits(tmp_path):
    """Names and secrets are gone from every file of a recording, paths in it still lead to each other."""
    folder = tmp_path / "machine"
    shutil.copytree(ROOT / "tests/machines/non-ascii-profile", folder)
    runs = (folder / "runs.toml").read_text(encoding="utf-8")
    machine = (folder / "machine.toml").read_text(encoding="utf-8")
    secret = "sk-ant-" + "x" * 24
    (folder / "machine.toml").write_text(
        machine.replace('"claude\\u0000--resume\\u0000"', f'"claude\\u0000--api\\u0000{secret}\\u0000"'), encoding="utf-8"
    )
    assert secret in (folder / "machine.toml").read_text(encoding="utf-8")
    assert "Jos\\\\u00e9" in runs or "Jos\\u00e9" in runs
    recorder = RecordingHost(RecordedHost(folder, tmp_path / "over"), tmp_path / "again")
    original = look(recorder, fresh=True)
    recorder.read("/proc/1840/cmdline")
    recorder.read("/mnt/c/Users/José/.wslconfig")
    recorder.save()
    names = ("José", "jose", "Jos\\u00e9", secret, "laptop")
    for path in (tmp_path / "again").rglob("*"):
        assert not [name for name in names if name in str(path.relative_to(tmp_path))]
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [name for name in names if name in text], path
    again = look(RecordedHost(tmp_path / "again"), fresh=True)
    assert again.host.ram == original.host.ram
    assert again.host.profile.value is not None and again.host.profile.value.startswith("C:\\Users\\user")
    assert again.host.disk_free == original.host.disk_free
    assert again.services == original.services
    assert [text.split(" in ")[0] for text in again.work.agents] == [text.split(" in ")[0] for text in original.work.agents]


def test_recording_this_machine(tmp_path):
    """The real machine recorded and replayed gives the same facts, what can change between two readings of one file aside."""
    recorder = RecordingHost(RealHost(), tmp_path / "here", redact=False)
    original = look(recorder, fresh=True)
    recorder.save()
    again = look(RecordedHost(tmp_path / "here"), fresh=True)
    assert again._replace(services=original.services) == original._replace(services=original.services)
    assert {one.name for one in again.services.value or ()} == {one.name for one in original.services.value or ()}


def test_own_writes_are_not_recorded(tmp_path):
    """The recording shows the machine as it was found, not what wslcfg made of it."""
    folder = ROOT / "wslcfg/demo_machines/practice-16gb"
    recorder = RecordingHost(RecordedHost(folder, tmp_path / "over"), tmp_path / "again", redact=False)
    path = "/mnt/c/Users/ana/.wslconfig"
    old = recorder.read(path)
    recorder.write(path, b"changed")
    recorder.write("/mnt/c/Users/ana/new", b"x")
    assert recorder.read(path) == b"changed"
    assert recorder.read("/mnt/c/Users/ana/new") == b"x"
    recorder.save()
    again = RecordedHost(tmp_path / "again")
    assert again.read(path) == old
    assert again.read("/mnt/c/Users/ana/new") is None


def test_binary_answers_and_failures_survive(tmp_path):
    """UTF-16 answers, exit codes, environments, folders and time-outs come back as they were."""

    class Odd(RecordedHost):
        def run(self, argv, **_):
            from wslcfg.host.port import Ran

            return Ran(-9, b"\xff\xfeA\x00", b"x\x7f\"'\n", "timeout") if argv[0] == "slow" else Ran(5, "Ä\x00".encode("utf-16-le"), b"")

    inner = Odd(ROOT / "wslcfg/demo_machines/practice-16gb", tmp_path / "over")
    recorder = RecordingHost(inner, tmp_path / "again", redact=False)
    script = "$x='WSLCFG';" + "x" * 500
    first = recorder.run(["slow", 'quoted "', script], cwd="/mnt/c")
    second = recorder.run(["fast"], env={"WSL_INTEROP": "/run/WSL/1_interop"})
    recorder.save()
    again = RecordedHost(tmp_path / "again")
    assert again.run(["slow", 'quoted "', script + "another wording"], cwd="/mnt/c") == first
    assert again.run(["fast"], env={"WSL_INTEROP": "/run/WSL/1_interop"}) == second


def test_other_processes_environments_are_not_carried_away(tmp_path):
    """Of a process's environment only WSL's own variables are recorded: keys lie there under names that nobody can list."""
    folder = tmp_path / "machine"
    shutil.copytree(ROOT / "tests/machines/cron", folder)
    machine = (folder / "machine.toml").read_text(encoding="utf-8")
    (folder / "machine.toml").write_text(machine.replace("HOME=/home/ana\\u0000", "MY_LICENCE=1234-5678\\u0000"), encoding="utf-8")
    recorder = RecordingHost(RecordedHost(folder, tmp_path / "over"), tmp_path / "again")
    assert look(recorder, fresh=True).distro.name.value == "Ubuntu-24.04"
    assert b"1234-5678" in (recorder.read("/proc/422/environ") or b"")
    recorder.save()
    assert "1234-5678" not in (tmp_path / "again/machine.toml").read_text(encoding="utf-8")
    assert look(RecordedHost(tmp_path / "again"), fresh=True).distro.name.value == "Ubuntu-24.04"
