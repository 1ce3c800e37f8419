"""The lossless edit: what it changes, what it leaves, what it mends, and that it proves its own result."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wslconf.strategies import BYTES
from wslcfg.errors import Bug, Refused
from wslcfg.model.wslfile import Scan, Target
from wslcfg.wslconf import keys, splice
from wslcfg.wslconf.edit import Edited, Want, edit
from wslcfg.wslconf.scan import scan
from wslcfg.wslconf.values import same

MEMORY = Want("wsl2.memory", "8GB", "because")
NO_MEMORY = Want("wsl2.memory", None)
SPARSE = Want("experimental.sparseVhd", "true")


def of(raw: bytes | None, *wants: Want, target: Target = "wslconfig") -> Edited:
    """The edit under test."""
    return edit(raw, target, wants, label="the file")


@pytest.mark.parametrize(
    ("before", "want", "after"),
    [
        pytest.param(b"[wsl2]\r\nmemory=4GB\r\n", MEMORY, b"[wsl2]\r\nmemory=8GB\r\n", id="value in place"),
        pytest.param(b"[WSL2]\n\tMeMory =  4GB # mine\n", MEMORY, b"[WSL2]\n\tMeMory =  8GB # mine\n", id="case, spacing and comment stay"),
        pytest.param(b'[wsl2]\nmemory="4GB"#x\n', MEMORY, b"[wsl2]\nmemory=8GB#x\n", id="quoted value"),
        pytest.param(b"[wsl2]\nmemory=\nswap=0\n", MEMORY, b"[wsl2]\nmemory=8GB\nswap=0\n", id="empty value"),
        pytest.param(b"[wsl2]\nmemory= # c\n", MEMORY, b"[wsl2]\nmemory= 8GB # c\n", id="empty value before a comment"),
        pytest.param(b"[wsl2]\nmemory=4\\\nGB\nswap=0\n", MEMORY, b"[wsl2]\nmemory=8GB\nswap=0\n", id="continued value"),
        pytest.param(b"[wsl2]\nmemory=8gb\nmemory=8GB\n", MEMORY, b"[wsl2]\nmemory=8GB\nmemory=8GB\n", id="dead first duplicate"),
        pytest.param(b"[wsl2]\n", MEMORY, b"[wsl2]\nmemory=8GB\n", id="empty section"),
        pytest.param(b"[wsl2] # s", MEMORY, b"[wsl2] # s\r\nmemory=8GB", id="no final line end"),
        pytest.param(
            b"[wsl2]\n  swap = 0\n\n# about\n[wsl2]\ndhcp=1\n",
            MEMORY,
            b"[wsl2]\n  swap = 0\n  memory = 8GB\n\n# about\n[wsl2]\ndhcp=1\n",
            id="first section",
        ),
        pytest.param(
            b"[wsl2]\nprocessors = 4\nswap       = 0\n", MEMORY, b"[wsl2]\nprocessors = 4\nswap       = 0\nmemory     = 8GB\n", id="column"
        ),
        pytest.param(b"[experimental]\nx=1\n", MEMORY, b"[experimental]\nx=1\n\n[wsl2]\nmemory=8GB\n", id="new section"),
        pytest.param(b"# c\r\n\r\n", MEMORY, b"# c\r\n\r\n[wsl2]\r\nmemory=8GB\r\n", id="blank line there already"),
        pytest.param(b"\xef\xbb\xbf", MEMORY, b"\xef\xbb\xbf[wsl2]\r\nmemory=8GB\r\n", id="mark only"),
        pytest.param(b"\xef\xbb\xbf[wsl2]\nmemory=1GB", MEMORY, b"\xef\xbb\xbf[wsl2]\nmemory=8GB", id="mark"),
        pytest.param(b"[wsl2]\rswap=0\r", MEMORY, b"[wsl2]\rswap=0\rmemory=8GB\r\n", id="lone carriage returns"),
        pytest.param(
            b"[wsl2]\nswap=0\n\x1arest\n", SPARSE, b"[wsl2]\nswap=0\n\n[experimental]\nsparseVhd=true\n\x1arest\n", id="before Ctrl-Z"
        ),
        pytest.param(b"[wsl2]\nswap=0\x1arest", MEMORY, b"[wsl2]\nswap=0\nmemory=8GB\x1arest", id="before Ctrl-Z in a line"),
        pytest.param(b"\0\0\0", MEMORY, b"\0\0\0\r\n\r\n[wsl2]\r\nmemory=8GB", id="NULs"),
        pytest.param(b"[wsl2]\nswap=0\\\n", MEMORY, b"[wsl2]\nswap=0\\\n\nmemory=8GB", id="behind an open continuation"),
        pytest.param(b"[wsl2]\nswap=0\\\n", SPARSE, b"[wsl2]\nswap=0\\\n\n\n[experimental]\nsparseVhd=true", id="new section behind one"),
        pytest.param(b'[wsl2]\nswap="0\n', MEMORY, b'[wsl2]\nmemory=8GB\nswap="0\n', id="beside an open quote"),
        pytest.param(
            b"[wsl2]\nswap=0\n[experimental x]\ndhcp=1\n",
            MEMORY,
            b"[wsl2]\nswap=0\nmemory=8GB\n[experimental x]\ndhcp=1\n",
            id="above a bad header",
        ),
        pytest.param(
            b"[wsl2]\nswap=0\n[ab x]\nsparseVhd=1\n",
            SPARSE,
            b"[wsl2]\nswap=0\n[ab x]\nsparseVhd=1\n\n[experimental]\nsparseVhd=true\n",
            id="below chopped names",
        ),
        pytest.param(
            b"[experimental]\nnetworkingMode=nat\n",
            Want("wsl2.networkingMode", "Mirrored"),
            b"[experimental]\nnetworkingMode=Mirrored\n",
            id="alias",
        ),
        pytest.param(
            b"[wsl2]\nswapFile=C:\\Users\\x.vhdx # c\n",
            Want("wsl2.swapFile", "D:\\s.vhdx"),
            b"[wsl2]\nswapFile=D:\\\\s.vhdx # c\n",
            id="value that WSL drops",
        ),
        pytest.param(b"[wsl2]\nmemory=4GB\nswap=0\n", NO_MEMORY, b"[wsl2]\nswap=0\n", id="unset"),
        pytest.param(b"[wsl2]\n  memory=4GB # mine\n", NO_MEMORY, b"[wsl2]\n  # mine\n", id="unset keeps the comment"),
        pytest.param(b"[wsl2]\r\nmemory=4GB", NO_MEMORY, b"[wsl2]", id="unset without final line end"),
        pytest.param(
            b"[wsl2]\nmemory=1\nMEMORY=2\nswap=0\n[WSL2]\nmemory=3 # c", NO_MEMORY, b"[wsl2]\nswap=0\n[WSL2]\n# c", id="unset all"
        ),
        pytest.param(b"[wsl2]\nmemory=4\\\nGB\nswap=0\n", NO_MEMORY, b"[wsl2]\nswap=0\n", id="unset continued"),
        pytest.param(
            b"[experimental]\nnetworkingMode=nat\n[wsl2]\nnetworkingMode=none\n",
            Want("wsl2.networkingMode", None),
            b"[experimental]\n[wsl2]\n",
            id="unset alias",
        ),
        pytest.param(
            b"# caf\xe9 \xff\n[wsl2]\nmemory=1GB # \xe9\n", NO_MEMORY, b"# caf\xe9 \xff\n[wsl2]\n# \xe9\n", id="broken characters stay"
        ),
    ],
)
def test_bytes(before: bytes, want: Want, after: bytes) -> None:
    """One setting changes and every other byte stays; the same again changes nothing."""
    edited = of(before, want)
    assert edited.raw == after
    assert of(after, want) == Edited(after, (), ())


@pytest.mark.parametrize(
    ("before", "put", "out"),
    [
        (b"memory=8GB\\\nswap=1GB\n", b"memory=7GB\n# swap=1GB\n", b"# swap=1GB\n"),
        (b"memory=8GB\\\n  swap=1GB # mine", b"memory=7GB\n#   swap=1GB # mine", b"#   swap=1GB # mine"),
        (b"memory=8GB\\\r\n; old\\\r\n\r\nswap=0\r\n", b"memory=7GB\r\n# ; old\r\nswap=0\r\n", b"# ; old\r\nswap=0\r\n"),
        (b"memory=1KB\nmemory=8GB\\\nswap=1GB\n", b"memory=7GB\nmemory=8GB\\\nswap=1GB\n", b"# swap=1GB\n"),
        (b'memory="8GB\\\nswap=1GB\n', b"memory=7GB\n# swap=1GB\n", None),
    ],
)  # fmt: skip
def test_a_swallowed_line_stays(before: bytes, put: bytes, out: bytes | None) -> None:
    """A line that a backslash has joined to the value above it never counted; it stays as a comment, and is named."""
    head = b"[wsl2]\r\n" if b"\r" in before else b"[wsl2]\n"
    edited = of(head + before, Want("wsl2.memory", "7GB"))
    assert edited.raw == head + put
    assert ["comment" in repair.why for repair in edited.repairs] == [True] * (b"#" in put)
    if out is not None:
        gone = of(head + before, NO_MEMORY)
        assert gone.raw == head + out
        assert [repair.line for repair in gone.repairs if "comment" in repair.why] == [4 if before.count(b"memory") == 2 else 3]


def test_swallowed_words() -> None:
    """Words may be continued; from a line that is a setting on they stay as comments, in UTF-16 too."""
    before = "\ufeff# 😀\n[wsl2]\nkernelCommandLine=a \\\nb=1 \\\nmemory=2GB \\\nc # d\n"
    after = of(before.encode("utf-16-le"), Want("wsl2.kernelCommandLine", "quiet")).raw.decode("utf-16-le")
    assert after == "\ufeff# 😀\n[wsl2]\nkernelCommandLine=quiet\n# memory=2GB \n# c # d\n"


def test_utf16() -> None:
    """A UTF-16LE file stays one: mark, line ends and pairs of surrogates in comments too."""
    before = "\ufeff[wsl2]\r\nswap=0 # 😀\r\n".encode("utf-16-le")
    assert of(before, MEMORY).raw == "\ufeff[wsl2]\r\nswap=0 # 😀\r\nmemory=8GB\r\n".encode("utf-16-le")
    assert of(before, Want("wsl2.swap", None)).raw == "\ufeff[wsl2]\r\n# 😀\r\n".encode("utf-16-le")


@pytest.mark.parametrize(
    ("target", "name", "expected"),
    [("wslconfig", "wsl2.memory", b"[wsl2]\r\nmemory=1\r\n"), ("wslconf", "user.default", b"[user]\ndefault=1\n")],
)
def test_new_file(target: Target, name: str, expected: bytes) -> None:
    """A new file has its own kind of line ends; unsetting makes none."""
    assert of(None, Want(name, "1"), target=target).raw == of(b"", Want(name, "1"), target=target).raw == expected
    assert of(None, Want(name, None), target=target) == Edited(b"", (), ())


@pytest.mark.parametrize(
    ("name", "there", "wanted"),
    [
        ("wsl2.memory", b"8192MB", "8GB"), ("wsl2.memory", b'"8GB"', "8GB"), ("wsl2.dhcp", b"1", "true"), ("wsl2.swap", b"0GB", "0"),
        ("wsl2.networkingMode", b"Consomme", "virtioproxy"), ("wsl2.swapFile", b'"C:\\\\a b"', "C:\\a b"), ("wsl2.processors", b"0x8", "8"),
    ],
)  # fmt: skip
def test_same_value_stays(name: str, there: bytes, wanted: str) -> None:
    """Another spelling of the value that is there changes nothing."""
    raw = b"[wsl2]\n" + name.partition(".")[2].encode() + b"=" + there + b"\n"
    assert of(raw, Want(name, wanted)) == Edited(raw, (), ())


@pytest.mark.parametrize("value", ["C:\\wsl\\", "a # b", " a ", 'say "x"', "a\nb\tc\bd", "#", "\\\\srv\\x", "a'b", '"', "\\", "\ta", ""])
@pytest.mark.parametrize("target", ["wslconfig", "wslconf"])
def test_any_text_is_read_back(value: str, target: Target) -> None:
    """Backslashes, quotes, hashes, spaces at the edges and line ends inside a value are written so that WSL reads them as meant."""
    name = "wsl2.kernelCommandLine" if target == "wslconfig" else "boot.command"
    raw = of(b"", Want(name, value), target=target).raw
    assert [entry.value for entry in scan(raw, target, "f").entries] == [value]


def test_keys_and_repairs_say_what_happened() -> None:
    """A change carries the raw texts as they stand in the file, a repair the line that is gone and why."""
    edited = of(b'[wsl2]\nmemory="4GB"\nmemory=2GB\n', NO_MEMORY)
    assert [(change.file, change.section, change.key, change.old, change.new) for change in edited.keys] == [
        ("the file", "wsl2", "memory", '"4GB"', None)
    ]
    assert [(repair.line, repair.old, repair.new) for repair in edited.repairs] == [(3, "memory=2GB", None)]
    added = of(b"", MEMORY).keys[0]
    assert (added.old, added.new, added.why) == (None, "8GB", "because")


def test_key_above_every_section_moves() -> None:
    """A key that WSL ignores because it has no section goes into its section; its comment stays."""
    edited = of(b"memory=4GB # c\r\nswap=0\r\n", MEMORY)
    assert edited.raw == b"# c\r\nswap=0\r\n\r\n[wsl2]\r\nmemory=8GB\r\n"
    assert [(repair.line, repair.old, repair.new) for repair in edited.repairs] == [(1, "memory=4GB # c", None)]


def test_open_end_is_commented_out() -> None:
    """A last line that ends in a backslash would swallow the new section; WSL drops it anyway, so it becomes a comment."""
    edited = of(b"[wsl2]\nkernelCommandLine=a\\", SPARSE)
    assert edited.raw == b"[wsl2]\n# kernelCommandLine=a\\\n\n[experimental]\nsparseVhd=true"
    assert edited.repairs[0].old == "kernelCommandLine=a\\"


@pytest.mark.parametrize(
    ("raw", "target"),
    [
        ("\ufeff[boot]\nsystemd=false\n".encode("utf-16-be"), "wslconf"), ("\ufeff[boot]\nsystemd=false\n".encode("utf-16-le"), "wslconf"),
        ("[boot]\nsystemd=false\n".encode("utf-16-le"), "wslconf"), ("\ufeff[boot]\nsystemd=false\n".encode(), "wslconf"),
    ],
)  # fmt: skip
def test_encoding_of_wslconf_is_mended(raw: bytes, target: Target) -> None:
    """A wsl.conf whose encoding makes WSL ignore all of it is written as plain UTF-8, and that is told."""
    edited = of(raw, Want("boot.systemd", "true"), target=target)
    assert edited.raw == b"[boot]\nsystemd=true\n"
    assert len(edited.repairs) == 1


def test_encoding_of_wslconfig_is_mended() -> None:
    """A UTF-16BE file, or one without its mark, becomes UTF-8; what it says then counts."""
    for text in ("\ufeff[wsl2]\r\nswap=0 # é\r\n", "[wsl2]\r\nswap=0 # é\r\n"):
        edited = of(text.encode("utf-16-be"), MEMORY)
        assert edited.raw == "[wsl2]\r\nswap=0 # é\r\nmemory=8GB\r\n".encode()
        assert len(edited.repairs) == 1
        assert of(text.encode("utf-16-be"), NO_MEMORY).raw == text.encode("utf-16-be")


def test_broken_characters_are_mended_where_they_cut() -> None:
    """Broken UTF-8 at the end hides a whole piece of the file from WSL, new lines too: then it becomes UTF-8."""
    edited = of(b"[wsl2]\nmemory=4GB\n#\x80\x80\x80\x80\x80", Want("wsl2.swap", "0"))
    assert edited.raw == "[wsl2]\nmemory=4GB\nswap=0\n#€€€€€".encode()
    assert edited.repairs[0].line == 3


def test_broken_characters_are_mended_where_the_edit_would_make_them_cut() -> None:
    """A Latin-1 comment that the new line pushes onto the border of a 2048-byte piece must not hide the rest of the file."""
    line = b"memory=8GB\n"
    raw = b"[wsl2]\n" + b"#".ljust(2048 - 7 - len(line) - 1, b"x") + b"\xa9\n[experimental]\nsparseVhd=true\n"
    edited = of(raw, MEMORY)
    assert edited.raw == raw.replace(b"[wsl2]\n", b"[wsl2]\n" + line).replace(b"\xa9", "©".encode())
    assert [entry.setting for entry in scan(edited.raw, "wslconfig", "f").entries] == ["wsl2.memory", "experimental.sparseVhd"]


@pytest.mark.parametrize(
    ("before", "want", "after"),
    [
        pytest.param(b"[boot]\nsystemd=0\nbaby\n", Want("boot.systemd", "true"), b"[boot]\nsystemd=true\nbaby\n", id="above the mistake"),
        pytest.param(b"; c\n[boot]\nsystemd=0\n", Want("boot.systemd", "true"), b"# ; c\n[boot]\nsystemd=true\n", id="below the mistake"),
        pytest.param(
            b"; c\n[boot]\nsystemd=1\n", Want("boot.systemd", "true"), b"# ; c\n[boot]\nsystemd=1\n", id="only the mistake in the way"
        ),
        pytest.param(
            b"[gpu]\r\nbaby\r\n",
            Want("user.default", "a"),
            b"[gpu]\r\n# baby\r\n\r\n[user]\r\ndefault=a\r\n",
            id="new section behind the mistake",
        ),
        pytest.param(
            b"[interop]\n[gpu x]\nenabled=false\n# c\n[boot]\n",
            Want("boot.systemd", "true"),
            b"[interop]\n# [gpu x]\n# enabled=false\n# c\n[boot]\nsystemd=true\n",
            id="a bad header takes its keys along",
        ),
        pytest.param(
            b'[gpu]\nx="a\\\nb\n[boot]\n',
            Want("boot.systemd", "true"),
            b'[gpu]\n# x="a\\\n# b\n[boot]\nsystemd=true\n',
            id="a mistake over two lines",
        ),
    ],
)
def test_first_mistake_of_wslconf(before: bytes, want: Want, after: bytes) -> None:
    """Where a key would come to stand behind the mistake that ends the file, the mistake becomes a comment; nothing else is touched."""
    edited = of(before, want, target="wslconf")
    assert edited.raw == after
    assert bool(edited.repairs) is (b"\n# " in after or after.startswith(b"# "))


def test_wslconf_takes_utf8() -> None:
    """wsl.conf is read byte by byte, so text beyond ASCII is written as UTF-8, and found again."""
    edited = of(b"[boot]\n", Want("boot.command", "echo é"), target="wslconf")
    assert edited.raw == "[boot]\ncommand=echo é\n".encode()
    assert of(edited.raw, Want("boot.command", "echo é"), target="wslconf").keys == ()


@pytest.mark.parametrize(
    ("want", "target"),
    [
        (Want("wsl2.swapFile", "C:\\José\\s.vhdx"), "wslconfig"), (Want("wsl2.vmSwitch", "a\rb"), "wslconfig"), (Want("boot.command", "a\0b"), "wslconf"),
        (Want("wsl2.memroy", "8GB"), "wslconfig"), (Want("wsl2.memory", "8GB"), "wslconf"),
    ],
)  # fmt: skip
def test_refused(want: Want, target: Target) -> None:
    """What cannot stand in the file, or is no setting of it, is refused; nothing is written."""
    with pytest.raises(Refused):
        of(b"", want, target=target)


def test_result_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that would hit another setting is a bug and writes nothing, even if the splice itself were wrong."""
    real = splice.replace_value

    def wrong(scanned: Scan, entry: object, value: str, setting: keys.Setting) -> splice.Spliced:
        done = real(scanned, scanned.entries[0], value, setting)
        return done._replace(raw=done.raw.replace(b"swap=0", b"swap=1"))

    monkeypatch.setattr(splice, "replace_value", wrong)  # no input makes the real one fail
    with pytest.raises(Bug):
        of(b"[wsl2]\nmemory=4GB\nswap=0\n", MEMORY)


