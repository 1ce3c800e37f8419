"""What was started just before a kill: read where it stands, and denied only where somebody looked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from wslcfg.host.real import RealHost
from wslcfg.oom import traces
from wslcfg.oom.before import LOOK
from wslcfg.oom.reading import read_log
from wslcfg.oom.story import Claim
from wslcfg.oom.surroundings import look_around, with_log
from wslcfg.oom.verdict import verdict

KILL = datetime(2026, 11, 26, 9, 0, 1, tzinfo=timezone.utc)
EARLY = (
    "2026-11-26T08:40:00+00:00 h systemd[1]: Started early.service - Early.\n2026-11-26T08:40:01+00:00 h CRON[2]: (bob) CMD (/bin/old)\n"
)
CRON = "2026-11-26T08:59:30+00:00 h CRON[12]: (bob) CMD (/home/bob/bin/nightly)\n"
UNIT = "2026-11-26T08:59:40+00:00 h systemd[1]: Started heavy-build.service - Heavy build.\n"
DEAD = (
    "2026-11-26T09:00:01+00:00 h kernel: node invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER), order=0, oom_score_adj=0\n"
    "2026-11-26T09:00:01+00:00 h kernel: Out of memory: Killed process 77 (node) total-vm:9530kB, anon-rss:8183kB, file-rss:0kB, shmem-rss:0kB\n"
)


def told(log: str, home: Path) -> list[Claim]:
    """The sentences about the minute."""
    reading = read_log([log.encode()])
    around = with_log(look_around(RealHost(), str(home), (KILL,), live=False), reading)
    newest = verdict(reading, around).newest
    assert newest is not None
    return [claim for claim in newest.claims if claim.id == "minute"]


def history(home: Path, *lines: tuple[datetime, str]) -> None:
    """A shell's history with times."""
    text = "".join(f"#{int(at.timestamp())}\n{line}\n" for at, line in lines)
    (home / ".bash_history").write_text(text, encoding="utf-8")


def test_what_the_log_itself_says_was_started(tmp_path: Path) -> None:
    """Cron's and systemd's lines above the kill are told with their places, and so is a resume without an id; older ones are not."""
    history(tmp_path, (KILL - timedelta(seconds=31), "claude --continue"))
    (claim,) = told(EARLY + CRON + UNIT + DEAD, tmp_path)
    assert claim.text == (
        "In the two minutes before: claude --continue; cron ran /home/bob/bin/nightly; systemd started heavy-build.service."
    )
    assert [(proof.source, proof.line) for proof in claim.proofs] == [("~/.bash_history", 2), ("log (cron)", 3), ("log (systemd)", 4)]


@pytest.mark.parametrize("rest", ["", "\n" + "x" * 50])
def test_far_above_and_across_blocks(rest: str, tmp_path: Path) -> None:
    """A line is found with its number though megabytes stand before it and its block ends between it and the kill."""
    noise = "2026-11-26T08:30:00+00:00 h app[7]: all is well, nothing to see here" + rest + "\n"
    many = noise * ((2 << 20) // len(noise))
    (claim,) = told(many + CRON + noise * 500 + DEAD, tmp_path)
    assert claim.proofs[0].line == many.count("\n") + 1


def test_only_what_was_looked_at_is_denied(tmp_path: Path) -> None:
    """Nothing on record: said of those that speak in the log and of a history that reaches from before to after the kill."""
    history(tmp_path, (KILL - timedelta(days=1), "ls"), (KILL + timedelta(hours=1), "ls"))
    (claim,) = told(EARLY + DEAD, tmp_path)
    assert claim.text == "No session resume, cron job or unit start is on record in the two minutes before."
    assert claim.certainty == "likely" and len(claim.proofs) == 3


def test_what_does_not_reach_the_kill_denies_nothing(tmp_path: Path) -> None:
    """A history that ends years earlier, one without times, a log that begins too late or is the kernel's alone: none is a denial."""
    history(tmp_path, (datetime(2014, 5, 13, tzinfo=timezone.utc), "claude --continue"))
    (claim,) = told(DEAD, tmp_path)
    assert claim.certainty == "unchecked" and "~/.bash_history ends at 2014-05-13" in claim.text
    (tmp_path / ".bash_history").write_text("ls\n", encoding="utf-8")
    (claim,) = told(DEAD, tmp_path)
    assert claim.certainty == "unchecked" and "~/.bash_history has no times" in claim.text
    (tmp_path / ".bash_history").unlink()
    assert told(DEAD, tmp_path) == []
    late = "2026-11-26T08:59:50+00:00 h systemd[1]: Reached target basic.target.\n"
    (claim,) = told(late + DEAD, tmp_path)
    assert claim.certainty == "unchecked" and "begins only at 2026-11-26 08:59:50" in claim.text
    far = "2026-11-26T08:59:00+00:00 h app[7]: well\n"
    (claim,) = told(EARLY + CRON + UNIT + far * (2 * LOOK // len(far)) + late + DEAD, tmp_path)
    assert claim.certainty == "unchecked", "what stands further up than anybody looked is not denied"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("claude -c", "claude -c"),
        ("cd x && claude --continue", "claude --continue"),
        ("claude --model opus --resume", "claude --resume"),
        ("/usr/bin/claude -r", "claude -r"),
        ("codex resume --last", "codex resume --last"),
        ("codex resume", "codex resume"),
        ("claude config list", None),
        ("git commit -m 'claude -c'", None),
        ("echo claude | grep -c x", None),
        ("myclaude -c", None),
        ("ls # claude", None),
    ],
)
def test_resumes_without_an_id(line: str, said: str | None) -> None:
    """The newest session, or one from the client's list, is a resume too; other words are none."""
    assert [one.text for one in traces.history(line + "\n", "h")] == ([said] if said else [])
