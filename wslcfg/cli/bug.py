"""Act: the report that a bug leaves behind."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback

from wslcfg import __version__


def write_report(error: BaseException) -> str | None:
    """Write the traceback, the versions and the command's name to a new file in the temporary folder; its path, or None when that fails.

    Arguments are left out but for the command's name: they can hold paths and values that are nobody else's business.
    """
    cause = error.__cause__ or error
    text = "".join(
        [
            f"wslcfg {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
            f"command: {' '.join(arg for arg in sys.argv[1:3] if not arg.startswith('-'))[:60]}\n",
            f"{error}\n\n",
            *traceback.format_exception(type(cause), cause, cause.__traceback__),
        ]
    )
    try:
        handle, path = tempfile.mkstemp(prefix="wslcfg-bug-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return None
    return path
