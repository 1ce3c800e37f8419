"""Results and errors on the screen or as JSON: the one place that knows both."""

from __future__ import annotations

import os
import sys

from wslcfg import __version__
from wslcfg.errors import NotPrinted, WslcfgError
from wslcfg.model.result import Result
from wslcfg.ui.harmless import harmless
from wslcfg.ui.paint import wants_color
from wslcfg.ui.wrap import columns, wrap

_LONG = 1000


def envelope(command: str, result: Result | None, errors: tuple[WslcfgError, ...], exit_code: int) -> dict[str, object]:
    """The JSON envelope of the contract: the same keys for success and failure."""
    return {
        "schema": "wslcfg/1",
        "command": command,
        "ok": exit_code in (0, 1),
        "exit_code": exit_code,
        "version": __version__,
        "data": result.data if result is not None else {},
        "messages": [{"level": message.level, "text": message.text} for message in result.messages] if result is not None else [],
        "errors": [
            {"code": error.code, "message": error.message, "hint": error.hint, **({"data": error.data} if error.data else {})}
            for error in errors
        ],
    }


def show_result(command: str, result: Result, *, as_json: bool, quiet: bool) -> int:
    """Print a result and return its exit code. When `quiet`, notes are not said; warnings and data are."""
    if as_json:
        _print_json(envelope(command, result, result.errors, result.exit_code))
        return result.exit_code
    text = harmless(result.text(), styled=wants_color(sys.stdout))
    if text:
        put(text if text.endswith("\n") else text + "\n")
    for message in result.messages:
        if message.level == "warning" or not quiet:
            prefix = "Warning: " if message.level == "warning" else ""
            say("\n".join(wrap(f"{prefix}{message.text}", columns(sys.stderr), "  ")) + "\n")
    for error in result.errors:
        _two_lines(error)
    return result.exit_code


def show_error(command: str, error: WslcfgError, *, as_json: bool) -> None:
    """Print an error: two lines on stderr, or the envelope with `errors[0]` on stdout."""
    if as_json:
        _print_json(envelope(command, None, (error,), error.exit_code))
    else:
        _two_lines(error)


def _two_lines(error: WslcfgError) -> None:
    bold, plain = ("\x1b[1;31m", "\x1b[0m") if wants_color(sys.stderr) else ("", "")
    what, do = _one_line(error.message), _one_line(error.hint)
    say(f"{bold}wslcfg: {what}{plain}\n{do}\n")


def _one_line(text: str) -> str:
    """A sentence without line ends, and without characters of others (a file's, an argument's) that would steer the terminal."""
    return "".join(sign if sign.isprintable() else " " if sign == "\n" else ascii(sign)[1:-1] for sign in text)


def say(text: str) -> None:
    """Words to a person, on stderr. Where that cannot take them the exit code has to do."""
    try:
        sys.stderr.write(harmless(text, styled=wants_color(sys.stderr)))
        sys.stderr.flush()
    except OSError:
        # What is left in the buffer would fail again when Python ends, and change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _print_json(data: dict[str, object]) -> None:
    import json

    # A list of thousands is read by programs: without indents it comes in a fifth of the time and half the memory.
    found = data["data"]
    long = isinstance(found, dict) and any(isinstance(value, list) and len(value) > _LONG for value in found.values())
    # A lone surrogate (a file name that is no UTF-8) must not stop the answer: ASCII escapes carry it.
    put(json.dumps(data, indent=None if long else 2, ensure_ascii=True) + "\n")


def put(text: str) -> None:
    """Data on stdout, at once, so that the words on stderr come after it on a terminal.

    Raises:
        BrokenPipeError: the reader has gone. NotPrinted: stdout takes no more.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotPrinted(error.strerror or str(error)) from error
