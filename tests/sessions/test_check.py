"""Check: each problem by its name and line, and what it does to a resume."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.client.damage import RECOVERABLE
from tests.sessions.made import Transcript, talk
from wslcfg.sessions.chain import READERS, reader_of, reads_index, resume
from wslcfg.sessions.check import Health, check
from wslcfg.sessions.index import Listed, stale
from wslcfg.sessions.orderly import orderly
from wslcfg.sessions.repair import repair
from wslcfg.sessions.transcript import scan, split_lines


def _check(raw: bytes, fetched: Callable[[str], bool] = lambda uuid: False) -> Health:
    return check(scan(split_lines(raw)), lambda one, two: raw[one.start : one.end] == raw[two.start : two.end], fetched)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("torn-tail", "torn-tail"),
        ("lost-newline", "torn-tail"),
        ("glued", "glued"),
        ("nul-tail", "nul-hole"),
        ("nul-then-appended", "nul-hole"),
        ("broken-parent", "broken-chain"),
        ("lost-record", "broken-chain"),
        ("cycle", "cycle"),
        ("duplicated", "duplicate-records"),
    ],
)
def test_each_damage_has_its_name(name: str, id: str) -> None:
    """The contract's ids stand for what they say, and a repaired file has none of them."""
    damaged = RECOVERABLE[name](talk(6), random.Random(1))
    assert id in {problem.id for problem in _check(damaged).problems}
    assert _check(repair(damaged).raw).problems == ()


def test_what_a_resume_shows_is_said() -> None:
    """A broken link tells how many prompts each generation of clients still brings back."""
    made = Transcript()
    for number in range(38):
        made.ask(f"early {number}")
    made.add("user", parent="00000000-0000-4000-8000-000000000000", message={"role": "user", "content": "late 0"})
    for number in range(2):
        made.ask(f"late {number + 1}")
    problem = _check(made.raw).problems[0]
    assert (problem.id, problem.line) == ("broken-chain", 77)
    assert "clients up to 2.1.29: resume shows only the last 3 of 41 prompts" in problem.effect


def test_a_circle_hangs_old_clients_alone() -> None:
    """Clients up to 2.1.29 walk for ever; the later ones stop."""
    health = _check(RECOVERABLE["cycle"](talk(4), random.Random(2)))
    assert [one.hangs for one in health.resumes] == [True, False, False, False]


@pytest.mark.parametrize(("raw", "id"), [(b"", "zero-byte"), (b"\0" * 900, "all-nul")])
def test_nothing_left(raw: bytes, id: str) -> None:
    """A file that holds nothing is named, and a repair leaves it for the backup."""
    assert [problem.id for problem in _check(raw).problems] == [id]
    assert _check(raw).good_bytes == 0


def test_good_bytes_end_with_the_last_whole_record() -> None:
    """What a backup can trust: torn and NUL ends do not count."""
    whole = talk(3)
    assert _check(whole).good_bytes == len(whole)
    assert _check(whole + b'{"parentUuid":"ab').good_bytes == len(whole)
    assert _check(whole + b"\0" * 70).good_bytes == len(whole)


@pytest.mark.parametrize(
    ("version", "reader"),
    [("2.0.77", "newest"), ("2.1.29", "newest"), ("2.1.30", "leaf"), ("2.1.90", "leaf"), ("2.1.91", "bridged"), ("2.1.100", "bridged"),
     ("2.1.101", "last"), ("2.1.329", "last"), ("", "last")],
)  # fmt: skip
def test_the_generations(version: str, reader: str) -> None:
    """The borders that were found in the clients; what has no version is read as today."""
    assert reader_of(version) == reader
    assert reads_index(version) == (reader == "newest")


def test_a_second_of_silence_is_bridged_by_later_clients() -> None:
    """From 2.1.91 on a missing parent is replaced by the nearest record within 5 s, before it is not, and never over more."""
    for gap, bridged in ((1, 4), (60, 1)):
        made = Transcript(gap_s=gap)
        for number in range(3):
            made.ask(f"early {number}")
        made.add("user", parent="00000000-0000-4000-8000-000000000000", message={"role": "user", "content": "late"})
        rows = scan(split_lines(made.raw)).rows
        seen = [resume(rows, reader).prompts(rows) for reader in ("newest", "leaf", "bridged", "last")]
        assert seen == [1, 1, bridged, bridged]


def test_a_compaction_is_not_crossed() -> None:
    """What a compaction set aside stays aside: the border is a root, and it is no break."""
    made = Transcript()
    made.ask("before")
    made.add("system", parent=None, subtype="compact_boundary", logicalParentUuid=made.last)
    made.ask("behind")
    assert _check(made.raw).problems == () and repair(made.raw).raw == made.raw
    rows = scan(split_lines(made.raw)).rows
    assert resume(rows, "last").prompts(rows) == 1


