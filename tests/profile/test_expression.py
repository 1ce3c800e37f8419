"""Expressions in profiles: the arithmetic, its mistakes with their columns, and its bounds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wslcfg.errors import NeedsTerminal, Refused
from wslcfg.model.size import GIB, MIB
from wslcfg.profile.expression import LONGEST, evaluate, parse

FACTS = {"host": 16 * GIB, "default": 8 * GIB, "services": 3 * GIB // 2, "sessions": 2, "disk": 100 * GIB}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10GB", 10 * GIB),
        ("0", 0),
        ("0.5gb", GIB // 2),
        ("8 GB", 8 * GIB),
        ("8GiB", 8 * GIB),
        ("6144MB", 6 * GIB),
        ("min(10GB, host - 6GB)", 10 * GIB),
        ("min(12GB, host - 6GB)", 10 * GIB),
        ("clamp(host / 2, 4GB, 6GB)", 6 * GIB),
        ("clamp(host / 8, 4GB, 6GB)", 4 * GIB),
        ("max(default, services + sessions * 4GB)", 19 * GIB // 2),
        ("2 * 3GB + 4GB * 2", 14 * GIB),
        ("16GB - 2GB - 3GB", 11 * GIB),
        ("16GB / 2 / 2", 4 * GIB),
        ("16GB - (2GB - 3GB)", 17 * GIB),
        ("-1GB + 3GB", 2 * GIB),
        ("host / 4GB * 1GB", 4 * GIB),
        ("disk / 4", 25 * GIB),
        ("host * 0.7", 11468 * MIB),
        ("10GB / 3", 3412 * MIB),
        ("3MB", 2 * MIB),
    ],
)
def test_arithmetic(text, wanted):
    """A sound expression has the value of ordinary arithmetic, floored to an even MiB."""
    assert evaluate(parse(text), FACTS) == wanted


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("host + 2", 6, "plain number"),
        ("hots / 2", 1, "means nothing"),
        ("min(1GB, 2", 11, "missing"),
        ("min 1GB", 5, "missing"),
        ("4GB * 4GB", 5, "no size"),
        ("2 / 4GB", 3, "no size"),
        ("8XB", 1, "no unit"),
        ("8GB 4GB", 5, "one too many"),
        ("8GB;", 4, "has no meaning"),
        ("", 1, "ends"),
        ("host -", 7, "ends"),
        ("2 + 3", 1, "plain number"),
        ("clamp(1GB, 2GB)", 1, "3 values"),
        ("min(1GB, 2)", 1, "mixes"),
        ("()", 2, "where a value is needed"),
        ("__import__('os')", 1, "has no meaning"),
        ("host.real", 5, "has no meaning"),
        ("(" * 40 + "1GB" + ")" * 40, 18, "nested"),
        ("1GB" + "+1GB" * LONGEST, LONGEST + 1, "longer"),
    ],
)
def test_mistakes_have_a_column(text, column, said):
    """A mistake says what and at which column, and never raises anything but a refusal."""
    with pytest.raises(Refused) as refusal:
        parse(text)
    assert said in refusal.value.message
    assert refusal.value.data["column"] == column
    assert refusal.value.hint


def test_a_misspelt_name_is_guessed():
    """A misspelt name gets a guess."""
    with pytest.raises(Refused) as refusal:
        parse("hots / 2")
    assert refusal.value.hint == "Did you mean host?"


@pytest.mark.parametrize("text", ["1GB / (sessions - 2)", "1GB - 2GB", "host * 999999999 * 999999999"])
def test_nonsense_results_are_refused(text):
    """A division by zero, a negative size and one beyond any machine are refusals, not crashes."""
    with pytest.raises(Refused):
        evaluate(parse(text), FACTS)


def test_an_unknown_fact_names_its_flag():
    """An expression over a fact that is not known asks for it by its flag."""
    with pytest.raises(NeedsTerminal, match="free space") as asked:
        evaluate(parse("disk / 4"), {**FACTS, "disk": None})
    assert "--free-disk" in asked.value.hint


def test_names_in_order():
    """An expression knows which facts it needs."""
    assert parse("min(host / 2, disk) + host - default").names == ("host", "disk", "default")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.GMBKhostdefmincla(),+-*/ \t#x", max_size=60))
def test_any_text_is_read_or_refused(text):
    """Whatever stands in a profile, it is a size or a refusal with a message and a hint."""
    try:
        assert evaluate(parse(text), FACTS) % (2 * MIB) == 0
    except Refused as refusal:
        assert refusal.message and refusal.hint


sizes = st.integers(1, 64).map(lambda size: (f"{size}GB", Fraction(size * GIB)))


@st.composite
def sums(draw, depth=0):
    """A sound expression of sizes with its exact value."""
    if depth > 3 or draw(st.booleans()):
        return draw(sizes)
    kind = draw(st.sampled_from(["+", "-", "*", "/", "min", "max"]))
    left, value = draw(sums(depth + 1))
    if kind in ("*", "/"):
        factor = draw(st.integers(1, 9))
        return f"({left}) {kind} {factor}", value * factor if kind == "*" else value / factor
    right, other = draw(sums(depth + 1))
    if kind in ("min", "max"):
        return f"{kind}({left}, {right})", (min if kind == "min" else max)(value, other)
    return f"({left} {kind} {right})", value + other if kind == "+" else value - other


@settings(max_examples=200, deadline=None)
@given(sums())
def test_arithmetic_is_exact(case):
    """The value is that of exact fractions, whatever the nesting."""
    text, value = case
    if len(text) > LONGEST or value < 0:
        return
    assert evaluate(parse(text), FACTS) == int(value / (2 * MIB)) * 2 * MIB
