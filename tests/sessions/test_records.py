"""What head and tail of a session file say: the title as the client shows it, the folder, the line that resumes it."""

from __future__ import annotations

import json

import pytest

from wslcfg.sessions import records


def _lines(*found: dict[str, object]) -> bytes:
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
