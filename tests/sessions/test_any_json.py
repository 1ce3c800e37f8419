"""Files of the clients that wslcfg reads beside the sessions: whatever JSON stands in them, no command falls over it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sessions.made import ID, talk
from wslcfg.model.session import roots
from wslcfg.sessions.codexnames import names
from wslcfg.sessions.examine import examine, keep_days, retention, stale_indexes
from wslcfg.sessions.find import find, prompts
from wslcfg.sessions.index import Listed, stale, times
from wslcfg.sessions.live import live
from wslcfg.sessions.lost import prompts_of
from wslcfg.sessions.rollout import first_line

_ODD = [
    "1e999",
    "-1e999",
    "NaN",
    "9" * 400,
    "1e308",
    "-0.0",
    "true",
    "null",
    '"\\ud83d"',
    '"\\u0000"',
    '""',
    "[" * 1500 + "]" * 1500,
    "{}",
    "[3]",
]
_VALUES = st.one_of(st.sampled_from(_ODD), st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
                                                        lambda inner: st.lists(inner, max_size=3), max_leaves=5).map(json.dumps))  # fmt: skip


@st.composite
def objects(draw: st.DrawFn, keys: tuple[str, ...]) -> str:
    """An object with some of the keys; most values are odd, an id is often the session's own."""
    chosen = draw(st.lists(st.sampled_from(keys), unique=True))
    ids = st.sampled_from([f'"{ID}"', '"other"'])
    pairs = [f'"{key}":{draw(ids if key.lower().endswith("id") and draw(st.booleans()) else _VALUES)}' for key in chosen]
    return "{" + ",".join(pairs) + "}"


@pytest.mark.parametrize("when", ["1e999", "-1e999", "NaN", "9" * 400, "1e300", "[" * 1500 + "]" * 1500, "true", '"1"'])
def test_a_time_that_no_file_has(when: str) -> None:
    """Such a row hides nothing: it is as if the client had not written it."""
    raw = f'{{"entries":[{{"sessionId":"{ID}","fileMtime":{when},"firstPrompt":"No prompt"}}]}}'.encode()
    assert stale(raw, {ID: Listed(1000, prompts=True)}) == {} and times(raw) in ({}, {ID: 1})


_ROWS = st.lists(objects(("sessionId", "fileMtime", "firstPrompt", "summary", "isSidechain")) | _VALUES, max_size=3)


@given(
    _ROWS.map(lambda rows: '{"version":1,"entries":[' + ",".join(rows) + "]}") | _VALUES,
    objects(("cleanupPeriodDays",)) | _VALUES,
    objects(("sessionId", "procStart", "pid")) | _VALUES,
    objects(("sessionId", "display", "project", "session_id", "text")) | _VALUES,
    objects(("id", "thread_name")) | _VALUES,
    st.one_of(st.integers(), st.floats(), st.none(), st.booleans()),
)
@settings(max_examples=25, deadline=None)
def test_no_value_is_a_surprise(index: str, kept: str, registry: str, history: str, named: str, made: object) -> None:
    """Numbers of any size, other types, half emojis, deep nesting: each reader takes what it understands and passes over the rest."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        texts = {
            ".claude/projects/-home-ana-shop/sessions-index.json": index,
            ".claude/settings.json": kept,
            f".claude/sessions/{os.getpid()}.json": registry,
            ".claude/history.jsonl": history + "\n",
            ".codex/history.jsonl": history + "\n",
            ".codex/session_index.jsonl": named + "\n",
        }
        for path, text in texts.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(text)
        (home / f".claude/projects/-home-ana-shop/{ID}.jsonl").write_bytes(talk(1, version="2.1.27"))
        where = roots(folder)
        (one,) = find(where)
        health = examine(one)
        assert health.problems == () and keep_days(where) >= 0
        assert retention(one, keep_days(where), one.modified_at) is None or keep_days(where) <= 3
        hidden = stale_indexes([(one, health)])
        assert all(set(rows) == {ID} for rows in hidden.values())
        assert set(stale(index.encode(), {ID: Listed(0, prompts=True)})) <= {ID}
        assert all(type(when) is int for when in times(index.encode()).values())
        assert isinstance(prompts(where), dict) and isinstance(names(where), dict) and isinstance(prompts_of(where, ID), list)
        assert isinstance(live(where, folder), dict)
    row = {"id": ID, "created_at_ms": made, "cwd": "/", "originator": "o", "cli_version": "1", "source": '{"a":' + named}
    line = first_line(row, numbered=True)
    assert line is None or json.loads(line)["type"] == "session_meta"
