r"""Think: `C:\Users\ana` to `/mnt/c/Users/ana` and back, from the mount table alone. No interop, no `wslpath`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wslcfg.errors import Refused, Unreachable
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple

# What Windows forbids in a name; drvfs stores such characters from Linux as private-use code points that Windows programs do not read back.
_FORBIDDEN = late(r'[\\:*?"<>|\x00-\x1f]')
_DRIVE = late(r"[A-Za-z]:")
# `path=C:\;uid=1000;…` inside the options of a 9p mount (WSL's drvfs.cpp writes it there).
_PLAN9_PATH = late(r"(?:^|[,;])path=([^;,]*)")
# `drvfsC0` and, for an elevated session, `drvfsaC0` (WSL#14301); newer releases use a GUID, resolved through /run/wsl/virtiofs.
_VIRTIOFS_TAG = late(r"drvfsa?([A-Z])\d*")
_OCTAL = late(r"\\([0-7]{3})")


class Mount(NamedTuple):
    r"""One Windows folder seen from Linux: `windows` has no backslash at its end (`C:`, `C:\Program Files\Docker`), `linux` no slash (`/mnt/c`)."""

    windows: str
    linux: str

    @property
    def is_drive(self) -> bool:
        """Whether this is a whole drive and not a folder of one."""
        return _DRIVE.fullmatch(self.windows) is not None


def mounts(table: str, tags: Mapping[str, str] | None = None) -> tuple[Mount, ...]:
    r"""Read the Windows mounts out of /proc/mounts, in its order; a later mount hides an earlier one on the same point.

    Args:
        table: the text, lines like `C:\134 /mnt/c 9p rw,noatime,aname=drvfs;path=C:\;uid=1000 0 0` (WSL 2),
            `drvfsC0 /mnt/c virtiofs rw 0 0` (virtiofs), `C: /mnt/c drvfs rw 0 0` (WSL 1).
        tags: what virtiofs tags stand for, where it is known: GUID to Windows path.
    """
    found: dict[str, Mount] = {}
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 4 or fields[2] not in {"9p", "drvfs", "virtiofs"}:
            continue
        point = _unescape(fields[1])
        windows = _source(_unescape(fields[0]), point, fields[2], _unescape(fields[3]), tags or {})
        if windows:
            found.pop(point, None)
            found[point] = Mount(windows, point)
    return tuple(found.values())


def to_linux(path: str, mounted: Iterable[Mount]) -> str:
    r"""Translate `C:\Users\ana` into `/mnt/c/Users/ana`, by the mount that covers most of it; `/` serves as separator too.

    Raises:
        Refused: a network path (`\\server\share`) or one that does not begin with a drive.
        Unreachable: the drive is not mounted; the hint names the command that mounts it.
    """
    plain = path.replace("/", "\\").removeprefix("\\\\?\\")
    if plain.startswith("\\\\"):
        raise Refused(f"{path} is a network path.", "Use a path on a drive of this computer, such as C:\\wsl.", code="unc-path")
    if not _DRIVE.match(plain) or (len(plain) > 2 and plain[2] != "\\"):
        raise Refused(f"'{path}' is not an absolute Windows path.", "Write it with its drive, such as C:\\wsl.", code="bad-path")
    parts = [part for part in plain.split("\\") if part]
    wanted = [part.casefold() for part in parts]
    best: tuple[int, str] | None = None
    for mount in mounted:
        root = [part.casefold() for part in mount.windows.split("\\")]
        if wanted[: len(root)] == root and (best is None or len(root) >= best[0]):
            best = (len(root), mount.linux)
    if best is None:
        raise Unreachable(f"Drive {parts[0]} is not mounted in this distro.", f"Mount it: {mount_command(parts[0])}", code="not-mounted")
    return "/".join([best[1].rstrip("/"), *parts[best[0] :]]) or "/"


def to_windows(path: str, mounted: Iterable[Mount]) -> str:
    r"""Translate `/mnt/c/Users/ana` into `C:\Users\ana`, by the deepest mount above it.

    Raises:
        Refused: the path lies on no Windows drive, or holds a character that Windows has no name for.
    """
    best: Mount | None = None
    for mount in mounted:
        inside = path == mount.linux or path.startswith(mount.linux.rstrip("/") + "/")
        if inside and (best is None or len(mount.linux) >= len(best.linux)):
            best = mount
    if best is None:
        raise Refused(f"{path} lies on no Windows drive.", "Choose a folder below a mounted drive, such as /mnt/c.", code="bad-path")
    parts = [part for part in path[len(best.linux) :].split("/") if part]
    if any(_FORBIDDEN.search(part) for part in parts):
        raise Refused(f"{path} has a character that Windows does not allow in a name.", "Choose another name.", code="bad-path")
    return "\\".join([best.windows, *parts]) if parts or not best.is_drive else best.windows + "\\"


def mount_command(drive: str) -> str:
    """The command that mounts a drive where automount is off: `sudo mkdir -p /mnt/c && sudo mount -t drvfs C: /mnt/c`."""
    letter = drive[0]
    return f"sudo mkdir -p /mnt/{letter.lower()} && sudo mount -t drvfs {letter.upper()}: /mnt/{letter.lower()}"


def _source(source: str, point: str, kind: str, options: str, tags: Mapping[str, str]) -> str | None:
    """The Windows path that a mount shows, None where it is not one of Windows' (GPU drivers, a share, a virtual machine's own folder)."""
    if kind == "9p" and "aname=" in options and "aname=drvfs" not in options:
        return None
    candidates = [source, tags.get(source, "")]
    inside = _PLAN9_PATH.search(options)
    if inside:
        candidates.append(inside[1])
    tag = _VIRTIOFS_TAG.fullmatch(source) if kind == "virtiofs" else None
    if tag:
        candidates.append(f"{tag[1]}:")
    for candidate in candidates:
        if _DRIVE.match(candidate):
            return candidate[0].upper() + candidate[1:].rstrip("\\").replace("/", "\\")
    last = point.rsplit("/", 1)[-1]
    if kind == "virtiofs" and len(last) == 1 and last.isalpha() and last.isascii():
        # One device for all shares (WSL#41129): the source is the same for every drive, automount's folder name is what is left to tell them apart.
        return f"{last.upper()}:"
    return None


def _unescape(field: str) -> str:
    r"""Undo the kernel's octal escapes: `C:\134` is `C:\`, `\040` a space."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), field)
