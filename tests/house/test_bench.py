"""The measures themselves: what they compare is alike, and a broken bound is said. No test here takes a time."""

from __future__ import annotations

import configparser

import pytest

from bench.__main__ import long_file, scanning, start
from bench.ratios import Ratio, medians, table
from wslcfg.model.wslfile import BadLine
from wslcfg.wslconf.scan import scan


def test_both_readers_read_the_same() -> None:
    """The long file is whole in WSL's grammar and in configparser's, and both find every key of it."""
    text = long_file(2_000)
    assert text.count("\n") == 2_000
    seen = scan(text.encode(), "wslconfig", r"C:\Users\ana\.wslconfig")
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    assert not [part for part in seen.parts if isinstance(part, BadLine)]
    assert len(seen.entries) == sum(len(parser.items(section)) for section in parser.sections()) > 1_000
    assert parser["wsl2"]["memory"] == next(entry.value for entry in seen.entries if entry.setting == "wsl2.memory")


def test_scanning_gives_a_measure() -> None:
    """The scanner's measure runs and has both times."""
    measured = scanning(1)
    assert measured.ours_s > 0
    assert measured.theirs_s > 0


def test_every_job_runs_in_every_round() -> None:
    """Jobs are taken in turn, after one round that only warms up, so that a slow minute falls on all of them."""
    seen: list[str] = []
    assert len(medians([lambda: seen.append("a"), lambda: seen.append("b")], 2)) == 2
    assert seen == ["a", "b"] * 3


def test_a_broken_bound_is_said() -> None:
    """The table names what is over its bound, and only that."""
    slow, quick = Ratio("slow", 0.9, 0.1, 8), Ratio("quick", 0.79, 0.1, 8)
    assert (slow.ok, quick.ok) == (False, True)
    lines = table([slow, quick]).splitlines()
    assert lines[1].endswith("9.0x     8x  OVER")
    assert lines[2].endswith("7.9x     8x  ok")


def test_a_failing_start_is_not_measured() -> None:
    """A program that fails would be measured as a fast one, so it stops the bench with its words."""
    with pytest.raises(SystemExit, match=r"ended with 3: no such thing"):
        start("-c", "import sys; sys.stderr.write('no such thing'); sys.exit(3)")()
