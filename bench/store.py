"""The session store against other ways to back up, on one generated tree in one run: `python -m bench.store [--size S|L] [--strict]`.

After the first backup come rounds, each of which changes the tree as half an hour does, then lets every engine back it up and once more with
nothing new. The order changes each round. Wall time, CPU time and peak memory are those of the whole child process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.tree import SHAPES, Tree

ROOT = Path(__file__).resolve().parents[1]
# The bounds of the contract: against restic's time, and in MB.
INCREMENT, UNCHANGED, MEMORY_MB = 0.35, 0.25, 40
# cp makes a copy of everything each time: two are enough to see it.
COPIES = 2
OURS = """
import sys
from wslcfg.store.own import OwnStore
from wslcfg.store.sources import places, sources
from wslcfg.store.space import Floors
home, repo, state = sys.argv[1:]
OwnStore(repo, state, floors=Floors(0, 0)).backup(sources(places(home, {}), state + "/scratch"))
"""


class Taken(NamedTuple):
    """One run of an engine: seconds, CPU seconds, peak memory in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


class Measured(NamedTuple):
    """An engine's runs."""

    name: str
    first: Taken
    increments: list[Taken]
    unchanged: list[Taken]
    stored: int


class Engine(NamedTuple):
    """A way to back up: `run` gives the command of its n-th run."""

    name: str
    run: Callable[[int], list[str]]
    env: dict[str, str]
    folder: Path


def engines(home: Path, place: Path) -> list[Engine]:
    """The engines that are here; wslcfg's own first."""
    own, copy, links, restic = (place / name for name in ("own", "cp", "rsync", "restic"))
    found = [Engine("wslcfg", lambda _: [sys.executable, "-c", OURS, str(home), str(own), str(place / "state")], {}, own)]
    found.append(Engine("cp -r", lambda n: ["cp", "-r", f"{home}/.", str(copy / str(n))], {}, copy))
    if shutil.which("rsync"):

        def link(n: int) -> list[str]:
            return ["rsync", "-a", *([f"--link-dest={links / str(n - 1)}"] if n else []), f"{home}/", str(links / str(n))]

        found.append(Engine("rsync --link-dest", link, {}, links))
    if shutil.which("restic"):
        env = {"RESTIC_REPOSITORY": str(restic), "RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": str(place / "cache")}
        subprocess.run(["restic", "init", "--quiet"], env={**os.environ, **env}, check=True, stdout=subprocess.DEVNULL)
        found.append(Engine("restic", lambda _: ["restic", "backup", "--quiet", str(home)], env, restic))
    for folder in (copy, links):
        folder.mkdir()
    return found


def take(argv: list[str], env: dict[str, str]) -> Taken:
    """Run a command and measure its process. Raises SystemExit when it fails."""
    start = time.perf_counter()
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}, **env}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(argv, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - start
        if child.returncode:
            said.seek(0)
            sys.exit(f"bench: {argv[0]} ended with {child.returncode}: {said.read().decode(errors='replace')[-500:]}")
    return Taken(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def size(folder: Path) -> int:
    """Bytes on the disk below a folder; hard links count once."""
    seen = {}
    for one in folder.rglob("*"):
        there = one.lstat()
        seen[there.st_ino] = there.st_size
    return sum(seen.values())


def measure(tree: Tree, place: Path, rounds: int) -> list[Measured]:
    """Let every engine back the tree up, over so many rounds."""
    every = engines(tree.home, place)
    first = {}
    for engine in every:
        os.sync()  # so that nobody waits behind another one's pages
        first[engine.name] = take(engine.run(0), engine.env)
    increments: dict[str, list[Taken]] = {engine.name: [] for engine in every}
    unchanged: dict[str, list[Taken]] = {engine.name: [] for engine in every}
    count = dict.fromkeys(first, 0)
    for turn in range(rounds):
        tree.mutate()
        for kept in (increments, unchanged):
            for engine in every[turn % len(every) :] + every[: turn % len(every)]:
                if engine.name == "cp -r" and turn >= COPIES:
                    continue
                count[engine.name] += 1
                os.sync()
                kept[engine.name].append(take(engine.run(count[engine.name]), engine.env))
    return [Measured(one.name, first[one.name], increments[one.name], unchanged[one.name], size(one.folder)) for one in every]


def report(rows: list[Measured]) -> tuple[str, list[str]]:
    """The table, and the bounds with how they are kept."""
    lines = [f"{'engine':<18}{'first s (CPU)':>18}{'increment s (CPU)':>20}{'no change s (CPU)':>20}{'peak MB':>9}{'stored MB':>11}"]
    for row in rows:
        cells = [f"{row.first.wall_s:.2f} ({row.first.cpu_s:.2f})"]
        cells += [f"{median(runs).wall_s:.3f} ({median(runs).cpu_s:.3f})" for runs in (row.increments, row.unchanged)]
        lines.append(f"{row.name:<18}{cells[0]:>18}{cells[1]:>20}{cells[2]:>20}{peak(row):>9.1f}{row.stored / 1e6:>11.1f}")
    own, restic = rows[0], next((row for row in rows if row.name == "restic"), None)
    bounds: list[tuple[str, float, float, str]] = [("peak memory", peak(own), MEMORY_MB, "MB")]
    if restic is not None:
        bounds += [
            ("increment against restic", median(own.increments).wall_s / median(restic.increments).wall_s, INCREMENT, "x"),
            ("no change against restic", median(own.unchanged).wall_s / median(restic.unchanged).wall_s, UNCHANGED, "x"),
            ("stored against restic", own.stored / restic.stored, 1.0, "x"),
        ]
    else:
        lines.append("restic is not here (Debian package restic): nothing to compare with")
    over = [name for name, found, bound, _ in bounds if found > bound]
    lines += [
        f"{name:<28}{found:>8.2f}{unit:<3} bound {bound:g}{unit}  {'OVER' if name in over else 'ok'}" for name, found, bound, unit in bounds
    ]
    return "\n".join(lines), over


def median(runs: list[Taken]) -> Taken:
    """The medians of runs."""
    return Taken(*(statistics.median(one) for one in zip(*runs, strict=True)))


def peak(row: Measured) -> float:
    """The most memory that any run took, in MB."""
    return max(one.peak_mb for one in (row.first, *row.increments, *row.unchanged))


def main() -> int:
    """Make the tree, measure, print; with --strict exit 1 when a bound is not kept."""
    parser = argparse.ArgumentParser(prog="bench.store", description="The session store against restic, rsync and cp.")
    parser.add_argument("--size", choices=sorted(SHAPES), default="S")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bound is not kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wslcfg-bench-") as folder:
        tree = Tree(Path(folder) / "home", SHAPES[given.size])
        tree.make()
        print(f"{given.size}: {tree.shape.files} files, {tree.size() / 1e6:.0f} MB, {given.rounds} rounds")
        table, over = report(measure(tree, Path(folder), given.rounds))
    print(table)
    return 1 if over and given.strict else 0


if __name__ == "__main__":
    sys.exit(main())
