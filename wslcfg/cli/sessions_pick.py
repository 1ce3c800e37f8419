"""Which sessions a command means: by id or its beginning, of this folder, or all; newest first."""

from __future__ import annotations

import os
from collections.abc import Iterable

from wslcfg.cli.shared import absolute, this_disk
from wslcfg.errors import Refused, Unreachable
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.cache import Cache
from wslcfg.sessions.find import find, session_of


def newest_first(sessions: Iterable[SessionFile]) -> list[SessionFile]:
    """In the order of a list."""
    return sorted(sessions, key=lambda one: (one.modified_at, one.id), reverse=True)


def every(where: Roots, state: str = "", unread: list[Unreachable] | None = None) -> list[SessionFile]:
    """All sessions on this disk, newest first.

    Args:
        state: wslcfg's state folder, where what a list learned of them is kept. unread: gets an error for each folder that cannot be read.

    Raises:
        Unreachable: an agent's folder of sessions is there and cannot be read.
    """
    if not state:
        return newest_first(find(where, unread=unread))
    kept = Cache(state)
    found = newest_first(find(where, kept, unread))
    kept.save()
    return found


def one_session(sessions: Iterable[SessionFile], beginning: str) -> list[SessionFile]:
    """The files of the session that is named by its id or the beginning of one (a copied project has it twice), or the one file of a path.

    Raises:
        Refused: there is none, or several sessions begin so.
    """
    if "/" in beginning:
        path = os.path.realpath(absolute(beginning))
        if found := [one for one in sessions if one.id in beginning.lower() and os.path.realpath(one.real) == path][:1]:
            return found
        raise Refused(f"There is no session {beginning}.", "`wslcfg sessions list` shows those of this home.", code="no-session")
    wanted = session_of(beginning) or beginning.lower()
    found = [one for one in sessions if one.id.startswith(wanted)]
    ids = sorted({one.id for one in found})
    if wanted in ids:
        return [one for one in found if one.id == wanted]
    if len(ids) == 1 and wanted:
        return found
    if not ids or not wanted:
        raise Refused(f"There is no session {beginning}.", "`wslcfg sessions list` shows them, with --deleted those that only a backup has.",
                      code="no-session")  # fmt: skip
    shown = f"{', '.join(ids[:3])}{' …' if len(ids) > 3 else ''}"
    raise Refused(f"{len(ids)} sessions begin with {beginning}.", f"Write more of one: {shown}", code="ambiguous")


def here(sessions: Iterable[SessionFile]) -> list[SessionFile]:
    """Those of this folder, folders below it, and the other worktrees of its repository."""
    folders = tuple(_worktrees())
    return [one for one in sessions if one.project is not None and any(_within(one.project, folder) for folder in folders)]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _worktrees() -> list[str]:
    folder = os.path.realpath(absolute("."))
    ran = this_disk().run(["git", "-C", folder, "worktree", "list", "--porcelain", "-z"], timeout_s=5)
    if ran.code or ran.failure:
        return [folder]
    roots = [os.fsdecode(field[9:]) for field in ran.out.split(b"\0") if field.startswith(b"worktree ")]
    mine = max((root for root in roots if _within(folder, root)), key=len, default="")
    # The same place in each worktree.
    return [folder, *(os.path.normpath(root + folder[len(mine) :]) for root in roots if mine and root != mine)]
