"""wslcfg on a real terminal, with a person who presses the same keys at each question."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def on_terminal(words: Sequence[str], keys: bytes, steps: Sequence[str], seconds: float = 60) -> tuple[int, str]:
    """Run wslcfg on a pseudo-terminal; after each step's text has come, send the keys. The exit code (-9: too late) and all that was shown."""
    leader, follower = pty.openpty()
    env = os.environ | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "COLUMNS": "100", "LINES": "40"}
    child = subprocess.Popen(
        [sys.executable, "-m", "wslcfg", *words], stdin=follower, stdout=follower, stderr=follower, env=env, start_new_session=True
    )
    os.close(follower)
    shown, waiting, end = b"", list(steps), time.monotonic() + seconds
    while time.monotonic() < end:
        ready, _, _ = select.select([leader], [], [], 0.2)
        if ready:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            shown += chunk
            if b"\x1b[6n" in chunk:
                os.write(leader, b"\x1b[1;1R")  # where the cursor is: a terminal answers, and questionary waits for it
            if waiting and waiting[0].encode() in shown:
                waiting.pop(0)
                time.sleep(0.2)
                os.write(leader, keys)
        elif child.poll() is not None:
            break
    os.close(leader)
    if child.poll() is None:
        time.sleep(0.3)
    code = child.poll()
    if code is None:
        child.send_signal(signal.SIGKILL)
        code = child.wait()
    return code, shown.decode("utf-8", "replace")
