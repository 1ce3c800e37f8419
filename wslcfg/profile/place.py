"""Think: where each key stands in a TOML text. tomllib says what a file means but not where; errors and origins need the line."""

from __future__ import annotations

import re

from wslcfg.model.late import late

_BARE = late(r"[A-Za-z0-9_-]+")
_BLANK = late(r"[ \t]*")
_BETWEEN = late(r"(?:[ \t\r\n]|#[^\n]*)*")
_PLAIN = late(r"[^,\]}#\r\n]*")
_STRINGS = (
    late(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL),
    late(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    late(r'"(?:[^"\\\n]|\\.)*"'),
    late(r"'[^'\n]*'"),
)

Places = dict[tuple[str, ...], tuple[int, int]]


def places(text: str) -> Places:
    """The (line, column) of every key, both from 1, by its whole path.

    The text must be one that tomllib accepted; for any other it gives the keys up to the first thing it does not know.
    """
    return _Walk(text).walk()


class _Walk:
    """One walk over a text; `at` is the position, `found` what it has met."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: Places = {}

    def walk(self) -> Places:
        """Headers and statements to the end."""
        table: tuple[str, ...] = ()
        self._skip(_BETWEEN)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                while self._take("[") or self._skip(_BLANK):
                    pass
                table = self._key(())
                while self._take("]") or self._skip(_BLANK):
                    pass
            elif not self._statement(table):
                break
            self._skip(_BETWEEN)
        return self.found

    def _statement(self, table: tuple[str, ...]) -> bool:
        """`key = value`; False where there is none."""
        path = self._key(table)
        if path == table or not self._take("="):
            return False
        self._skip(_BLANK)
        return self._value(path)

    def _key(self, table: tuple[str, ...]) -> tuple[str, ...]:
        """A dotted key; its path."""
        start, path = self.at, table
        while True:
            self._skip(_BLANK)
            begin = self.at
            if self._skip(_BARE):
                part = self.text[begin : self.at]
            elif self.text[self.at : self.at + 1] in ('"', "'") and self._string():
                part = self.text[begin + 1 : self.at - 1]
            else:
                break
            path = (*path, part)
            self._skip(_BLANK)
            line = self.text.count("\n", 0, start) + 1
            self.found.setdefault(path, (line, start - self.text.rfind("\n", 0, start)))
            if not self._take("."):
                break
        return path

    def _value(self, path: tuple[str, ...]) -> bool:
        """Step over a value; an inline table's keys are noted."""
        sign = self.text[self.at : self.at + 1]
        if sign in ('"', "'"):
            return self._string()
        if sign == "[":
            self.at += 1
            self._skip(_BETWEEN)
            while self.at < len(self.text) and not self._take("]"):
                if not self._value(path):
                    return False
                self._skip(_BETWEEN)
                self._take(",")
                self._skip(_BETWEEN)
            return True
        if sign == "{":
            self.at += 1
            self._skip(_BETWEEN)
            while self.at < len(self.text) and not self._take("}"):
                if not self._statement(path):
                    return False
                self._skip(_BETWEEN)
                self._take(",")
                self._skip(_BETWEEN)
            return True
        return self._skip(_PLAIN)

    def _string(self) -> bool:
        """Step over a string of any of the four kinds."""
        return any(self._skip(kind) for kind in _STRINGS)

    def _skip(self, what: re.Pattern[str]) -> bool:
        """Step over what matches here; whether anything did."""
        match = what.match(self.text, self.at)
        if match is None or match.end() == self.at:
            return False
        self.at = match.end()
        return True

    def _take(self, sign: str) -> bool:
        """Step over one sign, if it is here."""
        here = self.text.startswith(sign, self.at)
        self.at += here
        return here
