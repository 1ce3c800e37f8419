"""WSL's grammar once more, one character at a time and with its own state names: slow, plain, and written without the package's code."""

from __future__ import annotations

END = None  # the end of the file; "\uffff" is the character that WSL's loops cannot tell from it


class Stream:
    """fgetwc over a text; `windows` joins CR LF as the C library's text mode does."""

    def __init__(self, text: str, *, windows: bool) -> None:
        self.text = text.replace("\r\n", "\n") if windows else text
        self.here = 0

    def get(self) -> str | None:
        """The next character, END at the end."""
        if self.here >= len(self.text):
            self.here = len(self.text) + 1
            return END
        self.here += 1
        return self.text[self.here - 1]

    def unget(self, char: str | None) -> None:
        """Put the last character back, unless it was none."""
        if char is not None and char != "\uffff":
            self.here -= 1

    @property
    def ended(self) -> bool:
        """Whether a read has met the end (feof)."""
        return self.here > len(self.text)


def eof(char: str | None) -> bool:
    """Whether WSL takes it for WEOF."""
    return char is None or char == "\uffff"


def alpha(char: str | None) -> bool:
    """The C library's isalpha in the C locale."""
    return char is not None and char.isascii() and char.isalpha()


def alnum(char: str | None) -> bool:
    """The C library's isalnum in the C locale."""
    return char is not None and char.isascii() and char.isalnum()


def parse(text: str, *, windows: bool) -> list[tuple[object, ...]]:
    """What WSL does with a text: ("entry", name, value, line), ("bad", line) and ("abort",) in order. The values are not yet C strings."""
    stream = Stream(text, windows=windows)
    done: list[tuple[object, ...]] = []
    buffer, length, line, trailing = "", 0, 0, False
    char: str | None = "\0"
    while True:
        if not trailing:
            line += 1
        state = ""
        while not state:
            if char == "#":
                while True:
                    char = stream.get()
                    if char == "\r":
                        char = stream.get()
                    if char == "\n":
                        line += 1
                    if char == "\n" or eof(char):
                        break
                trailing = False
            if stream.ended:
                return done
            char = stream.get()
            while char == " " or char == "\t":
                char = stream.get()
            if eof(char) or char == "#":
                continue
            if char == "\r":
                behind = stream.get()
                if behind == "\n":
                    line += 1
                else:
                    stream.unget(behind)
            elif char == "\n":
                line += 1
            elif char == "[":
                state = "section"
            else:
                state = "key" if alpha(char) else "bad"
        if state == "section":
            char = stream.get()
            if not alpha(char):
                state = "bad"
            else:
                buffer = ""
                while alnum(char):
                    buffer += str(char)
                    char = stream.get()
                if char != "]":
                    state = "bad"
                else:
                    char = stream.get()
                    while char == " " or char == "\t":
                        char = stream.get()
                    if eof(char) or char in ("\n", "\r"):
                        length = len(buffer)
                    elif char == "#":
                        trailing = True
                        length = len(buffer)
                    else:
                        state = "bad"
        elif state == "key":
            buffer = buffer[:length].ljust(length, "\0")
            buffer += "." if buffer else ""
            while alnum(char):
                buffer += str(char)
                char = stream.get()
            while char == " " or char == "\t":
                char = stream.get()
            if char != "=":
                state = "bad"
            else:
                char = stream.get()
                while char == " " or char == "\t":
                    char = stream.get()
                value, trimmed, quoted = "", 0, False
                while not eof(char) and char not in ("\n", "\r"):
                    if char == '"':
                        quoted = not quoted
                    elif char == "\\":
                        escaped = stream.get()
                        if escaped is not None and escaped in '\\"bnt':
                            value += {"b": "\b", "n": "\n", "t": "\t"}.get(escaped, escaped)
                        elif escaped == "\n":
                            line += 1
                        elif escaped != "\r":
                            state = "bad"
                            break
                    elif char == "#" and not quoted:
                        trailing = True
                        break
                    else:
                        value += str(char)
                    if char != " " and char != "\t":
                        trimmed = len(value)
                    char = stream.get()
                if state != "bad" and quoted:
                    state = "bad"
                if state != "bad":
                    done.append(("entry", buffer.split("\0")[0], value[:trimmed], line))
        if state == "bad":
            done.append(("bad", line))
            if not windows:
                done.append(("abort",))
                return done
            while not eof(char) and char != "\n":
                char = stream.get()
