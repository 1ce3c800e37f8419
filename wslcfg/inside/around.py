"""Think: what the pieces have to know of the distro they are placed in, as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wslcfg.model.record import NamedTuple


class Around(NamedTuple):
    """The distro as the pieces see it. Paths are absolute, '' where there is none.

    Attributes:
        home, uid, user, distro: of the person.
        data, state, config: DATA, STATE and the folder of CONF (`wslcfg.model.inside`).
        xdg_config: `$XDG_CONFIG_HOME`; systemd's and fish's files lie below it. zsh: the folder of zsh's start files.
        claude, vscode: the settings files; '' where neither the program nor its folder is here.
        program: wslcfg itself, for what runs without a person; '' where it is not installed as a program.
        environment: variables of the person that what runs in the background needs as well.
        shells: `bash`, `zsh`, `fish`, those that this person has start files of or logs in with.
        systemd: whether pid 1 is systemd. manager: whether the person's own systemd answers.
        cron: `running`, `installed` or `absent`. crontab: whether the program `crontab` is here.
        init_scope: whether terminals sit in init.scope. layout: of cgroups, as `VmFacts.cgroup_layout`, '' where unknown.
        local: `%LOCALAPPDATA%` as this Linux sees it. local_windows: the same as Windows writes it.
        root: whether this is root already. texts: the scripts that ship, by file name.
    """

    home: str
    uid: int
    user: str
    distro: str
    data: str
    state: str
    config: str
    xdg_config: str
    zsh: str
    claude: str
    vscode: str
    program: str
    environment: tuple[tuple[str, str], ...]
    shells: tuple[str, ...]
    systemd: bool
    manager: bool
    cron: str
    crontab: bool
    init_scope: bool
    layout: str
    local: str
    local_windows: str
    root: bool
    texts: Mapping[str, str]

    @property
    def conf(self) -> str:
        """Where CONF lies."""
        return f"{self.config}/inside.conf"

    @property
    def units(self) -> str:
        """Where the person's systemd units lie."""
        return f"{self.xdg_config}/systemd/user"

    @property
    def mirror(self) -> str:
        r"""Where the mirror lies unless the person says otherwise: `%LOCALAPPDATA%\wslcfg\session-backups\DISTRO`."""
        return f"{self.local}/wslcfg/session-backups/{self.distro}" if self.local else ""


class Seen(NamedTuple):
    """How think-files read what is there.

    Attributes:
        read: the bytes of a file, None where it is not there; raises Unreachable. mode: its permission bits. names: what lies in a folder.
        last: what we wrote to a file last, None where history does not know.
    """

    read: Callable[[str], bytes | None]
    mode: Callable[[str], int | None]
    names: Callable[[str], tuple[str, ...]]
    last: Callable[[str], bytes | None]
