"""Think: our lines in the start files of a person's shells: the shim folder first on PATH, and the hint of what happened since.

Which file a shell reads when (bash(1) INVOCATION, zsh(1) STARTUP/SHUTDOWN FILES, fish(1) CONFIGURATION):
    bash   login: ~/.bash_profile, else ~/.bash_login, else ~/.profile · interactive: ~/.bashrc · run by sshd: ~/.bashrc
    zsh    always ~/.zshenv · login ~/.zprofile · interactive ~/.zshrc
    fish   always conf.d/*.fish, before config.fish

A later line of the person's that puts ~/.local/bin first must not win, so ours stand at the end; where ~/.bashrc returns early in a shell
without a person, a second block stands before that. For the same reason fish has ours in config.fish as well, where there is one.
"""

from __future__ import annotations

import re
import shlex

from wslcfg.errors import WslcfgError
from wslcfg.inside.around import Around
from wslcfg.inside.draft import MARK, Draft
from wslcfg.inside.marked import with_block
from wslcfg.inside.part import BLOCKS, EARLY
from wslcfg.model.inside import LAUNCHER, SHIMS

PATH_BLOCK, HINT_BLOCK = "shims", "hint"
_EARLY_BLOCK = PATH_BLOCK + EARLY
# `[ -z "$PS1" ] && return`, `case $- in *i*) ;; *) return;; esac`, `[[ $- != *i* ]] && return`
_RETURNS = re.compile(rb"^[^#\n]*\breturn\b", re.MULTILINE)
# `alias claude="$HOME/.claude/local/claude"`, in fish with a blank too; one that names the program alone is looked up on PATH as ever.
_ALIAS = re.compile(rb"""^[ \t]*alias[ \t]+(?P<name>[A-Za-z0-9_-]+)(?:=|[ \t]+)["']?[^ \t"'\n=]*/[^ \t"'\n/]+""", re.MULTILINE)
_PATH_WHY = "claude and codex are found in the shim folder before anywhere else."
_HINT_WHY = "A new terminal says once what was killed, and when backups are missing; it is silent otherwise."


def add_path(draft: Draft, around: Around) -> None:
    """Put the shim folder first on PATH in every shell of the person."""
    folder = f"{around.data}/{SHIMS}"
    body = path_lines(folder)
    for path in _files(draft, around, "bash"):
        _edit(draft, path, PATH_BLOCK, body, _PATH_WHY)
    bashrc = around.home + "/.bashrc"
    if "bash" in around.shells and all(left.path != bashrc for left in draft.left) and _RETURNS.search(_theirs(draft, bashrc)):
        _edit(draft, bashrc, _EARLY_BLOCK, body, _PATH_WHY, top=True)
    for path in _files(draft, around, "zsh"):
        _edit(draft, path, PATH_BLOCK, body, _PATH_WHY)
    if "fish" in around.shells:
        draft.place(_fish(around, "shims"), f"# {MARK}\n{fish_lines(folder)}", _PATH_WHY)
        if _there(draft, _fish_config(around)):
            _edit(draft, _fish_config(around), PATH_BLOCK, fish_lines(folder), _PATH_WHY)


def past_the_shims(draft: Draft, around: Around, programs: tuple[str, ...]) -> tuple[str, ...]:
    """A sentence for each alias in a start file that names a program by its path, so that no shim is asked."""
    found = []
    for path in (*_all(around, (around.zsh,)), f"{around.home}/.bash_aliases"):
        try:
            raw = draft.read(path) or b""
        except WslcfgError:
            continue
        for match in _ALIAS.finditer(raw):
            name = match["name"].decode("ascii", "replace")
            if name in programs:
                line = raw[: match.start()].count(b"\n") + 1
                found.append(
                    f"{path} has an alias in line {line} that starts {name} by its path, past the shim: it has no memory limit there. "
                    "Take the alias out, or let it name the program alone."
                )
    return tuple(found)


def drop_path(draft: Draft, around: Around, zsh: tuple[str, ...]) -> None:
    """Take the shim folder off PATH again, in whatever shell it is; `zsh` are the folders in which zsh's start files may lie."""
    for path in _all(around, zsh):
        for name in (PATH_BLOCK, _EARLY_BLOCK):
            _edit(draft, path, name, None, "The shim folder goes.")
    draft.take_out(_fish(around, "shims"), "The shim folder goes.")


