"""Think: the systemd units of the pieces.

What starts them is a drop-in with `Wants=`, a file like any other, so that a kill, an undo or a machine
whose systemd does not answer leaves no half-enabled unit behind.
"""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.inside.ini import Sections

TIMER, SERVICE = "wslcfg-backup.timer", "wslcfg-backup.service"
TIMER_WANTED = "timers.target.d/wslcfg-backup.conf"
INIT_SCOPE = "/etc/systemd/system/init.scope.d/wslcfg.conf"
# Of a tick that found another one at work: that is fine.
BUSY = 6


def slice_of(limit: str) -> Sections:
    """The slice of all agent sessions; `limit` in bytes, '' for none."""
    return {"Unit": {"Description": "Agent sessions started by wslcfg"}, "Slice": {"MemoryMax": limit or None}}


def service(argv: Sequence[str], environment: Sequence[tuple[str, str]]) -> Sections:
    """One tick of the backups: last in line for processor, disk and memory, and the first to go when memory runs out."""
    found: dict[str, str | None] = {
        "Type": "oneshot",
        "ExecStart": " ".join(map(quoted, argv)),
        "SuccessExitStatus": str(BUSY),
        "Nice": "19",
        "IOSchedulingClass": "idle",
        "OOMScoreAdjust": "800",
        "MemoryHigh": "128M",
        "MemoryMax": "256M",
        "TimeoutStartSec": "30min",
    }
    if environment:
        found["Environment"] = " ".join(quoted(f"{name}={value}", dollar=False) for name, value in environment)
    return {"Unit": {"Description": "Back up agent sessions (wslcfg)"}, "Service": found}


def timer(step: int) -> Sections:
    """Ticks every `step` minutes; a tick that was missed while the distro was off comes at its start."""
    when = {"OnCalendar": f"*:0/{step}" if step < 60 else "hourly", "Persistent": "true", "RandomizedDelaySec": "30", "AccuracySec": "15"}
    return {"Unit": {"Description": "Back up agent sessions regularly (wslcfg)"}, "Timer": dict(when)}


def wanted(unit: str) -> Sections:
    """A drop-in that starts a unit with its target."""
    return {"Unit": {"Wants": unit}}


def quoted(text: str, *, dollar: bool = True) -> str:
    """A word of a command line as systemd reads it (systemd.syntax(7), systemd.service(5)): `%` and `$` doubled, quotes where they are needed."""
    text = text.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    text = text.replace("$", "$$") if dollar else text
    return f'"{text}"' if not text or any(sign in text for sign in " \t'\";") or "\\" in text else text
