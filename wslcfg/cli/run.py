"""`wslcfg run`: start a program with a memory limit, and `run --status`: what runs so, what runs without, and what was killed."""

from __future__ import annotations

from wslcfg.cli.place import state_folder
from wslcfg.cli.shared import Flags, Json, open_host
from wslcfg.errors import Unreachable, Usage, WslcfgError
from wslcfg.host.port import Host
from wslcfg.launch.live import Capped, Live, look_live
from wslcfg.launch.start import start
from wslcfg.model.inside import REPORTS_NEW, REPORTS_SEEN
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.ui.tables import table
from wslcfg.ui.words import count


def run_run(given: Flags, options: list[str], command: list[str], *, status: bool) -> Result:
    """Start a program through the launcher, or show what it has running.

    Raises:
        Usage: flags that do not go together, or no program.
        Unreachable: the launcher's text is not there.
    """
    if status:
        if command or options:
            raise Usage("--status starts nothing.", "Leave the program away, or --status.")
        return _status(open_host(given), keep_news=given.json)
    if not command:
        raise Usage("There is no program to start.", "For example: wslcfg run --limit 4GB -- claude")
    if given.machine or given.json:
        raise Usage(
            "A program is started on this machine and speaks for itself.", "Leave --machine and --json away; --json goes with --status."
        )
    start(options, command)
    raise Unreachable("The launcher is not there.", "Install wslcfg again.", code="no-launcher")


def _status(host: Host, *, keep_news: bool) -> Result:
    """What the launcher has running. A person sees each report once, so the ones shown move; a program that reads the JSON moves nothing."""
    state = state_folder(host)
    live = look_live(host, state)
    messages = []
    if live.uncapped:
        messages.append(
            Message(
                "warning", f"{count(len(live.uncapped), 'live agent')} without a limit; `wslcfg install` puts the launcher before them."
            )
        )
    for one in live.capped:
        if not one.inside:
            messages.append(
                Message("warning", f"{one.program} (process {one.pid}) has left its limit: it is in {one.cgroup or 'no cgroup'}.")
            )
    if not keep_news:
        for report in live.reports:
            messages += [Message("warning", report.values[key]) for key in ("text", "next") if report.values.get(key)]
            _seen(host, state, report.name)
    return Result(as_data(live), lambda: "\n".join(as_text(live)), tuple(messages))


def _seen(host: Host, state: str, name: str) -> None:
    """Move a report to those that were shown; one that cannot be moved is shown again."""
    try:
        raw = host.read(f"{state}/{REPORTS_NEW}/{name}")
        if raw is not None:
            host.write(f"{state}/{REPORTS_SEEN}/{name}", raw, mode=0o600)
            host.remove(f"{state}/{REPORTS_NEW}/{name}")
    except WslcfgError:
        return


def as_data(live: Live) -> Json:
    """The answer as JSON data; sizes in bytes."""
    return {
        "sessions": [dict(one._asdict()) for one in live.capped],
        "without_limit": [dict(one._asdict()) for one in live.uncapped],
        "reports": [{"name": report.name, **report.values} for report in live.reports],
    }


def as_text(live: Live) -> list[str]:
    """The answer for a person: a table of what has a limit, and the agents that have none."""
    lines = ["No program runs under a limit of wslcfg's."]
    if live.capped:
        header = ("pid", "program", "holds", "at most", "limit", "swap", "processes", "in")
        lines = table([_row(one) for one in live.capped], header=header, right=frozenset({0, 2, 3, 4, 5, 6}))
    if live.uncapped:
        lines += ["", "Agents without a limit", *table([(str(one.pid), one.program, one.cgroup) for one in live.uncapped], indent="  ")]
    return lines


def _row(one: Capped) -> tuple[str, ...]:
    """A line of the table; `-` is what the kernel does not tell."""
    sizes = ["-" if size is None else human(size) for size in (one.current, one.peak)]
    limits = ["none" if one.limit is None else human(one.limit), "-" if one.swap is None else human(one.swap)]
    return (str(one.pid), one.program, *sizes, *limits, str(one.processes), one.cwd)
