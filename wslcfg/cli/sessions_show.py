"""`wslcfg sessions show`: a session to read, in a pager where there is a terminal."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator

from wslcfg.apply.run import Terminal
from wslcfg.cli.backups import settle
from wslcfg.cli.sessions_pick import every, one_session
from wslcfg.cli.shared import Flags, Json, this_disk
from wslcfg.host.atomic import unreachable
from wslcfg.model.result import Result
from wslcfg.model.session import SessionFile
from wslcfg.sessions.again import line
from wslcfg.sessions.packed import opened
from wslcfg.sessions.told import Said, first_line, folded, told
from wslcfg.ui.harmless import harmless, one_line
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.words import stamp


def run_show(given: Flags, session: str, home: str, *, full: bool) -> Result:
    """Show what was said; code and what tools answered are folded unless `full`."""
    backups = settle(given, home)
    one = one_session(every(backups.where, backups.state), session)[0]
    try:
        with opened(one.real) as file:
            said = list(told(file, one.provider))
    except OSError as error:
        raise unreachable(error, one.real, "read") from error
    data: Json = {
        "id": one.id,
        "provider": one.provider,
        "title": one.title,
        "path": one.real,
        "project": one.project,
        "modified_at": stamp(one.modified_at),
        "resume": line(one),
        "said": [entry._asdict() for entry in said] if given.json else [],
    }
    if given.json:
        return Result(data)
    terminal = sys.stdout.isatty() and sys.stdin.isatty() and not given.no_input
    text = "\n".join(_lines(one, said, Paint(on=wants_color(sys.stdout)), full=full))
    if terminal and _paged(text):
        return Result(data)
    return Result(data, lambda: text)


def _lines(one: SessionFile, said: Iterable[Said], paint: Paint, *, full: bool) -> Iterator[str]:
    yield paint(one_line(one.title), "bold")
    yield f"{one.id} · {one_line(one.project or one.real)} · {stamp(one.modified_at)}"
    yield harmless(line(one))
    for entry in said:
        text = harmless(entry.text.replace("\r\n", "\n"))
        if entry.role in ("tool", "answer") and not full:
            yield paint(f"  {'>' if entry.role == 'tool' else ' '} {first_line(text)}", "dim") if text.strip() else ""
            continue
        when = f" {entry.at[11:16]}" if entry.at and len(entry.at) > 16 else ""
        yield ""
        yield paint(f"{entry.role}{when}", "bold", "green" if entry.role == "you" else "cyan")
        yield text if full else folded(text)


def _paged(text: str) -> bool:
    """Put it into the person's pager; whether there is one."""
    host = this_disk()
    try:
        words = shlex.split(host.env("PAGER") or "less")
    except ValueError:  # a quote that nothing ends
        words = ["less"]
    if not words or shutil.which(words[0]) is None or not isinstance(host, Terminal):
        return False
    # As git does: less alone shows colours as escapes, and clears the screen at its end.
    settled = [] if host.env("LESS") is not None else ["env", "LESS=FRX"]
    return not host.on_terminal([*settled, *words], stdin=text.encode("utf-8", "replace")).failure
