"""Rollouts that Codex has packed (`.jsonl.zst`) are sessions as any other, but for writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_sessions_codex import Rollout
from wslcfg.errors import Unreachable
from wslcfg.model.session import roots
from wslcfg.sessions import packed
from wslcfg.sessions.cache import Cache
from wslcfg.sessions.examine import examine
from wslcfg.sessions.find import find, identify, look_at
from wslcfg.sessions.search import says
from wslcfg.store.codec import ZSTD

pytestmark = pytest.mark.skipif(ZSTD is None, reason="this Python has no zstd")


@pytest.fixture
def rollout(tmp_path: Path) -> Rollout:
    """A rollout that was packed."""
    made = Rollout(tmp_path)
    assert ZSTD is not None
    raw = made.path.read_bytes() + b'{"timestamp":"t","ordinal":2,"type":"event_msg","payload":{"x":"%s"}}\n' % (b"y" * 200_000)
    made.path.with_name(made.path.name + ".zst").write_bytes(ZSTD.compress(raw))
    made.path.unlink()
    return made


def test_it_is_listed_searched_and_judged(rollout: Rollout, tmp_path: Path) -> None:
    """Its id, its title and its health are those of what is packed."""
    where = roots(str(tmp_path))
    (one,) = find(where)
    assert (one.id, one.title, one.resume) == (rollout.id, "Hello", f"codex resume {rollout.id}")
    assert identify(one.path) == ("codex", rollout.id) and look_at(where, one.path) == one
    assert says(one, "HELLO") and not says(one, "nowhere")
    health = examine(one)
    assert (health.problems, health.records) == ((), 3)
    assert health.bytes == health.good_bytes == one.bytes
    place = Path(one.real)
    place.write_bytes(place.read_bytes()[:-9])
    with pytest.raises(Unreachable, match="cannot be unpacked"):
        examine(one)


def test_the_plain_one_counts(rollout: Rollout, tmp_path: Path) -> None:
    """Where both lie Codex reads the plain one, and there is one session, not two."""
    rollout.path.write_bytes(rollout.meta + rollout.rest.replace(b"Hello", b"Again"))
    (one,) = find(roots(str(tmp_path)))
    assert one.title == "Again" and not packed.is_packed(one.real)


def test_without_zstd(rollout: Rollout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that cannot unpack lists what the name and Codex's database say, and remembers nothing of it for one that can."""
    monkeypatch.setattr(packed, "_zstd", lambda: None)
    where, kept = roots(str(tmp_path)), Cache(str(tmp_path / "cache"))
    (one,) = find(where, kept)
    assert one.id == rollout.id and "backports.zstd" in one.title
    with pytest.raises(Unreachable, match="packed with zstd"):
        examine(one)
    assert not says(one, "hello")
    rollout.state(title="Mend the shop")
    (one,) = find(where, kept)
    assert (one.title, one.project, one.version) == ("Mend the shop", "/home/ana/shop", "0.169.0")
    monkeypatch.undo()
    assert [one.title for one in find(where, kept)] == ["Hello"]


def test_paths() -> None:
    """A session lies in one kind or the other; other files have no second kind."""
    assert packed.other("a/rollout-x.jsonl") == "a/rollout-x.jsonl.zst" and packed.other("rollout-x.jsonl.zst") == "rollout-x.jsonl"
    assert not packed.lies("/nowhere/rollout-x.jsonl")
