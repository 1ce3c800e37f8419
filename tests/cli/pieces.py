"""A person's home with the files that the pieces touch, for the tests of `install` and `uninstall`."""

from __future__ import annotations

import subprocess
from pathlib import Path

BASHRC = b'# mine\ncase $- in\n  *i*) ;;\n  *) return ;;\nesac\nalias ll="ls -l"\nexport PATH="$HOME/.local/bin:$PATH"'
PROFILE = b'if [ -n "$BASH_VERSION" ]; then . "$HOME/.bashrc"; fi\nPATH="$HOME/.local/bin:$PATH"\n'
SETTINGS = b'{\r\n\t"model": "opus", \r\n\t"env": {\r\n\t\t"A": "b"\r\n\t}\r\n}'
MACHINE = b'// of this machine\n{\n    // keep\n    "editor.fontSize": 13, // big\n}\n'


# As Debian's, which tests/host holds us against, but on a file.
CRONTAB = """#!/bin/sh
case $1 in
    -l) cat "$CRONTAB_FILE" 2>/dev/null || { echo "no crontab for ana" >&2; exit 1; } ;;
    -r) rm "$CRONTAB_FILE" ;;
    -)
        cat >"$CRONTAB_FILE.new"
        case $(tail -c 1 "$CRONTAB_FILE.new" | od -An -tx1) in
            *0a*) mv "$CRONTAB_FILE.new" "$CRONTAB_FILE" ;;
            *) echo "new crontab file is missing newline before EOF, can't install." >&2; exit 1 ;;
        esac
        ;;
esac
"""
MINE = b'MAILTO=""\n# mine, 50 %\n0 4 * * * /home/ana/clean\n'


class Home:
    """A person's home folder with the files that the pieces touch, and a program `claude` that says which one it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / ".local/share/wslcfg/inside"
        self.conf = path / ".config/wslcfg/inside.conf"
        self.settings = path / ".claude/settings.json"
        self.crontab = path / "crontab"
        for name, content in ((".bashrc", BASHRC), (".profile", PROFILE), (".claude/settings.json", SETTINGS)):
            self.write(name, content)
        self.write(".vscode-server/data/Machine/settings.json", MACHINE)
        self.write(".zshrc", b"path=(~/.local/bin $path)\n")
        self.write(".config/fish/config.fish", b"fish_add_path ~/.local/bin\n")
        for program in ("wslcfg", "claude"):
            self.write(f".local/bin/{program}", f'#!/bin/sh\necho the real {program} "$@"\n'.encode())
            (path / ".local/bin" / program).chmod(0o755)

    def write(self, name: str, content: bytes) -> Path:
        """Write a file, folders included."""
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def tree(self) -> dict[str, tuple[int, bytes | None]]:
        """Every file and folder but history: mode and bytes."""
        found = {}
        for path in sorted(self.path.rglob("*")):
            name = str(path.relative_to(self.path))
            if not name.startswith((".local/state", ".cache")):
                found[name] = (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
        return found

    def shell(self, *argv: str) -> str:
        """The last line that a fresh shell of this person says."""
        env = {"HOME": str(self.path), "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb", "USER": "ana"}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False, cwd="/", stdin=subprocess.DEVNULL)
        return (done.stdout.strip().splitlines() or [done.stderr])[-1]
