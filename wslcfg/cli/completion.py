"""`wslcfg completion SHELL`: the script that makes a shell complete commands, settings and profiles."""

from __future__ import annotations

from typing import Any

from typer._completion_shared import get_completion_script

from wslcfg.errors import Usage
from wslcfg.model.result import Result

# Shell to where its script belongs, said to the person; every one of these is run for real in the tests.
SHELLS = {
    "bash": 'eval "$(wslcfg completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(wslcfg completion zsh)" in ~/.zshrc, below compinit',
    "fish": "wslcfg completion fish > ~/.config/fish/completions/wslcfg.fish",
    "powershell": "wslcfg completion powershell >> $PROFILE",
    "pwsh": "wslcfg completion pwsh >> $PROFILE",
}


def run_completion(shell: str) -> Result:
    """Print the completion script of a shell."""
    if shell not in SHELLS:
        raise Usage(f"There is no completion for '{shell}'.", f"Choose one of {', '.join(SHELLS)}.")
    script = get_completion_script(prog_name="wslcfg", complete_var="_WSLCFG_COMPLETE", shell=shell)
    if shell == "fish":
        script = script.replace(" --no-files", "")  # lint and --file take files
    data: dict[str, Any] = {"shell": shell, "script": script, "place": SHELLS[shell]}
    return Result(data, lambda: script)
