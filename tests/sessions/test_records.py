"""What head and tail of a session file say: the title as the client shows it, the folder, the line that resumes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import pytest

from wslcfg.model.session import SessionFile
from wslcfg.sessions import records
from wslcfg.sessions.search import says


def _lines(*found: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in found)


def _user(text: object, **more: object) -> dict[str, object]:
    return {"type": "user", "cwd": "/home/ana/shop", "message": {"role": "user", "content": text}, **more}


CUSTOM = {"type": "custom-title", "customTitle": "Mine"}
AI = {"type": "ai-title", "aiTitle": "By the model"}
SUMMARY = {"type": "summary", "summary": "In short", "leafUuid": "x"}
LAST = {"type": "last-prompt", "lastPrompt": "Go on"}


def _claude(raw: bytes, folder: str = "") -> records.Seen:
    """What the ends of a file say, in memory that held another file's before."""
    return records.claude(bytearray(raw + b'\n{"type":"custom-title","customTitle":"Another","version":"1.1.1"}\n'), len(raw), folder)


def _codex(raw: bytes) -> records.Seen:
    return records.codex(bytearray(raw + b'\n{"cwd":"/another","cli_version":"1.1.1"}\n'), len(raw))


@pytest.mark.parametrize(
    ("found", "title"),
    [
        ((_user("First"), LAST, SUMMARY, AI, CUSTOM), "Mine"),
        ((_user("First"), LAST, SUMMARY, AI), "By the model"),
        ((_user("First"), LAST, SUMMARY), "In short"),
        ((_user("First"), LAST), "Go on"),
        ((_user("First"), {**CUSTOM, "customTitle": " "}), "First"),
        ((_user("First"),), "First"),
        ((_user([{"type": "image"}, {"type": "text", "text": "See\n  this"}]),), "See this"),
        ((_user("Caveat: …", isMeta=True), _user("<local-command-stdout>x"), _user("Real")), "Real"),
        ((_user("<command-message>x</command-message>\n<command-name>/review</command-name>"),), "/review"),
        ((_user([{"type": "tool_result", "content": "x"}]),), ""),
        ((_user("Side", isSidechain=True),), ""),
        ((_user("x" * 300),), "x" * 199 + "…"),
        ((), ""),
    ],
)
def test_titles(found: tuple[dict[str, object], ...], title: str) -> None:
    """In the client's own order: custom title, AI title, summary, last prompt, first prompt; its own texts do not count."""
    assert _claude(_lines(*found), "-home-ana-shop").title == title


def test_the_later_title_counts() -> None:
    """A session that was renamed twice has its last name, also when that stands in the tail."""
    head, tail = _lines(_user("First"), CUSTOM), b"cut off here\n" + _lines({**CUSTOM, "customTitle": "Newer"})
    assert _claude(head + b"\n" + tail).title == "Newer"


def test_a_torn_line_does_not_go_on_in_what_another_file_left() -> None:
    """The ends of one file after another are read into the same memory: what stands behind this one's is not its own."""
    raw = _lines(_user("First")) + b'{"type":"custom-title","customTitle":"An'
    assert records.claude(bytearray(raw + b'other"}\n'), len(raw), "").title == "First"


def test_the_folder_is_the_one_that_the_project_is_named_after() -> None:
    """A session that changed its folder on the way is resumed from where it began."""
    head = _lines(_user("a", cwd="/tmp"), _user("b", cwd="/home/ana/my.shop"))
    assert _claude(head, "-home-ana-my-shop").cwd == "/home/ana/my.shop"
    assert _claude(head, "-elsewhere").cwd == "/tmp"
    assert _claude(b'{"type":"user","cwd":"/a\\"b","message":{"content":[{"da\nx').cwd == '/a"b'


def test_damage_is_passed_over() -> None:
    """Half lines, NULs, numbers and other junk cost the line and nothing else."""
    raw = b'{"torn\n\0\0\0\n[1]\n17\n' + _lines(_user("Still here")) + b"\0\0" + _lines(LAST) + b"[" * 5000
    assert _claude(raw).title == "Go on"


