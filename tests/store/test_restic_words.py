"""restic's language: versions, exit codes, JSON lines, patterns; recorded from 0.14.0, 0.16.4 and 0.18.0."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from wslcfg.errors import Conflict, Refused, Unreachable, Unreadable
from wslcfg.store import restic_words as words
from wslcfg.store.engine import Keep
from wslcfg.store.restic_words import Version


def test_versions() -> None:
    """The version decides over flags; one that cannot compress is refused, and a program that is not restic is told."""
    assert words.parse_version("restic 0.14.0 compiled with go1.19.8 on linux/amd64") == Version(0, 14, 0)
    assert words.parse_version("restic 0.19-dev (compiled manually)") == Version(0, 19, 0)
    with pytest.raises(Refused):
        words.parse_version("restic 0.12.1 compiled with go1.18 on linux/amd64")
    with pytest.raises(Unreadable):
        words.parse_version("busybox")


@pytest.mark.parametrize(
    ("version", "flags"),
    [
        (Version(0, 14, 0), set()),
        (Version(0, 16, 4), {"--no-scan", "--read-concurrency", "--retry-lock"}),
        (Version(0, 18, 0), {"--no-scan", "--read-concurrency", "--retry-lock", "--skip-if-unchanged"}),
        (Version(1, 0, 0), {"--no-scan", "--read-concurrency", "--retry-lock", "--skip-if-unchanged"}),
    ],
)
def test_flags(version: Version, flags: set[str]) -> None:
    """No version gets a flag that it does not know."""
    assert {word for word in words.backup_flags(version) if word.startswith("--")} == flags


@pytest.mark.parametrize(
    ("code", "said", "kind", "error"),
    [
        (0, "", "ok", None),
        (1, "Fatal: something", "failed", Unreachable),
        (1, "Fatal: wrong password or no key found", "password", Unreachable),
        (1, "unable to create lock in backend: repository is already locked by PID 12", "locked", Conflict),
        (
            1,
            "Fatal: unable to open config file: stat /x/config: no such file or directory\nIs there a repository …",
            "no-repository",
            Unreachable,
        ),
        (2, "fatal error: runtime: out of memory", "crashed", Unreachable),
        (3, "error: open /x: permission denied", "partial", None),
        (10, "", "no-repository", Unreachable),
        (11, "", "locked", Conflict),
        (12, "", "password", Unreachable),
        (130, "", "interrupted", Unreachable),
        (77, "new trouble", "failed", Unreachable),
        (-9, "", "crashed", Unreachable),
    ],
)
def test_exit_codes(code: int, said: str, kind: str, error: type[Exception] | None) -> None:
    """Every exit code has its meaning, the old versions' 1 by their words; an unknown code is a failure."""
    found = words.outcome(code, said)
    assert found.kind == kind
    if error is not None:
        failure = words.failure(found, "back up")
        assert type(failure) is error and failure.message and failure.hint


def test_reasons() -> None:
    """The reason is restic's own: its JSON line, its Fatal line, or the last line; never with a password in it."""
    assert words.last_words('{"message_type":"exit_error","code":1,"message":"Fatal: no"}\n') == "Fatal: no"
    assert words.last_words("warming up\nFatal: connect: refused.\nhint") == "connect: refused"
    assert words.last_words("first\nlast\n\n") == "last"
    assert words.last_words("Fatal: Get https://ana:geheim@host/: EOF") == "Get https://host/: EOF"
    assert words.last_words('{"torn') == ""
    unread = '{"message_type":"error","error":{"message":"permission denied"},"during":"archival","item":"/x/y"}'
    assert words.last_words(unread) == "/x/y: permission denied"
    assert words.last_words('{"message_type":"error","error":{"Op":"open","Err":13},"item":"/x/y"}') == "/x/y"


def test_messages_are_read_with_patience() -> None:
    """Unknown messages, half lines and words between are passed over."""
    lines = ["words", '{"message_type":"new"}', '{"message_type":"summ', "[1]", '{"message_type":"summary","files_new":1}']
    assert [one["message_type"] for one in words.messages(lines)] == ["new", "summary"]
    assert words.listed("null") == [] and words.listed("") == [] and words.listed("[1,{}") == []
    assert words.listed('warning\n[{"id":"a"},3]\nmore') == [{"id": "a"}]


def test_nodes_and_times() -> None:
    """Only files count; times come with nanoseconds and offsets."""
    assert words.node({"type": "dir", "path": "/x"}) is None
    node = words.node({"type": "file", "path": "/a", "size": 3, "mode": 420, "mtime": "2026-11-26T05:43:14.915978888+02:00"})
    assert node is not None and (node.size, node.mode) == (3, 0o644)
    assert node.modified_at == datetime(2026, 11, 26, 3, 43, 14, 915978, timezone.utc)
    assert words.moment("2026-11-26T03:43:14Z") == datetime(2026, 11, 26, 3, 43, 14, tzinfo=timezone.utc)
    assert words.moment(None).year == 1970 and words.moment("soon").year == 1970


def test_patterns_match_just_their_path() -> None:
    """The signs of a pattern in a file's name are only signs."""
    assert words.pattern("/a/[b] *?\\.jsonl") == "/a/\\[b] \\*\\?\\\\.jsonl"


def test_paths_back() -> None:
    """A file's place in the snapshot, a copied one's too, leads back to its path under the home."""
    for stored in ("/.codex/state_5.sqlite", f"/{words.COPIES}/.codex/state_5.sqlite"):
        assert words.path_of(stored) == ".codex/state_5.sqlite"


@pytest.mark.parametrize(("days", "months"), [(365, "12"), (30, "1"), (1, "1"), (366, "13"), (0, "1200")])
def test_months_cover_the_days(days: int, months: str) -> None:
    """A deleted session lives at least as long as was asked; 0 is for ever."""
    assert words.keep_flags(Keep(deleted_days=days))[-1] == months


def test_what_prune_frees() -> None:
    """The number of bytes is read from restic's own words."""
    assert words.freed("total prune:      12 blobs / 1.500 MiB\n") == 1_572_864
    assert words.freed("this removes: 3 blobs / 12 B\n") == 12
    assert words.freed("nothing") == 0


def test_what_check_complains_of() -> None:
    """Findings are lines of their own, without the last word that only sums up."""
    said = "error for tree 1a2b: blob missing\nFatal: repository contains errors\n" + '{"message_type":"error","message":"pack damaged"}'
    assert words.complaints(said) == ("error for tree 1a2b: blob missing", "pack damaged")
