"""What the documents name is there, and what is there is named."""

from __future__ import annotations

import re

import pytest

from tests.house.source import ROOT
from wslcfg import __version__
from wslcfg.cli.table import COMMANDS

README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "ARCHITECTURE.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "profiles").glob("*.md")),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_documented(command: str) -> None:
    """Every command of the command line is shown as `wslcfg COMMAND` in the README or a page of docs."""
    shown = re.compile(rf"wslcfg {command}(?![a-z-])")
    assert any(shown.search(page.read_text(encoding="utf-8")) for page in DOCUMENTS if page.name != "CHANGELOG.md"), (
        f"no page shows `wslcfg {command}`"
    )


def test_pages_name_no_unknown_command() -> None:
    """A page that shows `wslcfg SOMETHING` shows a command that exists."""
    found = []
    for page in DOCUMENTS:
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            # In code only: in prose the word after the program's name is often a verb.
            for code in re.findall(r"`([^`]+)`", line) + re.findall(r"^ *(?:\$ )?(wslcfg .*)$", line):
                named = re.match(r"wslcfg ([a-z]+)\b", code)
                if named and named[1] not in COMMANDS:
                    found.append(f"{page.relative_to(ROOT)}:{number}: wslcfg {named[1]}")
    assert not found, "\n".join(["commands that do not exist:", *found])


def test_make_targets_exist() -> None:
    """Every `make TARGET` that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in DOCUMENTS:
        named = {
            name
            for code in re.findall(r"`[^`]*`|^ *\$?.*$", page.read_text(encoding="utf-8"), re.M)
            for name in re.findall(r"`make ([a-z-]+)|^ *(?:\$ )?make ([a-z-]+)", code)
        }
        missing = {first or second for first, second in named} - targets
        assert not missing, f"{page.relative_to(ROOT)} names make targets that do not exist: {sorted(missing)}"


def test_changelog_has_this_version() -> None:
    """A release without a note for its users is not one."""
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M), (
        f"CHANGELOG.md has no '## {__version__}'"
    )


def test_links_lead_somewhere() -> None:
    """Each relative link and picture of a page is a file of the project."""
    found = []
    for page in DOCUMENTS:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'(?:src|href)="([^"#]+)"', text):
            if "://" not in target and not (page.parent / target).exists():
                found.append(f"{page.relative_to(ROOT)}: {target}")
    assert not found, "\n".join(["links to nothing:", *found])


def test_exit_codes_are_documented() -> None:
    """Scripts rely on the exit codes: every one that an error class has stands in a page."""
    from wslcfg import errors

    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.WslcfgError)}
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCUMENTS)
    missing = [code for code in sorted(codes) if not re.search(rf"^\|\s*`?{code}`?\s*\|", pages, re.M)]
    assert not missing, f"no table row explains exit code {missing}"


def test_architecture_names_files_that_exist() -> None:
    """ARCHITECTURE.md is a picture of what stands: every file and folder it names is there."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:wslcfg|tests|profiles|docs|bench|\.ci)/[\w./-]*)`", text))
    assert len(named) > 10, "ARCHITECTURE.md names its files in backquotes, from the project's root"
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert not missing, f"ARCHITECTURE.md names what is not there: {missing}"


def test_architecture_names_every_room() -> None:
    """A reader finds every folder of the package in the picture."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "wslcfg").iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    assert rooms
    missing = [room for room in rooms if f"wslcfg/{room}/" not in text]
    assert not missing, f"ARCHITECTURE.md does not show {missing}"
