"""Think: WSL's grammar, one item at a time, for every line that is not an ordinary one (`scan` has the fast way for those).

It follows the states of src/shared/configfile/configfile.cpp of microsoft/WSL (2.5.8 to 3e27a6a50177): what counts as a line, what a
mistake swallows, what a bad header leaves behind, and which number WSL prints for a line. Everything runs over stretches found by
compiled expressions, so that no shape of file costs more than linear time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.model.late import late
from wslcfg.model.wslfile import BadLine, Entry, Header
from wslcfg.wslconf import keys
from wslcfg.wslconf.envelope import WEOF, decode

if TYPE_CHECKING:
    from wslcfg.model.wslfile import Target
    from wslcfg.wslconf.envelope import Envelope

_SPACES = late(r"[ \t]*")
_NAME = late(r"[A-Za-z][A-Za-z0-9]*")
_LINE_END = late(r"[\n\uffff]")
_PLAIN = late(r'[^"\\#\r\n\uffff]+')
_ESCAPES = {"\\": "\\", '"': '"', "b": "\b", "n": "\n", "t": "\t"}


class Reader:
    """The state between two items, and the parts found so far.

    Attributes:
        line: WSL's number of the line that comes next. editor_line: an editor's.
        prefix: what WSL puts before a key: `wsl2.`, '' above every header; after a bad header it can be chopped, or end in NULs.
        section: the name of the last good header as written; for keys behind a bad one, what WSL makes of it.
        aborted: a mistake ended the file (wsl.conf only).
    """

    __slots__ = (
        "_abort", "_end", "_first", "_length", "_lone_cr", "_raw", "_target", "_windows", "aborted", "editor_line", "envelope", "line",
        "parts", "prefix", "section", "text",
    )  # fmt: skip

    def __init__(self, raw: bytes, envelope: Envelope, target: Target, *, abort: bool) -> None:
        self.envelope = envelope
        self.text = envelope.text
        self.parts: list[Entry | Header | BadLine] = []
        self.line = self.editor_line = 1
        self.prefix = self.section = ""
        self.aborted = False
        self._raw = raw
        self._end = len(envelope.text)
        self._length = 0
        self._lone_cr = envelope.text.count("\r") != envelope.text.count("\r\n")
        # Windows turns CR LF into LF before the grammar sees it; on Linux the grammar sees both.
        self._windows = target == "wslconfig"
        self._abort = abort
        self._target = target
        self._first: dict[str, int] = {}

    def item(self, start: int) -> int:
        """Read one item (a blank line, a comment, a header, an entry or a bad line) at `start`, and give the offset behind its line end."""
        text = self.text
        here = _SPACES.match(text, start).end()  # type: ignore[union-attr]
        char = text[here : here + 1]
        if char == "" or char == WEOF:
            after = min(here + self.envelope.weof_width, self._end)
        elif char == "\n" or char == "\r":
            after = self._blank(here)
        elif char == "#":
            after = self._comment(here)
        elif char == "[":
            after = self._header(start, here + 1)
        elif char.isascii() and char.isalpha():
            after = self._entry(start, here)
        else:
            after = self._bad("key", start, here)
        self.editor_line += text.count("\n", start, after)
        if self._lone_cr:
            self.editor_line += text.count("\r", start, after) - text.count("\r\n", start, after)
        return after

    def add_entry(self, key: str, value: str, span: tuple[int, int], key_span: tuple[int, int], value_span: tuple[int, int]) -> None:
        """Put an entry into `parts`; the spans are offsets into the text."""
        editor_line = self.editor_line
        name = self.prefix + key
        if "\0" in name:
            name = name.partition("\0")[0]  # C strings end there: behind a chopped header the key loses its own name
        known = keys.find(name, self._target)
        setting = shadow = None
        if known is not None:
            setting = known.name
            shadow = self._first.get(setting)
            if shadow is None:
                self._first[setting] = editor_line
        base, width = self.envelope.base, self.envelope.width
        self.parts.append(
            Entry(
                self.section, key, name, setting, value, self.line, editor_line,
                base + width * span[0], base + width * span[1],
                base + width * key_span[0], base + width * key_span[1],
                base + width * value_span[0], base + width * value_span[1],
                shadow is None, shadow,
            )
        )  # fmt: skip

    def add_header(self, name: str, start: int, end: int) -> None:
        """Put a good header into `parts`, and take its name for the keys below."""
        self.section = name
        self.prefix = name + "."
        self._length = len(name)
        base, width = self.envelope.base, self.envelope.width
        self.parts.append(Header(name, self.editor_line, base + width * start, base + width * end))

    def _blank(self, here: int) -> int:
        """A line end where an item should begin. A lone CR does not count as a line here, though it does behind a value."""
        text = self.text
        if text[here] == "\n":
            self.line += 1
            return here + 1
        after = here + 1
        if self._windows and text[after : after + 2] == "\r\n":
            after += 1  # CR CR LF is CR LF by the time WSL looks
        if text[after : after + 1] == "\n":
            self.line += 1
            after += 1
        return after

    def _comment(self, here: int) -> int:
        """A comment runs to the next LF, across lone CRs."""
        found = _LINE_END.search(self.text, here)
        if found is None:
            return self._end
        if found[0] == "\n":
            self.line += 1
            return found.end()
        return found.start() + self.envelope.weof_width

    def _line_done(self, here: int) -> int:
        """Behind a good header or entry, at its line end, comment or the end of the file: count the line, give where the next begins."""
        text = self.text
        char = text[here : here + 1]
        if char == "#":
            return self._comment(here)
        self.line += 1
        if char == WEOF:
            return here + self.envelope.weof_width
        if char == "\r" and text[here + 1 : here + 2] == "\n":
            if not self._windows:
                self.line += 1  # WSL counts CR LF behind a header or a value twice on Linux
            return here + 2
        return min(here + 1, self._end)

    def _content_end(self, here: int) -> int:
        """The end of a line's content: `here`, or behind the trailing comment that begins there, without the line end."""
        if self.text[here : here + 1] != "#":
            return here
        found = _LINE_END.search(self.text, here)
        end = self._end if found is None else found.start()
        return end - 1 if found is not None and found[0] == "\n" and self.text[end - 1] == "\r" else end

    def _header(self, start: int, here: int) -> int:
        """A section header, `[` read already. A bad one leaves its name in the buffer, cut to the length of the last good one."""
        text = self.text
        found = _NAME.match(text, here)
        if found is None:
            return self._bad("section", start, here)
        name, here = found[0], found.end()
        if text[here : here + 1] != "]":
            self._chop(name)
            return self._bad("expected-]", start, here)
        here = _SPACES.match(text, here + 1).end()  # type: ignore[union-attr]
        if text[here : here + 1] not in ("", "\n", "\r", "#", WEOF):
            self._chop(name)
            return self._bad("expected-eol", start, here)
        self.add_header(name, start, self._content_end(here))
        return self._line_done(here)

    def _chop(self, name: str) -> None:
        """Remember what a bad header leaves: `std::string::resize` to the old length cuts its name, or pads it with NULs."""
        if self._length:
            buffer = name[: self._length].ljust(self._length, "\0")
            self.section = buffer.partition("\0")[0]
            self.prefix = buffer + "."

    def _entry(self, start: int, here: int) -> int:
        """A key and its value."""
        text = self.text
        key_start, key_end = _NAME.match(text, here).span()  # type: ignore[union-attr]
        key = text[key_start:key_end]
        here = _SPACES.match(text, key_end).end()  # type: ignore[union-attr]
        name = (self.prefix + key).partition("\0")[0]
        if text[here : here + 1] != "=":
            return self._bad("expected-=", start, here, name=name)
        equals = here + 1
        value_start = here = _SPACES.match(text, equals).end()  # type: ignore[union-attr]
        pieces: list[str] = []
        length = kept = 0  # in characters of the value; WSL trims what comes behind `kept`
        value_end = here
        in_quotes = False
        while True:
            plain = _PLAIN.match(text, here)
            if plain is not None:
                run = plain[0]
                trimmed = run.rstrip(" \t")
                if trimmed:
                    kept = length + len(self.envelope.low_bytes(trimmed))
                    value_end = here + len(trimmed)
                run = self.envelope.low_bytes(run)
                pieces.append(run)
                length += len(run)
                here = plain.end()
            char = text[here : here + 1]
            if char == '"':
                in_quotes = not in_quotes
                here += 1
            elif char == "#" and in_quotes:
                pieces.append("#")
                length += 1
                here += 1
            elif char == "\\":
                after, piece = self._escape(here + 1)
                if piece is None:
                    return self._bad("escape", start, after, name=name, char=self._shown(here + 1), value_start=value_start)
                pieces.append(piece)
                length += len(piece)
                here = after
            else:
                break
            kept, value_end = length, here
        if in_quotes:
            return self._bad("quote", start, here, name=name, value_start=value_start)
        if value_end == value_start:
            # Nothing but spaces: the place for a value is behind the equals sign and one space.
            value_start = value_end = equals + (text[equals : equals + 1] == " ")
        value = self._decoded("".join(pieces)[:kept])
        self.add_entry(key, value, (start, self._content_end(here)), (key_start, key_end), (value_start, value_end))
        return self._line_done(here)

    def _escape(self, here: int) -> tuple[int, str | None]:
        """What stands behind a backslash: where to go on, and what it gives; None for what WSL does not take."""
        text = self.text
        char = text[here : here + 1]
        if char in _ESCAPES:
            return here + 1, _ESCAPES[char]
        if char == "\n" or (self._windows and text[here : here + 2] == "\r\n"):
            self.line += 1
            return here + 1 + (char == "\r"), ""
        if char == "\r":
            return here + 1, ""
        return min(here + (self.envelope.weof_width if char == WEOF else 1), self._end), None

    def _decoded(self, value: str) -> str:
        """The C string in a value as text: it ends at a NUL, and .wslconfig's is read as UTF-8."""
        if value.isascii() and "\0" not in value:
            return value
        value = value.partition("\0")[0]
        return value.encode("latin-1").decode("utf-8", "replace") if self._windows else value

    def _shown(self, here: int) -> str:
        """One character for a warning; the end of the file is U+FFFF there, half of a pair is shown as U+FFFD."""
        char = self.text[here : here + 1]
        if char == "" or char == WEOF:
            return WEOF
        if char.isascii() or not self._windows:
            return char
        if self.envelope.width == 1:
            char = self.text[here : here + 4].partition(WEOF)[0].encode("latin-1").decode("utf-8", "replace")[0]
        return "\ufffd" if ord(char) > 0xFFFF or 0xD800 <= ord(char) < 0xE000 else char

    def _bad(self, problem: str, start: int, here: int, *, name: str = "", char: str = "", value_start: int = -1) -> int:
        """A line that is thrown away: from what is wrong at `here` to the next LF, or in wsl.conf to the end of the file."""
        found = _LINE_END.search(self.text, here)
        end = after = self._end
        if found is not None:
            end = found.start()
            after = found.end() if found[0] == "\n" else end + self.envelope.weof_width
            if found[0] == "\n" and end > start and self.text[end - 1] == "\r":
                end -= 1
        base, width = self.envelope.base, self.envelope.width
        span = (base + width * start, base + width * end)
        self.parts.append(
            BadLine(
                problem, self.line, self.editor_line, *span, decode(self._raw[span[0] : span[1]], self.envelope.encoding),
                name, char, -1 if value_start < 0 else base + width * value_start,
            )
        )  # fmt: skip
        if self._abort:
            self.aborted = True
            return self._end
        self.line += 1
        return after
