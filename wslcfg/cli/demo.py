"""`wslcfg demo`: the whole journey on a practice laptop, with the real engine, in a temporary folder that is gone afterwards."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from wslcfg.cli.place import glance, settle
from wslcfg.cli.practice import PracticeHost
from wslcfg.cli.shared import Flags, Json
from wslcfg.errors import Bug, Usage
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Result
from wslcfg.ui.outcome import put, show_result
from wslcfg.ui.paint import Paint, wants_color

# Scenario to practice machine, the first one by default; the extra words are what a person there would have to say.
SCENARIOS: dict[str, tuple[str, tuple[str, ...]]] = {
    "16gb": ("practice-16gb", ()),
    "8gb": ("practice-8gb", ()),
    "32gb": ("practice-32gb", ()),
    "128gb": ("practice-128gb", ()),
    "no-interop": ("no-interop", ("--host-ram", "16GB")),
}

# What somebody does to the file by hand in the middle of the journey: the first line would keep WSL from starting at all.
BREAKAGE = b"[wsl2]\r\nkernel=C:\\\\kernels\\\\gone\r\nmemory = 64 GB\r\n"


# Runs the words behind `wslcfg` and gives the command's result.
Call = Callable[[list[str]], Result]


class Step(NamedTuple):
    """One step of the journey: what it shows, the words on the command line, and the exit code it must end with (None: 0 or 1)."""

    title: str
    words: tuple[str, ...]
    code: int | None


def run_demo(given: Flags, scenario: str, call: Call, *, keep: bool) -> Result:
    """Go through the whole journey on a practice laptop: facts, lint, plan, apply, break it, roll back. Touches nothing else.

    `call` runs a command line as `wslcfg` would and gives its result, or raises what it raises.
    """
    if scenario not in SCENARIOS:
        raise Usage(f"There is no scenario '{scenario}'.", f"Choose one of {', '.join(SCENARIOS)}.")
    name, extra = SCENARIOS[scenario]
    folder = tempfile.mkdtemp(prefix="wslcfg-demo-")
    try:
        laptop = Path(folder) / name
        shutil.copytree(Path(__file__).parent.parent / "demo_machines" / name, laptop)
        return Journey(laptop, extra, call, loud=not given.json, quiet=given.quiet).go(scenario, kept=folder if keep else "")
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


class Journey:
    """One journey over one practice laptop; `loud` prints it as it goes, `quiet` without the commands' notes."""

    def __init__(self, laptop: Path, extra: Sequence[str], call: Call, *, loud: bool, quiet: bool) -> None:
        self._command = call
        self._laptop = laptop
        self._extra = tuple(extra)
        self._loud = loud
        self._quiet = quiet
        self._paint = Paint(on=wants_color(sys.stdout))
        self._steps: list[Json] = []
        host = PracticeHost(laptop)
        self._host = host
        self._place = settle(host, glance(host))

    def go(self, scenario: str, *, kept: str) -> Result:
        """The steps in a person's order; the bytes at the end must be the first ones."""
        first = self._bytes()
        self._say(f"A practice laptop: {self._host.description}")
        self._say("Everything below is the real engine on a copy of that laptop in a temporary folder; nothing else is touched.\n")
        changes = self._would_change()
        for step in (
            Step("Look at the machine", ("facts",), 0),
            Step("What WSL really reads from the file", ("lint",), None),
            Step("What would be better, and why", ("plan", "--explain", *self._extra_for_plan()), 0),
            Step("Carry it out: backup first, then the file", ("apply", "--yes", *self._extra), 0),
        ):
            self._run(step)
        if changes:
            self._there_and_back()
        else:
            self._say("Nothing had to change on this one, so there is nothing to take back.\n")
        last = self._bytes()
        same = first == last
        digest = hashlib.sha256(last or b"").hexdigest()[:16]
        self._say(f"The file at the end is the first one, byte for byte: {'yes' if same else 'NO'} (sha256 {digest}…).")
        if not same:
            raise Bug("The bytes at the end are not the first ones.", "Nothing of yours was touched.")
        self._say("On your own laptop, inside WSL, it starts with: wslcfg setup")
        if kept:
            self._say(f"The practice laptop is in {self._laptop}; use it with --machine.")
        return Result({"scenario": scenario, "steps": self._steps, "bytes_restored": same, "kept": str(self._laptop) if kept else None})

    def _there_and_back(self) -> None:
        """Break the applied file by hand, see lint find it, go back to what was applied, and all the way to the first bytes."""
        applied = self._bytes()
        self._break_it()
        self._run(Step("Lint sees it before WSL does", ("lint",), 1))
        self._run(Step("Take it back; the broken file is kept in history too", ("rollback", "--yes"), 0))
        if self._bytes() != applied:
            raise Bug("The rollback did not bring the applied file back.", "Nothing of yours was touched.")
        self._run(Step("Every state there ever was", ("history",), 0))
        self._run(Step("And all the way back to the first one", ("rollback", "1", "--yes"), 0))

    def _extra_for_plan(self) -> tuple[str, ...]:
        """`plan` with a flag is about a hypothetical machine, which is what a person without interop has to ask for."""
        return (*self._extra, "--file", self._place.wslconfig) if self._extra else ()

    def _would_change(self) -> bool:
        return self._call(("apply", "--dry-run", "--yes", *self._extra))[1].get("changes") != []

    def _break_it(self) -> None:
        """What people do: an edit by hand, with two mistakes."""
        self._title("Somebody edits the file by hand: a kernel that is not there, and a size with a space")
        self._host.write(self._place.wslconfig, BREAKAGE)
        self._say(self._paint(f"$ notepad {self._place.windows_wslconfig}", "dim"))
        self._say(BREAKAGE.decode().replace("\r\n", "\n"))

    def _run(self, step: Step) -> None:
        """One command on the practice laptop, printed as a person would type it. Raises Bug when it ends otherwise than it must."""
        self._title(step.title)
        self._say(self._paint(f"$ wslcfg {' '.join(step.words)}", "dim"))
        code, data = self._call(step.words, show=self._loud)
        self._steps.append({"command": f"wslcfg {' '.join(step.words)}", "exit_code": code, "data": data})
        if code not in ((0, 1) if step.code is None else (step.code,)):
            raise Bug(
                f"`wslcfg {' '.join(step.words)}` ended with {code} on the practice laptop instead of {step.code}.",
                "Nothing of yours was touched.",
            )
        self._say("")

    def _call(self, words: Sequence[str], *, show: bool = False) -> tuple[int, Json]:
        outcome = self._command(["--machine", str(self._laptop), *words])
        if show:
            # One stream, so that a pipe reads like a terminal.
            error, sys.stderr = sys.stderr, sys.stdout
            try:
                show_result(words[0], outcome, as_json=False, quiet=self._quiet)
            finally:
                sys.stderr = error
        return outcome.exit_code, outcome.data

    def _bytes(self) -> bytes | None:
        return self._host.read(self._place.wslconfig)

    def _title(self, text: str) -> None:
        self._say(self._paint(f"— {text}", "bold", "cyan"))

    def _say(self, text: str) -> None:
        if self._loud:
            put(text + "\n")
