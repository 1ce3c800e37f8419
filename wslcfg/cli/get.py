"""`wslcfg get KEY`: what a setting is, from the file or by default."""

from __future__ import annotations

from wslcfg.cli.keyname import known, raw_value, spelled, written
from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import glance, settle
from wslcfg.cli.shared import Flags, absolute, open_host
from wslcfg.model.result import Message, Result
from wslcfg.model.wslfile import HostView
from wslcfg.plan.view import view_of
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan


def run_get(given: Flags, key: str, file: str) -> Result:
    """Print what a setting is: what WSL will use, from the file or by default."""
    target, setting = known(key)
    host = open_host(given)
    machine = glance(host)
    if file:
        path, raw = file, host_bytes(host, absolute(file), given.machine)
    else:
        path = settle(host, machine).path(target)
        raw = host.read(path)
    found = scan(raw or b"", target, path)
    will = effective(found, view_of(machine) if machine.distro.is_wsl else HostView())
    entry = next((one for one in found.entries if one.live and one.setting == setting.name), None)
    value = will.values.get(setting.name)
    raw_text = raw_value(found, entry) if entry else None
    data: dict[str, object] = {
        "key": spelled(target, setting.name),
        "raw": raw_text,
        "effective": value,
        "line": entry.editor_line if entry else None,
        "origin": "file" if entry else "default",
    }
    messages = []
    if file and raw is None:
        messages.append(Message("note", f"There is no file {file}; this is what WSL uses without one."))
    if value is None and not (setting.default is None and entry is None and target == "wslconf"):
        messages.append(Message("note", f"{setting.name} depends on the host's RAM, which is not known here."))
    return Result(data, lambda: written(setting, value), tuple(messages))
