"""Values: what WSL's parsers take, what counts as the same, and what a person's spelling becomes."""

from __future__ import annotations

import pytest

from wslcfg.errors import Refused
from wslcfg.wslconf import keys, values
from wslcfg.wslconf.keys import Setting


def setting(name: str) -> Setting:
    """The setting of that name, of either file."""
    found = keys.find(name) or keys.find(name, "wslconf")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8", 8), ("010", 8), ("0x10", 16), ("0X1f", 31), ("-1", -1), ("+7", 7), (" \t\n7", 7), ("0", 0), ("-0", 0), ("2147483647", 2147483647),
        ("-2147483648", -2147483648), ("2147483648", None), ("-2147483649", None), ("9" * 5000, None), ("08", None), ("0x", None), ("", None),
        (" ", None), ("7 ", None), ("1_0", None), ("٣", None), ("--1", None), ("1.0", None), ("00", 0),
    ],
)  # fmt: skip
def test_int(text: str, number: int | None) -> None:
    """Integers are C's: base 0, spaces in front but none behind, 32 bits."""
    assert values.parse_int(text) == number


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8GB", 8 << 30), ("8G", 8 << 30), ("1T", 1 << 40), ("5B", 5), ("7K", 7 << 10), ("0", 0), ("0GB", 0), (" 8GB", 8 << 30), ("+1M", 1 << 20),
        ("-1", (1 << 64) - 1), ("-1GB", (1 << 64) - (1 << 30)), ("17179869184GB", 0), ("17179869185GB", 1 << 30), ("9" * 5000, (1 << 64) - 1),
        ("18446744073709551616", (1 << 64) - 1), ("-18446744073709551616", (1 << 64) - 1), ("08GB", 8 << 30),
        ("00", None), ("-0", None), (" 0", None), ("8gb", None), ("8 GB", None), ("8GiB", None), ("1.5GB", None), ("", None), ("GB", None), ("8BB", None),
        ("８GB", None), ("8GB\n", None),
    ],
)  # fmt: skip
def test_memory(text: str, size: int | None) -> None:
    """Memory sizes take upper-case units glued to the number, wrap at 2^64 and know one zero."""
    assert values.parse_memory(text) == size


@pytest.mark.parametrize(
    ("text", "taken"), [("TRUE", True), ("1", True), ("False", False), ("0", False), ("yes", None), ("", None), ("true ", None)]
)
def test_bool(text: str, taken: bool | None) -> None:
    """Four words and no others."""
    assert values.parse_bool(text) is taken


def test_enum() -> None:
    """Words in any case, the old name of a mode too; the list for the warning is in WSL's order."""
    mode = setting("wsl2.networkingMode")
    assert values.parse_enum(mode, "VIRTIOPROXY") == values.parse_enum(mode, "consomme") == "Consomme"
    assert values.parse_enum(mode, "default") is None
    assert values.parse_enum(mode, "ſ") is None
    assert values.enum_words(mode) == "Bridged, Consomme, Mirrored, Nat, None, VirtioProxy"


def test_addresses() -> None:
    """A MAC address has one kind of separator; an IP address no leading zeros and no number above 255."""
    assert values.parse_mac("aa-bb-cc-dd-ee-0f") == "AA:BB:CC:DD:EE:0F"
    assert [values.parse_mac(text) for text in ("aa-bb-cc-dd-ee:ff", "aabbccddeeff", "aa:bb:cc:dd:ee:fg", "aa:bb:cc:dd:ee:ff\n")] == [
        None
    ] * 4
    assert values.parse_ipv4("10.0.0.1") == "10.0.0.1"
    assert [values.parse_ipv4(text) for text in ("10.0.0.01", "10.0.0", "256.1.1.1", "::1", "1.2.3.4 ", "")] == [None] * 6


def test_ports() -> None:
    """Each item is read as std::stoi does; what is no port is counted, not kept."""
    assert values.parse_ports("9000, 3000-4000,x,,70000,0,-1,9000") == values.Ports((3000, 9000), 4)
    assert values.parse_ports("") == values.Ports((), 0)


