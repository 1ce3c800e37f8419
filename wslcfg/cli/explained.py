"""A plan's changes for a person: the diff, the reason for each key, the dangers."""

from __future__ import annotations

from wslcfg.model.plan import Plan
from wslcfg.ui.diff import painted, plan_diff
from wslcfg.ui.paint import Paint
from wslcfg.ui.wrap import page, wrap


def explained(plan: Plan, paint: Paint) -> str:
    """A plan for a person: the diff, then each key and repair with its reason, then the dangers."""
    lines = [painted(plan_diff(plan), paint).rstrip("\n"), ""]
    for change in plan.files:
        lines += _reason(change.label, change.why, paint)
        told = {key.why for key in change.keys}
        for key in change.keys:
            lines += _reason(f"{key.section}.{key.key}", key.why, paint)
        for repair in change.repairs:
            # A repair that is one of the keys above has been explained there.
            lines += [] if repair.why in told else _reason(f"line {repair.line}", repair.why, paint)
    for danger in plan.dangers:
        lines += _reason(f"Danger ({danger.id})", f"{danger.message} {danger.hint}".strip(), paint, "red")
    return "\n".join(lines).rstrip("\n") + "\n"


def _reason(name: str, why: str, paint: Paint, *styles: str) -> list[str]:
    """`  wsl2.memory: because …`, wrapped to the terminal with the text hanging under itself; nothing for no reason."""
    if not why:
        return []
    first, *more = wrap(f"{name}: {why}", page() - 2, "    ")
    return [
        f"  {paint(name, 'bold', *styles)}{first[len(name) :]}" if first.startswith(name) else f"  {first}",
        *(f"  {line}" for line in more),
    ]
