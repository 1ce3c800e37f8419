"""One job for many things by forks: real processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from wslcfg.host.many import each


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three, however many this machine lends."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2})


def test_the_answers_come_in_order() -> None:
    """Each thing gets its own answer, by several processes; a portion is what one of them takes at a time."""

    def job(number: int) -> tuple[int, int]:
        time.sleep(0.002)
        return number * number, os.getpid()

    for portion in (1, 7, 100):
        found = each(job, range(50), portion=portion)
        assert [square for square, _ in found] == [number * number for number in range(50)]
        assert len({pid for _, pid in found}) == (1 if portion == 100 else 3)
    assert each(job, []) == []


def test_more_than_a_pipe_holds() -> None:
    """Ten thousand things, and answers of more bytes than a pipe takes at once."""
    assert each(lambda number: "x" * 1000 + str(number), range(10_000))[-1].endswith("9999")


def test_what_the_job_raises_is_raised() -> None:
    """An error in whichever process comes out with its own words, and no child is left."""

    def job(number: int) -> int:
        time.sleep(0.001)
        if number == 30:
            raise ValueError("thirty")
        return number

    with pytest.raises(ValueError, match="thirty"):
        each(job, range(60))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_killed_process_costs_nothing(tmp_path: Path) -> None:
    """What a process had taken when it was killed (out of memory, say) is done again."""
    mine, once = os.getpid(), tmp_path / "once"

    def job(number: int) -> int:
        time.sleep(0.001)
        if os.getpid() != mine and not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert each(job, range(60)) == list(range(60)) and once.exists()
