"""Look: what `claude` is in a fresh shell of the person, asked of the shells themselves. Each runs the person's start files, so each has a time-out."""

from __future__ import annotations

from wslcfg.host.port import Host, Ran
from wslcfg.inside.around import Around
from wslcfg.machine import reading
from wslcfg.model.inside import SHIMS
from wslcfg.model.record import NamedTuple

# As WSL gives it to a shell before any start file (login(1), /etc/environment of Debian and Ubuntu).
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MARK = "wslcfg-found:"
_TIMEOUT_S = 5.0
_HOW = (("interactive", "-ic"), ("login", "-lc"), ("non-interactive", "-c"))


class Resolved(NamedTuple):
    """What a program is in one kind of shell.

    Attributes:
        shell, how: `bash` and `interactive`, `login` or `non-interactive`. path: what it would start, None for nothing.
        shim: whether that is ours. why: why it is not known, '' otherwise.
    """

    shell: str
    how: str
    path: str | None
    shim: bool
    why: str = ""


def resolve(host: Host, around: Around, program: str = "claude") -> tuple[Resolved, ...]:
    """Ask each of the person's shells, in each way it is started. The hint of the login is kept silent, so that it is not taken for read."""
    found = []
    for shell in around.shells:
        if not any(reading.there(host, f"{folder}/{shell}") for folder in ("/usr/bin", "/bin", "/usr/local/bin")):
            continue
        for how, flag in _HOW:
            env = {"HOME": around.home, "USER": around.user, "PATH": _PATH, "TERM": "dumb", "WSLCFG_LOOKING": "1", "LC_ALL": "C.UTF-8"}
            ask = f'printf "\\n%s%s\\n" {_MARK} "$(command -v {program})"'
            if shell == "fish":
                ask = f'printf "\\n%s%s\\n" {_MARK} (command -v {program}; or echo)'
            argv = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), shell, flag, ask]
            found.append(_answer(shell, how, host.run(argv, timeout_s=_TIMEOUT_S, cwd="/"), around))
    return tuple(found)


def _answer(shell: str, how: str, ran: Ran, around: Around) -> Resolved:
    said = next((line for line in reversed(ran.out.decode("utf-8", "replace").splitlines()) if line.startswith(_MARK)), None)
    if said is None:
        return Resolved(shell, how, None, False, "it did not answer in time" if ran.failure == "timeout" else "it gave no answer")
    path = said.removeprefix(_MARK).strip() or None
    return Resolved(shell, how, path, path is not None and path.startswith(f"{around.data}/{SHIMS}/"))
