#!/usr/bin/env python3
"""Unpack the ELF kernel out of a bzImage, so that qemu boots it without a decompressor; `--release TEXT` gives it another name.

The name is rewritten in the kernel's own `init_uts_ns` (an array of 65 bytes): uname, /proc/version and /proc/sys/kernel/osrelease all say it.
Modules are matched by another string and still load.
"""

from __future__ import annotations

import argparse
import lzma
import re
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path


def _piped(*argv: str) -> Callable[[bytes], bytes]:
    return lambda packed: subprocess.run(argv, input=packed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


PACKERS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\xfd7zXZ\0", lambda packed: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(packed)),
    (b"\x1f\x8b\x08", lambda packed: zlib.decompressobj(31).decompress(packed)),
    (b"\x28\xb5\x2f\xfd", _piped("zstd", "-dqc")),
)


def unpack(image: bytes) -> bytes | None:
    """The ELF file inside a bzImage, None when there is none that we can unpack."""
    for magic, fn in PACKERS:
        at = image.find(magic)
        while at != -1:
            try:
                found = fn(image[at:])
            except (lzma.LZMAError, zlib.error):
                found = b""
            if found.startswith(b"\x7fELF"):
                return found
            at = image.find(magic, at + 1)
    return None


def rename(kernel: bytes, release: str) -> bytes:
    """The same kernel with another release. `struct new_utsname`: sysname, nodename, release, 65 bytes each."""
    changed = bytearray(kernel)
    found = list(re.finditer(rb"Linux\0{60}\(none\)\0{59}", kernel))
    if not found:
        raise SystemExit("make_vmlinux: this kernel has no init_uts_ns that we know")
    for match in found:
        changed[match.end() : match.end() + 65] = release.encode().ljust(65, b"\0")
    return bytes(changed)


def main() -> None:
    """Read the bzImage, write the ELF."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release")
    parser.add_argument("image", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    kernel = unpack(given.image.read_bytes())
    if kernel is None:
        raise SystemExit(f"make_vmlinux: no kernel in {given.image} that can be unpacked")
    given.out.write_bytes(rename(kernel, given.release) if given.release else kernel)


if __name__ == "__main__":
    main()
