"""Killed, or failed by the disk, at every system call that writes: the files are old or new, and history is true."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.apply import injection
from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply.prune import prune
from wslcfg.apply.rollback import back_to
from wslcfg.apply.run import apply
from wslcfg.errors import WslcfgError

pytestmark = pytest.mark.slow

CONF_OLD, CONF_NEW = b"[boot]\n", b"[boot]\nsystemd=true\n"
LAST = b"[wsl2]\nswap=0\n"

# Every error of the disk takes the same way through our code; EIO is tried where all of that way is gone: the first apply and the prune.
MOST = ["signal=KILL", "error=ENOSPC"]
FAULTS = [*MOST, "error=EIO"]

# (bytes of .wslconfig and of wsl.conf)
State = tuple[bytes | None, bytes | None]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in memory, where the many fsyncs cost nothing."""
    if why := injection.possible():
        pytest.skip(why)
    place = Path(tempfile.mkdtemp(dir=injection.fast_folder()))
    yield place
    shutil.rmtree(place, ignore_errors=True)


def _conf(home: Home) -> Path:
    return home.root / "Ubuntu" / "etc" / "wsl.conf"


def _state(home: Home) -> State:
    return home.host.read(str(home.config)), home.host.read(str(_conf(home)))


def _begin(folder: Path, config: bytes | None, conf: bytes | None) -> Home:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    home = Home(folder)
    if config is not None:
        home.config.write_bytes(config)
    if conf is not None:
        _conf(home).parent.mkdir(parents=True)
        _conf(home).write_bytes(conf)
    return home


def _copy(seed: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(seed, folder, symlinks=True)


def _true_afterwards(folder: Path, hit: injection.Hit, found: bytes | None) -> None:
    """A following run finds a consistent history, can apply, and can roll back to where it was and to the very first bytes."""
    home = Home(folder)
    before = home.config.read_bytes() if home.config.exists() else None
    home.apply(home.change(LAST), distro="Debian")
    home.apply(home.own("Ubuntu", b"later\n"))
    for distro in ("Ubuntu", "Debian"):
        history = home.store(distro).all()
        assert history.problems == (), hit
        numbers = [item.number for item in history.generations]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), hit
        assert not [item for item in history.generations if item.state == "pending"], hit
        done = [record for item in history.generations if item.in_effect for record in item.records if record.shared]
        for earlier, later in pairwise(done):
            assert later.before == earlier.after or later.before == later.after, hit
    plan = back_to(home.store("Debian"), home.host)
    apply(plan, home.host, home.homes("Debian"), command="wslcfg rollback")
    assert home.host.read(str(home.config)) == before, hit
    apply(back_to(home.store(), home.host, 1), home.host, home.homes(), command="wslcfg rollback")
    assert home.host.read(str(home.config)) == found, hit
    left = {path.name for path in home.profile.iterdir()} - {".wslconfig", "AppData"}
    assert not left, hit
    assert not list((home.shared / "locks").iterdir()), hit


# What differs from run to run without meaning anything: ids, times, the names of temporary files and claims.
_CHANCE = re.compile(
    r"[0-9]{8}T[0-9]{6}Z-[A-Za-z]+-[0-9a-f]{6}|[0-9]{4}-[0-9-]+T[0-9:.]+Z|[0-9a-f]{8}-[0-9]+-[0-9]+-[0-9]+-[0-9a-f]{8}|\"(pid|until)[^,}]*"
)


def _shape(folder: Path, hit: injection.Hit) -> str:
    """All that lies in the folder and what the run said of itself: two faults with one shape have one aftermath."""
    lines = [hit.ended[:5]]
    for path in sorted(folder.rglob("*")):
        text = path.read_bytes().decode("latin-1") if path.is_file() else ""
        lines.append(_CHANCE.sub("*", f"{path.relative_to(folder)} {text}"))
    return "\n".join(sorted(lines))


def _every_point(
    folder: Path, fault: str, prepare: Callable[[], None], act: Callable[[], object], check: Callable[[injection.Hit], None]
) -> int:
    """Inject at every call; look at the aftermath of each fault that left something new. Returns how many points there were."""
    count = 0
    seen: set[str] = set()
    for hit in injection.points(fault, act, prepare):
        count += 1
        assert not hit.ended.startswith("crash"), hit
        if hit.ended.startswith("error"):
            assert hit.ended.count(". | ") == 1 and hit.ended.endswith("."), f"two plain sentences: {hit}"
        shape = _shape(folder, hit)
        if shape not in seen:
            check(hit)
        seen.add(shape)
    return count


