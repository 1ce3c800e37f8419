"""Make the pictures of the README: run real commands on a recorded machine in a pseudo-terminal and draw what the screen shows.

`make pictures`, or `python -m docs.make_pictures [--to FOLDER] [NAME...]`. Nothing is typed by hand: a picture is a run.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PRACTICE = ROOT / "wslcfg/demo_machines/practice-16gb"

# The colours of Windows Terminal's Campbell scheme, since that is where these commands are run.
CAMPBELL = TerminalTheme(
    (12, 12, 12),
    (204, 204, 204),
    [(12, 12, 12), (197, 15, 31), (19, 161, 14), (193, 156, 0), (59, 120, 255), (136, 23, 152), (58, 150, 221), (204, 204, 204)],
    [(118, 118, 118), (231, 72, 86), (22, 198, 12), (249, 241, 165), (59, 120, 255), (180, 0, 158), (97, 214, 214), (242, 242, 242)],
)


class Picture(NamedTuple):
    """One picture: its file's name, the command line that is run and shown, and the width of the terminal."""

    name: str
    arguments: tuple[str, ...]
    columns: int = 110


PICTURES = (
    Picture("demo", ("demo",)),
    Picture("plan", ("plan",)),
    Picture("facts", ("facts",)),
    Picture("lint", ("lint",)),
    Picture("explain", ("explain", "wsl2.memory")),
    Picture("status", ("status",)),
    Picture("oom", ("oom",)),
)


def screen(arguments: tuple[str, ...], columns: int) -> str:
    """What a terminal of that width shows of `wslcfg ARGUMENTS`, colours as escape sequences.

    Raises:
        SystemExit: the command fails (findings and differences, exit 1, are no failure).
    """
    with tempfile.TemporaryDirectory(prefix="wslcfg-picture-") as home:
        env = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "PYTHONPATH")}
        env |= {"HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        if arguments[0] != "demo":  # the demo makes its own practice machine
            env["WSLCFG_MACHINE"] = shutil.copytree(PRACTICE, f"{home}/machine", ignore=shutil.ignore_patterns("overlay"))
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        child = subprocess.Popen(
            [sys.executable, "-m", "wslcfg", *arguments], cwd=home, env=env, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        os.close(ours)
        if child.wait() not in (0, 1):
            sys.exit(f"wslcfg {' '.join(arguments)} ended with {child.returncode}:\n{said.decode(errors='replace')}")
        text = said.decode().replace("\r\n", "\n").replace(home, "/home/ana")
    # Colours stay; whatever else moves the cursor has nothing to say in a still picture.
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-ln-z]", "", text).rstrip("\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux answers EIO when the last writer has closed
        return b""


def draw(picture: Picture) -> str:
    """The picture as SVG: a window with the command and what it printed."""
    console = Console(record=True, width=picture.columns, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    command = f"wslcfg {' '.join(picture.arguments)}"
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")), highlight=False)
    for line in Text.from_ansi(screen(picture.arguments, picture.columns)).split("\n", allow_blank=True):
        # As a terminal does: a long line goes on below at the last column, in the middle of a word.
        for piece in line.divide(range(picture.columns, max(len(line), 1), picture.columns)):
            console.print(piece, highlight=False, no_wrap=True, overflow="crop")
    svg = console.export_svg(title=command, theme=CAMPBELL, unique_id=f"wslcfg-{picture.name}")
    # rich loads its font from a server; a picture in a repository asks nobody.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S).replace("Fira Code", "Cascadia Mono, DejaVu Sans Mono, Menlo, Consolas")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> None:
    """Draw the pictures that are named, or all of them."""
    parser = argparse.ArgumentParser(description="Make docs/pictures/*.svg from real runs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pictures")
    parser.add_argument("--to", type=Path, default=ROOT / "docs/pictures", metavar="FOLDER")
    given = parser.parse_args()
    unknown = set(given.names) - {picture.name for picture in PICTURES}
    if unknown:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    given.to.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        if not given.names or picture.name in given.names:
            path = given.to / f"{picture.name}.svg"
            path.write_text(draw(picture), encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
