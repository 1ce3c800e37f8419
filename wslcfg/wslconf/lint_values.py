"""Think: lint rules about values: those WSL cannot read, and those it reads as something else than a person meant."""

from __future__ import annotations

from collections.abc import Iterator

from wslcfg.model.late import late
from wslcfg.model.size import MIB, human
from wslcfg.model.wslfile import Entry
from wslcfg.wslconf.keys import Setting
from wslcfg.wslconf.lint_case import Case, Hit, Rule, Splice
from wslcfg.wslconf.lint_meant import meant
from wslcfg.wslconf.values import parse_int, parsed

# WSL gives the VM no less than this (WslCoreConfig.cpp:310-322).
_LEAST_MEMORY = 256 * MIB

# A size without a unit below this is never meant as bytes: 4096 are MB to people.
_LEAST_BARE = MIB

_BARE = late(r"[ \t]*[0-9]+")
_NUMBER = late(r"[ \t]*([+-]?)([0-9]+)([A-Z]*)")
_OCTAL = late(r"[ \t]*[+-]?0[0-7]+")
_PORT = late(r"[ \t]*\+?[0-9]+")
_POWERS = {"": 0, "B": 0, "K": 1, "KB": 1, "M": 2, "MB": 2, "G": 3, "GB": 3, "T": 4, "TB": 4}


def _invalid(case: Case, *types: str) -> Iterator[tuple[Entry, Setting]]:
    for entry, setting in case.settings(*types):
        if parsed(setting, entry.value) is None:
            yield entry, setting


def _at_default(case: Case, setting: Setting) -> str:
    """What WSL uses instead, as the end of a sentence: the default, in figures where it is known."""
    value = case.value(setting.name)
    if value is None or isinstance(value, bool) or setting.type not in ("memory", "int"):
        shown = "" if value is None else f", {str(value).lower() if isinstance(value, bool) else value}"
    else:
        shown = f", {human(value) if setting.type == 'memory' and isinstance(value, int) else value}"
    return f"uses the default{shown}"


def _hit(case: Case, entry: Entry, setting: Setting, why: str, fix: str, new: str | None = None) -> Hit:
    message = f"WSL cannot read {setting.name}={entry.value} ({why}) and {_at_default(case, setting)}."
    mend = Splice(entry.value_start, entry.value_end, new) if new is not None else None
    return Hit(entry.start, entry.editor_line, setting.name, message, fix, mend)


def _bad_size(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "memory"):
        new = meant(setting, case.raw(entry))
        if new is None:
            fix = "Write a whole number and KB, MB, GB or TB in capitals, for example 8GB."
            yield _hit(case, entry, setting, "percentages do not exist" if entry.value.endswith("%") else "no size", fix)
        else:
            why = "a size is a whole number with KB, MB, GB or TB in capitals right behind it"
            yield _hit(case, entry, setting, why, f"Write {new}.", new)


def _bad_bool(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "bool"):
        new = meant(setting, entry.value)
        yield _hit(case, entry, setting, "only true, false, 1 and 0 count", f"Write {new or 'true or false'}.", new)


def _bad_int(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "int"):
        new = meant(setting, entry.value)
        yield _hit(case, entry, setting, "no whole number as C writes it", f"Write {new or 'a whole number'}.", new)


def _bad_choice(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "enum"):
        new = meant(setting, entry.value)
        words = ", ".join(setting.choices)
        yield _hit(case, entry, setting, f"the words are {words}", f"Write {new}." if new else f"Write one of {words}.", new)


def _bad_address(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "ipv4"):
        message = f"WSL cannot read {setting.name}={entry.value}, and turns dnsTunneling off because of it."
        yield Hit(entry.start, entry.editor_line, setting.name, message, "Write four numbers with dots, for example 10.255.255.254.")


def _bad_mac(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "mac"):
        message = f"'{entry.value}' is no network address, and because of it no distro starts at all."
        yield Hit(entry.start, entry.editor_line, setting.name, message, "Write it as 00:11:22:33:44:55, or remove the line.")


def _bad_ports(case: Case) -> Iterator[Hit]:
    for entry, setting in _invalid(case, "ports"):
        message = f"Some of '{entry.value}' in {setting.name} are no port numbers; WSL leaves these out."
        yield Hit(entry.start, entry.editor_line, setting.name, message, "Write numbers from 1 to 65535 with commas between.")


