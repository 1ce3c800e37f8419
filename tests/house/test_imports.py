"""Who may import whom. The picture is in ARCHITECTURE.md; a failure names the file, the line and the rule."""

from __future__ import annotations

import ast

import pytest

from tests.house.source import PACKAGE, ROOT, Module, modules, ours

ROOMS = ("apply", "inside", "launch", "machine", "oom", "plan", "profile", "sessions", "store", "wslconf")
NOT_ROOMS = ("", "cli", "host", "model", "ui")

# A think-file gives the same answer for the same arguments, on any machine, at any time.
IMPURE = {
    *(
        "os",
        "subprocess",
        "shutil",
        "tempfile",
        "time",
        "random",
        "secrets",
        "socket",
        "signal",
        "threading",
        "asyncio",
        "glob",
        "io",
        "sys",
    ),
    *("platform", "getpass", "pwd", "fcntl", "ctypes", "uuid", "logging", "typer", "rich", "questionary", "prompt_toolkit", "tomlkit"),
}
# Third-party packages and the only places that may know them.
OUTSIDERS = {
    "typer": ("wslcfg.cli.",),
    "click": (),
    "rich": ("wslcfg.ui.",),
    "questionary": ("wslcfg.ui.ask",),
    "prompt_toolkit": ("wslcfg.ui.ask",),
    "tomlkit": ("wslcfg.profile.save",),
    "msgspec": ("wslcfg.sessions.",),
    "configupdater": ("wslcfg.inside.ini",),
}
# Rooms that another room may know, and why.
BETWEEN_ROOMS = {
    ("plan", "wslconf"): "a plan is made of what the files say",
    ("plan", "profile"): "a plan is what a profile wants of a machine",
    ("profile", "wslconf"): "a profile is checked against the schema of the settings",
    ("apply", "wslconf"): "a rollback of one key is an edit",
    ("apply", "plan"): "whether a boot has the limits is judged as status judges it",
    ("launch", "machine"): "agents without a limit are found among the processes",
    ("apply", "machine"): "what must outlive the VM is started through interop",
    ("apply", "inside"): "of a file that is somebody else's a rollback takes back our part alone",
    ("inside", "launch"): "the settings file holds the launcher's limits",
    ("inside", "machine"): "what cannot be read is unknown, for the pieces too",
    ("inside", "wslconf"): "what root does at boot is a setting of wsl.conf",
    ("launch", "plan"): "the limits of a session are the sizing's formulas",
    ("launch", "profile"): "a profile's limit may be an expression",
    ("sessions", "store"): "a session that holds nothing comes back from the backup engine's versions",
}
# What a room may import within a function, and why.
LATE = {
    ("wslcfg.store.sqlite", "sqlite3"): "a tenth of a backup without news, and most homes have no database",
    ("wslcfg.store.rebuild", "sqlite3"): "the same, for a store that is whole",
    ("wslcfg.sessions.codexstate", "sqlite3"): "most homes have no database of Codex's",
    ("wslcfg.sessions.packed", "wslcfg.store.codec"): "most homes have no packed rollout, and a list starts without zstd",
    ("wslcfg.model.inside", "json"): "the launcher's start reads the settings file too, and has no use for a profile's list",
}
# The only places that know a concrete host. Commands may know a recorded one: the demo makes one, place asks where its writes lie.
COMPOSERS = {
    "wslcfg.host.real": ("wslcfg.__main__", "wslcfg.cli.shared"),
    "wslcfg.host.recorded": ("wslcfg.__main__", "wslcfg.cli."),
    "wslcfg.host.recorder": ("wslcfg.__main__", "wslcfg.cli."),
}


def _complaints(rule: str, found: list[str]) -> None:
    assert not found, f"{rule}\n" + "\n".join(f"  {one}" for one in found)


def test_every_module_is_in_a_known_room() -> None:
    """A new folder has to be placed in the picture before anything imports it."""
    _complaints("a folder that the picture does not know:", [one.place for one in modules() if one.room not in (*ROOMS, *NOT_ROOMS)])


@pytest.mark.parametrize("module", [one for one in modules() if one.room in (*ROOMS, "model")], ids=lambda one: one.name)
def test_a_module_says_what_it_is(module: Module) -> None:
    """Every file of a room begins with Think, Look or Act, so that a reader knows what it may do before reading it."""
    assert module.word, f"{module.place}: the docstring has to begin with 'Think:', 'Look:' or 'Act:'"


def test_think_files_are_pure() -> None:
    """A think-file touches nothing: no clock, no disk, no process, no terminal."""
    found = []
    for module in modules():
        if module.word != "Think":
            continue
        for one in module.imports:
            top = one.module.split(".")[0]
            pure_paths = top == "pathlib" and one.names and all(name.startswith("Pure") for name in one.names)
            if top in IMPURE or (top == "pathlib" and not pure_paths):
                found.append(f"{module.place}:{one.line} imports {one.module}")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                call = ast.unparse(node.func)
                if call in ("open", "print", "input", "exec", "eval", "__import__") or call in (
                    "datetime.now",
                    "datetime.utcnow",
                    "date.today",
                ):
                    found.append(f"{module.place}:{node.lineno} calls {call}()")
    _complaints("think-files are pure:", found)


