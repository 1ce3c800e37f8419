"""The way in, and the only place where an error becomes an exit code.

Everything a person reads passes here: a command returns a `Result` or raises a `WslcfgError`; this file prints either as text
(data on stdout, words on stderr) or as one JSON object, and nothing else in the package prints on its own but the wizard's talk.
"""

from __future__ import annotations

import codecs
import gc
import io
import os
import sys

from wslcfg import __version__
from wslcfg.cli.table import front_page
from wslcfg.errors import Bug, NotPrinted, WslcfgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wslcfg.model.result import Result


def main() -> None:
    """Run the command line of this process and exit with the contract's code."""
    if sys.argv[1:2] == ["run"]:
        # Before anything else: the launched program gets this process as it is now, and the parser would take longer than all the rest.
        from wslcfg.launch.start import hot

        hot(sys.argv[2:])
    # A command lives for a fifth of a second and makes few cycles: the collector would only walk what the imports just made.
    gc.set_threshold(100_000)
    _settle_streams()
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, a pager) went away: not an error of ours.
        _drop_stdout()
        code = 0
    except (NotPrinted, OSError) as error:
        _drop_stdout()
        sys.stderr.write(f"wslcfg: The answer could not be printed: {error}.\nLook at where stdout goes.\n")
        code = 5
    except KeyboardInterrupt:
        sys.stderr.write("wslcfg: Interrupted.\nRun the command again.\n")
        code = 130
    gc.freeze()  # or the end would walk all that there is once more
    sys.exit(code)


def _settle_streams() -> None:
    """Make sure that there are three streams, and that none of them stumbles over a character that it cannot show."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us (`>&-`); the next file opened would take its number
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    codecs.register_error("wslcfg", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="wslcfg")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """What a terminal without Unicode gets instead of a character: the nearest ASCII, or its number."""
    assert isinstance(error, UnicodeEncodeError)
    bad = error.object[error.start : error.end]
    return "".join(_ASCII.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in bad), error.end


_ASCII = {"—": "-", "–": "-", "…": "...", "×": "x", "’": "'", "“": '"', "”": '"', "→": "->", "≥": ">=", "≤": "<="}


def _drop_stdout() -> None:
    """Point stdout at nothing, so that Python's own flush at exit does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(args: list[str]) -> int:
    """Run one command line and return its exit code; prints, never raises but for a stdout that takes nothing more."""
    if os.environ.get("_WSLCFG_COMPLETE"):  # first of all: a shell that asks gives no words
        from wslcfg.cli.complete import answer

        return answer()
    if args in (["--version"], ["-V"]):
        print(f"wslcfg {__version__}")
        return 0
    if args in (["--help"], ["-h"], ["help"], []):
        print(front_page(), end="")
        return 0 if args else 2
    from wslcfg.ui.outcome import show_error, show_result

    seen: dict[str, object] = {}
    try:
        outcome = _outcome(args, seen)
        if isinstance(outcome, int):
            return outcome
        return show_result(str(seen["command"]), outcome, as_json=_json_wanted(args, seen), quiet=bool(seen.get("quiet")))
    except WslcfgError as error:
        failure = error
        if isinstance(error, Bug):
            _report(error)
    except KeyboardInterrupt:
        failure = WslcfgError("Interrupted.", "Nothing is half-written; run the command again.", code="interrupted")
        failure.exit_code = 130
    except (BrokenPipeError, NotPrinted):
        raise
    except OSError as error:
        failure = WslcfgError(
            f"{error.strerror or error}: {error.filename or 'the system said no more'}.",
            "Check the path, the permissions and the free space.",
            code="os-error",
        )
        failure.exit_code = 5
    except Exception as error:  # the gate: whatever else happens is a bug, and it gets a report instead of a traceback
        failure = Bug(f"wslcfg made a mistake: {type(error).__name__}: {error}", "")
        failure.__cause__ = error
        _report(failure)
    show_error(str(seen.get("command", "")), failure, as_json=_json_wanted(args, seen))
    return failure.exit_code


def _outcome(args: list[str], seen: dict[str, object]) -> Result | int:
    """What the command line comes to: through the parser, but for what timers start and for plain lists, which go past it."""
    if args[:2] == ["sessions", "backup"]:
        from wslcfg.cli.lane import quiet_backup

        work = quiet_backup(args[2:])
        if work is not None:
            seen |= {"command": "sessions backup", "quiet": True, "json": False}
            return work()
    if args[:2] == ["sessions", "list"]:
        from wslcfg.cli.lane import plain_list

        if (plain := plain_list(args[2:])) is not None:
            seen |= {"command": "sessions list", "quiet": plain[0].quiet, "json": plain[0].json}
            return plain[1]()
    from wslcfg.cli.app import invoke

    return invoke(_as_help(args), seen)


def _as_help(args: list[str]) -> list[str]:
    """`help plan` is what people type for `plan --help`."""
    return [*args[1:], "--help"] if args[0] == "help" else args


def _json_wanted(args: list[str], seen: dict[str, object]) -> bool:
    """Whether the answer is JSON: as the parser read the flag, or, where it stopped before, as the words have it."""
    words = args[: args.index("--")] if "--" in args else args
    return bool(seen.get("json", "--json" in words))


def _report(error: WslcfgError) -> None:
    """Write the traceback to a report file and name it in the error's hint; the person sees two lines."""
    from wslcfg.cli.bug import write_report

    path = write_report(error)
    error.hint = (
        f"Nothing was changed after this point. The report is {path}; please send it." if path else "The report could not be written."
    )


if __name__ == "__main__":
    main()
