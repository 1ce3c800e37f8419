"""Look: the kernel's log, from wherever it can be had: the journal of all boots, /dev/kmsg, dmesg, or a file of any shape."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from wslcfg.errors import Unreachable
from wslcfg.host.port import Host, Ran
from wslcfg.model.record import NamedTuple
from wslcfg.oom.unwrap import unwrapped

_PIECE = 1 << 20
# A journal of years is read in seconds; what takes longer hangs.
_JOURNAL_S = 120.0
_RING_S = 20.0
# What is used of a record; a whole one is a kilobyte.
_FIELDS = "MESSAGE,_TRANSPORT,SYSLOG_IDENTIFIER,_COMM,_PID,_HOSTNAME,_BOOT_ID,_SOURCE_MONOTONIC_TIMESTAMP,UNIT,USER_UNIT"
_JOURNAL = ("journalctl", "--no-pager", "--all", "--output=json", f"--output-fields={_FIELDS}")
# The kernel, and who speaks of its kills. `+` is journalctl's "or".
_SPEAKERS = (
    "_TRANSPORT=kernel",
    "+",
    "SYSLOG_IDENTIFIER=systemd",
    "+",
    "SYSLOG_IDENTIFIER=systemd-oomd",
    "+",
    "SYSLOG_IDENTIFIER=earlyoom",
)
# One read of /dev/kmsg is one record; without waiting it ends with the newest.
_KMSG = ("dd", "if=/dev/kmsg", "iflag=nonblock", "bs=16384", "status=none")
_DMESG = ("dmesg",)
_CGROUPS = "/sys/fs/cgroup"


class Failure(NamedTuple):
    """A source that could not be read, or not wholly: which, why, and which group or command would give it."""

    source: str
    why: str
    hint: str


class Log(NamedTuple):
    """What was found.

    Attributes:
        source: `journal`, `kmsg`, `dmesg` or a file's path.
        chunks: its text, to be read once.
        failures: sources that come before it and are closed, in the order they were tried.
    """

    source: str
    chunks: Iterable[bytes]
    failures: tuple[Failure, ...] = ()


class _Stream(Protocol):
    code: int
    err: bytes
    failure: str

    def __iter__(self) -> Iterator[bytes]:
        """Pieces of its stdout."""


def chunks_of(raw: bytes, notes: list[str] | None = None) -> Iterator[bytes]:
    """The text of a log that is at hand, unwrapped."""
    return unwrapped((raw[at : at + _PIECE] for at in range(0, len(raw), _PIECE)), notes)


def log_file(path: str, notes: list[str] | None = None) -> Iterator[bytes]:
    """The text of a log file, a piece at a time; `-` is standard input. A folder's files are read one after the other, as pstore's parts want it.

    `notes` as for `unwrapped`.

    Raises:
        Unreachable: it is not there or may not be read. Unreadable: as `unwrapped`.
    """
    if os.path.isdir(path):
        for name in sorted(os.listdir(path)):
            if os.path.isfile(os.path.join(path, name)):
                yield from log_file(os.path.join(path, name), notes)
                yield b"\n"
        return
    yield from unwrapped(_pieces(path), notes)


def _pieces(path: str) -> Iterator[bytes]:
    try:
        with open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-") as file:
            while piece := file.read(_PIECE):
                yield piece
    except FileNotFoundError:
        raise Unreachable(f"{path} is not there", "name a file with a kernel log, or - for standard input", code="no-log") from None
    except PermissionError:
        raise Unreachable(
            f"{path} may not be read", f"read it as root: sudo cat {path} | wslcfg oom --log -", code="no-permission"
        ) from None
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}", "name another file, or - for standard input", code="no-log") from None


def find(host: Host, *, since: str | None = None, boot: str | None = None) -> Log:
    """The kernel's log of this machine: the journal where it can be read, else the ring buffer.

    Args:
        host: the machine.
        since: a time as journalctl reads it (`2 days ago`); the ring buffer has no such choice.
        boot: a boot as journalctl names it (`-1`, an id).

    Raises:
        Unreachable: nothing can be read; says which group or command would help.
    """
    failures: list[Failure] = []
    wanted = [*_JOURNAL]
    if since:
        wanted.append(f"--since={since}")
    if boot is not None:
        wanted.append(f"--boot={boot}")
    for source, argv, timeout_s in (("journal", (*wanted, *_SPEAKERS), _JOURNAL_S), ("kmsg", _KMSG, _RING_S), ("dmesg", _DMESG, _RING_S)):
        if source != "journal" and boot not in (None, "0", "-0"):
            break
        chunks, failure = _begin(host, source, argv, timeout_s)
        if failure:
            failures.append(failure)
        if chunks is not None:
            return Log(source, chunks, tuple(failures))
    tried = "; ".join(f"{one.source}: {one.why}" for one in failures) or "no journal of that boot"
    hint = failures[0].hint if failures else "leave --boot out"
    raise Unreachable(
        f"the kernel's log cannot be read ({tried})", hint, code="no-permission", data={"tried": [one._asdict() for one in failures]}
    )


def _begin(host: Host, source: str, argv: Sequence[str], timeout_s: float) -> tuple[Iterable[bytes] | None, Failure | None]:
    """Start a source and look at its first piece: whether there is anything, and what it complains about."""
    stream = getattr(host, "stream", None)
    if stream is None:
        ran = host.run(argv, timeout_s=timeout_s)
        pieces: Iterator[bytes] = iter([ran.out] if ran.out else [])
        first = next(pieces, b"")
        ended = ran
    else:
        running: _Stream = stream(argv, timeout_s=timeout_s)
        pieces = iter(running)
        first = next(pieces, b"")
        ended = Ran(running.code, b"", running.err, running.failure)
    if not first.strip():
        return None, _failure(source, ended)
    return _whole(first, pieces), _partial(source, ended)


def _whole(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _failure(source: str, ran: Ran) -> Failure:
    said = ran.err.decode("utf-8", "replace").strip()
    if ran.failure == "missing":
        why = "the program is not installed"
    elif ran.failure == "timeout":
        why = "no answer in time"
    elif "ermission" in said or "not permitted" in said or "not seeing messages" in said:
        why = "no permission"
    else:
        why = said.splitlines()[0][:160] if said else "it is empty"
    return Failure(source, why, _hint(source, why))


def _hint(source: str, why: str) -> str:
    if why != "no permission" and source != "journal":
        return "read it as root: sudo dmesg | wslcfg oom --log -"
    if source == "journal":
        return (
            "members of the group systemd-journal (or adm) may read it: sudo usermod -aG systemd-journal $USER, then log in anew;"
            " or now: sudo journalctl -k -o json --no-pager | wslcfg oom --log -"
        )
    return "root may read it: sudo dmesg | wslcfg oom --log -; for everybody: sudo sysctl kernel.dmesg_restrict=0"


def _partial(source: str, ran: Ran) -> Failure | None:
    if b"not seeing messages from other users" not in ran.err:
        return None
    return Failure(source, "only your own messages are in it, not the kernel's", _hint(source, "no permission"))
