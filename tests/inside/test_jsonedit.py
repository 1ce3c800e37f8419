"""One key of a settings file is set and taken out without touching another byte; the reading is held against Python's own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslcfg.errors import Unreadable
from wslcfg.inside.jsonedit import edited, hollow, value_at

PATH = ("env", "CLAUDE_CODE_PROCESS_WRAPPER")
WANTED = "/home/ana/.local/share/wslcfg/inside/wrapper"

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3), max_leaves=8
)
# Not `env: {}`, which goes with the key that was its only one.
OBJECTS = st.dictionaries(st.text(max_size=6).filter(lambda key: key != "env"), VALUES, max_size=4)
ENVIRONMENTS = st.none() | st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), min_size=1, max_size=3)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """A settings file in some layout, with comments and trailing commas, and what it says."""
    content = dict(draw(OBJECTS))
    environment = draw(ENVIRONMENTS)
    if environment is not None:
        content["env"] = environment
    indent = draw(st.sampled_from([None, 0, 2, 4, "\t"]))
    text = json.dumps(content, indent=indent, ensure_ascii=draw(st.booleans()))
    if indent is not None:
        noise = draw(st.sampled_from(["", ' // a comment, with {brackets} and "quotes"', " /* one more */"]))
        lines = text.split("\n")
        text = "\n".join(line + noise if line.endswith((",", "{", "[")) else line for line in lines)
        if content and draw(st.booleans()):
            text = f"{text[:-1].rstrip()},{noise}\n}}"
    if draw(st.booleans()):
        text = "// first\n" + text + "\n"
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text, content


@given(files(), st.sampled_from([WANTED, True, ["a", {"b": None}], 1.5]))
def test_set_changes_one_value_and_unset_gives_the_bytes_back(file: tuple[str, dict[str, object]], value: object) -> None:
    """In any layout the key reads as wanted, everything else reads as before, setting it again changes nothing, and taking it out gives the first bytes."""
    text, content = file
    raw = text.encode()
    new = edited(raw, PATH, value)
    assert new is not None and value_at(new, PATH) == value
    environment = content.get("env")
    assert isinstance(environment, dict | None)
    wanted = {**content, "env": {**(environment or {}), PATH[1]: value}}
    assert all(value_at(new, [key]) == wanted[key] for key in wanted)
    assert edited(new, PATH, value) == new
    assert edited(new, PATH, None) == raw
    other = edited(new, PATH, "other")
    assert other is not None and edited(other, PATH, None) == raw


@given(OBJECTS, st.sampled_from([None, 2, "\t"]))
def test_reads_as_python_reads(content: dict[str, object], indent: int | str | None) -> None:
    """Whatever Python writes as JSON is read as Python reads it."""
    raw = json.dumps(content, indent=indent).encode()
    for key, value in content.items():
        assert value_at(raw, [key]) == value == json.loads(raw)[key]


@given(st.text(alphabet='{}[]",:/*\n\\ truefalsn01eE.-+', max_size=24))
def test_takes_no_more_than_json_with_comments(text: str) -> None:
    """What is no JSON is refused; what Python takes as an object is taken."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    try:
        edited(text.encode(), ("x",), 1)
    except Unreadable:
        assert not isinstance(whole, dict)
    else:
        assert not text.strip() or isinstance(whole, dict) or "/" in text or "," in text


def test_new_file_comes_and_goes() -> None:
    """A file that was not there holds just our key, and goes with it; a person's empty object stays."""
    new = edited(None, PATH, WANTED)
    assert new == f'{{\n  "env": {{\n    "{PATH[1]}": "{WANTED}"\n  }}\n}}\n'.encode()
    assert edited(new, PATH, None) is None
    for theirs in (b"{}", b"{}\n", b"{ }", b"{\r\n}\r\n"):
        assert edited(edited(theirs, PATH, WANTED), PATH, None) == theirs


def test_the_last_of_two_counts() -> None:
    """A key that stands twice is read as every reader does, and taking it out takes both."""
    raw = b'{"a": 1, "a": 2, "b": 3}'
    assert value_at(raw, ["a"]) == 2
    assert edited(raw, ["a"], 5) == b'{"a": 1, "a": 5, "b": 3}'
    assert edited(raw, ["a"], None) == b'{"b": 3}'


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b'{\n "a": 1\n "b": 2\n}', 3),
        (b"[1]", 1),
        (b'{"a": tru}', 1),
        (b'{"a": 1}\n}', 2),
        (b'{\n\n "env": {', 3),
        (b'{"a": "\xff"}', 1),
        (b"{ /* a\n", 1),
        (b"{" + b'"a":{' * 300 + b"}" * 301, 1),
        (b'{\n"env": [],\n"b": 1}', 2),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(raw: bytes, line: int) -> None:
    """Nothing is guessed: the message names the file and the line, and no bytes come back."""
    with pytest.raises(Unreadable, match=rf"settings\.json .*line {line}\b"):
        edited(raw, PATH, WANTED, label="settings.json")


@pytest.mark.parametrize(
    "text", ['{"env":{},}', '{\n  "a": 1,\n  "env": {}\n}\n', "", "\n", " \r\n", "\ufeff", "{}", '{"env": {"A": "b"}}', None]
)
def test_what_stood_empty_comes_back(text: str | None) -> None:
    """With what `hollow` gave before, taking the key out gives the first bytes, also of an empty object and of an empty file."""
    raw = None if text is None else text.encode()
    was = hollow(raw, ("env", "K"))
    new = edited(raw, ("env", "K"), "v")
    assert value_at(new, ("env", "K")) == "v"
    assert edited(new, ("env", "K"), None, was=was) == raw
