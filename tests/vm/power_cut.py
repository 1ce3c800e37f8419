"""Runs inside the VM: `python3 -m power_cut N ARGS…` is wslcfg with the power cut just before its Nth step that changes a disk; 0 only counts."""

from __future__ import annotations

import os
import sys
import time

from wslcfg.__main__ import main

# What Python's audit hooks tell of calls that change a disk (the audit events table of its manual).
STEPS = {"os.rename", "os.mkdir", "os.remove", "os.link", "os.rmdir", "os.chmod", "os.chown", "os.truncate", "os.utime", "fcntl.flock"}
WRITES = os.O_WRONLY | os.O_RDWR


class Cut:
    """An audit hook that counts the steps and cuts the power at one of them."""

    def __init__(self, at: int, trigger: int) -> None:
        self._at = at
        self._trigger = trigger
        self.count = 0

    def __call__(self, event: str, details: tuple[object, ...]) -> None:
        """Take notice of one event; `open` comes with (path, mode, flags)."""
        writes = event == "open" and isinstance(details[2], int) and details[2] & WRITES
        if not (event in STEPS or writes):
            return
        self.count += 1
        if self.count == self._at:
            os.write(self._trigger, b"b")
            time.sleep(60)


if __name__ == "__main__":
    cut = Cut(int(sys.argv[1]), os.open("/proc/sysrq-trigger", os.O_WRONLY))
    sys.addaudithook(cut)
    sys.argv[:2] = ["wslcfg"]
    try:
        main()
    finally:
        print(cut.count, file=sys.stderr)
