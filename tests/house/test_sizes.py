"""Files stay small enough to read in one go, and are named after what they hold."""

from __future__ import annotations

import ast

from tests.house.source import PACKAGE, ROOT, files, modules

WALL = 400  # lines; 300 is wanted
# Names that say nothing of what is inside, and so collect everything.
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "lib", "stuff", "tools", "base", "core", "manager"}


def test_no_file_is_over_the_wall() -> None:
    """A file of more than 400 lines holds two things."""
    found = []
    for path in files():
        if path.suffix == ".py" and (lines := path.read_text(encoding="utf-8").count("\n")) > WALL:
            found.append(f"{path.relative_to(ROOT)}: {lines} lines, the wall is {WALL}")
    assert not found, "\n".join(["split these:", *found])


def test_names_say_what_is_inside() -> None:
    """A helper lives where its noun lives."""
    found = [str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.stem in NAMELESS and "__pycache__" not in path.parts]
    assert not found, f"name these after what they hold: {found}"


def test_public_things_have_docstrings() -> None:
    """Every module, public class and public function says what it gives; ruff checks the rest of their form."""
    found = []
    for module in modules():
        if not ast.get_docstring(module.tree):
            found.append(module.place)
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                found.append(f"{module.place}:{node.lineno} {node.name}")
    assert not found, "\n".join(["no docstring:", *found])
