"""Look: what lies around a kill: traces of what ran, the registries of sessions, the journal's boots, what our own cgroups have counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host
from wslcfg.host.port import Ran as Answer
from wslcfg.model.inside import SLICE
from wslcfg.model.late import late
from wslcfg.oom import minute, panes, traces
from wslcfg.oom.event import Reading
from wslcfg.oom.story import Agent, Around, Boot, Counter, Pane, Proof, Ran, Reach

# A history is a few MB at most; freshell's old registry grew to 291 MB, and reading that is a want of memory of its own.
_LARGEST = 32 << 20
_CGROUPS = "/sys/fs/cgroup"
# A boot folder is called after its distro; the slice of a system manager stands beside it, and is none.
_PREPARED = late(r"wslcfg-.*(?<!\.slice)")
_HISTORIES = (".bash_history", ".zsh_history", ".local/share/fish/fish_history")
# npm keeps ten logs by default; a folder with more than these belongs to somebody who raised that.
_MOST_LOGS = 200
_MOST_SESSIONS = 2000
_JOURNAL_S = 20.0
# How the journal of a boot ends that was shut down.
_SHUTDOWN = (
    "Journal stopped",
    "systemd-shutdown",
    "Reached target shutdown",
    "Reached target poweroff",
    "Reached target reboot",
    "System is powering down",
    "System is rebooting",
    "Powering off",
    "Rebooting",
    "Received SIGRTMIN+",
)


class _Notes:
    """What was looked at and what could not be, while looking."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.reach: list[Reach] = []
        self.unchecked: list[str] = []

    def text(self, host: Host, path: str, shown: str, *, quiet: bool = False) -> str | None:
        """A file's text; None when it is not there, or may not be read or is too large, which is noted."""
        try:
            about = host.stat(path)
            if about is None:
                return None
            if about.size > _LARGEST:
                self.unchecked.append(f"{shown} has {about.size >> 20} MB and was not read.")
                return None
            raw = host.read(path)
        except WslcfgError as error:
            self.unchecked.append(f"{shown} could not be read: {error.message}")
            return None
        if not quiet:
            self.looked.append(shown)
        return None if raw is None else raw.decode("utf-8", "replace")

    def names(self, host: Host, path: str, shown: str) -> tuple[str, ...]:
        """The names in a folder; what may not be listed is noted."""
        try:
            return host.list(path)
        except WslcfgError as error:
            self.unchecked.append(f"{shown} could not be read: {error.message}")
            return ()


def look_around(host: Host, home: str, moments: Sequence[datetime], *, live: bool) -> Around:
    """What is on record about these moments.

    Args:
        host: the machine.
        home: whose traces; `~` in what is shown.
        moments: when kills were.
        live: whether this machine is the one that the log is of: then its journal, its processes and its cgroups are asked too.
    """
    notes = _Notes()
    ran = [*_histories(host, home, notes), *_npm(host, home, moments, notes)]
    agents = _agents(host, home, notes, live=live)
    shown, at = _freshell(host, home, notes, live=live)
    boots: tuple[Boot, ...] = ()
    counters: tuple[Counter, ...] = ()
    if live:
        ran += _journal(host, moments, notes)
        boots = look_boots(host, notes.unchecked)
        counters = look_counters(host)
    return Around(tuple(ran), agents, shown, at, boots, counters, tuple(notes.looked), tuple(notes.unchecked), tuple(notes.reach))


def with_log(around: Around, reading: Reading) -> Around:
    """The same with the starts that the log itself tells of."""
    whose = {"cron": "the log's lines of cron", "unit": "the log's lines of systemd"}
    reach = tuple(Reach(what, whose[what], one.since, one.until) for one in reading.heard for what in whose if what in one.speaks)
    return around._replace(ran=(*around.ran, *traces.of_log(reading.starts)), reach=(*around.reach, *reach))


def _histories(host: Host, home: str, notes: _Notes) -> list[Ran]:
    found: list[Ran] = []
    for name in _HISTORIES:
        text = notes.text(host, f"{home}/{name}", f"~/{name}")
        if text is not None:
            first, last = traces.history_times(text) or (None, None)
            notes.reach.append(Reach("resume", f"~/{name}", first, last))
            found += traces.history(text, f"~/{name}")
    return found


