"""Going back: to a generation, step by step, one key, and over distros."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply.rollback import back_to, live, text_at
from wslcfg.apply.run import Applied, apply
from wslcfg.errors import Refused, Unreadable

THIRD = b"[wsl2]\nswap=0\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with generations 1 (found OLD), 2 (NEW) and 3 (THIRD)."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    made.apply(made.change(NEW))
    made.apply(made.change(THIRD))
    return made


def _back(home: Home, number: int | None = None, key: str | None = None, distro: str = "Ubuntu") -> Applied:
    plan = back_to(home.store(distro), home.host, number, key)
    return apply(plan, home.host, home.homes(distro), command="wslcfg rollback")


def test_back_to_a_number_is_a_generation_of_its_own(home: Home) -> None:
    """Byte for byte what it was, said by key, and recorded."""
    plan = back_to(home.store(), home.host, 1)
    assert (plan.title, plan.back_to, plan.restart) == ("rollback to 1", 1, "vm")
    assert {(change.key, change.old, change.new) for change in plan.changes} == {("memory", None, "8GB"), ("swap", "0", None)}
    _back(home, 1)
    assert home.config.read_bytes() == OLD
    newest = home.store().all().generations[-1]
    assert (newest.number, newest.kind, newest.title, newest.back_to) == (4, "rollback", "rollback to 1", 1)
    assert not back_to(home.store(), home.host, 1).files
    _back(home, 3)
    assert home.config.read_bytes() == THIRD


def test_plain_rollbacks_go_further_back_each_time(home: Home) -> None:
    """Not to and fro between two; at the oldest it says so."""
    _back(home)
    assert home.config.read_bytes() == NEW
    _back(home)
    assert home.config.read_bytes() == OLD
    with pytest.raises(Refused, match="Generation 1 is the oldest") as caught:
        _back(home)
    assert caught.value.exit_code == 3


def test_an_edit_since_then_is_undone_first_and_kept(home: Home) -> None:
    """What was typed by hand last is what a plain rollback takes back; its bytes stay in the history."""
    home.config.write_bytes(b"broken")
    assert live(home.store(), home.host)[1] == (".wslconfig",)
    _back(home)
    assert home.config.read_bytes() == THIRD
    assert [(item.number, item.kind) for item in home.store().all().generations][3:] == [(4, "foreign"), (5, "rollback")]
    _back(home, 4)
    assert home.config.read_bytes() == b"broken"
    assert live(home.store(), home.host)[1] == ()


def test_a_file_that_was_absent_is_removed_again(tmp_path: Path) -> None:
    """Back to the beginning means no file where there was none; forward makes it again with its mode."""
    home = Home(tmp_path)
    own = home.own("Ubuntu", b"#!/bin/sh\n", "hook")
    home.apply(type(own)(own.label, own.path, own.before, own.after, mode=0o755))
    _back(home)
    assert not Path(own.path).exists()
    _back(home, 2)
    assert Path(own.path).stat().st_mode & 0o777 == 0o755


def test_a_file_that_came_later_goes_back_to_how_it_was_found(home: Home) -> None:
    """Generation 2 is a state of everything: wsl.conf, first changed in 5, is as it was before."""
    conf = home.root / "Ubuntu" / "etc" / "wsl.conf"
    conf.parent.mkdir(parents=True)
    conf.write_bytes(b"[boot]\n")
    home.apply(home.own("Ubuntu", b"[boot]\nsystemd=true\n"))
    _back(home, 2)
    assert (home.config.read_bytes(), conf.read_bytes()) == (NEW, b"[boot]\n")


def test_another_distros_file_is_its_own_matter(home: Home) -> None:
    """Its generation is refused with whom to ask; going back past it leaves its file and says so."""
    home.apply(home.own("Debian", b"[boot]\n"), distro="Debian")
    with pytest.raises(Refused, match="Debian, another distro") as caught:
        back_to(home.store(), home.host, 5)
    assert "wsl.exe -d Debian -- wslcfg rollback 5" in caught.value.hint
    plan = back_to(home.store(), home.host, 1)
    assert [change.label for change in plan.files] == [".wslconfig"]
    assert any("of Debian; that stays" in note for note in plan.notes)
    _back(home, 2, distro="Debian")
    assert home.config.read_bytes() == NEW
    assert not (home.root / "Debian" / "etc" / "wsl.conf").exists()


def test_one_key_of_an_older_generation(home: Home) -> None:
    """Only that key changes; what came since stays, byte for byte; a key that was not there is unset."""
    now = b"# note\r\n[wsl2]\r\nmemory=12GB # big\r\nswap=1GB\r\n"
    home.apply(home.change(now))
    _back(home, 2, "wsl2.memory")
    assert home.config.read_bytes() == now.replace(b"12GB", b"10GB")
    _back(home, 1, "WSL2.SWAP")
    assert b"swap" not in home.config.read_bytes()
    assert not back_to(home.store(), home.host, 1, "wsl2.swap").files


def test_one_key_without_a_number_goes_to_its_last_other_value(home: Home) -> None:
    """Two changes of other keys came later; the key's own last value is meant."""
    home.apply(home.change(b"[wsl2]\nswap=4GB\n"))
    home.apply(home.change(b"[wsl2]\nswap=4GB\nprocessors=4\n"))
    plan = back_to(home.store(), home.host, None, "wsl2.swap")
    assert plan.files[0].after == b"[wsl2]\nswap=0\nprocessors=4\n"
    assert "generation 3" in plan.changes[0].why
    nothing = back_to(home.store(), home.host, None, "wsl2.dnsTunneling")
    assert not nothing.files and "never had another value" in nothing.notes[0]