@pytest.mark.parametrize("fault", FAULTS)
def test_the_first_apply(folder: Path, fault: str) -> None:
    """One file, no history yet: 100 % of the points."""
    work = folder / "first"

    def act() -> None:
        home = Home(work)
        home.apply(home.change(NEW))

    def check(hit: injection.Hit) -> None:
        config, _ = _state(Home(work))
        assert config in (OLD, NEW), hit
        assert hit.ended != "ok" or config == NEW, f"it says it is done: {hit}"
        assert not hit.ended.startswith("error") or config == OLD, f"it says it failed: {hit}"
        _true_afterwards(work, hit, OLD)

    assert _every_point(work, fault, lambda: void(_begin(work, OLD, None)), act, check) > 150


@pytest.mark.parametrize("fault", MOST)
def test_two_files_after_an_edit_by_others(folder: Path, fault: str) -> None:
    """A made `.wslconfig`, a changed wsl.conf, a foreign edit to keep: each file old or new, and after the next run both old or both new."""
    work, seed = folder / "two", folder / "two-seed"
    home = _begin(seed, OLD, CONF_OLD)
    home.apply(home.change(NEW))
    home.config.write_bytes(LAST + b"# by hand\n")
    foreign = home.config.read_bytes()

    def act() -> None:
        there = Home(work)
        there.apply(there.change(NEW), there.own("Ubuntu", CONF_NEW))

    def check(hit: injection.Hit) -> None:
        there = Home(work)
        assert _state(there)[0] in (foreign, NEW) and _state(there)[1] in (CONF_OLD, CONF_NEW), hit
        try:
            there.apply(there.own("Ubuntu", b"x\n", "x"))
        except WslcfgError as error:
            pytest.fail(f"{hit}: {error.message}")
        assert _state(there) in ((foreign, CONF_OLD), (NEW, CONF_NEW)), hit
        kept = [item for item in there.store().all().generations if item.kind == "foreign" and item.in_effect]
        assert _state(there)[0] == foreign or kept, f"the edit by hand is lost: {hit}"
        _true_afterwards(work, hit, OLD)

    assert _every_point(work, fault, lambda: _copy(seed, work), act, check) > 200


@pytest.mark.parametrize("fault", MOST)
def test_a_rollback_that_removes_the_file(folder: Path, fault: str) -> None:
    """Back to absent: the file is there whole, or not there."""
    work, seed = folder / "gone", folder / "gone-seed"
    home = _begin(seed, None, None)
    home.apply(home.change(NEW))

    def act() -> None:
        there = Home(work)
        plan = back_to(there.store(), there.host, 1)
        apply(plan, there.host, there.homes(), command="wslcfg rollback")

    def check(hit: injection.Hit) -> None:
        assert _state(Home(work))[0] in (NEW, None), hit
        _true_afterwards(work, hit, None)

    # The plan knows the seed's paths: copies must lie where the seed lay.
    def prepare() -> None:
        shutil.rmtree(work, ignore_errors=True)
        fresh = _begin(work, None, None)
        fresh.apply(fresh.change(NEW))

    assert _every_point(work, fault, prepare, act, check) > 80


@pytest.mark.parametrize("fault", FAULTS)
def test_a_prune(folder: Path, fault: str) -> None:
    """Each generation is whole or gone, the way back stays open, the rest is swept by the next prune."""
    work = folder / "prune"

    def prepare() -> None:
        home = _begin(work, OLD, None)
        for number in range(4):
            home.apply(home.change(f"[wsl2]\nswap={number}GB\n".encode()))

    def run_prune() -> None:
        home = Home(work)
        prune(home.store(), now=home.host.now() + timedelta(days=999), keep=0, keep_days=0)

    def check(hit: injection.Hit) -> None:
        home = Home(work)
        history = home.store().all()
        assert history.problems == (), hit
        for item in history.generations:
            assert home.store().bytes_of(item, item.records[0], "after") is not None, hit
        run_prune()
        assert [item.number for item in home.store().all().generations] == [1, 5], hit
        assert len(list((home.shared / "history").iterdir())) == 2, hit
        assert _state(home)[0] == b"[wsl2]\nswap=3GB\n", hit

    assert _every_point(work, fault, prepare, run_prune, check) > 20


def void(_: object) -> None:
    """For a prepare that returns something."""