def _npm(host: Host, home: str, moments: Sequence[datetime], notes: _Notes) -> list[Ran]:
    """The npm logs that began in the minute of a kill, each read."""
    folder = f"{home}/.npm/_logs"
    names = notes.names(host, folder, "~/.npm/_logs")
    if names:
        notes.looked.append("~/.npm/_logs")
        # npm lets old logs go, so before its oldest it says nothing.
        times = [began for name in names if (began := traces.npm_time(name)) is not None]
        notes.reach.append(Reach("npm", "~/.npm/_logs", min(times, default=None), None))
    found = []
    for name in names[-_MOST_LOGS:]:
        began = traces.npm_time(name)
        if began is not None and any(minute.near(began, moment) for moment in moments):
            text = notes.text(host, f"{folder}/{name}", f"~/.npm/_logs/{name}", quiet=True)
            one = traces.npm_log(name, text, f"~/.npm/_logs/{name}") if text is not None else None
            found += [one] if one is not None else []
    return found


def _agents(host: Host, home: str, notes: _Notes, *, live: bool) -> tuple[Agent, ...]:
    stated = host.env("CLAUDE_CONFIG_DIR") if live else None
    folder = f"{stated or f'{home}/.claude'}/sessions"
    shown = f"{stated or '~/.claude'}/sessions"
    names = [name for name in notes.names(host, folder, shown) if name.endswith(".json") and name[:-5].isdigit()]
    if names:
        notes.looked.append(shown)
    found = []
    for name in names[:_MOST_SESSIONS]:
        text = notes.text(host, f"{folder}/{name}", f"{shown}/{name}", quiet=True)
        if text is not None:
            alive = _alive(host, int(name[:-5]), traces.registered_start(text)) if live else None
            one = traces.session_file(text, f"{shown}/{name}", alive)
            found += [one] if one is not None else []
    return tuple(found)


def _alive(host: Host, pid: int, start: str | None) -> bool | None:
    """Whether the process is still the one of the registry; None where the registry is too old to say."""
    try:
        raw = host.read(f"/proc/{pid}/stat")
    except WslcfgError:
        return None
    if raw is None:
        return False
    return None if start is None else traces.process_start(raw.decode("utf-8", "replace")) == start


def _freshell(host: Host, home: str, notes: _Notes, *, live: bool) -> tuple[tuple[Pane, ...], datetime | None]:
    stated = host.env("FRESHELL_HOME") if live else None
    base, shown = f"{stated or f'{home}/.freshell'}/tabs-registry", f"{stated or '~/.freshell'}/tabs-registry"
    manifest = notes.text(host, f"{base}/v1/manifest.json", f"{shown}/v1/manifest.json")
    if manifest is not None:
        paths, at = panes.snapshots(manifest)
        rows = []
        for path in paths:
            text = notes.text(host, f"{base}/v1/{path}", f"{shown}/v1/{path}", quiet=True)
            rows += [(f"{shown}/v1/{path}", row) for row in panes.records(text or "")]
        return panes.open_panes(rows), at
    text = notes.text(host, f"{base}/tabs-registry.jsonl", f"{shown}/tabs-registry.jsonl")
    if text is None:
        return (), None
    return panes.open_panes((f"{shown}/tabs-registry.jsonl", row) for row in panes.records(text)), None


def _journal(host: Host, moments: Sequence[datetime], notes: _Notes) -> list[Ran]:
    """Cron jobs and started units in the minute of each kill."""
    found: list[Ran] = []
    for moment in moments:
        since, until = (moment - minute.BEFORE).timestamp(), (moment + minute.AFTER).timestamp()
        ran = _asked(
            host,
            [
                "journalctl",
                "-o",
                "json",
                "--no-pager",
                "--quiet",
                "--since",
                f"@{since:.0f}",
                "--until",
                f"@{until:.0f}",
                "-n",
                "4000",
                "-t",
                "systemd",
                "-t",
                "CRON",
                "-t",
                "cron",
                "-t",
                "crond",
            ],
        )
        if ran.failure or ran.code not in (0, 1):
            notes.unchecked.append("The journal could not be asked for cron jobs and units of that minute.")
            return found
        found += traces.journal(ran.out.decode("utf-8", "replace"))
        notes.reach += [Reach(what, "the journal", moment - minute.BEFORE, moment + minute.AFTER) for what in ("cron", "unit")]
    if moments:
        notes.looked.append("the journal's cron jobs and units")
    return found


