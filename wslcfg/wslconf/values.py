"""Think: values. What WSL's own parsers take from a text, per type, and whether two texts are the same value to it.

How a person's spelling becomes the one that every WSL release takes is in `canonical` below.

Source: src/shared/configfile/configfile.cpp, src/shared/inc/stringshared.h, src/windows/common/WslCoreConfig.cpp of microsoft/WSL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wslcfg.errors import Refused
from wslcfg.model import size
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.wslconf import keys

if TYPE_CHECKING:
    from wslcfg.wslconf.keys import Setting

# Spaces that C's strtol and strtoull skip in front of a number.
_C_SPACE = r"[ \t\n\v\f\r]*"
_INTEGER = late(_C_SPACE + r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))\Z")
_MEMORY = late(_C_SPACE + r"([+-]?)([0-9]+)(.*)\Z", re.DOTALL)
_PORT = late(_C_SPACE + r"([+-]?[0-9]+)")
_QUAD = late(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})\Z")
_MAC = late(r"[0-9A-Fa-f]{2}([-:])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\Z")

_UNITS = {
    "": 1, "B": 1, "K": 1 << 10, "KB": 1 << 10, "M": 1 << 20, "MB": 1 << 20, "G": 1 << 30, "GB": 1 << 30, "T": 1 << 40, "TB": 1 << 40,
}  # fmt: skip

# 64-bit unsigned: what memory sizes are computed in, and what they wrap at.
U64 = 1 << 64

# C's INT_MIN and INT_MAX.
_INT_MIN, _INT_MAX = -(1 << 31), (1 << 31) - 1


def parse_bool(text: str) -> bool | None:
    """`true`, `false`, `1` or `0`, in any case; None for anything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower() if text.isascii() else text)


def parse_int(text: str) -> int | None:
    """What strtol reads with base 0: `010` is 8, `0x10` is 16, `08` and an empty text are nothing; None also outside 32 bits."""
    found = _INTEGER.match(text)
    if found is None:
        return None
    sign, hexadecimal, octal, decimal = found.groups()
    digits, base = (hexadecimal, 16) if hexadecimal else (octal, 8) if octal else (decimal, 10)
    # More digits than 64 bits can have, and int() of many decimal digits is refused by newer Pythons.
    digits = digits.lstrip("0") or "0"
    number = int(digits, base) if len(digits) <= 30 else _INT_MAX + 1
    number = -number if sign == "-" else number
    return number if _INT_MIN <= number <= _INT_MAX else None


def parse_memory(text: str) -> int | None:
    """Bytes: digits and at once one of B K KB M MB G GB T TB, upper case; None for anything else.

    As in C: a sign is taken (`-1` is 2^64 - 1), too large a number is 2^64 - 1, the unit wraps at 2^64, and zero is the single digit 0.
    """
    found = _MEMORY.match(text)
    if found is None:
        return None
    sign, digits, unit = found.groups()
    if unit not in _UNITS:
        return None
    significant = digits.lstrip("0")
    number = int(significant or "0") if len(significant) <= 20 else U64
    if number == 0:
        return 0 if text[0] == "0" and len(digits) == 1 else None
    if number >= U64:
        number = U64 - 1
    elif sign == "-":
        number = U64 - number
    return number * _UNITS[unit] % U64


def parse_enum(setting: Setting, text: str) -> str | None:
    """The canonical name of an enum's word, read in any case; None for a word it does not have."""
    lower = text.lower() if text.isascii() else text
    for word, canonical in (*((choice, choice) for choice in setting.choices), *setting.synonyms):
        if word.lower() == lower:
            return canonical
    return None


def enum_words(setting: Setting) -> str:
    """An enum's words as WSL lists them in its warning."""
    return ", ".join(sorted((*setting.choices, *(word for word, _ in setting.synonyms)), key=str.lower))


def parse_mac(text: str) -> str | None:
    """`AA:BB:CC:DD:EE:FF` from six pairs with one kind of separator, `:` or `-`; None for anything else."""
    return text.upper().replace("-", ":") if _MAC.match(text) else None


def parse_ipv4(text: str) -> str | None:
    """A dotted quad without leading zeros, as inet_pton takes it; None for anything else."""
    if _QUAD.match(text) is None or any(int(part) > 255 for part in text.split(".")):
        return None
    return text


class Ports(NamedTuple):
    """What WSL keeps of a list of ports: `numbers` sorted, without duplicates; `refused` counts the items it warns about."""

    numbers: tuple[int, ...]
    refused: int


def parse_ports(text: str) -> Ports:
    """Ports between commas, each read by std::stoi, which stops at the first character that is no digit: `3000-4000` is 3000."""
    numbers: set[int] = set()
    refused = 0
    for item in text.split(","):
        if not item:
            continue
        found = _PORT.match(item)
        digits = found[1].lstrip("+-0") if found else ""
        number = int(digits) if 0 < len(digits) <= 5 and found is not None and not found[1].startswith("-") else 0
        if 0 < number <= 0xFFFF:
            numbers.add(number)
        else:
            refused += 1
    return Ports(tuple(sorted(numbers)), refused)


def parse_list(text: str) -> tuple[str, ...]:
    """Items between commas, empty ones left out."""
    return tuple(item for item in text.split(",") if item)


def parsed(setting: Setting, text: str) -> object:
    """What WSL makes of a value, for comparing; None where it does not take it."""
    kind = setting.type
    if kind == "bool":
        return parse_bool(text)
    if kind == "int":
        return parse_int(text)
    if kind == "memory":
        return parse_memory(text)
    if kind == "enum":
        return parse_enum(setting, text)
    if kind == "mac":
        return parse_mac(text)
    if kind == "ipv4":
        return parse_ipv4(text)
    if kind == "ports":
        ports = parse_ports(text)
        return None if ports.refused else ports.numbers
    return parse_list(text) if kind == "list" else text


