"""The schema: complete, typed as WSL's own defaults, and found under every name WSL accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wslcfg.wslconf import keys, meanings
from wslcfg.wslconf.guess import guess, guess_choice, guess_section

HERE = Path(__file__).parent
# [names], type, documented, in WSL Settings, first tag, line of its declaration: read from microsoft/WSL at 3e27a6a50177, not from keys.py.
EXPECTED = json.loads((HERE / "settings_of_wsl.json").read_text())
DEFAULTS = json.loads((HERE.parent / "data" / "wsl-parser-vectors.json").read_text())["defaults"]
BOTH = [("wslconfig", keys.WSLCONFIG, DEFAULTS[".wslconfig"]), ("wslconf", keys.WSLCONF, DEFAULTS["/etc/wsl.conf"])]


@pytest.mark.parametrize("target", ["wslconfig", "wslconf"])
def test_every_setting_of_wsl_is_here_as_wsl_declares_it(target):
    """No setting is missing, invented or typed otherwise than in WSL's source."""
    here = [
        [[one.name, *one.aliases], one.type, one.documented, one.gui, one.since, meanings.meaning(one).line]
        for one in keys.settings_of(target)
    ]
    assert here == EXPECTED[target]


def test_the_numbers_of_keys_and_names():
    """55 settings under 59 names in .wslconfig, 25 in wsl.conf, 27 of them in the WSL Settings app."""
    assert len(keys.WSLCONFIG) == 55
    assert sum(1 + len(one.aliases) for one in keys.WSLCONFIG) == 59
    assert len(keys.WSLCONF) == 25
    assert sum(one.gui for one in keys.WSLCONFIG) == 27


@pytest.mark.parametrize(("target", "settings", "defaults"), BOTH)
def test_defaults_are_those_wsl_was_seen_to_use(target, settings, defaults):
    """A default is equal, in value and type, to what WSL's parser gave for an empty file; computed ones are None."""
    computed = {"wsl2.memory", "wsl2.swap", "wsl2.processors"}
    for one in settings:
        if one.name in computed:
            assert one.default is None and isinstance(defaults[one.name], int)
        else:
            assert one.default == defaults.get(one.name), one.name
            assert type(one.default) is type(defaults.get(one.name)), one.name


@pytest.mark.parametrize(("target", "settings", "defaults"), BOTH)
def test_every_known_default_belongs_to_a_setting(target, settings, defaults):
    """What WSL computes and what it reads are the same list; only the VM's size in MiB has no key of its own."""
    assert set(defaults) - {one.name for one in settings} <= {"vm.memory_mib"}


def test_find_reads_names_and_aliases_without_regard_to_case():
    """WSL looks names up case-insensitively, and old names under [experimental] are the same setting."""
    assert keys.find("WSL2.Memory").name == "wsl2.memory"
    assert keys.find("experimental.NETWORKINGMODE").name == "wsl2.networkingMode"
    assert keys.find("experimental.memory") is None
    assert keys.find("boot.systemd") is None
    assert keys.find("boot.systemd", "wslconf").name == "boot.systemd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wsl2.memory", ("wslconfig", "wsl2.memory")),
        ("wsl.conf:boot.systemd", ("wslconf", "boot.systemd")),
        ("/etc/wsl.conf:boot.systemd", ("wslconf", "boot.systemd")),
        (".wslconfig:wsl2.memory", ("wslconfig", "wsl2.memory")),
        (" WSL.CONF: boot.systemd ", ("wslconf", "boot.systemd")),
        ("other:wsl2.memory", ("wslconfig", "other:wsl2.memory")),
    ],
)
def test_split_tells_the_two_files_apart(text, expected):
    """KEY of the command line names its file before a colon; without one it is .wslconfig."""
    assert keys.split(text) == expected


def test_section_and_key_are_the_two_halves_of_the_name():
    """The writer of a file needs both halves."""
    setting = keys.find("general.instanceIdleTimeout")
    assert (setting.section, setting.key) == ("general", "instanceIdleTimeout")


def test_restart_and_policy():
    """.wslconfig waits for the VM, wsl.conf for the distro, and the eight lockable settings name their policy."""
    assert {one.restart for one in keys.WSLCONFIG} == {"vm"}
    assert {one.restart for one in keys.WSLCONF} == {"distro"}
    assert {one.key: one.policy for one in keys.WSLCONFIG if one.policy} == {
        "kernel": "AllowKernelUserSetting",
        "kernelModules": "AllowKernelUserSetting",
        "kernelCommandLine": "AllowKernelCommandLineUserSetting",
        "nestedVirtualization": "AllowNestedVirtualization",
        "kernelDebugPort": "AllowKernelDebugUserSetting",
        "systemDistro": "AllowSystemDistroUserSetting",
        "networkingMode": "AllowNetworkingModeUserSetting",
        "firewall": "AllowFirewallUserSetting",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wsl2.memroy", "wsl2.memory"),
        ("memory", "wsl2.memory"),
        ("wsl2.autoMemoryReclaim", "experimental.autoMemoryReclaim"),
        ("experimental.memory", "wsl2.memory"),
        ("wsl2.instanceIdleTimeout", "general.instanceIdleTimeout"),
        ("wsl2.cpus", "wsl2.processors"),
        ("wsl2.foo", None),
        ("wsl2.pageReporting", None),
        ("wsl2.swapp", "wsl2.swap"),
    ],
)
def test_guess_names_what_was_meant_or_nothing(name, expected):
    """Did you mean: one name, or none where nothing is near."""
    assert guess(name) == expected


def test_guess_is_silent_where_two_are_equally_near():
    """`enabled` stands in four sections of wsl.conf, and a wrong guess would be worse than none."""
    assert guess("enabled", "wslconf") is None
    assert guess("interop.enable", "wslconf") == "interop.enabled"


def test_guess_section_and_choice():
    """The same for sections and for the words of an enum; Consomme is offered under the name that every release takes."""
    assert [guess_section(name) for name in ("ws12", "wsl", "experimantal", "foo")] == ["wsl2", "wsl2", "experimental", None]
    mode, reclaim = keys.find("wsl2.networkingMode"), keys.find("experimental.autoMemoryReclaim")
    assert [guess_choice(word, mode) for word in ("mirored", "consome", "default", "")] == ["Mirrored", "VirtioProxy", None, None]
    assert [guess_choice(word, reclaim) for word in ("drop_cache", "off", "true")] == ["DropCache", "Disabled", None]
