"""Saving the present machine as a profile, and updating one without losing what a person wrote into it."""

from __future__ import annotations

import pytest

from wslcfg.errors import Refused, Unreadable
from wslcfg.model.size import GIB
from wslcfg.model.wslfile import HostView
from wslcfg.profile import load
from wslcfg.profile.save import present, save

VIEW = HostView(ram=16 * GIB, processors=8)


def loaded(text: str):
    """The profile that a saved text is."""
    return load.load("/mine.toml", lambda path: text.encode())


def test_only_what_takes_effect_is_saved():
    """Dead, invalid and default values are not part of the machine, so they are not part of its profile."""
    raw = b"[wsl2]\r\nmemory=8gb\r\nswap=6GB\r\nswap=9GB\r\nprocessors=4\r\nguiApplications=true\r\n"
    raw += b"[experimental]\r\nautoMemoryReclaim=gradual\r\n"
    assert present(raw, "wslconfig", VIEW) == {"wsl2.swap": "6GB", "wsl2.processors": 4, "experimental.autoMemoryReclaim": "Gradual"}


def test_an_unknown_host_loses_nothing():
    """Without the host's facts the sizes of the file are saved as they stand."""
    raw = b"[wsl2]\nmemory=10GB\nprocessors=4\nswap=0\n"
    assert present(raw, "wslconfig", HostView()) == {"wsl2.memory": "10GB", "wsl2.processors": 4, "wsl2.swap": 0}


def test_a_saved_profile_loads_with_the_same_settings():
    """What is saved is a sound profile that says what the machine has."""
    wslconfig = b"[wsl2]\nmemory=10GB\nswap=0\nswapFile=C:\\\\wsl\\\\swap.vhdx\nnetworkingMode=mirrored\n"
    wslconf = b"[boot]\nsystemd=true\ncommand=service cron start\n"
    profile = loaded(save("mine", wslconfig, wslconf, view=VIEW, services={"PostgreSQL": GIB // 2 + 1}))
    assert {key: value.given for key, value in profile.table("wslconfig").items()} == present(wslconfig, "wslconfig", VIEW)
    assert profile.get("wslconfig", "wsl2.swapFile") == "C:\\wsl\\swap.vhdx"
    assert {key: value.given for key, value in profile.table("wslconf").items()} == {
        "boot.systemd": True,
        "boot.command": "service cron start",
    }
    assert profile.get("services", "PostgreSQL") == "513MB"
    assert profile.chain == ("base", "mine")


EXISTING = """\
# My laptop.
schema = 1
name = "mine"      # keep this name
extends = "balanced"

[wslconfig]
# decided with the team
wsl2.memory = "auto"
"wsl2.swap" = "6GB"   # was 4
wsl2.processors = 4
wsl2.kernel = "keep"

[guard]
duplicates = "refuse"
"""


def test_an_update_keeps_comments_rules_and_other_tables():
    """An update changes values in place: comments, order, rules and other tables stay, settings that are gone go."""
    text = save("mine", b"[wsl2]\nmemory=10GB\nswap=8GB\nguiApplications=false\n", None, EXISTING.encode(), view=VIEW)
    assert "# My laptop." in text and "# decided with the team" in text and "# keep this name" in text
    assert '"wsl2.swap" = "8GB"   # was 4' in text
    assert 'wsl2.memory = "auto"' in text and 'wsl2.kernel = "keep"' in text
    assert "processors" not in text
    profile = loaded(text)
    assert profile.get("wslconfig", "wsl2.guiApplications") is False
    assert profile.get("guard", "duplicates") == "refuse"


def test_saving_twice_changes_nothing():
    """A second save of the same machine gives the same text."""
    raw, conf = b"[wsl2]\nmemory=10GB\nswap=6GB\nprocessors=4\n", b"[boot]\nsystemd=true\n"
    assert save("mine", raw, None, EXISTING.encode(), view=VIEW) == EXISTING
    first = save("mine", raw, conf, view=VIEW, services={"Redis": GIB})
    assert save("mine", raw, conf, first.encode(), view=VIEW, services={"Redis": GIB}) == first


@pytest.mark.parametrize("name", ["", "My", "../x", "a b", "-a", "a" * 65])
def test_bad_names_are_refused(name):
    """A name that would be a bad file name is refused."""
    with pytest.raises(Refused):
        save(name, None, None)


def test_a_broken_profile_is_not_overwritten():
    """A text that is not TOML is refused instead of replaced."""
    with pytest.raises(Unreadable):
        save("mine", None, None, b"schema = \n")
