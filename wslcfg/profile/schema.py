"""Think: the JSON Schema of profiles, made from `shape` and from WSL's own settings; editors complete and check by it (Taplo, VS Code).

`docs/profile.schema.json` is what `text()` gives; a test compares them.
"""

from __future__ import annotations

import json

from wslcfg.model.wslfile import Target
from wslcfg.profile import shape
from wslcfg.profile.check import SCHEMA
from wslcfg.wslconf import keys, meanings

Json = dict[str, object]

_SIZE = {
    "type": "string",
    "pattern": r"^[-+*/(),. 0-9A-Za-z\t]{1,200}$",
    "description": "A size (8GB, 6144MB) or arithmetic on facts: min(10GB, host - 6GB).",
}


def json_schema() -> Json:
    """The schema as data: draft-07, which every editor knows."""
    properties: Json = {
        "schema": {"const": SCHEMA, "description": "The format of this file."},
        "name": {"type": "string", "description": "The profile's name; the file's name where it is left out."},
        "description": {"type": "string", "description": "One line for `wslcfg profile list`."},
        "extends": {
            "type": "string",
            "description": "What it starts from: a built-in name, a name of your own, or a path beside this file.",
        },
        "wslconfig": _settings("wslconfig", "Settings of .wslconfig: of the VM, for all distros."),
        "wslconf": _settings("wslconf", "Settings of /etc/wsl.conf: of this distro."),
    }
    for table, about in (
        ("sizing", "What the sizing is asked."),
        ("launcher", "How agents are started and limited."),
        ("backup", "Backups of agent sessions."),
        ("guard", "What is watched while agents run."),
    ):
        properties[table] = _table(table, about)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "wslcfg profile",
        "description": "What somebody wants of WSL2: sizes, settings, limits for agents, backups.",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema"],
        "properties": properties,
        "x-taplo": {"initKeys": ["schema", "name", "description", "extends"]},
    }


def text() -> str:
    """The schema as the file in docs/ has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _settings(target: Target, about: str) -> Json:
    """[wslconfig] or [wslconf]: each setting once as `section.key` in quotes and once below its section."""
    flat: Json = {}
    nested: dict[str, dict[str, object]] = {}
    for setting in keys.settings_of(target):
        entry = _setting(setting)
        flat[setting.name] = entry
        nested.setdefault(setting.section, {})[setting.key] = entry
    sections = {
        section: {"type": "object", "additionalProperties": False, "properties": entries, "description": f"The section [{section}]."}
        for section, entries in nested.items()
    }
    return {"type": "object", "description": about, "additionalProperties": False, "properties": {**sections, **flat}}


def _setting(setting: keys.Setting) -> Json:
    """One setting of WSL: its own kind of value, or a word for a rule."""
    words = [shape.KEEP, shape.UNSET, *([shape.AUTO] if setting.name in shape.SIZED else [])]
    kinds: list[object]
    if setting.type == "bool":
        kinds = [{"type": "boolean"}, {"enum": words}]
    elif setting.type == "int":
        kinds = [{"type": "integer"}, {"enum": words}]
    elif setting.type == "memory":
        kinds = [{"enum": words}, _SIZE, {"const": 0}]
    elif setting.type == "enum":
        known = [*setting.choices, *(word for word, _ in setting.synonyms)]
        # WSL reads its words in any case; editors should offer them once and accept any.
        kinds = [{"enum": [*words, *known]}, {"type": "string", "pattern": f"^({'|'.join(_any_case(word) for word in known)})$"}]
    else:
        kinds = [{"type": "string"}]
    default = meanings.default_text(setting)
    return {"description": f"{meanings.meaning(setting).what} WSL's default: {default}.", "anyOf": kinds}


def _any_case(word: str) -> str:
    """A pattern for a word in any case; JSON Schema's patterns have no flag for it."""
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in word)


def _table(table: str, about: str) -> Json:
    """One of wslcfg's own tables."""
    entries: Json = {key.name: _key(key) for key in shape.KEYS if key.table == table}
    if table == "sizing":
        entries["services"] = {
            "type": "object",
            "description": "Measured peaks of resident services by name; the sizing counts 1.2 times as much.",
            "additionalProperties": _SIZE,
        }
    return {"type": "object", "description": about, "additionalProperties": False, "properties": entries}


def _key(key: shape.Key) -> Json:
    """One key of wslcfg's own."""
    entry: Json = {"description": key.meaning, "default": list(key.default) if isinstance(key.default, tuple) else key.default}
    if key.type == "bool":
        return {**entry, "type": "boolean"}
    if key.type == "int":
        return {**entry, "type": "integer", "minimum": key.least, "maximum": key.most}
    if key.type == "choice":
        return {**entry, "enum": list(key.choices)}
    if key.type == "list":
        return {**entry, "type": "array", "items": {"type": "string", "minLength": 1}}
    if key.type == "text":
        return {**entry, "type": "string", "minLength": 1}
    return {**entry, "type": "string", "pattern": _SIZE["pattern"]}
