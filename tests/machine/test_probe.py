"""The probe's text keeps its rules, and its answer is read through every noise that was reported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from wslcfg.machine import probe

DATA = Path(__file__).parents[1] / "data" / "windows"
OBJECT = {"schema": "1", "profile": "C:\\Users\\José", "build": "26100", "mem": {"total_kib": "16567500"}}
ANSWER = "WSLCFG" + json.dumps(OBJECT, separators=(",", ":")) + "WSLCFG"
NOISE = (DATA / "cmd-unc.zh-CN.cp936").read_bytes()


@pytest.mark.parametrize(
    "out",
    [
        ANSWER.encode() + b"\r\n",
        NOISE + ANSWER.encode() + b"\r\n" + NOISE,
        (DATA / "ps-clixml-noise.stderr").read_bytes() + ANSWER.encode(),
        (DATA / "ps-cim-missing.pl.cp852").read_bytes() + ANSWER.encode(),
        ANSWER.encode("utf-16-le"),
        b"\xff\xfe" + ANSWER.encode("utf-16-le"),
        b"\xef\xbb\xbf" + ANSWER.encode(),
        "\r\n".join(ANSWER[i : i + 80] for i in range(0, len(ANSWER), 80)).encode(),
    ],
    ids=["plain", "gbk-noise", "clixml", "oem-noise", "utf-16", "utf-16-bom", "bom", "wrapped-lines"],
)
def test_answer_is_found(out):
    """Whatever stands around it and in whatever encoding, the object between the sentinels comes out whole."""
    assert probe.parse(out) == OBJECT


@pytest.mark.parametrize(
    "out",
    [
        b"",
        b"WSLCFG",
        b"WSLCFG{WSLCFG",
        b"WSLCFG[1]WSLCFG",
        b'WSLCFG{"schema":"2"}WSLCFG',
        (DATA / "ps-execpolicy.en").read_bytes(),
        probe.TEXT.encode(),
    ],
    ids=["nothing", "sentinel", "torn", "no-object", "other-schema", "execution-policy", "own-text-echoed"],
)
def test_no_answer_is_none(out):
    """An echo of the probe, an error text or a torn object is no answer."""
    assert probe.parse(out) is None


def test_text_keeps_its_rules():
    """One ASCII line without double quotes, static .NET, New-Object or syntax newer than 5.1: it passes quoting and Constrained Language."""
    text = probe.TEXT
    assert text.isascii()
    assert "\n" not in text
    assert '"' not in text
    assert not text.endswith("\\")
    for forbidden in ("::", "New-Object", "Add-Type", "Invoke-Expression", "Out-File", "Set-", "&&", "||", "??", "-EncodedCommand"):
        assert forbidden not in text, forbidden
    assert text.startswith("$ProgressPreference='SilentlyContinue'")
    assert len(text) < 8000
    for opening, closing in ("{}", "()", "[]"):
        bare = re.sub(r"'[^']*'", "''", text)
        assert bare.count(opening) == bare.count(closing)
    assert text.count("'") % 2 == 0


def test_sections_are_independent():
    """Every question stands in a try of its own that leaves its name behind: one that fails takes nothing else away."""
    tries = re.findall(r"catch\{\$e\+='(\w+)'\}", probe.TEXT)
    assert tries == ["ps", "build", "profile", "env", "cim", "vm", "drive", "policies", "lxss", "msi"]
    assert probe.TEXT.count("try{") == len(tries)


def test_numbers_are_strings_of_digits():
    """64-bit numbers travel as strings; what is no number is unknown."""
    assert probe.number({"a": {"b": "9223372036854775807"}}, "a", "b") == 9223372036854775807
    assert probe.number({"a": 5}, "a") is None
    assert probe.number({"a": "12 KB"}, "a") is None
    assert probe.rows({"d": {"name": "x"}}, "d") == [{"name": "x"}]
    assert probe.rows({"d": None}, "d") is None


def test_grammar():
    """A PowerShell grammar accepts the text, where one is installed (it is no part of the development tools)."""
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_pwsh")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert not parser.parse(probe.TEXT.encode()).root_node.has_error
