"""What a torn record still says: where its children belong, that a compaction begins, which whole records stand behind it."""

from __future__ import annotations

import json

import pytest

from tests.sessions.made import Transcript, talk
from wslcfg.sessions import pieces as module
from wslcfg.sessions.chain import READERS, resume
from wslcfg.sessions.check import Health, check
from wslcfg.sessions.pieces import pieces
from wslcfg.sessions.repair import Repaired, repair
from wslcfg.sessions.transcript import scan, split_lines


def _prompts(raw: bytes) -> list[list[str]]:
    """What each generation of clients brings back of what a person typed."""
    found = scan(split_lines(raw))
    chains = [[found.rows[at] for at in resume(found.rows, reader, size=len(raw)).chain] for reader in READERS]
    return [[json.loads(raw[row.start : row.end])["message"]["content"] for row in chain if row.prompt] for chain in chains]


def _twice(raw: bytes) -> Repaired:
    """A repair that a second one finds nothing to do after."""
    done = repair(raw)
    assert repair(done.raw).raw == done.raw
    return done


def _cut(made: Transcript, at: int, keep: int) -> bytes:
    """The session with one record torn after so many bytes (from behind where negative)."""
    return b"".join([*made.lines[:at], made.lines[at][:keep] + b"\n", *made.lines[at + 1 :]])


def _compacted() -> Transcript:
    made = Transcript()
    for number in range(20):
        made.ask(f"old {number}")
    made.add("system", parent=None, subtype="compact_boundary", logicalParentUuid=made.last)
    made.add("user", isCompactSummary=True, message={"role": "user", "content": "This session is being continued from …"})
    for number in range(3):
        made.ask(f"new {number}")
    return made


@pytest.mark.parametrize("keep", [-9, 120])
def test_a_repair_does_not_cross_a_compaction(keep: int) -> None:
    """With the border torn, at its end or early, or torn together with its summary, what was compacted stays away: it may be more than a context holds."""
    made = _compacted()
    new = ["new 0", "new 1", "new 2"]
    assert _prompts(made.raw) == [new] * 4
    assert _prompts(_twice(_cut(made, 40, keep)).raw) == [new] * 4
    assert not any("of 23" in problem.effect for problem in _health(_cut(made, 40, keep)).problems)
    made.lines[41] = made.lines[41][:keep] + b"\n"
    assert _prompts(_twice(_cut(made, 40, keep)).raw) == [new] * 4


def _health(raw: bytes) -> Health:
    return check(scan(split_lines(raw)), lambda one, two: raw[one.start : one.end] == raw[two.start : two.end])


@pytest.mark.parametrize(("keep", "word"), [(-9, "which that one names as its own parent"), (60, "most likely"), (20, "a guess")])
def test_a_rewound_branch_does_not_come_back(keep: int, word: str) -> None:
    """A torn record's parent counts where it is whole, and what the plan says tells how sure that is; without it the record before is a guess."""
    made = Transcript()
    for number in range(6):
        made.ask(f"main {number}")
    made.last = json.loads(made.lines[3])["uuid"]
    made.add("user", message={"role": "user", "content": "rewound"})
    made.add("assistant", message={"role": "assistant", "content": [{"type": "text", "text": "answer"}]})
    made.ask("after")
    done = _twice(_cut(made, 12, keep))
    first = [f"main {number}" for number in range(6 if keep == 20 else 2)]
    assert _prompts(done.raw) == [[*first, "after"]] * 4
    assert [step.line for step in done.steps] == [14] and word in done.steps[0].why


def test_torn_records_in_a_row() -> None:
    """Three torn ones in a row lead back to what the first of them hung on."""
    made = Transcript()
    for number in range(4):
        made.ask(f"main {number}")
    made.last = json.loads(made.lines[1])["uuid"]
    for number in range(3):
        made.ask(f"again {number}")
    for at in (8, 9, 10):
        made.lines[at] = made.lines[at][:-20] + b"\n"
    assert _prompts(_twice(made.raw).raw) == [["main 0", "again 2"]] * 4


def test_a_prompt_behind_a_long_torn_record() -> None:
    """A whole record behind a torn one of thousands of objects is found; the torn one's own objects are no records."""
    big = {"parentUuid": None, "isSidechain": False, "toolUseResult": {"items": [{"name": f"n{number}"} for number in range(3000)]}}
    torn = json.dumps(big, separators=(",", ":")).encode()[:-40]
    lines = list(split_lines(talk(6)))
    assert lines[10].startswith(b'{"parentUuid"') and b"prompt 3" in lines[10]
    damaged = b"".join([*lines[:10], torn, *lines[10:]])
    health = _health(damaged)
    assert [(problem.id, problem.line) for problem in health.problems] == [("glued", 11)] and health.resumes[0].of == 6
    assert [len(one) for one in _prompts(_twice(damaged).raw)] == [6] * 4


@pytest.mark.parametrize("deep", [b'{"a":[', b'{"parentUuid":[', b'{"parentUuid":null,"x":{"a":', b'{"a":"\\ud83d",'])
def test_a_line_is_read_a_bounded_number_of_times(deep: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a torn line is nested, no more bytes of it are looked at than a small multiple of its length."""
    line = deep * 900 + b"1," * 200_000
    looked = 0
    skip = module._skip

    def counted(view: memoryview) -> object:
        nonlocal looked
        looked += len(view)
        return skip(view)

    monkeypatch.setattr(module, "_skip", counted)
    assert pieces(line) == [] and 0 < looked <= 1000 * len(line)


def test_records_that_lost_their_line_breaks() -> None:
    """Whole records on one line are said to be just that, and check and repair name the same line."""
    lines = list(split_lines(talk(5)))
    damaged = b"".join([*lines[:6], *(line.rstrip(b"\n") for line in lines[6:9]), b"\n", *lines[9:]])
    (problem,) = _health(damaged).problems
    assert "no line breaks stand between them" in problem.effect
    made = _compacted()
    del made.lines[30]
    glued = b"".join([*made.lines[:10], made.lines[10][:30], *made.lines[10:]])
    assert [(problem.id, problem.line) for problem in _health(glued).problems] == [("glued", 11), ("broken-chain", 31)]
    assert [(step.id, step.line) for step in repair(glued).steps] == [("glued", 11), ("broken-chain", 31)]


@pytest.mark.parametrize(
    ("raw", "id"),
    [(b"\n", "zero-byte"), (b" \n", "zero-byte"), (b"garbage\n", "zero-byte"), (b"\0\0\n", "all-nul"), (b"\0\n\0\0\n", "all-nul"), (b"\0{\n", "zero-byte")],
)  # fmt: skip
def test_a_file_without_any_record_is_for_the_backup(raw: bytes, id: str) -> None:
    """Blanks, NULs and junk hold nothing to mend: the file is named so, and left for what a backup has of it."""
    assert [problem.id for problem in _health(raw).problems] == [id]
    assert repair(raw) == Repaired(raw, ())


def test_side_records_alone_are_well() -> None:
    """A session that was opened and left has records without a chain; nothing is wrong with it."""
    made = Transcript()
    made.side("mode", mode="normal")
    assert _health(made.raw).problems == ()
