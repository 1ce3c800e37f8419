"""Act: one restic process: an argument list, an environment with what is secret, its lines as they come, its end in time."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from wslcfg.errors import Unreachable
from wslcfg.model.record import NamedTuple

# A first backup over a slow line takes hours; a process that is still there after a day is stuck.
LONGEST_S = 86400.0
# Between the end of its words and its own end it only takes its lock back.
_AFTERWARDS_S = 300.0
# Of what it says on stderr no more than the end is kept in memory.
_LAST_WORDS = 256 << 10


class Ended(NamedTuple):
    """A finished process: exit code (negative: killed by that signal) and the end of its stderr."""

    code: int
    said: str


class Restic:
    """How restic is called here: the program and its environment.

    Attributes:
        program: name or path. env: what is added to this process's environment (repository, password file, cache).
    """

    def __init__(self, program: str, env: Mapping[str, str]) -> None:
        self.program = program
        self.env = dict(env)

    def run(self, words: Sequence[str], *, cwd: str | None = None, timeout_s: float = LONGEST_S) -> tuple[Ended, str]:
        """Run it and gather stdout. Raises Unreachable as `lines`."""
        gathered: list[str] = []
        ended = self.lines(words, gathered.append, cwd=cwd, timeout_s=timeout_s)
        return ended, "\n".join(gathered)

    def lines(self, words: Sequence[str], take: Callable[[str], None], *, cwd: str | None = None, timeout_s: float = LONGEST_S) -> Ended:
        """Run it and hand each line of stdout to `take`; stdin is closed, so that it never asks.

        Raises:
            Unreachable: there is no restic, or it took longer than `timeout_s`.
        """
        with tempfile.TemporaryFile() as errors:
            try:
                child = subprocess.Popen(
                    [self.program, *words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=cwd,
                    env={**os.environ, **self.env},
                    start_new_session=True,
                )
            except OSError as error:
                raise missing(self.program, error) from error
            try:
                for line in _lines(child, time.monotonic() + timeout_s):
                    take(line)
                code = child.wait(_AFTERWARDS_S)
            except (TimeoutError, subprocess.TimeoutExpired) as error:
                raise Unreachable(
                    f"restic did not end within {timeout_s:.0f} s.",
                    "Look at the network and the repository, then run it again.",
                    code="timeout",
                ) from error
            finally:
                # Whatever ended this loop (a time-out, Ctrl-C, a bug): restic does not go on behind our back.
                if child.poll() is None:
                    with contextlib.suppress(OSError):
                        os.killpg(child.pid, signal.SIGINT)  # the signal on which every version takes its lock back
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        child.wait(5.0)
                    with contextlib.suppress(OSError):
                        os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
                assert child.stdout is not None
                child.stdout.close()
            size = errors.seek(0, os.SEEK_END)
            errors.seek(max(0, size - _LAST_WORDS))
            return Ended(code, errors.read().decode("utf-8", "replace"))


def missing(program: str, error: OSError) -> Unreachable:
    """The error for a restic that cannot be started."""
    return Unreachable(
        f"{program} cannot be started: {error.strerror}.",
        "Install it (apt-get install restic), or set engine = own in inside.conf.",
        code="no-restic",
    )


def _lines(child: subprocess.Popen[bytes], deadline: float) -> Iterator[str]:
    """Lines of stdout as they come; the last one may lack its end. Raises TimeoutError at the deadline."""
    assert child.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not waiting.select(min(left, 60.0)):
                continue
            part = os.read(child.stdout.fileno(), 1 << 16)
            if not part:
                break
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")
