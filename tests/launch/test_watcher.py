"""What stays behind a start: live records, the guard against a second resume, reports, hints, and the tick in the background."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.launch.conftest import Home, soon

ID, OTHER = "1e991e99-0000-4000-8000-000000000001", "1e991e99-0000-4000-8000-000000000002"
SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(60)\n"
REPORT = "kind=killed\ntext=The kernel killed c\\\\laude.\nnext=Go on with: cd /x && claude --resume 1\nother=1\n"


def age(path: Path, minutes: float) -> None:
    """Make a file that old; it is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    then = time.time() - minutes * 60
    os.utime(path, (then, then))


def boot_id() -> str:
    """The kernel's boot id."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@pytest.mark.parametrize("words", [["--resume", ID], ["-r", ID], [f"--resume={ID}"], ["-p", "hi", "--resume", f"/x/{ID}.jsonl"]])
def test_a_second_resume_is_noticed(one_home: Home, words: list[str]) -> None:
    """A session that is live is named with its process when it is resumed again, and refused where that is wanted; a fork of it is fine."""
    one_home.program("claude", SLEEPER)
    first = one_home.open("--", "claude", "--resume", ID, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert first.stdout is not None and first.stdout.readline() == "up\n"
        assert one_home.live(first.pid)["session"] == ID
        one_home.program("claude", "#!/bin/sh\necho started\n")
        said = one_home.run("--", "claude", *words)
        assert said.stdout == "started\n" and f"is open already in process {first.pid}" in said.stderr
        one_home.settings("duplicates = refuse")
        said = one_home.run("--", "claude", *words)
        assert (said.returncode, said.stdout, said.stderr.count("\n")) == (3, "", 2)
        assert one_home.run("claude", *words, script=one_home.data / "wrapper").stdout == "started\n"
        for free in (["--resume", OTHER], [*words, "--fork-session"], ["hello"], ["--resume"]):
            assert one_home.run("--", "claude", *free).stdout == "started\n"
        one_home.settings("duplicates = off")
        assert "open already" not in one_home.run("--", "claude", *words).stderr
    finally:
        first.kill()
        first.communicate()


def test_the_clients_own_list_counts(home: Home) -> None:
    """A session that was started past the launcher is found in sessions/PID.json, while the process has the start that stands there."""
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    listed = home.root / ".claude/sessions" / f"{os.getpid()}.json"
    listed.parent.mkdir(parents=True)
    home.program("claude", "#!/bin/sh\necho started\n")
    home.settings("duplicates = refuse")
    listed.write_text(f'{{"pid":{os.getpid()},"sessionId":"{ID}","procStart":"{started}","status":"idle"}}')
    said = home.run("--", "claude", "--resume", ID)
    assert said.returncode == 3 and f"process {os.getpid()};" in said.stderr
    listed.write_text(f'{{"pid":{os.getpid()},"sessionId":"{ID}","procStart":"{int(started) + 1}"}}')
    assert home.run("--", "claude", "--resume", ID).stdout == "started\n"


def test_news_is_told_once(home: Home) -> None:
    """The hint shows an unseen report and a backup older than a day, and is silent the next time."""
    new = home.state / "launch/reports/new"
    new.mkdir(parents=True)
    (new / "20260504T120000Z-7").write_text(REPORT)
    (new / ".half").write_text("kind=killed\ntext=never\n")
    said = home.run("--hint")
    assert said.stderr == "wslcfg: The kernel killed c\\laude.\nwslcfg: Go on with: cd /x && claude --resume 1\n"
    assert (said.returncode, said.stdout, home.run("--hint").stderr) == (0, "", "")
    assert [report["other"] for report in home.reports("seen")] == ["1"]


def test_an_old_backup_is_hinted_at(home: Home) -> None:
    """Only where backups are wanted, and from a day on."""
    home.settings("wslcfg = /bin/true", backup=("enabled = yes",))
    assert home.run("--hint").stderr == ""  # installed just now: there cannot be one yet
    age(home.conf, 1500)
    assert "no backup" in home.run("--hint").stderr
    age(home.state / "backup/last-success", 100)
    assert home.run("--hint").stderr == ""
    age(home.state / "backup/last-success", 1500)
    assert "more than a day old" in home.run("--hint").stderr
    home.settings("wslcfg = /bin/true", backup=("enabled = no",))
    assert home.run("--hint").stderr == ""


def test_a_start_on_a_terminal_tells_the_news(one_home: Home) -> None:
    """The next start shows what nobody has seen, on a terminal; into a pipe it says nothing and keeps it."""
    new = one_home.state / "launch/reports/new"
    new.mkdir(parents=True)
    (new / "20260504T120000Z-7").write_text(REPORT)
    assert "killed" not in one_home.run("--", "true").stderr
    master, slave = pty.openpty()
    subprocess.run(["/bin/sh", str(one_home.launcher), "--", "true"], env=one_home.env, stdin=slave, stderr=slave, timeout=60, check=True)
    os.close(slave)
    assert b"The kernel killed" in os.read(master, 4096)
    os.close(master)
    assert one_home.reports() == []


def tick(home: Home, *backup: str) -> Path:
    """A program in wslcfg's place that writes down how it was called."""
    seen = home.root / "ticks"
    text = f'#!/bin/sh\necho "$@" $(ps -o ni=,sid= -p $$) $$ $(readlink /proc/$$/cwd) >>"{seen}"\n'
    home.settings(f"wslcfg = {home.program('wslcfg', text)}", backup=backup)
    return seen


