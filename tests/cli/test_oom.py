"""`wslcfg oom`: exit codes, the contract's JSON, reports, once-per-kill notices, and a machine whose log nobody may read."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from tests.cli.conftest import Asked, Call, Laptop
from tests.house.source import ROOT

# What systemd and the kernel said when a shell, its agent and an editor were in init.scope: from a virtual machine with kernel 6.12 and systemd 257.
LOG = ROOT / "tests/oom/logs/init-scope-6.12.log"
QUIET = "2026-11-26T03:51:57.451702+00:00 laptop kernel: usb 1-1: new device\n"


def test_a_kill_is_exit_1(asked: Asked) -> None:
    """The contract's data of a log with a kill: event, victim, programs, follow-ups, verdict and advice."""
    answer = asked("oom", "--log", LOG)
    assert answer["exit_code"] == 1
    data = answer["data"]
    (event,) = data["events"]
    assert event["at"] == "2026-11-26T03:51:57Z"
    assert (event["constraint"], event["cgroup"], event["tasks"]) == ("CONSTRAINT_NONE", None, 15)
    victim = event["victim"]
    assert (victim["pid"], victim["comm"], victim["program"]) == (401, "claude", "claude")
    assert (victim["total_vm"], victim["anon_rss"], victim["file_rss"], victim["shmem_rss"]) == (1137788 << 10, 894176 << 10, 68 << 10, 0)
    first = event["programs"][0]
    assert (first["name"], first["tasks"], first["rss"], first["anon"], first["swap"]) == (
        "claude",
        1,
        223561 << 12,
        223544 << 12,
        57376 << 12,
    )
    assert "unit-failed" in [one["what"] for one in event["follow_up"]]
    assert data["verdict"]["kind"] == "init-scope-cascade"
    assert data["advice"][0]["id"] == "init-scope"
    assert data["unchecked"]


def test_no_kill_is_exit_0(tmp_path: Path, asked: Asked) -> None:
    """A log without a kill is well, and says so."""
    (tmp_path / "log").write_text(QUIET)
    answer = asked("oom", "--log", tmp_path / "log")
    assert (answer["exit_code"], answer["data"]["events"], answer["data"]["verdict"]["kind"]) == (0, [], "none")


def test_logs_of_other_shapes(tmp_path: Path, asked: Asked) -> None:
    """The same log packed, in UTF-16 and with CR LF says the same."""
    raw = LOG.read_bytes()
    plain = asked("oom", "--log", LOG)["data"]["events"]
    for name, text in (("a.gz", gzip.compress(raw)), ("b", raw.decode().encode("utf-16")), ("c", raw.replace(b"\n", b"\r\n"))):
        (tmp_path / name).write_bytes(text)
        found = asked("oom", "--log", tmp_path / name)["data"]["events"]
        assert [(one["victim"], one["programs"]) for one in found] == [(one["victim"], one["programs"]) for one in plain]


def test_a_log_that_is_not_there(tmp_path: Path, asked: Asked) -> None:
    """A missing log is 5, with what to do."""
    answer = asked("oom", "--log", tmp_path / "none")
    assert answer["exit_code"] == 5 and answer["errors"][0]["hint"]


def test_a_damaged_archive_is_unreadable(tmp_path: Path, asked: Asked) -> None:
    """A log that cannot be unpacked is 4."""
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b" + b"junk" * 20)
    assert asked("oom", "--log", tmp_path / "bad.gz")["exit_code"] == 4


