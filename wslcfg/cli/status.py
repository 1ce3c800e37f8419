"""`wslcfg status`: per setting what wslcfg wrote last, what the file says now, what runs, what the profile wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wslcfg.apply.boot_check import missed
from wslcfg.apply.generations import Store
from wslcfg.apply.rollback import live, text_at
from wslcfg.apply.trial import as_data, latest
from wslcfg.apply.undone import take_in_alone
from wslcfg.cli.history import as_data as generation_data
from wslcfg.cli.place import any_pieces, glance, settle
from wslcfg.cli.proposing import Answers, load_profile, look_whole, proposal_for
from wslcfg.cli.shared import Flags, Json, open_host
from wslcfg.errors import Unreachable, WslcfgError
from wslcfg.host.port import Host
from wslcfg.model.facts import Machine
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.model.wslfile import Target
from wslcfg.plan.labels import LABELS
from wslcfg.plan.status import Row, as_dict
from wslcfg.plan.status import status as compare
from wslcfg.plan.view import view_of
from wslcfg.ui.tables import table
from wslcfg.ui.words import ago
from wslcfg.ui.wrap import fit
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.scan import scan

if TYPE_CHECKING:
    from wslcfg.cli.pieces_state import State


def run_status(given: Flags, profile: str, *, check: bool) -> Result:
    """Show base, actual and target per setting, what the VM really has, and whether a restart is pending."""
    host = open_host(given)
    machine = look_whole(host) if profile else glance(host)
    inside = _inside(host, machine)
    try:
        place = settle(host, machine)
    except Unreachable:
        if inside is None or profile:
            raise
        return _alone(inside, check=check)
    store = Store(place.homes)
    messages = [Message("note", sentence) for sentence in take_in_alone(store, host, command="wslcfg status")]
    trial = latest(place.homes)
    if trial is not None and trial.recent(host.now()):
        messages.append(Message("note", trial.sentence(host.now())))
    newest, drifted = live(store, host)
    wanted: dict[Target, Mapping[str, str | None]] = {}
    if profile:
        proposal = proposal_for(host, machine, load_profile(host, profile), Answers())
        wanted = {"wslconfig": proposal.targets, "wslconf": proposal.conf_targets}
    rows: list[Row] = []
    pending, why = False, ""
    for which in LABELS:
        path = place.path(which)
        raw = host.read(path)
        found = scan(raw or b"", which, path)
        there = host.stat(path)
        base = None
        if newest is not None:
            try:
                base = _texts(text_at(store, newest, LABELS[which]), which)
            except WslcfgError:
                base = None  # this file is in no generation: there is no base to compare with
        one = compare(
            found,
            effective(found, view_of(machine)),
            machine.vm if which == "wslconfig" else None,
            base=base,
            target=wanted.get(which),
            modified_at=there.modified_at if there and which == "wslconfig" and raw is not None else None,
        )
        rows += [row for row in one.rows if which == "wslconfig" or row.actual is not None or row.differs or row.foreign]
        if which == "wslconfig":
            pending, why = one.pending, one.why
            data = as_dict(one)
    data["settings"] = [row._asdict() for row in rows]
    data |= {"generation": generation_data(newest) if newest else None, "changed_since": list(drifted), "profile": profile or None}
    data["try"] = as_data(trial, host.now()) if trial is not None else None
    if why:
        messages.append(Message("note", f"{why} `wslcfg restart` restarts WSL." if pending else why))
    messages += [
        Message("note", f"{label} was changed since generation {newest.number}, not by wslcfg." if newest else label) for label in drifted
    ]
    limits = missed(place.homes.local)
    data["limits_missed"] = limits
    if limits:
        messages.append(
            Message("warning", f"{limits.get('why', 'The limits of .wslconfig are not in effect.')} Seen at {limits.get('at')}.")
        )
    if inside is not None:
        data |= inside.data
        messages += inside.messages
    off = pending or (inside is not None and inside.off) or bool(drifted) or any(row.differs for row in rows)
    head = (
        f"Live: generation {newest.number} ({newest.state}), {ago(newest.made_at, host.now())}: {newest.title}"
        if newest
        else "No generation yet: wslcfg has changed nothing here."
    )
    tail = ["", *inside.lines] if inside is not None and inside.lines else []
    return Result(
        data,
        lambda: "\n".join([*fit([head]), "", *as_text(rows, with_target=bool(profile)), *tail]),
        tuple(messages),
        1 if check and off else 0,
    )


def _inside(host: Host, machine: Machine) -> State | None:
    """How the pieces inside the distro stand; None where there are none."""
    if not any_pieces(host):
        return None
    from wslcfg.cli.pieces_state import look_state  # most machines have none

    return look_state(host, machine)


def _alone(inside: State, *, check: bool) -> Result:
    """The pieces of a distro without a Windows side."""
    data: Json = {
        "settings": [],
        "restart_pending": False,
        "generation": None,
        "changed_since": [],
        "profile": None,
        "limits_missed": None,
        "try": None,
        **inside.data,
    }
    return Result(data, lambda: "\n".join(inside.lines), inside.messages, 1 if check and inside.off else 0)


def _texts(raw: bytes | None, which: Target) -> dict[str, str | None]:
    """Setting to text of every live entry."""
    return {entry.setting: entry.value for entry in scan(raw or b"", which, "").entries if entry.live and entry.setting}


def as_text(rows: list[Row], *, with_target: bool) -> list[str]:
    """The table for a person; `M` marks a setting changed outside wslcfg, `D` one that differs from the profile, `R` one that waits for a restart."""
    lines = []
    for row in rows:
        mark = ("M" if row.foreign else " ") + ("D" if row.differs else " ") + ("R" if row.runs is False else " ")
        cells = [mark, row.setting, _text(row.base), _text(row.actual), _running(row)]
        lines.append([*cells, _text(row.target) if row.wanted else ""] if with_target else cells)
    header = ["", "setting", "base", "file", "running"] + (["profile"] if with_target else [])
    if not lines:
        return ["Nothing is set: WSL uses its defaults."]
    legend = "M changed outside wslcfg, R waits for a restart" + (", D differs from the profile" if with_target else "")
    return [*table(lines, header=header), "", legend]


def _text(value: str | None) -> str:
    return "-" if value is None else value


def _running(row: Row) -> str:
    if row.running is None:
        return "-"
    return human(row.running) if row.setting in ("wsl2.memory", "wsl2.swap") else str(row.running)
