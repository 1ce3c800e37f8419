"""Act: run one child to its end or its time-out, or start one that nobody waits for. Apart from `real`, since subprocess costs 8 ms at start and most commands run no child."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

from wslcfg.host.port import Ran

# No answer that is wanted is larger; a child that floods us is drained, not stored.
LARGEST_OUTPUT = 16 << 20

# A child that ended may leave a grandchild that holds the pipes; it gets this long to let go before its group is killed.
GRACE_S = 0.3


def run(argv: Sequence[str], stdin: bytes | None, timeout_s: float, cwd: str | None, env: dict[str, str]) -> Ran:
    """Run a child in a session of its own and kill its whole group at the time-out; `env` is its whole environment.

    Returns: what it said, at most 16 MiB a stream, with its code: the shell's for a child that could not start (127 missing,
    126 not executable), -9 for a time-out.
    """
    try:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=cwd,
            env=env,
        )
    except OSError as error:
        missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
        said = f"{error.filename or argv[0]}: {error.strerror}".encode(errors="replace")
        return Ran(127 if missing else 126, b"", said, "missing" if missing else "not-executable")
    except ValueError as error:
        return Ran(126, b"", str(error).encode(), "not-executable")
    try:
        out, err, late = _exchange(child, stdin, time.monotonic() + timeout_s)
    finally:
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        code = child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
    return Ran(code, out, err, "timeout" if late else "")


def start(argv: Sequence[str], cwd: str | None, env: dict[str, str]) -> str:
    """Start a child in a session of its own, with all streams on /dev/null, and leave it alone; '' or a `Ran.failure`."""
    null = subprocess.DEVNULL
    try:
        child = subprocess.Popen(list(argv), stdin=null, stdout=null, stderr=null, start_new_session=True, cwd=cwd, env=env)
    except OSError as error:
        return "missing" if error.errno in {errno.ENOENT, errno.ENOTDIR} else "not-executable"
    except ValueError:
        return "not-executable"
    # Reaps it should it end before us; a daemon thread does not keep us from ending first.
    threading.Thread(target=child.wait, daemon=True).start()
    return ""


def on_terminal(argv: Sequence[str], stdin: bytes | None, env: dict[str, str]) -> Ran:
    """Run a child that talks to the person (sudo asks for a password): our terminal, our session, no time-out, no capture."""
    try:
        child = subprocess.Popen(list(argv), stdin=None if stdin is None else subprocess.PIPE, env=env)
    except OSError as error:
        missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
        return Ran(127 if missing else 126, b"", str(error).encode(errors="replace"), "missing" if missing else "not-executable")
    with contextlib.suppress(BrokenPipeError):
        child.communicate(stdin)
    return Ran(child.wait(), b"", b"")


def _exchange(child: subprocess.Popen[bytes], stdin: bytes | None, deadline: float) -> tuple[bytes, bytes, bool]:
    """Feed stdin and gather both streams until they end, the child ended and GRACE_S passed, or the deadline came (then True)."""
    assert child.stdout is not None and child.stderr is not None
    gathered = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    rest = memoryview(stdin or b"")
    with selectors.DefaultSelector() as waiting:
        for number in gathered:
            os.set_blocking(number, False)
            waiting.register(number, selectors.EVENT_READ)
        if child.stdin is not None:
            os.set_blocking(child.stdin.fileno(), False)
            waiting.register(child.stdin.fileno(), selectors.EVENT_WRITE)
        ended: float | None = None
        late = False
        while waiting.get_map():
            now = time.monotonic()
            if ended is None and child.poll() is not None:
                ended = now
            if now >= deadline or (ended is not None and now - ended >= GRACE_S):
                late = ended is None
                break
            # A child that ends while a grandchild holds its pipes wakes nobody: look again every 50 ms.
            for key, _ in waiting.select(min(0.05, deadline - now)):
                if child.stdin is not None and key.fd == child.stdin.fileno():
                    rest = _feed(key.fd, rest)
                    if not rest:
                        waiting.unregister(key.fd)
                        child.stdin.close()
                        child.stdin = None
                elif not _gather(key.fd, gathered[key.fd]):
                    waiting.unregister(key.fd)
        else:
            late = _outlives(child, deadline)
    return bytes(gathered[child.stdout.fileno()]), bytes(gathered[child.stderr.fileno()]), late


def _outlives(child: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait for a child that closed its streams; True when it is still there at the deadline."""
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return True
    return False


def _feed(number: int, rest: memoryview) -> memoryview:
    try:
        return rest[os.write(number, rest[:65536]) :]
    except BlockingIOError:
        return rest
    except BrokenPipeError:
        return rest[len(rest) :]


def _gather(number: int, into: bytearray) -> bool:
    """Take what is there; False at the end of the stream."""
    try:
        part = os.read(number, 1 << 16)
    except BlockingIOError:
        return True
    into += part[: max(0, LARGEST_OUTPUT - len(into))]
    return bool(part)
