"""Files for the property tests: lines as people write them, and as accidents do."""

from __future__ import annotations

from hypothesis import strategies as st

_KEYS = [
    "memory",
    "Memory",
    "swap",
    "swapFile",
    "processors",
    "kernelCommandLine",
    "networkingMode",
    "sparseVhd",
    "systemd",
    "command",
    "enabled",
    "x1",
]
_SECTIONS = ["wsl2", "WSL2", "experimental", "general", "boot", "interop", "ab", "wsl2longer"]
_VALUES = [
    "8GB",
    "8gb",
    "0",
    "true",
    "C:\\\\wsl\\\\s.vhdx",
    "C:\\new\\b",
    '"a # b"',
    '"open',
    "a \\",
    "nat",
    "",
    '" 8GB" ',
    "mirrored",
    "\\q",
    "\0",
    "é",
    "a\\\rb",
]

LINES = st.one_of(
    st.builds(
        lambda indent, key, sep, value, comment: indent + key + sep + value + comment,
        st.sampled_from(["", "  ", "\t"]),
        st.sampled_from(_KEYS),
        st.sampled_from(["=", " = ", "  =\t", " ", ": ", "="]),
        st.sampled_from(_VALUES),
        st.sampled_from(["", "", " # c", "#c", " "]),
    ),
    st.builds(
        lambda name, tail: f"[{name}" + tail, st.sampled_from(_SECTIONS), st.sampled_from(["]", "]", "]", "] # c", " x]", "] y", ""])
    ),
    st.sampled_from(
        [
            "",
            "   ",
            "# a comment",
            "#",
            "; c",
            "[",
            "[ wsl2 ]",
            "\uffff",
            "a\uffffmemory=1",
            "# \uffffswap=0",
            "\0\0",
            "\x0b",
            "# a\rb",
            "\\",
        ]
    ),
    st.text(alphabet='ab[]="\\#\r \t1é\uffff\0', max_size=12),
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r\n", "\r", "\r\r\n", ""])
TEXTS = st.lists(st.tuples(LINES, ENDS), max_size=14).map(lambda lines: "".join(line + end for line, end in lines))
# Files in which most lines count.
BYTES = st.one_of(
    TEXTS.map(lambda text: text.encode("utf-8")),
    TEXTS.map(lambda text: b"\xef\xbb\xbf" + text.encode("utf-8")),
    TEXTS.map(lambda text: b"\xff\xfe" + text.encode("utf-16-le")),
    st.tuples(TEXTS, TEXTS).map(lambda pair: pair[0].encode("utf-8") + b"\x1a" + pair[1].encode("utf-8")),
    TEXTS.map(lambda text: text.encode("latin-1", "replace")),
    st.tuples(TEXTS, st.sampled_from([b"\xe9", b"\x80\x80\x80\x80\x80", b"\xc3", b"\xe2\x82"])).map(
        lambda pair: pair[0].encode("utf-8") + pair[1]
    ),
    st.tuples(TEXTS, st.integers(2040, 2050), st.sampled_from([b"\xe9", b"\xa9", b"\xc3\xa9", b"\r"]), TEXTS).map(
        lambda parts: (parts[0].encode("utf-8") + b"\n#").ljust(parts[1], b"x") + parts[2] + b"\n" + parts[3].encode("utf-8")
    ),
    st.binary(max_size=60),
)
