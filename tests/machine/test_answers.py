"""Reading what Windows' programs print: recorded shapes, any language, any code page."""

from __future__ import annotations

from pathlib import Path

import pytest

from wslcfg.machine import answers

DATA = Path(__file__).parents[1] / "data" / "windows"


def test_registry_values():
    """reg.exe's table gives names, types and numbers, hexadecimal DWORDs included."""
    values = next(iter(answers.registry((DATA / "reg-query-build.en").read_bytes()).values()))
    assert values["CurrentBuildNumber"].text == "22631"
    assert values["UBR"].number == 0x1067
    assert values["CurrentBuildNumber"].number is None


def test_registry_keeps_keys_apart_and_empty_values():
    """Sub-keys of `/s` stay apart; a value with blanks in its name or nothing in it is read as it is."""
    raw = b"\r\nHKEY_CURRENT_USER\\A\r\n    Two Words    REG_SZ    x y  z\r\n    Empty    REG_SZ    \r\n\r\nHKEY_CURRENT_USER\\A\\{b}\r\n    UBR    REG_DWORD    0x0\r\n"
    tables = answers.registry(raw)
    assert tables["HKEY_CURRENT_USER\\A"]["Two Words"].text == "x y  z"
    assert tables["HKEY_CURRENT_USER\\A"]["Empty"].text == ""
    assert tables["HKEY_CURRENT_USER\\A\\{b}"]["UBR"].number == 0


@pytest.mark.parametrize("name", ["wsl-version.en.utf16le", "wsl-version.en.utf8"])
def test_decode_by_nuls(name):
    """wsl.exe writes UTF-16LE without a BOM, or UTF-8 under WSL_UTF8=1; both are the same text."""
    assert answers.decode((DATA / name).read_bytes()).startswith("WSL version: 2.5.7.0\r\n")


def test_unc_noise_of_two_languages_hides_no_variable():
    """What cmd.exe says about a UNC folder, in English or in Chinese code page 936, is no variable."""
    for name in ("cmd-unc.en.oem437", "cmd-unc.zh-CN.cp936"):
        assert answers.variables((DATA / name).read_bytes() + b"USERPROFILE=C:\\Users\\ana\r\n") == {"USERPROFILE": "C:\\Users\\ana"}
    assert answers.folder(answers.decode((DATA / "cmd-u-profile.utf16le").read_bytes())) == "C:\\Users\\王"


@pytest.mark.parametrize(
    ("said", "folder"),
    [
        ("C:\\Users\\ana", "C:\\Users\\ana"),
        ("\\\\?\\D:\\x\\", "D:\\x"),
        ("C:", "C:"),
        ("C:\\Users\\Jos�", None),
        ("%USERPROFILE%\\x", None),
        ("\\\\server\\home", None),
        ("C:relative", None),
        ("", None),
        (None, None),
    ],
)
def test_folder(said, folder):
    """Only an absolute folder whose every character is known is used: a path read with the wrong code page is another folder."""
    assert answers.folder(said) == folder


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Microsoft Windows [Version 10.0.26100.8037]", (26100, 8037)),
        ("Microsoft Windows [版本 10.0.22631.4460]", (22631, 4460)),
        ("Microsoft Windows [Versione 10.0.18362]", (18362, None)),
        ("nothing", None),
    ],
)
def test_version_in_any_language(said, version):
    """`ver` is read by its number alone."""
    assert answers.windows_version(said.encode("utf-16-le")) == version
