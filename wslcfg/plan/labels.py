"""Think: what people, plans and history call the two files of WSL."""

from __future__ import annotations

from wslcfg.model.wslfile import Target

LABELS: dict[Target, str] = {"wslconfig": ".wslconfig", "wslconf": "/etc/wsl.conf"}
