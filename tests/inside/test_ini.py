"""Our keys in a unit that people edit are renewed; theirs, their comments and their values of our keys stay."""

from __future__ import annotations

import pytest

from wslcfg.errors import Unreadable
from wslcfg.inside.ini import merged

FIRST = b"# by wslcfg\n[Unit]\nDescription=Agents\n\n[Slice]\nMemoryMax=100\n"
EDITED = b"""# by wslcfg
[Unit]
Description=Agents

[Slice]
# half of it for the builds
MemoryMax=100
  ; indented
CPUWeight=50
Environment=A=1
Environment=B=%h
"""


def test_ours_is_renewed_and_theirs_stays() -> None:
    """A new limit goes into the person's edited file in place; every line of theirs is as it was, indentation of comments aside."""
    new = merged(EDITED, {"Slice": {"MemoryMax": "200", "TasksMax": "9"}}, last=FIRST, label="x.slice")
    assert new.theirs == ()
    lines = EDITED.decode().replace("MemoryMax=100", "MemoryMax=200").replace("  ;", ";").splitlines()
    assert [line for line in new.raw.decode().splitlines() if line != "TasksMax=9"] == lines
    assert b"TasksMax=9\n" in new.raw
    assert merged(new.raw, {"Slice": {"MemoryMax": "200", "TasksMax": "9"}}, last=new.raw, label="x.slice").raw == new.raw


@pytest.mark.parametrize(("theirs", "value"), [(b"MemoryMax=77", "77"), (b"", None)])
def test_a_value_that_the_person_changed_stays(theirs: bytes, value: str | None) -> None:
    """What a person set otherwise, or took out, is theirs from then on, and is told."""
    raw = EDITED.replace(b"MemoryMax=100", theirs)
    new = merged(raw, {"Slice": {"MemoryMax": "200"}}, last=FIRST, label="x.slice")
    assert new.raw == raw and new.theirs == (("Slice", "MemoryMax", value),)


def test_without_memory_nothing_is_overwritten() -> None:
    """Where history was pruned a value that differs counts as the person's, and a missing one is added."""
    new = merged(EDITED, {"Slice": {"MemoryMax": "200", "TasksMax": "9"}}, last=None, label="x.slice")
    assert new.theirs == (("Slice", "MemoryMax", "100"),) and b"MemoryMax=100\n" in new.raw and b"TasksMax=9" in new.raw


def test_what_is_not_wanted_any_more_goes() -> None:
    """A key that we take back goes unless the person changed it."""
    old = b"[Slice]\nMemoryMax=100\nOld=1\n"
    assert merged(old, {"Slice": {"Old": None}}, last=old, label="x").raw == b"[Slice]\nMemoryMax=100\n"
    mine = old.replace(b"Old=1", b"Old=2")
    assert merged(mine, {"Slice": {"Old": None}}, last=old, label="x").raw == mine


def test_nonsense_is_refused() -> None:
    """A file without sections is not guessed at."""
    with pytest.raises(Unreadable, match=r"x\.slice"):
        merged(b"hello\n", {"Slice": {"A": "1"}}, last=None, label="x.slice")


def test_a_byte_order_mark_stays() -> None:
    """What an editor of Windows puts first stops nothing, and is there afterwards."""
    mark = b"\xef\xbb\xbf"
    wanted = {"Slice": {"MemoryMax": "200"}}
    assert merged(mark + EDITED, wanted, last=FIRST, label="x").raw == mark + merged(EDITED, wanted, last=FIRST, label="x").raw
    assert (
        merged(mark + b"[Slice]\nMemoryMax=1\n", wanted, last=b"[Slice]\nMemoryMax=1\n", label="x").raw
        == mark + b"[Slice]\nMemoryMax=200\n"
    )
