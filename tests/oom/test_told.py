"""A kill is told once, also when WSL's journal brings it back; and a report names nobody."""

from __future__ import annotations

from pathlib import Path

from tests.oom.crashes import AT, capped, cascade, crash, reading, swarm
from wslcfg.host.real import RealHost
from wslcfg.oom.event import Copy
from wslcfg.oom.redacted import people, redacted
from wslcfg.oom.story import Around, Verdict
from wslcfg.oom.told import TOLD, key, remember, untold
from wslcfg.oom.verdict import verdict


def judged(*seen: object) -> Verdict:
    """The verdict on these."""
    return verdict(reading(*seen), Around())  # type: ignore[arg-type]


def test_told_once(tmp_path: Path) -> None:
    """What was told is not new any more; another kill is."""
    host, state = RealHost(), str(tmp_path)
    first = judged(crash(swarm(), "node")).incidents
    assert untold(host, state, first) == first
    remember(host, state, first)
    remember(host, state, first)
    assert untold(host, state, first) == ()
    assert len((tmp_path / TOLD).read_text().splitlines()) == 1
    assert [one.kind for one in untold(host, state, judged(crash(swarm(), "node"), capped()).incidents)] == ["session"]


def test_a_replay_is_not_news() -> None:
    """The same kill read in another boot has the same key, with whatever systemd added since."""
    once = judged(crash(swarm(), "node")).incidents[0]
    again = judged(crash(swarm(), "node", boot="b7", copies=(Copy("replay", 9),), follow_ups=cascade(), first_line=900)).incidents[0]
    assert key(once) == key(again)
    assert key(once) != key(judged(crash(swarm(), "codex")).incidents[0])


def test_a_damaged_record_tells_again(tmp_path: Path) -> None:
    """A record that is not readable as text is no reason to be silent."""
    (tmp_path / "oom").mkdir()
    (tmp_path / TOLD).write_bytes(b"\xff\xfe\x00\n\n  \n")
    assert len(untold(RealHost(), str(tmp_path), judged(crash(swarm(), "node")).incidents)) == 1


def test_the_record_stays_small(tmp_path: Path) -> None:
    """The record keeps the newest thousand."""
    (tmp_path / "oom").mkdir()
    (tmp_path / TOLD).write_text("".join(f"{number:024x} 2026-01-01T00:00:00Z\n" for number in range(1500)))
    remember(RealHost(), str(tmp_path), judged(crash(swarm(), "node")).incidents)
    lines = (tmp_path / TOLD).read_text().splitlines()
    assert len(lines) == 1000 and lines[-1].startswith(key(judged(crash(swarm(), "node")).incidents[0]))


def test_redaction_leaves_our_own_words() -> None:
    """Texts of others are cleaned, kinds and times stay, even where a person is called like one of our words."""
    found = judged(crash(swarm(), "node"))
    safe = redacted(found, lambda text: text.replace("global", "X").replace("claude", "someone"))
    assert (safe.kind, safe.incidents[0].kind, safe.incidents[0].at) == ("global", "global", AT)
    assert "someone" in safe.headline and "claude" not in safe.headline
    assert people(("in /home/ana/shop", ("/mnt/c/Users/Jos\u00e9/x", "C:\\Users\\bob\\y", "/home/"))) == {"ana", "Jos\u00e9", "bob"}