def same(setting: Setting, a: str, b: str) -> bool:
    """Whether WSL reads two values (as the grammar gives them, unquoted and unescaped) as one: `8GB` and `8192MB`, `1` and `true`."""
    if a == b:
        return True
    value = parsed(setting, a)
    return value is not None and value == parsed(setting, b)


# What people write for yes and no; WSL itself takes the first two of each.
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
# WSL 2.9.0 renamed the mode; older releases know only the old name, newer ones take both.
_OLD_NAMES = {"Consomme": "virtioproxy"}
_BACKSLASHES = late(r"\\+")


def canonical(setting: Setting, text: str) -> str:
    r"""The value a person means, as logical text in the form every WSL release takes: `8gb` -> `8GB`, `yes` -> `true`, `C:\\w` -> `C:\w`.

    The text is what WSL shall see, without the quotes and doubled backslashes of the file; `edit` adds those. What it gives it takes again.

    Raises:
        Refused: WSL could not take it, or would take it for something else.
    """
    kind, word = setting.type, text.strip()
    if kind == "memory":
        return size.wsl(size.parse(word))
    if kind == "bool":
        return _canonical_bool(setting, word)
    if kind == "int":
        return _canonical_int(setting, word)
    if kind == "enum":
        choice = parse_enum(setting, word)
        if choice is None:
            raise _refused(setting, text, f"Choose one of {enum_words(setting)}.")
        return _OLD_NAMES.get(choice, choice)
    if kind == "mac":
        address = parse_mac(word)
        if address is None:
            raise _refused(setting, text, "Write six pairs of hexadecimal digits, such as 02:15:5D:00:00:01, or WSL does not start.")
        return address
    if kind == "ipv4":
        if parse_ipv4(word) is None:
            raise _refused(setting, text, "Write four numbers from 0 to 255, such as 10.255.255.254.")
        return word
    if kind == "ports":
        return _canonical_ports(setting, word)
    if kind == "list":
        word = ",".join(item.strip() for item in word.split(",") if item.strip())
    return _canonical_text(setting, word if kind in ("path", "list") else text)


def expressible(setting: Setting, text: str) -> bool:
    """Whether a text can stand in the file at all: .wslconfig keeps the low byte of each character only, so it has to be ASCII there."""
    if _has_control(text.translate({8: None, 9: None, 10: None})):
        return False
    return text.isascii() or keys.find(setting.name, "wslconfig") is None


def _has_control(text: str) -> bool:
    """Whether a character is in it that ends a line or the file for WSL, or that no person types."""
    return any(char < " " or char in "\x7f\uffff" for char in text)


def _refused(setting: Setting, text: str, hint: str) -> Refused:
    return Refused(f"WSL does not take '{text}' for {setting.name}.", hint, code="bad-value")


def _canonical_bool(setting: Setting, word: str) -> str:
    if word.lower() in _YES:
        return "true"
    if word.lower() in _NO:
        return "false"
    raise _refused(setting, word, "Write true or false.")


def _canonical_int(setting: Setting, word: str) -> str:
    number = parse_int(word)
    mask = setting.name == "filesystem.umask"
    if number is None:
        raise _refused(setting, word, "Write an octal number such as 022." if mask else "Write a whole number of at most 32 bits.")
    plain = word.lstrip("+-")
    if mask and plain != "0" and plain.isdecimal() and not plain.startswith("0"):
        raise _refused(setting, word, f"WSL would read {word} as a decimal number; write 0{word} for the octal one, or 0{number:o}.")
    if mask:
        return word
    if plain.startswith("0") and plain.isdecimal() and number != 0:
        raise _refused(setting, word, f"WSL reads a number that begins with 0 as octal; write {number} or {plain.lstrip('0')}.")
    return str(number)


def _canonical_ports(setting: Setting, word: str) -> str:
    items = [item.strip() for item in word.split(",") if item.strip()]
    if not items or not all(item.isascii() and item.isdecimal() and len(item) <= 6 and 0 < int(item) <= 0xFFFF for item in items):
        raise _refused(setting, word, "Write ports from 1 to 65535 with commas between them, such as 3000,9000; WSL has no ranges.")
    return ",".join(dict.fromkeys(str(int(item)) for item in items))


def _canonical_text(setting: Setting, text: str) -> str:
    if setting.type == "path":
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1]
        text = _single_backslashes(text)
        if text == "" or _has_control(text):
            raise _refused(setting, text, f"Write a path such as C:\\wsl\\swap.vhdx, or take it out with: wslcfg unset {setting.name}")
    if not text.isascii() and not expressible(setting, text):
        raise Refused(
            f"WSL destroys every non-ASCII character in .wslconfig, so '{text}' cannot stand there for {setting.name}.",
            "Use an ASCII path outside the profile folder, such as C:\\wsl\\swap.vhdx." if setting.type == "path" else "Use ASCII only.",
            code="non-ascii",
        )
    if not expressible(setting, text):
        raise _refused(setting, text, "Leave out control characters.")
    return text


def _single_backslashes(path: str) -> str:
    """A path typed as it stands in the file: every run of backslashes doubled. A share (two at the start, single ones behind) stays."""
    runs = [found.span() for found in _BACKSLASHES.finditer(path)]
    doubled = all((end - start) % 2 == 0 for start, end in runs)
    if not runs or not doubled or (len(runs) == 1 and runs[0] == (0, 2)):
        return path
    return path.replace("\\\\", "\\")
