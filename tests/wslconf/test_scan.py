"""The scanner: equal to WSL's grammar taken one character at a time, with spans that hold."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from tests.wslconf import reference
from tests.wslconf.strategies import BYTES, TEXTS
from wslcfg.model.wslfile import BadLine, Entry, Header, Scan, Target
from wslcfg.wslconf.scan import read, scan


def walk(text: str, *, windows: bool) -> list[tuple[object, ...]]:
    """The reference's reading with its values as C strings."""
    found = []
    for item in reference.parse(text, windows=windows):
        if item[0] == "entry":
            value = str(item[2])
            if windows:
                value = value.encode("utf-16-le", "surrogatepass")[::2].partition(b"\0")[0].decode("utf-8", "replace")
            item = ("entry", item[1], value.partition("\0")[0], item[3])
        found.append(item)
    return found


def said(scanned: Scan) -> list[tuple[object, ...]]:
    """The scanner's reading in the reference's terms."""
    found: list[tuple[object, ...]] = []
    for part in scanned.parts:
        if isinstance(part, Entry):
            found.append(("entry", part.name, part.value, part.line))
        elif isinstance(part, BadLine):
            found.append(("bad", part.line))
    return [*found, ("abort",)] if scanned.aborted else found


@settings(max_examples=200)
@given(TEXTS)
def test_equal_to_the_grammar(text: str) -> None:
    """Names, values, WSL's line numbers, bad lines and the abort are those of the plain machine, in all three ways a file is read."""
    scanned = scan(text.encode(), "wslconfig", "f")
    if not scanned.broken:
        assert said(scanned) == walk(text, windows=True)
    assert said(scan(b"\xff\xfe" + text.encode("utf-16-le"), "wslconfig", "f")) == walk(text, windows=True)
    assert said(scan(text.encode(), "wslconf", "f")) == walk(text.encode().decode("latin-1"), windows=False)


@settings(max_examples=120)
@given(BYTES)
def test_spans_hold(raw: bytes) -> None:
    """For any bytes: no failure, parts in order and inside what is read, and a key's line alone reads as the same key and value."""
    for target in ("wslconfig", "wslconf"):
        scanned = scan(raw, target, "f")
        done = 0
        for part in scanned.parts:
            assert done <= part.start <= part.end <= max(scanned.read_end, done)
            done = part.end
            if isinstance(part, Entry):
                assert part.start <= part.key_start < part.key_end <= part.value_start <= part.value_end <= part.end
                mark = b"\xff\xfe" if scanned.encoding == "utf16le-bom" else b""
                alone = scan(mark + raw[part.start : part.end], target, "f")
                if not alone.broken:
                    assert [(entry.key, entry.value) for entry in alone.entries] == [(part.key, part.value)]


@pytest.mark.parametrize("target", ["wslconfig", "wslconf"])
def test_editor_lines(target: Target) -> None:
    """Lines are also counted as an editor does: LF, CR LF and a lone CR are one each, a continued statement stands on its first."""
    scanned = scan(b"[wsl2]\r\na=1\r\n\r\nb=\\\n2\n# x\ry\nc=3\rd=4\n", target, "f")
    found = {entry.key: entry.editor_line for entry in scanned.entries}
    assert found == {"a": 2, "b": 4, "c": 8, "d": 9}
    assert scanned.parts[0].editor_line == 1


def test_live_and_dead() -> None:
    """The first entry of a setting is the live one, through an alias too, and says so to the others."""
    scanned = scan(b"[experimental]\nnetworkingMode=nat\n[WSL2]\nNETWORKINGMODE=none\nmemroy=1\n", "wslconfig", "f")
    assert [(entry.setting, entry.live, entry.shadowed_by) for entry in scanned.entries] == [
        ("wsl2.networkingMode", True, None),
        ("wsl2.networkingMode", False, 2),
        (None, True, None),
    ]
    assert scanned.warnings == (
        "Duplicated config key 'WSL2.NETWORKINGMODE' in f:4 (Conflicting key: 'experimental.networkingMode' in f:2)",
        "Unknown key 'WSL2.memroy' in f:5",
    )


def test_chopped_names() -> None:
    """Behind a bad header a key is looked up under its name cut to the old length; a shorter name even loses the key."""
    scanned = scan(b"[experimental]\n[wsl2 x]\nmemory=1\n[wsl2longername x]\nswap=1\n", "wslconfig", "f")
    assert [entry.name for entry in scanned.entries] == ["wsl2", "wsl2longerna.swap"]


def test_end_of_file_behind_a_backslash() -> None:
    """A backslash at the very end is a mistake, and a line end behind it is none."""
    assert [part.char for part in scan(b"[wsl2]\nswap=0\\", "wslconfig", "f").parts if isinstance(part, BadLine)] == ["\uffff"]
    assert [entry.value for entry in scan(b"[wsl2]\nswap=0\\\n", "wslconfig", "f").entries] == ["0"]


def test_keep_going() -> None:
    """Behind wsl.conf's first mistake a scan sees nothing, and a reading for repairs sees the rest."""
    raw = b"[boot]\nx\nsystemd=true\n"
    assert scan(raw, "wslconf", "f").entries == ()
    assert [entry.setting for entry in read(raw, "wslconf", "f", keep_going=True).entries] == ["boot.systemd"]


@pytest.mark.parametrize(
    ("raw", "target", "newline"),
    [
        (b"", "wslconfig", "\r\n"),
        (b"", "wslconf", "\n"),
        (b"a\nb\r\nc\r\n", "wslconfig", "\r\n"),
        (b"a\nb\nc\r\n", "wslconfig", "\n"),
        (b"\xff\xfea\0\n\0", "wslconfig", "\n"),
    ],
)
def test_newline(raw: bytes, target: Target, newline: str) -> None:
    """A new line gets the line end most lines have."""
    assert scan(raw, target, "f").newline == newline


@pytest.mark.parametrize(
    "shape",
    [b"#" * 8, b" " * 8, b'"' * 8, b"a=\\\\ ", b"a" * 8, b"[" * 8, b"\x80" * 8, b"a= \r", b"a\n", b"\xef\xbf\xbf", b"= \t#", b"a=\"'"],
)
@pytest.mark.parametrize("head", [b"", b"[wsl2]\nmemory="])
def test_linear_time(shape: bytes, head: bytes) -> None:
    """Eight times as long a file costs about eight times as much, whatever its shape: nothing is quadratic."""
    spent = []
    for size in (12_000, 96_000):
        raw = head + shape * (size // len(shape))
        # The processor's time and the least of three: what else the machine does is not in it.
        turns = []
        for _ in range(3):
            begun = time.thread_time()
            scan(raw, "wslconfig", "f")
            turns.append(time.thread_time() - begun)
        spent.append(min(turns))
    assert spent[1] < 40 * spent[0] + 0.2


def test_parts_of_a_small_file() -> None:
    """Every kind of part stands with the bytes it was made of."""
    raw = b"[wsl2] # s\r\n  memory = 8GB  # c\r\nbad line\r\n"
    header, entry, bad = scan(raw, "wslconfig", "f").parts
    assert isinstance(header, Header) and isinstance(entry, Entry) and isinstance(bad, BadLine)
    assert raw[header.start : header.end] == b"[wsl2] # s"
    assert raw[entry.start : entry.end] == b"  memory = 8GB  # c"
    assert raw[entry.key_start : entry.key_end] == b"memory"
    assert raw[entry.value_start : entry.value_end] == b"8GB"
    assert (raw[bad.start : bad.end], bad.text, bad.problem, bad.name) == (b"bad line", "bad line", "expected-=", "wsl2.bad")
