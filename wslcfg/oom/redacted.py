"""Think: a report that may be shown to others. Names of people and computers, secrets and addresses are taken out of every text of a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from wslcfg.model.late import late

T = TypeVar("T")
# Words of ours that only look like texts: to change one would break what reads it.
_OURS = frozenset({"kind", "certainty", "id", "what", "by", "how", "pattern", "finding", "constraint", "ended", "command", "gfp_mask"})
_HOMES = late(r"(?:/home/|/Users/|\\Users\\|/mnt/[a-z]/Users/)([^/\\\s:'\"]+)")


def redacted(value: T, clean: Callable[[str], str]) -> T:
    """The same value with every text of others cleaned; our own words, numbers and times stay."""
    return cast("T", _walk(value, clean))


def people(value: object) -> frozenset[str]:
    """Names of persons, as far as the paths of their home folders give them away."""
    return frozenset(name for text in _texts(value) for name in _HOMES.findall(text))


def _walk(value: object, clean: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        if fields is None:
            return tuple(_walk(one, clean) for one in value)
        make = cast("Callable[..., object]", type(value))
        return make(*(one if name in _OURS else _walk(one, clean) for name, one in zip(fields, value, strict=True)))
    return value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
