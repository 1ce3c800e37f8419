"""A bare Debian, made once, with overlays for each situation; an organisation's network around it; and wslcfg.pyz, made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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

    def run(
        self, script: str, *, extra: Sequence[tuple[Path, str]] = (), network: Organisation | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a sh script as root in there; `extra` are files or folders of here, at a place there. Without `network` there is none."""
        mounts = [f'mount -t overlay overlay -o "lowerdir={self.base},upperdir={self.upper},workdir={self.folder}/work" root']
        for source, place in extra:
            made = "mkdir -p" if source.is_dir() else "touch"
            mounts.append(f'mkdir -p "root$(dirname {place})" && {made} "root{place}" && mount --bind "{source}" "root{place}"')
        if network is not None:
            network.log.unlink(missing_ok=True)
            server = [sys.executable, str(HERE / "organisation.py"), str(network.wheels), str(network.pem), str(network.log), "$$"]
            mounts.append(" ".join(f'"{word}"' for word in server) + " </dev/null >/dev/null 2>&1 &")
            mounts.append(f'tries=0; until [ -s "{network.log}" ] || [ $tries -gt 300 ]; do tries=$((tries + 1)); sleep 0.1; done')
        mounts.append(
            'mount -t proc proc root/proc && mount --bind /dev root/dev && mkdir -p root/home/ana && exec chroot root sh -eu -c "$1"'
        )
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        argv = ["unshare", "--mount", "--net", "--pid", "--kill-child", "sh", "-euc", "\n".join(mounts), "sh", script]
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False)


class Organisation(NamedTuple):
    """A network as tests/bare/organisation.py serves it.

    Attributes:
        wheels: what its index has. pem: its certificate with the key. ca: its CA. world: somebody else's CA. log: what was asked.
    """

    wheels: Path
    pem: Path
    ca: Path
    world: Path
    log: Path

    def asked(self) -> list[str]:
        """A line each of the last run: `index PATH`, `proxy refused HOST`, `proxy HOST`."""
        return self.log.read_text().splitlines()[1:] if self.log.exists() else []


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
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip needs to make and install wslcfg for the bare Debian's Python 3.11, and uv, as wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    target = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "abi3", "--abi", "none"]
    platforms = [word for name in ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "any") for word in ("--platform", name)]
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"], "uv"]
    done = subprocess.run(
        [*pip, *target, *platforms, "--dest", str(folder), *wanted], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip(f"no package index to take wheels from: {done.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.fixture(scope="session")
def uv(wheels: Path) -> Path:
    """The program uv, out of its wheel."""
    with zipfile.ZipFile(next(wheels.glob("uv-*.whl"))) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        program = wheels.parent / "uv-program"
        program.write_bytes(archive.read(name))
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def old_python() -> Path:
    """The folder of a Python 3.10 of this machine, which is what Ubuntu 22.04 has."""
    found = Path(shutil.which("python3.10") or "/nowhere/shims/python3.10")
    # pyenv leaves a python3.10 on the PATH that works only when that version is switched on; its own folder has the real one.
    for program in (found, *found.parents[1].glob("versions/3.10.*/bin/python3.10")):
        ask = [str(program), "-c", "import ssl, sys, zlib; print(sys.base_prefix)"]
        said = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False) if program.exists() else None
        # Debian's own lies among everything else in /usr, and cannot be lent alone.
        if said is not None and said.returncode == 0 and said.stdout.strip() not in ("/usr", "/usr/local"):
            return Path(said.stdout.strip())
    pytest.skip("there is no Python 3.10 here that can be lent to a bare distro")


@pytest.fixture
def organisation(wheels: Path, tmp_path: Path) -> Organisation:
    """An organisation with a CA of its own, which has made the certificate of its package index."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here (Debian package openssl)")
    folder = tmp_path / "organisation"
    folder.mkdir()
    (folder / "names").write_text("subjectAltName=DNS:packages.corp\n")
    for line in (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=Corp"
        " -addext keyUsage=critical,keyCertSign",
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout world.key -out world.pem -days 30 -subj /CN=World",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pem -out csr -subj /CN=packages.corp",
        "x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out crt",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True, timeout=60)
    with (folder / "pem").open("ab") as file:
        file.write((folder / "crt").read_bytes())
    return Organisation(wheels, folder / "pem", folder / "ca.pem", folder / "world.pem", folder / "log")


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
