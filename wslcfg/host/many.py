"""One job for many things on every processor, by plain forks.

Not the library's pool: importing that takes as long as half of what `sessions list` does with ten thousand files, and it hands out work by threads and
locks where one pipe does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, NoReturn, TypeVar

    T = TypeVar("T")
    R = TypeVar("R")

# The numbers of so many portions fit into the smallest pipe that Linux makes (a page) as four bytes each.
_PORTIONS = 1024


def each(job: Callable[[T], R], items: Sequence[T], *, portion: int = 1) -> list[R]:
    """What the job gives for each item, in their order. Whoever is free takes the next `portion` of them, this process too.

    What a process that was killed had taken is done again here. Raises what the job raises.
    """
    portion = max(portion, -(-len(items) // _PORTIONS))
    starts = range(0, len(items), portion)
    others = min(len(os.sched_getaffinity(0)), len(starts)) - 1
    if others < 1:
        return [job(one) for one in items]
    import pickle  # not where everything is known already
    import signal

    taking, giving = os.pipe()
    os.write(giving, b"".join(at.to_bytes(4, "little") for at in starts))
    os.close(giving)

    def work() -> dict[int, list[R]]:
        done = {}
        # A read of a pipe is one act: nobody gets half a number, nobody the same one.
        while taken := os.read(taking, 4):
            at = int.from_bytes(taken, "little")
            done[at] = [job(one) for one in items[at : at + portion]]
        return done

    working: list[tuple[BinaryIO, int]] = []
    try:
        for _ in range(others):
            answer, answering = os.pipe()
            pid = os.fork()
            if pid == 0:
                _answer(lambda: pickle.dumps(work(), pickle.HIGHEST_PROTOCOL), answering)
            os.close(answering)
            working.append((open(answer, "rb"), pid))  # noqa: SIM115
        done = work()
        while working:
            raw = working[-1][0].read()
            file, pid = working.pop()
            file.close()
            if os.waitpid(pid, 0)[1] == 0:
                done |= pickle.loads(raw)
    finally:
        os.close(taking)
        for file, pid in working:
            file.close()
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return [one for at in starts for one in done.get(at) or [job(one) for one in items[at : at + portion]]]


def _answer(work: Callable[[], bytes], to: int) -> NoReturn:
    """A child's whole life; whatever goes wrong in it the parent meets itself, with its own words."""
    code = 1
    try:
        with open(to, "wb") as file:
            file.write(work())
        code = 0
    finally:
        os._exit(code)
