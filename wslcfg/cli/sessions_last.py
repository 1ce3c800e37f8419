"""`wslcfg sessions last`: the line that goes on with the newest session, for a person or for the clipboard."""

from __future__ import annotations

from wslcfg.cli.backups import settle
from wslcfg.cli.sessions_pick import every, here
from wslcfg.cli.shared import Flags, Json, this_disk
from wslcfg.errors import Unreachable
from wslcfg.model.result import Message, Result
from wslcfg.sessions.again import line

# What takes a text into the clipboard, first found first: Windows', Wayland's, X's.
_CLIPBOARDS = (("clip.exe",), ("wl-copy",), ("xclip", "-selection", "clipboard"), ("xsel", "-ib"))

_NONE, _NONE_HERE = "There is no session.", "There is no session of this folder; --all takes any folder."


def run_last(given: Flags, home: str, *, copy: bool, everywhere: bool) -> Result:
    """The newest session's line; nothing there is exit 1."""
    backups = settle(given, home)
    sessions = every(backups.where, backups.state)
    chosen = next(iter(sessions if everywhere else here(sessions)), None)
    if chosen is None:
        data: Json = {"session": None, "resume": None, "copied": False}
        return Result(data, lambda: "", (Message("note", _NONE if everywhere else _NONE_HERE),), 1)
    again = line(chosen)
    if copy:
        _copy(again)
    return Result({"session": chosen.id, "resume": again, "copied": copy}, lambda: again)


def _copy(text: str) -> None:
    host = this_disk()
    for words in _CLIPBOARDS:
        ran = host.run(words, stdin=text.encode(), timeout_s=5)
        if ran.code == 0 and not ran.failure:
            return
    raise Unreachable("There is no clipboard here.", "It needs clip.exe (WSL's interop), wl-copy, xclip or xsel.", code="no-clipboard")
