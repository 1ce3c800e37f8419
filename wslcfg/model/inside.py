"""Think: the names and the settings file that the pieces inside the distro agree on: launcher (sh), install, backups, status.

Where things lie:
    DATA  = $XDG_DATA_HOME/wslcfg/inside     what `install` places: `launcher`, `watcher`, `wrapper`, `shims/claude`, …; each is the text of
                                             the same name in wslcfg/inside/resources (`launcher.sh` …), `shims/claude` that of `shim.sh`
    STATE = $XDG_STATE_HOME/wslcfg           what running makes, below `launch/` and `backup/`; `session-backups` is the default store
    CONF  = $XDG_CONFIG_HOME/wslcfg/inside.conf   what people may edit; `install` renews its own keys and keeps theirs, comments included

CONF is read by a POSIX shell as well as by Python, so its grammar is small: a section `[launcher]` or `[backup]` on a line of its own, then
`key = value` to the end of the line, no quotes, no continuation; lines that begin with `#` or `;` are comments. A key may stand more than once
(`include`); for the others the last one counts. Sizes are bytes. A section `[install]` holds what `uninstall` must find again.

A record of the launcher (`launch/live/PID`, `launch/reports/new/…`, `launch/reports/seen/…`) is `key=value` a line, UTF-8; a value ends with its line,
and a line break within one is written `\\n`, a backslash `\\\\`. Unknown keys are kept and ignored.
"""

from __future__ import annotations

from wslcfg.model.record import NamedTuple

# Below DATA.
LAUNCHER, WRAPPER, SHIMS = "launcher", "wrapper", "shims"
# Read by the launcher, and no program itself (mode 0644); it lies beside the launcher.
WATCHER = "watcher"
# Below STATE.
LIVE, REPORTS_NEW, REPORTS_SEEN = "launch/live", "launch/reports/new", "launch/reports/seen"
LAUNCH_LOG = "launch/log"
# JSON about the last backup that went well; its mtime is what the shell's due-check reads.
LAST_BACKUP = "backup/last-success"
# JSON {at, why, code} of a backup that failed; gone with the next that goes well. JSON {at, how, problems} of the last verification.
LAST_FAILURE = "backup/last-failure"
LAST_VERIFY = "backup/last-verify"
# When pruning ran last, one line of JSON {at}.
LAST_PRUNE = "backup/last-prune"
# A record: at, boot, generation, expected-memory, memory, expected-swap, swap (bytes), why. There while what runs is not what the file says.
LIMITS_MISSED = "launch/limits-missed"
# The boot id that the last tick compared the VM with the prediction in, one line.
SEEN_BOOT = "launch/seen-boot"
STORE = "session-backups"
# Of the settings file, below the settings folder.
CONF = "inside.conf"

# Touched when a launcher starts a tick, so that one that fails is not tried at each start.
TICK_STARTED = "launch/tick-started"

SLICE = "wslcfg-agents.slice"
# The boot-prepared folder of a distro; made as root by `boot-cgroup.sh --user NAME --folder wslcfg-DISTRO [--max BYTES]`. The launcher takes the last
# part of CONF's `boot-folder` and finds it wherever this WSL has its cgroups today.
BOOT_FOLDER_PREFIX = "wslcfg-"

