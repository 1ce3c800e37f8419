"""The picture of the memory budget: exact widths, readable without colour."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslcfg.model.size import GIB
from wslcfg.ui.budget import Budget, picture, shares, widths

BEFORE = shares(16 * GIB, 8 * GIB, 2 * GIB, services=2 * GIB, agents=8 * GIB)
AFTER = shares(16 * GIB, 10 * GIB, 8 * GIB, services=2 * GIB, agents=8 * GIB)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_shares_of_the_guides_machine():
    """Windows has what the VM has not; in the VM services come first, then agents; cache is the rest."""
    assert tuple(size // GIB for size in BEFORE) == (8, 2, 6, 0, 2)
    assert tuple(size // GIB for size in AFTER) == (6, 2, 8, 0, 8)
    assert shares(16 * GIB, 4 * GIB, 0, services=6 * GIB, agents=GIB) == Budget(12 * GIB, 4 * GIB, 0, 0, 0)


def test_the_picture_without_colour():
    """Each part has its own letter, name and size; the shorter bar ends in dots."""
    lines = picture(BEFORE, AFTER, 50)
    assert lines[1] == "[" + "W" * 16 + "s" * 4 + "A" * 12 + "~" * 4 + "." * 12 + "]"
    assert lines[2] == "W Windows 8 GB  s services 2 GB  A agents 6 GB"
    assert lines[3] == "~ swap 2 GB"
    assert lines[5] == "[" + "W" * 12 + "s" * 4 + "A" * 16 + "~" * 16 + "]"


def test_colour_changes_nothing_but_colour():
    """With colour the text is the same."""
    coloured = picture(BEFORE, AFTER, 72, colour=True)
    assert any("\x1b[" in line for line in coloured)
    assert tuple(ANSI.sub("", line) for line in coloured) == picture(BEFORE, AFTER, 72)


@pytest.mark.parametrize(("asked", "bar"), [(10, 40), (40, 40), (97, 97), (160, 160), (400, 160)])
def test_widths_are_bounded(asked, bar):
    """The picture is 40 to 160 columns wide, whatever the terminal says."""
    assert len(picture(BEFORE, AFTER, asked)[1]) == bar


parts = st.one_of(st.just(0), st.integers(1, 2 * GIB), st.integers(1, 512 * GIB))
budgets = st.builds(Budget, parts, parts, parts, parts, parts)


@settings(max_examples=200, deadline=None)
@given(budgets, budgets, st.integers(40, 160))
def test_bars_fill_the_width_and_show_every_part(before, after, width):
    """Every bar has exactly the width, every line fits, and each part that is there has at least one column and a label."""
    lines = picture(before, after, width)
    bars = [line for line in lines if line.startswith("[")]
    assert all(len(line) <= width for line in lines)
    if before.total or after.total:
        assert [len(bar) for bar in bars] == [width, width]
        for bar, budget in zip(bars, (before, after), strict=True):
            for letter, size in zip("WsAc~", budget, strict=True):
                assert (letter in bar) is (size > 0)


@settings(max_examples=200, deadline=None)
@given(st.lists(parts, min_size=1, max_size=6).map(tuple), st.integers(0, 160))
def test_widths_sum_exactly(sizes, width):
    """Columns are shared out exactly; nothing is lost or made up by rounding."""
    columns = widths(sizes, width)
    assert sum(columns) == (width if sum(sizes) else 0)
    assert all(count == 0 for count, size in zip(columns, sizes, strict=True) if size == 0)
