"""What must not be in the tree: other people's paths, unfinished work, files that a tool has mangled."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, files

# Files whose bytes are the point: captured answers, broken files, pictures.
MATERIAL = ("tests/machines/", "tests/data/", "wslcfg/demo_machines/", "docs/pictures/")
TEXT = {".py", ".md", ".toml", ".sh", ".yml", ".yaml", ".json", ""}

# A class of one letter keeps this list from finding itself. The host names are of package registries: packages are named, not located.
FORBIDDEN = {
    r"\bpy[p]i\.org|pythonh[o]sted|registry\.np[m]js|np[m]js\.com|crates\.i[o]\b|proxy\.golan[g]|deb\.debia[n]\.org|archive\.ubunt[u]\.com": "a package registry's host",
    r"(?<![\w.])/(?:wor[k]|roo[t])/": "a path of the machine that this was written on",
    r"/tmp/brie[f]|\bcl[a]ude\.ai\b": "a word about how this was written",
    r"-----BEGIN [A-Z ]*PRIVATE KE[Y]": "a private key",
}
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b|NotImplemente[d]|raise NotImpl[e]mented")


FILES = files()
LARGEST = 2_000_000  # bytes; the largest file that is meant is the list of WSL's own answers


def test_no_file_is_huge() -> None:
    """A disk image, a core dump or an archive that a tool has left does not become part of the project."""
    found = [f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes" for path in FILES if path.is_file() and path.stat().st_size > LARGEST]
    assert not found, "\n".join(["remove these or name them in .gitignore:", *found])


def _lines(path: Path) -> list[str]:
    # Another test may have made it for a moment; a huge one fails on its size.
    if not path.is_file() or path.stat().st_size > LARGEST:
        return []
    return path.read_bytes().decode("utf-8", "replace").splitlines()


@pytest.mark.parametrize(("pattern", "what"), FORBIDDEN.items(), ids=lambda value: None if "[" in value else value)
def test_nothing_of_elsewhere(pattern: str, what: str) -> None:
    """No file carries a registry's host, a path of the machine it was written on, or a key."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in FILES
        for number, line in enumerate(_lines(path), 1)
        if re.search(pattern, line)
    ]
    assert not found, "\n".join([f"{what}:", *found])


def test_nobodys_home() -> None:
    """No file carries the home folder of whoever runs this, nor the place of this checkout."""
    homes = {str(ROOT), pwd.getpwuid(os.getuid()).pw_dir} - {"/", ""}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number, line in enumerate(_lines(path), 1)
        if any(f"{home}/" in line for home in homes)
    ]
    assert not found, f"{sorted(homes)} in: {found}"


def test_nothing_is_unfinished() -> None:
    """What is in the package is done; what is not done is not in it."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in FILES
        if path.is_relative_to(ROOT / "wslcfg")
        for number, line in enumerate(_lines(path), 1)
        if UNFINISHED.search(line)
    ]
    assert not found, "\n".join(["unfinished:", *found])


def _is_material(path: Path) -> bool:
    place = path.relative_to(ROOT).as_posix()
    return place.startswith(MATERIAL) or "/files/" in place or path.suffix not in TEXT


def test_text_files_are_text() -> None:
    """Text is UTF-8 without a BOM, its lines end with LF, the last one too, and none ends with a space."""
    found = []
    for path in FILES:
        if _is_material(path) or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        raw = path.read_bytes()
        name = path.relative_to(ROOT)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            found.append(f"{name}: {error}")
            continue
        if text.startswith("\ufeff"):
            found.append(f"{name}: a BOM")
        if "\r" in text:
            found.append(f"{name}: CR")
        if text and not text.endswith("\n"):
            found.append(f"{name}: no newline at the end")
        found += [f"{name}:{number}: a space at the end" for number, line in enumerate(text.split("\n"), 1) if line != line.rstrip(" \t")]
    assert not found, "\n".join(found)


def test_scripts_are_scripts() -> None:
    """A file with a shebang can be executed, and what can be executed has one."""
    found = []
    for path in FILES:
        if _is_material(path) or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        shebang, executable = path.read_bytes().startswith(b"#!"), os.access(path, os.X_OK) and bool(path.stat().st_mode & 0o100)
        if shebang != executable:
            found.append(f"{path.relative_to(ROOT)}: {'has a shebang but no x bit' if shebang else 'has the x bit but no shebang'}")
    assert not found, "\n".join(found)