def add_hint(draft: Draft, around: Around) -> None:
    """Let a new terminal ask the launcher whether there is something to say."""
    launcher = shlex.quote(f"{around.data}/{LAUNCHER}")
    body = f'case $- in *i*)\n  if [ -z "${{WSLCFG_LOOKING-}}" ] && [ -x {launcher} ]; then {launcher} --hint; fi\nesac\n'
    if "bash" in around.shells:
        _edit(draft, around.home + "/.bashrc", HINT_BLOCK, body, _HINT_WHY)
    if "zsh" in around.shells:
        _edit(draft, around.zsh + "/.zshrc", HINT_BLOCK, body, _HINT_WHY)
    if "fish" in around.shells:
        quoted = _fish_quoted(f"{around.data}/{LAUNCHER}")
        text = f"# {MARK}\nif status is-interactive; and not set -q WSLCFG_LOOKING; and test -x {quoted}\n    {quoted} --hint\nend\n"
        draft.place(_fish(around, "hint"), text, _HINT_WHY)


def drop_hint(draft: Draft, around: Around, zsh: tuple[str, ...]) -> None:
    """Take the hint out again; `zsh` as for `drop_path`."""
    for path in _all(around, zsh):
        _edit(draft, path, HINT_BLOCK, None, "The hint goes.")
    draft.take_out(_fish(around, "hint"), "The hint goes.")


def path_lines(folder: str) -> str:
    """For POSIX shells: the folder first on PATH, once however often shells start in each other; silent and without a process."""
    quoted = shlex.quote(folder)
    return f'if [ -d {quoted} ]; then\n  case ":$PATH:" in\n    :{quoted}:*) ;;\n    *) PATH={quoted}:$PATH && export PATH ;;\n  esac\nfi\n'


def fish_lines(folder: str) -> str:
    """For fish: first, without a change of the variables that it keeps for good."""
    quoted = _fish_quoted(folder)
    return f"if test -d {quoted}\n    set -gx PATH {quoted} (string match --invert -- {quoted} $PATH)\nend\n"


def _files(draft: Draft, around: Around, shell: str) -> tuple[str, ...]:
    """The start files that get the path lines."""
    if shell not in around.shells:
        return ()
    if shell == "zsh":
        login = f"{around.zsh}/.zprofile"
        return (f"{around.zsh}/.zshenv", *((login,) if _there(draft, login) else ()), f"{around.zsh}/.zshrc")
    login = next((path for path in _bash_logins(around) if _there(draft, path)), f"{around.home}/.profile")
    return (login, f"{around.home}/.bashrc")


def _bash_logins(around: Around) -> tuple[str, ...]:
    return tuple(f"{around.home}/{name}" for name in (".bash_profile", ".bash_login", ".profile"))


def _all(around: Around, zsh: tuple[str, ...]) -> tuple[str, ...]:
    return (
        *_bash_logins(around),
        f"{around.home}/.bashrc",
        *(f"{folder}/{name}" for folder in zsh for name in (".zshenv", ".zprofile", ".zshrc")),
        _fish_config(around),
    )


def _fish(around: Around, name: str) -> str:
    return f"{around.xdg_config}/fish/conf.d/wslcfg-{name}.fish"


def _fish_config(around: Around) -> str:
    return f"{around.xdg_config}/fish/config.fish"


def _theirs(draft: Draft, path: str) -> bytes:
    """A file without our blocks."""
    raw = draft.read(path)
    for name in (_EARLY_BLOCK, PATH_BLOCK, HINT_BLOCK):
        raw = with_block(raw, name, None)
    return raw or b""


def _edit(draft: Draft, path: str, name: str, body: str | None, why: str, *, top: bool = False) -> None:
    """Each file on its own: one that is odd is left, and keeps none of the others back."""
    if any(left.path == path for left in draft.left):
        return

    def step() -> None:
        before = draft.read(path)
        after = with_block(before, name, body, top=top)
        if after != before:
            draft.set(path, after, why, mode=0o644 if before is None else None, part=BLOCKS)

    draft.attempt(path, step)


def _there(draft: Draft, path: str) -> bool:
    """Whether a file is there; one that cannot be read is."""
    try:
        return draft.read(path) is not None
    except WslcfgError:
        return True


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
