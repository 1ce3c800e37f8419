"""The wizard: its questions in order with a way back, leaving it leaves no trace, and a person at a real terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.cli.conftest import Asked, Call, Laptop
from tests.cli.terminal import on_terminal
from wslcfg.ui.ask import Back, Choice

Machines = Callable[..., Laptop]


class Script:
    """Answers from a list: a value, True or False, Back, or an exception to raise; '' takes the default. Notes what was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def _next(self, question: str, default: object) -> object:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, type) and issubclass(answer, BaseException):
            raise answer
        return default if answer == "" else answer

    def choose(self, question: str, choices: Sequence[Choice], *, default: str, flag: str, back: bool = False) -> str:
        """One of the choices; Back only where it is offered."""
        assert default in {choice.value for choice in choices}
        assert back or self.answers[0] is not Back, f"no way back from: {question}"
        return str(self._next(question, default))

    def confirm(self, question: str, *, default: bool, flag: str) -> bool:
        """Yes or no."""
        return bool(self._next(question, default))

    def text(self, question: str, *, default: str, flag: str, check: Callable[[str], str | None], back: bool = False) -> str:
        """A line; asked again as long as the check complains."""
        assert back or self.answers[0] is not Back, f"no way back from: {question}"
        while (complaint := check(answer := str(self._next(question, default)))) is not None:
            self.asked.append(complaint)
        return answer


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    """Put a scripted person at the terminal."""

    def _person(*answers: object) -> Script:
        script = Script(*answers)
        monkeypatch.setattr("wslcfg.ui.ask.somebody", lambda **_: script)
        return script

    return _person


