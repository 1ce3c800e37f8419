"""Think: sizes. Bytes with a parser for what people type and writers for what WSL takes and people read."""

from __future__ import annotations

from wslcfg.errors import Refused
from wslcfg.model.late import late

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
TIB = 1 << 40

# What people type on the command line and in profiles; all powers of 1024, as in WSL (stringshared.h:542-589).
_UNITS = {
    "": 1, "B": 1,
    "K": KIB, "KB": KIB, "KIB": KIB,
    "M": MIB, "MB": MIB, "MIB": MIB,
    "G": GIB, "GB": GIB, "GIB": GIB,
    "T": TIB, "TB": TIB, "TIB": TIB,
}  # fmt: skip

# A number, at most one decimal point, an optional unit: `8GB`, `0.5 gb`. ASCII digits only, as WSL reads nothing else.
_SHAPE = late(r"([0-9]+(?:\.[0-9]+)?)[ \t]*([A-Za-z]*)")

# From here on a number without a unit can only be bytes, as the WSL Settings app writes them.
_PLAIN_BYTES = 64 * MIB

# As many digits as a size can need, a fraction's included; int() of thousands is refused by newer Pythons.
_MOST_DIGITS = 40

# A size beyond this is a typing error, and WSL's own arithmetic wraps at 2^64 (facts/wsl-schema.md, Value types).
LARGEST = 1 << 60


class Size(int):
    """A number of bytes. It is an int, so that it adds and compares as one; `str()` is what a person reads: `10 GB`."""

    __slots__ = ()

    def __str__(self) -> str:
        return human(self)

    def __repr__(self) -> str:
        return f"Size({int(self)})"


def parse(text: str, *, exact: bool = True) -> Size:
    """Read a size as people type it: `8GB`, `8gb`, `0.5GB`, `6144MB`, `8G`, `1.5 GiB`; powers of 1024.

    A bare number below 64 MiB is refused when it is not 0: `memory=4096` means bytes to WSL and megabytes to people (WSL#11144).

    Args:
        text: what was typed.
        exact: whether a fraction must come out as whole bytes, as it must for a file; a measure (`15.8GB`) is taken down to one.

    Raises:
        Refused: no number, an unknown unit, a negative or fractional number of bytes, more than 2^60.
    """
    match = _SHAPE.fullmatch(text.strip())
    unit = match[2].upper() if match else "?"
    if match is None or unit not in _UNITS:
        raise Refused(f"'{text}' is not a size.", "Write a number and a unit, for example 8GB, 0.5GB or 6144MB.", code="bad-size")
    number = match[1]
    if len(number) > _MOST_DIGITS:
        raise Refused(f"'{text[:20]}…' has more digits than any size.", "Check the number.", code="bad-size")
    whole, _, fraction = number.partition(".")
    scale = 10 ** len(fraction)
    numerator = int((whole or "0") + fraction) * _UNITS[unit]
    if unit == "" and 0 < numerator < _PLAIN_BYTES * scale:
        raise Refused(
            f"'{text}' has no unit.",
            f"WSL would take it as bytes; write {text}MB or {text}GB, or {text}B if you mean bytes.",
            code="bad-size",
        )
    if exact and numerator % scale:
        below = numerator // scale // MIB
        raise Refused(f"'{text}' is no whole number of bytes.", f"Write {below}MB or {below + 1}MB.", code="bad-size")
    if numerator // scale > LARGEST:
        raise Refused(f"'{text}' is larger than any machine.", "Check the unit.", code="bad-size")
    return Size(numerator // scale)


def wsl(size: int) -> str:
    """Write a size in the lowest form that every WSL release takes: `0`, `8GB`, `6144MB`, `1025KB`, `4097B`."""
    if size == 0:
        return "0"
    for unit, name in ((GIB, "GB"), (MIB, "MB"), (KIB, "KB")):
        if size % unit == 0:
            return f"{size // unit}{name}"
    return f"{int(size)}B"  # a Size would write itself for people


def human(size: int) -> str:
    """Write a size for reading: `10 GB`, `7.9 GB`, `860 MB`, `0`. One decimal from GB up, and none where it would be `.0`."""
    if size == 0:
        return "0"
    sign, rest = ("-", -size) if size < 0 else ("", size)
    if rest >= 1000 * MIB:
        unit, name = (TIB, "TB") if rest >= TIB else (GIB, "GB")
        return f"{sign}{f'{rest / unit:.1f}'.removesuffix('.0')} {name}"
    if rest >= MIB:
        return f"{sign}{rest / MIB:.0f} MB"
    return f"{sign}{rest / KIB:.0f} KB" if rest >= KIB else f"{sign}{rest} B"
