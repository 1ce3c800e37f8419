"""Repair: what was written is read again, what is whole is not touched."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.damage import RECOVERABLE
from tests.sessions.made import Transcript, talk
from wslcfg.sessions.chain import READERS, resume
from wslcfg.sessions.repair import repair
from wslcfg.sessions.transcript import Scan, scan, split_lines


def _scan(raw: bytes) -> Scan:
    return scan(split_lines(raw))


def _brought(raw: bytes) -> list[set[str]]:
    """The records that each generation of clients brings back."""
    found = _scan(raw)
    return [{found.rows[at].uuid for at in resume(found.rows, reader, size=len(raw)).chain} for reader in READERS]


def _prompts(raw: bytes) -> list[int]:
    found = _scan(raw)
    return [resume(found.rows, reader, size=len(raw)).prompts(found.rows) for reader in READERS]


def _records(raw: bytes) -> list[str]:
    """Every parsable line without its parent, which a repair may change."""
    found = []
    for line in split_lines(raw):
        try:
            record: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            record.pop("parentUuid", None)
            found.append(json.dumps(record, sort_keys=True))
    return found


@pytest.mark.parametrize("gap_s", [1, 60])
@pytest.mark.parametrize("name", RECOVERABLE)
@pytest.mark.parametrize("seed", range(3))
def test_every_prompt_comes_back(name: str, seed: int, gap_s: float) -> None:
    """Whatever damage a session took, after the repair every generation of clients resumes with all its prompts."""
    whole = talk(6, gap_s=gap_s)
    damaged = RECOVERABLE[name](whole, random.Random(seed))
    done = repair(damaged)
    assert _prompts(done.raw) == [6, 6, 6, 6], done.steps
    assert done.raw.endswith(b"\n") and b"\0" not in done.raw
    assert set(_records(damaged)) <= set(_records(done.raw))


@st.composite
def transcripts(draw: st.DrawFn, gaps: tuple[float, ...] = (0, 0.5, 4, 60)) -> bytes:
    """Sessions with tools, branches, sub-agents, compactions, unknown records."""
    made = Transcript(gap_s=draw(st.sampled_from(gaps)))
    known: list[str] = []
    for number in range(draw(st.integers(2, 14))):
        kind = draw(st.sampled_from(["ask", "ask", "ask", "tool", "side", "branch", "boundary", "sub", "unknown", "progress"]))
        if kind == "ask":
            made.ask(draw(st.text(max_size=40)) + f" {number}")
        elif kind == "tool":
            made.add("user", message={"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]})
        elif kind == "side":
            made.side(draw(st.sampled_from(["last-prompt", "mode", "never-seen"])), value={"type": "user", "deep": [1, "}{"]})
        elif kind == "branch" and known:
            made.add("user", parent=draw(st.sampled_from(known)), message={"role": "user", "content": f"again {number}"})
        elif kind == "boundary":
            made.add("system", parent=None, subtype="compact_boundary", logicalParentUuid=made.last)
        elif kind == "sub":
            main = made.last
            made.add("assistant", parent=None, isSidechain=True, message={"role": "assistant", "content": []})
            made.last = main
        else:
            made.add("progress" if kind == "progress" else "whatever", data={"x": 1})
        if made.last:
            known.append(made.last)
    made.ask("the last one")
    return made.raw


@given(transcripts())
@settings(max_examples=40, deadline=None)
def test_a_healthy_session_is_left_alone(raw: bytes) -> None:
    """What the client wrote whole is not changed by a byte, branches and compactions among it."""
    done = repair(raw)
    assert done.raw == raw and done.steps == ()


@given(transcripts(), st.lists(st.sampled_from(sorted(RECOVERABLE)), min_size=1, max_size=4), st.integers(0, 9999))
@settings(max_examples=80, deadline=None)
def test_random_damage_is_never_made_worse(raw: bytes, names: list[str], seed: int) -> None:
    """No parsable record is lost, no generation of clients brings back less, and a second repair changes nothing."""
    rng = random.Random(seed)
    for name in names:
        try:
            raw = RECOVERABLE[name](raw, rng)
        except ValueError:  # damage on damage: a line that its generator cannot read any more
            continue
    done = repair(raw)
    assert set(_records(raw)) <= set(_records(done.raw))
    assert all(before <= after for before, after in zip(_brought(raw), _brought(done.raw), strict=True))
    assert repair(done.raw) == done._replace(steps=(), left=repair(done.raw).left)


@given(transcripts((60,)), st.integers(0, 99), st.sampled_from([-2, -9, -60]))
@settings(max_examples=60, deadline=None)
def test_a_torn_record_brings_nothing_back_that_was_away(raw: bytes, which: int, keep: int) -> None:
    """Whichever record is torn at its end, no repair brings back a branch that was left or what a compaction had set aside."""
    raw = raw.replace(b'"type":"whatever"', b'"type":"attachment"')  # at an unknown kind a client ends its walk
    lines = list(split_lines(raw))
    at = which % (len(lines) - 1)
    damaged = b"".join([*lines[:at], lines[at][:keep] + b"\n", *lines[at + 1 :]])
    assert all(after <= whole for after, whole in zip(_brought(repair(damaged).raw), _brought(raw), strict=True))


@given(st.binary(max_size=400))
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_taken(raw: bytes) -> None:
    """Bytes that are no transcript at all are repaired without an error, to something that a second repair leaves alone."""
    once = repair(raw).raw
    assert repair(once).raw == once


@given(st.integers(0, 3000), st.integers(1, 4000), st.sampled_from([b"", b"\0" * 7, b"\xff\xfe", b"{", b'"}\n']))
@settings(max_examples=80, deadline=None)
def test_a_hole_anywhere_costs_what_lay_in_it(start: int, length: int, filling: bytes) -> None:
    """Bytes cut out or overwritten at any place: every whole line stays, and every reader brings back at least what it did."""
    whole = talk(5)
    damaged = whole[:start] + filling + whole[start + length :]
    done = repair(damaged)
    assert set(_records(damaged)) <= set(_records(done.raw))
    assert all(before <= after for before, after in zip(_brought(damaged), _brought(done.raw), strict=True))
    assert repair(done.raw).raw == done.raw
