"""Act: hand a restart of WSL over to Windows. Whoever asks for it goes with the VM, so a copy of restart.cmd does it, and says first that it lives."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from wslcfg.apply.detached import start_detached
from wslcfg.apply.rescue import resource
from wslcfg.apply.restarted import FOLDER
from wslcfg.errors import Unreachable, WslcfgError
from wslcfg.host.port import Host
from wslcfg.machine.interop import Interop
from wslcfg.model.late import late

SCRIPT, NO_ANSWER = "restart.cmd", "no-answer.txt"
# How long the script may take to say that it lives: a virus scanner looks at it first. Then the shutdown before it is forced, and the start:
# WSL itself gives the kernel 30 s and the distro 60 s.
_ARMED_S, _DOWN_S, _ANSWER_S = 10.0, 60, 150
# What a batch file reads from a text as it is, and may put between quotes: ASCII without `"`, `%` and `^`, which `call` doubles.
_PLAIN = late(r"[ !#$&'()+,./0-9:;<=>?@A-Z\[\]_`a-z{|}~-]+")


def hand_over(
    host: Host,
    interop: Interop,
    shared: str,
    *,
    distro: str,
    user: str,
    after: str,
    pause: Callable[[float], None],
    seconds: tuple[int, int] = (_DOWN_S, _ANSWER_S),
) -> str:
    """Start the script, wait until it says so, and let it go; WSL is shut down some 2 s later. The state file's path as the host sees it.

    Args:
        shared: `%LOCALAPPDATA%\\wslcfg` as the host sees it. distro: which one is started again. user, after: in it, whose terminal opens
            with which script; '' opens none. Names that cmd.exe cannot read are left out: then it is the default distro, without a terminal.
        seconds: for the shutdown before it is forced, and for the start.

    Raises:
        Unreachable: nothing can be started on the Windows side, or it does not say that it lives; nothing was restarted then.
    """
    folder = f"{shared}/{FOLDER}"
    _tidy(host, folder)
    run = f"restart-r{os.urandom(4).hex()}x"
    known = {"distro": distro if _PLAIN.fullmatch(distro) else "", "shutdown": str(seconds[0]), "start": str(seconds[1])}
    if known["distro"] and after and _PLAIN.fullmatch(user) and _PLAIN.fullmatch(after):
        known |= {"user": user, "after": after}
    host.write(f"{folder}/{run}.txt", "".join(f"{key}={value}\r\n" for key, value in known.items()).encode("ascii"))
    host.write(f"{folder}/{NO_ANSWER}", resource(NO_ANSWER))
    host.write(f"{folder}/{run}.cmd", resource(SCRIPT))
    start_detached(interop, f"{folder}/{run}.cmd")
    waited = 0.0
    while host.stat(f"{folder}/{run}.armed") is None:
        if waited >= _ARMED_S:
            raise Unreachable(
                "Windows did not start restart.cmd within 10 s; nothing was restarted.",
                "Run in PowerShell: wsl --shutdown",
                code="not-armed",
            )
        pause(0.1)
        waited += 0.1
    host.write(f"{folder}/{run}.go", b"")
    return f"{folder}/{run}.state"


def after_script(program: Sequence[str], resume: Sequence[str]) -> bytes:
    """What the terminal runs that opens after the restart: verify, the lines that resume the sessions which ended, then the person's shell.

    Args: program: the words that start wslcfg, the first one an absolute path. resume: command lines.
    """
    called = " ".join(_quoted(word) for word in program)
    lines = ["#!/bin/sh", "# Written by wslcfg restart; runs once, in the window that opens afterwards.", f"{called} verify"]
    if resume:
        lines += ["echo", "echo 'Sessions that ended with the restart; each line brings one back:'"]
        lines += [f"printf '%s\\n' {_quoted('  ' + line)}" for line in resume]
    lines += ['exec "${SHELL:-/bin/sh}" -l', ""]
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _tidy(host: Host, folder: str) -> None:
    """Remove what earlier restarts left; one that runs now is the only thing in our way, and would have ended this distro already."""
    for name in host.list(folder):
        if name.startswith("restart-"):
            try:
                host.remove(f"{folder}/{name}")
            except WslcfgError:
                continue  # cmd.exe still reads it
