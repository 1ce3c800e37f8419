"""Think: the check of a profile's content. What TOML made of the text becomes a layer of values, or mistakes with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wslcfg.errors import Refused
from wslcfg.model.profile import Given, Origin, Value
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import Target
from wslcfg.profile import expression, shape
from wslcfg.profile.merge import Layer
from wslcfg.profile.place import Places
from wslcfg.wslconf import keys, values

SCHEMA = 1
# Settings that no profile may set: sparse disks were switched off by WSL for corrupting data (facts: WslCoreFilesystem.cpp:37-42).
_NEVER = {"experimental.sparseVhd": "WSL has switched sparse disks off because they can corrupt data"}


class Mistake(NamedTuple):
    """One mistake in a profile: where (line and column from 1), what, and what to do."""

    file: str
    line: int
    column: int
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class Checked(NamedTuple):
    """A profile file by itself, without what it extends."""

    name: str
    description: str
    extends: str | None
    layer: Layer
    mistakes: tuple[Mistake, ...]


def check(data: Mapping[str, object], places: Places, *, name: str, file: str) -> Checked:
    """Check what TOML made of a profile.

    Args:
        data: the parsed TOML.
        places: where each key stands, from `place.places`.
        name: the file's own name, used where the profile does not say one.
        file: how people find the file; for messages and origins.
    """
    checker = _Checker(places, data.get("name") if isinstance(data.get("name"), str) else name, file)
    checker.top(data)
    for target in ("wslconfig", "wslconf"):
        checker.settings(target, data.get(target, {}))
    for table in ("sizing", "launcher", "backup", "guard"):
        checker.table(table, data.get(table, {}))
    description, extends = data.get("description", ""), data.get("extends")
    return Checked(
        checker.name,
        description if isinstance(description, str) else "",
        extends if isinstance(extends, str) else None,
        checker.layer,
        tuple(sorted(checker.mistakes, key=lambda mistake: mistake[1:3])),
    )


class _Checker:
    """One check: `layer` and `mistakes` grow as it goes."""

    def __init__(self, places: Places, name: object, file: str) -> None:
        self.places, self.name, self.file = places, str(name), file
        self.layer: Layer = {}
        self.mistakes: list[Mistake] = []

    def wrong(self, path: tuple[str, ...], message: str, hint: str) -> None:
        """Note a mistake at a key."""
        line, column = self.places.get(path, (1, 1))
        self.mistakes.append(Mistake(self.file, line, column, message, hint))

    def keep(self, table: str, key: str, given: Given, path: tuple[str, ...]) -> None:
        """Note a value with its origin."""
        self.layer[table, key] = Value(given, Origin(self.name, self.file, self.places.get(path, (1, 1))[0]))

    def top(self, data: Mapping[str, object]) -> None:
        """The keys above every table."""
        for key, given in data.items():
            if key not in shape.TOP:
                self.wrong((key,), f"the key '{key}' is unknown.", _did_you_mean(key, shape.TOP))
            elif key in ("name", "description", "extends") and not isinstance(given, str):
                self.wrong((key,), f"'{key}' must be a text.", f'Write {key} = "…".')
        version = data.get("schema")
        if version is None:
            self.wrong((), "the line 'schema = 1' is missing.", "Write schema = 1 at the top.")
        elif version != SCHEMA or isinstance(version, bool):
            self.wrong(
                ("schema",), f"schema {version} is not known to this wslcfg.", f"It reads schema = {SCHEMA}; a newer wslcfg may read more."
            )

    def settings(self, target: Target, data: object) -> None:
        """The table [wslconfig] or [wslconf]: `wsl2.memory = …`, with or without quotes round the name."""
        if not isinstance(data, Mapping):
            self.wrong((target,), f"'{target}' must be a table.", f"Write [{target}] and the settings below it.")
            return
        for path, written, given in _flat((target,), data):
            setting = keys.find(written, target)
            if setting is None:
                self.wrong(path, f"the setting '{written}' is unknown to WSL.", _setting_hint(written, target))
                continue
            if (target, setting.name) in self.layer:
                self.wrong(path, f"'{setting.name}' is set twice.", "Remove one of the two.")
            problem = _NEVER.get(setting.name) if given is not False else None
            message, hint = (f"{problem}.", "Leave it out.") if problem else check_setting(setting, given)
            if message:
                self.wrong(path, f"{setting.name}: {message}", hint)
            elif isinstance(given, bool | int | str):
                self.keep(target, setting.name, given, path)

    def table(self, table: str, data: object) -> None:
        """One of the tables whose keys are `shape.KEYS`."""
        if not isinstance(data, Mapping):
            self.wrong((table,), f"'{table}' must be a table.", f"Write [{table}] and its keys below it.")
            return
        for name, given in data.items():
            path = (table, name)
            key = shape.find(table, name)
            if (table, name) == ("sizing", "services"):
                self.services(given)
            elif key is None:
                self.wrong(path, f"[{table}] has no key '{name}'.", _did_you_mean(name, shape.names_of(table)))
            else:
                message, hint = _check_key(key, given)
                if message:
                    self.wrong(path, f"{table}.{name}: {message}", hint)
                elif isinstance(given, list):
                    self.keep(table, name, tuple(given), path)
                elif isinstance(given, bool | int | str):
                    self.keep(table, name, given, path)

    def services(self, data: object) -> None:
        """`services = { PostgreSQL = "0.5GB" }`: measured peaks by name."""
        if not isinstance(data, Mapping):
            self.wrong(("sizing", "services"), "services must be a table.", 'Write services = { PostgreSQL = "0.5GB" }.')
            return
        for name, given in data.items():
            path = ("sizing", "services", name)
            message, hint = _check_size(given, ("host",))
            if message:
                self.wrong(path, f"services.{name}: {message}", hint)
            elif isinstance(given, str):
                self.keep("services", name, given, path)


def check_setting(setting: keys.Setting, given: object) -> tuple[str, str]:
    """What is wrong with a value for a setting of WSL, and what to do; ('', '') when it is sound."""
    if given in (shape.KEEP, shape.UNSET) or (given == shape.AUTO and setting.name in shape.SIZED):
        return "", ""
    if setting.type == "bool":
        return ("", "") if isinstance(given, bool) else ("it is on or off.", "Write true or false, without quotes.")
    if setting.type == "int":
        if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 1 << 31:
            return "", ""
        return "it is a whole number of at most 32 bits.", "Write such a number without quotes."
    if setting.type == "memory":
        if given == 0 and not isinstance(given, bool):
            return "", ""
        return _check_size(given, tuple(expression.NAMES))
    if not isinstance(given, str):
        return "it is a text.", 'Write it in quotes: "…".'
    try:
        values.canonical(setting, given)
    except Refused as refusal:
        return refusal.message, refusal.hint
    return "", ""


def _check_key(key: shape.Key, given: object) -> tuple[str, str]:
    """What is wrong with a value for a key of ours, and what to do; ('', '') when it is sound."""
    if key.type == "bool":
        return ("", "") if isinstance(given, bool) else ("it is on or off.", "Write true or false, without quotes.")
    if key.type == "int":
        if isinstance(given, int) and not isinstance(given, bool) and key.least <= given <= key.most:
            return "", ""
        return f"it is a whole number from {key.least} to {key.most}.", "Write such a number without quotes."
    if key.type == "choice":
        hint = _did_you_mean(str(given), key.choices)
        return ("", "") if given in key.choices else (f"it is one of {', '.join(key.choices)}.", hint)
    if key.type == "list":
        sound = isinstance(given, list) and all(isinstance(item, str) and item for item in given)
        return ("", "") if sound else ("it is a list of texts.", 'Write ["one", "two"].')
    if key.type == "text":
        return ("", "") if isinstance(given, str) and given else ("it is a text.", 'Write it in quotes: "…".')
    if key.type == "size-or-auto" and given == shape.AUTO:
        return "", ""
    return _check_size(given, ("host",))


def _check_size(given: object, names: tuple[str, ...]) -> tuple[str, str]:
    """What is wrong with a size, and what to do; ('', '') when it can be read."""
    if not isinstance(given, str):
        return "it is a size.", 'Write it in quotes and with a unit: "8GB", or an expression such as "host / 4".'
    try:
        expression.parse(given, names)
    except Refused as mistake:
        return mistake.message, mistake.hint
    return "", ""


def _flat(path: tuple[str, ...], data: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str, object]]:
    """(path, `section.key`, value) of each setting, whether it was written `"wsl2.memory"` or `wsl2.memory`."""
    for key, given in data.items():
        if isinstance(given, Mapping):
            yield from _flat((*path, key), given)
        else:
            yield (*path, key), ".".join((*path[1:], key)), given


def _setting_hint(written: str, target: Target) -> str:
    """Did you mean, for a setting: in this file, or in the other one."""
    other: Target = "wslconf" if target == "wslconfig" else "wslconfig"
    if keys.find(written, other) is not None:
        return f"It belongs under [{other}]."
    return _did_you_mean(written, tuple(setting.name for setting in keys.settings_of(target)))


def _did_you_mean(written: str, known: tuple[str, ...]) -> str:
    """The nearest known word, by edit distance; the list itself when it is short and nothing is near."""
    scored = sorted((_distance(written.lower(), word.lower()), word) for word in known)
    if scored and scored[0][0] <= max(1, len(written) // 3):
        return f"Did you mean {scored[0][1]}?"
    return f"Known here: {', '.join(known)}." if len(known) <= 12 else "`wslcfg explain` lists what there is."


def _distance(a: str, b: str) -> int:
    """Levenshtein's distance; difflib would cost 3 ms at import."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]
