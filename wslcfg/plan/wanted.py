"""Think: from a profile to the demand of the sizing and to the values that the two files should have."""

from __future__ import annotations

from collections.abc import Mapping

from wslcfg.errors import NeedsTerminal
from wslcfg.model.facts import Machine
from wslcfg.model.profile import Given, Profile, Value
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import wsl
from wslcfg.model.wslfile import Effective, HostView, Scan
from wslcfg.plan.demand import SESSION, Demand, Resident
from wslcfg.plan.what_if import WhatIf
from wslcfg.profile import expression
from wslcfg.wslconf import keys, values
from wslcfg.wslconf.edit import Want


class Present(NamedTuple):
    """What a file says of one setting: whether there is an entry at all, and its effective value when WSL takes it."""

    there: bool
    value: int | None


def present_size(scanned: Scan, effective: Effective, name: str) -> Present:
    """What the file says of `wsl2.memory` or `wsl2.swap`; an invalid text, and memory=0, count as no value."""
    entries = [entry for entry in scanned.entries if entry.setting == name]
    live = next((entry for entry in entries if entry.live), None)
    number = None if live is None else values.parse_memory(live.value)
    value = effective.values.get(name)
    # WSL's own words for "compute it": memory=0 and swap=-1 (memory=-1 is all RAM).
    computed = number is None or number == (0 if name == "wsl2.memory" else values.U64 - 1)
    return Present(bool(entries), None if computed or not isinstance(value, int) else value)


def demand_of(machine: Machine, profile: Profile, answers: WhatIf, memory: int | None, swap: int | None) -> Demand:
    """What the sizing is asked: the machine's facts, the profile's wishes, and answers that go before both.

    Args:
        machine: the facts; the host's RAM must be known.
        profile: its [sizing], [launcher] and the rules of wsl2.memory and wsl2.swap.
        answers: from flags or the wizard.
        memory: what the file says of wsl2.memory now, None for nothing.
        swap: the same of wsl2.swap.

    Raises:
        NeedsTerminal: the host's RAM is unknown, or an expression needs a fact that is.
        Refused: an expression that gives nonsense on this machine.
    """
    ram = machine.host.ram.value
    if ram is None:
        reason = machine.host.ram.reason or "it could not be asked"
        raise NeedsTerminal(f"The host's RAM is unknown: {reason}.", "Give the usable RAM with --host-ram, for example --host-ram 16GB.")
    host: dict[str, int | None] = {"host": ram}
    services = _services(machine, profile, host)
    careful = bool(profile.get("sizing", "swap-first")) if answers.careful is None else answers.careful
    demand = Demand(
        ram=ram,
        services=services,
        sessions=_number(answers.sessions, profile.get("sizing", "sessions"), 2),
        session=_size(answers.session, profile.get("sizing", "session"), SESSION, host),
        builds=_size(answers.builds, profile.get("sizing", "builds"), 0, host),
        windows_use=answers.windows_use or str(profile.get("sizing", "windows-use") or "standard"),
        windows_peak=machine.host.windows_in_use.value,
        free_disk=machine.host.disk_free.value,
        present_memory=memory,
        present_swap=swap,
        careful=careful,
        session_max=_limit(profile, "session-max", host),
        session_swap=_limit(profile, "session-swap", host),
        slice_max=_limit(profile, "slice-max", host),
        throttle=bool(profile.get("launcher", "throttle")),
    )
    facts = facts_of(demand)
    return demand._replace(
        memory_rule=_rule(profile.get("wslconfig", "wsl2.memory"), facts),
        swap_rule=_rule(profile.get("wslconfig", "wsl2.swap"), facts),
    )


def facts_of(demand: Demand) -> dict[str, int | None]:
    """What the names of an expression stand for."""
    return {
        "host": demand.ram,
        "default": demand.ram // 2,
        "services": demand.resident,
        "sessions": demand.sessions,
        "disk": demand.free_disk,
    }


def sized_want(name: str, size: int | None, because: str, present: Present, *, kept: bool, touched: bool) -> Want | None:
    """What the sizing wants of `wsl2.memory` or `wsl2.swap`; None when the file is to stay as it is.

    Args:
        name: the setting.
        size: the sizing's number, None for no key.
        because: its reason.
        present: what the file says.
        kept: whether the number is the file's own.
        touched: whether the profile has anything to say about it.
    """
    if kept or not touched:
        return None
    if size is None:
        return Want(name, None, because) if present.there else None
    return Want(name, wsl(size), because)