def test_think_files_import_think_files() -> None:
    """What is pure stays pure only if all it stands on is pure too."""
    found = [
        f"{module.place}:{how.line} imports {other.name} ({other.word or other.room})"
        for module in modules()
        for other, how in ours(module)
        if module.word == "Think" and other.word != "Think" and other.name != "wslcfg.errors"
    ]
    _complaints("a think-file imports errors and other think-files only:", found)


def test_lower_floors_do_not_know_upper_ones() -> None:
    """The error family and the model know nothing of the rest, host knows only them, no room knows ui or cli."""
    below = {
        "": ("",),
        "model": ("", "model"),
        "host": ("", "model", "host"),
        "ui": ("", "model", "ui", *ROOMS),
        "cli": ("", "model", "host", "ui", "cli", *ROOMS),
    }
    found = [
        f"{module.place}:{how.line} imports {other.name}"
        for module in modules()
        for other, how in ours(module)
        if module.name != "wslcfg.__main__" and other.room not in below.get(module.room, ("", "model", "host", *ROOMS))
    ]
    _complaints("who may import whom (ARCHITECTURE.md):", found)


def test_ui_knows_only_thoughts() -> None:
    """Showing reads values; a look or an act from within ui would be a second way to the machine."""
    found = [
        f"{module.place}:{how.line} imports {other.name}"
        for module in modules()
        for other, how in ours(module)
        if module.room == "ui" and (other.word in ("Look", "Act") or other.room == "host")
    ]
    _complaints("ui imports model and think-files:", found)


def test_rooms_keep_to_themselves() -> None:
    """A room knows another one only where the table above says so, with its reason."""
    found, used = [], set()
    for module in modules():
        for other, how in ours(module):
            if module.room in ROOMS and other.room in ROOMS and module.room != other.room:
                used.add((module.room, other.room))
                if (module.room, other.room) not in BETWEEN_ROOMS:
                    found.append(f"{module.place}:{how.line} imports {other.name}")
    _complaints("a room imports no other room but for the listed pairs:", found)
    _complaints("a listed pair that nothing uses:", [" -> ".join(pair) for pair in BETWEEN_ROOMS if pair not in used])


def test_the_real_machine_is_chosen_in_one_place() -> None:
    """Rooms get a Host from their caller; only the composition root picks the real or a recorded one."""
    found = [
        f"{module.place}:{how.line} imports {other.name}, allowed in {', '.join(COMPOSERS[other.name])}"
        for module in modules()
        for other, how in ours(module)
        if other.name in COMPOSERS and not module.name.startswith(COMPOSERS[other.name]) and module.room != "host"
    ]
    _complaints("a concrete host is picked in the composition root:", found)


def test_rooms_import_at_the_top() -> None:
    """An import in a function hides what a module needs; only the borders (cli, host, ui) may put a slow one off until it is used."""
    found = [
        f"{module.place}:{one.line} imports {one.module}"
        for module in modules()
        for one in module.imports
        if one.late and module.room in (*ROOMS, "model") and (module.name, one.module) not in LATE
    ]
    _complaints("a room's imports stand at the top of the file:", found)


def test_outside_packages_have_one_door() -> None:
    """Each third-party package is known to one place, so that it can be replaced there and costs nothing elsewhere."""
    found = [
        f"{module.place}:{one.line} imports {one.module}"
        for module in modules()
        for one in module.imports
        if (doors := OUTSIDERS.get(one.module.split(".")[0])) is not None and not module.name.startswith(doors)
    ]
    _complaints(f"third-party packages and their doors {OUTSIDERS}:", found)


def test_init_files_are_empty() -> None:
    """A re-export costs imports at every start and hides the room; the package's own __init__ holds the version alone."""
    found = []
    for path in PACKAGE.rglob("__init__.py"):
        body = [ast.unparse(node) for node in ast.parse(path.read_text(encoding="utf-8")).body]
        rest = [text for text in body if not text.startswith(("'", '"'))]
        if path.parent == PACKAGE:
            rest = [text for text in rest if not text.startswith("__version__ = ")]
        found += [f"{path.relative_to(ROOT)} has: {text}" for text in rest]
    _complaints("__init__.py holds nothing:", found)


def test_no_cycles() -> None:
    """A cycle makes the order of imports matter and two modules one; imports for the type checker alone do not count.

    Nor do the doors of the command line, which open only when a command is called: the demo runs whole command lines.
    """
    edges = {
        module.name: sorted({other.name for other, how in ours(module) if not how.typing_only and not (how.late and module.room == "cli")})
        for module in modules()
    }
    state: dict[str, str] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if state.get(name) == "done":
            return
        assert name not in trail, "a cycle: " + " -> ".join([*trail[trail.index(name) :], name])
        for other in edges[name]:
            visit(other, (*trail, name))
        state[name] = "done"

    for name in edges:
        visit(name, ())
