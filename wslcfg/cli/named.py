"""Files that the command line names: read from this disk, or from the recorded machine that has them."""

from __future__ import annotations

import os

from wslcfg.errors import Unreachable, Unreadable
from wslcfg.host.port import Host

# A device such as /dev/zero has no end.
LARGEST = 32 << 20


def host_bytes(host: Host, file: str, machine: str) -> bytes | None:
    """The bytes of a file of the command line. On a recorded machine an absolute path is the machine's own when it has it.

    Raises:
        Unreadable: a folder, or more than a settings file ever holds. Unreachable: no permission.
    """
    if machine and file.startswith("/") and (found := host.read(file)) is not None:
        return found
    try:
        with open(os.path.expanduser(file), "rb") as stream:
            raw = stream.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        raise Unreadable(f"{file} is a folder.", "Name the file in it.", code="folder") from error
    except PermissionError as error:
        raise Unreachable(f"{file} cannot be read: permission denied.", "Run as a user who may read it.", code="permission") from error
    if len(raw) > LARGEST:
        raise Unreadable(f"{file} is larger than {LARGEST >> 20} MB.", "Name a settings file.", code="too-large")
    return raw
