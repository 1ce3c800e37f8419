"""Think: the shell scripts as they are placed: as they ship, with the mark that says whose they are."""

from __future__ import annotations

from wslcfg.inside.around import Around
from wslcfg.inside.draft import MARK, Draft, is_ours
from wslcfg.model.inside import LAUNCHER, SHIMS, WRAPPER

# Below DATA, by the name of the file that ships; the launcher reads `watcher` beside itself.
_LAUNCHER = {"watcher.sh": "watcher", "launcher.sh": LAUNCHER, "wrapper.sh": WRAPPER}
# Read by the launcher, no program itself.
_READ = "watcher"
_WHY = {
    "watcher.sh": "What the launcher leaves behind to tell who was killed.",
    "launcher.sh": "Starts a program in a cgroup of its own.",
    "wrapper.sh": "What settings of other programs point at: it runs the program whatever happens.",
}


def placed(text: str) -> str:
    """A script with the mark behind its first two lines: `#!` has to be the first, and scripts know each other by the second."""
    first, second, *rest = text.split("\n")
    return "\n".join([first, second, f"# {MARK}", *rest])


def add_launcher(draft: Draft, around: Around) -> None:
    """Place the launcher with what belongs to it, and wslcfg-run."""
    for name, target in _LAUNCHER.items():
        draft.place(
            f"{around.data}/{target}", placed(around.texts[name]), _WHY[name], mode=0o644 if target == _READ else 0o755, in_data=True
        )
    draft.place(run_path(around), placed(around.texts["run.sh"]), "Starts any program with a limit: wslcfg-run CMD.", mode=0o755)


def drop_launcher(draft: Draft, around: Around, *, needed: bool) -> None:
    """Take the launcher out; while a setting that could not be removed still names the wrapper (`needed`), a stub stays that only execs."""
    draft.take_out(run_path(around), "It goes.")
    wrapper = f"{around.data}/{WRAPPER}"
    if needed:
        draft.place(
            wrapper,
            placed(around.texts["stub.sh"]),
            "A setting still names it, and Claude Code does not start without it.",
            mode=0o755,
            in_data=True,
        )
    else:
        draft.take_out(wrapper, "It goes.", text=placed(around.texts["wrapper.sh"]))
    for name, target in _LAUNCHER.items():
        if target != WRAPPER:
            draft.take_out(f"{around.data}/{target}", "It goes.", text=placed(around.texts[name]))


def add_shims(draft: Draft, around: Around, programs: tuple[str, ...]) -> None:
    """Place a shim for each program, and take out those of programs that are not wanted any more."""
    folder = f"{around.data}/{SHIMS}"
    for name in programs:
        draft.place(
            f"{folder}/{name}",
            placed(around.texts["shim.sh"]),
            f"Stands for {name} and starts it through the launcher.",
            mode=0o755,
            in_data=True,
        )
    for name in draft.seen.names(folder):
        if name not in programs and is_ours(draft.read(f"{folder}/{name}")):
            draft.take_out(f"{folder}/{name}", f"{name} is not in the profile's programs.")


def drop_shims(draft: Draft, around: Around) -> None:
    """Take all shims out."""
    folder = f"{around.data}/{SHIMS}"
    for name in draft.seen.names(folder):
        draft.take_out(f"{folder}/{name}", "It goes.")


def programs_of(around: Around, shims: tuple[str, ...]) -> tuple[str, ...]:
    """Every path that must be executable; `shims` are the names in their folder."""
    data = (f"{around.data}/{target}" for target in _LAUNCHER.values() if target != _READ)
    return (*data, *(f"{around.data}/{SHIMS}/{name}" for name in shims), run_path(around))


def run_path(around: Around) -> str:
    """Where wslcfg-run lies."""
    return f"{around.home}/.local/bin/wslcfg-run"
