"""For every lint rule: files that fire it, and near misses that must not. Surroundings are given where the rule needs them."""

from __future__ import annotations

from typing import NamedTuple

from wslcfg.model.size import GIB
from wslcfg.wslconf.lint_case import Around


class Lint(NamedTuple):
    """A file, where it belongs, and what is known around it."""

    raw: bytes
    target: str = "wslconfig"
    around: Around = Around(ram=32 * GIB, processors=16)


def conf(raw: bytes, **around: object) -> Lint:
    """A wsl.conf."""
    return Lint(raw, "wslconf", Around(**around))  # type: ignore[arg-type]


def cfg(raw: bytes, **around: object) -> Lint:
    """A .wslconfig with something known around it."""
    return Lint(raw, "wslconfig", Around(**{"ram": 32 * GIB, "processors": 16, **around}))  # type: ignore[arg-type]


def _there(*paths: str):
    return lambda path: path in paths


UTF16 = "[wsl2]\r\nmemory=8GB\r\n".encode("utf-16-le")
PATHS = b"[wsl2]\nswapFile=C:\\\\wsl\\\\swap.vhdx\n"
MIRRORED = b"[wsl2]\nnetworkingMode=mirrored\n"
KERNEL = b"[wsl2]\nkernel=C:\\\\k\\\\bzImage\n"

