"""A power cut while wslcfg writes: the file on the Windows drive is the old or the new one, and the next boot finds a history that holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.vm.guest import Guest, Laptop, Step

pytestmark = [pytest.mark.vm, pytest.mark.slow]

OLD = b"# By hand\r\n[wsl2]\r\nmemory=8GB\r\n"
NEW = b"# By hand\r\n[wsl2]\r\nmemory=6GB\r\n"
# Every step is seen by strace's fault injection in tests/apply; here a few spread over the whole run, with a real disk's end to it.
CUTS = 3
# The first run makes more than later ones, so the second is counted.
START = """
sudo chmod 666 /proc/sysrq-trigger
step set wslcfg set wsl2.memory=6GB --yes --json
step unset wslcfg rollback --yes --json
step counted python3 -m power_cut 0 set wsl2.memory=6GB --yes --json
step undone wslcfg rollback --yes --json
"""
LOOK = """
cp /mnt/c/Users/ana/.wslconfig /out/found
step history wslcfg history --json
step done wslcfg set wsl2.memory=6GB --yes --json
cp /mnt/c/Users/ana/.wslconfig /out/done
step undone wslcfg rollback --yes --json
cp /mnt/c/Users/ana/.wslconfig /out/undone
"""
CUT = "sudo chmod 666 /proc/sysrq-trigger; python3 -m power_cut {} set wsl2.memory=6GB --yes\n"


class Cut(NamedTuple):
    """What the first boot after a cut found: where it was cut, the file as it lay there, after the job was done, and after it was taken back."""

    point: int
    steps: dict[str, Step]
    found: bytes
    done: bytes
    undone: bytes


def boot(guest: Guest, laptop: Laptop) -> list[Cut]:
    """Cut at points spread over a whole `set`, each in a boot of its own, which first looks at what the last cut has left."""
    laptop.config.write_bytes(OLD)
    laptop.open_to_all()
    first = guest.run(START, laptop, "--init", "none")
    assert first["undone"].data["changed"] is True and laptop.config.read_bytes() == OLD
    total = int(first["counted"].err.split()[-1])
    assert total > 2 * CUTS
    points = [total * (2 * number + 1) // (2 * CUTS) for number in range(CUTS)]
    cuts = []
    for before, point in itertools.pairwise([None, *points, None]):
        then = "" if point is None else CUT.format(point)
        steps = guest.run((LOOK if before else "") + then, laptop, "--init", "none", cut=point is not None)
        if before:
            cuts.append(Cut(before, steps, *((laptop.root / "out" / name).read_bytes() for name in ("found", "done", "undone"))))
    return cuts


BOOTS = {"power-cut": boot}


def test_power_cuts(booted: Callable[[str], list[Cut]]) -> None:
    """No byte is lost, history can be read, the next run works, and undoing it leads back to the first bytes."""
    cuts = booted("power-cut")
    assert len(cuts) == CUTS and cuts[0].found == OLD
    for cut in cuts:
        assert cut.found in (OLD, NEW), cut
        assert cut.steps["history"].data["generations"], cut
        # Where the cut came after the new file lay there, there is nothing left to do but to note it.
        assert cut.steps["done"].code == 0 and cut.done == NEW, cut
        assert cut.steps["undone"].data["changed"] is True and cut.undone == OLD, cut