def _port_ranges(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("ports"):
        odd = [item.strip() for item in entry.value.split(",") if item.strip() and not _PORT.fullmatch(item.rstrip())]
        if odd:
            message = f"WSL takes only the first number of {', '.join(odd)} in {setting.name}; ranges and other separators do not exist."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Write every port, with commas between.")


def _bare_bytes(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("memory"):
        if not _BARE.fullmatch(entry.value):
            continue
        number = int(entry.value)
        if 0 < number < (_LEAST_MEMORY if setting.name == "wsl2.memory" else _LEAST_BARE):
            raised = ", raised to 256 MB" if setting.name == "wsl2.memory" else ""
            message = f"{setting.name}={entry.value} means {number} bytes{raised}, since it has no unit."
            yield Hit(entry.start, entry.editor_line, setting.name, message, f"Write {number}MB or {number}GB.")


def _wraps(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("memory"):
        match = _NUMBER.fullmatch(entry.value)
        if match is None or match[3] not in _POWERS:
            continue
        size = int(match[2]) << 10 * _POWERS[match[3]]
        if size < 1 << 64 and match[1] != "-":
            continue
        value = case.value(setting.name)
        shown = human(value) if isinstance(value, int) else "something else"
        message = f"{setting.name}={entry.value} is outside WSL's 64-bit arithmetic; what comes out is {shown}."
        yield Hit(entry.start, entry.editor_line, setting.name, message, "Write the size you want, or remove the line for the default.")


def _clamped_up(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("memory"):
        size = _size(entry)
        if setting.name == "wsl2.memory" and size is not None and 0 < size < _LEAST_MEMORY:
            message = f"WSL gives no less than 256 MB, so memory={entry.value} is 256 MB."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Write 256MB or more.")


def _clamped_down(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("memory"):
        size, ram = _size(entry), case.around.ram
        if setting.name == "wsl2.memory" and size is not None and ram is not None and size > ram:
            message = f"memory={entry.value} is more than the {human(ram)} this computer can use; WSL silently takes all of it."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Leave Windows what it needs; half of the RAM is the default.")


def _zero(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("memory"):
        if setting.name == "wsl2.memory" and _size(entry) == 0:
            yield Hit(
                entry.start,
                entry.editor_line,
                setting.name,
                f"memory={entry.value} means the default, half of the RAM.",
                "Remove the line.",
            )


def _odd(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("memory"):
        size = _size(entry)
        if setting.name == "wsl2.memory" and size is not None and size >= _LEAST_MEMORY and size % (2 * MIB):
            ram = case.around.ram
            if ram is None or size <= ram:
                message = f"WSL rounds memory down to an even number of MB: {size // (2 * MIB) * 2} MB."
                yield Hit(entry.start, entry.editor_line, setting.name, message)


def _size(entry: Entry) -> int | None:
    """The bytes a valid size means before WSL's clamps; None for what is invalid, negative or wraps."""
    match = _NUMBER.fullmatch(entry.value)
    if match is None or match[1] == "-" or match[3] not in _POWERS:
        return None
    size = int(match[2]) << 10 * _POWERS[match[3]]
    return size if size < 1 << 64 else None


def _octal(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("int"):
        if setting.name != "filesystem.umask" and _OCTAL.fullmatch(entry.value):
            number = int(entry.value.strip(), 8)
            message = f"The leading 0 makes {setting.name}={entry.value} octal: it is {number}."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Remove the 0.")


def _decimal_umask(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("int"):
        number = entry.value.strip()
        if setting.name == "filesystem.umask" and number.isdigit() and not number.startswith("0"):
            new = meant(setting, entry.value)
            octal = new is not None and new != entry.value
            fix = f"Write {new}." if octal else "Write an octal number with a leading 0, for example 0022."
            message = f"umask={number} is a decimal number for WSL: {int(number):04o} in octal."
            mend = Splice(entry.value_start, entry.value_end, new) if octal and new else None
            yield Hit(entry.start, entry.editor_line, setting.name, message, fix, mend)


def _processors(case: Case) -> Iterator[Hit]:
    for entry, setting in case.settings("int"):
        number, have = parse_int(entry.value), case.around.processors
        if setting.name == "wsl2.processors" and number is not None and have is not None and number > have:
            message = f"processors={entry.value} is more than the {have} of this computer; WSL takes {have} and warns at each start."
            yield Hit(entry.start, entry.editor_line, setting.name, message, f"Write {have}, or remove the line.")


def _is_default(case: Case) -> Iterator[Hit]:
    if case.effective.fatal is not None:
        return
    for entry, setting in case.settings():
        if parsed(setting, entry.value) is not None and _default_here(case, setting):
            yield Hit(entry.start, entry.editor_line, setting.name, f"{setting.key} has its default here anyway.", "The line can go.")


def _default_here(case: Case, setting: Setting) -> bool:
    value, around = case.value(setting.name), case.around
    if value is None or value == "" or setting.type in ("list", "ports"):
        return False
    if setting.name == "wsl2.memory":
        return around.ram is not None and value == around.ram // 2
    if setting.name == "wsl2.processors":
        return around.processors is not None and value == around.processors
    if setting.name == "wsl2.swap":
        memory = case.value("wsl2.memory")
        return isinstance(memory, int) and value == (memory // 4 + (1 << 30) - 1) >> 30 << 30
    return setting.default is not None and value == setting.default and type(value) is type(setting.default)


RULES: tuple[Rule, ...] = (
    Rule("WC060", "error", "value", "size that WSL cannot read", _bad_size),
    Rule("WC061", "error", "value", "neither true nor false", _bad_bool),
    Rule("WC062", "error", "value", "no whole number", _bad_int),
    Rule("WC063", "error", "value", "none of the words", _bad_choice),
    Rule("WC064", "error", "value", "bad address of the DNS tunnel", _bad_address),
    Rule("WC065", "error", "value", "bad network address: WSL does not start", _bad_mac),
    Rule("WC066", "error", "value", "no port number", _bad_ports),
    Rule("WC067", "warning", "value", "port range", _port_ranges),
    Rule("WC068", "error", "value", "bytes by mistake", _bare_bytes),
    Rule("WC069", "error", "value", "size out of range", _wraps),
    Rule("WC070", "warning", "value", "memory below 256 MB", _clamped_up),
    Rule("WC071", "warning", "value", "memory above the host's RAM", _clamped_down),
    Rule("WC072", "info", "value", "memory=0 is the default", _zero),
    Rule("WC073", "info", "value", "memory is rounded", _odd),
    Rule("WC074", "warning", "value", "octal number", _octal),
    Rule("WC075", "warning", "value", "decimal umask", _decimal_umask),
    Rule("WC076", "warning", "value", "more processors than there are", _processors),
    Rule("WC077", "info", "value", "equal to the default", _is_default),
)
