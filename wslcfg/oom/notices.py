"""Think: what systemd, systemd-oomd, earlyoom and the loggers say around a kill.

init.scope: A process of this unit has been killed by the OOM killer.                                          systemd 245 and newer
init.scope: Failed with result 'oom-kill'.
init.scope: Consumed 8min 36.070s CPU time, 15.1G memory peak, 15.8G memory swap peak.                         systemd 255 and newer
user@1000.service: Main process exited, code=killed, status=9/KILL
app.scope: systemd-oomd killed 55 process(es) in this unit.
Killed /user.slice/…/app.scope due to memory pressure for /user.slice/… being 56.11% > 50.00% for > 20s …     systemd-oomd
  Path: /user.slice/…/app.scope                                                                                systemd-oomd, whom it considered
          Swap Usage: 20.9G                                                                                    systemd-oomd, of the path before
sending SIGTERM to process 4242 uid 1000 "chrome": badness 912, VmRSS 3112 MiB                                 earlyoom 1.3 to 1.7 (uid since 1.5)
sending SIGKILL to process 4242 uid 1000 "chrome": oom_score 912, oom_score_adj 0, VmRSS 3112 MiB, cmdline "…" earlyoom 1.8 and newer
killing process 4242 "chrome" with signal 15: badness 912, VmRSS 3112 MiB                                      earlyoom between 1.2 and 1.3
dryrun, not actually sending any signal                                                                        earlyoom --dryrun: it killed nobody
kill failed: Timer expired                                                                                     earlyoom: the process is still there
"""

from __future__ import annotations

from wslcfg.model.late import late
from wslcfg.oom.event import Loss, Notice, Victim
from wslcfg.oom.prefix import Record
from wslcfg.oom.printable import printable

_UNIT = r"(\S{1,250}\.(?:service|scope|slice|socket|mount|swap|timer))"
_PROCESS = late(_UNIT + r": A process of this unit has been killed by the OOM killer")
_FAILED = late(_UNIT + r": Failed with result '?oom-kill'?")
_EXITED = late(_UNIT + r": Main process exited, code=killed, status=9/KILL")
_CONSUMED = late(_UNIT + r": Consumed (.*?)[.]?$")
_PEAK = late(r"(?:^|[ ,])([\d.]{1,12})([BKMGTPE]?) memory( swap)? peak")
_OOMD_UNIT = late(_UNIT + r": systemd-oomd killed (?:some )?(?:(\d{1,9}) )?process\(?(?:es)?\)? in this unit")
_OOMD = late(r"Killed (/\S*) due to (.*)")
_OOMD_BARE = late(r"Killed (/\S*)$")
_OOMD_MORE = late(r"\s+due to (?:memory|swap|pressure)\b.*")
_OOMD_PATH = late(r"\s*Path: (/\S*)\s*")
_OOMD_USAGE = late(r"\s*(Swap|Current Memory) Usage: ([\d.]{1,12})([BKMGTPE]?)\s*")
# The name is the kernel's, at most 15 bytes; what a command line says after it counts for nothing.
_EARLY = late(
    r'(?:sending SIG(?:TERM|KILL) to|killing) process (\d{1,10}) (?:uid (\d{1,10}) )?"(.{0,64}?)"(?: with signal \d+)?: '
    r"(?:badness|oom_score) -?\d+.{0,40}?, VmRSS (\d{1,9}) MiB"
)
_EARLY_OTHERWISE = (
    ("earlyoom-low", late(r"low memory! ")),
    ("earlyoom-dry", late(r"dryrun, not actually sending any signal")),
    ("earlyoom-failed", late(r"kill failed: ")),
)
_DROPPED = late(
    r"(?:imuxsock|imklog|imjournal).{0,80}?(?:lost|begins to drop|drop) .{0,60}?messages"
    r"|Missed \d+ kernel messages|Suppressed \d+ messages from|\*\* \d+ printk messages dropped|.{0,60}?\b\d+ (?:callbacks|messages) suppressed"
    r"|\d+ messages lost due to rate-limiting"
)
_TELLING = (
    "OOM killer",
    "oom-kill",
    "code=killed",
    " peak",
    "oomd",
    "Killed /",
    "sending ",
    "illing process",
    "low memory!",
    "kill failed",
)
_UNITS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "P": 1 << 50, "E": 1 << 60}
_SAYERS = frozenset({"systemd", "systemd-oomd", "earlyoom", "kernel", ""})


