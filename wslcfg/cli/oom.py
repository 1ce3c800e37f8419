"""`wslcfg oom`: who was killed, why, and what would have prevented it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from wslcfg import __version__
from wslcfg.cli.oom_data import as_data
from wslcfg.cli.oom_settings import Proposed, of_a_log, of_this_machine
from wslcfg.cli.place import state_folder
from wslcfg.cli.shared import Flags, Json, absolute, open_host, this_disk
from wslcfg.cli.table import COMMANDS
from wslcfg.errors import Bug, Refused, Unreachable, Unreadable, Usage
from wslcfg.host.port import Host
from wslcfg.host.redact import Redactor
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.oom.advice import advice
from wslcfg.oom.choice import later, of_boot, of_choice, unsorted
from wslcfg.oom.event import Reading
from wslcfg.oom.group import groups
from wslcfg.oom.logs import chunks_of, find, log_file
from wslcfg.oom.reading import read_log
from wslcfg.oom.redacted import people, redacted
from wslcfg.oom.stamp import Clock
from wslcfg.oom.story import Advice, Around, Boot, Verdict
from wslcfg.oom.surroundings import look_around, look_boots, with_log
from wslcfg.oom.told import remember, untold
from wslcfg.oom.verdict import verdict
from wslcfg.ui import oom_words as words
from wslcfg.ui.oom_html import page
from wslcfg.ui.oom_markdown import markdown
from wslcfg.ui.oom_screen import screen
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.words import stamp

# So many crashes get their surroundings looked at, the newest first: each costs a question to the journal.
_MOST_MOMENTS = 3
# So much of a log's beginning is looked at, and so many control characters (tab, line ends and colours apart) no text has.
_SAMPLE, _CONTROL_PERCENT = 4096, 5
_CONTROL = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1b"))
# How a report begins, and what its last bytes have.
_OURS = ((b"# Out of memory: ", b"Made by `wslcfg oom`"), (b"<!doctype html>", b"Made by wslcfg "))
_FOOT = 400
_NAMES = {"journal": "The journal", "kmsg": "/dev/kmsg", "dmesg": "dmesg"}
_AGO = late(r"(\d{1,6}) ?(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)(?: ago)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class OomAsked(NamedTuple):
    """What the command line asks: the log ('' for the machine's own), the time and boot to keep to, reports to write, a home for the traces."""

    log: str = ""
    since: str = ""
    boot: str = ""
    reports: tuple[str, ...] = ()
    home: str = ""
    host_ram: str = ""
    notice: bool = False


class Gathered(NamedTuple):
    """A log as read, with its surroundings; `whole` is what it has besides what was asked for."""

    reading: Reading
    around: Around
    source: str
    whole: Reading


def run_oom(given: Flags, asked: OomAsked) -> Result:
    """Explain what was killed; exit code 1 when there was a kill."""
    _check(asked)
    places = _places(asked.reports)
    host = open_host(given)
    since = _since(asked.since, host.now()) if asked.since else None
    gathered = _of_file(given, asked, since, host) if asked.log else _of_machine(host, asked, since)
    found = of_choice(verdict(gathered.reading, gathered.around), gathered.whole)
    if asked.notice:
        return _notice(host, found)
    proposed = of_a_log(host, given, found, asked.host_ram) if asked.log else of_this_machine(host)
    if proposed.unchecked:
        found = found._replace(unchecked=(*found.unchecked, proposed.unchecked))
    advices = advice(found, proposed.settings, frozenset(COMMANDS))
    messages = [Message("note", f"Written: {path}") for path in _reports(places, found, advices, gathered, proposed)]
    data = {
        **as_data(gathered.reading, found, advices, gathered.around, gathered.source),
        "reports": [absolute(path) for path in asked.reports],
    }
    paint = Paint(on=wants_color(sys.stdout))
    width = shutil.get_terminal_size((100, 40)).columns
    return Result(
        data,
        lambda: "\n".join(screen(found, advices, paint, width=width, verbose=given.verbose)),
        tuple(messages),
        int(bool(found.incidents)),
    )


def _check(asked: OomAsked) -> None:
    for path in asked.reports:
        if not path.lower().endswith((".md", ".html", ".htm")):
            raise Usage(f"--report takes a file that ends in .md or .html, not '{path}'.", "The ending says which kind of report it is.")
    if asked.home and not asked.log:
        raise Usage("--home goes with --log.", "Without --log your own home folder is looked at.")
    if asked.host_ram and not asked.log:
        raise Usage("--host-ram goes with --log.", "Without --log this machine is asked.")
    if asked.notice and (asked.log or asked.reports):
        raise Usage("--notice looks at this machine's own log and writes no report.", "Leave --log and --report out.")


def _since(text: str, now: datetime) -> datetime:
    """A time as people say it: `2h`, `3 days ago`, `today`, `yesterday`, `2026-04-01`, `2026-04-01T21:42Z`; without a zone it is the clock on the wall."""
    said = text.strip().lower()
    if (match := _AGO.fullmatch(said)) is not None:
        return now - timedelta(seconds=int(match[1]) * _SECONDS[match[2][0]])
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    if said in ("today", "yesterday"):
        return today - timedelta(days=1 if said == "yesterday" else 0)
    try:
        # Python 3.10 knows neither `Z` nor a blank that some write before the zone.
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError as error:
        raise Usage(f"--since takes a time, not '{text}'.", "For example 2h, yesterday, 2026-04-01 or 2026-04-01T21:42Z.") from error
    return found.astimezone(timezone.utc)


def _of_file(given: Flags, asked: OomAsked, since: datetime | None, host: Host) -> Gathered:
    """The log that was named. It may be of any machine, so nothing of this one is looked at but the home folder that `--home` names."""
    path = asked.log if asked.log == "-" else absolute(asked.log)
    recorded = host.read(path) if given.machine and path != "-" else None
    notes: list[str] = []
    chunks = _text(chunks_of(recorded, notes) if recorded is not None else log_file(path, notes), asked.log)
    whole = read_log(chunks, _clock(host, asked))
    reading = later(whole, since)
    if asked.boot:
        reading = of_boot(reading, _boot_id(asked.boot, ()))
    around = Around(unchecked=("Only the log was looked at: say --home for shell history, npm logs and session registries.",))
    if asked.home:
        around = look_around(this_disk(), absolute(asked.home), _moments(reading), live=False)
    around = with_log(around, reading)
    return Gathered(
        reading, around._replace(unchecked=(*notes, *unsorted(reading, since, asked.boot), *around.unchecked)), asked.log, whole
    )


def _text(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The log as it is. Raises Unreadable for a picture or a program, and where nothing is in it; zeros within it are what a crash leaves."""
    empty = True
    for number, chunk in enumerate(chunks):
        said = chunk[:_SAMPLE].translate(None, b"\0") if number == 0 else b""
        if said and len(said.translate(None, _CONTROL)) * 100 < len(said) * (100 - _CONTROL_PERCENT):
            raise Unreadable(f"{name} is no text.", "Name a log: the journal, dmesg's output or syslog, packed or not.", code="no-text")
        empty = empty and not chunk.strip(b"\0 \t\r\n")
        yield chunk
    if empty:
        what = "The log is empty: nothing came through stdin." if name == "-" else f"The log is empty: nothing is in {name}."
        raise Unreadable(what, "An empty log says nothing about kills; look whether the command that wrote it failed.", code="empty-log")


def _of_machine(host: Host, asked: OomAsked, since: datetime | None) -> Gathered:
    """This machine's own log, its journal first.

    Raises:
        Unreachable: nothing may be read; the hint is the group or command that gives it.
    """
    boots: tuple[Boot, ...] = ()
    if asked.boot:
        boots = look_boots(host, [])
    try:
        # All of it, whatever `--since` says: a journal without newer lines is no failure, and only the whole shows what is an old kill's replay.
        log = find(host, boot=_boot_id(asked.boot, boots) if asked.boot else None)
    except Bug as error:
        if error.code != "not-recorded":
            raise
        raise Unreachable("This recorded machine has no kernel log.", "Name a log with --log FILE.", code="not-recorded") from error
    whole = _dated(read_log(log.chunks, _clock(host, asked)), host, log.source)
    reading = later(whole, since)
    source, failures = log.source, log.failures
    partly = next((one for one in failures if one.source == source), None)
    if partly is not None and not reading.seen:
        # The journal gave this person's own lines alone; the kernel's are not among them.
        ring = host.run(["dmesg"], timeout_s=20.0)
        if ring.failure or ring.code or not ring.out.strip():
            raise Unreachable(f"The kernel's log cannot be read: {partly.source} {partly.why}.", partly.hint, code="no-permission")
        whole, source = _dated(read_log(chunks_of(ring.out), _clock(host, asked)), host, "dmesg"), "dmesg"
        reading = later(whole, since)
    home = host.env("HOME") or "/root"
    around = look_around(host, home, _moments(reading), live=True)
    if asked.boot:
        around = around._replace(boots=tuple(one for one in around.boots if one.id == _boot_id(asked.boot, boots)))
    if since is not None:
        around = around._replace(boots=tuple(one for one in around.boots if one.last_at >= since))
    gaps = tuple(f"{_NAMES.get(one.source, one.source)} could not be read: {one.why}." for one in failures)
    gaps = (*unsorted(reading, since, ""), *gaps)
    return Gathered(reading, around._replace(unchecked=(*gaps, *around.unchecked)), source, whole)


def _clock(host: Host, asked: OomAsked) -> Clock:
    """Stamps without a zone or a year stay texts, unless something has to be compared with them: then they are read by this machine's time."""
    now = host.now()
    return Clock(now.astimezone().tzinfo, now) if asked.home or asked.since or not asked.log else Clock()


def _dated(reading: Reading, host: Host, source: str) -> Reading:
    """The ring buffer counts seconds since the VM's start; with its clock of now they are times. A VM that slept is that much off."""
    words = (host.read("/proc/uptime") or b"").split() if source in ("kmsg", "dmesg") else []
    if not words:
        return reading
    start = host.now() - timedelta(seconds=float(words[0]))

    def moment(at: datetime | None, uptime: float | None) -> datetime | None:
        return at if at is not None or uptime is None else start + timedelta(seconds=uptime)

    seen = tuple(one._replace(event=one.event._replace(at=moment(one.event.at, one.event.uptime_s))) for one in reading.seen)
    return reading._replace(seen=seen, notices=tuple(one._replace(at=moment(one.at, one.uptime_s)) for one in reading.notices))


def _boot_id(boot: str, boots: tuple[Boot, ...]) -> str:
    """The id of a boot that was named by its id or by its number, as journalctl counts."""
    if boot.removeprefix("-").removeprefix("+").isdigit() and len(boot) < 8:
        found = next((one.id for one in boots if one.number == int(boot)), None)
        if found is None:
            raise Usage(
                f"The journal has no boot {boot}.", "`journalctl --list-boots` shows which there are; with --log give the boot's id."
            )
        return found
    return boot.lower().replace("-", "")


def _moments(reading: Reading) -> tuple[datetime, ...]:
    """When the newest crashes were."""
    times = [group.at for group in groups(reading) if group.at is not None]
    return tuple(times[-_MOST_MOMENTS:])


def _notice(host: Host, found: Verdict) -> Result:
    """One line per crash of which nobody was told, and nothing otherwise."""
    state = state_folder(host)
    new = untold(host, state, found.incidents)
    if new:
        remember(host, state, new)
    lines = [f"wslcfg: {words.incident_time(one)}: {one.headline} See `wslcfg oom`." for one in new]
    data: Json = {"new": [{"at": stamp(one.at) if one.at else None, "text": one.headline} for one in new]}
    return Result(data, lambda: "\n".join(lines), (), int(bool(new)))


def _places(paths: tuple[str, ...]) -> dict[str, str]:
    """Where reports go, by the path as typed, with the digest of what is replaced there: nothing, nothing of note, or a report of ours.

    Raises:
        Refused: somebody else's file is there. Unreachable: it may not be read.
    """
    found = {}
    for path in paths:
        raw = this_disk().read(absolute(path))
        if raw is not None and raw.strip() and not any(raw.startswith(begin) and end in raw[-_FOOT:] for begin, end in _OURS):
            raise Refused(
                f"{path} is there already and is no report of wslcfg's, so it is not replaced.",
                "Name another file, or move that one away.",
                code="exists",
            )
        found[path] = sha256(raw).hexdigest() if raw is not None else ""
    return found


def _reports(
    places: dict[str, str], found: Verdict, advices: tuple[Advice, ...], gathered: Gathered, proposed: Proposed
) -> tuple[str, ...]:
    """Write the reports, with names and secrets taken out."""
    if not places:
        return ()
    clean = _redactor(found, gathered, proposed)
    safe, safe_advices, around = redacted(found, clean), redacted(advices, clean), redacted(gathered.around, clean)
    facts = tuple((name, clean(value)) for name, value in proposed.facts)
    disk = this_disk()
    for path, digest in places.items():
        text = (
            markdown(safe, safe_advices, version=__version__, facts=facts)
            if path.lower().endswith(".md")
            else page(safe, safe_advices, around, version=__version__, facts=facts)
        )
        disk.write(absolute(path), text.encode("utf-8", "replace"), if_digest=digest)
    return tuple(places)


def _redactor(found: Verdict, gathered: Gathered, proposed: Proposed) -> Callable[[str], str]:
    """Takes out whoever shows: this machine's person and name, the log's host, owners of home folders that paths name."""
    names = set(people(found) | people(gathered.around))
    hosts = {one.event.host for one in gathered.reading.seen if one.event.host} | {one.host for one in gathered.reading.notices if one.host}
    if proposed.machine is not None:
        machine = proposed.machine
        names |= {name for name in (machine.distro.user.value, (machine.host.profile.value or "").rpartition("\\")[2]) if name}
        hosts.add(os.uname().nodename)
    return Redactor(names, hosts).text
