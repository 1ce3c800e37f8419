"""Look: starting Windows programs from inside WSL, through all that can stand between: binfmt, sockets, folders, time.

One `Interop` serves one look: it remembers which way worked, so that the ladder does not walk the dead ones again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wslcfg.host.port import Host, Ran
from wslcfg.machine import reading
from wslcfg.machine.mounts import Place
from wslcfg.model.late import late

SYSTEM32 = "Windows/System32"
POWERSHELL = f"{SYSTEM32}/WindowsPowerShell/v1.0/powershell.exe"
REG = f"{SYSTEM32}/reg.exe"
CMD = f"{SYSTEM32}/cmd.exe"
WSL = f"{SYSTEM32}/wsl.exe"

_BINFMT = "/proc/sys/fs/binfmt_misc"
_SOCKETS = "/run/WSL"
# What /init says when the session that owned a socket is gone: `ERROR: UtilConnectUnix:493: connect failed 111` (WSL#5065 and others).
_NO_SERVER = late(rb"UtilConnect|connect failed|UtilGetPpid", re.IGNORECASE)
# The second program that hangs says that interop itself does; each further one would cost its whole time-out again.
_PATIENCE = 2
# As the first step of the ladder: the first Windows program of a boot takes seconds where a virus scanner looks at it.
_CHECK_S = 10.0


def look_interop(host: Host, place: Place) -> str:
    """Whether Windows programs can be started: `ok`, `off` (switched off), `broken-binfmt` (`/init` still serves) or `no-server`.

    Judged by what is there, since the settings (`[interop] enabled` in wsl.conf, which a systemd unit can undo) do not tell.
    """
    if _switched_off(reading.text(host, "/etc/wsl.conf")):
        return "off"
    handlers = [said for name in ("WSLInterop", "WSLInterop-late") if (said := reading.text(host, f"{_BINFMT}/{name}"))]
    if handlers and not any(said.startswith("enabled") for said in handlers):
        # `echo 0 > …/WSLInterop` is how people switch interop off for good; what systemd breaks is removed, not disabled.
        return "off"
    if place.version == 2 and not _sockets(host) and reading.there(host, host.env("WSL_INTEROP") or "/nowhere") is None:
        return "no-server"
    return "ok" if handlers else "broken-binfmt"


class Interop:
    """A way to start programs of one Windows installation.

    Attributes:
        state: see `look_interop`. usable: whether a start can work at all. why: the reason when it cannot, as a clause.
    """

    def __init__(self, host: Host, place: Place) -> None:
        self._host = host
        self._point = place.system
        self._servers = _servers(host)
        self._hung = 0
        self.state = look_interop(host, place)
        # Where the handler is gone, /init is the interpreter that it would have named: `/init PATH PATH args` (WSL's init.cpp).
        self._through_init = self.state == "broken-binfmt"
        self.why = ""
        if self._point is None:
            self.why = "no Windows drive is mounted (automount.enabled=false?)"
        elif self.state == "off":
            self.why = "interop is switched off"
        elif self.state == "no-server":
            self.why = "the session has no interop server"

    @property
    def usable(self) -> bool:
        """Whether a Windows program can be started, as far as is known now."""
        return not self.why

    def run(self, program: str, arguments: Sequence[str], timeout_s: float) -> Ran:
        """Start `Windows/System32/reg.exe` and the like by absolute path, on the Windows drive, with nothing on stdin.

        Another way is tried only where the first could not start anything (handler gone, socket of a session that ended); a program that
        started and failed is an answer. `failure` is `unusable` when nothing was tried.
        """
        if self._point is None or not self.usable:
            return Ran(126, b"", self.why.encode(), "unusable")
        path = f"{self._point}/{program}"
        ran = self._once(path, arguments, timeout_s)
        if ran.failure == "not-executable" and not self._through_init:
            self._through_init = True
            ran = self._once(path, arguments, timeout_s)
            # Not the handler then, but this one program (blocked by Defender or AppLocker): the others go the straight way.
            self._through_init = ran.failure == ""
        while not ran.failure and ran.code != 0 and not ran.out.strip() and _NO_SERVER.search(ran.err):
            if len(self._servers) == 1:
                self.why = "no interop server answers"
                break
            self._servers.pop(0)
            ran = self._once(path, arguments, timeout_s)
        if ran.failure == "timeout":
            self._hung += 1
            if self._hung >= _PATIENCE:
                self.why = "Windows programs start and do not answer"
        return ran

    def start(self, program: str, arguments: Sequence[str], cwd: str) -> str:
        """Start a program that nobody waits for, on a folder of a Windows drive; '' or, as a clause, why it was not started.

        What is started so cannot say that nothing answered. So a program that ends at once (`cmd.exe /d /c exit 0`) finds the way first.
        Raises Unreachable on a recorded machine.
        """
        tried = self.run(CMD, ("/d", "/c", "exit", "0"), _CHECK_S)
        if tried.failure or tried.code != 0:
            return self.why or {"timeout": "cmd.exe does not answer", "missing": "there is no cmd.exe"}.get(tried.failure, "cmd.exe fails")
        path = f"{self._point}/{program}"
        start = ["/init", path, path] if self._through_init else [path]
        failure = self._host.start([*start, *arguments], cwd=cwd, env=self._servers[0])
        return f"{program.rsplit('/', 1)[1]} could not be started ({failure})" if failure else ""

    def _once(self, path: str, arguments: Sequence[str], timeout_s: float) -> Ran:
        start = ["/init", path, path] if self._through_init else [path]
        # On a Linux folder Windows would open \\wsl.localhost\…: cmd.exe complains in its language and starts take seconds (WSL#8472).
        return self._host.run([*start, *arguments], timeout_s=timeout_s, cwd=self._point, env=self._servers[0])


def _servers(host: Host) -> list[dict[str, str] | None]:
    """Which sockets to try, in order: the session's own (None), systemd's link, the newest of the others; three at most.

    cron, `sudo -i` and ssh have no WSL_INTEROP; tmux and screen may have that of a session which ended.
    """
    own = host.env("WSL_INTEROP")
    found = [path for path in _sockets(host) if path != own]
    first = f"{_SOCKETS}/1_interop"
    others = ([first] if first in found else []) + [path for path in found if path != first][:1]
    inherited: list[dict[str, str] | None] = [None] if own or not others else []
    return inherited + [{"WSL_INTEROP": path} for path in others]


def _sockets(host: Host) -> list[str]:
    """The interop sockets that are there, newest first."""
    dated = []
    for name in reading.names(host, _SOCKETS):
        if name.endswith("_interop"):
            stat = reading.there(host, f"{_SOCKETS}/{name}")
            if stat is not None:
                dated.append((stat.modified_at, f"{_SOCKETS}/{name}"))
    return [path for _, path in sorted(dated, reverse=True)]


def _switched_off(conf: str) -> bool:
    """Whether wsl.conf says `[interop] enabled=false`. A rough reading that serves to name the reason; the scanner is what counts elsewhere."""
    section = ""
    for line in conf.splitlines():
        header = re.match(r"[ \t]*\[(\w+)\]", line)
        if header:
            section = header[1].lower()
        elif section == "interop" and re.match(r'[ \t]*enabled[ \t]*=[ \t]*"?(false|0)\b', line, re.IGNORECASE):
            return True
    return False