def test_rollouts() -> None:
    """A rollout's first line has the folder, its first user message is the title."""
    meta = {"type": "session_meta", "payload": {"id": "x", "cwd": "/home/ana/api", "cli_version": "0.169.0"}}
    message = {"type": "event_msg", "payload": {"type": "user_message", "message": "Hello"}}
    assert _codex(_lines(meta, {"type": "event_msg", "payload": 3}, message)) == ("Hello", "/home/ana/api", "0.169.0")
    assert _codex(b"") == ("", None, "")


def test_paginated_rollouts() -> None:
    """Newer histories have a prompt as a completed item, in blocks; images and other items are no part of a title."""
    meta: dict[str, object] = {
        "type": "session_meta",
        "payload": {"id": "x", "cwd": "/home/ana/api", "cli_version": "0.169.0", "history_mode": "paginated"},
    }
    other: dict[str, object] = {
        "type": "event_msg",
        "payload": {"type": "item_completed", "item": {"type": "AgentMessage", "content": [{"text": "No"}]}},
    }
    blocks = [{"type": "image", "image_url": "data:"}, {"type": "text", "text": "Mend "}, {"type": "text", "text": "the zebra"}]
    typed: dict[str, object] = {
        "type": "event_msg",
        "payload": {"type": "item_completed", "item": {"type": "UserMessage", "content": blocks}},
    }
    assert _codex(_lines(meta, other, typed)).title == "Mend the zebra"
    assert [records.whole_prompt(one) for one in (meta, other, typed)] == ["", "", "Mend the zebra"]
    for item in (3, {"type": "UserMessage"}, {"type": "UserMessage", "content": [3, {"text": 4}]}):
        assert records.whole_prompt({"type": "event_msg", "payload": {"type": "item_completed", "item": item}}) == ""


@pytest.mark.parametrize("text", ["HAYSTACK", "/review the hay", "second block", "first", "the zebra", "old codex", "naïve", "title"])
def test_what_was_typed_is_found(tmp_path: Path, text: str) -> None:
    """Every block of a prompt, a slash command's arguments and both of Codex's histories are searched; what a tool or the client said is not."""
    command = (
        "<command-name>/review</command-name>\n<command-message>review</command-message>\n<command-args>the haystack module</command-args>"
    )
    item = {"type": "UserMessage", "content": [{"type": "text", "text": "mend the zebra"}]}
    place = tmp_path / "session.jsonl"
    place.write_bytes(
        _lines(
            _user(
                [
                    {"type": "text", "text": "first block"},
                    {"type": "text", "text": "<ide_opened_file>secret"},
                    {"type": "text", "text": "second block"},
                ]
            ),
            _user(command),
            _user([{"type": "tool_result", "content": "absent"}]),
            _user("na\u00efve"),
            {"type": "event_msg", "payload": {"type": "item_completed", "item": item}},
            {"type": "event_msg", "payload": {"type": "user_message", "message": "old codex"}},
        )
    )
    one = SessionFile("claude", "x", "x", str(place), None, 1, datetime.now(timezone.utc), "A title", "")
    assert says(one, text)
    assert not any(says(one, absent) for absent in ("absent", "secret", "command-args", "needle"))


@pytest.mark.parametrize(
    ("cwd", "name"),
    [
        ("/home/ana/shop", "-home-ana-shop"),
        ("/home/ana/my.shop_2", "-home-ana-my-shop-2"),
        ("/home/ana/Grüße", "-home-ana-Gr--e"),
        ("/x/🦊", "-x---"),
        # Taken from a real client: 120 times a and 120 times b.
        ("/home/dev/" + "a" * 120 + "/" + "b" * 120, ("-home-dev-" + "a" * 120 + "-" + "b" * 120)[:200] + "-buyd84"),
    ],
)
def test_project_folders(cwd: str, name: str) -> None:
    """The name is the client's: everything but ASCII letters and digits becomes a dash per UTF-16 unit, a long one gets its hash."""
    assert records.encode(cwd) == name


@pytest.mark.parametrize(
    ("provider", "cwd", "line"),
    [
        ("claude", "/home/ana/shop", "cd /home/ana/shop && claude --resume ID"),
        ("claude", "/home/ana/my shop", "cd '/home/ana/my shop' && claude --resume ID"),
        ("claude", None, "claude --resume ID"),
        ("codex", "/home/ana/shop", "codex resume ID"),
    ],
)
def test_the_line_that_resumes(provider: str, cwd: str | None, line: str) -> None:
    """It can be pasted into a shell as it is."""
    assert records.resume(provider, "ID", cwd) == line
