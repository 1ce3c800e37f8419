"""`rollback` beside files that are broken or lost: what WSL reads comes back, whatever else is wrong, and a plain one undoes the newest change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from tests.cli.test_verify import restart

Machines = Callable[..., Laptop]
SETTINGS, BASHRC = "/home/ana/.claude/settings.json", "/home/ana/.bashrc"


@pytest.fixture
def pieces(laptop: Machines, asked: Asked) -> Laptop:
    """A practice laptop with pieces in it (generations 1 and 2), and with 9 GB since (3 as found, 4)."""
    machine = laptop()
    for path, content in ((SETTINGS, '{"x":1}'), (BASHRC, "# mine\n")):
        place = machine.folder / "overlay/files" / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    assert asked("install", "--yes", *machine.flags)["exit_code"] == 0
    assert asked("set", "wsl2.memory=9GB", "--yes", *machine.flags)["data"]["generation"] == 4
    return machine


def break_them(machine: Laptop) -> tuple[bytes, bytes]:
    """Make the two files of the person such that no part of them can be edited; gives their bytes."""
    settings, bashrc = machine.place(SETTINGS), machine.place(BASHRC)
    settings.write_bytes(b'{"x" 1}')
    bashrc.write_bytes(bashrc.read_bytes().replace(b"# <<< wslcfg shims <<<\n", b""))
    return settings.read_bytes(), bashrc.read_bytes()


@pytest.mark.parametrize(("words", "code"), [((), 0), (("3",), 1), (("1",), 1)])
def test_nothing_broken_keeps_wslconfig_from_coming_back(words: tuple[str, ...], code: int, pieces: Laptop, asked: Asked) -> None:
    """Files that cannot be edited stay byte for byte and are named with the reason; .wslconfig goes back all the same, and what they use is not removed."""
    broken = break_them(pieces)
    whole = asked("rollback", *words, "--yes", *pieces.flags)
    assert (whole["exit_code"], whole["data"]["changed"]) == (code, True)
    assert b"memory=8gb" in pieces.wslconfig.read_bytes()
    assert (pieces.place(SETTINGS).read_bytes(), pieces.place(BASHRC).read_bytes()) == broken
    warnings = [one["text"] for one in whole["messages"] if one["level"] == "warning"]
    assert any(f"{SETTINGS} cannot be edited and stays as it is: " in text and "colon" in text for text in warnings)
    assert any(BASHRC in text and "has no end" in text for text in warnings)
    assert pieces.place("/home/ana/.local/share/wslcfg/inside/wrapper").exists()


def test_a_broken_file_alone_is_named(pieces: Laptop, asked: Asked) -> None:
    """Where nothing else is to be done, the rollback fails and names the file; once it is mended, the same words do the rest."""
    break_them(pieces)
    asked("rollback", "1", "--yes", *pieces.flags)
    whole = asked("rollback", "1", "--yes", *pieces.flags)
    assert whole["exit_code"] in (3, 4) and "cannot go back" in whole["errors"][0]["message"]
    pieces.place(SETTINGS).write_text('{"x":1}')
    pieces.place(BASHRC).write_text("# mine\n")
    assert asked("rollback", "1", "--yes", *pieces.flags)["exit_code"] == 0
    assert not pieces.place("/home/ana/.local/share/wslcfg/inside/wrapper").exists()


def test_a_lost_piece_is_not_what_rollback_means(pieces: Laptop, asked: Asked) -> None:
    """`set` promised that `wslcfg rollback` undoes it: a piece that is gone, or taken out by the person, is told and stays, and can be had back by number."""
    run, bashrc = pieces.place("/home/ana/.local/bin/wslcfg-run"), pieces.place(BASHRC)
    run.unlink()
    bashrc.write_text("# mine\n")
    pieces.place(SETTINGS).write_text('{"x":2}')
    whole = asked("rollback", "--yes", *pieces.flags)
    assert whole["exit_code"] == 0 and b"memory=8gb" in pieces.wslconfig.read_bytes()
    assert (run.exists(), bashrc.read_text(), pieces.place(SETTINGS).read_text()) == (False, "# mine\n", '{"x":2}')
    assert any("3 files" in one["text"] and "`wslcfg rollback 3`" in one["text"] for one in whole["messages"])
    assert asked("rollback", "3", "--yes", *pieces.flags)["exit_code"] == 0
    assert run.exists() and b"wslcfg shims" in bashrc.read_bytes()


def test_an_edit_by_hand_of_wslconfig_goes_back_first(pieces: Laptop, asked: Asked) -> None:
    """With a lost piece beside it too; then the change before it, then the pieces, and no further."""
    pieces.place("/home/ana/.local/bin/wslcfg-run").unlink()
    first, mine = pieces.wslconfig.read_bytes(), b"[wsl2]\r\nmemory=nonsense\r\n"
    pieces.wslconfig.write_bytes(mine)
    asked("rollback", "--yes", *pieces.flags)
    assert pieces.wslconfig.read_bytes() == first
    assert asked("history", "show", "5", *pieces.flags)["data"]["kind"] == "foreign"
    asked("rollback", "--yes", *pieces.flags)
    assert b"memory=8gb" in pieces.wslconfig.read_bytes()
    asked("rollback", "--yes", *pieces.flags)
    assert not pieces.place("/home/ana/.local/share/wslcfg/inside/wrapper").exists()
    assert "is the oldest" in asked("rollback", "--yes", *pieces.flags)["errors"][0]["message"]


def test_what_cannot_be_written_keeps_nothing_back(pieces: Laptop, asked: Asked) -> None:
    """A folder that may not be written any more stays, and is named; .wslconfig goes back."""
    toml = pieces.folder / "machine.toml"
    toml.write_text(toml.read_text().replace("readonly = [", 'readonly = ["/home/ana/.local/bin", ', 1))
    whole = asked("rollback", "1", "--yes", *pieces.flags)
    assert (whole["exit_code"], whole["data"]["changed"]) == (1, True)
    assert any("/home/ana/.local/bin" in one["text"] for one in whole["messages"] if one["level"] == "warning")
    assert b"memory=8gb" in pieces.wslconfig.read_bytes()
    assert pieces.place("/home/ana/.local/share/wslcfg/inside/wrapper").exists()


def test_what_undoes_a_rollback(pieces: Laptop, call: Call) -> None:
    """A rollback names the number that leads back, for a plain one only goes further; after an edit by hand that is where the edit is kept."""
    assert "`wslcfg rollback 4` undoes it" in call("rollback", "--yes", *pieces.flags).out
    pieces.wslconfig.write_bytes(b"# mine\r\n")
    assert "`wslcfg rollback 6` undoes it" in call("rollback", "--yes", *pieces.flags).out
    call("rollback", "6", "--yes", *pieces.flags)
    assert pieces.wslconfig.read_bytes() == b"# mine\r\n"


def test_a_failed_check_goes_back_beside_broken_files(pieces: Laptop, asked: Asked) -> None:
    """`verify --or-rollback` touches .wslconfig alone, so nothing else can stop it."""
    break_them(pieces)
    restart(pieces, 8, 2)
    assert asked("verify", "--or-rollback", *pieces.flags)["exit_code"] == 8
    assert b"memory=8gb" in pieces.wslconfig.read_bytes()