def test_many_duplicates_cost_linear_time() -> None:
    """Ten thousand duplicates, in and above a section, go in one pass."""
    raw = b"memory=1\n" * 5000 + b"[wsl2]\n" + b"memory=4GB # c\nmemory=2\n" * 5000
    assert of(raw, NO_MEMORY).raw == b"memory=1\n" * 5000 + b"[wsl2]\n" + b"# c\n" * 5000
    assert of(b"memory=1\n" * 5000, MEMORY).raw == b"[wsl2]\r\nmemory=8GB\r\n"


WANTS = st.sampled_from(
    [
        MEMORY, NO_MEMORY, SPARSE, Want("wsl2.swapFile", "C:\\w #\\s.vhdx"), Want("wsl2.swapFile", None), Want("wsl2.networkingMode", "Mirrored"),
        Want("wsl2.networkingMode", None), Want("general.instanceIdleTimeout", "-1"), Want("wsl2.kernelCommandLine", ' a"b '),
    ]
)  # fmt: skip
CONF_WANTS = st.sampled_from(
    [
        Want("boot.systemd", "true"), Want("boot.systemd", None), Want("boot.command", " é#"), Want("boot.command", None),
        Want("interop.enabled", "false"), Want("user.default", "ana"),
    ]
)  # fmt: skip


