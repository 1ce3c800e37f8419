"""Think: what a profile may say: its tables and keys as data, with type, range, default and meaning. The JSON Schema is made from it."""

from __future__ import annotations

from wslcfg.model.record import NamedTuple


class Key(NamedTuple):
    """One key of a profile.

    Attributes:
        table, name: where it stands.
        type: `bool`, `int`, `choice`, `text`, `list` (of text), `size` (an expression) or `size-or-auto`.
        meaning: one sentence, for people and for the editor's tooltip.
        default: what holds where no profile says anything.
        choices: for a choice. least, most: for an int.
    """

    table: str
    name: str
    type: str
    meaning: str
    default: bool | int | str | tuple[str, ...]
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 1_000_000


# Words that stand for a rule instead of a value, in [wslconfig] and [wslconf].
KEEP, UNSET, AUTO = "keep", "unset", "auto"
# The two settings that the sizing answers, so the only ones that may be `auto`.
SIZED = ("wsl2.memory", "wsl2.swap")

KEYS: tuple[Key, ...] = (
    Key(
        "sizing",
        "windows-use",
        "choice",
        "How Windows is used beside WSL; decides what it keeps.",
        "standard",
        ("light", "standard", "heavy"),
    ),
    Key("sizing", "sessions", "int", "How many agent sessions run at the same time.", 2, most=1000),
    Key("sizing", "session", "size", "What one session may take when planning; a leak fills whatever it is given.", "4GB"),
    Key("sizing", "builds", "size", "Memory for builds and tests beside the sessions.", "0"),
    Key("sizing", "swap-first", "bool", "The careful way: raise swap alone, leave memory as it is, look again in a week.", False),
    Key("launcher", "session-max", "size-or-auto", "Memory at which one session is ended (MemoryMax); auto: what the sizing gives.", AUTO),
    Key("launcher", "session-swap", "size-or-auto", "Swap that one session may use (MemorySwapMax); auto: a quarter of session-max.", AUTO),
    Key(
        "launcher",
        "slice-max",
        "size-or-auto",
        "Memory of all sessions together (MemoryMax of the slice); auto: what the sizing gives.",
        AUTO,
    ),
    Key("launcher", "throttle", "bool", "Slow a session down at 85 % of its limit (MemoryHigh); only where it may swap.", False),
    Key("launcher", "tasks-max", "int", "Processes and threads that one session may have (TasksMax).", 2000, least=50),
    Key(
        "launcher",
        "oom-policy",
        "choice",
        "What systemd does after a child was OOM-killed: go on, stop the session or kill it.",
        "continue",
        ("continue", "stop", "kill"),
    ),
    Key(
        "launcher",
        "kill-whole-session",
        "bool",
        "At the limit end every process of the session, not the largest (memory.oom.group).",
        False,
    ),
    Key("launcher", "oom-score", "int", "How much sooner than others the kernel ends an agent (OOMScoreAdjust).", 200, most=1000),
    Key("launcher", "programs", "list", "Programs that start through the launcher.", ("claude", "codex")),
    Key("launcher", "without-limit", "choice", "What to do where no limit can be set.", "warn", ("warn", "refuse")),
    Key("backup", "enabled", "bool", "Back up agent sessions by timer.", True),
    Key("backup", "every-minutes", "int", "Minutes between two backups.", 30, least=5, most=1440),
    Key("backup", "keep-deleted-days", "int", "Days that the last version of a deleted session is kept; 0 is for ever.", 365, most=36_500),
    Key("backup", "keep-rewritten", "int", "Older versions that are kept of a session which was rewritten.", 5, most=1000),
    Key("backup", "warn-size", "size", "Warn when the store grows beyond this; nothing is dropped for it.", "20GB"),
    Key("backup", "mirror", "text", "A copy outside the distro: auto (below %LOCALAPPDATA%), off, or a Windows folder.", AUTO),
    Key("backup", "engine", "choice", "The store: wslcfg's own, or restic for remote and encrypted stores.", "own", ("own", "restic")),
    Key("backup", "include", "list", "More files to back up, as globs below the home.", ()),
    Key(
        "guard",
        "duplicates",
        "choice",
        "What to do when a session that is live is resumed a second time.",
        "warn",
        ("off", "warn", "refuse"),
    ),
    Key("guard", "max-sessions", "int", "Refuse to start more sessions than this; 0 is no limit.", 0, most=1000),
    Key("guard", "warn-available", "int", "Warn below this percentage of available memory.", 15, most=100),
    Key("guard", "alarm-available", "int", "Alarm below this percentage of available memory.", 8, most=100),
    Key("guard", "warn-swap", "int", "Warn below this percentage of free swap.", 25, most=100),
    Key("guard", "alarm-swap", "int", "Alarm below this percentage of free swap.", 12, most=100),
    Key("guard", "poll-seconds", "int", "Seconds between two looks.", 1, least=1, most=60),
    Key("guard", "orphans", "choice", "Whether processes that an agent left behind are listed.", "list", ("off", "list")),
)

TABLES = ("wslconfig", "wslconf", "sizing", "launcher", "backup", "guard")
TOP = ("schema", "name", "description", "extends", *TABLES)

_BY_NAME = {(key.table, key.name): key for key in KEYS}


def find(table: str, name: str) -> Key | None:
    """The key of that name; None when there is none."""
    return _BY_NAME.get((table, name))


def names_of(table: str) -> tuple[str, ...]:
    """Every key name of a table."""
    more = ("services",) if table == "sizing" else ()
    return tuple(key.name for key in KEYS if key.table == table) + more


def default(table: str, name: str) -> bool | int | str | tuple[str, ...]:
    """What holds where no profile says anything."""
    return _BY_NAME[table, name].default
