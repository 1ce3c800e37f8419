"""The package as syntax trees: what each module says of itself and what it imports. Read by the house tests."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "wslcfg"


@dataclass(frozen=True)
class Import:
    """One imported module, by its full name; `names` are what is taken from it.

    `typing_only` when it stands under TYPE_CHECKING, `late` when it stands in a function and so runs only when that is called.
    """

    module: str
    names: tuple[str, ...]
    line: int
    typing_only: bool
    late: bool


@dataclass(frozen=True)
class Module:
    """One file of the package. `name` is dotted; `room` its folder (`''` for the top); `word` the first word of its docstring without the colon."""

    name: str
    path: Path
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def room(self) -> str:
        """The folder under wslcfg that it lies in."""
        parts = self.path.relative_to(PACKAGE).parts
        return parts[0] if len(parts) > 1 else ""

    @property
    def word(self) -> str:
        """`Think`, `Look` or `Act` where the docstring begins with that word and a colon, else ''."""
        first = (ast.get_docstring(self.tree) or "").split(maxsplit=1)[:1]
        return first[0][:-1] if first and first[0] in ("Think:", "Look:", "Act:") else ""

    @property
    def place(self) -> str:
        """The path as a failure text names it."""
        return str(self.path.relative_to(ROOT))


def _imports(tree: ast.Module, inside: str) -> tuple[Import, ...]:
    typing_only = {
        id(below)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for below in ast.walk(statement)
    }
    late = {id(below) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for below in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        flags = (id(node) in typing_only, id(node) in late)
        if isinstance(node, ast.Import):
            found += [Import(alias.name, (), node.lineno, *flags) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(inside.split(".")[: -node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            found.append(Import(module, tuple(alias.name for alias in node.names), node.lineno, *flags))
    return tuple(found)


def parse(path: Path) -> Module:
    """One module of the package, read from disk."""
    inside = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return Module(inside.removesuffix(".__init__"), path, tree, _imports(tree, inside))


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file of the project, sorted: what git knows or would take; in a tree without git all but environments and caches."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0:
        found = [ROOT / name for name in os.fsdecode(done.stdout).split("\0") if name]
    else:
        skipped = ("__pycache__", "overlay", "cache")
        found = [path for path in ROOT.rglob("*") if not any(part.startswith(".venv") or part in skipped for part in path.parts)]
    return tuple(sorted(path for path in found if path.is_file()))


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every module of the package but the `__init__` files, sorted by name."""
    return tuple(parse(path) for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py")


@functools.cache
def by_name() -> dict[str, Module]:
    """The modules by their dotted names."""
    return {module.name: module for module in modules()}


def ours(module: Module) -> list[tuple[Module, Import]]:
    """The modules of the package that this one imports: `from wslcfg.model import size` counts as wslcfg.model.size."""
    known, found = by_name(), []
    for one in module.imports:
        if one.module.split(".")[0] != "wslcfg":
            continue
        targets = [f"{one.module}.{name}" for name in one.names if f"{one.module}.{name}" in known] or [one.module]
        found += [(known[target], one) for target in targets if target in known]
    return found
