"""Sessions against `wc -l` on the same files in the same run: `python -m bench.sessions [--small] [--rounds N]`.

The tree is like what clients leave: 10,000 sessions with 2 GB, or a tenth of it (`--small`), of which our own start is then the most. Cold
means without what wslcfg keeps of an earlier list; the files are in the page cache for both sides, so that both are measured and not the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from bench.ratios import Ratio, table

ROOT = Path(__file__).resolve().parents[1]
SESSIONS, BYTES = 10_000, 2 << 30
# list cold, list warm, check; and the memory of the largest of them, MB.
COLD, WARM, CHECK, MEMORY_MB = 1.5, 0.4, 15.0, 60


def main() -> None:
    """Make the tree, measure, print."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    share = 10 if given.small else 1
    with tempfile.TemporaryDirectory(prefix="wslcfg-bench-") as folder:
        home = Path(folder) / "home"
        print(f"{SESSIONS // share} sessions with {BYTES // share >> 20} MB …", file=sys.stderr)
        grow(home, SESSIONS // share, BYTES // share)
        ratios, memory = measure(home, Path(folder), given.rounds)
    print(table(ratios))
    print(f"peak memory {memory} MB (at most {MEMORY_MB})")


def grow(home: Path, sessions: int, size: int) -> None:
    """Sessions of many sizes, most of them small, in folders of 50."""
    rng = random.Random(1)
    weights = [rng.paretovariate(1.2) for _ in range(sessions)]
    whole = sum(weights)
    for number, weight in enumerate(weights):
        folder = home / f".claude/projects/-home-ana-shop-{number // 50}"
        folder.mkdir(parents=True, exist_ok=True)
        session = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        with open(folder / f"{session}.jsonl", "wb") as file:
            # Line by line: the memory that is measured below is at least this process's.
            file.writelines(transcript(session, number, int(size * weight / whole), rng))


def transcript(session: str, number: int, size: int, rng: random.Random) -> Iterator[bytes]:
    """The lines of a session of about that size: prompts, answers, tools' results of a page, and the side records of today's client."""
    length, last = 0, None
    shared = {
        "userType": "external",
        "entrypoint": "cli",
        "cwd": f"/home/ana/shop/{number // 50}",
        "sessionId": session,
        "version": "2.1.329",
    }
    turn = 0
    while length < size or turn < 2:
        words = 'lorem ipsum dolor sit amet, \\ "quoted" and naïve\n' * rng.randrange(1, 70)
        kind = ("user", "assistant", "user", "assistant")[turn % 4]
        content: object = f"prompt {turn} of session {number}"
        if turn % 4 == 1:
            content = [{"type": "tool_use", "id": f"toolu_{turn}", "name": "Bash", "input": {"command": "cat file"}}]
        elif turn % 4 == 2:
            content = [{"type": "tool_result", "tool_use_id": f"toolu_{turn - 1}", "content": words}]
        elif turn % 4 == 3:
            content = [{"type": "text", "text": words}]
        mine = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        record = {
            "parentUuid": last,
            "isSidechain": False,
            "message": {"role": kind, "content": content},
            "type": kind,
            "uuid": mine,
            "timestamp": f"2026-11-{turn // 1440 % 28 + 1:02}T{turn // 60 % 24:02}:{turn % 60:02}:00.000Z",
            **shared,
        }
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        if turn % 4 == 0:
            line += json.dumps({"type": "last-prompt", "lastPrompt": content, "sessionId": session}, separators=(",", ":")).encode() + b"\n"
            line += json.dumps({"type": "mode", "mode": "normal", "sessionId": session}, separators=(",", ":")).encode() + b"\n"
        yield line
        length += len(line)
        last = mine
        turn += 1


def measure(home: Path, folder: Path, rounds: int) -> tuple[list[Ratio], int]:
    """Each job in turn, so often; the ratios of the quickest ones, which others on the machine disturbed least, and the largest process's memory in MB."""
    files = sorted(str(path) for path in home.rglob("*.jsonl"))
    # Neither a variable that keeps Python from keeping what it compiled, nor one that moves what is measured.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WSLCFG_"))}
    env |= {"XDG_STATE_HOME": f"{folder}/state", "XDG_CONFIG_HOME": f"{folder}/config", "XDG_CACHE_HOME": f"{folder}/cache"}
    words = [sys.executable, "-m", "wslcfg", "sessions"]
    listed, checked = [*words, "list", "--home", str(home)], [*words, "check", "--home", str(home)]
    seen: dict[str, list[float]] = {"wc": [], "cold": [], "warm": [], "check": []}
    for turn in range(rounds + 1):
        taken = {"wc": _took(["xargs", "-0", "wc", "-l"], env, "\0".join(files).encode())}
        shutil.rmtree(f"{folder}/state", ignore_errors=True)
        taken["cold"] = _took(listed, env)
        taken["warm"] = _took(listed, env)
        taken["check"] = _took(checked, env)
        for name, time_s in taken.items() if turn else ():  # the first round brings the files and the compiled modules into memory
            seen[name].append(time_s)
    best = {name: min(times) for name, times in seen.items()}
    print({name: [round(one, 3) for one in times] for name, times in seen.items()}, file=sys.stderr)
    bounds = {"cold": COLD, "warm": WARM, "check": CHECK}
    names = {"cold": "sessions list, cold", "warm": "sessions list, warm", "check": "sessions check"}
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    return [Ratio(names[name], best[name], best["wc"], bound) for name, bound in bounds.items()], memory


def _took(argv: list[str], env: dict[str, str], stdin: bytes = b"") -> float:
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=ROOT, env=env, input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"bench: {' '.join(argv[:6])} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
