"""Look: the line that goes on with a session as its client needs it today: by its id, or by its file where the folder does not lead there.

Claude Code looks an id up in the project folder of its cwd, up to 2.1.150 at least; 2.1.329 looks everywhere. Its file, named by path, is gone on with by 2.1.150
and 2.1.329; in 2.1.27 and 2.1.112 a path is a word to search the list for, and with `-p` the session goes on in a copy.
"""

from __future__ import annotations

import os
import shlex

from wslcfg.model.session import SessionFile
from wslcfg.sessions.records import encode
from wslcfg.sessions.versions import numbers

# The oldest client that was seen to take a path.
_TAKES_A_PATH = (2, 1, 150)
# A Windows drive may be slow or gone: it is not asked.
_NOT_ASKED = "/mnt/"


def command(one: SessionFile) -> list[str]:
    """The program and its arguments, for a process that is in the session's folder already."""
    if one.provider != "claude":
        return ["codex", "resume", one.id]
    return ["claude", "--resume", one.id if _leads(one) else one.real]


def line(one: SessionFile, there: dict[str, bool] | None = None) -> str:
    """The command line that resumes a session, by its path where its own folder is gone (a worktree's) or is not the one that the file lies for.

    Args:
        one: the session, on the disk. there: what is known of folders, for many sessions; it grows.
    """
    if one.provider != "claude":
        return one.resume
    there = {} if there is None else there
    cwd = one.project
    if cwd is not None and cwd not in there:
        there[cwd] = cwd.startswith(_NOT_ASKED) or os.path.isdir(cwd)
    leads = _leads(one)
    if cwd is None or not there[cwd]:
        if cwd is not None and leads and () < numbers(one.version) < _TAKES_A_PATH:
            return f"mkdir -p {shlex.quote(cwd)} && {one.resume}"
        return f"claude --resume {shlex.quote(one.real)}"
    return one.resume if leads else f"cd {shlex.quote(cwd)} && claude --resume {shlex.quote(one.real)}"


def _leads(one: SessionFile) -> bool:
    """Whether the client finds the file by its id, in the session's folder."""
    return one.project is not None and encode(one.project) == os.path.basename(os.path.dirname(one.real))
