"""A bare Debian, made once, with overlays for each situation; and wslcfg.pyz, made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from release.make_pyz import make
from tests.house.source import ROOT

HERE = Path(__file__).parent


class Bare:
    """One situation: an overlay over the bare root, without network, with the source in /src and a home in /home/ana."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.base = base
        self.folder = folder
        for name in ("upper", "work", "root"):
            (folder / name).mkdir()
        self.upper = folder / "upper"

    def run(self, script: str, *, extra: Sequence[tuple[Path, str]] = ()) -> subprocess.CompletedProcess[str]:
        """Run a sh script as root in there; `extra` are files or folders of here, read-only at a place there."""
        mounts = [f'mount -t overlay overlay -o "lowerdir={self.base},upperdir={self.upper},workdir={self.folder}/work" root']
        for source, place in extra:
            made = "mkdir -p" if source.is_dir() else "touch"
            mounts.append(f'mkdir -p "root$(dirname {place})" && {made} "root{place}" && mount --bind "{source}" "root{place}"')
        mounts.append(
            'mount -t proc proc root/proc && mount --bind /dev root/dev && mkdir -p root/home/ana && exec chroot root sh -eu -c "$1"'
        )
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        argv = ["unshare", "--mount", "--net", "--fork", "sh", "-euc", "\n".join(mounts), "sh", script]
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def base() -> Path:
    """The bare root; skips with the reason where none can be made or mounted."""
    cache = Path(os.environ.get("BARE_CACHE") or HERE / "cache")
    built = subprocess.run(["sh", str(HERE / "build.sh"), str(cache)], capture_output=True, text=True, timeout=900, check=False)
    if built.returncode:
        pytest.skip(f"no bare Debian: {built.stderr.strip().splitlines()[-1] if built.stderr.strip() else built.returncode}")
    return cache / "root"


@pytest.fixture
def bare(base: Path, tmp_path: Path) -> Bare:
    """A bare Debian of its own for a test: python3 alone."""
    made = Bare(base, tmp_path)
    tried = made.run("true")
    if tried.returncode:
        pytest.skip(f"no overlay here: {tried.stderr.strip()}")
    return made


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """wslcfg.pyz of this tree."""
    folder = tmp_path_factory.mktemp("pyz")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(pip, check=True, capture_output=True, timeout=300)
    target = folder / "wslcfg.pyz"
    make(next(folder.glob("wslcfg-*.whl")), target)
    shutil.copy(ROOT / "install.sh", folder)
    yield target
