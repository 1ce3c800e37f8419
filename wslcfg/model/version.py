"""Think: which of two versions of wslcfg is newer."""

from __future__ import annotations

from wslcfg.model.late import late

_NUMBERS = late(r"\d+(?:\.\d+)*")


def newer(one: str, two: str) -> bool:
    """Whether a version is newer than another: `0.10.0` than `0.9.1`; of the same numbers one with a suffix (`0.2.0rc1`) is older."""
    return _order(one) > _order(two)


def _order(version: str) -> tuple[tuple[int, ...], bool, str]:
    plain = _NUMBERS.match(version)
    numbers = tuple(int(part) for part in plain[0].split(".")) if plain else ()
    rest = version[plain.end() :] if plain else version
    while numbers and numbers[-1] == 0:
        numbers = numbers[:-1]
    return numbers, not rest, rest
