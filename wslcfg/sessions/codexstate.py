"""Look: what Codex's state database says of its sessions. By SQLite's own reader alone, read-only: somebody may be writing it.

`state_N.sqlite` lies in Codex's folder; of several the highest N is today's. Its table `threads` has a row a session. What is not there yet, is of another make or
cannot be read says nothing: the rollouts are what counts, and Codex makes a lost database anew from them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import closing

from wslcfg.model.session import Roots

_STATE = re.compile(r"state_(\d+)\.sqlite")
# A writer holds it for milliseconds.
_WAIT_S = 1.0


def database(where: Roots) -> str | None:
    """Today's state database, None where there is none."""
    try:
        found = [(int(named[1]), name) for name in os.listdir(where.codex) if (named := _STATE.fullmatch(name))]
    except OSError:
        return None
    return f"{where.codex}/{max(found)[1]}" if found else None


def row_of(where: Roots, session: str) -> Mapping[str, object] | None:
    """A session's row by column, None where there is none or it cannot be read."""
    import sqlite3

    path = database(where)
    if path is None:
        return None
    try:
        with closing(sqlite3.connect(_uri(path), uri=True, timeout=_WAIT_S)) as base:
            base.row_factory = sqlite3.Row
            found = base.execute("SELECT * FROM threads WHERE id = ?", (session,)).fetchone()
            return None if found is None else dict(found)
    except sqlite3.Error:
        return None


def damage(where: Roots) -> str:
    """What SQLite says is wrong with today's state database, '' for nothing, or for none that can be read."""
    import sqlite3

    path = database(where)
    if path is None or not os.path.getsize(path):
        return ""
    try:
        with closing(sqlite3.connect(_uri(path), uri=True, timeout=_WAIT_S)) as base:
            said = str(base.execute("PRAGMA quick_check(1)").fetchone()[0])
            return "" if said == "ok" else said
    except sqlite3.OperationalError:
        return ""  # busy, or not to be opened: no word about its pages
    except sqlite3.DatabaseError as error:
        return str(error)


def _uri(path: str) -> str:
    """Read-only. One without a log beside it is read as it lies, so that no file is made beside it."""
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{quoted}?{'mode=ro' if os.path.exists(f'{path}-wal') else 'immutable=1'}"
