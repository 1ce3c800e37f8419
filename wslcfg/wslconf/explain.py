"""Think: explain one setting: what it means, what the file says, and what WSL makes of that."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB
from wslcfg.model.wslfile import Effective, Entry, HostView, Scan, Value
from wslcfg.wslconf import meanings
from wslcfg.wslconf.keys import Setting

_TYPES = {
    "bool": "true or false (also 1 and 0)",
    "int": "a whole number",
    "memory": "a size: a whole number with KB, MB, GB or TB right behind it, in capitals",
    "path": "a Windows path, backslashes doubled",
    "text": "text",
    "enum": "one of a few words",
    "mac": "a network address",
    "ipv4": "an IPv4 address",
    "ports": "port numbers with commas between",
    "list": "words with commas between",
}


class Explanation(NamedTuple):
    """Everything about one setting.

    Attributes:
        name, type: as in `keys`; type_text is for people. file: `.wslconfig` or `/etc/wsl.conf`. aliases: other names of it.
        meaning, range, note: sentences; '' where there is nothing to say.
        default_text: the default in words, the formula where it is computed. default: its value on this host, None when not known.
        since: the first public release with it; '' for none so far. gui, restart, policy, documented: as in `keys`.
        source: file:line in microsoft/WSL. docs: full address of Microsoft's page, None where there is none.
        raw, line: what the file says, as written, and on which line; None when it does not set it.
        shadowed: lines that set it again, without effect.
        effective: what WSL makes of it; None when that is not known or no file was given.
    """

    name: str
    type: str
    type_text: str
    file: str
    aliases: tuple[str, ...]
    choices: tuple[str, ...]
    meaning: str
    range: str
    note: str
    default_text: str
    default: Value
    since: str
    gui: bool
    documented: bool
    restart: str
    policy: str
    source: str
    docs: str | None
    raw: str | None
    line: int | None
    shadowed: tuple[int, ...]
    effective: Value


def explain(setting: Setting, scan: Scan | None = None, effective: Effective | None = None, view: HostView | None = None) -> Explanation:
    """Explain a setting, with what a scanned file says of it and what WSL makes of that; `view` makes computed defaults figures."""
    texts = meanings.meaning(setting)
    path = meanings.docs_path(setting)
    entries = [entry for entry in scan.entries if entry.setting == setting.name] if scan else []
    first = next((entry for entry in entries if entry.live), None)
    return Explanation(
        name=setting.name,
        type=setting.type,
        type_text=_TYPES[setting.type],
        file=".wslconfig" if setting.restart == "vm" else "/etc/wsl.conf",
        aliases=setting.aliases,
        choices=setting.choices,
        meaning=texts.what,
        range=texts.range,
        note=texts.note,
        default_text=meanings.default_text(setting),
        default=default_here(setting, effective, view),
        since=setting.since,
        gui=setting.gui,
        documented=setting.documented,
        restart=setting.restart,
        policy=setting.policy,
        source=meanings.source(setting),
        docs=f"https://learn.microsoft.com{path}" if path else None,
        raw=_raw(scan, first) if scan and first else None,
        line=first.editor_line if first else None,
        shadowed=tuple(entry.editor_line for entry in entries if not entry.live),
        effective=effective.values.get(setting.name) if effective else None,
    )


def default_here(setting: Setting, effective: Effective | None, view: HostView | None) -> Value:
    """The default as a value: what the host's facts make of it where it is computed, None where they are not known.

    memory: ram / 2. processors: all. swap: memory / 4 rounded up to a whole GB, from the memory the file gives (WslCoreConfig.cpp:295-331).
    """
    ram = view.ram if view else None
    if setting.name == "wsl2.memory":
        return None if ram is None else ram // 2
    if setting.name == "wsl2.processors":
        return view.processors if view else None
    if setting.name == "wsl2.swap":
        memory = effective.values.get("wsl2.memory") if effective else None
        if not isinstance(memory, int):
            memory = None if ram is None else ram // 2
        return None if memory is None else -(-(memory // 4) // GIB) * GIB
    if setting.name == "wsl2.nestedVirtualization" and view:
        return view.windows11 and view.x64
    if setting.name == "wsl2.hardwarePerformanceCounters" and view:
        return view.x64
    return setting.default


def as_dict(explanation: Explanation) -> dict[str, object]:
    """An explanation as JSON has it; '' and unknown become null."""
    plain = explanation._asdict()
    for name in ("range", "note", "since", "policy"):
        plain[name] = plain[name] or None
    for name in ("aliases", "choices", "shadowed"):
        plain[name] = list(plain[name])
    return plain


def _raw(scan: Scan, entry: Entry) -> str:
    codec = "utf-16-le" if scan.encoding == "utf16le-bom" else "utf-8"
    return scan.raw[entry.value_start : entry.value_end].decode(codec, "backslashreplace")
