"""The JSON Schema of profiles: fresh, valid, and of one mind with the code that reads profiles."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from wslcfg.profile import builtin, load, schema

ROOT = Path(__file__).parents[2]


def problems(text: str) -> list[str]:
    """What the schema has against a profile."""
    return [error.message for error in jsonschema.Draft7Validator(schema.json_schema()).iter_errors(tomllib.loads(text))]


def test_the_file_in_docs_is_fresh():
    """docs/profile.schema.json is what `wslcfg.profile.schema.text()` gives; write that into it when this fails."""
    assert (ROOT / "docs" / "profile.schema.json").read_text(encoding="utf-8") == schema.text()


def test_it_is_a_schema():
    """The schema itself is valid draft-07."""
    jsonschema.Draft7Validator.check_schema(json.loads(schema.text()))


@pytest.mark.parametrize("name", builtin.names())
def test_shipped_profiles_pass_and_point_to_it(name):
    """Each shipped profile passes, and its #:schema line points to a file that is there."""
    path, raw = builtin.read(name)
    text = raw.decode()
    assert problems(text) == []
    pointed = text.splitlines()[0].removeprefix("#:schema ")
    assert (Path(path).parent / pointed).resolve() == (ROOT / "docs" / "profile.schema.json").resolve()


@pytest.mark.parametrize(
    "body",
    [
        "[wslconfig]\nwsl2.memroy = '8GB'",
        "[wslconfig]\nwsl2.processors = 'four'",
        "[wslconfig]\nwsl2.guiApplications = 1",
        "[wslconfig]\nwsl2.memory = 8",
        "[wslconfig]\nexperimental.autoMemoryReclaim = 'drop'",
        "[sizing]\nsession = 4",
        "[sizing]\nwindows-use = 'some'",
        "[launcher]\ntasks-max = 1",
        "[guard]\npoll = 1",
        "extend = 'base'",
    ],
)
def test_the_schema_and_the_code_refuse_the_same(body):
    """What an editor underlines, wslcfg refuses too."""
    text = f"schema = 1\n{body}\n"
    assert problems(text)
    assert load.examine(load.Source("t", "/t.toml", text.encode(), True)).mistakes


@pytest.mark.parametrize(
    "body",
    [
        "[wslconfig]\n'wsl2.memory' = 'min(10GB, host - 6GB)'\nwsl2.swap = 0",
        "[wslconfig]\nwsl2.networkingMode = 'mirrored'\nwsl2.processors = 6\nwsl2.kernel = 'keep'",
        "[wslconf]\nboot.systemd = true\nboot.command = 'service cron start'\nautomount.root = 'unset'",
        "[sizing]\nsession = 'host / 8'\n[sizing.services]\n'Elastic Agent' = '0.7GB'",
        "[launcher]\nsession-max = '4GB'\nslice-max = 'auto'\nprograms = ['claude']",
    ],
)
def test_the_schema_and_the_code_take_the_same(body):
    """What wslcfg takes, an editor does not underline."""
    text = f"schema = 1\n{body}\n"
    assert problems(text) == []
    assert load.examine(load.Source("t", "/t.toml", text.encode(), True)).mistakes == ()