def look_boots(host: Host, unchecked: list[str], most: int = 12) -> tuple[Boot, ...]:
    """The journal's last boots with how each ended; empty where there is no journal."""
    ran = _asked(host, ["journalctl", "--list-boots", "-o", "json", "--no-pager", "--quiet"])
    if ran.failure == "missing":
        return ()  # a distro without systemd has no journal: the log itself is what there is
    try:
        rows = json.loads(ran.out or b"[]")
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        unchecked.append("This journalctl does not list its boots as JSON, so whether Windows ended the VM could not be checked.")
        return ()
    found = []
    for row in rows[-most:]:
        if isinstance(row, dict) and {"index", "boot_id", "first_entry", "last_entry"} <= row.keys():
            found.append(_boot(host, row["index"], row["boot_id"], row["first_entry"], row["last_entry"]))
    return tuple(found)


def _boot(host: Host, number: int, boot: str, first: int, last: int) -> Boot:
    first_at, last_at = (datetime.fromtimestamp(moment / 1e6, timezone.utc) for moment in (first, last))
    ask = ["journalctl", "-b", boot, "-o", "json", "--no-pager", "--quiet", "--output-fields=MESSAGE,SYSLOG_IDENTIFIER"]
    tail = _asked(host, [*ask, "-n", "40"])
    lines = [row for line in tail.out.splitlines() if (row := _row(line))]
    clock = None
    if lines:
        newest = lines[-1]
        clock = (
            last_at - timedelta(microseconds=int(newest["__MONOTONIC_TIMESTAMP"]))
            if newest.get("__MONOTONIC_TIMESTAMP", "").isdigit()
            else None
        )
    said = [(str(row.get("SYSLOG_IDENTIFIER", "")), str(row.get("MESSAGE", ""))) for row in lines]
    ended: str | None = None
    if number == 0:
        ended = "running"
    elif said:
        ended = "shutdown" if any(word in f"{who}: {what}" for who, what in said for word in _SHUTDOWN) else "abrupt"
    proof = (
        Proof(f"journal of boot {boot[:8]}", "".join(sign if sign.isprintable() else "?" for sign in f"{said[-1][0]}: {said[-1][1]}")[:200])
        if said
        else None
    )
    return Boot(boot, number, first_at, last_at, clock, ended, proof)


def _asked(host: Host, argv: Sequence[str]) -> Answer:
    """A program's answer; a machine that cannot be asked (a recorded one) is as one without the program."""
    try:
        return host.run(argv, timeout_s=_JOURNAL_S)
    except WslcfgError:
        return Answer(127, b"", b"", "unanswered")


def _row(line: bytes) -> dict[str, str]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def look_counters(host: Host) -> tuple[Counter, ...]:
    """What the agents' cgroups have counted since they were made: systemd's slice, and the folders that root prepares at boot where systemd is off."""
    ran = _asked(host, ["systemctl", "--user", "show", "--property=ControlGroup", "--value", SLICE])
    paths = [ran.out.decode("utf-8", "replace").strip()] if ran.code == 0 and not ran.failure else []
    for above in ("/wsl-user", ""):
        paths += [f"{above}/{name}" for name in _names(host, f"{_CGROUPS}{above}") if _PREPARED.fullmatch(name)]
    found = []
    for path in paths:
        if path.startswith("/") and (events := _words(host, f"{_CGROUPS}{path}/memory.events")):
            limit, peak = (_number(host, f"{_CGROUPS}{path}/memory.{name}") for name in ("max", "peak"))
            found.append(Counter(path, events.get("oom_kill", 0), events.get("max", 0), limit, peak))
    return tuple(found)


def _names(host: Host, folder: str) -> tuple[str, ...]:
    try:
        return host.list(folder)
    except WslcfgError:
        return ()


def _words(host: Host, path: str) -> dict[str, int]:
    try:
        text = (host.read(path) or b"").decode()
    except (WslcfgError, UnicodeError):
        return {}
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _number(host: Host, path: str) -> int | None:
    try:
        text = (host.read(path) or b"").decode().strip()
    except (WslcfgError, UnicodeError):
        return None
    return int(text) if text.isdigit() else None
