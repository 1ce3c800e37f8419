"""A backup: what grew, what was rewritten, what is gone, and what nobody may see."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.store.homes import PROJECT, Home
from wslcfg.errors import Bug, Refused, Unreadable
from wslcfg.store.engine import Source
from wslcfg.store.pack import PIECE

ONE, TWO = f"{PROJECT}/1e99.jsonl", f"{PROJECT}/2f00.jsonl"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with two sessions, backed up once."""
    made = Home(tmp_path)
    made.write(ONE, b'{"type":"user"}\n' * 1000)
    made.write(TWO, b'{"type":"assistant"}\n' * 500)
    made.back_up()
    return made


def test_what_is_backed_up_comes_back(home: Home) -> None:
    """Every byte comes back, with its mode and its time beside it."""
    os.chmod(home.path / ONE, 0o640)
    assert home.present() == home.files()
    home.back_up()
    held = home.held()[ONE]
    assert (held.mode, held.bytes) == (0o640, 16_000)
    assert abs(held.modified_at.timestamp() - (home.path / ONE).stat().st_mtime) < 0.001


def test_nothing_new_makes_no_snapshot(home: Home) -> None:
    """A run without changes leaves the store as it is."""
    before = {one: one.stat().st_mtime_ns for one in (home.repo, *home.repo.rglob("*"))}
    done = home.back_up()
    assert (done.snapshot, done.files, done.new_bytes, done.stored_bytes) == (None, 2, 0, 0)
    assert {one: one.stat().st_mtime_ns for one in (home.repo, *home.repo.rglob("*"))} == before


def test_only_what_grew_is_stored(home: Home) -> None:
    """An append costs its own bytes, not the file's."""
    home.append(ONE, os.urandom(3000))
    done = home.back_up()
    assert done.new_bytes == 3000
    assert done.stored_bytes < 5000
    assert home.present() == home.files()


def test_a_rewritten_file_is_stored_anew(home: Home) -> None:
    """Another content of the same size, or of a greater one, is not taken for an append."""
    old = (home.path / ONE).read_bytes()
    home.write(ONE, b"[" + old[1:] + b"more\n")
    assert home.back_up().new_bytes == len(old) + 5
    assert home.present() == home.files()


def test_an_atomic_rewrite_that_kept_the_beginning_is_an_append(home: Home) -> None:
    """A file that was replaced by itself and more (another inode) costs only the more."""
    longer = (home.path / ONE).read_bytes() + b"{}\n"
    home.write(f"{PROJECT}/x.tmp", longer).rename(home.path / ONE)
    assert home.back_up().new_bytes == 3
    assert home.present() == home.files()


def test_a_file_that_shrank_keeps_both_versions(home: Home) -> None:
    """A shorter file is a loss or a compaction: it is said, and the longer one is still held at its time."""
    long, first = (home.path / ONE).read_bytes(), home.store.snapshots()[0]
    home.write(ONE, long[:100])
    done = home.back_up()
    assert "shrank from 16000 to 100" in done.warnings[0]
    assert home.present()[ONE] == long[:100]
    assert home.present(first.made_at)[ONE] == long


def test_deletions_do_not_propagate(home: Home) -> None:
    """A session that its client deleted is still held, marked as deleted, with the snapshot that had it last; one that comes back is whole again."""
    last = home.store.snapshots()[-1].id
    data = (home.path / ONE).read_bytes()
    os.unlink(home.path / ONE)
    assert home.back_up().files == 1
    assert home.back_up().snapshot is None
    held = home.held()[ONE]
    assert (held.deleted, held.snapshot) == (True, last)
    assert home.bring([held])[ONE] == data
    home.write(ONE, data + b"again\n")
    assert home.back_up().new_bytes == 6
    assert not home.held()[ONE].deleted
    assert home.present() == home.files()


def test_each_snapshot_shows_its_own_time(home: Home) -> None:
    """With `at` the files are as they were then."""
    states = [(home.store.snapshots()[-1], home.files())]
    for turn in range(5):
        home.append(TWO, b"%d\n" % turn * 50)
        home.write(f"{PROJECT}/new{turn}.jsonl", b"x" * turn)
        home.back_up()
        states.append((home.store.snapshots()[-1], home.files()))
    for snapshot, files in states:
        assert home.present(snapshot.made_at) == files
        assert (snapshot.files, snapshot.bytes) == (len(files), sum(map(len, files.values())))


def test_large_files_go_in_pieces(home: Home) -> None:
    """A file of several pieces, with an end that is no piece's, comes back whole before and after an append."""
    home.write(ONE, os.urandom(2 * PIECE + 4097))
    home.back_up()
    home.append(ONE, os.urandom(PIECE + 1))
    assert home.back_up().new_bytes == PIECE + 1
    assert home.present() == home.files()


