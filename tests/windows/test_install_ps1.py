"""install.ps1, read by a PowerShell grammar and held to rules: it has never run here, so what can be known without running is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.house.source import ROOT

SCRIPT = ROOT / "install.ps1"

# Cmdlets that Windows PowerShell 5.1 has and that Constrained Language Mode leaves alone.
READING = {
    *("Write-Host", "Test-Path", "Get-ItemProperty", "Get-ChildItem", "ForEach-Object", "Where-Object", "Select-Object", "Read-Host"),
    *("Join-Path", "Out-Host", "Out-Null", "Get-Command", "Get-Content", "Get-FileHash", "Set-StrictMode"),
}
CHANGING = {"Invoke-WebRequest", "Copy-Item", "Unblock-File", "Remove-Item", "New-Item"}
NATIVE = {"wsl.exe", "whoami.exe", '"$rollback"'}
# Native calls that change something; the others only ask.
ACTS = ("--shutdown", '"$rollback" first')
SEVEN = {"ternary_expression", "null_coalesce_expression", "null_coalescing_expression"}


@pytest.fixture(scope="module")
def tree() -> Any:
    """The script's syntax tree."""
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_pwsh")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(SCRIPT.read_bytes()).root_node


def walk(node: Any) -> Iterator[Any]:
    """Every node below, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Any) -> str:
    """A node's text."""
    return str(node.text.decode())


def commands(tree: Any) -> list[tuple[str, Any]]:
    """(name, node) of every command."""
    found = []
    for node in walk(tree):
        if node.type == "command":
            words = text(node).split()
            found.append((words[1] if words[0] == "&" else words[0], node))
    return found


def test_it_parses(tree: Any) -> None:
    """No error, no missing sign, nothing that only PowerShell 7 knows, pure ASCII, and LF line ends as `irm | iex` gets them."""
    raw = SCRIPT.read_bytes()
    raw.decode("ascii")
    assert b"\r" not in raw
    assert not [node for node in walk(tree) if node.type == "ERROR" or node.is_missing]
    assert not [node for node in walk(tree) if node.type in SEVEN]
    assert not [node for node in walk(tree) if node.type in ("&&", "||", "??", "??=", "?.")]


def test_a_cut_file_does_nothing(tree: Any) -> None:
    """Everything is a function, but for one call on the last line: a download that was cut runs nothing."""
    outside = [
        node
        for node in walk(tree)
        if node.type == "command" and not _within(node, "function_statement") and not _within(node, "param_block")
    ]
    assert [text(node) for node in outside] == ["Start-WslcfgInstall -Path $PSCommandPath"]
    assert SCRIPT.read_text().rstrip().endswith("Start-WslcfgInstall -Path $PSCommandPath")


def _within(node: Any, kind: str) -> bool:
    while node is not None:
        if node.type == kind:
            return True
        node = node.parent
    return False


def test_only_known_commands(tree: Any) -> None:
    """Nothing that Constrained Language Mode forbids, and nothing that writes a settings file in an encoding of its own."""
    own = set(re.findall(r"^function ([A-Za-z-]+)", SCRIPT.read_text(), re.M))
    assert {name for name, _ in commands(tree)} == READING | CHANGING | NATIVE | own
    code = re.sub(r"<#.*?#>|^\s*#.*$", "", SCRIPT.read_text(), flags=re.S | re.M)
    assert not re.search(r"\]::|New-Object|Add-Type|Invoke-Expression|Set-Content|Out-File|Start-Process", code)
    # Both are constants of PowerShell: a variable of that name cannot be set.
    assert not re.search(r"\[string\]\$(Home|Host|PID|Error|Args|Input)\b", code, re.I)


def test_each_native_call_is_checked(tree: Any) -> None:
    """The exit code of each program is looked at in the next statement."""
    lines = SCRIPT.read_text().splitlines()
    for name, node in commands(tree):
        if name in NATIVE:
            assert "$LASTEXITCODE" in lines[node.end_point[0] + 1], f"line {node.end_point[0] + 1}: {text(node)}"


