"""Act: `wslcfg run` hands over to the launcher script by exec. Imported before anything else of wslcfg, so it imports next to nothing itself.

The launched program gets this process as Python got it: the environment as the kernel has it (Python may have added LC_CTYPE to its own), and
SIGPIPE and SIGXFSZ as they are by default (Python ignores both).
"""

from __future__ import annotations

import os
import signal

# The end of launcher.sh, which one that is cut or was filled with NULs by a crash does not have.
_WHOLE = b'\n_w_read=whole\n[ -n "${_w_launcher:-}" ] || _w_main "$@"\n'
# Options with a value, as launcher.sh has them.
_VALUED = ("--limit", "--swap", "--name")


def launcher() -> str | None:
    """The launcher's path: as installed (`$XDG_DATA_HOME/wslcfg/inside/launcher`), else the one that came with wslcfg; None where neither is there whole."""
    stated = os.environ.get("XDG_DATA_HOME", "")
    data = stated if stated.startswith("/") else os.path.expanduser("~/.local/share")
    shipped = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "inside", "resources", "launcher.sh")
    return next((path for path in (f"{data}/wslcfg/inside/launcher", shipped) if _is_whole(path)), None)


def command_at(words: list[str]) -> int | None:
    """Where the program's own words begin behind `run`; None where the words before it are not the launcher's alone, so that the parser has to look.

    >>> command_at(["--limit", "4GB", "--", "claude", "--help"])
    3
    """
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return at + 1 if at + 1 < len(words) else None
        if word in _VALUED:
            at += 2
        elif word.startswith(tuple(f"{name}=" for name in _VALUED)):
            at += 1
        elif word.startswith("-") or not word:
            return None
        else:
            return at
    return None


def start(options: list[str], command: list[str]) -> None:
    """Become the launcher; returns only where there is none.

    Args:
        options: the launcher's own, as `["--limit", "4GB"]`.
        command: the program and its arguments.

    Raises:
        OSError: /bin/sh cannot be executed (a command line beyond the kernel's limit).
    """
    path = launcher()
    if path is None:
        return
    argv = ["/bin/sh", path, *options, "--", *command]
    environment = _environment()
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.execve(argv[0], argv, environment)


def hot(words: list[str]) -> None:
    """Become the launcher for `run WORDS`; returns where the parser is needed or the launcher is not there."""
    at = command_at(words)
    if at is not None:
        options = words[:at]
        start(options[:-1] if options[-1:] == ["--"] else options, words[at:])


def _is_whole(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return False
    return text.endswith(_WHOLE) and b"\0" not in text


def _environment() -> dict[bytes, bytes]:
    """The environment that this process was started with; names that no shell could have are kept."""
    try:
        with open("/proc/self/environ", "rb") as file:
            pairs = [entry.partition(b"=") for entry in file.read().split(b"\0") if b"=" in entry]
    except OSError:
        return dict(os.environb)
    return {name: value for name, _, value in pairs}
