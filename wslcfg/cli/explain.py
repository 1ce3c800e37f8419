"""`wslcfg explain KEY`: what a setting means, what the file says, and what WSL makes of it."""

from __future__ import annotations

from wslcfg.cli.keyname import known, written
from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import glance, settle
from wslcfg.cli.shared import Flags, open_host
from wslcfg.errors import Unreachable
from wslcfg.model.result import Result
from wslcfg.model.size import human
from wslcfg.model.wslfile import HostView
from wslcfg.plan.view import view_of
from wslcfg.ui.tables import table
from wslcfg.ui.words import listing
from wslcfg.ui.wrap import columns, wrap
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.explain import Explanation, as_dict
from wslcfg.wslconf.explain import explain as describe
from wslcfg.wslconf.keys import WSLCONF, WSLCONFIG, Setting
from wslcfg.wslconf.scan import scan

# Longer lines are hard to read, however wide the terminal is.
_WIDEST = 100


def run_explain(given: Flags, key: str, file: str) -> Result:
    """Explain a setting: meaning, type, default, range, since, source, what the file says and what WSL makes of it."""
    if not key:
        rows = [(setting.name, setting.type) for setting in WSLCONFIG] + [(f"wsl.conf:{setting.name}", setting.type) for setting in WSLCONF]
        return Result({"settings": [{"key": name, "type": kind} for name, kind in rows]}, lambda: "\n".join(table(rows)))
    target, setting = known(key)
    host = open_host(given)
    machine = glance(host)
    path, raw = file, None
    if file:
        raw = host_bytes(host, file, given.machine)
    else:
        try:
            path = settle(host, machine).path(target)
            raw = host.read(path)
        except Unreachable:
            path = ""  # not WSL, or no Windows drive: the setting is explained, nothing is said about a file
    view = view_of(machine) if machine.distro.is_wsl else HostView()
    found = scan(raw, target, path) if raw is not None else None
    told = describe(setting, found, effective(found, view) if found else None, view)
    return Result(as_dict(told), lambda: "\n".join(as_text(setting, told, path)))


def as_text(setting: Setting, told: Explanation, path: str) -> list[str]:
    """An explanation for a person."""
    says = f"line {told.line}: {told.raw}" if told.raw is not None else "nothing"
    if told.shadowed:
        says += f" (and again, without effect, on line {listing([str(line) for line in told.shadowed])})"
    rows = [
        ("type", told.type_text + (f": {', '.join(told.choices)}" if told.choices else "")),
        ("default", told.default_text + _computed(setting, told)),
        ("range", told.range),
        ("also called", listing(told.aliases)),
        ("read at", "the start of the VM (all distros)" if told.restart == "vm" else "the start of the distro"),
        ("since", told.since),
        ("in WSL Settings", "yes" if told.gui else "no"),
        ("policy", told.policy),
        ("source", told.source),
        ("docs", told.docs or ""),
    ]
    if path:
        rows += [("the file says", says), ("WSL will use", _said(setting, told.effective))]
    width = min(columns() or _WIDEST, _WIDEST)
    lines = [setting.name, *wrap(told.meaning, width, ""), ""]
    lines += table([row for row in rows if row[1]], indent="  ")
    if told.note:
        lines += ["", *wrap(told.note, width, "")]
    return lines


def _computed(setting: Setting, told: Explanation) -> str:
    """`, 7.9 GB here` behind a default that WSL computes from the host, '' behind a fixed one."""
    return f", {_said(setting, told.default)} here" if setting.default is None and told.default is not None else ""


def _said(setting: Setting, value: object) -> str:
    """A value for reading: sizes rounded, everything else as the file would have it."""
    return human(value) if setting.type == "memory" and isinstance(value, int) else written(setting, value)
