"""Think: what the launcher gives a session and all sessions together, from the running VM's own memory.

The formulas are the sizing's (`wslcfg.plan.sizing`): C for one session, A for the slice. m is what the VM has now, not what a plan would give it:
a limit above the memory that is there protects nobody.
"""

from __future__ import annotations

from wslcfg.errors import NeedsTerminal
from wslcfg.model.facts import Machine
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, MIB, human
from wslcfg.plan.sizing import SLICE_LEAST, VM_OWN, session_limit
from wslcfg.profile import expression

# Where not even the VM's memory is known, the guide's own number for one session.
SESSION_UNKNOWN = 4 * GIB
# MemoryHigh = 0.85 C, and only where the session may swap: without swap it stalls for good instead of ending.
HIGH_PERCENT = 85
# Docker Desktop's distros run no agents.
_NO_AGENTS = ("docker-desktop", "docker-desktop-data")


class Limits(NamedTuple):
    """The limits in bytes, why they are so, and what to write into CONF.

    Attributes:
        session_max: MemoryMax of one session. session_high: MemoryHigh, None for off. session_swap: MemorySwapMax.
        slice_max: MemoryMax of all sessions of this distro together; None where the VM's memory is unknown.
        distros: how many running distros share the VM.
        other: further keys of `[launcher]` that the profile decides.
        reasons: (number, sentence). notes: sentences worth saying.
    """

    session_max: int
    session_high: int | None
    session_swap: int
    slice_max: int | None
    distros: int
    other: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The keys of `[launcher]` in CONF with their texts, in the order of `model.inside.LAUNCHER_KEYS`; '' is "none"."""
        return {
            "session-max": str(self.session_max),
            "session-high": _text(self.session_high),
            "session-swap": str(self.session_swap),
            "slice-max": _text(self.slice_max),
            **dict(self.other),
        }


def limits(machine: Machine, profile: Profile, *, distros: int | None = None) -> Limits:
    """The limits for this machine and profile.

    Args:
        machine: the facts; memory, swap and services of the running VM are used.
        profile: its `[launcher]`, `[sizing] sessions`, `[services]` and `[guard] duplicates`.
        distros: running distros that start agents; None counts them in `machine.work`.

    Raises:
        Refused: an expression of the profile gives nonsense on this machine.
    """
    running = max(1, agent_distros(machine.work.distributions) if distros is None else distros)
    host: dict[str, int | None] = {"host": machine.host.ram.value}
    notes: list[str] = []
    memory, swap = machine.vm.memory_total.value, machine.vm.swap_total.value
    resident = _resident(machine, profile, host, notes)
    sessions = profile.get("sizing", "sessions")
    number = sessions if isinstance(sessions, int) else 2
    reasons: list[tuple[str, str]] = []

    whole = _fixed(profile, "slice-max", host, notes)
    if whole is not None:
        slice_max: int | None = whole
        reasons.append(("slice_max", f"The profile fixes {human(whole)} for all sessions of this distro together."))
        if running > 1:
            notes.append(f"{running} running distros share the VM's memory; the profile's {human(whole)} holds in each of them.")
    elif memory is None:
        slice_max = None
        notes.append(f"The VM's memory is unknown ({machine.vm.memory_total.reason}), so all sessions together get no limit.")
    else:
        # A = m - 0.8 - sigma - 0.5, divided by the distros that run: there is one memory for all of them.
        budget = max(SLICE_LEAST, memory - VM_OWN - resident - GIB // 2)
        slice_max = max(SLICE_LEAST, budget // running // MIB * MIB)
        sum_ = f"{human(memory)} of the VM, less {human(VM_OWN + GIB // 2)} for itself and {human(resident)} for services"
        reasons.append(("slice_max", f"{sum_}{f', divided by {running} running distros' if running > 1 else ''}."))
        if running > 1:
            notes.append(
                f"{running} running distros share one VM, so this one's agents get {human(slice_max)} of the {human(budget)} that there are; "
                "install again when that changes."
            )

    session_max = _fixed(profile, "session-max", host, notes)
    if session_max is not None:
        reasons.append(("session_max", f"The profile fixes {human(session_max)} for one session."))
    elif memory is None:
        session_max = SESSION_UNKNOWN
        reasons.append(
            ("session_max", f"The VM's memory is unknown; {human(session_max)} is what a session that does not leak never needs.")
        )
    else:
        # C = clamp(ceil((m - 0.8 - sigma - 1) / n), 2, 8) GiB
        session_max = session_limit(memory, resident, number)
        reasons.append(("session_max", f"What services leave of {human(memory)}, shared by {number} sessions, between 2 GB and 8 GB."))
    if slice_max is not None and session_max > slice_max:
        session_max = slice_max
        reasons.append(("session_max", f"Taken down to the {human(slice_max)} of all sessions together."))

    given = _fixed(profile, "session-swap", host, notes)
    # MemorySwapMax = C/4: a leak eats a quarter of its cap in swap before it ends. Without the limit the cap would leak into all the swap there is.
    session_swap = min(session_max // 4 if given is None else given, swap or 0)
    high = session_max * HIGH_PERCENT // 100 if profile.get("launcher", "throttle") and session_swap else None
    reasons.append(
        ("session_swap", "The VM has no swap." if not swap else "A quarter of a session's memory." if given is None else "The profile's.")
    )
    if profile.get("launcher", "throttle") and high is None:
        notes.append(
            "The profile wants sessions slowed down before their limit, but they may not swap: they would stall, so it is left out."
        )
    return Limits(session_max, high, session_swap, slice_max, running, _other(profile), tuple(reasons), tuple(notes))


def agent_distros(names: tuple[str, ...]) -> int:
    """How many running distros start agents, of what `Work.distributions` names (`Debian`, `docker-desktop`, `2 other distros`)."""
    found = 0
    for name in names:
        first = name.split(" ", 1)[0]
        if name not in _NO_AGENTS:
            found += int(first) if first.isdigit() and name.endswith("other distros") else 1
    return found


def _text(size: int | None) -> str:
    return "" if size is None else str(size)


def _resident(machine: Machine, profile: Profile, host: dict[str, int | None], notes: list[str]) -> int:
    """Sigma: services as measured, and the profile's with 1.2 x their figure; where both know one, the larger counts."""
    planned = {service.name: service.planned for service in machine.services.value or ()}
    if machine.services.value is None:
        notes.append(f"Resident services are unknown ({machine.services.reason}), so nothing is kept for them.")
    for name in profile.table("services"):
        size = _evaluated(str(profile.get("services", name)), host, f"service {name}", notes)
        if size is not None:
            planned[name] = max(planned.get(name, 0), size * 6 // 5)
    return sum(planned.values())


def _fixed(profile: Profile, key: str, host: dict[str, int | None], notes: list[str]) -> int | None:
    """A limit that the profile fixes; None for `auto`, and with a note where a fact that it needs is unknown."""
    given = profile.get("launcher", key)
    return None if given is None or given == "auto" else _evaluated(str(given), host, key, notes)


def _evaluated(text: str, host: dict[str, int | None], what: str, notes: list[str]) -> int | None:
    try:
        return expression.evaluate(expression.parse(text, ("host",)), host)
    except NeedsTerminal:
        notes.append(f"The profile's '{text}' for {what} needs the host's RAM, which is unknown here, so it is left out.")
        return None


def _other(profile: Profile) -> tuple[tuple[str, str], ...]:
    """What the profile decides beside the sizes; a key that it does not name is left to CONF's own default."""
    found = []
    for table, key in (
        *(("launcher", name) for name in ("tasks-max", "oom-policy", "kill-whole-session", "oom-score", "without-limit")),
        ("guard", "duplicates"),
    ):
        given = profile.get(table, key)
        if given is not None:
            found.append((key, ("yes" if given else "no") if isinstance(given, bool) else str(given)))
    return tuple(found)
