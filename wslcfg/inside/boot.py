"""Think: what root does at boot for the pieces, and how it is started: by `[boot] command=` of /etc/wsl.conf, or by a oneshot unit.

WSL hands the command to a shell. Ours goes before one that is there already, joined by `; `, so that whatever that one ends with (an `&`) does not
touch ours; taking ours out leaves the other as it was.
"""

from __future__ import annotations

import shlex

from wslcfg.errors import Refused
from wslcfg.inside import units
from wslcfg.inside.around import Around
from wslcfg.inside.conf import boot_folder
from wslcfg.inside.draft import Draft
from wslcfg.inside.part import SECTIONS
from wslcfg.inside.scripts import placed
from wslcfg.model.plan import KeyChange
from wslcfg.model.wslfile import BadLine, Scan
from wslcfg.wslconf.edit import Edited, Want, edit
from wslcfg.wslconf.scan import read, scan

WSLCONF = "/etc/wsl.conf"
FOLDER = "/usr/local/lib/wslcfg"
BOOT, CGROUP = f"{FOLDER}/boot", f"{FOLDER}/boot-cgroup"
UNIT = "/etc/systemd/system/wslcfg-boot.service"
UNIT_WANTED = "/etc/systemd/system/multi-user.target.d/wslcfg-boot.conf"
_KEY = "boot.command"
_JOINT = "; "
_LINT = "`wslcfg lint /etc/wsl.conf` explains it"


def add_boot(draft: Draft, around: Around, chosen: frozenset[str], slice_max: str) -> None:
    """Place what runs at boot for `boot-folder` and `cron-start`, and let it be started. Raises Refused before anything of it is drafted."""
    command = None if around.systemd else _command(draft, wanted=True)
    lines = []
    if "cron-start" in chosen:
        lines.append("service cron start")
    if "boot-folder" in chosen:
        draft.place(CGROUP, placed(around.texts["boot-cgroup.sh"]), "Prepares the cgroup folder for agents.", mode=0o755, as_root=True)
        argv = [CGROUP, "--user", around.user, "--folder", boot_folder(around), *(("--max", slice_max) if slice_max else ())]
        lines.append(shlex.join([*argv, *(() if around.systemd else ("--move-others",))]))
        draft.notes.append(
            "The boot folder makes the list of processes above it writable for you, which the kernel asks of whoever moves a process: "
            "a process can leave its limit if it wants to."
        )
    text = placed(
        "#!/bin/sh\n# wslcfg boot: what root does at boot for the pieces in this distro.\n" + "".join(f"{line}\n" for line in lines)
    )
    if around.systemd:
        draft.place(BOOT, text, "Runs at boot as root.", mode=0o755, as_root=True)
        unit = {"Unit": {"Description": "Prepare the cgroup folder for agents (wslcfg)"}, "Service": {"Type": "oneshot", "ExecStart": BOOT}}
        draft.merge(UNIT, "Prepares the cgroup folder for agents at boot.", unit, "Starts it at boot.", as_root=True, restart="distro")
        draft.merge(UNIT_WANTED, "Starts the unit of that name.", units.wanted("wslcfg-boot.service"), "Starts it at boot.", as_root=True)
    else:
        draft.place(BOOT, text, "Runs at boot as root.", mode=0o755, as_root=True)
        _set(draft, command)


def drop_boot(draft: Draft) -> None:
    """Take everything of it out again; a command of the person's stays. Raises Refused before anything of it is drafted."""
    _set(draft, _command(draft, wanted=False))
    for path in (UNIT_WANTED, UNIT):
        draft.take_out(path, "It goes.", part=SECTIONS, as_root=True)
    for path in (BOOT, CGROUP):
        draft.take_out(path, "It goes.", as_root=True)


def joined(command: str | None, *, wanted: bool) -> str | None:
    """A boot command with ours before it, or without ours; None for no command.

    >>> joined("service docker start &", wanted=True)
    '/usr/local/lib/wslcfg/boot; service docker start &'
    """
    theirs = (command or "").removeprefix(BOOT + _JOINT).strip() if command != BOOT else ""
    if not wanted:
        return theirs or None
    return f"{BOOT}{_JOINT}{theirs}" if theirs else BOOT


def command_of(raw: bytes | None) -> str | None:
    """What `[boot] command=` says now."""
    return _command_in(scan(raw or b"", "wslconf", WSLCONF))


def _command_in(scanned: Scan) -> str | None:
    return next((entry.value for entry in scanned.entries if entry.live and entry.setting == _KEY), None)


def _command(draft: Draft, *, wanted: bool) -> Edited | None:
    """The file with our command or without it, None where it is so already.

    Raises:
        Refused: a command of the person's that WSL passes over now would be lost or come to life with it, or another setting would.
    """
    raw = draft.read(WSLCONF)
    scanned = scan(raw or b"", "wslconf", WSLCONF)
    now = _command_in(scanned)
    new = joined(now, wanted=wanted)
    bad = next((part for part in reversed(scanned.parts) if isinstance(part, BadLine)), None) if scanned.aborted else None
    if wanted and now is None and bad is not None:
        raise Refused(
            f"WSL cannot read line {bad.editor_line} ({bad.text.strip()}), and reads nothing below it, so that a command added there is not run.",
            f"Mend or delete that line ({_LINT}), then run the command again.",
            code="bad-line",
        )
    # What WSL passes over: a second command, and whatever stands below a mistake.
    whole = read(raw or b"", "wslconf", WSLCONF, keep_going=True)
    live = next((entry.start for entry in scanned.entries if entry.live and entry.setting == _KEY), -1)
    dead = [entry for entry in whole.entries if entry.setting == _KEY and entry.start != live]
    ours = next((entry for entry in dead if BOOT in entry.value), None)
    if not wanted and ours is not None:
        raise Refused(
            f"Line {ours.editor_line} names {BOOT}, and WSL does not read that line now.",
            "Take it out of that line yourself, then run the command again.",
            code="dead-command",
        )
    second = next((entry for entry in scanned.entries if entry.setting == _KEY and not entry.live), None)
    if not wanted and now is not None and new is None and second is not None:
        raise Refused(
            f"Line {second.editor_line} has another boot command ({second.value}), which WSL passes over now and would run once ours is gone.",
            f"Leave the line that shall stay, without {BOOT} in it; then run the command again.",
            code="dead-command",
        )
    if new == now:
        return None
    why = "WSL runs this as root when the distro starts." if wanted else "What wslcfg ran at boot goes."
    done = edit(raw, "wslconf", [Want(_KEY, new, why)], label=WSLCONF)
    if _others(scan(done.raw, "wslconf", WSLCONF)) != _others(scanned):
        raise Refused(
            "WSL passes over settings in it now that would come to life with this change.",
            f"Mend it first ({_LINT}), then run the command again.",
            code="dead-settings",
        )
    return done


def _others(scanned: Scan) -> dict[str, str]:
    return {entry.setting: entry.value for entry in scanned.entries if entry.live and entry.setting is not None and entry.setting != _KEY}


def _set(draft: Draft, done: Edited | None) -> None:
    if done is None:
        return
    raw = draft.read(WSLCONF)
    after = done.raw or None if raw is None else done.raw
    draft.set(WSLCONF, after, "", mode=0o644 if raw is None else None, as_root=True, restart="distro")
    draft.keys(WSLCONF, tuple(KeyChange(*key) for key in done.keys), done.repairs)
