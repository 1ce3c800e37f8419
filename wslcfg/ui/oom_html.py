"""The report as one HTML file: no script, nothing from the network, readable in dark and light, by keyboard and by screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from wslcfg.model.late import late
from wslcfg.model.size import human
from wslcfg.oom.story import Advice, Around, Claim, Incident, Verdict
from wslcfg.ui import oom_charts as charts
from wslcfg.ui import oom_words as words
from wslcfg.ui.oom_style import STYLE

_CODE = late(r"`([^`]+)`")
# Nothing may be loaded and nothing may run, whatever a process was called.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(verdict: Verdict, advices: Sequence[Advice], around: Around, *, version: str, facts: Sequence[tuple[str, str]] = ()) -> str:
    """The whole file.

    Args:
        verdict: what happened.
        advices: what would have helped.
        around: for the timeline.
        version: of wslcfg.
        facts: of the machine: name and value.
    """
    newest = verdict.newest
    body = [_head(verdict, facts)]
    if newest is not None:
        body += [_programs(newest), _memory(newest), _story(newest.claims), _timeline(newest, around)]
    for ending in verdict.endings:
        proofs = "".join(f"<li>{_source(proof.source)} <code>{escape(proof.text)}</code></li>" for proof in ending.proofs)
        body.append(f"<section><h2>{words.when(ending.at)}</h2><p>{_prose(ending.text)}</p><ul>{proofs}</ul></section>")
    body += [_advice(advices), _unchecked(verdict.unchecked), _older(verdict.incidents[:-1])]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>Out of memory: {escape(verdict.headline)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + f"\n</main>\n<footer><p>Made by wslcfg {escape(version)}. Names, secrets and mail addresses are taken out; nothing was sent anywhere.</p></footer>\n</body>\n</html>\n"
    )


def _head(verdict: Verdict, facts: Sequence[tuple[str, str]]) -> str:
    newest = verdict.newest
    time = f'<p class="time">{escape(words.incident_time(newest))}</p>' if newest is not None else ""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f"<header>{time}<h1>{escape(verdict.headline)}</h1>{f'<dl>{rows}</dl>' if rows else ''}</header>"


def _programs(incident: Incident) -> str:
    seen = words.telling(incident)
    if seen is None:
        return ""
    shown = words.rows(incident)
    widest = max(row.weight for row in shown)
    columns = (("anon", [row.anon for row in shown]), ("swap", [row.swap for row in shown]))
    optional = [(name, [words.size(value) for value in values]) for name, values in columns if any(value is not None for value in values)]
    names = ("tasks", "RSS", *(name for name, _ in optional), "share")
    # Where there is little room the honest column stays and RSS goes.
    looks = ["n o" if name == "RSS" and "anon" in names else "n" for name in names]
    head = "".join(f'<th scope="col" class="{look}">{name}</th>' for look, name in zip(looks, names, strict=True))
    rows = []
    for number, row in enumerate(shown):
        texts = (str(row.tasks), human(row.rss), *(values[number] for _, values in optional), words.percent(row.share))
        cells = "".join(f'<td class="{look}">{escape(text)}</td>' for look, text in zip(looks, texts, strict=True))
        killed = f' <strong class="killed">killed{f" {row.killed} times" if row.killed > 1 else ""}</strong>' if row.killed else ""
        rows.append(f'<tr><th scope="row">{escape(row.name)}{killed}</th>{cells}<td class="c">{charts.bar(row, widest)}</td></tr>')
    return (
        f'<section aria-labelledby="who"><h2 id="who">Who had the memory</h2>{_scroll("Table of programs")}<table><caption>{seen.account.tasks} processes by program. '
        f'{escape(words.bound(seen.account))}</caption><thead><tr><th scope="col">program</th>{head}<th scope="col" class="c">RAM and swap</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="legend"><span><i class="p-tasks"></i>in RAM</span><span><i class="p-swap"></i>in swap</span></p></section>'
    )


def _memory(incident: Incident) -> str:
    seen = words.telling(incident)
    parts = charts.memory_parts(seen) if seen is not None and incident.kind in ("global", "wsl-user", "manual", "unknown") else ()
    if seen is None or not parts:
        return ""
    listed = "".join(f'<span><i class="{part.look}"></i>{escape(part.name)} {human(part.size)}</span>' for part in parts)
    memory = seen.event.memory
    swap = ""
    if memory.swap_total:
        used = memory.swap_total - (memory.swap_free or 0)
        halves = (charts.Part("p-swap", "used", used), charts.Part("p-free", "free", memory.swap_total - used))
        swap = f"<h3>Swap: {human(used)} of {human(memory.swap_total)} used</h3>{charts.whole_bar(halves, f'Swap: {human(used)} used of {human(memory.swap_total)}')}"
    label = "RAM: " + ", ".join(f"{part.name} {human(part.size)}" for part in parts)
    return (
        f'<section aria-labelledby="where"><h2 id="where">Where the VM\'s memory was</h2><h3>RAM: {human(memory.ram or 0)}</h3>'
        f'{charts.whole_bar(parts, label)}<p class="legend">{listed}</p>{swap}</section>'
    )


def _story(claims: Sequence[Claim]) -> str:
    items = []
    for claim in claims:
        proofs = "".join(f"<li>{_source(words.place(proof))} <code>{escape(proof.text)}</code></li>" for proof in claim.proofs)
        sure = f'<em class="sure">{escape(words.SURE[claim.certainty].strip(": "))}</em> ' if claim.certainty != "fact" else ""
        evidence = f"<details><summary>Evidence ({len(claim.proofs)})</summary><ul>{proofs}</ul></details>" if proofs else ""
        items.append(f"<li>{sure}{_prose(claim.text)}{evidence}</li>")
    return f'<section aria-labelledby="story"><h2 id="story">What happened</h2><ol class="story">{"".join(items)}</ol></section>'


def _timeline(incident: Incident, around: Around) -> str:
    shown = charts.marks(incident, around)
    if len(shown) < 2:
        return ""
    listed = "".join(
        f'<li><time datetime="{mark.at.isoformat()}">{mark.at:%H:%M:%S}</time> <b>{mark.lane}</b> {escape(mark.text)}</li>'
        for mark in shown
    )
    return (
        f'<section aria-labelledby="time"><h2 id="time">Timeline</h2>{_scroll("Timeline, scrolls sideways")}{charts.timeline(shown)}</div>'
        f'<ol class="marks">{listed}</ol></section>'
    )


def _advice(advices: Sequence[Advice]) -> str:
    sections: list[str] = []
    for heading, part in words.advice_parts(advices):
        items = []
        for number, advice in part:
            command = f"<pre><code>{escape(advice.command)}</code></pre>" if advice.command else ""
            effect = ""
            if advice.effect is not None:
                mark = {True: "yes", False: "no", None: "late"}[advice.effect.prevented]
                effect = f'<p class="effect {mark}"><strong>{words.effect_word(advice)}.</strong> {_prose(advice.effect.text)}</p>'
            items.append(f'<li value="{number}"><p>{_prose(advice.text)}</p>{command}{effect}</li>')
        name = "vain" if " not " in heading else "help"
        sections.append(
            f'<section aria-labelledby="{name}"><h2 id="{name}">{heading}</h2><ol class="advice">{"".join(items)}</ol></section>'
        )
    return "".join(sections)


def _unchecked(texts: Sequence[str]) -> str:
    items = "".join(f"<li>{_prose(text)}</li>" for text in texts)
    return f'<section aria-labelledby="unchecked"><h2 id="unchecked">Not checked</h2><ul>{items}</ul></section>' if items else ""


def _older(incidents: Sequence[Incident]) -> str:
    items = "".join(f"<li>{escape(words.incident_time(one))}: {escape(one.headline)}</li>" for one in reversed(incidents))
    return f'<section aria-labelledby="before"><h2 id="before">Before that</h2><ul>{items}</ul></section>' if items else ""


def _prose(text: str) -> str:
    """A sentence, what stands in backquotes as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _scroll(label: str) -> str:
    """What is too wide scrolls by itself, also by keyboard."""
    return f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">'


def _source(text: str) -> str:
    return f'<span class="source">{escape(text)}</span>'