@pytest.mark.parametrize(
    "pack", [gzip.compress, partial(bz2.compress, compresslevel=1), partial(lzma.compress, preset=0)], ids=["gzip", "bzip2", "xz"]
)
def test_a_packed_log_that_is_cut(pack: Callable[[bytes], bytes], tmp_path: Path, asked: Asked) -> None:
    """What can be unpacked is read, and that the rest is missing is said; of a whole one it is not."""
    rng = random.Random(3)
    rest = "".join(f"2026-11-27T03:51:57+00:00 laptop kernel: usb {rng.random()}\n" for _ in range(6_000))
    raw = pack(LOG.read_bytes() + rest.encode())
    for cut in (len(raw) * 3 // 4, len(raw)):
        (tmp_path / "log").write_bytes(raw[:cut])
        answer = asked("oom", "--log", tmp_path / "log")
        assert answer["exit_code"] == 1
        assert any("cut off in the middle" in one for one in answer["data"]["unchecked"]) == (cut < len(raw))


def test_what_is_no_log(tmp_path: Path, asked: Asked) -> None:
    """A program is 4 and not "no kill"; a log that a crash filled up with zeros is one."""
    (tmp_path / "program").write_bytes(Path("/bin/sh").read_bytes()[:50_000])
    assert asked("oom", "--log", tmp_path / "program")["exit_code"] == 4
    (tmp_path / "hole").write_bytes(bytes(8192) + LOG.read_bytes())
    assert asked("oom", "--log", tmp_path / "hole")["exit_code"] == 1


@pytest.mark.parametrize("text", [b"", b"\n \n", bytes(9000)], ids=["nothing", "blank", "zeros"])
def test_an_empty_log_is_no_all_clear(text: bytes, tmp_path: Path, asked: Asked) -> None:
    """Nothing in a log is 4, since whatever wrote it may have failed; that is not "no kill"."""
    (tmp_path / "empty").write_bytes(text)
    answer = asked("oom", "--log", tmp_path / "empty")
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (4, "empty-log")
    assert "is empty" in answer["errors"][0]["message"] and answer["errors"][0]["hint"]


@pytest.mark.parametrize("how", ["</dev/null", "<&-"])
def test_nothing_through_stdin_is_no_all_clear(how: str) -> None:
    """A pipe without a byte and a closed stdin are 4 in two lines."""
    ran = subprocess.run(
        ["sh", "-c", f'exec "$0" -m wslcfg oom --log - {how}', sys.executable],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (4, "", 2), ran
    assert "nothing came through stdin" in ran.stderr


def test_since_and_boot(asked: Asked) -> None:
    """Only what is newer, and only what is of a boot."""
    assert asked("oom", "--log", LOG, "--since", "2026-11-26T03:52Z")["data"]["verdict"]["kind"] != "global"
    assert asked("oom", "--log", LOG, "--since", "2026-12-01")["exit_code"] == 0
    assert asked("oom", "--log", LOG, "--since", "2026-11-26")["exit_code"] == 1
    nothing = asked("oom", "--log", LOG, "--since", "2026-12-01")["data"]["verdict"]
    assert nothing["kind"] == "none" and "the log has 1 crash" in nothing["text"]


def test_a_boot_of_a_log(tmp_path: Path, asked: Asked) -> None:
    """A log that names its boots is sorted by them; of one that names none no kill is hidden by --boot."""
    refused = asked("oom", "--log", LOG, "--boot", "cafe" * 8)
    assert refused["exit_code"] == 2 and "names no boots" in refused["errors"][0]["message"]
    (tmp_path / "log").write_text(journal())
    assert asked("oom", "--log", tmp_path / "log", "--boot", "b0" * 16)["exit_code"] == 1
    assert asked("oom", "--log", tmp_path / "log", "--boot", "cafe" * 8)["exit_code"] == 0


def test_since_says_what_it_cannot_sort(tmp_path: Path, asked: Asked) -> None:
    """A kill without a date is shown whatever --since says, and that is told as not checked; a dated one is not."""
    (tmp_path / "log").write_text(
        "[ 37.1] Out of memory: Killed process 77 (node) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n"
    )
    answer = asked("oom", "--log", tmp_path / "log", "--since", "2h")
    assert answer["exit_code"] == 1
    assert any("no date" in one and "--since" in one for one in answer["data"]["unchecked"])
    assert not any("--since" in one for one in asked("oom", "--log", LOG, "--since", "2026-11-26")["data"]["unchecked"])


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "whenever"),
        ("--report", "x.txt"),
        ("--home", "/tmp"),
        ("--host-ram", "16GB"),
        ("--log", LOG, "--boot", "-3"),
        ("--log", LOG, "--notice"),
    ],
)
def test_words_that_make_no_sense(words: tuple[object, ...], asked: Asked) -> None:
    """What contradicts itself is a usage error and not a guess."""
    answer = asked("oom", *words)
    assert answer["exit_code"] == 2 and answer["errors"][0]["hint"]


