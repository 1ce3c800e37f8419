"""Who wrote a file: told from line ends, BOMs and the way values are spelled."""

from __future__ import annotations

import pytest

from wslcfg.apply.foreign import LINUX_EDITOR, UNKNOWN, WINDOWS_EDITOR, WSL_SETTINGS, who_wrote

LF = b"# mine\n[wsl2]\nmemory=8GB\n"
CRLF = LF.replace(b"\n", b"\r\n")
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("before", "now", "writer"),
    [
        pytest.param(LF, b"# mine\r\n[wsl2]\r\nmemory=5368709120\r\n", WSL_SETTINGS, id="size in bytes, LF became CRLF"),
        pytest.param(CRLF, CRLF + b"swap=4294967296", WSL_SETTINGS, id="appended without a last line end"),
        pytest.param(BOM + CRLF, CRLF.replace(b"8GB", b"6442450944"), WSL_SETTINGS, id="the BOM went"),
        pytest.param(CRLF, CRLF + b"networkingMode=Mirrored\r\n", WSL_SETTINGS, id="canonical enum name"),
        pytest.param(
            b"\xff\xfe" + "[wsl2]\r\n".encode("utf-16-le"), "[wsl2]\r\n".encode("utf-16-le"), WSL_SETTINGS, id="UTF-16 without its BOM"
        ),
        pytest.param(None, b"[wsl2]\r\nmemory=5368709120\r\n", WSL_SETTINGS, id="made anew"),
        pytest.param(CRLF, CRLF + b"networkingMode=mirrored\r\n", UNKNOWN, id="enum as people type it"),
        pytest.param(CRLF, CRLF.replace(b"8GB", b"12GB"), UNKNOWN, id="CRLF kept, a value as people write it"),
        pytest.param(LF, CRLF.replace(b"8GB", b"12GB"), WINDOWS_EDITOR, id="LF became CRLF"),
        pytest.param(CRLF, BOM + CRLF, WINDOWS_EDITOR, id="a BOM came"),
        pytest.param(CRLF, LF.replace(b"8GB", b"12GB"), LINUX_EDITOR, id="CRLF became LF"),
        pytest.param(LF, b"[wsl2]\nmemory=5368709120\n", LINUX_EDITOR, id="bytes, but LF"),
        pytest.param(CRLF, None, UNKNOWN, id="removed"),
    ],
)
def test_the_writer_of_wslconfig(before: bytes | None, now: bytes | None, writer: str) -> None:
    """Each program leaves its own traces; what people type is never taken for the app's."""
    assert who_wrote(before, now, shared=True) == writer


def test_the_settings_app_never_writes_a_distros_file() -> None:
    """The same bytes in wsl.conf are somebody else's."""
    assert who_wrote(CRLF, CRLF + b"memory=5368709120\r\n", shared=False) == UNKNOWN
