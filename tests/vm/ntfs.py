"""A drive C: that is NTFS, so that /mnt/c minds names as Windows does and knows neither modes nor owners of Linux."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vm.guest import CannotBuild


@contextmanager
def as_ntfs(folder: Path) -> Iterator[None]:
    """While it lasts the folder with all that is in it is an NTFS of its own; the VM sees it through 9p, as WSL does.

    Raises:
        CannotBuild: this machine cannot mount one.
    """
    if shutil.which("ntfs-3g") is None or shutil.which("mkntfs") is None:
        raise CannotBuild("ntfs-3g is not here (Debian package ntfs-3g)")
    image, aside = folder.with_suffix(".ntfs"), folder.with_suffix(".aside")
    with image.open("wb") as file:
        file.truncate(96 << 30)  # sparse, and with room for a swap file
    folder.rename(aside)
    folder.mkdir()
    for argv in (
        ["mkntfs", "--quiet", "--force", "--fast", str(image)],
        ["ntfs-3g", str(image), str(folder), "-o", "windows_names,uid=1000,gid=1000,umask=000"],
    ):
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise CannotBuild((done.stderr.strip().splitlines() or [f"{argv[0]} ended with {done.returncode}"])[-1])
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], timeout=60, check=False)