def test_host_ram_simulates(asked: Asked) -> None:
    """With the host's RAM it is said whether the proposal would have held what was needed."""
    advice = {one["id"]: one for one in asked("oom", "--log", LOG, "--host-ram", "32GB")["data"]["advice"]}
    assert advice["memory"]["command"] == "wslcfg apply"
    assert advice["memory"]["effect"]["prevented"] is None and "needed" in advice["memory"]["effect"]["text"]


def test_a_screen_for_a_person(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen tells the story, and fits the terminal."""
    monkeypatch.setenv("COLUMNS", "90")
    said = call("oom", "--log", LOG)
    assert said.code == 1
    assert max(len(line) for line in said.out.splitlines()) <= 90
    for words in ("took the whole distro down", "claude", "What would have helped", "kernel log:"):
        assert words in " ".join(said.out.split())


def test_reports(tmp_path: Path, asked: Asked) -> None:
    """Both reports are written; names of the computer and of people in paths are not in them."""
    log = tmp_path / "log"
    log.write_text(
        LOG.read_text().replace("laptop", "anas-box")
        + "2026-11-26T03:52:04+00:00 anas-box systemd[1]: x.service: Failed with result 'oom-kill'.\n"
    )
    home = tmp_path / "home"
    (home / ".claude/sessions").mkdir(parents=True)
    session = {"pid": 3, "sessionId": "1e99", "cwd": "/home/annabel/shop", "startedAt": 1795600000000}
    (home / ".claude/sessions/3.json").write_text(json.dumps(session))
    (home / ".claude/sessions/4.json").write_text(json.dumps({**session, "pid": 4}))
    answer = asked("oom", "--log", log, "--home", home, "--report", tmp_path / "r.md", "--report", tmp_path / "r.html")
    assert answer["exit_code"] == 1 and answer["data"]["reports"] == [str(tmp_path / "r.md"), str(tmp_path / "r.html")]
    for name in ("r.md", "r.html"):
        text = (tmp_path / name).read_text()
        assert "claude" in text and "/home/user/shop" in text
        assert "annabel" not in text and "anas-box" not in text


@pytest.mark.parametrize("name", ["keep.md", "keep.html"])
def test_somebody_elses_file_is_not_replaced(name: str, tmp_path: Path, asked: Asked) -> None:
    """A report never takes the place of a file that is none: 3, and the file is as it was. An older report, or an empty file, is replaced."""
    file = tmp_path / name
    file.write_text("# Out of memory: my own notes\n")
    answer = asked("oom", "--log", LOG, "--report", file)
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (3, "exists") and answer["errors"][0]["hint"]
    assert file.read_text() == "# Out of memory: my own notes\n"
    file.write_text("")
    for _ in range(2):
        assert asked("oom", "--log", LOG, "--report", file, "--report", file)["exit_code"] == 1
        assert "Made by" in file.read_text()
        file.write_text(file.read_text().replace("init.scope", "init.scopes"))


def test_a_report_that_cannot_be_written(asked: Asked) -> None:
    """No folder, no report: said, and nothing else lost."""
    answer = asked("oom", "--log", LOG, "--report", "/proc/none/x.md")
    assert answer["exit_code"] == 5


def journal() -> str:
    """The log as journalctl -o json would give it."""
    from datetime import datetime

    rows = []
    for line in LOG.read_text().splitlines():
        if line.startswith(" "):
            rows[-1]["MESSAGE"] += "\n" + line
            continue
        stamp, _, who, text = line.split(" ", 3)
        at = int(datetime.fromisoformat(stamp).timestamp() * 1e6)
        name = who.rstrip(":").partition("[")[0]
        row = {"__REALTIME_TIMESTAMP": str(at), "_BOOT_ID": "b0" * 16, "SYSLOG_IDENTIFIER": name, "MESSAGE": text, "_HOSTNAME": "laptop"}
        rows.append({**row, "_TRANSPORT": "kernel"} if name == "kernel" else {**row, "_PID": "1", "_COMM": "systemd"})
    return "\n".join(map(json.dumps, rows)) + "\n"


@pytest.fixture
def crashed(laptop: Callable[[str], Laptop], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Laptop]:
    """A practice laptop whose journal says this."""

    def _crashed(out: str, err: str = "", **ring: Any) -> Laptop:
        machine = laptop("practice-32gb")
        runs = machine.folder / "runs.toml"
        whole = tomlkit.parse(runs.read_text(encoding="utf-8")).unwrap()
        from wslcfg.oom import logs

        whole["run"] += [
            {"argv": [*logs._JOURNAL, *logs._SPEAKERS], "out": out, "err": err},
            {"argv": list(logs._KMSG), "code": 1, "err": "dd: failed to open '/dev/kmsg': Operation not permitted"},
            {"argv": ["dmesg"], **(ring or {"code": 1, "err": "dmesg: read kernel buffer failed: Operation not permitted"})},
        ]
        runs.write_text(tomlkit.dumps(whole), encoding="utf-8")
        return machine

    return _crashed


def test_this_machines_own_journal(crashed: Callable[..., Laptop], asked: Asked) -> None:
    """The journal is read, the host's RAM is known, and the advice is about this host."""
    answer = asked("oom", *crashed(journal()).flags)
    assert answer["exit_code"] == 1
    data = answer["data"]
    assert data["source"] == "journal" and data["verdict"]["kind"] == "init-scope-cascade"
    assert any(one["id"] == "memory" and one["command"] == "wslcfg apply" for one in data["advice"])


def test_each_kill_is_told_once(crashed: Callable[..., Laptop], call: Call, asked: Asked) -> None:
    """--notice says one line with exit 1, and from then on nothing with exit 0."""
    machine = crashed(journal())
    said = call("oom", "--notice", *machine.flags)
    assert said.code == 1 and len(said.out.splitlines()) == 1 and "wslcfg oom" in said.out
    assert call("oom", "--notice", *machine.flags) == (0, "", "")
    assert asked("oom", "--notice", *machine.flags)["data"] == {"new": []}


def test_nobody_may_read(crashed: Callable[..., Laptop], asked: Asked) -> None:
    """No permission anywhere is 5 and names the group; that is not "no kill"."""
    empty = asked("oom", *crashed("", "No journal files were opened due to insufficient permissions.").flags)
    assert empty["exit_code"] == 5 and "systemd-journal" in empty["errors"][0]["hint"]


def test_only_ones_own_lines(crashed: Callable[..., Laptop], asked: Asked) -> None:
    """A journal that holds only the person's own messages says nothing about the kernel: the ring is asked, else it is 5."""
    note = "Hint: You are currently not seeing messages from other users and the system.\n"
    mine = (
        json.dumps({"__REALTIME_TIMESTAMP": "1795664997000000", "SYSLOG_IDENTIFIER": "systemd", "MESSAGE": "Started x.", "_PID": "9"})
        + "\n"
    )
    assert asked("oom", *crashed(mine, note).flags)["exit_code"] == 5


def test_a_recorded_machine_without_a_log(laptop: Callable[[str], Laptop], asked: Asked) -> None:
    """A recording that has no kernel log says so, and is no bug of ours."""
    answer = asked("oom", *laptop("practice-8gb").flags)
    assert answer["exit_code"] == 5 and "--log" in answer["errors"][0]["hint"]


def test_the_practice_laptop_has_a_crash(laptop: Callable[[str], Laptop], asked: Asked) -> None:
    """The practice laptop shows what the command is for: an innocent database, a leaking agent, and settings that would have helped."""
    data = asked("oom", *laptop("practice-16gb").flags)["data"]
    (one,) = data["verdict"]["incidents"]
    assert (one["kind"], one["culprit"], one["innocent"], one["pattern"]) == ("global", "claude", True, "one-process")
    assert one["stopped"] == ["postgresql@16-main.service"]
    assert data["unchecked"] == []
    assert {"memory", "cap", "service-policy"} <= {advice["id"] for advice in data["advice"]}
