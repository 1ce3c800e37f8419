"""Redaction: names and secrets go, everywhere alike, and nothing else does."""

from __future__ import annotations

import pytest

from wslcfg.host.redact import MASK, Redactor

REDACTOR = Redactor({"ana", "José", "anastasia"}, {"LAPTOP-7"})


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("/home/ana/shop", "/home/user/shop"),
        ("C:\\Users\\ANA\\x", "C:\\Users\\user\\x"),
        ("banana ana_1 analyse", "banana user_1 analyse"),
        ("/home/anastasia", "/home/user2"),
        ('"C:\\\\Users\\\\Jos\\u00e9"', '"C:\\\\Users\\\\user3"'),
        ("C:\\Users\\ANASTA~1\\AppData", "C:\\Users\\user2\\AppData"),
        ("laptop-7.local", "host.local"),
        ("mail ana@example.com now", "mail user@example.invalid now"),
        ("postgres://u:secret@db/x", f"postgres://{MASK}@db/x"),
        ("--password hunter2 --other", f"--password {MASK} --other"),
        ("PASSWORD=hunter2", f"PASSWORD={MASK}"),
        ("Authorization: Bearer abcdefghijk", f"Authorization: Bearer {MASK}"),
        ("system-postgresql.slice/postgresql@16-main.service", "system-postgresql.slice/postgresql@16-main.service"),
        ("MemTotal:  8049664 kB", "MemTotal:  8049664 kB"),
        ("{7f0c4a52-9f1e-4c51-9b0e-31a1b4a0c001}", "{7f0c4a52-9f1e-4c51-9b0e-31a1b4a0c001}"),
    ],
)
def test_text(text, redacted):
    """Names as words and secrets by their shape; numbers and words that only contain a name stay."""
    assert REDACTOR.text(text) == redacted


@pytest.mark.parametrize(
    "token", ["sk-ant-api03-" + "a" * 20, "ghp_" + "a" * 36, "AKIA" + "A" * 16, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-x"]
)
def test_tokens(token):
    """Tokens of well-known shapes go wherever they stand."""
    assert REDACTOR.text(f"run --x={token} end") == f"run --x={MASK} end"


def test_wide_bytes_and_variables():
    """UTF-16 answers are redacted as text; a variable whose name says secret goes whole."""
    assert REDACTOR.data("C:\\Users\\ana\r\n".encode("utf-16-le")) == "C:\\Users\\user\r\n".encode("utf-16-le")
    assert REDACTOR.data(b"\x82 ana") == b"\x82 user"
    assert REDACTOR.variable("ANTHROPIC_API_KEY", "short") == MASK
    assert REDACTOR.variable("HOME", "/home/ana") == "/home/user"


def test_twice_is_once():
    """Redacting what is redacted changes nothing, so replayed paths stay the same."""
    text = "/home/ana C:\\Users\\José laptop-7 ghp_" + "a" * 36
    assert REDACTOR.text(REDACTOR.text(text)) == REDACTOR.text(text)


def test_common_names_stay():
    """`root`, `ubuntu` and `user` name no person; the paths of every machine would be torn apart."""
    assert Redactor({"root", "ubuntu", "user"}).text("root@x /home/ubuntu") == "root@x /home/ubuntu"
