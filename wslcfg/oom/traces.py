"""Think: traces that other programs leave: shell history, npm's logs, the journal's cron and unit lines, the registry of live sessions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.model.late import late
from wslcfg.oom.event import Start
from wslcfg.oom.prefix import Record
from wslcfg.oom.story import Agent, Proof, Ran

# A session resumed by id: `claude --resume 1e99…`, `claude -r ID`, `codex resume ID`.
_RESUME = late(r"\b(claude|codex)\b[^|;&]*?(?:\s--resume[ =]|\s-r\s+|\sresume\s+|\s--session-id[ =])\s*([0-9a-fA-F]{8}-[0-9a-fA-F-]{27})\b")
# The newest one, or one that is chosen from a list: `claude -c`, `claude --continue`, `claude --resume` alone, `codex resume`, `codex resume --last`.
_NEWEST = late(
    r"""(?:^|[\s;&|(/])(?:claude(?:\s[^|;&"'#]*?)?\s(-c|--continue|-r|--resume)|codex(?:\s[^|;&"'#]*?)?\s(resume(?:\s+--last)?))(?=$|[\s;&|)])"""
)
# bash with HISTTIMEFORMAT writes `#1775104927` before a line; zsh's extended history `: 1775104927:0;cmd`; fish `  when: 1775104927` after it.
_BASH = late(r"#(\d{9,11})")
_ZSH = late(r": (\d{9,11}):\d+;(.*)")
_FISH_CMD, _FISH_WHEN = late(r"- cmd: (.*)"), late(r"\s+when: (\d{9,11})")
# npm names its logs by their start in UTC: 2026-04-02T04_42_07_123Z-debug-0.log (npm 7 and later).
_NPM_NAME = late(r"(\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d)(?:_\d+)?Z-debug(?:-\d+)?\.log")
_NPM_TITLE = late(r"\d+ verbose title (.+)")
_NPM_CWD = late(r"\d+ verbose (?:cwd|prefix) (.+)")
_CRON = late(r"\((\S+)\) CMD \((.*)\)\s*")
_STARTED = late(r"Start(?:ed|ing) (.+?)(?:\.\.\.|\.)?")
# What systemd starts all the time and what nobody suspects.
_DULL = late(
    r"(?:Session \d|user-runtime-dir|User Runtime Directory|User Manager|session-.*\.scope|.*\.(?:slice|socket|target|mount)\b|wslcfg)"
)
_LONGEST = 160


def history(text: str, source: str) -> tuple[Ran, ...]:
    """Resumes in a shell's history, with their time where the shell keeps one; nothing else of it is looked at."""
    found: list[Ran] = []
    at: datetime | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        stamp, zsh, fish, when = _BASH.fullmatch(raw), _ZSH.fullmatch(raw), _FISH_CMD.fullmatch(raw), _FISH_WHEN.fullmatch(raw)
        if when is not None and found and found[-1].at is None and found[-1].proof.line == number - 1:
            found[-1] = found[-1]._replace(at=_epoch(when[1]))
        if stamp is not None:
            at = _epoch(stamp[1])
            continue
        line = zsh[2] if zsh else fish[1] if fish else raw
        match = _RESUME.search(line)
        newest = _NEWEST.search(line) if match is None else None
        if match is not None:
            verb = "resume" if match[1] == "codex" else "--resume"
            said = f"{match[1]} {verb} {match[2].lower()}"
            found.append(Ran("resume", _epoch(zsh[1]) if zsh else at, said, Proof(source, said, number)))
        elif newest is not None:
            said = f"claude {newest[1]}" if newest[1] else f"codex {' '.join(newest[2].split())}"
            found.append(Ran("continue", _epoch(zsh[1]) if zsh else at, said, Proof(source, said, number)))
        at = None
    return tuple(found)


def history_times(text: str) -> tuple[datetime, datetime] | None:
    """The first and the last time that a shell's history has; None where it keeps none."""
    found = [
        _epoch(match[1])
        for line in text.splitlines()
        if (match := _BASH.fullmatch(line) or _ZSH.fullmatch(line) or _FISH_WHEN.fullmatch(line))
    ]
    return (min(found), max(found)) if found else None


def npm_time(name: str) -> datetime | None:
    """When the npm whose log has this name began; None for another file."""
    match = _NPM_NAME.fullmatch(name)
    try:
        return datetime.strptime(match[1], "%Y-%m-%dT%H_%M_%S").replace(tzinfo=timezone.utc) if match else None
    except ValueError:
        return None


def npm_log(name: str, text: str, source: str) -> Ran | None:
    """What an npm log is about: `12 verbose title npm run serve`, and its folder where it says one."""
    at = npm_time(name)
    titles = [(number, match[1]) for number, line in enumerate(text.splitlines(), 1) if (match := _NPM_TITLE.fullmatch(line))]
    if at is None or not titles:
        return None
    folder = next((match[1] for line in text.splitlines() if (match := _NPM_CWD.fullmatch(line))), None)
    number, title = titles[0]
    said = _plain(title) + (f" in {_plain(folder)}" if folder else "")
    return Ran("npm", at, said, Proof(source, said, number))


def journal(text: str) -> tuple[Ran, ...]:
    """Cron jobs and started units of `journalctl -o json`, one object a line; a line that is no JSON is passed over."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if not isinstance(row, dict) or not isinstance(row.get("MESSAGE"), str):
            continue
        at, message = _micro(row.get("__REALTIME_TIMESTAMP")), row["MESSAGE"]
        cron, started = _CRON.fullmatch(message), _STARTED.fullmatch(message)
        if cron is not None and str(row.get("SYSLOG_IDENTIFIER", "")).lower().startswith(("cron", "anacron")):
            found.append(Ran("cron", at, f"cron ran {_plain(cron[2])}", Proof("journal (cron)", _plain(message), number)))
        elif started is not None and row.get("SYSLOG_IDENTIFIER") == "systemd" and not _DULL.match(started[1]):
            unit = row.get("UNIT") or row.get("USER_UNIT") or started[1]
            found.append(Ran("unit", at, f"systemd started {_plain(str(unit))}", Proof("journal (systemd)", _plain(message), number)))
    return tuple(found)


def start_of(record: Record) -> Start | None:
    """What a line of a log says was started: a cron job, or a unit of systemd's; None for another line."""
    message, speaker = record.body.strip(), record.tag.lower()
    cron = _CRON.fullmatch(message) if speaker.startswith(("cron", "anacron")) else None
    if cron is not None:
        return Start("cron", record.at, f"cron ran {_plain(cron[2])}", _plain(message), record.number)
    started = _STARTED.fullmatch(message) if speaker == "systemd" else None
    if started is None or _DULL.match(started[1]):
        return None
    unit = record.unit or started[1].partition(" - ")[0]
    return Start("unit", record.at, f"systemd started {_plain(unit)}", _plain(message), record.number)


def of_log(starts: Sequence[Start]) -> tuple[Ran, ...]:
    """What a log itself says was started."""
    by = {"cron": "log (cron)", "unit": "log (systemd)"}
    return tuple(Ran(one.what, one.at, one.text, Proof(by[one.what], one.said, one.line)) for one in starts)


def session_file(text: str, source: str, alive: bool | None) -> Agent | None:
    """One file of Claude Code's live registry: `{"pid":4711,"sessionId":"1e99…","cwd":"/home/ana/shop","startedAt":1775104927000,…}` (2.1.112 and later)."""
    try:
        row = json.loads(text)
    except ValueError:
        return None
    if not isinstance(row, dict) or not isinstance(row.get("sessionId"), str) or not isinstance(row.get("pid"), int):
        return None
    updated = max((at for name in ("updatedAt", "statusUpdatedAt") if (at := _milli(row.get(name))) is not None), default=None)
    cwd, status = row.get("cwd"), row.get("status")
    said = f"session {_plain(row['sessionId'])}, pid {row['pid']}, started {_milli(row.get('startedAt')) or 'unknown'}"
    return Agent(
        provider="claude",
        session=_plain(row["sessionId"]),
        pid=row["pid"],
        cwd=_plain(cwd) if isinstance(cwd, str) else None,
        started_at=_milli(row.get("startedAt")),
        updated_at=updated,
        status=_plain(status) if isinstance(status, str) else None,
        alive=alive,
        proof=Proof(source, said),
    )


def process_start(stat: str) -> str | None:
    """Field 22 of `/proc/PID/stat`, the start time that tells a process from a later one with its pid."""
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else None


def registered_start(text: str) -> str | None:
    """`procStart` of a file of the live registry, 2.1.150 and later."""
    try:
        row = json.loads(text)
    except ValueError:
        return None
    return str(row["procStart"]) if isinstance(row, dict) and isinstance(row.get("procStart"), str | int) else None


def _plain(text: str) -> str:
    """A text of others without what steers a terminal, cut to a length for a sentence."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:_LONGEST]


def _epoch(digits: str) -> datetime:
    return datetime.fromtimestamp(int(digits), timezone.utc)


def _milli(value: object) -> datetime | None:
    """Milliseconds since 1970, as JavaScript has them; None for anything else."""
    if not isinstance(value, int) or not 0 < value < 1 << 44:
        return None
    return datetime.fromtimestamp(value / 1000, timezone.utc)


def _micro(value: object) -> datetime | None:
    """Microseconds since 1970 as text, as the journal has them."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 17:
        return None
    return datetime.fromtimestamp(int(value) / 1e6, timezone.utc)