def test_every_default(laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """Enter to everything writes what `plan` proposes, and says what comes next."""
    machine, script = laptop(), person("", "", "", "")
    said = call("setup", "--no-pieces", *machine.flags)
    assert said.code == 0
    assert len(script.asked) == 4
    assert b"memory=10GB" in machine.wslconfig.read_bytes()
    assert "+swap=8GB" in said.err
    assert "wsl --shutdown" in said.err + said.out


def test_there_and_back(laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """Back leads to the question before, and the answer given then counts."""
    machine, script = laptop(), person("light", "3", Back, Back, "heavy", "1", "swap-first", "")
    assert call("setup", "--no-pieces", *machine.flags).code == 0
    assert [question.split()[1] for question in script.asked[:6]] == ["is", "many", "way?", "many", "is", "many"]
    raw = machine.wslconfig.read_bytes()
    assert b"memory=8gb" in raw
    assert b"swap=8GB" in raw


def test_flags_are_answers(laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """A question that a flag answers is not asked."""
    machine, script = laptop(), person("")
    assert call("setup", "--no-pieces", "swap-first", "--windows-use", "light", "--sessions", "1", *machine.flags).code == 0
    assert script.asked == ["Write this?"]


@pytest.mark.parametrize("at", range(4))
def test_leaving(at: int, laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """Ctrl-C at any question is 130 and leaves nothing behind."""
    machine = laptop()
    before = machine.tree()
    person(*[""] * at, KeyboardInterrupt)
    assert call("setup", *machine.flags).code == 130
    assert machine.tree() == before


def test_no(laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """A no to the diff is 3 and leaves nothing behind; so is a no to a danger."""
    machine = laptop()
    before = machine.tree()
    person("", "", "", False)
    assert call("setup", *machine.flags).code == 3
    person(False)
    assert call("set", "wsl2.memory=15GB", *machine.flags).code == 3
    person(True, False)
    assert call("set", "wsl2.memory=15GB", *machine.flags).code == 3
    assert machine.tree() == before
    person(True, True)
    assert call("set", "wsl2.memory=15GB", *machine.flags).code == 0


def test_yes(laptop: Machines, asked: Asked) -> None:
    """`--yes` takes every default without a question, and a second run has nothing to do."""
    machine = laptop()
    data = asked("setup", "--yes", *machine.flags)["data"]
    assert (data["changed"], data["profile"]) == (True, "balanced")
    assert data["next"]
    assert asked("setup", "--yes", *machine.flags)["data"]["changed"] is False


def test_nobody_there(laptop: Machines, call: Call) -> None:
    """Without a terminal: 7, two lines, the flags that answer, no trace."""
    machine = laptop()
    before = machine.tree()
    said = call("setup", *machine.flags)
    assert (said.code, said.out, len(said.err.splitlines())) == (7, "", 2)
    assert "--windows-use" in said.err
    assert "--yes" in said.err
    assert machine.tree() == before


def test_ram_that_nobody_knows(laptop: Machines, asked: Asked, call: Call, person: Callable[..., Script]) -> None:
    """Where Windows does not tell its RAM the wizard asks, and --yes needs --host-ram."""
    machine = laptop("no-interop")
    answer = asked("setup", "--yes", *machine.flags)
    assert answer["exit_code"] == 7
    assert "--host-ram" in answer["errors"][0]["hint"]
    assert asked("setup", "--yes", "--host-ram", "16GB", "--dry-run", *machine.flags)["exit_code"] == 0
    script = person("lots", "1", "16GB", "", "", "", "")
    assert call("setup", "--no-pieces", *machine.flags).code == 0
    assert "RAM" in script.asked[0]


@pytest.mark.slow
def test_at_a_real_terminal(laptop: Machines) -> None:
    """A person who presses Enter at each question has the file that `plan` proposed, and the pieces."""
    machine = laptop()
    steps = ["How is Windows used", "How many agent", "Which way", "Write this?"]
    pieces = ["Start claude and codex", "Back up agent", "Keep a second", "Not shown in full"]
    code, shown = on_terminal(["setup", *machine.flags], b"\r", [*steps, *pieces])
    assert code == 0, shown
    assert b"memory=10GB" in machine.wslconfig.read_bytes()
    assert machine.place("/home/ana/.local/share/wslcfg/inside/launcher").exists()
    assert "Traceback" not in shown


@pytest.mark.slow
def test_ctrl_c_at_a_real_terminal(laptop: Machines) -> None:
    """Ctrl-C at the first question ends with 130, says so, and leaves nothing behind."""
    machine = laptop()
    before = machine.tree()
    code, shown = on_terminal(["setup", *machine.flags], b"\x03", ["How is Windows used"])
    assert code == 130, shown
    assert "Interrupted." in shown
    assert machine.tree() == before


def test_pieces_are_offered(laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """After the memory the person is asked for limits, for backups and, with content and size named, for the mirror; then the plan is shown and written."""
    machine, script = laptop(), person("", "", "", "", "", "", "", "")
    said = call("setup", *machine.flags)
    assert said.code == 0, said
    limits, backups, mirror, write = script.asked[4:]
    assert "memory limit" in limits and "Back up" in backups and write == "Write this?"
    assert "secrets" in mirror and "AppData\\Local\\wslcfg\\session-backups" in mirror and "before compression" in mirror
    conf = machine.place("/home/ana/.config/wslcfg/inside.conf").read_text()
    assert "/AppData/Local/wslcfg/session-backups/" in conf and machine.place("/home/ana/.local/share/wslcfg/inside/launcher").exists()
    assert b"memory=10GB" in machine.wslconfig.read_bytes()


def test_pieces_can_be_left(laptop: Machines, call: Call, person: Callable[..., Script]) -> None:
    """No to both questions places nothing and says how to have it later."""
    machine = laptop()
    person("", "", "", "", False, False)
    said = call("setup", *machine.flags)
    assert said.code == 0 and "wslcfg install" in said.err
    assert not machine.place("/home/ana/.config/wslcfg/inside.conf").exists()


def test_yes_places_them_in_the_same_generation(laptop: Machines, asked: Asked) -> None:
    """With --yes memory and pieces are one plan that one rollback takes back, and the mirror, which holds secrets, is not made unless it is said."""
    machine = laptop()
    before = machine.wslconfig.read_bytes()
    assert asked("setup", "--yes", *machine.flags)["data"]["generation"] == 2
    conf = machine.place("/home/ana/.config/wslcfg/inside.conf")
    assert "mirror =\n" in conf.read_text()
    assert asked("setup", "--yes", *machine.flags)["data"]["changed"] is False
    asked("rollback", "--yes", *machine.flags)
    assert machine.wslconfig.read_bytes() == before and not conf.exists()
    asked("setup", "--yes", "--mirror", "auto", *machine.flags)
    assert "/AppData/Local/wslcfg/session-backups/" in conf.read_text()
