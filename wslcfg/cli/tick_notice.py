"""What a tick does for the component `oom-notice`: a kill that nobody was told of becomes a report.

A new terminal, `run --status` or the next start of the launcher shows it once, as it shows the launcher's own.
"""

from __future__ import annotations

from datetime import datetime

from wslcfg.host.port import Host
from wslcfg.model.inside import REPORTS_NEW, Conf, record_line
from wslcfg.model.result import Message

# A journal of a year takes seconds; a tick has time.
_TIMEOUT_S = 300.0


def tell_of_kills(host: Host, conf: Conf, state: str, now: datetime) -> Message | None:
    """Ask `wslcfg oom --notice` in a process of its own and keep what it says as reports. Gives a note where it could not be asked.

    `oom` keeps what it told, so each kill comes once, however often this runs.
    """
    program = conf.get("launcher", "wslcfg")
    if conf.get("launcher", "oom-notice") != "yes" or not program:
        return None
    ran = host.run([program, "oom", "--notice"], timeout_s=_TIMEOUT_S)
    if ran.failure or ran.code not in (0, 1):
        said = (ran.err.decode("utf-8", "replace").strip().splitlines() or [ran.failure or f"exit code {ran.code}"])[0]
        return Message("note", f"Nobody looked for kills: {said.removeprefix('wslcfg: ')}")
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    for number, line in enumerate(ran.out.decode("utf-8", "replace").splitlines()):
        text = line.removeprefix("wslcfg: ").removesuffix(" See `wslcfg oom`.")
        rows = (
            ("kind", "oom"),
            ("at", now.strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("text", text),
            ("next", "Why, and what would have prevented it: wslcfg oom"),
        )
        record = "".join(record_line(key, value) for key, value in rows)
        host.write(f"{state}/{REPORTS_NEW}/{stamp}-oom{number}", record.encode(), mode=0o600)
    return None
