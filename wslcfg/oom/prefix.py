"""Think: takes the log's own words off a line: who says it, when, and what. Every way that Linux writes a kernel message is one of these.

[  637.539343] TEXT                        dmesg; also `[  37.12][ T9185] TEXT`
[Di Aug 12 03:54:03 2025] TEXT             dmesg -T, in the language of the machine
kern  :warn  : [  637.539343] TEXT         dmesg -x
<4>[  637.539343] TEXT                     dmesg -r
2026-03-04T16:29:38,448350-08:00 TEXT      dmesg --time-format iso
6,22743,6115623303887,-;TEXT               /dev/kmsg
Dec 13 06:35:08 host kernel: [1041.8] TEXT syslog, the kernel's stamp or not
2026-03-04T16:29:38.4+01:00 host kernel: T rsyslog, journalctl -o short-iso
Thu 2023-02-02 11:49:13 CET host kernel: T journalctl -o short-full
kern:    info: [2024-08-22T17:52:26.3Z]: T talosctl dmesg
{"MESSAGE": "TEXT", …}                     journalctl -o json
    MESSAGE=TEXT                           journalctl -o verbose, -o export
"""

from __future__ import annotations

import json
from datetime import datetime

from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.oom.printable import text, unescaped
from wslcfg.oom.stamp import Clock, from_microseconds, moment


class Record(NamedTuple):
    """A line without its prefix.

    Attributes:
        body: what was said; line breaks are in it where the log can tell them from the ends of its lines.
        tag: who says it (`kernel`, `systemd`), '' where the log does not say; `pid` is the speaker's.
        sequence: /dev/kmsg's number of the message, by which a gap shows.
    """

    number: int
    body: str
    tag: str = ""
    pid: int | None = None
    host: str = ""
    at: datetime | None = None
    at_text: str | None = None
    uptime_s: float | None = None
    boot: str | None = None
    unit: str | None = None
    sequence: int | None = None


_KMSG = late(rb"\d{1,3},(\d{1,20}),(\d{1,20}),[^;\n]{0,100};")
_PRINTK = late(r"\[ *(\d{1,10}\.\d{1,9})\](?:\[ *[TC]\d+\])? ?")
# One stamp of a public RHEL 6 log reads `[15180329.new`: the logger had overwritten itself.
_CORRUPT = late(r"\[ *\d{3,10}\.(?![\d]+\])[^\s\]]{0,12}(?:\] ?| )")
_LOCAL = late(r"\[([^\[\]\n]{0,40}\d\d:\d\d:\d\d[^\[\]<\n]{0,16})(?:<[^>\n]*>)?\] ?")
_FACILITY = late(
    r"(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: "
)
_PRIORITY = late(r"<\d{1,3}>(?:\d )?")
_TALOS = late(r"[a-z]{3,9}: +[a-z]{3,9}: \[([^\]\n]{10,40})\]: ")
# journalctl's zone is letters and stands behind the time; it writes the weekday too, by which CET is no host.
_ISO = late(
    r"(?:(?P<day>[^\s\d]{1,12}) )?(?P<stamp>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?)"
    r"(?(day)(?: (?P<zone>[A-Z]{1,5}|[+-]\d\d)(?= ))?)(?= |$)"
)
_DATED = late(r"((?:[^\s\[\]:=,;()]{1,20} +){0,3}\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(?= |$)")
_UNIX = late(r"(\d{9,11}\.\d{1,9})(?= )")
_TAG = late(r" *(?:(\S+) +)??((?:\([^\s()]{1,60}\)|[A-Za-z][^\s:\[\]()]{0,60})(?:\[(\d{1,10})\])?):(?: |$|(?=\[))")
# What the kernel itself begins a message with and what would pass for a speaker's name.
_NOT_TAGS = frozenset(
    [
        "CPU",
        "Node",
        "RIP",
        "Code",
        "memory",
        "swap",
        "kmem",
        "memory+swap",
        "oom_reaper",
        "oom-kill",
        "oom-killer",
        "Mem-Info",
        "RSP",
        "RAX",
        "printk",
        "cgroup",
        "Tainted",
        "lowmem_reserve",
    ]
)
_BOOT = late(r"[;\[]b=([0-9a-f]{32})")
_FIELD = late(rb'\s*(?:MESSAGE=|"MESSAGE" ?: ")')


def split(line: bytes, number: int, clock: Clock) -> Record:
    """One line of any text format, without its line end. A line whose prefix is not known is all body."""
    start = line[:1]
    kmsg = _KMSG.match(line) if start.isdigit() else None
    if kmsg:
        body = text(unescaped(line[kmsg.end() :]))
        return Record(number, body, "kernel", uptime_s=int(kmsg[2]) / 1e6, sequence=int(kmsg[1]))
    said = text(line)
    at = 0
    stamp: str | None = None
    when: datetime | None = None
    if start == b"<" or start.islower():
        found = _TALOS.match(said)
        if found:
            return Record(number, said[found.end() :], "kernel", at=moment(found[1], clock), at_text=found[1])
        found = _PRIORITY.match(said) or _FACILITY.match(said)
        at = found.end() if found else 0
    bracket = said.startswith("[", at)
    found = None if bracket else _ISO.match(said, at)
    if bracket:
        pass
    elif found:
        stamp = found["stamp"] + (f" {found['zone']}" if found["zone"] else "")
        # A zone's letters (CET, IST) name several zones; only UTC's are sure.
        when = moment(stamp, clock) if found["zone"] in (None, "UTC", "GMT") else moment(found["stamp"], clock)
        at = found.end()
        if "," in found["stamp"]:
            # util-linux alone writes the comma: dmesg, which has no speakers.
            return Record(number, said[at:].removeprefix(" "), at=when, at_text=stamp)
    else:
        found = _DATED.match(said, at)
        unix = None if found else _UNIX.match(said, at)
        if found:
            stamp, at = found[1], found.end()
            when = moment(stamp, clock)
        elif unix:
            stamp, at = unix[1], unix.end()
            when = from_microseconds(int(float(unix[1]) * 1e6))
    uptime, local, at = _bracket(said, at)
    if local is not None:
        stamp, when = local, moment(local, clock)
    host = tag = ""
    pid: int | None = None
    found = _TAG.match(said, at) if ":" in said[at : at + 400] else None
    # Without a stamp only the loggers' own names are a prefix; everything else could be a sentence.
    if found and found[2].split("[")[0] not in _NOT_TAGS and (stamp or uptime is None or found[3] or found[2] == "kernel"):
        name = found[2].split("[")[0]
        if (stamp is not None and local is None) or found[3] or name == "kernel":
            host, tag, at = found[1] or "", name, found.end()
            pid = int(found[3]) if found[3] else None
            if tag == "kernel":
                inner, local, at = _bracket(said, at)
                uptime = inner if inner is not None else uptime
                if local is not None and when is None:
                    stamp, when = local, moment(local, clock)
    return Record(number, said[at:].removeprefix(" ") if stamp and not tag else said[at:], tag, pid, host, when, stamp, uptime)


