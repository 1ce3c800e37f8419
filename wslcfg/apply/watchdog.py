"""Act: write settings under a watchdog on the Windows side, which restarts WSL and takes them back unless they are confirmed.

The order makes it safe: the watchdog is armed before anything is written, it does nothing before our word, and each end of a try is decided
by the rename of one file, which only one of us can do (see `trial`).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable

from wslcfg.apply.generations import Store
from wslcfg.apply.homes import Homes
from wslcfg.apply.lock import hold
from wslcfg.apply.rescue import resource
from wslcfg.apply.run import Applied, apply
from wslcfg.apply.trial import FOLDER, KEPT, OPEN, UNDONE, Times, Trial, latest, refuse_during, supersede
from wslcfg.apply.undone import take_in
from wslcfg.errors import Refused, RolledBack, Unreachable, WslcfgError
from wslcfg.host import atomic
from wslcfg.host.port import Host
from wslcfg.model.inside import record_line
from wslcfg.model.plan import FileChange, Plan
from wslcfg.model.record import NamedTuple
from wslcfg.plan.labels import LABELS

SCRIPT = "guard.cmd"

# As the issue has it; interop starts in well under a second, and a virus scanner that looks at the script takes some.
ARM_S = 10.0
# From our word to the restart; the watchdog looks every second.
GO_S = 10.0
_POLL_S = 0.05

# What stands in a file that cmd.exe reads, or on its command line: nothing that means something to it.
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/+@-]+")


class Setup(NamedTuple):
    """What the watchdog has to know.

    Attributes:
        distro, user: whom it asks for an answer, and who confirms. boot: the boot id of the VM that is ended.
        program: wslcfg as an absolute path in that distro; '' lets a login shell find it.
        times: how long it waits for what.
    """

    distro: str
    user: str
    boot: str
    program: str
    times: Times


def check_revertible(plan: Plan, homes: Homes, setup: Setup) -> FileChange:
    """The one change of a plan that Windows can take back alone. Raises Refused for anything else, Unreachable without a Windows side."""
    if homes.shared is None:
        raise Unreachable(
            "There is no Windows side that could take the settings back.",
            "Run this in WSL, with its Windows drive mounted.",
            code="no-windows",
        )
    others = [change.label for change in plan.files if not (change.shared and change.label == LABELS["wslconfig"])]
    if others or len(plan.files) != 1:
        raise Refused(
            f"A try can take back .wslconfig alone, and this plan also writes {' and '.join(others) or 'more'}.",
            "Apply that part first without --try, then try the rest.",
            code="not-revertible",
        )
    for what, word in (("distro", setup.distro), ("user", setup.user)):
        if not _PLAIN.fullmatch(word):
            raise Refused(f"The watchdog cannot ask for a {what} named '{word}'.", "Apply without --try.", code="not-revertible")
    return plan.files[0]


def begin(
    plan: Plan,
    host: Host,
    homes: Homes,
    setup: Setup,
    start: Callable[[str], None],
    *,
    command: str,
    accepted: frozenset[str] = frozenset(),
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Applied, Trial | None]:
    """Arm the watchdog, write the plan, let the watchdog go.

    Args:
        plan, host, homes, command, accepted: as for `apply.run.apply`.
        setup: what the watchdog has to know.
        start: starts a script, given as a path here, detached on the Windows side (see `apply.detached`).
        pause: waits so many seconds.

    Returns: what was written, and the try; None where there was nothing to do.

    Raises:
        Refused: not revertible (`not-revertible`), the watchdog did not arm (`not-armed`), or as `apply`; nothing is written then.
        Conflict: another try runs, or as `apply`. Unreachable: no Windows program can be started, or as `apply`; or (`watchdog-gone`) the
        file is written and nobody restarts WSL.
    """
    change = check_revertible(plan, homes, setup)
    refuse_during(homes, host.now())
    if not apply(plan, host, homes, command=command, accepted=accepted, dry_run=True).changed:
        return Applied(False, None, None, (), None, (), (), "none"), None
    nonce = os.urandom(6).hex()
    with hold(homes.local, homes.shared, distro=homes.distro, command=command):
        # Again, with the lock: two tries at once would arm two watchdogs.
        refuse_during(homes, host.now())
        notes = supersede(homes, host.now())
        folder = _lay_out(homes, setup, change, nonce)
        try:
            start(os.path.join(folder, f"guard-{nonce}.cmd"))
            _wait_armed(folder, nonce, pause)
        except BaseException:
            _stop(folder)
            raise
    try:
        done = apply(plan, host, homes, command=command, accepted=accepted, trying=nonce)
    except BaseException:
        _stop(folder)
        raise
    done = done._replace(notes=(*notes, *done.notes))
    try:
        _describe(folder, setup, change, nonce, done.generation)
        atomic.replace(os.path.join(folder, "go"), f"go {nonce}\r\n".encode())
    except WslcfgError as error:
        _stop(folder)
        raise _gone(done, error.message) from error
    trial = _wait_gone(homes, nonce, pause)
    if trial is None:
        _stop(folder)
        raise _gone(done, "the watchdog does not answer any more")
    return done, trial


def confirm(homes: Homes, host: Host, boot: str) -> Trial:
    """Keep what is tried, and call its generation good.

    Args:
        boot: the boot id of the VM that runs now.

    Raises:
        Refused: there is no try (`no-try`), or WSL was not restarted yet (`not-restarted`). RolledBack: the old file is back already.
    """
    trial = under_way(homes, boot)
    if trial.state != KEPT:
        try:
            os.rename(os.path.join(trial.folder, OPEN), os.path.join(trial.folder, KEPT))
        except FileNotFoundError:
            if not os.path.exists(os.path.join(trial.folder, KEPT)):
                raise _too_late(trial) from None
        except OSError as error:
            raise atomic.unreachable(error, trial.folder, "write the answer into") from error
    # Whoever holds the lock now does it, or the next command does.
    with contextlib.suppress(WslcfgError), hold(homes.local, homes.shared, distro=homes.distro, command="wslcfg confirm", wait_s=1.0):
        take_in(Store(homes), host)
    return trial._replace(state=KEPT)


def decline(homes: Homes, boot: str) -> Trial:
    """Tell the watchdog not to wait any longer: it puts the old file back now. Raises as `confirm`."""
    trial = under_way(homes, boot)
    if trial.state == KEPT:
        raise Refused("These settings were confirmed already.", "`wslcfg rollback` goes back.", code="no-try")
    atomic.replace(os.path.join(trial.folder, "no"), b"no\r\n")
    return trial


def under_way(homes: Homes, boot: str) -> Trial:
    """The try that can be answered now. Raises as `confirm`."""
    trial = latest(homes)
    if trial is None or trial.state in {"dropped", "superseded"}:
        raise Refused("There is no try that could be confirmed.", "`wslcfg apply --try MINUTES` begins one.", code="no-try")
    if trial.state == KEPT:
        return trial
    if os.path.exists(os.path.join(trial.folder, UNDONE)):
        raise _too_late(trial)
    if trial.boot and boot == trial.boot:
        raise Refused(
            "WSL was not restarted since the try began, so its settings are not in effect yet.",
            "Wait for the restart; the window that opens then asks.",
            code="not-restarted",
        )
    return trial


def _lay_out(homes: Homes, setup: Setup, change: FileChange, nonce: str) -> str:
    """Make the folder of a try, without those of earlier ones but the last; gives its path. Raises Unreachable."""
    top = os.path.join(str(homes.shared), FOLDER)
    folder = os.path.join(top, nonce)
    last = latest(homes)
    try:
        for name in os.listdir(top) if os.path.isdir(top) else ():
            if re.fullmatch(r"[0-9a-f]{12}", name) and (last is None or name != last.nonce):
                shutil.rmtree(os.path.join(top, name), ignore_errors=True)
        os.makedirs(folder)
    except OSError as error:
        raise atomic.unreachable(error, folder, "make") from error
    files = {"before": change.before, "after": change.after, OPEN: b"open\r\n", f"guard-{nonce}.cmd": resource(SCRIPT)}
    for name, data in files.items():
        if data is not None:
            atomic.replace(os.path.join(folder, name), data)
    _describe(folder, setup, change, nonce, None)
    return folder


def _describe(folder: str, setup: Setup, change: FileChange, nonce: str, generation: int | None) -> None:
    """Write try.txt, which guard.cmd reads when it starts, and we whenever we look. Raises Unreachable."""
    rows: dict[str, object] = {
        "nonce": nonce,
        "distro": setup.distro,
        "user": setup.user,
        "boot": setup.boot,
        # A path that cmd.exe would misread is left out: then a login shell finds the program.
        "program": setup.program if _PLAIN_PATH.fullmatch(setup.program) else "",
        "before": "null" if change.before is None else "before",
        "after": "null" if change.after is None else "after",
        "generation": "" if generation is None else generation,
        **setup.times._asdict(),
    }
    text = "".join(record_line(key, str(value)).replace("\n", "\r\n") for key, value in rows.items())
    atomic.replace(os.path.join(folder, "try.txt"), text.encode("ascii"))


def _wait_armed(folder: str, nonce: str, pause: Callable[[float], None]) -> None:
    """Wait for the watchdog's word. Raises Refused."""
    end = time.monotonic() + ARM_S
    while True:
        if _line(os.path.join(folder, "armed")) == f"armed {nonce}":
            return
        why = _line(os.path.join(folder, "refused"))
        if why or time.monotonic() >= end:
            said = (
                f"The watchdog on the Windows side cannot do its work: {why}." if why else "The watchdog on the Windows side did not start."
            )
            raise Refused(
                f"{said} Nothing was written.",
                "Apply without --try; what undoes it when WSL does not start is in the Start menu.",
                code="not-armed",
            )
        pause(_POLL_S)