def readings(raw: bytes, target: Target) -> dict[str, str]:
    """What every setting has."""
    return {entry.setting: entry.value for entry in scan(raw, target, "f").entries if entry.live and entry.setting}


@settings(max_examples=200)
@given(BYTES, st.one_of(WANTS.map(lambda want: ("wslconfig", want)), CONF_WANTS.map(lambda want: ("wslconf", want))))
def test_edit_of_any_file(raw: bytes, aim: tuple[Target, Want]) -> None:
    """For any bytes: the wanted value is read, others as before, a second time changes nothing, and without repairs all other lines stay."""
    target, want = aim
    setting = keys.find(str(want.setting), target)
    assert setting is not None
    edited = of(raw, want, target=target)
    before, after = readings(raw, target), readings(edited.raw, target)
    value = want.value.encode().decode("latin-1") if want.value is not None and target == "wslconf" else want.value
    got = after.pop(setting.name, None)
    assert got is None if value is None else got is not None and same(setting, got, value)
    if not edited.repairs:
        before.pop(setting.name, None)
        assert after == before
        if not edited.keys:
            assert edited.raw == raw
    assert of(edited.raw, want, target=target) == Edited(edited.raw, (), ())
    assert of(raw, target=target) == Edited(raw, (), ())


@settings(max_examples=100)
@given(BYTES)
def test_set_then_unset(raw: bytes) -> None:
    """Taking out what was put in brings back the reading, where the key was not there and nothing had to be mended."""
    name = "wsl2.vmIdleTimeout"
    put = of(raw, Want(name, "1"))
    if put.repairs or name in readings(raw, "wslconfig"):
        return
    added = len(put.raw) - len(raw)
    shared = next((at for at, (a, b) in enumerate(zip(raw, put.raw, strict=False)) if a != b), len(raw))
    assert any(raw[at:] == put.raw[at + added :] for at in range(shared, max(-1, shared - 40), -1))
    out = of(put.raw, Want(name, None))
    assert not out.repairs
    assert readings(out.raw, "wslconfig") == readings(raw, "wslconfig")
