"""The real Claude Code clients, from the npm registry by name, unpacked once into a cache that may be removed at any time."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("CLIENTLAB_CACHE") or Path(__file__).resolve().parent / "cache")
# The first version whose npm package is a native program; those before it are cli.js.
NATIVE = (2, 1, 113)
# 170 MB at a registry's slowest.
DOWNLOAD_S = 300


class NotHere(Exception):
    """The client cannot be had on this machine; the text says why."""


def client(version: str) -> Path:
    """The folder of a client with its program: `claude` (native) or `cli.js`. Raises NotHere."""
    home = CACHE / version
    if (home / "package").is_dir():
        return home / "package"
    if shutil.which("npm") is None:
        raise NotHere("npm is not here (Debian package npm)")
    package = "@anthropic-ai/claude-code"
    if tuple(map(int, version.split("."))) >= NATIVE:
        machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
        if machine is None:
            raise NotHere(f"there is no client {version} for {platform.machine()}")
        package += f"-linux-{machine}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "package").is_dir():
            _fetch(f"{package}@{version}", home)
    return home / "package"


def program(folder: Path) -> list[str]:
    """The command line that starts the client of this folder."""
    native = folder / "claude"
    if native.is_file():
        return [str(native)]
    node = shutil.which("node")
    if node is None:
        raise NotHere("node is not here (Debian package nodejs)")
    return [node, str(folder / "cli.js")]


def _fetch(package: str, home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".new-") as work:
        try:
            done = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=work, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotHere(f"npm pack {package} took longer than {DOWNLOAD_S} s") from error
        archives = list(Path(work).glob("*.tgz"))
        if done.returncode or not archives:
            raise NotHere(f"npm pack {package} failed: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(Path(work) / "new", filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(
                Path(work) / "new"
            )
        shutil.rmtree(home, ignore_errors=True)
        os.rename(Path(work) / "new", home)