def _wait_gone(homes: Homes, nonce: str, pause: Callable[[float], None]) -> Trial | None:
    """Wait until the watchdog has begun; None when it does not."""
    end = time.monotonic() + GO_S
    while time.monotonic() < end:
        trial = latest(homes)
        if trial is not None and trial.nonce == nonce and trial.state not in {"armed", "dropped"}:
            return trial
        pause(_POLL_S)
    return None


def _stop(folder: str) -> None:
    """Tell a watchdog that waits for our word that none will come; also one that starts only now."""
    with contextlib.suppress(WslcfgError):
        atomic.replace(os.path.join(folder, "stop"), b"stop\r\n")


def _gone(done: Applied, why: str) -> Unreachable:
    return Unreachable(
        f"The settings are written (generation {done.generation}), but WSL was not restarted and nobody would take them back: {why}.",
        "`wslcfg rollback` undoes it; else they take effect when WSL restarts (`wsl --shutdown` in PowerShell).",
        code="watchdog-gone",
        data={"generation": done.generation},
    )


def _too_late(trial: Trial) -> RolledBack:
    return RolledBack(
        "It is too late: the old .wslconfig is back, or just coming back.",
        "`wslcfg status` says how it stands; begin again with `wslcfg apply --try MINUTES`.",
        data={"generation": trial.generation},
    )


def _line(path: str) -> str:
    """The first line of a small file, '' where there is none."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""
