"""A proposal for a person: the machine in a line, the picture of the budget, the table, the diff, the reasons."""

from __future__ import annotations

from wslcfg.cli.explained import explained
from wslcfg.model.size import human
from wslcfg.plan.propose import Proposal
from wslcfg.plan.reasons import table as guide_table
from wslcfg.plan.sizing import VM_OWN
from wslcfg.ui.budget import picture, shares
from wslcfg.ui.paint import Paint
from wslcfg.ui.tables import table
from wslcfg.ui.words import count, size_or_unset
from wslcfg.ui.wrap import page, wrap


def as_text(proposal: Proposal, paint: Paint, *, explain: bool, width: int = 0) -> str:
    """The whole proposal; with `explain` every number's reason too. `width` 0 takes the terminal's."""
    columns = min(width, 100) if width else page()
    lines = [*wrap(_headline(proposal), columns, ""), "", *_budget(proposal, paint, columns), "", *_table(proposal, columns), ""]
    if proposal.plan.files:
        lines.append(explained(proposal.plan, paint))
    else:
        lines += [*wrap("Nothing has to change: the file already says so, or WSL's defaults are right here.", columns, ""), ""]
    if explain:
        lines.append(paint("Why these numbers", "bold"))
        lines += table(reasons_with_numbers(proposal), right=frozenset({1}), indent="  ", width=columns, stack=True)
        lines.append("")
    return "\n".join(lines)


def _headline(proposal: Proposal) -> str:
    """`balanced: 15.8 GB host, standard Windows use, 2 agent sessions, PostgreSQL 614 MB, Elastic Agent 860 MB`."""
    demand = proposal.demand
    services = [f"{service.name} {human(service.planned)}" for service in demand.services]
    parts = [f"{human(demand.ram)} host", f"{demand.windows_use} Windows use", count(demand.sessions, "agent session"), *services]
    return f"{proposal.profile.name}: {', '.join(parts)}"


def _budget(proposal: Proposal, paint: Paint, width: int) -> list[str]:
    """The two bars: what WSL uses of the file as it is, and what it will use."""
    demand, sizing = proposal.demand, proposal.sizing
    now_memory = _size(proposal.before.values.get("wsl2.memory"), sizing.default_memory)
    now_swap = _size(proposal.before.values.get("wsl2.swap"), sizing.default_swap)
    services, agents = demand.resident + VM_OWN, demand.sessions * demand.session
    before = shares(demand.ram, now_memory, now_swap, services, agents)
    after = shares(demand.ram, sizing.vm_memory, sizing.vm_swap, services, agents)
    return list(picture(before, after, width, colour=paint.on))


def _size(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _table(proposal: Proposal, width: int) -> list[str]:
    """The guide's table: item, WSL's default, what is proposed, effect."""
    rows = [
        (row.item, size_or_unset(row.default, "none"), size_or_unset(row.proposed, "none"), row.effect)
        for row in guide_table(proposal.sizing, proposal.demand.ram)
    ]
    return table(rows, header=("item", "WSL's default", "proposed", "effect"), right=frozenset({1, 2}), width=width, stack=True)


def reasons_with_numbers(proposal: Proposal) -> list[tuple[str, str, str]]:
    """Each number of the sizing: its name, its value, its reason; a number that is not written is named so, beside what the VM then has."""
    sizing = proposal.sizing
    shown = {
        "memory": human(sizing.vm_memory) if sizing.memory is not None else "unset",
        "swap": human(sizing.vm_swap) if sizing.swap is not None else "unset",
        "feasible": "yes" if sizing.feasible else "no",
    }
    numbers = sizing._asdict()
    return [(name, shown.get(name) or human(numbers[name]), because) for name, because in proposal.reasons]
