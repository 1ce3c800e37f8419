"""The store: readable folders, damaged entries told and kept, two copies of one truth."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply.generation import common, from_json, to_json
from wslcfg.apply.generations import file_names, new_id
from wslcfg.apply.run import apply
from wslcfg.errors import Unreadable
from wslcfg.model.plan import FileChange, KeyChange, Plan


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with generations 1 and 2."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    change = made.change(NEW)
    keys = (KeyChange(".wslconfig", "wsl2", "memory", "8GB", "10GB", "two sessions"),)
    apply(Plan("balanced", (change._replace(keys=keys),)), made.host, made.homes(), command="c")
    return made


def _folder(home: Home, number: int) -> Path:
    return home.shared / "history" / home.store().get(number).id


def test_people_can_read_the_folder(home: Home) -> None:
    """Names say what is what, the bytes are plain copies, the metadata tells who, where, when and why."""
    folder = _folder(home, 2)
    assert sorted(path.name for path in folder.iterdir()) == ["generation.json", "rollback.cmd", "wslconfig.after", "wslconfig.before"]
    assert ((folder / "wslconfig.before").read_bytes(), (folder / "wslconfig.after").read_bytes()) == (OLD, NEW)
    told = json.loads((folder / "generation.json").read_text())
    assert told["schema"] == 1 and told["title"] == "balanced" and told["distro"] == "Ubuntu" and told["user"] == "ana"
    assert told["changes"] == [
        {"file": ".wslconfig", "section": "wsl2", "key": "memory", "old": "8GB", "new": "10GB", "why": "two sessions"}
    ]
    assert told["made_at"].endswith("Z") and folder.name.startswith(told["made_at"][:4])


def test_metadata_comes_back_as_it_went(home: Home) -> None:
    """Every field survives the file."""
    for generation in home.store().all().generations:
        assert from_json(json.loads(json.dumps(to_json(generation)))) == generation


DAMAGE = {
    "no JSON": "{",
    "a list": "[]",
    "a newer schema": '{"schema": 2}',
    "an unknown state": None,
    "a path out of the folder": None,
    "bytes without a digest": None,
    "a number that is none": None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_entries_are_told_and_left_alone(home: Home, damage: str) -> None:
    """History goes on around them: no crash, nothing deleted, the rest usable, apply too."""
    identity = home.store().get(2).id
    told = json.loads((_folder(home, 2) / "generation.json").read_text())
    match damage:
        case "an unknown state":
            told["state"] = "great"
        case "a path out of the folder":
            told["records"][0]["before_file"] = "../../../.wslconfig"
        case "bytes without a digest":
            told["records"][0]["before"] = None
        case "a number that is none":
            told["number"] = True
    text = DAMAGE[damage] or json.dumps(told)
    for root in (home.shared, home.root / "Ubuntu" / "state" / "wslcfg"):
        (root / "history" / identity / "generation.json").write_text(text)
    history = home.store().all()
    assert [item.number for item in history.generations] == [1]
    assert len(history.problems) == 2 and all(identity in problem for problem in history.problems)
    home.apply(home.change(OLD))
    assert (home.shared / "history" / identity / "generation.json").read_text() == text
    assert len(home.store().all().problems) == 2


def test_foreign_things_in_the_folder_are_told_and_left_alone(home: Home) -> None:
    """A file, somebody's folder, a copied generation under another name: skipped, named, kept."""
    history = home.shared / "history"
    (history / "notes.txt").write_text("mine")
    (history / "mine").mkdir()
    (history / "mine" / "x").write_text("x")
    shutil.copytree(_folder(home, 2), history / "20260101T000000Z-copy-aa")
    assert len(home.store().all().problems) == 3
    home.apply(home.change(OLD))
    assert (history / "notes.txt").exists() and (history / "mine" / "x").exists() and (history / "20260101T000000Z-copy-aa").exists()
    assert [item.number for item in home.store().all().generations] == [1, 2, 3]


def test_half_made_generations_vanish_quietly(home: Home) -> None:
    """What a kill left before the metadata is no history and no problem; the next apply clears it away."""
    half = home.shared / "history" / "20260101T000000Z-Ubuntu-aa"
    half.mkdir()
    empty = home.shared / "history" / "20260101T000000Z-Ubuntu-ab"
    empty.mkdir()
    (half / "unfinished").touch()
    (half / "wslconfig.before").write_bytes(b"x")
    assert home.store().all().problems == ()
    home.apply(home.change(OLD))
    assert not half.exists() and not empty.exists()


def test_the_copy_whose_state_is_further_on_counts(home: Home) -> None:
    """A kill between the two homes leaves one behind."""
    second = home.store().get(2)
    path = _folder(home, 2) / "generation.json"
    path.write_text(json.dumps(to_json(second._replace(state="pending"))))
    assert home.store().get(2).state == "written"
    path.write_text(json.dumps(to_json(second._replace(state="good"))))
    assert home.store().get(2).state == "good"


def test_a_damaged_state_file_does_not_bar_the_way_back(home: Home) -> None:
    """Only a clear word of a newer wslcfg does."""
    for text in ("", "{", "[]", '{"schema": "x"}', '{"schema": 1}'):
        (home.shared / "state.json").write_text(text)
        assert len(home.store().all().generations) == 2


def test_names_for_bytes_differ_on_windows_too() -> None:
    """Two labels with one base name, differing in case alone, and odd ones."""
    names = file_names([".wslconfig", "/etc/wsl.conf", "/opt/WSL.conf", "/a b/ä*?", "/"])
    assert names[:3] == ("wslconfig", "wsl.conf", "WSL.conf-2")
    assert len({name.lower() for name in names}) == 5
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") for name in names)
    assert new_id(0, "Übuntu 24.04/x").startswith("19700101T000000Z-buntu-24.04-x-")


@given(before=st.binary(max_size=40), middle=st.binary(max_size=6), at=st.integers(0, 40), gone=st.integers(0, 6))
def test_what_two_texts_have_in_common(before: bytes, middle: bytes, at: int, gone: int) -> None:
    """The second is the first one's begin, what lies between, and the first one's end, which never overlap."""
    after = before[:at] + middle + before[at + gone :]
    head, tail = common(before, after)
    assert head + tail <= min(len(before), len(after))
    assert before[:head] + after[head : len(after) - tail] + before[len(before) - tail :] == after
    assert len(after) - head - tail <= len(middle)


def test_a_programs_own_file_is_kept_once(tmp_path: Path) -> None:
    """Of a large file of a program's one whole copy is kept, and what differs; both bytes come back from it, and a damaged copy is told."""
    made = Home(tmp_path)
    path = tmp_path / "session.jsonl"
    whole = b"".join(b"%d\n" % number for number in range(20_000))
    for before, after in ((whole[:-1], whole), (whole, whole.replace(b"\n777\n", b"\n")), (whole, b""), (b"", whole)):
        path.write_bytes(before)
        done = made.apply(FileChange("session.jsonl", str(path), before, after, theirs=True), shared=False)
        assert path.read_bytes() == after and done.generation is not None
        store = made.store(shared=False)
        generation = store.get(done.generation)
        (record,) = generation.records
        assert (store.bytes_of(generation, record, "before"), store.bytes_of(generation, record, "after")) == (before, after)
        assert store.size(generation) < len(whole) + 2000
    Path(store.place(generation, "session.jsonl.after", shared=False)).write_bytes(b"x")
    with pytest.raises(Unreadable, match="is damaged"):
        store.bytes_of(generation, record, "after")
