"""Our block in somebody else's text file comes, is renewed and goes without touching another byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wslcfg.errors import Refused
from wslcfg.inside.marked import block_of, with_block

# Lines that look like marks of ours or of others must not be taken for them.
LINES = st.text(alphabet="ab# <>\t\r\n", max_size=30) | st.sampled_from(
    ["# >>> conda initialize >>>\n", "# >>> wslcfg other >>>\n# <<< wslcfg other <<<\n"]
)
FILES = st.none() | st.lists(LINES, max_size=5).map(lambda parts: "".join(parts).encode())


@given(FILES, st.booleans(), st.sampled_from(["", "a\n", "a\n\n# b\n"]))
def test_comes_and_goes(raw: bytes | None, top: bool, body: str) -> None:
    """Putting the block in, renewing it and taking it out gives the first bytes, also without a last line end and where there was no file."""
    new = with_block(raw, "shims", body, top=top)
    assert new is not None and block_of(new, "shims") == body
    assert with_block(new, "shims", body, top=top) == new
    renewed = with_block(new, "shims", "other\n")
    assert renewed is not None and block_of(renewed, "shims") == "other\n"
    assert with_block(renewed, "shims", None) == with_block(new, "shims", None) == raw
    assert with_block(raw, "shims", None) == raw


def test_lines_added_behind_it_stay() -> None:
    """What a person appends after our block is a line of its own, and is still there when the block goes."""
    new = (with_block(b"alias a=b", "shims", "x\n") or b"") + b"alias c=d\n"
    assert with_block(new, "shims", None) == b"alias a=b\nalias c=d\n"


def test_torn_block_is_refused() -> None:
    """A block whose end was deleted is not guessed at: everything below it may be the person's."""
    with pytest.raises(Refused, match="line 2 has no end"):
        with_block(b"a\n# >>> wslcfg shims >>>\nb\n", "shims", None)
    with pytest.raises(Refused):
        with_block(b"# >>> wslcfg shims >>>\n# >>> wslcfg hint >>>\n# <<< wslcfg hint <<<\n# <<< wslcfg shims <<<\n", "shims", "x\n")


def test_a_block_that_stands_twice_goes_whole() -> None:
    """A start file that was copied into itself loses each of our blocks at once, and no line of the person's."""
    once = with_block(b"a\n", "shims", "x\n") or b""
    assert with_block(once + b"b\n" + once, "shims", None) == b"a\nb\na\n"
    assert with_block(once + once.removeprefix(b"a\n"), "shims", None) == b"a\n"