def test_each_change_asks_first(tree: Any) -> None:
    """-WhatIf and -Confirm work: before each change stands ShouldProcess, on one of the six lines above it."""
    lines = SCRIPT.read_text().splitlines()
    changes = [node for name, node in commands(tree) if name in CHANGING or (name in NATIVE and any(act in text(node) for act in ACTS))]
    assert len(changes) == 7
    for node in changes:
        row = node.start_point[0]
        assert any("ShouldProcess" in line for line in lines[max(0, row - 6) : row + 1]), f"line {row + 1}: {text(node)}"
        if text(node).startswith(("Copy-Item", "Unblock-File", "Remove-Item", "New-Item")):
            assert "-Confirm:$false" in text(node), "else it asks a second time"


def test_every_parameter_is_an_environment_variable_too() -> None:
    """`irm | iex` takes no parameters, so each can be set as WSLCFG_NAME."""
    block = re.search(r"^param\((.*?)^\)", SCRIPT.read_text(), re.S | re.M)
    assert block
    names = re.findall(r"\$([A-Z][A-Za-z0-9]+) =", block[1])
    assert names == ["Distro", "Source", "Sha256", "Uninstall", "NoWizard", "AllowRoot", "Yes", "Shutdown"]
    assert all(f"$env:WSLCFG_{name.upper()}" in block[1] for name in names)
    assert all(f".PARAMETER {name}\n" in SCRIPT.read_text() for name in names)


def test_every_way_out_has_its_exit_code(tree: Any) -> None:
    """Before each return of the two functions that decide stands a code, of those that the help names."""
    source = SCRIPT.read_text()
    listed = re.search(r"^Exit codes: (.*)$", source, re.M)
    assert listed
    named = set(re.findall(r"(?:^|, )(\d) ", listed[1]))
    lines = source.splitlines()
    ways = 0
    for function in (node for node in walk(tree) if node.type == "function_statement"):
        if not re.match(r"function (Install|Uninstall)-Wslcfg\b", text(function)):
            continue
        for row in range(function.start_point[0], function.end_point[0]):
            if re.search(r"\breturn\b", lines[row]):
                ways += 1
                # Uninstall-Wslcfg sets its own.
                assert re.search(r"WslcfgCode = \d|Uninstall-Wslcfg", "\n".join(lines[row - 2 : row + 1])), f"line {row + 1}"
    assert ways >= 15
    assert set(re.findall(r"WslcfgCode = (\d)", source)) | {"0", "1"} == named


def test_wsl_is_asked_nothing_that_it_answers_in_words(tree: Any) -> None:
    """What wsl.exe says is in the person's language: it runs programs of the distro and shuts down, and the registry knows the rest."""
    calls = [text(node) for name, node in commands(tree) if name == "wsl.exe"]
    assert len(calls) == 4
    assert all(re.match(r'& wsl\.exe (-d "\$name" --exec /bin/sh -c |--shutdown$)', call, re.I) for call in calls), calls
    assert "Lxss\\MSI" in SCRIPT.read_text()


def test_the_session_of_iex_is_left_as_it_was(tree: Any) -> None:
    """Variables of the environment that are set for wsl.exe are put back, whatever happens."""
    source = SCRIPT.read_text()
    names = {"WSL_UTF8", "WSLENV", "WSLCFG_HOME"}
    assert set(re.findall(r"\$env:([A-Z0-9_]+) = ", source)) == names
    restored = re.search(r"finally \{(.*)\}", source)
    assert restored and set(re.findall(r"\$env:([A-Z0-9_]+) = ", restored[1])) == names


def test_what_it_copies_is_what_make_dist_makes() -> None:
    """Each file that it looks for beside itself lies in dist/ after `make dist`."""
    wanted = set(re.findall(r"'([A-Za-z.0-9]+)'", re.search(r"foreach \(\$name in @\((.*?)\)\)", SCRIPT.read_text())[1]))  # type: ignore[index]
    made = set(re.findall(r"[A-Za-z.0-9]+\.(?:sh|cmd|txt)\b", re.search(r"^\tcp .*$", (ROOT / "Makefile").read_text(), re.M)[0]))  # type: ignore[index]
    made |= set(re.findall(r'DIST / "([^"]+)"', (ROOT / "release/make_pyz.py").read_text()))
    assert {"install.sh", "wslcfg.pyz", "undo.lnk"} <= wanted <= made
