"""Saved plans: what comes back is what went in, or a refusal that says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply.run import apply
from wslcfg.apply.saved import dump, load
from wslcfg.errors import Conflict, Unreadable
from wslcfg.model.plan import Danger, FileChange, KeyChange, Plan, Repair

_FILE = some.builds(
    FileChange,
    label=some.text(),
    path=some.text(),
    before=some.none() | some.binary(),
    after=some.none() | some.binary(),
    keys=some.lists(
        some.builds(KeyChange, some.text(), some.text(), some.text(), some.none() | some.text(), some.none() | some.text(), some.text()),
        max_size=2,
    ).map(tuple),
    repairs=some.lists(
        some.builds(Repair, some.text(), some.integers(1, 99), some.none() | some.text(), some.none() | some.text(), some.text()),
        max_size=2,
    ).map(tuple),
    restart=some.sampled_from(("none", "distro", "vm")),
    shared=some.booleans(),
    as_root=some.booleans(),
    mode=some.none() | some.integers(0, 0o7777),
)
_PLAN = some.builds(
    Plan,
    title=some.text(),
    files=some.lists(_FILE, max_size=3).map(tuple),
    dangers=some.lists(some.builds(Danger, some.text(), some.text(), some.text(), some.booleans()), max_size=2).map(tuple),
    facts_digest=some.text(),
    notes=some.lists(some.text(), max_size=2).map(tuple),
    back_to=some.none() | some.integers(1, 99),
)


@settings(max_examples=60, deadline=None)
@given(_PLAN)
def test_a_plan_comes_back_as_it_went(plan: Plan) -> None:
    """Every byte, also those that are no text."""
    assert load(dump(plan)) == plan


def _plan() -> Plan:
    return Plan("x", (FileChange(".wslconfig", "/a", OLD, NEW, shared=True),), dangers=(Danger("d", "m"),))


def test_a_formatter_may_lay_it_out_anew() -> None:
    """The digest is over the values, not over spaces."""
    assert load(json.dumps(json.loads(dump(_plan()))).encode()) == _plan()


def test_a_cut_file_is_unreadable_wherever_it_is_cut() -> None:
    """Half a download never becomes half a plan."""
    raw = dump(_plan()).rstrip()
    for end in range(len(raw)):
        with pytest.raises(Unreadable):
            load(raw[:end])


@pytest.mark.parametrize(
    ("name", "value"),
    [("title", "y"), ("dangers", []), ("back_to", 3), ("facts_digest", "0"), ("tool", "0.0.0"), ("digest", None), ("digest", "0" * 64)],
)
def test_a_changed_file_is_unreadable(name: str, value: object) -> None:
    """Nobody takes a danger out, or puts another file in, by hand."""
    body = json.loads(dump(_plan()))
    body[name] = value
    with pytest.raises(Unreadable, match="changed since it was saved"):
        load(json.dumps(body).encode())


def test_other_bytes_in_a_file_are_noticed() -> None:
    """One base64 sign is enough."""
    body = json.loads(dump(_plan()))
    body["files"][0]["after"] = body["files"][0]["before"]
    with pytest.raises(Unreadable):
        load(json.dumps(body).encode())


def test_a_newer_schema_is_unreadable_and_names_the_way_out() -> None:
    """An older wslcfg does not guess what a newer one meant."""
    body = json.loads(dump(_plan()))
    body["schema"] = 2
    with pytest.raises(Unreadable) as caught:
        load(json.dumps(body).encode(), name="home.plan")
    assert caught.value.exit_code == 4 and "Upgrade" in caught.value.hint and "home.plan" in caught.value.message


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b'{"kind": "wslcfg-plan", "schema": 1}'])
def test_what_is_no_plan_is_unreadable(raw: bytes) -> None:
    """Any other file is an error of its own, never a crash."""
    with pytest.raises(Unreadable):
        load(raw)


def test_a_saved_plan_does_not_overwrite_what_came_later(tmp_path: Path) -> None:
    """The file was edited between plan and apply: conflict."""
    home = Home(tmp_path)
    home.config.write_bytes(OLD)
    raw = dump(Plan("x", (home.change(NEW),)))
    home.config.write_bytes(OLD + b"# later\r\n")
    with pytest.raises(Conflict):
        apply(load(raw), home.host, home.homes(), command="")
    assert home.config.read_bytes() == OLD + b"# later\r\n"