def test_a_compaction_whose_border_is_gone_is_not_crossed() -> None:
    """Of a border that left no byte the summary behind it still tells: it stays a start, and no repair brings back what was set aside."""
    made = Transcript()
    made.ask("before")
    made.add("system", parent=None, subtype="compact_boundary", logicalParentUuid=made.last)
    border = made.lines[-1]
    made.add("user", isCompactSummary=True, message={"role": "user", "content": "In short"})
    made.ask("behind")
    damaged = made.raw.replace(border, b"")
    assert len(damaged) == len(made.raw) - len(border)
    mended = repair(damaged).raw
    assert mended == damaged
    rows = scan(split_lines(mended)).rows
    assert [resume(rows, reader).prompts(rows) for reader in READERS] == [1] * len(READERS)


def test_a_kept_segment_hangs_below_its_anchor() -> None:
    """A compaction that kept the last messages: today's clients bring those back too."""
    made = Transcript()
    made.ask("long ago")
    head = made.add("user", message={"role": "user", "content": "kept"})
    tail = made.add("assistant", message={"role": "assistant", "content": [{"type": "text", "text": "kept answer"}]})
    made.add("system", parent=None, subtype="compact_boundary", compactMetadata={})
    border = made.last
    anchor = made.add("user", isCompactSummary=True, message={"role": "user", "content": "summary"})
    segment = {"headUuid": head, "tailUuid": tail, "anchorUuid": anchor}
    made.lines[-2] = made.lines[-2].replace(b'"compactMetadata":{}', b'"compactMetadata":{"preservedSegment":%s}' % _json(segment))
    made.ask("behind")
    rows = scan(split_lines(made.raw)).rows
    chain = [rows[at].uuid for at in resume(rows, "last").chain]
    assert chain[:4] == [border, anchor, head, tail] and resume(rows, "last").prompts(rows) == 2


def _json(value: dict[str, str]) -> bytes:
    import json

    return json.dumps(value).encode()


def test_a_record_comes_back_from_a_sub_agents_file() -> None:
    """What 2.1.27 wrote to a sub-agent's file alone is put before its child, as a record of the main chain."""
    made = Transcript(version="2.1.27")
    made.ask("first")
    made.add("assistant", isSidechain=True, agentId="aprompt_suggestion-1", message={"role": "assistant", "content": []})
    lost, lost_uuid = made.lines.pop(), made.last
    made.ask("second")
    assert _check(made.raw, lambda uuid: uuid == lost_uuid).problems[0].effect.startswith("its parent lies in a sub-agent's file")
    done = repair(made.raw, lambda uuid: lost if uuid == lost_uuid else None)
    back = next(line for line in split_lines(done.raw) if (lost_uuid or "-").encode() in line)
    assert b'"isSidechain":false' in back and b"agentId" not in back
    rows = scan(split_lines(done.raw)).rows
    assert resume(rows, "newest").prompts(rows) == 2 and _check(done.raw).problems == ()


def test_index_rows_that_hide_a_session() -> None:
    """A row newer than its file, or one that says there is no prompt, hides a session; an older or missing or damaged one does not."""
    files = {
        "a": Listed(1000, prompts=True),
        "b": Listed(1000, prompts=True),
        "c": Listed(1000, prompts=True),
        "d": Listed(1000, prompts=False),
    }
    raw = b"""{"version":1,"entries":[{"sessionId":"a","fileMtime":2000,"firstPrompt":"x"},{"sessionId":"b","fileMtime":1000.5,
        "firstPrompt":"No prompt"},{"sessionId":"c","fileMtime":999,"firstPrompt":"No prompt"},{"sessionId":"d","fileMtime":1000,
        "firstPrompt":"No prompt"},{"sessionId":"ghost","fileMtime":9}]}"""
    assert set(stale(raw, files)) == {"a", "b"}
    assert stale(raw[:50], files) == {} and stale(b"\0" * 40, files) == {}


@pytest.mark.parametrize("name", [*RECOVERABLE, "nothing"])
def test_only_what_is_whole_is_orderly(name: str) -> None:
    """The quick look passes no damage that has a name (but a last line that is not ended, which its reader sees), and counts as the thorough one does."""
    raw = talk(6) if name == "nothing" else RECOVERABLE[name](talk(6), random.Random(1))
    health, quick = _check(raw), orderly(split_lines(raw))
    if quick is None:
        assert name != "nothing"
    else:
        assert not {problem.id for problem in health.problems} - {"torn-tail"}
        assert (quick.records, quick.prompts) == (health.records, health.prompts)


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_is_never_orderly_by_mistake(seed: int) -> None:
    """Bytes cut out, overwritten or doubled anywhere: what the quick look lets pass has no problem and the same counts."""
    rng = random.Random(seed)
    for _ in range(20):
        raw = talk(rng.randrange(1, 5), version=rng.choice(["2.1.27", "2.1.329"]))
        at = rng.randrange(len(raw))
        end = min(len(raw), at + rng.choice((1, 3, 40, 400)))
        raw = raw[:at] + rng.choice((b"", b"\n", b"\0" * (end - at), bytes([rng.randrange(256)]), raw[at:end] * 2)) + raw[end:]
        quick = orderly(split_lines(raw))
        if quick is not None and raw.endswith(b"\n"):
            health = _check(raw)
            assert (quick.records, quick.prompts, ()) == (health.records, health.prompts, health.problems)