# Keys of CONF with what holds where the file does not say: name -> default. Sizes in bytes, '' is "none".
LAUNCHER_KEYS: dict[str, str] = {
    "session-max": "",  # MemoryMax of one session; '' is no limit
    "session-high": "",  # MemoryHigh; only where it may swap
    "session-swap": "0",  # MemorySwapMax: without it a cap leaks into swap
    "slice-max": "",  # MemoryMax of the slice, as written into the unit or the boot-prepared folder
    "tasks-max": "2000",  # TasksMax
    "oom-policy": "continue",  # continue, stop or kill
    "kill-whole-session": "no",  # yes: memory.oom.group=1
    "oom-score": "200",  # OOMScoreAdjust
    "without-limit": "warn",  # warn or refuse
    "boot-folder": "",  # the folder that root prepares at boot, under /sys/fs/cgroup; '' where there is none
    "duplicates": "warn",  # off, warn or refuse: a session that is live is resumed a second time
    "session-ids": "mint",  # mint or leave: a new session of Claude Code gets its id by the launcher (`--session-id`)
    "profile": "",  # the profile that `install` took the limits from
    "oom-notice": "no",  # yes: a tick looks whether somebody was killed for want of memory, and a new terminal tells it once
    "wslcfg": "",  # absolute path of the program, for what the launcher starts in the background; '' is not at all
}
BACKUP_KEYS: dict[str, str] = {
    "enabled": "yes",
    "every-minutes": "30",
    "engine": "own",  # own or restic
    "repo": "",  # the store's folder; '' is STATE/session-backups. For restic: the repository as restic writes it
    "mirror": "",  # a folder as this Linux sees it; '' is no mirror
    "keep-deleted-days": "365",  # 0 is for ever
    "keep-rewritten": "5",
    "warn-size": str(20 << 30),
    "include": "",  # more files, a glob below the home; may stand more than once
    "profile-include": "",  # those of the profile, as a JSON list; `install` renews it
    "password-file": "",  # restic's; '' is `restic-password` beside this file, made with the repository
    "password-command": "",  # prints restic's password instead
    "keys-file": "",  # KEY=VALUE lines with the keys of restic's repository (AWS_ACCESS_KEY_ID …), readable by the person alone
}


_BLANKS = " \t\r\v\f"


class Conf(NamedTuple):
    """The settings file as read.

    Attributes:
        values: (section, key) -> every value in the order of the file.
    """

    values: dict[tuple[str, str], tuple[str, ...]]

    def get(self, section: str, key: str) -> str:
        """The last value of a key, or what holds where the file does not say."""
        defaults = LAUNCHER_KEYS if section == "launcher" else BACKUP_KEYS
        return self.values.get((section, key), (defaults.get(key, ""),))[-1]

    def all(self, section: str, key: str) -> tuple[str, ...]:
        """Every value of a key that may stand more than once; empty ones do not count."""
        return tuple(value for value in self.values.get((section, key), ()) if value)

    @property
    def includes(self) -> tuple[str, ...]:
        """Globs below the home of more files to back up, the person's own and the profile's; a list that is none counts as empty."""
        import json  # only here: the launcher's start reads this file too, and has no use for it

        try:
            listed = json.loads(self.get("backup", "profile-include") or "[]")
        except ValueError:
            listed = []
        of_profile = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        return tuple(dict.fromkeys((*self.all("backup", "include"), *of_profile)))


def parse_conf(text: str) -> Conf:
    """Read CONF; lines that are neither section, setting nor comment are passed over, as the shell does.

    >>> parse_conf("[backup]\\n# mine\\nrepo = /srv/backups\\n").get("backup", "repo")
    '/srv/backups'
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    section = ""
    # As the shell has it: a line ends with LF alone, and what blanks are is ASCII's.
    for raw in text.split("\n"):
        line = raw.strip(_BLANKS)
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip(_BLANKS)
        elif line and line[0] not in "#;" and "=" in line:
            key, _, value = line.partition("=")
            at = (section, key.strip(_BLANKS))
            found[at] = (*found.get(at, ()), value.strip(_BLANKS))
    return Conf(found)


def parse_record(text: str) -> dict[str, str]:
    """Read a record of the launcher."""
    found = {}
    for line in text.split("\n"):
        key, sign, value = line.partition("=")
        if sign and key:
            found[key] = _unescaped(value)
    return found


def record_line(key: str, value: str) -> str:
    """One line of a record; the opposite of what `parse_record` does to it."""
    plain = value.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{key}={plain}\n"


def _unescaped(value: str) -> str:
    parts = value.split("\\\\")
    return "\\".join(part.replace("\\n", "\n") for part in parts)
