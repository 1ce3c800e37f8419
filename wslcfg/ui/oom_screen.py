"""`wslcfg oom` on one screen: what happened in a sentence, who had the memory, the story with its evidence, what would have helped."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from wslcfg.oom.story import Advice, Claim, Incident, Verdict
from wslcfg.ui import oom_words as words
from wslcfg.ui.paint import Paint
from wslcfg.ui.tables import table

_BAR = 20


def screen(verdict: Verdict, advices: Sequence[Advice], paint: Paint, *, width: int = 100, verbose: bool = False) -> list[str]:
    """The lines; the newest crash in full, older ones in one line each."""
    wide = max(60, min(width, 120))
    newest = verdict.newest
    if newest is None:
        lines = _wrapped(verdict.headline, wide, "", paint, "bold")
        for ending in verdict.endings:
            lines += ["", words.when(ending.at), *_wrapped(ending.text, wide, "  ", paint)]
            lines += [paint(f"    {words.place(proof)}: {proof.text}"[:wide], "dim") for proof in ending.proofs]
    else:
        lines = [
            paint(words.incident_time(newest), "dim"),
            *_wrapped(newest.headline, wide, "", paint, "bold", "red"),
            *_programs(newest, wide, paint),
        ]
        lines += [
            "",
            paint("What happened", "bold"),
            *(line for claim in newest.claims for line in _claim(claim, wide, paint, verbose=verbose)),
        ]
    for heading, part in words.advice_parts(advices):
        lines += ["", paint(heading, "bold")]
        lines += [line for number, advice in part for line in _advice(number, advice, wide, paint)]
    if verdict.unchecked:
        lines += ["", paint("Not checked", "bold")]
        lines += [line for text in verdict.unchecked for line in _wrapped(f"- {text}", wide, "  ", paint)]
    older = verdict.incidents[:-1]
    if older:
        shown = older[-5:]
        lines += ["", paint(f"Before that ({len(older)} more)" if len(older) > len(shown) else "Before that", "bold")]
        lines += [line for one in reversed(shown) for line in _wrapped(f"{words.incident_time(one)}: {one.headline}", wide, "  ", paint)]
    return lines


def _programs(incident: Incident, wide: int, paint: Paint) -> list[str]:
    """The table of programs with a bar each; nothing where the log has no table."""
    seen = words.telling(incident)
    if seen is None:
        return []
    rows = []
    for row in words.rows(incident):
        filled = round(row.share * _BAR / 100)
        bar = "#" * filled
        killed = f"  killed{f' {row.killed} times' if row.killed > 1 else ''}" if row.killed else ""
        rows.append(
            (
                row.name,
                str(row.tasks),
                words.size(row.rss),
                words.size(row.anon),
                words.size(row.swap),
                words.percent(row.share),
                paint(bar, "red" if row.killed else "cyan") + killed,
            )
        )
    head = ("program", "tasks", "RSS", "anon", "swap", "share", "")
    # A column that this kernel does not have says nothing, five times.
    keep = [column for column in range(len(head)) if column not in (3, 4) or any(row[column] != words.UNKNOWN for row in rows)]
    cut = [tuple(row[column] for column in keep) for row in rows]
    right = frozenset(place for place, column in enumerate(keep) if 1 <= column <= 5)
    return [
        "",
        *table(cut, header=[head[column] for column in keep], right=right),
        *_wrapped(words.bound(seen.account), wide, "", paint, "dim"),
    ]


def _claim(claim: Claim, wide: int, paint: Paint, *, verbose: bool) -> list[str]:
    lines = _wrapped(f"- {words.said(claim)}", wide, "  ", paint)
    shown = claim.proofs if verbose else claim.proofs[:1]
    for proof in shown:
        text = f"    {words.place(proof)}: {proof.text}"
        lines += [
            paint(line, "dim")
            for line in (textwrap.wrap(text, wide, subsequent_indent="      ") if verbose else [words.cropped(text, proof.mark, wide)])
        ]
    return lines


def _advice(number: int, advice: Advice, wide: int, paint: Paint) -> list[str]:
    lines = _wrapped(f"{number}. {advice.text}", wide, "   ", paint)
    if advice.command:
        lines.append(f"     {paint(advice.command, 'green')}")
    if advice.effect is not None:
        lines += [
            paint(line, "dim") for line in _wrapped(f"   {words.effect_word(advice)}. {advice.effect.text}", wide, "     ", Paint(on=False))
        ]
    return lines


def _wrapped(text: str, wide: int, indent: str, paint: Paint, *styles: str) -> list[str]:
    return [
        paint(line, *styles) for line in textwrap.wrap(text, wide, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    ]