def notice(record: Record) -> Notice | None:
    """The notice that a line is, None when it is none."""
    if record.tag not in _SAYERS:
        return None
    if not any(word in record.body for word in _TELLING):
        return None
    body = record.body.strip()
    if record.tag in ("systemd", ""):
        found = _of_systemd(record, body)
        if found:
            return found
    if record.tag in ("systemd-oomd", ""):
        found_oomd = _OOMD.match(body) or (_OOMD_BARE.match(body) if record.tag else None)
        if found_oomd:
            return _made(record, body, "systemd-oomd", "oomd-reason", unit=found_oomd[1])
    if record.tag in ("earlyoom", ""):
        return _of_earlyoom(record, body)
    return None


def more(said: Notice, record: Record) -> Notice | None:
    """systemd-oomd's reason, which loggers that break lines put into the next one; None where this line is not that."""
    if said.what != "oomd-reason" or record.tag or record.number != said.line + 1 or not _OOMD_MORE.fullmatch(record.body):
        return None
    return said._replace(text=f"{said.text} {printable(record.body.strip()[:300])}") if " due to " not in said.text else None


def considered(record: Record) -> str | None:
    """The cgroup that systemd-oomd speaks of in the lines that follow."""
    found = _OOMD_PATH.fullmatch(record.body) if record.tag == "systemd-oomd" else None
    return found[1] if found else None


def usage(record: Record, path: str) -> Notice | None:
    """What systemd-oomd says that a cgroup has."""
    found = _OOMD_USAGE.fullmatch(record.body) if record.tag == "systemd-oomd" else None
    if not found:
        return None
    made = _made(record, record.body.strip(), "systemd-oomd", "oomd-usage", unit=path)
    size = _size(found[2], found[3])
    return made._replace(swap_peak=size) if found[1] == "Swap" else made._replace(memory_peak=size)


def _of_systemd(record: Record, body: str) -> Notice | None:
    for what, pattern in (("process-killed", _PROCESS), ("unit-failed", _FAILED), ("main-exited", _EXITED)):
        found = pattern.match(body)
        if found:
            return _made(record, body, "systemd", what, unit=found[1])
    found = _OOMD_UNIT.match(body)
    if found:
        notice = _made(record, body, "systemd-oomd", "oomd-killed", unit=found[1])
        return notice._replace(processes=int(found[2]) if found[2] else None)
    peaks = _PEAK.findall(body) if " peak" in body else []
    found = _CONSUMED.match(body)
    # A post may keep the peaks alone: `61.4G memory peak`.
    if peaks and (found or body.endswith(" peak")):
        sizes = {bool(swap): size for number, unit, swap in peaks if (size := _size(number, unit)) is not None}
        notice = _made(record, body, "systemd", "consumed", unit=found[1] if found else None)
        return notice._replace(memory_peak=sizes.get(False), swap_peak=sizes.get(True))
    return None


def _of_earlyoom(record: Record, body: str) -> Notice | None:
    found = _EARLY.match(body)
    if found:
        rss = int(found[4]) << 20
        victim = Victim(int(found[1]), printable(found[3]), anon=rss, uid=int(found[2]) if found[2] else None, line=record.number)
        return _made(record, body, "earlyoom", "earlyoom-kill")._replace(victim=victim)
    # Without a tag `kill failed` may be anybody's.
    what = next((what for what, pattern in _EARLY_OTHERWISE if pattern.match(body) and (record.tag or what != "earlyoom-failed")), None)
    return _made(record, body, "earlyoom", what) if what else None


def _made(record: Record, body: str, by: str, what: str, *, unit: str | None = None) -> Notice:
    said = printable(body[:300])
    manager = record.pid if record.tag == "systemd" else None
    return Notice(
        by,
        what,
        record.number,
        said,
        printable(unit) if unit else record.unit,
        manager,
        at=record.at,
        at_text=record.at_text,
        uptime_s=record.uptime_s,
        boot=record.boot,
        host=record.host or None,
    )


def nobody(record: Record) -> Notice:
    """The kernel's `Out of memory and no killable processes...` where the dump before it is not in the log."""
    return _made(record, record.body, "kernel", "no-killable")


def dropped(record: Record) -> Loss | None:
    """A logger's or the kernel's word that it let lines go."""
    if "uppress" not in record.body and " messages" not in record.body:
        return None
    if not _DROPPED.match(record.body):
        return None
    return Loss("rate-limit", "Lines were let go here, says the log itself.", record.number, printable(record.body[:200]))


def _size(number: str, unit: str) -> int | None:
    try:
        return int(float(number) * _UNITS[unit])
    except (ValueError, OverflowError):
        return None
