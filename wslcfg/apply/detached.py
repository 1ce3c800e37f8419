"""Act: start a .cmd file on the Windows side so that it outlives the VM that it is started from.

How, and why so (microsoft/WSL, src/windows/common/interop.cpp and src/linux/init/binfmt.cpp): the process that interop makes is ended when
the VM's socket closes, its children are not. So the script is a grandchild (`start /b`). Its streams are NUL, since one that it inherited
would keep `/init` waiting for it, and would break under it when the VM goes.
"""

from __future__ import annotations

import os
import re

from wslcfg.errors import Unreachable
from wslcfg.machine.interop import CMD, Interop

# What cmd.exe takes as it is, and /init puts between no quotes. All else (a user's name with `&` or `%`) is in the folder, which is no argument.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def start_detached(interop: Interop, script: str, *words: str) -> None:
    """Start a .cmd file in its own folder and leave it alone; nothing is known of it until it writes a file that says so.

    Args:
        interop: the way to Windows' programs.
        script: the file as this Linux sees it, on a Windows drive. cmd.exe reads it while it runs: give it a copy under a name of its own.
        words: its arguments. They and the file's name are letters, digits, `.`, `_` and `-`.

    Raises:
        Unreachable: no Windows program can be started from here.
    """
    folder, name = os.path.split(script)
    assert all(_PLAIN.fullmatch(word) for word in (name, *words)), (name, words)
    arguments = ("/d", "/c", "start", "", "/b", "cmd.exe", "/d", "/c", f".\\{name}", *words, "<nul", ">nul", "2>&1")
    why = interop.start(CMD, arguments, folder)
    if why:
        raise Unreachable(
            f"Nothing can be started on the Windows side: {why}.",
            "`wslcfg facts` says more about interop; a new WSL window often has it again.",
            code="no-interop",
        )
