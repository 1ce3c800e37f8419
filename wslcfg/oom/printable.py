"""Think: text that a process could choose (its comm, a cgroup's name), made safe to print, and the kernel's own escapes undone."""

from __future__ import annotations

import re

from wslcfg.model.late import late

# /dev/kmsg escapes what is not printable ASCII, and the backslash itself (printk.c, msg_add_ext_text).
_ESCAPE = late(rb"\\x([0-9a-f]{2})")
# C0, DEL, C1, and the marks that turn the direction of writing, with which a name could hide what stands beside it.
_CONTROL = late("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def unescaped(raw: bytes) -> bytes:
    """The bytes that /dev/kmsg has written as `\\\\xNN`."""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), raw) if b"\\x" in raw else raw


def text(raw: bytes) -> str:
    """A line as text; bytes that are no UTF-8 become `\\\\xNN`. Line breaks and other control characters are still in it."""
    return raw.decode("utf-8", "backslashreplace")


def printable(said: str) -> str:
    """The same without control characters: a line break is `\\\\x0a`, as the kernel's own log device writes it."""
    return _CONTROL.sub(_escaped, said)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
