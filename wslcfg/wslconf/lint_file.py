"""Think: lint rules about the file as a whole: its encoding, where reading stops, line ends, and files that WSL does not look at."""

from __future__ import annotations

from collections.abc import Iterator

from wslcfg.wslconf.lint_case import Case, Hit, Rule, Splice

_BOM = b"\xef\xbb\xbf"

# Names people give the file that WSL never opens (WSL#6890 and others). Compared in lower case.
_MISNAMED = frozenset({
    ".wslconf", "wslconfig", ".wslconfig.txt", "wslconfig.txt", ".wslconf.txt", "wsl.conf", ".wsl.conf", "wsl.config", ".wsl.config",
    "wslconfig.ini", ".wslconfig.ini", ".wslconfig.conf", ".wsl_config", ".wslcfg",
})  # fmt: skip


def _unopened(case: Case) -> Iterator[Hit]:
    if not case.scan.opened:
        yield Hit(
            -1, None, None, "WSL cannot open this file (it is UTF-16 big endian), and uses defaults for everything.", "Save it as UTF-8."
        )


def _utf16(case: Case) -> Iterator[Hit]:
    raw = case.scan.raw
    if case.scan.opened and case.garbled and raw.strip(b"\0"):
        what = "UTF-16" if case.target == "wslconf" else "UTF-16 without a byte order mark"
        yield Hit(-1, 1, None, f"The file is {what}, of which WSL reads nothing; every setting has its default.", "Save it as UTF-8.")


def _only_nul(case: Case) -> Iterator[Hit]:
    raw = case.scan.raw
    if raw and not raw.strip(b"\0"):
        message = f"The file consists of {len(raw)} NUL bytes, as a crash during writing leaves it; every setting has its default."
        yield Hit(-1, 1, None, message, "Roll back to an earlier generation or write it anew.")


def _bom_in_wslconf(case: Case) -> Iterator[Hit]:
    if case.target == "wslconf" and case.scan.raw.startswith(_BOM):
        message = "The file begins with a byte order mark, so WSL ignores all of it."
        yield Hit(0, 1, None, message, "Save it as UTF-8 without a byte order mark.", Splice(0, len(_BOM), ""))


def _stops_early(case: Case) -> Iterator[Hit]:
    scan = case.scan
    if not scan.opened or scan.aborted or scan.read_end >= len(scan.raw) or case.garbled:
        return
    lost = scan.raw[scan.read_end :]
    line = _line_at(scan.raw, scan.read_end)
    lines = [text for text in lost.lstrip(b"\x1a").replace(b"\r", b"\n").split(b"\n") if text.strip()]
    in_comment = b"#" in scan.raw[: scan.read_end].replace(b"\r", b"\n").rpartition(b"\n")[2]
    if not lines or (in_comment and len(lines) == 1 and b"\n" not in lost.strip()):
        return
    if lost.startswith(b"\x1a"):
        why, fix = "a Ctrl-Z character (0x1A)", "Remove the character."
    else:
        why, fix = "bytes that are not UTF-8", "Save the file as UTF-8."
    yield Hit(scan.read_end, line, None, f"WSL reads nothing from here on because of {why}; {_lines(len(lines))} lost.", fix)


def _line_at(raw: bytes, offset: int) -> int:
    r"""The editor's line of a byte offset: \\n, \\r\\n and lone \\r each end one."""
    return raw[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1


def _lines(count: int) -> str:
    return "1 line is" if count == 1 else f"{count} lines are"


def _not_utf8(case: Case) -> Iterator[Hit]:
    scan = case.scan
    if case.target != "wslconfig" or not scan.encoding.startswith("utf8") or case.garbled:
        return
    try:
        scan.raw[: scan.read_end].decode()
    except UnicodeDecodeError as error:
        line = _line_at(scan.raw, error.start)
        if any(part.start <= error.start < part.end for part in scan.entries):
            return  # the entry's own rule says what becomes of the value
        message = "Bytes here are not UTF-8: WSL skips them now, but can stop reading at them when the file grows or shrinks above."
        yield Hit(-1, line, None, message, "Save the file as UTF-8.")


def _utf16_with_bom(case: Case) -> Iterator[Hit]:
    if case.scan.encoding == "utf16le-bom":
        message = "The file is UTF-16; WSL reads it, but the WSL Settings app drops its byte order mark, and then WSL reads nothing."
        yield Hit(-1, None, None, message, "Save it as UTF-8.")


def _bom(case: Case) -> Iterator[Hit]:
    if case.target == "wslconfig" and case.scan.encoding == "utf8-bom":
        yield Hit(-1, None, None, "The file begins with a UTF-8 byte order mark; WSL skips it, other tools may stumble.")


def _lone_cr(case: Case) -> Iterator[Hit]:
    raw = case.scan.raw
    if case.scan.encoding == "utf16le-bom" or case.garbled:
        return
    bare = raw.replace(b"\r\n", b"")
    if b"\r" in bare:
        line = _line_at(raw, _first_lone_cr(raw))
        yield Hit(
            -1, line, None, "A carriage return stands alone here; WSL takes it as the end of a line, most editors do not show it as one."
        )


def _first_lone_cr(raw: bytes) -> int:
    at = raw.find(b"\r")
    while raw[at : at + 2] == b"\r\n":
        at = raw.find(b"\r", at + 2)
    return at


def _crlf_in_wslconf(case: Case) -> Iterator[Hit]:
    if case.target != "wslconf" or b"\r\n" not in case.scan.raw or case.garbled:
        return
    version = case.around.version
    line = _line_at(case.scan.raw, case.scan.raw.index(b"\r\n"))
    message = "The file has Windows line ends (CRLF), at which WSL before 2.5.8 silently ignores settings."
    new_enough = version is not None and version >= (2, 5, 8)
    yield Hit(-1, line, None, message, "Save it with Unix line ends (LF).", level="info" if new_enough else None)


def _misnamed(case: Case) -> Iterator[Hit]:
    if case.target != "wslconfig":
        return
    for name in case.around.files:
        if name.lower() in _MISNAMED:
            message = f"WSL does not look at {name} beside this file; it reads .wslconfig alone."
            yield Hit(-1, None, None, message, "Take over what you need into .wslconfig and remove it.")


def _other_profiles(case: Case) -> Iterator[Hit]:
    if case.target == "wslconfig":
        for path in case.around.other_profiles:
            message = f"There is another file, {path}, which WSL reads only for the Windows user whose profile it is in."
            yield Hit(-1, None, None, message, "Remove it, if that is not wanted.")


RULES: tuple[Rule, ...] = (
    Rule("WC001", "error", "file", "WSL cannot open the file", _unopened),
    Rule("WC002", "error", "file", "UTF-16 that WSL cannot read", _utf16),
    Rule("WC003", "error", "file", "only NUL bytes", _only_nul),
    Rule("WC004", "error", "file", "byte order mark in wsl.conf", _bom_in_wslconf),
    Rule("WC005", "error", "file", "reading stops early", _stops_early),
    Rule("WC006", "info", "file", "bytes that are not UTF-8", _not_utf8),
    Rule("WC007", "warning", "file", "UTF-16 file", _utf16_with_bom),
    Rule("WC008", "info", "file", "byte order mark", _bom),
    Rule("WC009", "info", "file", "lone carriage return", _lone_cr),
    Rule("WC010", "warning", "file", "Windows line ends in wsl.conf", _crlf_in_wslconf),
    Rule("WC011", "warning", "neighbours", "a file that WSL does not look at", _misnamed),
    Rule("WC012", "info", "neighbours", "a second .wslconfig", _other_profiles),
)