def fresh(home: Home) -> None:
    """A state in which nothing is due."""
    age(home.state / "backup/last-success", 1)
    age(home.state / "launch/seen-boot", 0)
    (home.state / "launch/seen-boot").write_text(boot_id() + "\n")


def test_a_due_backup_is_started_apart(home: Home) -> None:
    """When the last backup is too old or the boot is new, a tick runs niced in a session of its own; the program does not wait for it."""
    seen = tick(home, "every-minutes = 10")
    assert home.run("--", "true").returncode == 0
    soon(lambda: seen.exists() and seen.read_text().endswith("\n"))
    *words, nice, session, pid, cwd = seen.read_text().split()
    assert words == ["sessions", "backup", "--quiet", "--tick"]
    assert int(nice) >= 10 and session == pid and cwd == "/"


@pytest.mark.parametrize(("old", "boot", "ticked"), [(1, True, False), (11, True, True), (1, False, True)])
def test_when_a_tick_is_due(one_home: Home, old: int, boot: bool, ticked: bool) -> None:
    """Every N minutes and after a new boot, and not again within two minutes of the last try."""
    seen = tick(one_home, "every-minutes = 10")
    fresh(one_home)
    age(one_home.state / "backup/last-success", old)
    if not boot:
        (one_home.state / "launch/seen-boot").write_text("another\n")
    for _ in range(2):
        one_home.run("--", "sleep", "0.5")
    assert (seen.read_text().count("\n") if seen.exists() else 0) == ticked


def test_no_tick_without_a_program(one_home: Home) -> None:
    """With CONF naming no wslcfg, or one that is gone, nothing is started and nothing said; with backups off only a new boot counts."""
    for line in ("wslcfg =", "wslcfg = /no/such/wslcfg"):
        one_home.settings(line, backup=("enabled = yes",))
        one_home.run("--", "true")
    seen = tick(one_home, "enabled = no")
    fresh(one_home)
    age(one_home.state / "backup/last-success", 5000)
    one_home.run("--", "sleep", "0.5")
    assert not seen.exists()


def test_a_session_that_went_with_the_vm(one_home: Home) -> None:
    """What ran when WSL stopped is named at a later start with the line that resumes it: by its id, or by a transcript, which is called a guess."""
    live = one_home.state / "launch/live"
    live.mkdir(parents=True)
    base = "start=1\nboot=an-older-boot\nat=2026-05-04T12:00:00Z\nprogram=claude\ndoor=shim\nhow=scope\nunit=u.scope\nlimit=1\n"
    shop, two = one_home.root / "shop", one_home.root / "my shop"
    (live / "999991").write_text(f"{base}session={ID}\ncwd={shop}\n")
    (live / "999992").write_text(f"{base}session=\ncwd={two}\n")
    (live / "999993").write_text(base.replace("claude", "make") + "cwd=/\n")
    project = one_home.root / ".claude/projects" / "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in str(two))
    project.mkdir(parents=True)
    age(live / "999992", 60)
    (project / f"{OTHER}.jsonl").write_text("{}\n")
    child = one_home.open("--", "sleep", "30", stderr=subprocess.DEVNULL)
    try:
        soon(lambda: len(one_home.reports()) == 2)
        known, guessed = sorted(one_home.reports(), key=lambda report: report["session"])
        assert (known["kind"], known["resume"], known["guess"]) == ("lost", f"cd '{shop}' && claude --resume {ID}", "no")
        assert (guessed["resume"], guessed["guess"]) == (f"cd '{two}' && claude --resume {OTHER}", "yes")
        assert "a guess" in guessed["next"] and "when WSL stopped" in guessed["text"]
        soon(lambda: sorted(path.name for path in live.glob("[!.]*")) == [str(child.pid)])
    finally:
        child.kill()
        child.wait()


def test_the_watcher_outlives_the_terminal(one_home: Home) -> None:
    """A hang-up that ends the program does not end the watcher before it has put the record away."""
    child = one_home.open("--", "sleep", "30", stderr=subprocess.DEVNULL, start_new_session=True)
    one_home.live(child.pid)
    os.killpg(child.pid, signal.SIGHUP)
    assert child.wait(30) == -signal.SIGHUP
    soon(lambda: not (one_home.state / "launch/live" / str(child.pid)).exists())
