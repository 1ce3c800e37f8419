"""Look: the profiles that come with wslcfg: beside the package in a source tree, inside it (`wslcfg/_profiles`) in a wheel."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The wheel's place first: a source tree has none there (pyproject.toml force-includes profiles/ as wslcfg/_profiles).
_PLACES = (os.path.join(_PACKAGE, "_profiles"), os.path.join(os.path.dirname(_PACKAGE), "profiles"))


def folder() -> str | None:
    """Where the built-in profiles lie; None in a broken installation."""
    return next((place for place in _PLACES if os.path.isfile(os.path.join(place, "base.toml"))), None)


def names() -> tuple[str, ...]:
    """The names of the built-in profiles, sorted."""
    place = folder()
    return () if place is None else tuple(sorted(name.removesuffix(".toml") for name in os.listdir(place) if name.endswith(".toml")))


def read(name: str) -> tuple[str, bytes] | None:
    """The path and the bytes of a built-in profile; None when there is none of that name."""
    place = folder()
    path = os.path.join(place or "", f"{name}.toml")
    if place is None or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return path, file.read()
