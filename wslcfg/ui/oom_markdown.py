"""The report as Markdown, ready to be pasted into an issue. Texts of others go into code, so that nothing of theirs becomes a link or a mention."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.model.late import late
from wslcfg.oom.story import Advice, Incident, Verdict
from wslcfg.ui import oom_words as words

_TICKS = late(r"`+")


def markdown(verdict: Verdict, advices: Sequence[Advice], *, version: str, facts: Sequence[tuple[str, str]] = ()) -> str:
    """The whole report.

    Args:
        verdict: what happened.
        advices: what would have helped.
        version: of wslcfg, for the last line.
        facts: of the machine: name and value, as far as they are known.
    """
    lines = ["# Out of memory: " + _line(verdict.headline), ""]
    if facts:
        lines += ["| | |", "| --- | --- |", *(f"| {_line(name)} | {_line(value)} |" for name, value in facts), ""]
    for ending in verdict.endings:
        lines += [
            f"- **{words.when(ending.at)}**: {_line(ending.text)}",
            *(f"  - {_line(proof.source)}: {code(proof.text)}" for proof in ending.proofs),
            "",
        ]
    for number, one in enumerate(reversed(verdict.incidents)):
        lines += _incident(one, newest=number == 0)
    for heading, part in words.advice_parts(advices):
        lines += [f"## {heading}", ""]
        for number, advice in part:
            lines.append(f"{number}. {_line(advice.text)}")
            if advice.command:
                lines += ["", "   ```sh", f"   {advice.command}", "   ```", ""]
            if advice.effect is not None:
                lines += [f"   {words.effect_word(advice)}. {_line(advice.effect.text)}", ""]
        lines.append("")
    if verdict.unchecked:
        lines += ["## Not checked", "", *(f"- {_line(text)}" for text in verdict.unchecked), ""]
    lines += [f"Made by `wslcfg oom` {version}; names, secrets and mail addresses are taken out.", ""]
    return "\n".join(lines)


def _incident(one: Incident, *, newest: bool) -> list[str]:
    lines = [f"## {words.incident_time(one)}", "", _line(one.headline), ""]
    seen = words.telling(one)
    if seen is not None:
        lines += [
            "| program | tasks | RSS | anon | swap | share | killed |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(
                f"| {code(row.name)} | {row.tasks} | {words.size(row.rss)} | {words.size(row.anon)} | {words.size(row.swap)} | {words.percent(row.share)} | {row.killed or ''} |"
                for row in words.rows(one)
            ),
            "",
            words.bound(seen.account),
            "",
        ]
    if not newest:
        return lines
    for claim in one.claims:
        lines.append(f"- {_line(words.said(claim))}")
        lines += [f"  - {_line(words.place(proof))}: {code(proof.text)}" for proof in claim.proofs]
    return [*lines, ""]


def code(text: str) -> str:
    """A text of others as code of one line, with a fence longer than any run of backquotes in it."""
    flat = " ".join(text.split())
    longest = max((len(run) for run in _TICKS.findall(flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    # A bar would end the cell of a table even within code.
    return f"{fence}{pad}{flat}{pad}{fence}".replace("|", "\\|") if flat else ""


def _line(text: str) -> str:
    """A sentence of ours that may quote others: what Markdown would take for a tag, a link or a mention is made harmless."""
    flat = " ".join(text.split()).replace("\\", "\\\\")
    for sign in ("<", "*", "[", "|", "#", "~~"):
        flat = flat.replace(sign, "\\" + sign)
    return flat.replace("@", "@\u200b").replace("_", "\\_")