# id -> (files that fire it, files that come near and do not)
CASES: dict[str, tuple[list[Lint], list[Lint]]] = {
    "WC001": ([cfg(b"\xfe\xff\0[\0w")], [cfg(b"\xff\xfe" + UTF16)]),
    "WC002": ([cfg(UTF16), conf(b"\xff\xfe" + UTF16), conf(UTF16)], [cfg(b"\xff\xfe" + UTF16), cfg(b"[wsl2]\n# a\0b\n")]),
    "WC003": ([cfg(b"\0" * 64), conf(b"\0" * 64)], [cfg(b""), cfg(b"\0[wsl2]\n")]),
    "WC004": ([conf(b"\xef\xbb\xbf[boot]\nsystemd=true\n")], [cfg(b"\xef\xbb\xbf[wsl2]\n"), conf(b"[boot]\nsystemd=true\n")]),
    "WC005": (
        [cfg(b"[wsl2]\nmemory=8GB\n\x1aswap=0\n"), cfg(b"[wsl2]\nmemory=4GB\n#\x80\x80\x80\x80\x80"), cfg(b"\x1a[wsl2]\nmemory=4GB\n")],
        [cfg(b"[wsl2]\nmemory=8GB\n\x1a\r\n"), cfg(b"[wsl2]\nmemory=4GB\n# caf\xe9"), cfg(b"[wsl2]\n# caf\xc3\xa9\n")],
    ),
    "WC006": ([cfg(b"[wsl2]\n# caf\xe9 x\nmemory=8GB\n")], [cfg("[wsl2]\n# café\n".encode()), conf(b"# caf\xe9\n[boot]\n")]),
    "WC007": ([cfg(b"\xff\xfe" + UTF16)], [cfg(b"\xef\xbb\xbf[wsl2]\n")]),
    "WC008": ([cfg(b"\xef\xbb\xbf[wsl2]\n")], [cfg(b"[wsl2]\n"), conf(b"\xef\xbb\xbf[boot]\n")]),
    "WC009": ([cfg(b"[wsl2]\rmemory=8GB\r"), cfg(b"[wsl2]\r\nmemory=8GB\r\r\n")], [cfg(b"[wsl2]\r\nmemory=8GB\r\n")]),
    "WC010": ([conf(b"[boot]\r\nsystemd=true\r\n"), conf(b"[boot]\r\n", wsl_version="2.7.1.0")], [conf(b"[boot]\n"), cfg(b"[wsl2]\r\n")]),
    "WC011": ([cfg(b"", files=(".wslconfig", ".wslconf")), cfg(b"", files=("wslconfig.TXT",))], [cfg(b"", files=(".wslconfig", ".wslgconfig", "a.txt"))]),
    "WC012": ([cfg(b"", other_profiles=("C:\\Users\\b\\.wslconfig",))], [cfg(b"")]),
    "WC020": ([cfg(b"[wsl2]\n; a\n"), cfg(b"[wsl2]\n  ;memory=8GB\n"), conf(b"; a\n[boot]\n")], [cfg(b"[wsl2]\n# a ; b\n"), cfg(b"[wsl2]\nmemory=8GB # ; a\n")]),
    "WC021": ([cfg(b"// a\n"), cfg(b"-- a\n"), cfg(b"REM a\n"), conf(b"// a\n")], [cfg(b"# // a\n"), cfg(b"[wsl2]\nremark=1\n")]),
    "WC022": ([cfg(b"<<<<<<< HEAD\n[wsl2]\n"), cfg(b"=======\n")], [cfg(b"# <<<<<<< HEAD\n"), cfg(b"===\n")]),
    "WC023": ([cfg(b"[system-distro-env]\nA=b\n")], [cfg(b"# [system-distro-env]\n"), cfg(b"[system distro]\n")]),
    "WC024": ([cfg(b"[ wsl2 ]\n"), cfg(b"[wsl2\n"), cfg(b'["wsl2"]\n'), cfg(b"[wsl2] x\n"), conf(b"[boot\n")], [cfg(b"[wsl2]\n"), cfg(b"  [wsl2]  # x\n")]),
    "WC025": ([cfg(b"[wsl2]\nswapFile=C:\\wsl\\swap.vhdx\n"), cfg(b"[wsl2]\nmemory=8\\GB\n")], [cfg(PATHS), cfg(b"[wsl2]\n# C:\\wsl\n")]),
    "WC026": ([cfg(b'[wsl2]\nswapFile="C:\\\\a\nmemory=8GB\n'), conf(b'[boot]\ncommand="a\n')], [cfg(b'[wsl2]\nswapFile="C:\\\\a b.vhdx"\n')]),
    "WC027": ([cfg(b"[wsl2]\nmemory: 8GB\n"), cfg(b"[wsl2]\nmemory :8GB\n")], [cfg(b"[wsl2]\nmemory=8GB # a: b\n")]),
    "WC028": ([cfg(b"wsl2.memory=8GB\n"), cfg(b"[wsl2]\nwsl2.memory = 8GB\n")], [cfg(b"[wsl2]\nmemory=8GB\n"), cfg(b"[wsl2]\nmem_ory=8GB\n")]),
    "WC029": ([cfg(b"[wsl2]\nmem_ory=8GB\n"), cfg(b'[wsl2]\n"memory"=8GB\n'), cfg(b"export memory=8GB\n"), cfg(b"=8GB\n")], [cfg(b"[wsl2]\nmemory = 8GB\n")]),
    "WC030": ([cfg(b"[wsl2]\nmemory 8GB\n"), cfg(b'{"wsl2":{}}\n'), conf(b"babyshark\n")], [cfg(b"[wsl2]\n# memory 8GB\n"), cfg(b"[wsl2]\n\n\t\n")]),
    "WC040": ([cfg(b"[boot]\nsystemd=true\n"), conf(b"[wsl2]\nmemory=8GB\n")], [conf(b"[boot]\nsystemd=true\n"), cfg(b"[boot]\n")]),
    "WC041": ([cfg(b"[ws12]\nmemory=8GB\n"), cfg(b"[wsl]\nmemory=8GB\nswap=0\n"), conf(b"[automout]\nenabled=false\n")], [cfg(b"[WSL2]\nmemory=8GB\n")]),
    "WC042": ([cfg(b"[foo]\na=1\n")], [cfg(b"[foo]\n"), cfg(b"[general]\ninstanceIdleTimeout=1\n")]),
    "WC043": ([cfg(b"memory=8GB\n"), cfg(b"memory=8GB\n[wsl2]\nswap=0\n"), conf(b"systemd=true\n")], [cfg(b"# memory=8GB\n[wsl2]\nmemory=8GB\n")]),
    "WC044": ([cfg(b"[general]\nguiApplications=false\n"), conf(b"[general]\ninstanceIdleTimeout=-1\n")], [conf(b"[general]\nguiApplications=false\n")]),
    "WC045": ([cfg(b"[wsl2]\npageReporting=false\n"), cfg(b"[wsl2]\npagereportingorder=0\n")], [cfg(b"[wsl2]\n# pageReporting=false\n")]),
    "WC046": ([cfg(b"[wsl2]\nautoMemoryReclaim=gradual\n"), cfg(b"[experimental]\nmemory=8GB\n"), cfg(b"[wsl2]\ninstanceIdleTimeout=-1\n")],
              [cfg(b"[experimental]\nautoMemoryReclaim=gradual\n"), cfg(b"[experimental]\nnetworkingMode=mirrored\n")]),
    "WC047": ([cfg(b"[wsl2]\nmemroy=8GB\n"), cfg(b"[experimental]\nmemroy=8GB\n"), conf(b"[boot]\nsystmd=true\n")], [cfg(b"[wsl2]\nMEMORY=8GB\n")]),
    "WC048": ([cfg(b"[wsl2]\nfoo=1\n"), conf(b"[boot]\nfoo=1\n")], [cfg(b"[wsl2]\nmemory=8GB\n")]),
    "WC049": ([cfg(b"[wsl2]\nmemory=8GB\nMemory=4GB\n"), cfg(MIRRORED + b"[experimental]\nnetworkingMode=nat\n"), cfg(b"[wsl2]\nmemory=8xb\nmemory=8GB\n")],
              [cfg(b"[wsl2]\nmemory=8GB\n[experimental]\n[wsl2]\nswap=0\n")]),
    "WC050": ([cfg(b"[ wsl2 ]\nmemory=8GB\n"), cfg(b"[wsl2]\n[experimental x]\nmemory=8GB\n")], [cfg(b"[ wsl2 ]\n"), cfg(b"[wsl2\n[wsl2]\nmemory=8GB\n")]),
    "WC060": ([cfg(b"[wsl2]\nmemory=%s\n" % one) for one in (b"8gb", b"8 GB", b"1.5GB", b"50%", b"8GiB", b"", b"max", b"'8GB'")],
              [cfg(b"[wsl2]\nmemory=%s\n" % one) for one in (b"8GB", b"8G", b"8192M", b'"8GB"', b"8589934592")]),
    "WC061": ([cfg(b"[wsl2]\nguiApplications=%s\n" % one) for one in (b"yes", b"no", b"on", b"off", b"")],
              [cfg(b"[wsl2]\nguiApplications=%s\n" % one) for one in (b"0", b"1", b"FALSE", b"True")]),
    "WC062": ([cfg(b"[wsl2]\nprocessors=%s\n" % one) for one in (b"08", b"8.0", b"four", b"")], [cfg(b"[wsl2]\nprocessors=0x8\n")]),
    "WC063": ([cfg(b"[experimental]\nautoMemoryReclaim=true\n"), cfg(b"[wsl2]\nnetworkingMode=\n"), conf(b"[automount]\ncgroups=2\n")],
              [cfg(b"[experimental]\nautoMemoryReclaim=DROPCACHE\n"), cfg(b"[wsl2]\nnetworkingMode=virtioproxy\n")]),
    "WC064": ([cfg(b"[experimental]\ndnsTunnelingIpAddress=%s\n" % one) for one in (b"::1", b"999.1.1.1")], [cfg(b"[experimental]\ndnsTunnelingIpAddress=10.0.0.1\n")]),
    "WC065": ([cfg(b"[wsl2]\nmacAddress=%s\n" % one) for one in (b"foo", b"00:11:22-33:44:55", b"")], [cfg(b"[wsl2]\nmacAddress=aa-bb-cc-dd-ee-ff\n")]),
    "WC066": ([cfg(MIRRORED + b"[experimental]\nignoredPorts=%s\n" % one) for one in (b"65536", b"a", b"1,a,2")],
              [cfg(MIRRORED + b"[experimental]\nignoredPorts=3000, 9000\n")]),
    "WC067": ([cfg(MIRRORED + b"[experimental]\nignoredPorts=%s\n" % one) for one in (b"3000-4000", b"3000;9000")],
              [cfg(MIRRORED + b"[experimental]\nignoredPorts=3000, 9000\n")]),
    "WC068": ([cfg(b"[wsl2]\nmemory=4096\n"), cfg(b"[wsl2]\nswap=8192\n"), cfg(b"[wsl2]\ndefaultVhdSize=64\n")],
              [cfg(b"[wsl2]\nmemory=8589934592\n"), cfg(b"[wsl2]\nswap=0\n"), cfg(b"[experimental]\nswiotlb=67108864\n")]),
    "WC069": ([cfg(b"[wsl2]\nmemory=%s\n" % one) for one in (b"-1GB", b"99999999999999999999", b"17179869184GB", b"-1")], [cfg(b"[wsl2]\nmemory=+8GB\n")]),
    "WC070": ([cfg(b"[wsl2]\nmemory=255MB\n"), cfg(b"[wsl2]\nmemory=1KB\n")], [cfg(b"[wsl2]\nmemory=256MB\n"), cfg(b"[wsl2]\nswap=1MB\n")]),
    "WC071": ([cfg(b"[wsl2]\nmemory=33GB\n")], [cfg(b"[wsl2]\nmemory=32GB\n"), cfg(b"[wsl2]\nmemory=64GB\n", ram=None), cfg(b"[wsl2]\nswap=64GB\n")]),
    "WC072": ([cfg(b"[wsl2]\nmemory=0\n"), cfg(b"[wsl2]\nmemory=0GB\n")], [cfg(b"[wsl2]\nswap=0\n")]),
    "WC073": ([cfg(b"[wsl2]\nmemory=4097MB\n")], [cfg(b"[wsl2]\nmemory=4098MB\n"), cfg(b"[wsl2]\nswap=4097MB\n")]),
    "WC074": ([cfg(b"[wsl2]\nprocessors=010\n"), conf(b"[boot]\ninitTimeout=010000\n")], [cfg(b"[wsl2]\nprocessors=10\n"), conf(b"[filesystem]\numask=022\n")]),
    "WC075": ([conf(b"[filesystem]\numask=22\n"), conf(b"[filesystem]\numask=77\n")], [conf(b"[filesystem]\numask=0022\n"), conf(b"[filesystem]\numask=0\n")]),
    "WC076": ([cfg(b"[wsl2]\nprocessors=17\n")], [cfg(b"[wsl2]\nprocessors=16\n"), cfg(b"[wsl2]\nprocessors=17\n", processors=None)]),
    "WC077": ([cfg(b"[wsl2]\nguiApplications=true\n"), cfg(b"[wsl2]\nmemory=16GB\n"), cfg(b"[wsl2]\nswap=4GB\n"), conf(b"[boot]\nsystemd=false\n")],
              [cfg(b"[wsl2]\nguiApplications=false\n"), cfg(b"[wsl2]\nmemory=16GB\n", ram=None), cfg(b"[wsl2]\nmemory=8GB\nswap=4GB\n")]),
    "WC080": ([cfg(b"[wsl2]\nmemory=8\0GB\n")], [cfg(b"[wsl2]\n# a\0b\nmemory=8GB\n")]),
    "WC081": ([cfg(b"[wsl2]\nswapFile=C:\\\\wsl\\\nmemory=8GB\n"), cfg(b"[wsl2]\nkernelCommandLine=a\\\nmemory=8GB\n"), cfg(b"[wsl2]\r\nmemory=8GB\\\r\nswap=0\r\n")],
              [cfg(b"[wsl2]\nkernelCommandLine=a \\\n b\n"), cfg(b"[wsl2]\n# a\\\nmemory=8GB\n"), conf(b"[boot]\ncommand=a && \\\n b\n")]),
    "WC082": ([cfg(b"[wsl2]\nswapFile=C:\\new\\table.vhdx\n"), cfg(b"[wsl2]\nkernel=C:\\bin\\\\k\n")], [cfg(PATHS), conf(b"[boot]\ncommand=printf a\\nb\n")]),
    "WC083": ([cfg("[wsl2]\nswapFile=C:\\\\José\\\\s.vhdx\n".encode()), cfg(b"[wsl2]\nswapFile=C:\\\\Jos\xe9\\\\s.vhdx\n")],
              [cfg("[wsl2]\nmemory=8GB # José\n".encode()), conf("[boot]\ncommand=echo é\n".encode())]),
    "WC084": ([cfg(b"[wsl2]\nswapFile=%TEMP%\\\\swap.vhdx\n")], [cfg(b"[wsl2]\nswapFile=C:\\\\100%\\\\s.vhdx\n"), conf(b"[boot]\ncommand=a %b%\n")]),
    "WC085": ([cfg(b"[wsl2]\nswapFile=/mnt/c/s.vhdx\n"), cfg(b"[wsl2]\nkernel='C:\\\\k'\n"), cfg(b"[wsl2]\nswapFile=swap.vhdx\n")],
              [cfg(PATHS), cfg(b"[wsl2]\nswapFile=D:/wsl/swap.vhdx\n"), cfg(b"[wsl2]\nswapFile=\n")]),
    "WC086": ([conf(b'[boot]\ncommand=sh -c "a; b"\n')], [conf(b'[boot]\ncommand=sh -c \\"a b\\"\n'), conf(b'[automount]\noptions="metadata"\n')]),
    "WC087": ([cfg(b"[wsl2]\nswapFile=C:\\\\a#b\\\\s.vhdx\n"), conf(b"[boot]\ncommand=echo#a\n")],
              [cfg(b'[wsl2]\nswapFile="C:\\\\a#b\\\\s.vhdx"\n'), cfg(b"[wsl2]\nmemory=8GB#a\n"), conf(b"[boot]\ncommand=echo # a\n")]),
    "WC088": ([cfg(b"[wsl2]\nswapFile=C:\\\\wsl\\\\swap\n")], [cfg(b"[wsl2]\nswapFile=C:\\\\wsl\\\\swap.VHDX\n")]),
    "WC100": ([cfg(b"[wsl2]\nsafeMode=true\n")], [cfg(b"[wsl2]\nsafeMode=false\n")]),
    "WC101": ([cfg(MIRRORED + b"localhostForwarding=true\n"), cfg(MIRRORED + b"localhostForwarding=false\n")], [cfg(b"[wsl2]\nlocalhostForwarding=false\n"), cfg(MIRRORED)]),
    "WC102": ([cfg(b"[experimental]\nhostAddressLoopback=true\n"), cfg(b"[experimental]\nignoredPorts=3000\n")],
              [cfg(MIRRORED + b"[experimental]\nhostAddressLoopback=true\nignoredPorts=3000\n"), cfg(b"[experimental]\nhostAddressLoopback=false\n")]),
    "WC103": ([cfg(b"[wsl2]\nipv6=true\n")], [cfg(b"[wsl2]\nnetworkingMode=bridged\nvmSwitch=a\nipv6=true\n")]),
    "WC104": ([cfg(b"[wsl2]\nvmIdleTimeout=-1\n")], [cfg(b"[wsl2]\nvmIdleTimeout=-1\n[general]\ninstanceIdleTimeout=-1\n"), cfg(b"[wsl2]\nvmIdleTimeout=90000\n")]),
    "WC105": ([cfg(b"[wsl2]\nnetworkingMode=consomme\n"), cfg(b"[wsl2]\nnetworkingMode=Consomme\n", wsl_version="2.7.14.0")],
              [cfg(b"[wsl2]\nnetworkingMode=virtioproxy\n"), cfg(b"[wsl2]\nnetworkingMode=Consomme\n", wsl_version="2.9.4.0")]),
    "WC106": ([cfg(b"[wsl2]\nvirtio=false\nnetworkingMode=virtioproxy\n")], [cfg(b"[wsl2]\nvirtio=false\n"), cfg(b"[wsl2]\nnetworkingMode=virtioproxy\n")]),
    "WC107": ([cfg(b"[experimental]\nsparseVhd=true\n")], [cfg(b"[experimental]\nsparseVhd=false\n")]),
    "WC108": ([cfg(b"[wsl2]\nvirtio9p=true\n"), cfg(b"[wsl2]\nvirtio9p=1\n")], [cfg(b"[wsl2]\nvirtio9p=false\n")]),
    "WC109": ([cfg(b"[wsl2]\ndnsTunneling=false\n[experimental]\nbestEffortDnsParsing=true\n")],
              [cfg(b"[experimental]\nbestEffortDnsParsing=true\n"), cfg(b"[wsl2]\ndnsTunneling=false\n")]),
    "WC110": ([cfg(b"[wsl2]\nnetworkingMode=bridged\n")], [cfg(b"[wsl2]\nnetworkingMode=bridged\nvmSwitch=External\n")]),
    "WC111": ([cfg(b"[wsl2]\nnetworkingMode=bridged\nvmSwitch=External\n")], [cfg(MIRRORED)]),
    "WC112": ([cfg(MIRRORED + b"firewall=false\n")], [cfg(MIRRORED + b"firewall=true\n"), cfg(b"[wsl2]\nfirewall=false\n")]),
    "WC113": ([cfg(b"[experimental]\nautoMemoryReclaim=gradual\n")],
              [cfg(b"[wsl2]\nswap=0\n[experimental]\nautoMemoryReclaim=gradual\n"), cfg(b"[experimental]\nautoMemoryReclaim=gradual\n", wsl_version="2.9.9.0")]),
    "WC114": ([conf(b"[automount]\ncgroups=v1\n")], [conf(b"[automount]\ncgroups=v2\n")]),
    "WC115": ([conf(b"[interop]\nenabled=false\n"), conf(b"[automount]\nenabled=false\n")], [conf(b"[interop]\nappendWindowsPath=false\n")]),
    "WC120": ([cfg(KERNEL, exists=_there()), cfg(b"[wsl2]\nsystemDistro=C:\\\\s.vhd\n", exists=_there())],
              [cfg(KERNEL, exists=_there("C:\\k\\bzImage")), cfg(KERNEL), cfg(KERNEL, exists=lambda path: None)]),
    "WC121": ([cfg(b"[wsl2]\nkernelModules=C:\\\\m.vhd\n")], [cfg(KERNEL + b"kernelModules=C:\\\\m.vhd\n"), cfg(b"[wsl2]\nkernelModules=C:\\\\m.vhd\nsafeMode=true\n")]),
    "WC122": ([cfg(b"[wsl2]\nsystemDistro=C:\\\\s.vhdx\n")], [cfg(b"[wsl2]\nsystemDistro=C:\\\\s.VHD\n")]),
    "WC123": ([cfg(PATHS, exists=_there())], [cfg(PATHS, exists=_there("C:\\wsl")), cfg(PATHS), cfg(PATHS + b"swap=0\n", exists=_there())]),
    "WC124": ([cfg(b"[wsl2]\nmemory=28GB\n", windows_reserve=10 * GIB)],
              [cfg(b"[wsl2]\nmemory=22GB\n", windows_reserve=10 * GIB), cfg(b"[wsl2]\nmemory=28GB\n"), cfg(b"[wsl2]\nmemory=14GB\n", windows_reserve=20 * GIB)]),
    "WC125": ([cfg(b"[wsl2]\nswap=64GB\n", disk_free=50 * GIB)], [cfg(b"[wsl2]\nswap=40GB\n", disk_free=50 * GIB), cfg(b"[wsl2]\nswap=64GB\n")]),
    "WC126": ([cfg(b"[experimental]\nswiotlb=64MB\n", wsl_version="2.7.14.0"), cfg(b"[wsl2]\nisolateDistroCgroup=false\n", wsl_version="2.9.4.0")],
              [cfg(b"[experimental]\nswiotlb=64MB\n", wsl_version="2.8.9.0"), cfg(b"[wsl2]\nmemory=8GB\n", wsl_version="2.0.0.0"),
               cfg(b"[wsl2]\nisolateDistroCgroup=false\n", wsl_version="2.9.10.0"), cfg(b"[experimental]\nswiotlb=64MB\n")]),
    "WC127": ([cfg(KERNEL, policies=(("AllowKernelUserSetting", 0),)), cfg(b"[wsl2]\nfirewall=false\n", policies=(("AllowFirewallUserSetting", 0),))],
              [cfg(KERNEL, policies=(("AllowKernelUserSetting", 1),)), cfg(b"[wsl2]\nmemory=8GB\n", policies=(("AllowKernelUserSetting", 0),))]),
    "WC128": ([cfg(MIRRORED, windows_build=19045)], [cfg(MIRRORED, windows_build=22621), cfg(MIRRORED), cfg(b"[wsl2]\nmemory=8GB\n", windows_build=19045)]),
}  # fmt: skip
