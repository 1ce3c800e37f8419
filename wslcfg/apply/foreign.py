"""Think: who probably wrote a file that changed since our last generation, told from the traces that programs leave in the bytes."""

from __future__ import annotations

import re

from wslcfg.model.late import late

# What libwsl.dll's writer leaves (microsoft/WSL WslCoreConfigInterface.cpp, read at 3e27a6a5): sizes as plain bytes, enum names with a capital.
# No person types a size of six digits or more without a unit.
_BYTES = late(rb"\s*(?:memory|swap|defaultvhdsize)\s*=\s*[0-9]{6,}\s*", re.IGNORECASE)
_ENUM = late(
    rb"\s*(?:networkingMode\s*=\s*(?:None|Nat|Bridged|Mirrored|VirtioProxy|Consomme)|autoMemoryReclaim\s*=\s*(?:Disabled|Gradual|DropCache))\s*",
    re.IGNORECASE,
)
_BOM = b"\xef\xbb\xbf"
_UTF16 = b"\xff\xfe"

WSL_SETTINGS = "the WSL Settings app"
WINDOWS_EDITOR = "an editor on Windows"
LINUX_EDITOR = "an editor or script on Linux"
UNKNOWN = "somebody else"


def who_wrote(before: bytes | None, now: bytes | None, *, shared: bool) -> str:
    """Guess the writer of `now`, a file that was `before`; a noun that fits after "changed by".

    The WSL Settings app forces CRLF on every line, drops the BOM (which wrecks UTF-16) and writes sizes in bytes; it only writes `.wslconfig`,
    so a file that is not `shared` never is its work. What cannot be told is `somebody else`.
    """
    if now is None:
        return UNKNOWN
    old = before or b""
    if shared and old.startswith(_UTF16) and not now.startswith(_UTF16) and b"\x00" in now:
        return WSL_SETTINGS
    old_lines, lines = set(_lines(old)), _lines(now)
    fresh = [line for line in lines if line not in old_lines]
    crlf = _all_crlf(now)
    if shared and crlf and not now.startswith(_BOM):
        if any(_BYTES.fullmatch(line) for line in fresh):
            return WSL_SETTINGS
        if any(_ENUM.fullmatch(line) and _canonical(line) for line in fresh):
            return WSL_SETTINGS
    if crlf and (not _all_crlf(old) or (now.startswith(_BOM) and not old.startswith(_BOM))):
        return WINDOWS_EDITOR
    if b"\n" in now and not crlf and (shared or _all_crlf(old)):
        return LINUX_EDITOR
    return UNKNOWN


def _lines(raw: bytes) -> list[bytes]:
    return raw.removeprefix(_BOM).replace(b"\r\n", b"\n").split(b"\n")


def _all_crlf(raw: bytes) -> bool:
    """Whether there are line ends and each is CRLF (a missing one at the very end aside)."""
    ends = raw.count(b"\n")
    return ends > 0 and raw.count(b"\r\n") == ends


def _canonical(line: bytes) -> bool:
    """Whether the value is spelled with a capital, as the app does and people seldom do."""
    return line.partition(b"=")[2].strip()[:1].isupper()
