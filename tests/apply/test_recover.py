"""After a kill: pending generations are resolved by what the files hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.apply.practice import NEW, OLD, Home
from wslcfg.apply.recover import recover
from wslcfg.model.plan import FileChange

CONF_OLD, CONF_NEW = b"[boot]\n", b"[boot]\nsystemd=true\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Generation 4 changed `.wslconfig` and wsl.conf together; its state is set back to pending, as a kill leaves it."""
    made = Home(tmp_path)
    made.config.write_bytes(OLD)
    _conf(made).parent.mkdir(parents=True)
    _conf(made).write_bytes(CONF_OLD)
    made.apply(made.change(NEW), made.own("Ubuntu", CONF_NEW))
    made.store().update(made.store().get(2)._replace(state="pending"))
    return made


def _conf(home: Home) -> Path:
    return home.root / "Ubuntu" / "etc" / "wsl.conf"


TORN = NEW[:24] + OLD[24:]


@pytest.mark.parametrize(
    ("config", "conf", "state", "config_after", "conf_after"),
    [
        pytest.param(NEW, CONF_NEW, "written", NEW, CONF_NEW, id="all written"),
        pytest.param(OLD, CONF_OLD, "abandoned", OLD, CONF_OLD, id="none written"),
        pytest.param(NEW, CONF_OLD, "undone", OLD, CONF_OLD, id="the first written"),
        pytest.param(OLD, CONF_NEW, "undone", OLD, CONF_OLD, id="the second written"),
        pytest.param(TORN, CONF_OLD, "undone", OLD, CONF_OLD, id="torn in place"),
        pytest.param(b"by hand\n", CONF_NEW, "undone", b"by hand\n", CONF_OLD, id="one edited since"),
        pytest.param(None, CONF_OLD, "abandoned", None, CONF_OLD, id="one removed since"),
    ],
)
def test_a_pending_generation_is_resolved(
    home: Home, config: bytes | None, conf: bytes, state: str, config_after: bytes | None, conf_after: bytes
) -> None:
    """All or nothing for what we wrote, hands off what others wrote; a second look finds nothing to do."""
    if config is None:
        home.config.unlink()
    else:
        home.config.write_bytes(config)
    _conf(home).write_bytes(conf)
    said = recover(home.store(), home.host)
    assert home.store().get(2).state == state
    assert home.host.read(str(home.config)) == config_after
    assert _conf(home).read_bytes() == conf_after
    assert bool(said) == (state == "undone" or config not in {OLD, NEW})
    assert recover(home.store(), home.host) == ()


def test_another_distro_leaves_what_it_cannot_judge(home: Home) -> None:
    """Debian cannot read Ubuntu's wsl.conf: the generation stays pending until Ubuntu comes."""
    assert recover(home.store("Debian"), home.host) == ()
    assert home.store().get(2).state == "pending"


def test_another_distro_resolves_what_is_shared(tmp_path: Path) -> None:
    """`.wslconfig` alone is everybody's to judge."""
    home = Home(tmp_path)
    home.config.write_bytes(OLD)
    home.apply(home.change(NEW))
    home.store().update(home.store().get(2)._replace(state="pending"))
    recover(home.store("Debian"), home.host)
    assert home.store().get(2).state == "written"


def test_a_torn_file_is_mended_and_the_copy_beside_it_goes(home: Home) -> None:
    """A hard-linked file that was being cut shorter when the kill came: the new text with the old one's tail."""
    os.link(home.config, home.root / "twin")
    home.store().update(home.store().get(2)._replace(state="written"))
    home.apply(FileChange(".wslconfig", str(home.config), NEW, b"[wsl2]\r\n", restart="vm", shared=True))
    home.store().update(home.store().get(3)._replace(state="pending"))
    with open(home.config, "r+b") as file:
        file.write(b"[wsl2]\r\n" + NEW[8:])
    copy = home.profile / ".wslcfg-aa-1-1-1-bb.keep"
    copy.write_bytes(NEW)
    theirs = home.profile / ".wslcfg-aa-1-1-1-cc.keep"
    theirs.write_bytes(b"something else")
    assert "put back" in recover(home.store(), home.host)[0]
    assert (home.root / "twin").read_bytes() == NEW
    assert not copy.exists() and theirs.exists()
