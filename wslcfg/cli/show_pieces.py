"""A plan of pieces for a person: what each component does and why, the files, the diffs of what is the person's own."""

from __future__ import annotations

from wslcfg.cli.explained import explained
from wslcfg.cli.ground import Ground
from wslcfg.inside.choose import Choice
from wslcfg.inside.components import COMPONENTS
from wslcfg.inside.draft import is_ours
from wslcfg.launch.limits import Limits
from wslcfg.model.plan import FileChange, Plan
from wslcfg.ui.paint import Paint
from wslcfg.ui.tables import table
from wslcfg.ui.wrap import page, wrap


def as_text(
    ground: Ground, plan: Plan, choices: tuple[Choice, ...], chosen: frozenset[str], limits: Limits | None, paint: Paint, *, whole: bool
) -> str:
    """The whole plan; `whole` shows the scripts that ship in full too, not by their length alone."""
    lines: list[str] = []
    width = page(110)
    if choices:
        why = {one.component: one.why for one in choices}
        for one in COMPONENTS:
            reason = "is there" if one.name in ground.there else why[one.name]
            text = f"{'+' if one.name in chosen else ' '} {one.name}: {one.meaning} ({reason})"
            first, *more = wrap(text, width, "    ")
            lines += [paint(first, "dim") if one.name not in chosen else first, *more]
        lines.append("")
    if limits is not None and "launcher" in chosen:
        lines += [paint("Limits", "bold"), *table([(name, text) for name, text in limits.reasons], indent="  "), ""]
    return "\n".join([*lines, files_text(plan, paint, whole=whole)])


def files_text(plan: Plan, paint: Paint, *, whole: bool) -> str:
    """The files with one line each, then the diffs of those that are not scripts as they ship."""
    shipped = () if whole else tuple(change for change in plan.files if _ships(change))
    rows = [(_sign(change), change.label, change.why) for change in plan.files]
    rest = plan._replace(files=tuple(change._replace(why="") for change in plan.files if change not in shipped))
    lines = [*table(rows), ""]
    if shipped:
        lines += [f"Not shown in full: {len(shipped)} scripts as they ship (--verbose shows them).", ""]
    return "\n".join(lines) + "\n" + explained(rest, paint)


def _ships(change: FileChange) -> bool:
    side = change.after if change.after is not None else change.before
    return is_ours(side) and side is not None and side.startswith((b"#!", b"# wslcfg "))


def _sign(change: FileChange) -> str:
    return "-" if change.after is None else "+" if change.before is None else "~"
