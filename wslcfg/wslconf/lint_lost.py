"""Think: what of wsl.conf is lost below its first bad line, where WSL stops reading."""

from __future__ import annotations

from wslcfg.model.wslfile import BadLine, Scan
from wslcfg.wslconf.scan import read


def lost_keys(scan: Scan, bad: BadLine) -> tuple[tuple[str, int], ...]:
    """The known settings below a bad line as (name, editor line), that would count if WSL read on."""
    whole = read(scan.raw, scan.target, scan.path, keep_going=True)
    return tuple((entry.setting, entry.editor_line) for entry in whole.entries if entry.setting and entry.live and entry.start > bad.start)
