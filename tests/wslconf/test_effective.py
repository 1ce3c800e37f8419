"""What WSL will use: every recorded reading of WSL's own parser, and the rules that no recording shows."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from wslcfg.model.wslfile import Effective, HostView, Target
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "wsl-parser-vectors.json").read_text(encoding="utf-8"))
HOST = HostView(ram=RECORDED["host"]["ram_bytes"], processors=RECORDED["host"]["processors"])


def read(raw: bytes, target: Target = "wslconfig", view: HostView = HOST) -> Effective:
    """What WSL will use of these bytes."""
    return effective(scan(raw, target, "<PATH>" if target == "wslconfig" else "/etc/wsl.conf"), view)


def host_of(vector: dict[str, Any]) -> HostView:
    """The host a recording was made on."""
    arguments = vector.get("host_args", [])
    ram, processors, policies = HOST.ram, HOST.processors, []
    for flag, value in zip(arguments[::2], arguments[1::2], strict=True):
        if flag == "--ram":
            ram = int(value)
        elif flag == "--processors":
            processors = int(value)
        else:
            assert flag == "--policy"
            name, _, number = value.partition("=")
            policies.append((name, int(number)))
    return HostView(ram=ram, processors=processors, policies=tuple(policies))


def expected(target: str, changed: dict[str, Any]) -> dict[str, Any]:
    """The default values with what a recording says is different; a random MAC address is left out."""
    whole = dict(RECORDED["defaults"][target]) | changed
    whole.setdefault("wsl2.macAddress", None) if target == ".wslconfig" else None
    return whole


@pytest.mark.parametrize("vector", RECORDED["vectors"], ids=[vector["id"] for vector in RECORDED["vectors"]])
def test_recorded_reading(vector: dict[str, Any]) -> None:
    """Values, warnings, the fatal text and the abort are those that WSL's own parser gave for this file."""
    target: Target = "wslconfig" if vector["target"] == ".wslconfig" else "wslconf"
    got = read(base64.b64decode(vector["input_b64"]), target, host_of(vector))
    want = expected(vector["target"], vector["changed_from_default"])
    if want.get("wsl2.networkingMode") == "Bridged":
        want["wsl2.macAddress"] = got.values["wsl2.macAddress"]
    assert got.values == want
    assert list(got.warnings) == vector["warnings"]
    assert got.fatal == vector.get("fatal")
    assert got.aborted == vector.get("parse_aborted", False)


@pytest.mark.parametrize("vector", RECORDED["writer_vectors"], ids=[vector["id"] for vector in RECORDED["writer_vectors"]])
def test_recorded_rewriting(vector: dict[str, Any]) -> None:
    """What the WSL Settings app leaves behind is read as WSL reads it again."""
    got = read(base64.b64decode(vector["output_b64"]))
    assert got.values == expected(".wslconfig", vector["reparsed_changed_from_default"])
    assert list(got.warnings) == vector["reparsed_warnings"]


def text_of(*lines: str, view: HostView = HOST) -> Effective:
    """What WSL will use of these lines."""
    return read("\n".join(lines).encode(), view=view)


def test_unknown_host() -> None:
    """Without the host's numbers what depends on them is None, and what does not is there."""
    got = text_of("[wsl2]", "memory=8GB", "processors=4", "virtiofs=true", view=HostView())
    for name in ("wsl2.memory", "vm.memory_mib", "wsl2.processors", "wsl2.swap", "experimental.swiotlb"):
        assert got.values[name] is None
    assert got.values["wsl2.vmIdleTimeout"] == 60000
    got = text_of("[wsl2]", "swap=2GB", "[experimental]", "swiotlb=1MB", view=HostView())
    assert (got.values["wsl2.swap"], got.values["experimental.swiotlb"]) == (2 << 30, 1 << 20)


def test_safe_mode() -> None:
    """Safe mode says so, and switches off what it says on Microsoft's page, the custom kernel and the swap too."""
    got = text_of("[wsl2]", "safeMode=true", "swap=2GB", "kernel=C:\\\\k", "virtio9p=true", "networkingMode=mirrored", "debugConsole=1")
    assert got.warnings == ("SAFE MODE ENABLED - many features will be disabled",)
    values = got.values
    assert (values["wsl2.swap"], values["wsl2.kernel"], values["wsl2.networkingMode"]) == (0, "", "None")
    for name in ("dnsTunneling", "autoProxy", "virtio", "virtio9p", "gpuSupport", "guiApplications", "nestedVirtualization"):
        assert values[f"wsl2.{name}"] is False
    assert values["experimental.dnsTunnelingIpAddress"] is None
    assert (values["wsl2.earlyBootLogging"], values["wsl2.firewall"]) == (True, True)


