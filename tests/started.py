"""A started program, looked at only when the kernel shows its arguments."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

__all__ = ["started"]


def started(child: subprocess.Popen[bytes], word: str) -> None:
    """Wait until the program's arguments can be read and have this word.

    `Popen` comes back when `execve` has closed its files; the new arguments show a moment later, and a script's once its interpreter runs.
    """
    deadline = time.monotonic() + 30
    while word.encode() not in Path(f"/proc/{child.pid}/cmdline").read_bytes():
        assert child.poll() is None and time.monotonic() < deadline, f"{word} does not run"
        time.sleep(0.01)
