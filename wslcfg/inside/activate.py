"""Act: what has to happen beside the files: systemd is told, a lost permission is given back, empty folders of ours go. Best effort, with notes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence

from wslcfg.host.atomic import digest
from wslcfg.host.port import Host
from wslcfg.inside import units
from wslcfg.inside.around import Around
from wslcfg.inside.draft import is_ours
from wslcfg.inside.scripts import programs_of
from wslcfg.model.plan import FileChange

_TIMEOUT_S = 20.0


def activate(host: Host, around: Around, files: Sequence[FileChange]) -> tuple[str, ...]:
    """Let systemd read what was written and start or stop the timer. Gives notes about what did not work; it works at the next start then."""
    own = [change for change in files if change.path.startswith(around.units + "/")]
    if not own or not around.systemd:
        return ()
    timer = next((change for change in own if change.path == f"{around.units}/{units.TIMER}"), None)
    if not around.manager:
        return ("Your own systemd does not answer now; it reads the new units when it starts next.",)
    steps = [["daemon-reload"]]
    if timer is not None and timer.after is None:
        steps = [["stop", units.TIMER], ["daemon-reload"]]
    elif timer is not None:
        steps.append(["restart", units.TIMER])
    for step in steps:
        argv = ["systemctl", "--user", *step]
        ran = host.run(argv, timeout_s=_TIMEOUT_S, env={"XDG_RUNTIME_DIR": f"/run/user/{around.uid}"})
        if ran.code:
            said = (ran.err.decode("utf-8", "replace").strip().splitlines() or [ran.failure or f"exit code {ran.code}"])[0]
            return (f"`{' '.join(argv)}` failed ({said}); it takes effect when the distro starts next.",)
    return ()


def mend_modes(host: Host, around: Around) -> tuple[str, ...]:
    """Give scripts of ours the right to be executed back, which a copy or a careless chmod takes; Claude Code does not start without it."""
    notes = []
    for path in programs_of(around, host.list(f"{around.data}/shims")):
        there = host.stat(path)
        if there is None or there.kind != "file" or there.mode & 0o100:
            continue
        raw = host.read(path)
        if is_ours(raw) and raw is not None:
            host.write(path, raw, mode=0o755, if_digest=digest(raw))
            notes.append(f"{path} could not be executed; it can again.")
    return tuple(notes)


def remove_folders(folders: Sequence[str], real: Callable[[str], str]) -> None:
    """Remove folders, the deepest first, that are empty; `real` gives where one lies on this disk."""
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(real(folder))