def test_order_of_dns_keys() -> None:
    """A bad tunnel address switches tunnelling off at its place in the file: a later dnsTunneling=true switches it on again."""
    bad = "Invalid IP value 'x' for key 'experimental.dnsTunnelingIpAddress' in <PATH>:"
    got = text_of("[wsl2]", "dnsTunneling=true", "[experimental]", "dnsTunnelingIpAddress=x")
    assert (got.values["wsl2.dnsTunneling"], got.warnings) == (False, (bad + "4",))
    got = text_of("[experimental]", "dnsTunnelingIpAddress=x", "[wsl2]", "dnsTunneling=true")
    assert (got.values["wsl2.dnsTunneling"], got.warnings) == (True, (bad + "2",))
    assert got.values["experimental.dnsTunnelingIpAddress"] == "10.255.255.254"


def test_policies() -> None:
    """Policies reset values in WSL's order, defaults too; names know no case, a strange number forbids nothing."""
    view = HostView(
        ram=HOST.ram,
        processors=4,
        policies=(
            ("allownestedvirtualization", 0), ("AllowKernelUserSetting", 0), ("AllowNetworkingModeUserSetting", 0), ("AllowFirewallUserSetting", 0),
            ("AllowKernelCommandLineUserSetting", 7), ("DefaultNetworkingMode", 2),
        ),
    )  # fmt: skip
    lines = ("[wsl2]", "kernelModules=m", "kernelCommandLine=a", "networkingMode=mirrored", "firewall=false", "processors=9")
    got = text_of(*lines, view=view)
    assert got.warnings == (
        "wsl2.processors cannot exceed the number of logical processors on the system (9 > 4)",
        "The .wslconfig setting 'wsl2.kernelModules' is disabled by the computer policy.",
        "The .wslconfig setting 'wsl2.nestedVirtualization' is disabled by the computer policy.",
        "The .wslconfig setting 'wsl2.networkingMode' is disabled by the computer policy.",
    )
    assert (got.values["wsl2.kernelCommandLine"], got.values["wsl2.networkingMode"], got.values["wsl2.firewall"]) == ("a", "Nat", True)
    assert (
        text_of("[wsl2]", "firewall=false", view=view).warnings[-1]
        == "The .wslconfig setting 'wsl2.firewall' is disabled by the computer policy."
    )
    none = text_of("[wsl2]", "networkingMode=none", view=view)
    assert none.values["wsl2.networkingMode"] == "None"


@pytest.mark.parametrize(
    ("lines", "name", "value"),
    [
        (("[wsl2]", "debugConsole=true", "earlyBootLogging=false"), "wsl2.earlyBootLogging", False),
        (("[wsl2]", "debugConsoleLogFile=a"), "wsl2.earlyBootLogging", True),
        (("[wsl2]", "debugConsole=true", "earlyBootLogging=x"), "wsl2.earlyBootLogging", True),
        (("[wsl2]", "maxCrashDumpCount=-1"), "wsl2.crashDumpFolder", ""),
        (("[wsl2]", "crashDumpFolder="), "wsl2.crashDumpFolder", "%TEMP%\\wsl-crashes"),
        (("[general]", "distributionInstallPath=D:/x"), "general.distributionInstallPath", "D:/x"),
        (("[wsl2]", "loadKernelModules=,a,,b"), "wsl2.loadKernelModules", "tun,ip_tables,br_netfilter,a,b"),
        (("[wsl2]", "virtio9p=true"), "wsl2.virtio9p", False),
        (("[wsl2]", "virtio=false", "virtiofs=true", "[experimental]", "swiotlb=1MB"), "experimental.swiotlb", 0),
        (("[wsl2]", "networkingMode=bridged", "[experimental]", "bestEffortDnsParsing=true"), "experimental.bestEffortDnsParsing", False),
        (("[wsl2]", "networkingMode=nat", "[experimental]", "bestEffortDnsParsing=true"), "experimental.bestEffortDnsParsing", True),
        (("[wsl2]", "memory=1088MB", "virtiofs=true"), "experimental.swiotlb", 64 << 20),
        (("[wsl2]", "memory=1087MB", "virtiofs=true"), "experimental.swiotlb", 0),
    ],
)
def test_consequences(lines: tuple[str, ...], name: str, value: object) -> None:
    """One setting's consequence for another, as the source has it."""
    assert text_of(*lines).values[name] == value


def test_other_hosts() -> None:
    """ARM and Windows 10 have other defaults, which a value in the file overrides."""
    arm = text_of("", view=HostView(HOST.ram, 8, x64=False, windows11=False)).values
    assert [arm[f"wsl2.{name}"] for name in ("nestedVirtualization", "virtio", "hardwarePerformanceCounters")] == [False] * 3
    old = text_of("[wsl2]", "nestedVirtualization=true", view=HostView(HOST.ram, 8, windows11=False)).values
    assert (old["wsl2.nestedVirtualization"], old["wsl2.virtio"]) == (True, True)


def test_fatal_keeps_what_was_said() -> None:
    """A bad MAC address ends the reading: what WSL said before it stands, no value of the file counts."""
    got = text_of("[wsl2]", "foo=1", "memory=4GB", "macAddress=x", "swap=y")
    assert got.fatal == "Invalid mac address 'x' for key 'wsl2.macAddress' in <PATH>:4"
    assert got.warnings == ("Unknown key 'wsl2.foo' in <PATH>:2",)
    assert got.values == expected(".wslconfig", {})
