"""Think: regular expressions that are compiled when they are first used, and not when their module is imported.

The rooms hold some eighty patterns; compiling those that a command never uses took a tenth of its whole start.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import AnyStr

_METHODS = ("match", "fullmatch", "search", "sub", "finditer", "findall", "split")


class _Late:
    """Stands for a compiled pattern; the first look at a method compiles it, from then on the methods are the pattern's own."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def late(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile(source, flags)`, put off. A mistake in the pattern shows at its first use, so every pattern has a test that uses it."""
    return _Late(source, flags)  # type: ignore[return-value]
