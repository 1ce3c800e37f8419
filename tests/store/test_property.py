"""Random histories: whatever happened to the files, each snapshot gives back just what was there when it was made."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apply.injection import fast_folder
from tests.store.homes import PROJECT, Home
from wslcfg.store import backup, manifest, pack, repack
from wslcfg.store.engine import Keep
from wslcfg.store.own import OwnStore

NAMES = [f"{PROJECT}/{name}" for name in ("a.jsonl", "a/subagents/agent-1.jsonl", "a-b.jsonl", "ö.jsonl", "z.json")]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["append", "append", "append", "rewrite", "swap", "truncate", "delete", "touch", "backup", "backup", "prune", "rebuild"]
        ),
        st.sampled_from(NAMES),
        st.integers(0, 5000),
    ),
    min_size=5,
    max_size=40,
)


def act(home: Home, what: str, name: str, size: int) -> None:
    """One step of a history."""
    place = home.path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    data = os.urandom(size // 2) + b"x" * (size - size // 2)
    if what == "append":
        with open(place, "ab") as file:
            file.write(data)
    elif what == "rewrite":
        place.write_bytes(data)
    elif what == "swap":
        (home.path / "new").write_bytes(data)
        os.rename(home.path / "new", place)
    elif place.exists():
        if what == "truncate":
            os.truncate(place, size % (place.stat().st_size + 1))
        elif what == "delete":
            place.unlink()
        elif what == "touch":
            os.utime(place, (size, size))


@pytest.mark.parametrize("small", [False, True], ids=["as-is", "small-pieces"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_each_snapshot_is_what_was_there(small, steps) -> None:
    """Every snapshot restores byte for byte to a copy taken at its time, through prunes and rebuilds, here and in the mirror."""
    with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        if small:
            # Pieces, packs and chains of manifests at sizes at which a short history meets all their borders.
            for module in (backup, pack, repack):
                patched.setattr(module, "PIECE", 700)
            patched.setattr(repack, "SMALL", 400)
            patched.setattr(repack, "RUN", 2)
            patched.setattr(backup, "SMALL", 50)
            patched.setattr(pack, "PACK", 2500)
            patched.setattr(backup, "MOST_DIFFS", 2)
            assert manifest.MOST_DIFFS > 2
        now = [datetime(2026, 1, 1, tzinfo=timezone.utc)]
        home = Home(Path(folder), now=lambda: now[0], mirror=f"{folder}/mirror")
        copies: dict[str, tuple[datetime, dict[str, bytes]]] = {}
        last: dict[str, bytes] = {}
        for what, name, size in steps:
            now[0] += timedelta(minutes=1)
            if what == "backup":
                made = home.back_up(full_check=True).snapshot
                last.update(home.files())
                if made is not None:
                    copies[made] = (now[0], home.files())
            elif what == "prune" and home.repo.exists():
                home.store.prune(Keep(rewritten=100))
            elif what == "rebuild" and home.repo.exists():
                home.store.rebuild()
                home.back_up(full_check=True)
                # The packs hold no piece of an empty file: that one was there and is gone older snapshots alone know.
                last = {name: data for name, data in last.items() if data} | home.files()
            else:
                act(home, what, name, size)
        if not home.repo.exists():
            return
        mirror = OwnStore(f"{folder}/mirror", f"{folder}/state2")
        for store in (home.store, mirror):
            assert store.verify("full").problems == ()
            there = {one.id for one in store.snapshots()}
            for id, (at, files) in copies.items():
                assert id in there
                home.store = store
                assert home.present(at) == files, id
        assert home.bring(list(home.held().values())) == last


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_packs_alone_have_everything(steps) -> None:
    """Without any manifest the last version of every file that ever was backed up comes back from the packs."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        home = Home(Path(folder))
        last: dict[str, bytes] = {}
        for what, name, size in [*steps, ("backup", NAMES[0], 0)]:
            if what in ("backup", "prune"):
                home.back_up(full_check=True)
                last.update(home.files())
                if what == "prune":
                    home.store.prune(Keep())
            elif what != "rebuild":
                act(home, what, name, size)
        for one in (home.repo / "snapshots").iterdir():
            one.unlink()
        home.store.rebuild()
        found = home.bring(list(home.held().values()))
        assert found == {path: data for path, data in last.items() if data}
