"""Lines at the width of the terminal: broken between words, and whole where nobody looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslcfg.ui.tables import table
from wslcfg.ui.wrap import columns, fit, page, width_of, wrap


@given(st.text("ab `\x1b界", max_size=60), st.integers(1, 30))
def test_no_word_is_lost(text: str, room: int) -> None:
    """The words stay, in their order, and a line is only wider than asked where a single word is."""
    lines = wrap(text, room, "")
    assert "".join("".join(lines).split()) == "".join(text.split())
    if "`" not in text:
        assert all(width_of(line) <= room or len(line.split()) == 1 for line in lines if line.strip())


def test_hanging_indent_and_commands() -> None:
    """Later lines hang under the first, styles take no room, and a command in backticks is never torn."""
    assert wrap("  a bb ccc", 6) == ["  a bb", "    ccc"]
    assert wrap("\x1b[1mbold\x1b[0m text", 9) == ["\x1b[1mbold\x1b[0m text"]
    assert wrap("Run `wslcfg restart now`, then look.", 22, "") == ["Run", "`wslcfg restart now`,", "then look."]


def test_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS counts; without it and without a terminal lines stay whole, and a page is 80 wide."""
    assert (columns(), page()) == (0, 80)
    assert fit(["x " * 200]) == ["x " * 200]
    monkeypatch.setenv("COLUMNS", "40")
    assert (columns(), page(), page(30)) == (40, 40, 30)
    assert max(map(len, fit(["x " * 200]))) <= 40
    monkeypatch.setenv("COLUMNS", "wide")
    assert columns() == 0


def test_a_table_that_is_too_wide() -> None:
    """The last column is wrapped under itself, its rule too; without room for that the cells stand below each other, where that is asked for."""
    rows = [("one", "some words that are too long for it"), ("two", "short")]
    narrow = table(rows, header=("no", "what"), width=30)
    assert narrow[:2] == ["no   what", f"---  {'-' * 23}"]
    assert narrow[2:] == ["one  some words that are too", "     long for it", "two  short"]
    assert table(rows, header=("no", "what"), width=20, stack=True)[:3] == ["one", "  what: some words", "    that are too"]
    assert table(rows, width=20) == table(rows)
