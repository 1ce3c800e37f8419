"""The contract's measures, as ratios in one run: `make bench`, or `python -m bench [--strict] [--rounds N]`.

Start-up is measured against `python -c pass` in the same interpreter, the scanner against configparser reading the same text, the reader of kernel logs
against a plain read of the same file.
"""

from __future__ import annotations

import argparse
import configparser
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import oom
from bench.ratios import Ratio, medians, table
from wslcfg.cli.table import COMMANDS
from wslcfg.wslconf.scan import scan

ROOT = Path(__file__).resolve().parents[1]
PRACTICE = ROOT / "wslcfg/demo_machines/practice-16gb"
# What an installed `wslcfg` does: its script in bin/ holds these two lines.
ENTRY = "import sys; from wslcfg.__main__ import main; sys.exit(main())"
# The bounds of the contract.
HELP, COMMAND, PLAN, SCAN, RUN = 7, 8, 10, 2, 3


def start(*arguments: str) -> Callable[[], object]:
    """A job that starts this interpreter with these arguments and waits for it.

    Raises:
        SystemExit: the program fails; a failing start would be measured as a fast one.
    """
    argv = [sys.executable, *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("WSLCFG_", "PYTHON"))}

    def job() -> None:
        done = subprocess.run(
            argv, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            sys.exit(f"bench: {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")

    return job


def starts(rounds: int) -> list[Ratio]:
    """Every command's start against a bare interpreter's, all in turn."""
    wanted: list[tuple[str, tuple[str, ...], float]] = [
        ("wslcfg --version", ("-c", ENTRY, "--version"), HELP),
        ("wslcfg --help", ("-c", ENTRY, "--help"), HELP),
    ]
    wanted += [(f"wslcfg {name} --help", ("-c", ENTRY, name, "--help"), COMMAND) for name in COMMANDS]
    with tempfile.TemporaryDirectory(prefix="wslcfg-bench-") as folder:
        # A copy, since what a command keeps is written beside the recording.
        machine = shutil.copytree(PRACTICE, f"{folder}/machine", ignore=shutil.ignore_patterns("overlay"))
        wanted.append(("wslcfg plan, recorded machine", ("-m", "wslcfg", "--machine", machine, "plan"), PLAN))
        # What is measured is the way to the launcher, so a launcher that ends at once stands in its place.
        placed = Path(folder, "data/wslcfg/inside/launcher")
        placed.parent.mkdir(parents=True)
        placed.write_text("exit 0\n", encoding="utf-8")
        wanted.append(("wslcfg run -- true, up to the launcher", ("-c", ENTRY, "run", "--", "true"), RUN))
        os.environ["XDG_DATA_HOME"] = f"{folder}/data"
        bare, *ours = medians([start("-c", "pass"), *(start(*arguments) for _, arguments, _ in wanted)], rounds)
    return [Ratio(measure, taken, bare, bound) for (measure, _, bound), taken in zip(wanted, ours, strict=True)]


def long_file(lines: int = 10_000) -> str:
    """A .wslconfig of that many lines without a bad one: comments, sections, known and unknown keys, none twice (configparser would refuse)."""
    text = ["# a long .wslconfig", "[wsl2]", "memory=8GB", "swap=4GB", "processors = 4", r"swapFile=C:\\wsl\\swap.vhdx", ""]
    for number in range(len(text), lines):
        kind = number % 8
        if kind == 0:
            text.append(f"# comment {number}: why this is set")
        elif kind == 1:
            text.append("")
        elif kind == 2:
            text.append(f"[section{number}]")
        else:
            text.append(f"key{number} = value {number}")
    return "\n".join(text) + "\n"


def scanning(rounds: int) -> Ratio:
    """Scan 10,000 lines against configparser reading the same text."""
    text = long_file()
    raw = text.encode()
    path = r"C:\Users\ana\.wslconfig"
    entries = scan(raw, "wslconfig", path).entries
    reader = configparser.RawConfigParser()
    reader.read_string(text)
    found = sum(len(reader.items(section)) for section in reader.sections())
    if len(entries) != found:
        sys.exit(f"bench: the scanner found {len(entries)} entries, configparser {found}: they did not read the same")

    def theirs() -> None:
        parser = configparser.RawConfigParser()
        parser.read_string(text)

    gc.collect()
    ours_s, theirs_s = medians([lambda: scan(raw, "wslconfig", path), theirs], rounds)
    return Ratio("scan 10,000 lines (configparser)", ours_s, theirs_s, SCAN)


def main() -> int:
    """Measure, print the table, and with --strict exit 1 when a bound is not kept."""
    parser = argparse.ArgumentParser(prog="bench", description="Ratios against the bounds of the contract.")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bound is not kept")
    parser.add_argument("--rounds", type=int, default=15, help="how often each start is timed (15)")
    given = parser.parse_args()
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Python {version}, medians of {given.rounds} rounds taken in turn")
    rows = [*starts(given.rounds), scanning(given.rounds), *oom.reading(min(given.rounds, 5))]
    print(table(rows))
    over = [row.measure for row in rows if not row.ok]
    peak = oom.peak()
    print(f"peak memory of reading 100 MB of task tables: {peak >> 20} MB, bound {oom.PEAK >> 20} MB")
    over += ["peak memory"] if peak > oom.PEAK else []
    print(f"{len(rows) + 1 - len(over)} of {len(rows) + 1} bounds kept" + (f"; over: {', '.join(over)}" if over else ""))
    return 1 if over and given.strict else 0


if __name__ == "__main__":
    sys.exit(main())
