"""Explain: every setting has words, computed defaults have figures, and what the file says is shown as written."""

from __future__ import annotations

import json

import pytest

from wslcfg.model.size import GIB
from wslcfg.model.wslfile import HostView
from wslcfg.wslconf import keys, meanings
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.explain import as_dict, explain
from wslcfg.wslconf.meanings_wslconf import WSLCONF
from wslcfg.wslconf.meanings_wslconfig import WSLCONFIG
from wslcfg.wslconf.scan import scan

ALL = [*keys.WSLCONFIG, *keys.WSLCONF]
VIEW = HostView(ram=16 * GIB, processors=8)


def _explained(name, text=b"", view=VIEW, target="wslconfig"):
    read = scan(text, target, "f")
    return explain(keys.find(name, target), read, effective(read, view), view)


@pytest.mark.parametrize("setting", ALL, ids=lambda one: f"{one.restart}:{one.name}")
def test_every_setting_is_explained(setting):
    """Each setting has a sentence, a default, a source, and turns into JSON."""
    found = explain(setting)
    assert found.meaning.endswith(".") and found.default_text and ".cpp:" in found.source
    assert (found.docs is not None) == setting.documented
    assert json.loads(json.dumps(as_dict(found)))["name"] == setting.name


def test_texts_cover_exactly_the_schema():
    """No text is left over for a setting that is not there."""
    assert set(WSLCONFIG) == {one.name for one in keys.WSLCONFIG}
    assert set(WSLCONF) == {one.name for one in keys.WSLCONF}


def test_a_plain_default_in_words_is_the_default():
    """Where no formula is written, the words are the schema's value."""
    assert meanings.default_text(keys.find("wsl2.defaultVhdSize")) == "1 TB"
    assert meanings.default_text(keys.find("wsl2.vmIdleTimeout")) == "60000"
    assert meanings.default_text(keys.find("wsl2.dnsProxy")) == "true"


def test_computed_defaults_are_formula_and_figure():
    """Memory, swap and processors come from the host; swap from the memory that counts."""
    assert _explained("wsl2.memory").default == 8 * GIB
    assert _explained("wsl2.memory").default_text == "half of the host's usable RAM"
    assert _explained("wsl2.processors").default == 8
    assert _explained("wsl2.swap").default == 2 * GIB
    assert _explained("wsl2.swap", b"[wsl2]\nmemory=10GB\nswap=0\n").default == 3 * GIB
    assert _explained("wsl2.swap", view=HostView()).default is None


@pytest.mark.parametrize("memory", ["1GB", "4GB", "5GB", "12GB", "16GB", "513MB"])
def test_the_swap_default_is_the_one_wsl_would_use(memory):
    """The formula here and the one that reads files cannot drift apart."""
    text = f"[wsl2]\nmemory={memory}\n".encode()
    read = scan(text, "wslconfig", "f")
    assert _explained("wsl2.swap", text).default == effective(read, VIEW).values["wsl2.swap"]


def test_the_defaults_on_this_host_are_what_an_empty_file_gives():
    """For every setting whose default is known, explain and WSL's own reading of an empty file agree."""
    for view in (VIEW, HostView(ram=16 * GIB, processors=8, windows11=False), HostView(ram=16 * GIB, processors=8, x64=False)):
        used = effective(scan(b"", "wslconfig", "f"), view).values
        for setting in keys.WSLCONFIG:
            assert _explained(setting.name, view=view).default == used[setting.name] if setting.name in used else True, setting.name


def test_what_the_file_says_and_what_wsl_makes_of_it():
    """Raw text, line, the lines that count for nothing, and the effective value stand side by side."""
    found = _explained("wsl2.memory", b"# a\n[wsl2]\nMemory = 8192MB # mine\nmemory=4GB\n")
    assert (found.raw, found.line, found.shadowed, found.effective) == ("8192MB", 3, (4,), 8 * GIB)
    absent = _explained("wsl2.memory", b"[wsl2]\n")
    assert (absent.raw, absent.line, absent.effective) == (None, None, 8 * GIB)


def test_an_alias_in_the_file_is_the_setting():
    """`[experimental] networkingMode` is shown for wsl2.networkingMode."""
    found = _explained("wsl2.networkingMode", b"[experimental]\nnetworkingMode=mirrored\n")
    assert (found.raw, found.line, found.effective) == ("mirrored", 2, "Mirrored")


def test_wsl_conf_is_explained_too():
    """The other file's settings name their file, their restart and read their own text."""
    found = _explained("filesystem.umask", b"[filesystem]\numask=22\n", target="wslconf")
    assert (found.file, found.restart, found.raw, found.effective) == ("/etc/wsl.conf", "distro", "22", 22)
    assert found.default_text == "0022"
