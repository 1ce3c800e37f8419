"""The store's measures: the tree they use is the same each time, and a broken bound is said. No test here takes a time."""

from __future__ import annotations

from pathlib import Path

from bench.store import Measured, Taken, report
from bench.tree import SHAPES, Tree


def test_the_tree_comes_from_its_seed(tmp_path: Path) -> None:
    """The same seed gives the same bytes, through a round of changes; a round appends, adds, deletes and rewrites."""
    found = []
    for name in ("one", "two"):
        tree = Tree(tmp_path / name, SHAPES["XS"])
        tree.make()
        before = {one: one.stat().st_size for one in tree.home.rglob("*") if one.is_file()}
        tree.mutate()
        after = {one: one.stat().st_size for one in tree.home.rglob("*") if one.is_file()}
        assert (len(after.keys() - before.keys()), len(before.keys() - after.keys())) == (4, 3)
        assert any(after[one] > before[one] for one in after.keys() & before.keys())
        found.append({str(one.relative_to(tree.home)): one.read_bytes() for one in after})
    assert found[0] == found[1]


def test_a_broken_bound_is_named() -> None:
    """What is over its bound against restic is named, and only that."""
    quick, slow = Taken(0.1, 0.1, 25), Taken(1.0, 0.9, 90)
    rows = [Measured("wslcfg", quick, [quick], [Taken(0.3, 0.1, 25)], 50), Measured("restic", slow, [slow], [slow], 60)]
    table, over = report(rows)
    assert over == ["no change against restic"]
    assert "OVER" in table