def test_a_key_of_wsl_conf(tmp_path: Path) -> None:
    """The other file's keys have their file's name before them."""
    home = Home(tmp_path)
    own = home.own("Ubuntu", b"[boot]\nsystemd=true\n[user]\ndefault=ana\n")
    home.apply(own)
    home.apply(home.own("Ubuntu", b"[boot]\nsystemd=false\n[user]\ndefault=ben\n"))
    _back(home, 2, "wsl.conf:boot.systemd")
    assert Path(own.path).read_bytes() == b"[boot]\nsystemd=true\n[user]\ndefault=ben\n"
    with pytest.raises(Refused, match=r"no setting 'boot\.nope'"):
        back_to(home.store(), home.host, 2, "wsl.conf:boot.nope")


def test_what_cannot_be_gone_back_to(home: Home) -> None:
    """An unknown number, one that never was carried out, damaged bytes, no history at all."""
    with pytest.raises(Refused, match="no generation 9"):
        back_to(home.store(), home.host, 9)
    third = home.store().get(3)
    home.store().update(third._replace(state="undone"))
    with pytest.raises(Refused, match="never carried out"):
        back_to(home.store(), home.host, 3)
    with pytest.raises(Refused, match="is undone and cannot become good"):
        home.store().mark(3, "good")
    for copy in home.root.rglob("wslconfig.after"):
        copy.write_bytes(b"rotten")
    with pytest.raises(Unreadable, match="Generation 2 cannot be used"):
        back_to(home.store(), home.host, 2)
    empty = Home(home.root / "Ubuntu")
    with pytest.raises(Refused, match="nothing to go back to"):
        back_to(empty.store(), empty.host)


def test_one_damaged_copy_is_no_loss(home: Home) -> None:
    """The other home has the same bytes."""
    for copy in home.shared.rglob("wslconfig.*"):
        copy.write_bytes(b"rotten")
    _back(home, 1)
    assert home.config.read_bytes() == OLD


def test_the_text_at_any_time(home: Home) -> None:
    """`history diff N M` compares what each generation left."""
    store = home.store()
    assert [text_at(store, generation, ".wslconfig") for generation in store.all().generations] == [OLD, NEW, THIRD]
    with pytest.raises(Refused):
        text_at(store, store.get(1), "/etc/wsl.conf")


_TEXTS = some.lists(some.none() | some.binary(max_size=60), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(_TEXTS, some.data())
def test_back_to_any_generation_is_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes | None], data: some.DataObject
) -> None:
    """Whatever was applied, in whatever order: each generation comes back exactly, and a rollback of the rollback too."""
    home = Home(tmp_path_factory.mktemp("home"))
    left = {}
    for text in texts:
        applied = home.apply(home.change(text))
        if applied.generation is not None:
            left[applied.generation] = text
    for _ in range(2):
        if left:
            number = data.draw(some.sampled_from(sorted(left)))
            applied = _back(home, number)
            assert home.host.read(str(home.config)) == left[number]
            if applied.generation is not None:
                left[applied.generation] = left[number]
