"""A backup beside those who write, and beside another one."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.apply.injection import fast_folder
from tests.store.homes import PROJECT, Home
from wslcfg.errors import Conflict
from wslcfg.store.disk import locked

# The whole of a run, as the timer starts it: without the command line.
RUN = """
import sys
from wslcfg.store.own import OwnStore
from wslcfg.store.sources import places, sources
from wslcfg.store.space import Floors
home, repo, state = sys.argv[1:]
done = OwnStore(repo, state, floors=Floors(0, 0)).backup(sources(places(home, {}), state + "/scratch"))
# Not ru_maxrss, which begins with that of the process that started this one.
print(done.files, next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def run(home: Home) -> tuple[int, float]:
    """A backup in a process of its own; the files it holds and its peak memory in MB."""
    argv = [sys.executable, "-c", RUN, str(home.path), str(home.repo), str(home.state)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=True)
    files, peak = done.stdout.split()
    return int(files), int(peak) / 1024


def test_two_at_once_are_one_and_a_conflict(tmp_path: Path) -> None:
    """While one works the other ends at once with a conflict, with its own state folder too, and the lock goes with its process."""
    home = Home(tmp_path)
    home.write(f"{PROJECT}/a.jsonl", b"x")
    home.back_up()
    other = Home(tmp_path)
    other.store = type(home.store)(str(home.repo), str(tmp_path / "other-state"))
    with locked(str(home.repo), str(home.state)):
        for one in (home, other):
            with pytest.raises(Conflict) as failed:
                one.back_up()
            assert failed.value.exit_code == 6
    assert home.back_up().files == 1


def _write(path: str, stop: str, number: int) -> None:
    """Append records, 200 a second, some in two writes."""
    count = 0
    with open(path, "ab", buffering=0) as file:
        while not os.path.exists(stop):
            count += 1
            line = json.dumps({"writer": number, "count": count, "at": time.time(), "text": "x" * (count % 700)}).encode() + b"\n"
            if count % 5:
                file.write(line)
            else:
                file.write(line[:20])
                file.write(line[20:])
            time.sleep(0.005)


@pytest.mark.slow
def test_writers_go_on_writing(tmp_path: Path) -> None:
    """With 400 records a second coming in, each snapshot has each file up to some moment of the run: whole lines but for a torn last one, none missing."""
    home = Home(tmp_path)
    paths = [home.write(f"{PROJECT}/{name}.jsonl", b"") for name in "ab"]
    stop = tmp_path / "stop"
    writers = [multiprocessing.Process(target=_write, args=(str(path), str(stop), number)) for number, path in enumerate(paths)]
    for one in writers:
        one.start()
    try:
        until = time.monotonic() + 5
        made = []
        while time.monotonic() < until:
            begun = time.time()
            snapshot = home.back_up().snapshot
            if snapshot is not None:
                made.append((begun, snapshot))
            time.sleep(0.05)
    finally:
        stop.touch()
        for one in writers:
            one.join(20)
    home.back_up()
    assert home.present() == home.files()
    assert len(made) > 5
    times = {one.id: one.made_at for one in home.store.snapshots()}
    live = home.files()
    for begun, snapshot in made:
        for path, data in home.present(times[snapshot]).items():
            assert live[path].startswith(data)
            *whole, torn = data.split(b"\n")
            records = [json.loads(line) for line in whole]
            assert [one["count"] for one in records] == list(range(1, len(records) + 1))
            older = [line for line in live[path].split(b"\n")[:-1] if json.loads(line)["at"] < begun - 0.5]
            assert len(records) + bool(torn) >= len(older)


@pytest.mark.slow
def test_memory_stays_small(tmp_path: Path) -> None:
    """With 40,000 files, and with files that cannot be squeezed, a whole process stays below 40 MB: first, without news, and with."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        home = Home(Path(folder))
        for number in range(200):
            base = home.path / f".claude/projects/-home-ana-{number:03}"
            base.mkdir(parents=True)
            for count in range(200):
                (base / f"{number:08x}-1111-2222-3333-{count:012x}.jsonl").write_bytes(b'{"type":"user","number":%d}\n' % count)
        home.write(f"{PROJECT}/large.jsonl", os.urandom(20 << 20))
        peaks = []
        for turn in range(4):
            files, peak = run(home)
            assert files == 40_001
            peaks.append(peak)
            if turn == 1:
                home.append(f"{PROJECT}/large.jsonl", os.urandom(9 << 20))
                for number in range(0, 200, 2):
                    for one in sorted((home.path / f".claude/projects/-home-ana-{number:03}").iterdir())[:40]:
                        with open(one, "ab") as file:
                            file.write(b"more\n")
        assert max(peaks) < 40, peaks
