"""Unified diffs: what a person reads before saying yes, and what `patch` can apply."""

from __future__ import annotations

import subprocess
from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslcfg.model.plan import FileChange
from wslcfg.ui.diff import hunks, unified

LINES = st.lists(st.sampled_from(["", "a", "b", "[wsl2]", "memory=8GB"]), max_size=30)


@given(LINES, LINES)
def test_hunks_are_those_of_difflib_on_short_files(old: list[str], new: list[str]) -> None:
    """Setting the common ends aside changes nothing of what a diff says: old and new come out of it."""
    shown = list(hunks(old, new))
    plain = list(unified_diff(old, new, lineterm=""))[2:]
    assert (shown == []) == (plain == [])
    kept = [line for line in shown if not line.startswith("@@")]
    for sign, lines in ("-", old), ("+", new):
        told = [line[1:] for line in kept if line[:1] in (" ", sign)]
        at = iter(lines)
        assert all(any(line == other for other in at) for line in told)


def test_one_line_of_a_long_repetitive_file_is_one_line_of_diff() -> None:
    """A change in the middle of ten thousand equal lines shows that line and its three neighbours, not the file."""
    old = ["x=1"] * 5000 + ["memory=8gb"] + ["x=1"] * 5000
    new = [*old[:5000], "memory=8GB", *old[5001:]]
    assert list(hunks(old, new)) == ["@@ -4998,7 +4998,7 @@", " x=1", " x=1", " x=1", "-memory=8gb", "+memory=8GB", " x=1", " x=1", " x=1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[wsl2]\nmemory=8gb\n", b"[wsl2]\nmemory=8GB\nswap=8GB\n"),
        (b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n", b"a\nB\nc\nd\ne\nf\ng\nh\ni\nJ\n"),
        (b"one\n", b"zero\none\n"),
        (b"one\ntwo\n", b"two\n"),
    ],
)
def test_patch_takes_it(tmp_path: Path, before: bytes, after: bytes) -> None:
    """What is printed is a real unified diff: git applies it to the old file and gets the new one."""
    (tmp_path / "file").write_bytes(before)
    diff = unified(FileChange("file", "file", before, after)).replace("--- file", "--- a/file").replace("+++ file", "+++ b/file")
    done = subprocess.run(["git", "apply", "--unsafe-paths", "-"], cwd=tmp_path, input=diff.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "file").read_bytes() == after


def test_line_ends_alone_are_said() -> None:
    """A change of nothing but line ends shows in the head, where a diff by lines would show nothing."""
    assert unified(FileChange("f", "f", b"a\n", b"a\r\n")) == "--- f\t\n+++ f\tCRLF\n"
    assert unified(FileChange("f", "f", b"a\n", b"a\n")) == ""
