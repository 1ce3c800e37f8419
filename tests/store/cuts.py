"""A store that is killed while it works: what it must still be afterwards."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.store.homes import PROJECT, Home
from wslcfg.store import backup, pack, repack
from wslcfg.store.engine import Keep
from wslcfg.store.entry import made_at


def small(patched: pytest.MonkeyPatch) -> None:
    """Pieces and packs so small that a short run closes many, and a prune has something to move."""
    for module in (backup, pack, repack):
        patched.setattr(module, "PIECE", 8 << 10)
    patched.setattr(repack, "SMALL", 2 << 10)
    patched.setattr(pack, "PACK", 24 << 10)
    patched.setattr(backup, "SMALL", 1 << 10)


class Watched:
    """A home whose every snapshot is known: what it must hold, and what must be held of files that are gone."""

    def __init__(self, home: Home, seed: int) -> None:
        self.home, self.random = home, random.Random(seed)
        self.snapshots: dict[str, dict[str, bytes]] = {}
        self.last: dict[str, bytes] = {}
        # Of the runs that were killed since: a file that they had stored already and that is gone by the next run is held as they saw it.
        self.stored: dict[str, list[bytes]] = {}
        self._count = 0
        self._known: dict[bytes, bytes] = {}

    def change(self) -> None:
        """What happens between two runs."""
        files = sorted((self.home.path / PROJECT).glob("*.jsonl")) if (self.home.path / PROJECT).exists() else []
        for _ in range(self.random.randint(2, 6)):
            self._count += 1
            self.home.write(f"{PROJECT}/{self._count:05}.jsonl", self.random.randbytes(self.random.choice((10, 500, 20_000))))
        for one in self.random.sample(files, min(len(files), 5)):
            what = self.random.random()
            if what < 0.6:
                with open(one, "ab") as file:
                    file.write(self.random.randbytes(self.random.choice((30, 900, 9_000))))
            elif what < 0.8:
                one.write_bytes(self.random.randbytes(self.random.randint(0, 3000)))
            else:
                one.unlink()

    def look(self, *, whole: bool = True) -> int:
        """See what the last run left: a new snapshot has to be just the files as they are now; gives how many are new."""
        new = [one.id for one in self.home.store.snapshots() if one.id not in self.snapshots]
        # Each content once, however many snapshots have it.
        files = {path: self._known.setdefault(data, data) for path, data in self.home.files().items()}
        for id in new:
            self.snapshots[id] = files
            self.last.update(files)
            for path in files:
                self.stored.pop(path, None)
        if not new:
            for path, data in files.items():
                if data is not self.last.get(path):
                    self.stored.setdefault(path, []).append(data)
        assert len(new) <= 1
        if whole:
            assert self.home.store.verify("full").problems == ()
            for id in [*new, *self.random.sample(sorted(self.snapshots), min(3, len(self.snapshots)))]:
                assert self.home.present(made_at(id)) == self.snapshots[id], id
        return len(new)

    def finish(self) -> None:
        """An undisturbed run makes all well: everything that ever was in a snapshot is still held, and no left-over lies about."""
        self.home.back_up()
        self.look()
        self.home.store.prune(Keep(rewritten=1000))
        self.home.back_up()
        self.look()
        held, there = self.home.bring(list(self.home.held().values())), self.home.files()
        assert self.last.keys() <= held.keys()
        other = {path for path, data in held.items() if data != self.last.get(path)}
        assert not [path for path in other if path in there or held[path] not in self.stored.get(path, ())]
        assert not [one for one in self.home.repo.rglob("*") if one.name.endswith(".tmp") or one.name.startswith("pending")]
        for id, files in self.snapshots.items():
            assert self.home.present(made_at(id)) == files, id


def killed(action, after_s: float) -> bool:
    """Run an action in a fork and kill it after so long; whether that came before its end."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def took(action) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
