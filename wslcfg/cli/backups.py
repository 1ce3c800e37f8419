"""What the session commands share: whose sessions, which store, which engine; from flags, inside.conf and the defaults."""

from __future__ import annotations

import os

from wslcfg.cli.shared import Flags, absolute, this_disk
from wslcfg.errors import Refused, Usage
from wslcfg.model.inside import CONF, STORE, Conf, parse_conf
from wslcfg.model.record import NamedTuple
from wslcfg.model.session import Roots, roots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wslcfg.store.engine import Engine, Keep


class Backups(NamedTuple):
    """Where things lie for one call.

    Attributes:
        where: whose agents' folders. state: `$XDG_STATE_HOME/wslcfg`. config: `$XDG_CONFIG_HOME/wslcfg`. conf: inside.conf as read.
        repo: the store as the person or inside.conf names it. named: whether a flag chose home or store, so that the notes of the
            regular backups do not mean this one.
    """

    where: Roots
    state: str
    config: str
    conf: Conf
    repo: str
    named: bool


def settle(given: Flags, home: str = "", repo: str = "") -> Backups:
    """Find out where things lie; `home` and `repo` are flags, '' where not given.

    Raises:
        Usage: on a recorded machine, which has no sessions. Unreachable: inside.conf cannot be read.
    """
    if given.machine:
        raise Usage("Sessions are files of this disk; a recorded machine has none.", "Leave --machine (or WSLCFG_MACHINE) out.")
    own = os.path.expanduser("~")
    state = _xdg("XDG_STATE_HOME", own, ".local/state")
    config = _xdg("XDG_CONFIG_HOME", own, ".config")
    conf = parse_conf(_text(os.path.join(config, CONF)))
    if home:
        home = absolute(home)
        if not os.path.isdir(home):
            raise Refused(f"There is no folder {home}.", "Name the home that has .claude or .codex in it.", code="no-home")
    where = roots(home) if home else roots(own, dict(os.environ))
    engine = conf.get("backup", "engine")
    named = repo or conf.get("backup", "repo")
    if engine == "own":
        named = absolute(repo) if repo else os.path.expanduser(named) if named else os.path.join(state, STORE)
    return Backups(where, state, config, conf, named, bool(home or repo))


def engine_of(backups: Backups) -> Engine:
    """The engine that inside.conf names, on the store of this call.

    Raises: Refused for an unknown engine, restic without a repository, or a setting that means another folder from each place.
    """
    name = backups.conf.get("backup", "engine")
    _refuse_relative(backups, restic=name == "restic")
    folder = os.path.join(backups.state, "backup")
    if name == "restic":
        return _restic(backups, folder)
    if name != "own":
        raise Refused(f"inside.conf names the engine '{name}'.", "Write engine = own or engine = restic.", code="engine")
    from wslcfg.store.own import OwnStore

    # A store that a flag names is the person's business: the mirror belongs to the regular one.
    mirror = "" if backups.named else backups.conf.get("backup", "mirror")
    mirror = os.path.expanduser(mirror)
    return OwnStore(backups.repo, folder, mirror=mirror or None, windows_drive=windows_drive(), warn_size=number(backups.conf, "warn-size"))


def _refuse_relative(backups: Backups, *, restic: bool) -> None:
    """Raise Refused for a place in inside.conf that is told from the current folder: a timer, and each project, would mean another one."""
    home = os.path.expanduser("~")
    for key in ("repo", "password-file", "keys-file") if restic else ("repo", "mirror"):
        value = backups.conf.get("backup", key)
        if key == "repo" and restic:
            # What is no folder has a scheme: sftp:, s3:, rest:. restic itself knows no ~.
            whole = value != backups.repo or ":" in value or value.startswith("/")
        elif key == "repo":
            whole = backups.repo.startswith("/")
        else:
            whole = os.path.expanduser(value).startswith("/")
        if value and not whole:
            raise Refused(
                f"inside.conf says {key} = {value}, which is another place from each folder that wslcfg is called in.",
                f"Write the whole path below [backup], such as {key} = {os.path.join(home, os.path.expanduser(value))}",
                code="relative",
            )


def keep_of(conf: Conf) -> Keep:
    """What pruning must keep. Raises Refused for what is no number."""
    from wslcfg.store.engine import Keep

    return Keep(number(conf, "keep-deleted-days"), number(conf, "keep-rewritten"))


def number(conf: Conf, key: str) -> int:
    """A number of `[backup]`. Raises Refused."""
    text = conf.get("backup", key)
    if not (text.isascii() and text.isdigit()):
        raise Refused(f"inside.conf says {key} = {text}.", "Write a whole number.", code="bad-number")
    return int(text)


def windows_drive() -> str | None:
    """The mount of the drive that holds Windows, and with it (unless it was moved) the distro's disk; None where none is mounted."""
    from wslcfg.machine.mounts import look_place

    return look_place(this_disk()).system


def _restic(backups: Backups, folder: str) -> Engine:
    import socket

    from wslcfg.machine.distro import distro_name
    from wslcfg.store.restic import ResticStore
    from wslcfg.store.restic_secret import Secret

    if not backups.repo:
        raise Refused(
            "inside.conf names restic as the engine and no repository.", "Write repo = … below [backup], or give --repo.", code="no-repo"
        )
    told = backups.conf.get("backup", "password-file")
    secret = Secret(
        os.path.expanduser(told) if told else os.path.join(backups.config, "restic-password"),
        password_command=backups.conf.get("backup", "password-command"),
        keys_file=os.path.expanduser(backups.conf.get("backup", "keys-file")),
    )
    return ResticStore(backups.repo, folder, secret=secret, host=distro_name(this_disk()).value or socket.gethostname())


def _xdg(name: str, home: str, default: str) -> str:
    """A folder of the XDG specification with ours in it; a relative value does not count."""
    stated = os.environ.get(name, "")
    return os.path.join(stated if stated.startswith("/") else os.path.join(home, default), "wslcfg")


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
