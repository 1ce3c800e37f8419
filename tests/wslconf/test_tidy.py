"""Tidy: what has one answer is mended, only the named lines change, and mending twice changes nothing more."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wslconf.lint_cases import CASES, Lint, cfg, conf
from wslcfg.model.wslfile import HostView
from wslcfg.wslconf import keys, tidy
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.lint import RULES, hits, lint
from wslcfg.wslconf.lint_case import Around, Case, Hit, Splice
from wslcfg.wslconf.scan import scan
from wslcfg.wslconf.tidy import fixes
from wslcfg.wslconf.values import parsed

AROUND = Around()


def _read(raw, target="wslconfig", around=AROUND):
    read = scan(raw, target, "f")
    return read, effective(read, HostView(around.ram, around.processors, around.policies or ()))


def _fixed(raw, target="wslconfig", around=AROUND):
    read, used = _read(raw, target, around)
    return fixes(read, used, around)


MENDED = [
    ("WC060", b"[wsl2]\nmemory=8gb\n", b"[wsl2]\nmemory=8GB\n"),
    ("WC060", b"[wsl2]\r\nmemory = 1.5 gb # mine\r\n", b"[wsl2]\r\nmemory = 1536MB # mine\r\n"),
    ("WC060", b"[wsl2]\nmemory='8GB'\n", b"[wsl2]\nmemory=8GB\n"),
    ("WC061", b"[wsl2]\nguiApplications=no\ndnsProxy=On\n", b"[wsl2]\nguiApplications=false\ndnsProxy=true\n"),
    ("WC062", b"[wsl2]\nprocessors=08\n", b"[wsl2]\nprocessors=8\n"),
    ("WC063", b"[experimental]\nautoMemoryReclaim=gradualy\n", b"[experimental]\nautoMemoryReclaim=Gradual\n"),
    ("WC105", b"[wsl2]\nnetworkingMode=consomme\n", b"[wsl2]\nnetworkingMode=VirtioProxy\n"),
    ("WC020", b"; a\n  ;b=1\n[wsl2]\n", b"# a\n  #b=1\n[wsl2]\n"),
    ("WC021", b"// a\nREM b\n", b"# // a\n# REM b\n"),
    ("WC024", b"[ wsl2 ] # a\nmemory=8GB\n", b"[wsl2] # a\nmemory=8GB\n"),
    ("WC024", b'["wsl2\nmemory=8GB\n', b"[wsl2]\nmemory=8GB\n"),
    ("WC025", b"[wsl2]\nswapFile=C:\\wsl\\swap.vhdx\n", b"[wsl2]\nswapFile=C:\\\\wsl\\\\swap.vhdx\n"),
    ("WC025", b"[wsl2]\nswapFile = C:\\\\wsl\\swap.vhdx # a\n", b"[wsl2]\nswapFile = C:\\\\wsl\\\\swap.vhdx # a\n"),
    ("WC027", b"[wsl2]\nmemory: 8GB\n", b"[wsl2]\nmemory= 8GB\n"),
    ("WC028", b"[wsl2]\nwsl2.memory=8GB\n", b"[wsl2]\nmemory=8GB\n"),
    ("WC029", b'[wsl2]\n"memory"=8GB\n', b"[wsl2]\nmemory=8GB\n"),
    ("WC041", b"[ws12]  # a\nmemory=8GB\nswap=0\n", b"[wsl2]  # a\nmemory=8GB\nswap=0\n"),
    ("WC047", b"[wsl2]\n  memroy = 8GB\n", b"[wsl2]\n  memory = 8GB\n"),
    ("WC049", b"[wsl2]\nmemory=8GB\nmemory=4GB\nswap=0\n", b"[wsl2]\nmemory=8GB\nswap=0\n"),
    ("WC049", b"[wsl2]\nmemory=8GB\nmemory=4GB # too little\n", b"[wsl2]\nmemory=8GB\n# too little\n"),
    ("WC049", b"[wsl2]\nmemory=8xb\nmemory=4GB\n", b"[wsl2]\nmemory=4GB\n"),
    ("WC081", b"[wsl2]\nswapFile=C:\\\\wsl\\\nmemory=8GB\n", b"[wsl2]\nswapFile=C:\\\\wsl\\\\\nmemory=8GB\n"),
    ("WC081", b"[wsl2]\nmemory=8GB\\\nswap=0\n", b"[wsl2]\nmemory=8GB\nswap=0\n"),
    ("WC082", b"[wsl2]\nswapFile=C:\\new\\table.vhdx\n", b"[wsl2]\nswapFile=C:\\\\new\\\\table.vhdx\n"),
]
MENDED_CONF = [
    ("WC004", b"\xef\xbb\xbf[boot]\nsystemd=true\n", b"[boot]\nsystemd=true\n"),
    ("WC020", b"; a\n[boot]\n; b\nsystemd=yes\n", b"# a\n[boot]\n# b\nsystemd=true\n"),
    ("WC075", b"[filesystem]\numask=22\n", b"[filesystem]\numask=022\n"),
    ("WC041", b"[automout]\nenabled=false\n", b"[automount]\nenabled=false\n"),
]


@pytest.mark.parametrize(("rule", "raw", "wanted"), MENDED, ids=range(len(MENDED)))
def test_a_mistake_with_one_answer_is_mended(rule, raw, wanted):
    """The bytes are the wanted ones: nothing but the mistake has changed."""
    assert rule in {one.id for one in lint(*_read(raw))}
    fixed = _fixed(raw)
    assert fixed.raw == wanted
    assert rule not in {one.id for one in lint(*_read(fixed.raw))}


@pytest.mark.parametrize(("rule", "raw", "wanted"), MENDED_CONF, ids=range(len(MENDED_CONF)))
def test_a_mistake_in_wsl_conf_is_mended(rule, raw, wanted):
    """The same for wsl.conf, where one repair brings the next mistake to light."""
    fixed = _fixed(raw, "wslconf")
    assert fixed.raw == wanted
    assert rule not in {one.id for one in lint(*_read(fixed.raw, "wslconf"))}


@pytest.mark.parametrize(
    ("raw", "setting", "value"),
    [
        (b"[wsl2]\nautoMemoryReclaim=gradual\n", "experimental.autoMemoryReclaim", "Gradual"),
        (b"memory=8GB\n[wsl2]\nswap=0\n", "wsl2.memory", 8 << 30),
        (b"[experimental]\nmemroy=8gb\n", "wsl2.memory", 8 << 30),
        (b"[wsl2]\ninstanceIdleTimeout=-1\nvmIdleTimeout=-1\n", "general.instanceIdleTimeout", -1),
        (b"wsl2.memory=8GB\n", "wsl2.memory", 8 << 30),
        (b"swapFile=C:\\\\a b\\\\s.vhdx # x\n[wsl2]\n", "wsl2.swapFile", "C:\\a b\\s.vhdx"),
    ],
)
def test_a_key_in_the_wrong_place_moves(raw, setting, value):
    """The setting takes effect afterwards, and the line it stood on is gone."""
    around = Around(ram=32 << 30, processors=8)
    fixed = _fixed(raw, around=around)
    _, used = _read(fixed.raw, around=around)
    assert used.values[setting] == value
    assert used.warnings == ()
    (change,) = [one for one in fixed.keys if f"{one.section}.{one.key}" == setting]
    assert change.old is None and change.new is not None and change.why


@pytest.mark.parametrize(
    "raw",
    [
        b"[wsl2]\nmemory=50%\n",
        b"[wsl2]\nmemory=4096\n",
        b"[wsl2]\nmemory=4GB\n[experimental]\nmemory=8GB\n",
        b"memory=8GB\n[wsl2]\nmemory=4GB\n",
        b"[wsl2]\nmemroy=8GB\nmemory=4GB\n",
        b"[wsl2\nmemory=4GB\n[wsl2]\nmemory=8GB\n",
        b"[ws12]\nmemory=4GB\n[wsl2]\nmemory=8GB\n",
        b"[wsl2]\nfoo=1\n",
        b"[wsl2]\nswapFile=C:\\\\a\\\nmemory=8GB\nmemory=4GB\n",
        b"[wsl2]\nmemory=8GB\\\n[experimental]\nswap=0\n",
        b"[wsl2]\nprocessors=010\n",
        b"[experimental]\nsparseVhd=true\n",
        b"[wsl2]\nmacAddress=foo\n",
        b"\xfe\xff\0[\0w",
        b"[wsl2]\nmemory=8GB\n",
        b"",
    ],
)
def test_what_needs_a_person_is_left_alone(raw):
    """Where two answers are possible, or none, not a byte changes."""
    fixed = _fixed(raw, around=Around(ram=32 << 30))
    assert fixed == (raw, (), ())


def test_the_repairs_name_line_old_new_and_why():
    """What is shown to the person is what happens, with the numbers of the old file."""
    raw = b"; mine\r\n[wsl2]\r\nmemory=8gb\r\nmemory=4GB\r\nswap: 2gb\r\n"
    fixed = _fixed(raw)
    assert fixed.raw == b"# mine\r\n[wsl2]\r\nmemory=4GB\r\nswap= 2GB\r\n"
    shown = {one.line: (one.old, one.new) for one in fixed.repairs}
    assert shown[1] == ("; mine", "# mine")
    assert shown[3] == ("memory=8gb", None)
    assert shown[5] == ("swap: 2gb", "swap= 2GB")
    assert all(one.why and one.file == ".wslconfig" for one in fixed.repairs)
    assert {(one.section, one.key, one.new) for one in fixed.keys} >= {("wsl2", "swap", "2GB")}


def test_the_old_lines_are_the_lines_of_the_old_file():
    """Replacing each old line by its new one gives the new file."""
    raw = b"\xef\xbb\xbf; mine\n[wsl2]\n// b\nmemory=8gb # x\nguiApplications=no\n[experimental]\nsparseVhd=false\n"
    fixed = _fixed(raw)
    lines = raw.decode("utf-8-sig").split("\n")
    for one in fixed.repairs:
        assert lines[one.line - 1] == one.old
        lines[one.line - 1] = one.new
    assert "\n".join(lines).encode("utf-8-sig") == fixed.raw


def test_utf16_stays_utf16():
    """A file in UTF-16 is mended in UTF-16."""
    raw = b"\xff\xfe" + "[wsl2]\r\n; é\r\nmemory=8gb\r\n".encode("utf-16-le")
    assert _fixed(raw).raw == b"\xff\xfe" + "[wsl2]\r\n# é\r\nmemory=8GB\r\n".encode("utf-16-le")


def test_utf16_with_pairs_names_its_lines():
    """Behind a character of two code units the repairs still name the right lines."""
    fixed = _fixed("\ufeff# 😀😀😀\n[wsl2]\nmemory=8gb\n; x\n".encode("utf-16-le"))
    assert [(repair.line, repair.old, repair.new) for repair in fixed.repairs] == [(3, "memory=8gb", "memory=8GB"), (4, "; x", "# x")]


def test_a_line_swallowed_by_a_second_setting_stays():
    """A second setting goes, what a backslash has joined to it stays as a comment."""
    fixed = _fixed(b"[wsl2]\nmemory=8GB\nmemory=4GB\\\nswap=1GB # mine\n[x]\n")
    assert fixed.raw == b"[wsl2]\nmemory=8GB\n# swap=1GB # mine\n[x]\n"
    assert [(repair.line, repair.new) for repair in fixed.repairs] == [(3, None), (4, "# swap=1GB # mine")]


def test_a_byte_order_mark_outlives_the_first_line():
    """Taking the first line out leaves the mark, without which WSL would read nothing of a UTF-16 file."""
    text = "memory=8GB\r\n[wsl2]\r\nswap=0\r\n"
    wanted = "[wsl2]\r\nswap=0\r\nmemory=8GB\r\n"
    assert _fixed(text.encode("utf-8-sig")).raw == wanted.encode("utf-8-sig")
    assert _fixed(b"\xff\xfe" + text.encode("utf-16-le")).raw == b"\xff\xfe" + wanted.encode("utf-16-le")


def test_a_line_that_counted_never_goes(monkeypatch):
    """Even a rule that wrongly asks for it cannot take out a setting that counts; the rules are patched, since no present one asks."""
    read, used = _read(b"[wsl2]\nmemory=8GB\n")
    wrong = Hit(7, 2, "wsl2.memory", "Wrong.", None, Splice(7, 17, "", whole_line=True))
    monkeypatch.setattr(tidy, "hits", lambda case: ((RULES[0], wrong),))
    assert fixes(read, used) == (read.raw, (), ())


def test_the_label_is_what_the_caller_calls_the_file():
    """A plan names the file as people know it."""
    read, used = _read(b"[wsl2]\nmemory=8gb\n")
    fixed = fixes(read, used, AROUND, label="D:\\x\\.wslconfig")
    assert {one.file for one in (*fixed.repairs, *fixed.keys)} == {"D:\\x\\.wslconfig"}


def test_the_docs_say_which_rules_repair_themselves():
    """docs/lint.md marks exactly the rules that have a mechanical repair in some case."""
    path = Path(__file__).parents[2] / "docs" / "make_docs.py"
    spec = importlib.util.spec_from_file_location("make_docs_for_tidy", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cases = [case for fires, _ in CASES.values() for case in fires]
    cases += [cfg(raw) for _, raw, _ in MENDED] + [conf(raw) for _, raw, _ in MENDED_CONF]
    repaired = {rule.id for case in cases for rule, hit in hits(Case(*_read(case.raw, case.target, case.around), case.around)) if hit.mend}
    assert repaired == module.REPAIRED


def _idempotent(case: Lint):
    fixed = _fixed(case.raw, case.target, case.around)
    again = _fixed(fixed.raw, case.target, case.around)
    assert again == (fixed.raw, (), ())
    read = scan(case.raw, case.target, "f")
    before = {entry.setting: entry for entry in read.entries if entry.live and entry.setting}
    after = {entry.setting: entry.value for entry in scan(fixed.raw, case.target, "f").entries if entry.live and entry.setting}
    assert set(before) <= set(after)
    touched = {one.line for one in fixed.repairs}
    for name, entry in before.items():
        readable = parsed(keys.find(name, case.target), entry.value) is not None
        if readable and entry.editor_line not in touched:
            assert after[name] == entry.value
    return fixed


EVERY = [case for fires, near in CASES.values() for case in (*fires, *near)]


@pytest.mark.parametrize("case", EVERY, ids=range(len(EVERY)))
def test_mending_twice_changes_nothing_more(case):
    """The result of a mend needs no mend, and no setting that counted is lost."""
    _idempotent(case)


@pytest.mark.parametrize("value", ["0", "4GB"])
@pytest.mark.parametrize("broken", [1, 2, 3])
def test_broken_headers_above_each_other(broken, value):
    """None of them is mended while a setting below, beyond the next broken one too, would then count before the one that counts now."""
    raw = b"[ wsl2 ]\n" * broken + b"swap=0\n[wsl2]\nswap=" + value.encode() + b"\n"
    assert _idempotent(cfg(raw)).raw == raw
    free = b"[ wsl2 ]\n" * broken + b"swap=0\n"
    assert scan(_idempotent(cfg(free)).raw, "wslconfig", "f").entries[0].live


def test_a_header_that_would_take_a_setting_away():
    """A broken header is left alone where a line below it counts by the section above; a line of its own section is no reason."""
    raw = b"[general]\n[ wsl2 ]\ninstanceIdleTimeout=-1\n"
    assert _idempotent(cfg(raw)).raw == raw
    assert _idempotent(cfg(b"[wsl2]\n[ wsl2 ]\nmemory=8GB\n")).raw == b"[wsl2]\n[wsl2]\nmemory=8GB\n"


LINES = st.sampled_from([
    b"[wsl2]", b"[experimental]", b"[general]", b"[ws12]", b"[ wsl2 ]", b"[wsl2", b"memory=8gb", b"memory=8GB # a", b"memroy=4GB", b"memory: 4GB",
    b"wsl2.memory=3GB", b"swap=0", b"swapFile=C:\\wsl\\s.vhdx", b"swapFile=C:\\new\\s", b"swapFile=C:\\\\a\\", b"autoMemoryReclaim=gradual", b"; a", b"// b",
    b"# c", b"guiApplications=no", b"instanceIdleTimeout=-1", b"networkingMode=mirored", b"", b'kernelCommandLine="a', b"processors=08", b"foo=1",
    b"[boot]", b"systemd=yes", b"[filesystem]", b"umask=22", b"[automout]", b"enabled=on",
])  # fmt: skip


@settings(max_examples=150)
@given(st.lists(LINES, max_size=9), st.sampled_from([b"\n", b"\r\n"]), st.sampled_from(["wslconfig", "wslconf"]))
def test_any_mixture_of_mistakes_is_mended_for_good(lines, end, target):
    """Mending is idempotent and loses no setting that counted, whatever mistakes come together."""
    _idempotent(Lint(end.join(lines), target, Around(ram=16 << 30, processors=8)))