def _bracket(said: str, at: int) -> tuple[float | None, str | None, int]:
    """The kernel's stamp in brackets: seconds since boot, or a local time, and where the rest begins."""
    skip = at + 1 if said.startswith(" [", at) else at
    found = _PRINTK.match(said, skip)
    if found:
        return float(found[1]), None, found.end()
    found = _LOCAL.match(said, skip)
    if found:
        return None, found[1].strip(), found.end()
    found = _CORRUPT.match(said, skip)
    return None, None, found.end() if found else at


def is_field(line: bytes) -> bool:
    """Whether this is the message of `journalctl -o verbose`, `-o export` or `-o json-pretty`, whose time stands on a line before."""
    return _FIELD.match(line) is not None


# Where a record of these formats begins and ends: a blank line, a brace, a header with the journal's cursor.
_BETWEEN = late(rb"\n\n|\n[{}]|\n(?=[^\n]{0,80} \[s=[0-9a-f]+;i=)")


def field(line: bytes, before: bytes, after: bytes, number: int, clock: Clock) -> Record:
    """The message of such a record; its other fields are in the text before and after."""
    begin = max((found.end() for found in _BETWEEN.finditer(before)), default=0)
    end = _BETWEEN.search(after)
    around = text(before[begin:] + after[: end.start() if end else len(after)])
    body = text(line).strip()
    body = _unquoted(body.partition(":")[2].strip().rstrip(",")) if body[:1] == '"' else body.removeprefix("MESSAGE=")
    real, source, boot, pid, tag, host = (
        _value(around, name)
        for name in ("__REALTIME_TIMESTAMP", "_SOURCE_MONOTONIC_TIMESTAMP", "_BOOT_ID", "_PID", "SYSLOG_IDENTIFIER", "_HOSTNAME")
    )
    at = from_microseconds(int(real)) if real and real.isdigit() else None
    stamp, cursor, _ = around.partition("[s=")
    if cursor:
        stamp = stamp.rpartition("\n")[2].strip()
        at = at or moment(stamp, clock)
        found = _BOOT.search(around)
        boot = boot or (found[1] if found else None)
    uptime = int(source) / 1e6 if source and source.isdigit() and len(source) <= 20 else None
    return Record(
        number, body, tag or "", int(pid) if pid and pid.isdigit() else None, host or "", at, stamp if cursor else None, uptime, boot
    )


def _value(around: str, name: str) -> str | None:
    """The value of a journal field in a text of lines, `NAME=value` or `"NAME" : "value",`."""
    at = around.find(name)
    if at < 0:
        return None
    rest = around[at + len(name) :].partition("\n")[0]
    return rest.lstrip('" :=').rstrip('", \r') or None


def read(line: bytes, number: int, clock: Clock) -> Record:
    """One line of any format but the journal's of many lines."""
    if line.lstrip()[:1] == b"{" and b'"MESSAGE"' in line:
        record = from_json(line, number)
        if record is not None:
            return record
    return split(line, number, clock)


def _unquoted(quoted: str) -> str:
    try:
        said = json.loads(quoted)
    except ValueError:
        return quoted.strip('"')
    return said if isinstance(said, str) else quoted


def from_json(line: bytes, number: int) -> Record | None:
    """A record of `journalctl -o json`; None when the line is none. MESSAGE is a list of bytes where it is no printable text."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    message = told.get("MESSAGE")
    if isinstance(message, list):
        try:
            message = text(bytes(message))
        except (ValueError, TypeError):
            return None
    if not isinstance(message, str):
        return None
    real, source, pid = (_number(told.get(name)) for name in ("__REALTIME_TIMESTAMP", "_SOURCE_MONOTONIC_TIMESTAMP", "_PID"))
    unit = _word(told, "UNIT") or _word(told, "USER_UNIT") or _word(told, "OBJECT_SYSTEMD_UNIT")
    tag = _word(told, "SYSLOG_IDENTIFIER") or _word(told, "_COMM") or ("kernel" if told.get("_TRANSPORT") == "kernel" else "")
    if source is None and told.get("_TRANSPORT") == "kernel":
        source = _number(told.get("__MONOTONIC_TIMESTAMP"))
    return Record(
        number,
        message,
        tag,
        pid,
        _word(told, "_HOSTNAME") or "",
        from_microseconds(real) if real is not None else None,
        None,
        source / 1e6 if source is not None else None,
        _word(told, "_BOOT_ID"),
        unit,
    )


def _word(told: dict[str, object], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 else None
