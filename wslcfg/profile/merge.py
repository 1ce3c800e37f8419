"""Think: layers of a profile. The upper one wins per key, and every value keeps the place it came from."""

from __future__ import annotations

from collections.abc import Iterable

from wslcfg.model.profile import Value

# (table, key) -> value, as in `Profile.values`.
Layer = dict[tuple[str, str], Value]


def merge(lower: Layer, upper: Layer) -> Layer:
    """Both layers as one: the upper one's value where both have the key; keys of the lower one first.

    Services of [sizing] are keys of a table of their own, so a team's list adds to the base's instead of replacing it. Merging is
    associative: it does not matter in which order a chain is folded.
    """
    return {**lower, **upper}


def merge_all(layers: Iterable[Layer]) -> Layer:
    """A whole chain, from the most basic layer to the last."""
    merged: Layer = {}
    for layer in layers:
        merged = merge(merged, layer)
    return merged
