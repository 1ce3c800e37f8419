"""Make dist/wslcfg.pyz: wslcfg with everything it needs in one file, pure Python, for 3.10 and newer. `make dist` runs it.

Needs the wheel in dist/ and, for the dependencies, a package index. The same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from wslcfg.apply.rescue import LEADS_TO, shortcut

HERE = Path(__file__).parent
DIST = HERE.parent / "dist"

# Dependencies that are no pure Python, and what serves in their place.
COMPILED = {"backports-zstd": "zlib, which wslcfg falls back to", "msgspec": "release/msgspec.py"}
# typer draws its own help with these; wslcfg's is plain, and they are three quarters of the size.
UNUSED = ("rich", "pygments", "markdown_it", "mdurl")


def requirements(metadata: str) -> list[str]:
    """The run-time dependencies of a wheel's METADATA, those for older Pythons too, without the compiled ones."""
    found = []
    for line in metadata.splitlines():
        if line.startswith("Requires-Dist: ") and "extra ==" not in line:
            wanted = line.removeprefix("Requires-Dist: ").partition(";")[0].strip()
            if re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", wanted)[0]).lower() not in COMPILED:
                found.append(wanted)
    return found


def make(wheel: Path, target: Path) -> None:
    """Write the file; `wheel` is wslcfg's own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith("wslcfg/")]
            archive.extractall(folder, names)
            metadata = archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))).decode()
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--target", str(folder)]
        pure = ["--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.10", "--only-binary", ":all:"]
        subprocess.run([*pip, *pure, *requirements(metadata)], check=True)
        for name in UNUSED:
            shutil.rmtree(folder / name, ignore_errors=True)
        shutil.rmtree(folder / "bin", ignore_errors=True)
        shutil.copy(HERE / "msgspec.py", folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".so"))
        digest = hashlib.sha256()
        for path in files:
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
        start = (HERE / "run_pyz.py").read_text(encoding="utf-8").replace("@ID@", digest.hexdigest()[:16])
        fresh = target.with_suffix(".new")
        with open(fresh, "wb") as out:
            out.write(b"#!/usr/bin/env python3\n")
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                for name, data in [
                    ("__main__.py", start.encode()),
                    *((str(path.relative_to(folder)), path.read_bytes()) for path in files),
                ]:
                    info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                    info.external_attr = 0o644 << 16
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, data)
        fresh.chmod(0o755)
        fresh.replace(target)


if __name__ == "__main__":
    newest = max(DIST.glob("wslcfg-*.whl"), key=lambda path: path.stat().st_mtime)
    make(newest, DIST / "wslcfg.pyz")
    digest = hashlib.sha256((DIST / "wslcfg.pyz").read_bytes()).hexdigest()
    (DIST / "wslcfg.pyz.sha256").write_text(f"{digest}  wslcfg.pyz\n", encoding="ascii")
    # The Start menu's entry, which install.ps1 places where Windows has that menu.
    (DIST / "undo.lnk").write_bytes(shortcut(LEADS_TO))