def test_an_edit_behind_our_back_is_found(home: Home) -> None:
    """An edit that left size and times alone, which no stat can tell, is found within a day of runs, and by a full check at once."""
    for full_check, runs in ((True, 1), (False, 48)):
        place = home.path / ONE
        was = place.stat()
        with open(place, "r+b") as file:
            file.write(os.urandom(8))
        os.utime(place, ns=(was.st_atime_ns, was.st_mtime_ns))
        # ctime cannot be set back; the manifest is told that it saw this one.
        source = Source(ONE, str(place), snapshot=True)
        found = [home.store.backup([source], full_check=full_check).new_bytes for _ in range(runs + 1)]
        assert sum(found) >= 16_000, (full_check, found)
        assert home.bring([home.held()[ONE]])[ONE] == place.read_bytes()


def test_an_unreadable_file_keeps_what_is_held(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read just now is neither lost nor called deleted."""
    data = (home.path / ONE).read_bytes()
    real = os.open

    def refuse(path, *rest, **more):
        if str(path).endswith("1e99.jsonl"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *rest, **more)

    home.append(ONE, b"more\n")
    # root may read everything, so the refusal is put in by hand.
    monkeypatch.setattr(os, "open", refuse)
    done = home.back_up()
    monkeypatch.undo()
    assert "could not be read" in done.warnings[0]
    assert not home.held()[ONE].deleted
    assert home.bring([home.held()[ONE]])[ONE] == data


def test_everything_is_private(home: Home) -> None:
    """Transcripts hold secrets: folders 0700, files 0600."""
    for one in (home.repo, *home.repo.rglob("*"), *home.state.rglob("*.lock")):
        assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600), one


def test_what_a_killed_run_had_stored_is_not_lost(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed before its snapshot had already stored a file that is gone by the next run: that one holds it, in its newest state."""
    new = f"{PROJECT}/3a11.jsonl"
    home.append(ONE, b"more\n")
    home.write(new, b"new\n")
    wanted = {ONE: home.files()[ONE], new: b"new\n"}

    def killed(_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("wslcfg.store.manifest.Maker.commit", killed)
        with pytest.raises(KeyboardInterrupt):
            home.back_up()
    assert len(home.store.snapshots()) == 1
    for path in wanted:
        (home.path / path).unlink()
    assert home.back_up().snapshot is not None
    held = home.held()
    assert held[ONE].deleted and held[new].deleted and not held[TWO].deleted
    assert home.bring([held[path] for path in sorted(wanted)]) == wanted


def test_left_overs_are_cleaned(home: Home) -> None:
    """What a killed run left under temporary names is gone after the next one."""
    for folder in ("packs", "snapshots", "."):
        (home.repo / folder / "abc.tmp").write_bytes(b"half")
    home.back_up()
    assert not list(home.repo.rglob("*.tmp"))


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    """A folder with other things in it is never made a store."""
    home = Home(tmp_path)
    home.write(ONE, b"x")
    home.repo.mkdir()
    (home.repo / "thesis.odt").write_bytes(b"x")
    with pytest.raises(Refused, match="holds other things"):
        home.back_up()
    assert [one.name for one in home.repo.iterdir()] == ["thesis.odt"]


def test_a_newer_format_is_not_touched(home: Home) -> None:
    """A store that a newer wslcfg made is left alone."""
    (home.repo / "format.json").write_text('{"format": 2, "id": "x"}')
    with pytest.raises(Unreadable, match="newer than this wslcfg"):
        home.back_up()


def test_unsorted_sources_are_a_bug(home: Home) -> None:
    """The walk side by side depends on the order, so a wrong one is said and nothing is written."""
    with pytest.raises(Bug, match="not sorted"):
        home.store.backup([Source(TWO, str(home.path / TWO)), Source(ONE, str(home.path / ONE))])
    assert len(home.store.snapshots()) == 1


def test_ids_grow_when_the_clock_does_not(tmp_path: Path) -> None:
    """A clock that was set back does not put a snapshot before the ones it stands on."""
    from datetime import datetime, timezone

    home = Home(tmp_path, now=lambda: datetime(2026, 1, 1, tzinfo=timezone.utc))
    for turn in range(3):
        home.write(ONE, b"x" * turn)
        home.back_up()
    ids = [one.id for one in home.store.snapshots()]
    assert ids == sorted(set(ids))
    assert len(ids) == 3


def test_names_of_any_bytes(tmp_path: Path) -> None:
    """File names with line breaks, quotes, other alphabets and bytes that are no text come back under their own names."""
    home = Home(tmp_path)
    for number, name in enumerate([b"a\nb", b'"keep":', "ö😀".encode(), b"\xff\xfe", b"a b", b"\\u0041"]):
        place = os.path.join(os.fsencode(home.path / PROJECT), name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(b"%d" % number)
    home.back_up()
    for one in home.path.rglob("*"):
        if one.is_file():
            with open(one, "ab") as file:
                file.write(b"more")
    home.back_up()
    assert home.present() == home.files()
