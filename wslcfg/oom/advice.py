"""Think: what to do. Each finding leads to a command of this version, with what it would have changed and by which sum."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, human
from wslcfg.oom import rows, simulate
from wslcfg.oom.event import Seen, Task
from wslcfg.oom.limit import unescaped
from wslcfg.oom.pattern import pattern_of
from wslcfg.oom.simulate import Settings
from wslcfg.oom.story import Advice, Effect, Incident, Verdict

# A dump of 800 processes is 100 KB of text, WSL's buffer 256 KB: 4 MB hold some forty.
LOG_BUFFER = "log_buf_len=4M"
PRESSURE = "psi=1"
_FULL = ("global", "wsl-user")
_RING = ("head", "ring", "header", "rows", "gap")


class _Told(NamedTuple):
    """What the pieces of advice are made from."""

    incident: Incident
    telling: Seen | None
    task: Task | None
    settings: Settings


def advice(verdict: Verdict, settings: Settings, commands: Collection[str]) -> tuple[Advice, ...]:
    """What would have prevented the newest incident, the most effective first.

    Args:
        verdict: what happened.
        settings: what is proposed for this machine; empty where the log is of another one.
        commands: the commands that this version has; others are never named.
    """
    found: list[Advice] = []
    one = verdict.newest
    if one is not None:
        told = _told(one, settings)
        found = [*_cascade(told), *_room(told), *_limit(told), *_services(told), *_twice(told), *_log(told), *_after(told)]
    elif verdict.endings:
        found = _keep_running(verdict)
    # What works first, what changes nothing last; each in the order in which it was thought of.
    return tuple(_known(piece, commands) for piece in sorted(found, key=_rank))


def _rank(piece: Advice) -> int:
    if piece.effect is None:
        return 2
    return {True: 0, None: 1, False: 3}[piece.effect.prevented]


def _known(piece: Advice, commands: Collection[str]) -> Advice:
    """The advice without a command of wslcfg that this version does not have."""
    words = (piece.command or "").split()
    return piece._replace(command=None) if words[:1] == ["wslcfg"] and words[1] not in commands else piece


def _told(one: Incident, settings: Settings) -> _Told:
    telling = next((seen for seen in one.events if seen.account.programs), None)
    task = None
    if telling is not None and one.pattern == "one-process":
        task = pattern_of(telling.event, telling.account.programs[0], tuple(rows.tasks(telling.event.table))).task
    return _Told(one, telling, task, settings)


def _cascade(told: _Told) -> list[Advice]:
    event = told.telling.event if told.telling else told.incident.events[0].event if told.incident.events else None
    inside = event is not None and (event.task_cgroup or "").startswith("/init.scope")
    if not told.incident.cascade and not inside:
        return []
    effect = Effect(
        True, "The killed process would have been the only one to go: with OOMPolicy=continue systemd leaves the rest of init.scope alone."
    )
    what = (
        "Keep one kill from ending the distro: a drop-in for init.scope tells systemd to go on."
        if told.incident.cascade
        else "The killed process lived in init.scope, where one kill can end the whole distro; a drop-in there prevents that."
    )
    return [Advice("init-scope", "cascade", what, "wslcfg install --component init-scope", effect if told.incident.cascade else None)]


def _memory(told: _Told) -> list[Advice]:
    settings = told.settings
    if told.incident.kind not in _FULL or settings.memory is None:
        return []
    effect = simulate.more_memory(told.telling.event, told.telling.account, settings, told.incident.pattern) if told.telling else None
    now = (settings.memory_now, settings.swap_now)
    if None not in now and settings.memory <= (now[0] or 0) * 102 // 100 and (settings.swap or 0) <= (now[1] or 0) * 102 // 100:
        return []
    size = f"memory={human(settings.memory)}, swap={human(settings.swap or 0)}"
    return [
        Advice(
            "memory",
            "cause",
            f"Give the VM what this host can spare ({size}); `wslcfg plan --explain` says why so much.",
            "wslcfg apply",
            effect,
        )
    ]


def _room(told: _Told) -> list[Advice]:
    """More memory and limits; the limit first where more memory would only have put the kill off."""
    memory, cap = _memory(told), _cap(told)
    cures = [one for one in cap if one.effect is not None and one.effect.prevented]
    return [*cap, *memory] if cures and memory and not (memory[0].effect and memory[0].effect.prevented) else [*memory, *cap]


def _cap(told: _Told) -> list[Advice]:
    if told.incident.kind not in _FULL or told.telling is None:
        return []
    account = told.telling.account
    agents = [one.name for one in account.programs if one.name in simulate.AGENTS]
    culprit = account.programs[0].name
    if culprit in agents or (told.incident.pattern != "one-process" and agents):
        alone = simulate.session_cap(told.task, told.settings) if culprit in agents else None
        together = simulate.slice_cap(account, told.settings)
        # Whichever limit would have been hit is the one to speak of.
        effect = next((one for one in (alone, together) if one is not None and one.prevented), alone or together)
        text = "Start agents under a limit of their own, so that a leak ends in its own session and not in somebody else's."
        return [Advice("cap", "culprit", text, "wslcfg install", effect)]
    unit = _service(told)
    if unit is not None:
        text = f"{culprit} ran as the service {unit}: give that a limit of its own (MemoryMax= under [Service]), so that it cannot take the whole VM."
        return [Advice("service-limit", "culprit", text, f"sudo systemctl edit {shlex.quote(unit)}")]
    if told.task is not None:
        size = told.settings.session_max
        limit = f"{-(-size // GIB)}GB" if size else "4GB"
        text = f"Start {culprit} under a limit of its own where it is not a service."
        return [
            Advice(
                "cap",
                "culprit",
                text,
                f"wslcfg run --limit {limit} -- {shlex.quote(told.task.name)}",
                simulate.session_cap(told.task, told.settings),
            )
        ]
    return []


def _service(told: _Told) -> str | None:
    """The system's service that the culprit ran in, where the log says that: it names the victim's cgroup alone."""
    for one in told.incident.events:
        path, victim = one.event.task_cgroup or "", one.event.victim
        unit = path.rstrip("/").rpartition("/")[2]
        culprits = told.telling.account.programs[0].comms if told.telling else ()
        if path.startswith("/system.slice/") and unit.endswith(".service") and victim and victim.comm in culprits:
            return unescaped(unit)
    return None


def _limit(told: _Told) -> list[Advice]:
    kind = told.incident.kind
    meter = next((one.event.memcg.memory for one in told.incident.events if one.event.memcg and one.event.memcg.memory), None)
    if kind == "session":
        now = meter.limit if meter is not None and meter.limit else told.settings.session_max
        more = f"{max(1, -(-(now or 4 * GIB) * 3 // 2 // GIB))}GB"
        text = "The limit did its work: the rest of the VM was not touched. Where this job really needs more, give it more."
        return [Advice("limit", "cause", text, f"wslcfg run --limit {more} -- {told.incident.culprit or 'claude'}")]
    if kind == "slice":
        text = "All sessions together were too much: end some of them (`wslcfg run --status` lists them with their sizes), or give the VM more memory."
        return [Advice("limit", "cause", text, "wslcfg run --status")]
    if kind == "container":
        text = "The container's own limit was hit, not WSL's: raise it where the container is started (docker run --memory, or mem_limit of a compose file)."
        return [Advice("container", "cause", text, None)]
    if kind == "service" and told.incident.events:
        unit = (told.incident.events[-1].event.limit_cgroup or "").rstrip("/").rpartition("/")[2]
        return [
            Advice(
                "service-limit",
                "cause",
                "The service's own MemoryMax was hit: raise it, or find out why it grows.",
                f"sudo systemctl edit {shlex.quote(unit)}",
            )
        ]
    if kind == "cgroup":
        return [Advice("limit", "cause", "Somebody set a limit for this cgroup; raise it there, or start less in it.", None)]
    return []


def _services(told: _Told) -> list[Advice]:
    found = []
    for unit in told.incident.stopped:
        if unit.endswith(".service") and not unit.startswith("user@"):
            text = f"Keep {unit} running when one process of it is killed: OOMPolicy=continue under [Service]. The rest of it, a database above all, then goes on."
            effect = Effect(True, "The kill would have been the same; systemd would not have stopped the whole service after it.")
            own = any(one.unit and unescaped(one.unit) == unit and one.manager not in (None, 1) for one in told.incident.notices)
            command = f"{'systemctl --user' if own else 'sudo systemctl'} edit {shlex.quote(unit)}"
            found.append(Advice("service-policy", "service-stopped", text, command, effect))
    return found[:2]


def _twice(told: _Told) -> list[Advice]:
    if not any(claim.id == "duplicates" for claim in told.incident.claims):
        return []
    text = "Let the launcher refuse to resume a session that already runs: `duplicates = refuse` under [launcher] in ~/.config/wslcfg/inside.conf."
    return [Advice("duplicates", "duplicates", text, "wslcfg install")]


def _log(told: _Told) -> list[Advice]:
    lost = any(loss.what in _RING for one in told.incident.events for loss in one.event.losses)
    words = [LOG_BUFFER] if lost else []
    if told.settings.pressure_off:
        words.append(PRESSURE)
    present = told.settings.kernel_command_line.split()
    names = {word.partition("=")[0] for word in present}
    words = [word for word in words if word.partition("=")[0] not in names]
    if not words:
        return []
    line = " ".join([*present, *words])
    parts = []
    if LOG_BUFFER in words:
        parts.append("a larger kernel buffer keeps the next dump whole")
    if PRESSURE in words:
        parts.append("psi=1 lets tools see memory pressure before a kill")
    text = f"For the next time: {' and '.join(parts)}. What the kernel command line has already is kept."
    return [
        Advice(
            "log-buffer" if LOG_BUFFER in words else "pressure",
            "lost" if lost else "cause",
            text,
            f"wslcfg set {shlex.quote(f'wsl2.kernelCommandLine={line}')}",
        )
    ]


def _after(told: _Told) -> list[Advice]:
    agents = any(claim.id in ("inventory", "panes") for claim in told.incident.claims) or told.incident.culprit in simulate.AGENTS
    killed = {victim.comm for one in told.incident.events for victim in one.event.victims}
    if not agents and not told.incident.cascade and not killed & simulate.AGENTS:
        return []
    text = "What the ended sessions had written is on disk; this lists them with the command that resumes each."
    return [Advice("sessions", "victim", text, "wslcfg sessions list")]


def _keep_running(verdict: Verdict) -> list[Advice]:
    text = "Where WSL stopped it as idle: keep distro and VM running without a terminal. A restart of Windows or `wsl --shutdown` no setting prevents."
    found = [Advice("keep-running", verdict.kind, text, "wslcfg set general.instanceIdleTimeout=-1 wsl2.vmIdleTimeout=-1")]
    found.append(
        Advice(
            "sessions",
            verdict.kind,
            "What the ended sessions had written is on disk; this lists them with the command that resumes each.",
            "wslcfg sessions list",
        )
    )
    return found
