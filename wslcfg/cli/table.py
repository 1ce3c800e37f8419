"""The table of commands: name and one line of help, in the order of a person's journey. It needs nothing, so the help is instant."""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "setup": "The wizard: look at the machine, propose, show the diff, apply.",
    "demo": "The same journey on a practice laptop; touches nothing else.",
    "facts": "What was found: host, VM, distro, resident services.",
    "plan": "Propose and diff, write nothing.",
    "apply": "Carry a plan out: backup first, then write.",
    "confirm": "Keep what `apply --try` is trying.",
    "status": "Base, actual and target per setting; is a restart pending.",
    "restart": "Say what will stop, then restart WSL from the Windows side.",
    "verify": "After a restart: does the VM have what the file says.",
    "install": "Place the pieces inside the distro: launcher, backups.",
    "uninstall": "Take those pieces out again.",
    "history": "Generations: list, show, diff, prune.",
    "rollback": "Back to a generation, or one key of it.",
    "park": "Set the file aside: WSL starts on its defaults.",
    "get": "What a setting is now.",
    "set": "Set single settings, lossless.",
    "unset": "Remove single settings, lossless.",
    "lint": "What WSL will read from the file, and every mistake in it.",
    "explain": "A setting: meaning, default, range, what the file says.",
    "profile": "Profiles: list, show, check, save.",
    "sessions": "Agent sessions: list, show, resume, check, repair, backup, restore.",
    "oom": "Who was killed, why, and what would have prevented it.",
    "run": "Start a program in its own cgroup with a memory limit.",
    "upgrade": "A newer wslcfg for this distro, and its Windows files.",
    "schema": "The JSON Schema of a command's answer.",
    "completion": "Shell completion for bash, zsh, fish or PowerShell.",
}

# The flags that every command knows, before or after its name: spelling, metavar, help.
COMMON: tuple[tuple[str, str, str], ...] = (
    ("--json", "", "One JSON object on stdout."),
    ("--quiet -q", "", "Say only what is wrong."),
    ("--verbose -v", "", "Say more."),
    ("--color", "WHEN", "auto, always or never."),
    ("--no-input", "", "Never ask."),
    ("--machine", "DIR", "A recorded machine instead of this one."),
)


def front_page() -> str:
    """What `wslcfg --help` prints: usage, the common flags, the commands."""
    lines = [
        "Usage: wslcfg [OPTIONS] COMMAND [ARGS]...",
        "",
        "  Give WSL2 the right memory, and a way back.",
        "",
        "  Start with `wslcfg setup`; on a machine that is not WSL, try `wslcfg demo`.",
        "",
        "Options:",
    ]
    options = [(", ".join(reversed(names.split())) + (f" {metavar}" if metavar else ""), text) for names, metavar, text in COMMON]
    options += [("-V, --version", "Print the version."), ("-h, --help", "Show this page; `wslcfg COMMAND --help` shows a command's.")]
    wide = max(len(name) for name, _ in options)
    lines += [f"  {name:<{wide}}  {text}" for name, text in options]
    wide = max(map(len, COMMANDS))
    lines += ["", "Commands:", *(f"  {name:<{wide}}  {text}" for name, text in COMMANDS.items())]
    return "\n".join(lines) + "\n"
