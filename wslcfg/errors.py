"""The errors a person can meet: one class per exit code of the contract, each with what happened and what to do.

Nothing here prints. The gate in `__main__` turns an error into two lines on stderr (or into `errors[0]` of the JSON
envelope) and its class's exit code.
"""

from __future__ import annotations


class WslcfgError(Exception):
    """An expected failure: `message` says what happened, `hint` says what to do, `code` is a stable word for scripts."""

    exit_code = 70
    code = "error"

    def __init__(self, message: str, hint: str, *, code: str | None = None, data: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code
        self.data = data or {}


class Usage(WslcfgError):
    """The command line does not make sense (exit 2)."""

    exit_code = 2
    code = "usage"


class Refused(WslcfgError):
    """Would lose data, an invalid value, a danger not accepted (exit 3)."""

    exit_code = 3
    code = "refused"


class Unreadable(WslcfgError):
    """A file, log or answer that is not understood (exit 4); `data["excerpt"]` holds the raw beginning where there is one."""

    exit_code = 4
    code = "unreadable"


class Unreachable(WslcfgError):
    """Not WSL, no interop, no permission, no space, time-out (exit 5)."""

    exit_code = 5
    code = "unreachable"


class Conflict(WslcfgError):
    """The file changed since it was read, or another wslcfg holds the lock (exit 6)."""

    exit_code = 6
    code = "conflict"


class NeedsTerminal(WslcfgError):
    """A question that nobody can answer here (exit 7); the hint names the flag that answers it."""

    exit_code = 7
    code = "needs-terminal"


class RolledBack(WslcfgError):
    """Applied, failed its check, rolled back (exit 8)."""

    exit_code = 8
    code = "rolled-back"


class Bug(WslcfgError):
    """wslcfg contradicts itself; nothing was written (exit 70, the gate writes a report file)."""

    exit_code = 70
    code = "bug"


class NotPrinted(Exception):
    """stdout does not take the answer (a full disk behind `>`); the text is the system's reason. The gate's own business."""
