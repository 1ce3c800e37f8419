"""Act: a child whose output is read while it runs, for answers larger than memory should hold (a journal)."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence

_PIECE = 1 << 20
_LONGEST_COMPLAINT = 8 << 10


class Stream:
    """Iterates over a child's stdout in pieces; what it ended with is known afterwards.

    Attributes:
        code: its exit code once it ended; failure: '' or why it did not run to its end: `missing`, `not-executable`, `timeout`.
        err: the beginning of its stderr.
    """

    def __init__(self, argv: Sequence[str], env: dict[str, str], timeout_s: float) -> None:
        """Nothing is started before the first piece is asked for."""
        self._argv, self._env, self._timeout_s = list(argv), env, timeout_s
        self.code = 0
        self.err = b""
        self.failure = ""

    def __iter__(self) -> Iterator[bytes]:
        with tempfile.TemporaryFile() as said:
            try:
                child = subprocess.Popen(
                    self._argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, start_new_session=True, env=self._env
                )
            except OSError as error:
                missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
                self.code, self.failure = (127, "missing") if missing else (126, "not-executable")
                self.err = f"{error.filename or self._argv[0]}: {error.strerror}".encode(errors="replace")
                return
            watch = threading.Timer(self._timeout_s, self._end, (child, "timeout"))
            watch.daemon = True
            watch.start()
            try:
                assert child.stdout is not None
                while piece := os.read(child.stdout.fileno(), _PIECE):
                    yield piece
            finally:
                watch.cancel()
                # Whoever stops asking ends the child.
                self._end(child, "")
                self.code = child.wait()
                if child.stdout is not None:
                    child.stdout.close()
                said.seek(0)
                self.err = said.read(_LONGEST_COMPLAINT)

    def _end(self, child: subprocess.Popen[bytes], failure: str) -> None:
        self.failure = self.failure or failure
        # A child that closed its stdout has a moment to end by itself, so that its own exit code is told.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.0 if failure else 0.5)
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
