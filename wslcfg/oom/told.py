"""Act: which kills a person has been told of, so that a login or a timer says each one once.

`STATE/oom/told` has a line per kill: its key, then when it was told. A key is made of what stays the same when WSL replays its buffer at the next
start of a distro: pid, name and sizes of the victim, or the kernel's own stamp. The newest thousand are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from wslcfg.errors import Conflict
from wslcfg.host.port import Host
from wslcfg.oom.story import Incident

TOLD = "oom/told"
_MOST = 1000
_TRIES = 5


def key(one: Incident) -> str:
    """What makes a crash the same as one told before."""
    parts = []
    for seen in one.events[:1]:
        event = seen.event
        parts += [f"{victim.pid} {victim.comm} {victim.total_vm} {victim.anon}" for victim in event.victims]
        # Sizes to the kilobyte and a pid are the same only in the same kill; the stamp is needed where the line has none, and may lose its head.
        if not any(victim.total_vm or victim.anon for victim in event.victims):
            parts.append(
                f"{event.uptime_s:.0f}" if event.uptime_s is not None else event.at.isoformat() if event.at else str(event.at_text)
            )
    if not one.events:
        parts = [f"{notice.at.isoformat() if notice.at else notice.at_text} {notice.text}" for notice in one.notices[:1]]
    return sha256("\n".join([one.kind, *parts]).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def untold(host: Host, state: str, incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """The crashes of which nobody was told yet, the oldest first. Raises Unreachable when the record may not be read."""
    known = {line.split()[0] for line in _lines(host.read(f"{state}/{TOLD}")) if line.split()}
    return tuple(one for one in incidents if key(one) not in known)


def remember(host: Host, state: str, incidents: Sequence[Incident]) -> None:
    """Note that these were told. Two that tell at the same time both keep what the other noted.

    Raises:
        Conflict: the record changes faster than it can be written. Unreachable: no permission, no space.
    """
    path = f"{state}/{TOLD}"
    stamp = host.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for _ in range(_TRIES):
        before = host.read(path)
        lines = _lines(before)
        known = {line.split()[0] for line in lines if line.split()}
        lines += [f"{key(one)} {stamp}" for one in incidents if key(one) not in known]
        text = "".join(f"{line}\n" for line in lines[-_MOST:])
        try:
            host.write(path, text.encode(), mode=0o600, if_digest=sha256(before).hexdigest() if before is not None else "")
        except Conflict:
            continue
        return
    raise Conflict("The record of told kills is being written by somebody else all the time.", "Try again.")


def _lines(raw: bytes | None) -> list[str]:
    return (raw or b"").decode("utf-8", "replace").splitlines()
