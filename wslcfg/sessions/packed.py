"""Look: a session file's bytes, whether it lies plain or as Codex packs a rollout that rests for a week or more: `….jsonl.zst`, by zstd.

With the feature `local_thread_store_compression` Codex packs rollouts, reads both kinds, and takes the plain one where both lie. It unpacks one that goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import BinaryIO

from wslcfg.errors import Unreachable

SUFFIX = ".zst"
_PLAIN = -1


def is_packed(path: str) -> bool:
    """Whether a session's file is a packed one, by its name."""
    return path.endswith(SUFFIX)


def other(path: str) -> str:
    """The name that the same session has in the other kind: packed for plain, plain for packed."""
    return path.removesuffix(SUFFIX) if is_packed(path) else path + SUFFIX


def lies(path: str) -> bool:
    """Whether a session's file is there, in either kind."""
    return os.path.exists(path) or (os.path.basename(path).startswith("rollout-") and os.path.exists(other(path)))


@contextmanager
def opened(path: str, buffer: int = _PLAIN) -> Iterator[BinaryIO]:
    """A session's file as its plain bytes, to be read once through.

    Args:
        path: it. buffer: bytes that are read at once of a plain one.

    Raises:
        OSError: it cannot be opened. Unreachable: it is packed, and damaged, or this Python has no zstd.
    """
    if not is_packed(path):
        with open(path, "rb", buffer) as file:
            yield file
        return
    zstd = _zstd()
    if zstd is None:
        raise Unreachable(
            f"{path} is packed with zstd, which this Python cannot read.",
            "Install backports.zstd into wslcfg's environment (or use Python 3.14).",
            code="packed",
        )
    try:
        with zstd.ZstdFile(path, "rb") as file:
            yield file
    except (zstd.ZstdError, EOFError) as error:
        why = f"{path} cannot be unpacked: {error}."
        raise Unreachable(why, "`wslcfg sessions restore` brings back what was backed up.", code="damaged") from error


def head(path: str, most: int) -> bytes | None:
    """The first whole lines of a packed file, no more bytes than that; None where it cannot be unpacked."""
    try:
        with opened(path) as file:
            found = file.read(most)
    except (OSError, Unreachable):
        return None
    return found if len(found) < most else found[: found.rfind(b"\n") + 1]


def readable() -> bool:
    """Whether this Python can unpack."""
    return _zstd() is not None


def _zstd() -> ModuleType | None:
    from wslcfg.store.codec import ZSTD

    return ZSTD
