"""Think: a profile. What somebody wants of WSL, as data, with the place that each value comes from."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple

# What a profile's value can be; lists are of text.
Given = bool | int | float | str | tuple[str, ...]


class Origin(NamedTuple):
    """Where a value stands: the profile's name, its file as people find it, and the line from 1."""

    profile: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Value(NamedTuple):
    """A value of a profile with its origin."""

    given: Given
    origin: Origin


class Profile(NamedTuple):
    """A profile with everything it extends merged into it.

    Attributes:
        name, description: of the profile that was asked for.
        chain: the names from the most basic one to this one.
        values: (table, key) -> value. Tables: `wslconfig` and `wslconf` (key `section.key` in Microsoft's spelling), `sizing`,
            `services` (key: the service's name), `launcher`, `backup`, `guard`.
        texts: the bytes of each file, the one asked for first; `profile.digest.digest` is over these.
    """

    name: str
    description: str
    chain: tuple[str, ...]
    values: dict[tuple[str, str], Value]
    texts: tuple[bytes, ...] = ()

    def get(self, table: str, key: str) -> Given | None:
        """One value; None where neither the profile nor what it extends says anything."""
        found = self.values.get((table, key))
        return None if found is None else found.given

    def table(self, table: str) -> dict[str, Value]:
        """All values of one table, in the order of their first mention."""
        return {key: value for (of, key), value in self.values.items() if of == table}
