"""A program: ask the Windows of a folder with wslcfg's own code, by real programs, and print what it answered as JSON.

`ask_windows.py DRIVE WAY`: DRIVE holds Windows/System32 as a mounted C: does. With WAY `binfmt` programs are started by their path alone, which
needs a handler in binfmt_misc; with `wine` the way is the one that serves where the handler is gone, `/init PATH PATH ...`, and wine stands for /init.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence

from wslcfg.host.port import Ran
from wslcfg.host.real import RealHost
from wslcfg.host.winpath import Mount
from wslcfg.machine import ladder
from wslcfg.machine.found import Found
from wslcfg.machine.interop import CMD, REG, Interop
from wslcfg.machine.mounts import Place

_LXSS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Lxss"
_GUID = "{7f0c4a52-9f1e-4c51-9b0e-31a1b4a0c001}"
# What reg.exe writes for the ladder to find: a distro, and a policy.
_WRITTEN = (
    (_LXSS, "DefaultDistribution", "REG_SZ", _GUID),
    (f"{_LXSS}\\{_GUID}", "DistributionName", "REG_SZ", "Ubuntu 24.04 (mine & yours)"),
    (f"{_LXSS}\\{_GUID}", "Version", "REG_DWORD", "2"),
    (r"HKLM\SOFTWARE\Policies\WSL", "AllowNestedVirtualization", "REG_DWORD", "0"),
)


class WineAsInit(RealHost):
    """Starts `/init PATH PATH arguments` as `wine PATH arguments`."""

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Run it."""
        started = ["wine", *argv[2:]] if argv[0] == "/init" else argv
        return super().run(started, stdin=stdin, timeout_s=timeout_s, cwd=cwd, env=env)


def main(drive: str, way: str) -> None:
    """Ask and print."""
    host = RealHost() if way == "binfmt" else WineAsInit()
    place = Place(True, 2, (Mount("C:", drive),), drive.rpartition("/")[0] + "/", drive)
    interop = Interop(host, place)
    # The first start wakes the wineserver, which is no part of what is asked here.
    ran = {"exit": interop.run(CMD, ("/d", "/c", "exit 7"), 60)}
    for key, name, kind, value in _WRITTEN:
        ran[name] = interop.run(REG, ("add", key, "/v", name, "/t", kind, "/d", value, "/f"), 60)
    ran["utf16"] = interop.run(CMD, ("/d", "/u", "/c", "echo Jos\u00e9 \u674e"), 60)
    ran["nothing"] = interop.run(REG, ("query", r"HKCU\Software\Nobody"), 60)
    ran["left out"] = interop.run("Windows/System32/nobody.exe", (), 60)
    found = Found()
    ladder.walk(host, place, interop, found)
    kept = {name: [one.code, base64.b64encode(one.out).decode(), one.failure] for name, one in ran.items()}
    print(json.dumps({"state": interop.state, "why": interop.why, "ran": kept, "values": found.values, "sources": found.sources}))


if __name__ == "__main__":
    main(*sys.argv[1:])