def other_wants(
    profile: Profile, table: str, scanned: Scan, before: Effective, plain: Effective, facts: Mapping[str, int | None], view: HostView
) -> tuple[list[Want], list[str]]:
    """What a profile wants of every other setting, and notes about what it cannot have.

    Args:
        profile: its table `wslconfig` or `wslconf`.
        table: which of the two.
        scanned: the file now.
        before: what WSL uses of it.
        plain: what WSL uses without a file; a value equal to that is not written.
        facts: for expressions.
        view: the host with its policies.
    """
    wants: list[Want] = []
    notes: list[str] = []
    locked = {name.lower() for name, number in view.policies if number == 0}
    for name, value in profile.table(table).items():
        setting = keys.find(name, scanned.target)
        if setting is None or value.given == "keep" or name in ("wsl2.memory", "wsl2.swap"):
            continue
        there = any(entry.setting == name for entry in scanned.entries)
        if setting.policy and setting.policy.lower() in locked:
            notes.append(f"{name} is locked by a policy of this computer ({setting.policy}), so it is left as it is.")
            continue
        text = _text(setting, value, facts)
        why = f"The profile {value.origin.profile} sets it ({value.origin})."
        if text is None:
            if there:
                wants.append(Want(name, None, f"The profile {value.origin.profile} takes it out ({value.origin})."))
        elif values.parsed(setting, text) != plain.values.get(name):
            if isinstance(value.given, str) and setting.type == "memory" and value.given != text:
                why = f"{value.given} is {text} here. {why}"
            wants.append(Want(name, text, why))
        elif there and before.values.get(name) != plain.values.get(name):
            wants.append(Want(name, None, f"{text} is WSL's default, so the key is taken out. {why}"))
    return wants, notes


def _text(setting: keys.Setting, value: Value, facts: Mapping[str, int | None]) -> str | None:
    """A profile's value as the file's logical text; None for `unset`."""
    given = value.given
    if given == "unset":
        return None
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int):
        # A mask is octal to everybody; WSL reads it so only with a leading 0.
        return f"0{given:o}" if setting.name == "filesystem.umask" else str(given)
    if setting.type == "memory" and isinstance(given, str):
        return wsl(expression.evaluate(expression.parse(given), facts))
    return values.canonical(setting, str(given))


def _services(machine: Machine, profile: Profile, host: Mapping[str, int | None]) -> tuple[Resident, ...]:
    """The machine's services and the profile's; where both know one, the larger number counts."""
    found = {service.name: Resident(service.name, service.planned, service.how) for service in machine.services.value or ()}
    for name, value in profile.table("services").items():
        planned = expression.evaluate(expression.parse(str(value.given), ("host",)), host) * 6 // 5
        if name not in found or found[name].planned < planned:
            found[name] = Resident(name, planned, "profile")
    return tuple(found.values())


def _rule(given: Given | None, facts: Mapping[str, int | None]) -> int | str:
    """A profile's word for memory or swap as the sizing's rule."""
    if given is None:
        return "keep"
    if isinstance(given, str):
        return given if given in ("auto", "keep", "unset") else expression.evaluate(expression.parse(given), facts)
    return int(given) if isinstance(given, int) else "keep"


def _limit(profile: Profile, key: str, host: Mapping[str, int | None]) -> int | None:
    """A limit that the profile fixes, None for `auto`."""
    given = profile.get("launcher", key)
    if given is None or given == "auto":
        return None
    return expression.evaluate(expression.parse(str(given), ("host",)), host)


def _size(answer: int | None, given: Given | None, default: int, host: Mapping[str, int | None]) -> int:
    """A size: the answer, else the profile's, else the default."""
    if answer is not None:
        return answer
    return default if given is None else expression.evaluate(expression.parse(str(given), ("host",)), host)


def _number(answer: int | None, given: Given | None, default: int) -> int:
    """A count: the answer, else the profile's, else the default."""
    if answer is not None:
        return answer
    return given if isinstance(given, int) else default
