"""The two pages that are made from data are up to date and complete."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from wslcfg.wslconf import keys
from wslcfg.wslconf.lint import RULES
from wslcfg.wslconf.lint_texts import TEXTS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def maker():
    """The generator, loaded from its place beside the pages."""
    spec = importlib.util.spec_from_file_location("make_docs", DOCS / "make_docs.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["lint.md", "settings.md"])
def test_the_page_is_fresh(maker, name):
    """A page that differs from its data is stale: run `make docs`."""
    assert (DOCS / name).read_text(encoding="utf-8") == maker.PAGES[name]()


def test_every_rule_has_a_text_and_a_heading(maker):
    """A stable id without a docs line would be a broken promise."""
    page = maker.lint_page()
    assert set(TEXTS) == {rule.id for rule in RULES}
    for rule in RULES:
        assert f"## {rule.id} {rule.title}" in page


def test_every_setting_is_in_the_table(maker):
    """Both tables name every key and alias."""
    page = maker.settings_page()
    for setting in (*keys.WSLCONFIG, *keys.WSLCONF):
        for name in (setting.name, *setting.aliases):
            assert f"`{name}`" in page


def test_the_table_has_eight_columns_in_every_row(maker):
    """A stray | in a text would tear the table."""
    rows = [line for line in maker.settings_page().splitlines() if line.startswith("|")]
    assert len(rows) == 80 + 4
    assert {line.replace("\\|", "").count("|") for line in rows} == {9}
