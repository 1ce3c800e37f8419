"""Tables line up, whatever stands in them."""

from __future__ import annotations

from wslcfg.ui.tables import table


def test_columns_line_up() -> None:
    """Short and long cells, numbers at the right, nothing behind the last cell; the line below the header is as wide as each column."""
    assert table([("a", "1", "x y"), ("bcd", "100", "z")], header=("name", "no", "what"), right=frozenset({1})) == [
        "name   no  what",
        "----  ---  ----",
        "a       1  x y",
        "bcd   100  z",
    ]
    assert table([]) == [] and table([("a", "b")], indent="  ") == ["  a  b"]


def test_what_is_wider_than_its_letters() -> None:
    """Wide characters count twice, combining ones and styles not at all."""
    assert table([("漢字", "1"), ("e\u0301", "2"), ("\x1b[1mbold\x1b[0m", "3"), ("plain", "4")]) == [
        "漢字   1",
        "e\u0301      2",
        "\x1b[1mbold\x1b[0m   3",
        "plain  4",
    ]


def test_rows_of_different_lengths() -> None:
    """A row that ends early is not padded, and does not narrow its column."""
    assert table([("a",), ("b", "c", "d"), ("eee", "f")]) == ["a", "b    c  d", "eee  f"]