@pytest.mark.parametrize(
    ("name", "a", "b", "equal"),
    [
        ("wsl2.memory", "8GB", "8192MB", True), ("wsl2.memory", "8GB", "8gb", False), ("wsl2.swap", "0", "0GB", True), ("wsl2.dhcp", "1", "true", True),
        ("wsl2.dhcp", "yes", "true", False), ("wsl2.networkingMode", "virtioproxy", "Consomme", True), ("wsl2.processors", "0x8", "8", True),
        ("wsl2.swapFile", "C:\\a", "C:\\A", False), ("experimental.ignoredPorts", "1,2", "2,1", True), ("wsl2.memory", "abc", "abc", True),
        ("wsl2.memory", "abc", "def", False), ("wsl2.loadKernelModules", "a,,b", "a,b", True),
    ],
)  # fmt: skip
def test_same(name: str, a: str, b: str, equal: bool) -> None:
    """Two spellings are the same value when WSL reads them as one; two that it does not read are only the same when they are equal."""
    assert values.same(setting(name), a, b) is equal


@pytest.mark.parametrize(
    ("name", "typed", "written"),
    [
        ("wsl2.memory", "8gb", "8GB"), ("wsl2.memory", "8.5GB", "8704MB"), ("wsl2.swap", "0GB", "0"), ("wsl2.memory", " 8 GiB ", "8GB"),
        ("wsl2.dhcp", "Yes", "true"), ("wsl2.dhcp", "off", "false"), ("wsl2.dhcp", "0", "false"), ("wsl2.networkingMode", "CONSOMME", "virtioproxy"),
        ("wsl2.networkingMode", "virtioproxy", "virtioproxy"), ("wsl2.networkingMode", "mirrored", "Mirrored"),
        ("experimental.autoMemoryReclaim", "dropcache", "DropCache"), ("wsl2.processors", "0x8", "8"), ("wsl2.vmIdleTimeout", "-1", "-1"),
        ("filesystem.umask", "022", "022"), ("wsl2.macAddress", "aa-bb-cc-dd-ee-ff", "AA:BB:CC:DD:EE:FF"),
        ("experimental.ignoredPorts", "3000, 9000,3000", "3000,9000"), ("wsl2.swapFile", "C:\\wsl\\s.vhdx", "C:\\wsl\\s.vhdx"),
        ("wsl2.swapFile", "C:\\\\wsl\\\\s.vhdx", "C:\\wsl\\s.vhdx"), ("wsl2.swapFile", "\\\\srv\\d\\s.vhdx", "\\\\srv\\d\\s.vhdx"),
        ("wsl2.swapFile", "\\\\\\\\srv\\\\d", "\\\\srv\\d"), ("wsl2.swapFile", '"D:/a b.vhdx"', "D:/a b.vhdx"), ("boot.command", " é ", " é "),
        ("wsl2.loadKernelModules", "a, b,", "a,b"), ("experimental.dnsTunnelingIpAddress", "10.0.0.1", "10.0.0.1"),
    ],
)  # fmt: skip
def test_canonical(name: str, typed: str, written: str) -> None:
    """What a person types becomes the form every WSL release takes, and stays so when it is typed again."""
    found = setting(name)
    assert values.canonical(found, typed) == written
    assert values.canonical(found, written) == written


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("wsl2.memory", "8"), ("wsl2.memory", "50%"), ("wsl2.memory", "-1"), ("wsl2.dhcp", "maybe"), ("wsl2.processors", "010"), ("wsl2.processors", "8.5"),
        ("wsl2.processors", "4294967296"), ("filesystem.umask", "22"), ("wsl2.networkingMode", "vpn"), ("wsl2.macAddress", "foo"),
        ("experimental.dnsTunnelingIpAddress", "::1"), ("experimental.ignoredPorts", "3000-4000"), ("experimental.ignoredPorts", ""),
        ("wsl2.swapFile", "C:\\Users\\José\\s.vhdx"), ("wsl2.swapFile", ""), ("wsl2.swapFile", "C:\\a\nb"), ("wsl2.vmSwitch", "é"), ("boot.command", "a\0b"),
    ],
)  # fmt: skip
def test_refused(name: str, typed: str) -> None:
    """What WSL could not take, or would take for something else, is refused with exit code 3 and a way out."""
    with pytest.raises(Refused) as refused:
        values.canonical(setting(name), typed)
    assert refused.value.exit_code == 3
    assert refused.value.hint
