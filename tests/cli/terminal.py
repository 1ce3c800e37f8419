"""A person at a terminal: a program on a real pseudo-terminal, whose questions are answered as they appear.

Also a program of its own, for the guest of the virtual machine: `terminal.py SECONDS SHOWN TEXT=KEYS... -- ARGV...` writes what was shown to
the file SHOWN and ends with the program's exit code.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def at_terminal(argv: Sequence[str], answers: Sequence[tuple[str, bytes]], env: Mapping[str, str], seconds: float = 60) -> tuple[int, str]:
    """Run a program; after each answer's text has come, type its keys. The exit code (-9: too late) and all that was shown."""
    leader, follower = pty.openpty()
    child = subprocess.Popen(argv, stdin=follower, stdout=follower, stderr=follower, env=env, start_new_session=True)
    os.close(follower)
    shown, seen, waiting, end = b"", 0, list(answers), time.monotonic() + seconds
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
            # Each text is looked for behind the one before, so that two questions may share a word.
            if waiting and (found := shown.find(waiting[0][0].encode(), seen)) >= 0:
                seen = found + len(waiting[0][0].encode())
                time.sleep(0.2)
                os.write(leader, waiting.pop(0)[1])
        elif child.poll() is not None:
            break
    os.close(leader)
    try:
        code = child.wait(timeout=1)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        code = child.wait()
    return code, shown.decode("utf-8", "replace")


def on_terminal(words: Sequence[str], keys: bytes, steps: Sequence[str], seconds: float = 60) -> tuple[int, str]:
    """Run wslcfg with the same keys at each step."""
    env = os.environ | {
        "TERM": "xterm-256color",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
        "LINES": "40",
    }
    return at_terminal([sys.executable, "-m", "wslcfg", *words], [(step, keys) for step in steps], env, seconds)


def main(words: Sequence[str]) -> int:
    """The program; `\\r` and `\\e` in KEYS are what they are in a shell's printf."""
    at = words.index("--")
    pairs = [word.rpartition("=") for word in words[2:at]]
    keys = [(text, keys.replace("\\r", "\r").replace("\\e", "\x1b").encode()) for text, _, keys in pairs]
    code, shown = at_terminal(
        words[at + 1 :], keys, os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}, float(words[0])
    )
    Path(words[1]).write_text(shown, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
