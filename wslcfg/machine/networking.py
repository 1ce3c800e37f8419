"""Look: which way of networking WSL has really taken, as `wslinfo` says."""

from __future__ import annotations

from wslcfg.errors import Bug
from wslcfg.host.port import Host
from wslcfg.machine import reading
from wslcfg.model.facts import Datum, unknown

_WSLINFO = "/usr/bin/wslinfo"
_TIMEOUT_S = 5.0


def look_networking(host: Host) -> Datum[str]:
    """`nat`, `mirrored`, `none`, `bridged`, `virtioproxy` or `consomme`, in small letters (`wslinfo --networking-mode`)."""
    if reading.there(host, _WSLINFO) is None:
        return unknown("this WSL has no wslinfo")
    try:
        ran = host.run([_WSLINFO, "--networking-mode", "-n"], timeout_s=_TIMEOUT_S)
    except Bug as error:
        if error.code != "not-recorded":
            raise
        return unknown("the recorded machine does not say")
    mode = ran.out.decode("utf-8", "replace").strip().lower()
    if ran.failure or ran.code != 0 or not mode.isalnum():
        return unknown("wslinfo does not answer")
    return Datum(mode, "wslinfo")
