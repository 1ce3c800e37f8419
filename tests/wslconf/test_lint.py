"""Lint: every rule fires where it should and only there, WSL's own warnings are all found, and a sound file is left in peace."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wslconf.lint_cases import CASES, Lint, cfg, conf
from wslcfg.model.size import GIB
from wslcfg.model.wslfile import BadLine, Entry, HostView
from wslcfg.wslconf import keys
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.lint import RULES, STOPS_WSL, as_dict, fatal, lint, report
from wslcfg.wslconf.lint_case import Around, Case
from wslcfg.wslconf.lint_texts import TEXTS
from wslcfg.wslconf.scan import scan
from wslcfg.wslconf.values import parsed

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "wsl-parser-vectors.json").read_text())["vectors"]
LEVELS = {rule.id: rule.level for rule in RULES}


def found(case: Lint):
    """Lint a case on the host that its surroundings describe."""
    read = scan(case.raw, case.target, "f")
    view = HostView(case.around.ram, case.around.processors, case.around.policies or ())
    return lint(read, effective(read, view), case.around)


def _ids(case: Lint):
    return [one.id for one in found(case)]


FIRING = [(rule, case) for rule, (fires, _) in CASES.items() for case in fires]
NEAR = [(rule, case) for rule, (_, near) in CASES.items() for case in near]


def test_every_rule_has_cases_and_a_unique_id():
    """A rule without a case that fires it, or without a near miss, is not tested."""
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert set(CASES) == set(ids)
    assert all(fires and near for fires, near in CASES.values())


@pytest.mark.parametrize(("rule", "case"), FIRING, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(FIRING)])
def test_a_rule_fires(rule, case):
    """The mistake is found, under this id, and said in one sentence with its place."""
    hit = [one for one in found(case) if one.id == rule]
    assert hit, _ids(case)
    assert hit[0].message.endswith((".", "?")) and (hit[0].fix is None or hit[0].fix.endswith("."))
    assert hit[0].line is None or 1 <= hit[0].line <= case.raw.count(b"\n") + case.raw.count(b"\r") + 1


@pytest.mark.parametrize(("rule", "case"), NEAR, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(NEAR)])
def test_a_rule_keeps_quiet(rule, case):
    """What comes near and is no mistake of this kind does not fire the rule."""
    assert rule not in _ids(case)


@pytest.mark.parametrize("rule", sorted(rule for rule, text in TEXTS.items() if text.example))
def test_the_example_in_the_docs_fires_its_rule(rule):
    """What docs/lint.md shows as an example is one, on a host where what the rule needs is known."""
    target = CASES[rule][0][0].target
    around = Around(
        ram=16 * GIB, processors=8, disk_free=10 * GIB, windows_reserve=6 * GIB, exists=lambda path: rule not in ("WC120", "WC123"), wsl_version="2.5.7.0",
        windows_build=19045, policies=(("AllowKernelUserSetting", 0),) if rule == "WC127" else (),
    )  # fmt: skip
    assert rule in _ids(Lint(TEXTS[rule].example.encode(), target, around))


GOOD = [
    cfg(b""),
    cfg(b"# nothing\r\n"),
    cfg(
        b"# mine\r\n[wsl2]\r\nmemory=10GB # of 32\r\nswap=8GB\r\nprocessors=6\r\nswapFile=D:\\\\wsl\\\\swap.vhdx\r\n\r\n"
        b"[experimental]\r\nautoMemoryReclaim=gradual\r\n"
    ),
    cfg(b"[wsl2]\nmemory=5368709120\nnetworkingMode=Mirrored\n[experimental]\nhostAddressLoopback=true\nignoredPorts=3000,9000\n"),
    cfg(b"[wsl2]\nvmIdleTimeout=-1\n[general]\ninstanceIdleTimeout=-1\n"),
    cfg(b"[experimental]\nnetworkingMode=mirrored\ndnsTunneling=true\n"),
    conf(b"[boot]\nsystemd=true\ncommand=\"service docker start\"\n[user]\ndefault=ana\n"),
    conf(b"[automount]\nroot=/windir\noptions=metadata,umask=22,fmask=11\n[interop]\nappendWindowsPath=false\n[network]\ngenerateResolvConf=false\n"),
    conf("# für José\n[boot]\ncommand=echo é\n".encode()),
]  # fmt: skip


@pytest.mark.parametrize("case", GOOD, ids=range(len(GOOD)))
def test_a_sound_file_is_left_in_peace(case):
    """No false alarm: neither errors nor warnings on files as people have them."""
    assert [one for one in found(case) if one.level != "info"] == []


def _view(vector):
    args = dict(zip(vector.get("host_args", [])[::2], vector.get("host_args", [])[1::2], strict=True))
    name, _, value = args.get("--policy", "").partition("=")
    return HostView(int(args.get("--ram", 34275848192)), 16, ((name, int(value)),) if name else ())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"][:60])
def test_everything_wsl_warns_about_is_found(vector):
    """Each line that WSL warns about has a finding that is no mere info, unless the whole file is one mistake."""
    raw = base64.b64decode(vector["input_b64"])
    target = "wslconfig" if vector["target"] == ".wslconfig" else "wslconf"
    view = _view(vector)
    read = scan(raw, target, "f")
    used = effective(read, view)
    around = Around(view.ram, view.processors, policies=view.policies)
    findings = [one for one in lint(read, used, around) if one.level != "info"]
    assert bool(findings) or not vector["warnings"]
    assert (fatal(used, findings) is not None) == ("fatal" in vector)
    if Case(read, used, around).garbled or any(one.id == "WC004" for one in findings):
        assert len(findings) == 1
        return
    complained = {
        part.editor_line
        for part in read.parts
        if isinstance(part, BadLine) or (isinstance(part, Entry) and (part.setting is None or not part.live or _bad(part, target)))
    }
    assert complained <= {one.line for one in findings}


def _bad(entry, target):
    setting = keys.find(entry.setting, target)
    return parsed(setting, entry.value) is None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"][:60])
def test_one_line_has_one_finding_of_a_kind(vector):
    """The most specific rule speaks and the others are silent: no two findings about how one line reads."""
    raw = base64.b64decode(vector["input_b64"])
    target = "wslconfig" if vector["target"] == ".wslconfig" else "wslconf"
    findings = found(Lint(raw, target, Around(ram=34275848192, processors=16)))
    lines = [one.line for one in findings if "WC020" <= one.id < "WC100"]
    # U+FFFF ends a line for WSL and not for an editor: two lines of WSL's stand in one of the editor's there.
    assert len(lines) == len(set(lines)) or b"\xef\xbf\xbf" in raw


def test_in_wsl_conf_the_finding_says_what_is_lost_below():
    """WSL reads no further than the first bad line, so the keys below are named, and it is an error whatever the line is."""
    (one,) = [
        one for one in found(conf(b"[boot]\nsystemd=true\n; x\n[user]\ndefault=ana\nbad line\n[interop]\nenabled=true\n")) if one.line == 3
    ]
    assert one.level == "error"
    assert "user.default (line 5)" in one.message and "interop.enabled (line 8)" in one.message
    assert "boot.systemd" not in one.message


def test_the_level_depends_on_what_is_at_stake():
    """A semicolon costs a comment in .wslconfig and the rest of the file in wsl.conf; CRLF costs nothing where WSL is new enough."""
    assert [one.level for one in found(cfg(b"; a\n"))] == ["warning"]
    assert [one.level for one in found(conf(b"; a\n"))] == ["error"]
    assert [one.level for one in found(conf(b"[boot]\r\nsystemd=true\r\n")) if one.id == "WC010"] == ["warning"]
    assert [one.level for one in found(conf(b"[boot]\r\nsystemd=true\r\n", wsl_version="2.6.1.0")) if one.id == "WC010"] == ["info"]


def test_lines_are_counted_as_an_editor_does():
    """Continuations, CRLF and lone CR do not shift the line, though WSL counts otherwise."""
    assert [one.line for one in found(cfg(b"[wsl2]\r\nkernelCommandLine=a \\\r\n b\r\nfoo=1\r\n"))] == [4]
    assert [one.line for one in found(conf(b"[boot]\r\n\r\nfoo=1\r\n")) if one.id == "WC048"] == [3]


def test_a_policy_that_turns_a_default_off_is_only_worth_knowing():
    """Nested virtualisation is on by default; a policy against it makes WSL warn although the file is empty."""
    (one,) = found(cfg(b"", policies=(("AllowNestedVirtualization", 0),)))
    assert (one.id, one.level, one.line) == ("WC127", "info", None)


def test_values_of_a_file_that_stops_wsl_are_not_judged():
    """With a bad macAddress nothing of the file counts, so only the text is examined."""
    assert _ids(cfg(b"[wsl2]\nmacAddress=foo\nmemory=16GB\n[experimental]\nhostAddressLoopback=true\nsparseVhd=true\n")) == ["WC065"]


def test_messages_carry_no_control_characters_and_no_essays():
    """A file cannot send escape sequences to the terminal through a message, nor fill it."""
    (one,) = found(cfg(b"[wsl2]\nmemory=\x1b[31m8GB\n"))
    assert "\x1b" not in one.message and "\\x1b" in one.message
    (one,) = found(cfg(b"[wsl2]\nmemory=" + b"x" * 5000 + b"\n"))
    assert len(one.message) < 500


def test_what_stops_wsl_is_fatal_in_the_report():
    """Apply refuses what keeps every distro from starting: WSL's own text where it has one, else the finding's."""
    for raw, words in ((b"[wsl2]\nmacAddress=foo\n", "Invalid mac address"), (b"[wsl2]\nkernelModules=C:\\\\m.vhd\n", "no distro starts")):
        read = scan(raw, "wslconfig", "x/.wslconfig")
        used = effective(read, HostView())
        assert words in (fatal(used, lint(read, used)) or "")
    assert {"WC065", "WC120", "WC121", "WC122"} == STOPS_WSL


def test_the_report_is_what_the_contract_promises():
    """Exactly the eight keys, JSON throughout, unknown host RAM as null."""
    read = scan(b"[wsl2]\nmemory=8gb\n", "wslconfig", "C:/x/.wslconfig")
    view = HostView()
    used = effective(read, view)
    data = json.loads(json.dumps(report(read, used, lint(read, used), view)))
    assert list(data) == ["target", "encoding", "defaults_for", "effective", "wsl_warnings", "fatal", "parse_aborted", "findings"]
    assert data["defaults_for"] == {"host_ram": None, "processors": None}
    assert data["effective"]["wsl2.memory"] is None
    assert data["wsl_warnings"] == ["Invalid memory string '8gb' for .wslconfig entry 'wsl2.memory' in C:/x/.wslconfig:2"]
    assert (data["fatal"], data["parse_aborted"]) == (None, False)
    (one,) = data["findings"]
    assert set(one) == {"id", "level", "line", "key", "message", "fix"}
    assert (one["id"], one["level"], one["line"], one["key"], one["fix"]) == ("WC060", "error", 2, "wsl2.memory", "Write 8GB.")


def test_as_dict_has_every_field():
    """The dictionary of a finding is the finding."""
    (one,) = found(cfg(b"[wsl2]\nfoo=1\n"))
    assert as_dict(one) == {"id": "WC048", "level": "warning", "line": 2, "key": "wsl2.foo", "message": one.message, "fix": one.fix}


PIECES = st.sampled_from([
    b"[wsl2]", b"[experimental]", b"[ws12]", b"[ wsl2 ]", b"memory=8gb", b"memory=8GB", b"swap=0", b"swapFile=C:\\new\\", b"swapFile=C:\\wsl\\s",
    b"autoMemoryReclaim=gradual", b"; a", b"# a", b"=", b"\\", b'"', b"\n", b"\r\n", b"\r", b"\0", b"\x1a", b"\xef\xbb\xbf", b"\xff\xfe", "é".encode(), b"\xe9",
    b"\xef\xbf\xbf", b"memory: 8GB", b"wsl2.memory=8GB", b"[boot]", b"systemd=yes", b"umask=22", b" ",
])  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=4), max_size=14), st.sampled_from(["wslconfig", "wslconf"]))
def test_lint_takes_any_bytes(pieces, target):
    """Whatever the file, lint answers, with known ids and levels, and lines that the file has."""
    raw = b"".join(pieces)
    around = Around(
        ram=8 * GIB, processors=4, disk_free=GIB, windows_reserve=4 * GIB, exists=lambda path: False, wsl_version="2.5.7.0", windows_build=1
    )
    for one in found(Lint(raw, target, around)):
        assert one.id in LEVELS and one.level in ("error", "warning", "info")
        assert one.line is None or 1 <= one.line <= raw.count(b"\n") + raw.count(b"\r") + 1


@pytest.mark.parametrize(
    ("ram", "memory", "fix"), [(64, b"60GB", "Go down to 44 GB."), (8, b"6GB", "Remove the line: WSL's default is 4 GB here.")]
)
def test_too_much_memory_is_never_answered_with_less_than_the_default(ram, memory, fix):
    """Where Windows can spare no more than half of the RAM, lint says to take the line out, as `plan` does."""
    case = cfg(b"[wsl2]\nmemory=" + memory + b"\n", ram=ram * GIB, windows_reserve=20 * GIB if ram == 64 else 5 * GIB)
    assert [(one.id, one.fix) for one in found(case)] == [("WC124", fix)]
