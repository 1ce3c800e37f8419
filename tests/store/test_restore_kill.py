"""A restore into the home, killed at any moment: each file is old or new, whole, and what was done can be taken back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from tests.apply import injection
from wslcfg.store import restored
from wslcfg.store.engine import Held, Source
from wslcfg.store.own import OwnStore
from wslcfg.store.restore import restore_in_place

# More than the budget of every day allows: WSLCFG_KILLS=1000 pytest tests/store/test_restore_kill.py
KILLS = int(os.environ.get("WSLCFG_KILLS", "160"))
SESSION = "1e99f0aa-0000-4000-8000-000000000001"
PROJECT = ".claude/projects/-home-ana-shop"
LINE = b'{"type":"user","message":{"content":"%06d"}}\n'
FULL = b"".join(LINE % number for number in range(4000))
HELD = {
    f"{PROJECT}/{SESSION}.jsonl": FULL,
    **{f"{PROJECT}/{SESSION}/subagents/agent-{number}.jsonl": FULL[: len(LINE % 0) * 20 * number] for number in range(1, 9)},
    f".claude/file-history/{SESSION}/a@v1": b"old\n",
    ".claude/history.jsonl": b"".join(b'{"display":"%d","sessionId":"%s"}\n' % (number, SESSION.encode()) for number in range(50)),
}
# Half of the transcript is there, some agents' files are, some have other content, history has lines of its own.
LIVE = {
    f"{PROJECT}/{SESSION}.jsonl": FULL[:90_001],
    **{f"{PROJECT}/{SESSION}/subagents/agent-{number}.jsonl": b"\0" * 50 for number in range(1, 4)},
    ".claude/history.jsonl": b'{"display":"mine","sessionId":"other"}\n',
}
OLD = 1_000_000_000


class Scene:
    """A home with damaged sessions, a store that has them whole, and a state folder."""

    def __init__(self, root: Path) -> None:
        self.home, self.state, self.root = root / "home", root / "state", root
        source = root / "source"
        for path, data in HELD.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(data)
        self.engine = OwnStore(str(root / "repo"), str(root / "locks"))
        (root / "locks").mkdir()
        self.engine.backup([Source(path, str(source / path)) for path in sorted(HELD)])
        self.held: list[Held] = list(self.engine.held())

    def begin(self) -> None:
        """The home as damaged, and no restore known."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)
        for path, data in LIVE.items():
            place = self.home / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            os.utime(place, (OLD, OLD))

    def restore(self) -> None:
        """Restore everything into the home."""
        restore_in_place(
            self.engine, self.held, lambda path: str(self.home / path), str(self.state), session=SESSION, busy={}, title="restore"
        )

    def undo(self) -> None:
        """Undo every restore that is not undone."""
        while any(one.state != "undone" for one in restored.journals(str(self.state))):
            assert restored.undo(str(self.state), "", {}).refused == ()

    def tree(self) -> dict[str, bytes]:
        """The home's files, without what only a killed run leaves for the next to sweep."""
        return {
            path.relative_to(self.home).as_posix(): path.read_bytes()
            for path in self.home.rglob("*")
            if path.is_file() and not (path.name.startswith(".wslcfg-") and path.name.endswith(".tmp"))
        }


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One scene for all kills, in memory, where the many fsyncs cost nothing."""
    root = Path(tempfile.mkdtemp(dir=injection.fast_folder()))
    yield Scene(root)
    shutil.rmtree(root, ignore_errors=True)


def _steps(work: Callable[[], None]) -> int:
    """How many calls into C (every system call is one) a work makes."""
    count = 0

    def counted(frame: FrameType, event: str, told: object) -> None:
        nonlocal count
        count += event in ("c_call", "c_return")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def _killed(work: Callable[[], None], at: int) -> bool:
    """Run a work in a child that is killed at a step, before or after a call: no clock, so a slow machine kills at the same places."""
    child = os.fork()
    if child == 0:
        left = at

        def counted(frame: FrameType, event: str, told: object) -> None:
            nonlocal left
            if event in ("c_call", "c_return"):
                left -= 1
                if left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.setprofile(counted)
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _whole(tree: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Each file is the one before or the one after; of history.jsonl any number of whole lines may have come."""
    for path, data in tree.items():
        if path == ".claude/history.jsonl":
            assert data.startswith(LIVE[path]) and after[path].startswith(data) and data.endswith(b"\n")
        else:
            assert data in (LIVE.get(path), after[path]), path
    assert set(LIVE) <= set(tree) <= set(after)


@pytest.mark.slow
def test_killed_anywhere(scene: Scene) -> None:
    """Whenever the kill comes, files are old or new; the next restore completes it, and an undo gives the home back as it was."""
    scene.begin()
    long = _steps(scene.restore)
    after = scene.tree()
    assert after == {**HELD, ".claude/history.jsonl": LIVE[".claude/history.jsonl"] + HELD[".claude/history.jsonl"]}
    back = _steps(scene.undo)
    assert scene.tree() == LIVE
    dice = random.Random(7)
    hits = changed = 0
    for number in range(KILLS):
        scene.begin()
        hits += _killed(scene.restore, dice.randint(1, long))
        tree = scene.tree()
        changed += tree != LIVE
        _whole(tree, after)
        if number % 3 == 0:  # whoever tries again gets everything
            scene.restore()
            assert scene.tree() == after
        elif number % 3 == 1 and restored.journals(str(scene.state)):  # the undo is killed as well, and then done
            _killed(scene.undo, dice.randint(1, back))
            _whole(scene.tree(), after)
        scene.undo()
        assert scene.tree() == LIVE
        assert all((scene.home / path).stat().st_mtime == OLD for path in LIVE if "history" not in path)
    # A step more or less (a cache that is warm by then) may bring a kill past the end.
    assert hits >= KILLS * 0.95 and changed >= KILLS * 0.15, f"{hits} kills, {changed} of them after the first change"
