"""The gate: exit codes, one JSON object whatever happens, two lines for an error, colour only where it is wanted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import Asked, Call, Laptop, keep_the_contract
from wslcfg.cli.schemas import DATA
from wslcfg.cli.table import COMMANDS

Machines = Callable[..., Laptop]

# A call of every command, and the exit code it ends with on the practice laptop.
CALLS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("setup", "--yes"), 0),
    (("facts",), 0),
    (("facts", "--fresh"), 0),
    (("plan",), 0),
    (("plan", "swap-first", "--check"), 1),
    (("apply", "--yes"), 0),
    (("apply", "--dry-run"), 0),
    (("status",), 0),
    (("status", "balanced", "--check"), 1),
    (("history",), 0),
    (("history", "list"), 0),
    (("get", "wsl2.memory"), 0),
    (("get", "wsl.conf:boot.systemd"), 0),
    (("set", "wsl2.swap=4GB", "--yes"), 0),
    (("unset", "wsl2.memory", "--yes"), 0),
    (("lint",), 1),
    (("lint", "--fix", "--dry-run"), 0),
    (("lint", "--target", "wslconf"), 0),
    (("explain",), 0),
    (("explain", "wsl2.memory"), 0),
    (("explain", "wsl.conf:boot.systemd"), 0),
    (("profile", "list"), 0),
    (("profile", "show", "team-example"), 0),
    (("profile", "check", "balanced", "base"), 0),
    (("profile", "save", "mine"), 0),
    (("restart", "--dry-run"), 0),
    (("verify",), 1),
    (("park", "--yes"), 0),
    (("upgrade",), 0),
    (("schema", "plan"), 0),
    (("completion", "bash"), 0),
)


def test_no_command_is_forgotten() -> None:
    """Each command of the table is called below or has a file of its own."""
    assert {words[0] for words, _ in CALLS} | {"confirm", "demo", "install", "oom", "rollback", "run", "sessions", "uninstall"} >= set(
        COMMANDS
    )


@pytest.mark.parametrize(("words", "code"), CALLS, ids=[" ".join(words) for words, _ in CALLS])
def test_every_command(words: tuple[str, ...], code: int, laptop: Machines, asked: Asked, call: Call) -> None:
    """As JSON one object that its schema describes, as text something for a person and no escape sequence; the same exit code both ways."""
    first, second = laptop(), laptop_twin(laptop)
    answer = asked(*words, *first.flags)
    assert answer["exit_code"] == code
    name = answer["command"]
    assert name.split()[0] == words[0]
    schema = json.loads(call("schema", *name.split(), "--data").out)
    jsonschema.Draft202012Validator(schema).validate(answer["data"])
    said = call(*words, *second.flags)
    assert said.code == code
    assert said.out.endswith("\n")
    assert "\x1b" not in said.out + said.err
    assert "Traceback" not in said.err


def laptop_twin(laptop: Machines) -> Laptop:
    """A second copy of the practice laptop, with a name of its own."""
    return laptop("practice-16gb", "twin")


@pytest.mark.parametrize("name", sorted(DATA))
def test_schemas_are_schemas(name: str, call: Call) -> None:
    """What `wslcfg schema` prints is a JSON Schema, of the answer and of its data."""
    for extra in ((), ("--data",)):
        said = call("schema", *name.split(), *extra)
        assert said.code == 0
        jsonschema.Draft202012Validator.check_schema(json.loads(said.out))


def test_the_words_of_history_have_schemas(laptop: Machines, asked: Asked, call: Call) -> None:
    """`history show`, `diff` and `prune` have a schema each, which their own answer fits and the list's does not."""
    machine = laptop()
    asked(*machine.flags, "set", "wsl2.memory=9GB", "--yes", "--accept", "memory-below-use")
    answers = {
        words: asked(*machine.flags, *words.split()) for words in ("history", "history show 1", "history diff 1 2", "history prune -n")
    }
    for words, answer in answers.items():
        if words != "history":
            schema = json.loads(call("schema", *words.split()[:2]).out)
            jsonschema.Draft202012Validator(schema).validate(answer)
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.Draft202012Validator(schema).validate(answers["history"])


def test_schema_says_what_there_is(call: Call) -> None:
    """Without a command its names; for an unknown one a guess and where the names are, on a line that fits."""
    assert call("schema").out.split("\n")[:2] == ["setup", "demo"]
    for wrong, meant in (("history shw", "history show"), ("sessions", "sessions list"), ("nope", "")):
        said = call("schema", *wrong.split())
        assert said.code == 2
        assert meant in said.err
        assert max(map(len, said.err.splitlines())) <= 80


FAILURES: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("nonsense",), 2, "nonsense"),
    (("profile",), 2, "profile"),
    (("profile", "nonsense"), 2, "profile nonsense"),
    (("profile", "show"), 2, "profile show"),
    (("profile", "show", "nobody"), 3, "profile show"),
    (("plan", "--nonsense"), 2, "plan"),
    (("plan", "one", "two"), 2, "plan"),
    (("plan", "--color", "pink"), 2, "plan"),
    (("--machine", "/nowhere", "plan"), 2, "plan"),
    (("get", "wsl2.nonsense"), 3, "get"),
    (("schema", "nonsense"), 2, "schema"),
    (("completion", "tcsh"), 2, "completion"),
    (("demo", "--scenario", "nonsense"), 2, "demo"),
    (("lint", "--format", "nonsense"), 2, "lint"),
    (("lint", "--target", "nonsense"), 2, "lint"),
    (("lint", "x", "--policy", "--5"), 2, "lint"),
    (("lint", "x", "--policy", "A=--5"), 2, "lint"),
    (("lint", "x", "--policy", "A=²"), 2, "lint"),
    (("lint", "/nowhere"), 5, "lint"),
    (("explain", "wsl2.nonsense"), 3, "explain"),
    (("profile", "check", "nobody"), 3, "profile check"),
    (("profile", "check", "./nobody.toml"), 5, "profile check"),
    (("history",), 5, "history"),
    (("set", "wsl2.swap=1GB", "--yes", "--file", ""), 2, "set"),
    (("lint", ""), 2, "lint"),
    (("get", ""), 2, "get"),
    (("plan", "--machine="), 2, "plan"),
    (("profile", "show", ""), 2, "profile show"),
    (("history", "prune", "--keep-days", "99999999999999"), 2, "history"),
    (("set", f"wsl2.memory={'9' * 10_000}GB", "--file", "x"), 3, "set"),
    (("set", "wsl2.kernelCommandLine=a\x1b[31mb", "--file", "x"), 3, "set"),
    (("plan", "--host-ram", "16GB", "--service", "A\nB\x1b[31m=1GB"), 2, "plan"),
    (("plan", "./nobody.toml", "--host-ram", "16GB"), 5, "plan"),
)


@pytest.mark.parametrize(("words", "code", "command"), FAILURES, ids=[" ".join(words)[:40] for words, _, _ in FAILURES])
def test_failures(words: tuple[str, ...], code: int, command: str, asked: Asked, call: Call) -> None:
    """A failure is one object with the command's name in it, or two lines on stderr that are both sentences."""
    answer = asked(*words)
    assert (answer["exit_code"], answer["command"], answer["data"], answer["ok"]) == (code, command, {}, False)
    if words == ("profile",):
        return  # a group alone shows its help
    said = call(*words)
    assert (said.code, said.out) == (code, "")
    what, do = said.err.splitlines()
    assert what.startswith("wslcfg: ")
    assert do.strip()
    assert said.err.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "words", [("--json", "explain"), ("explain", "--json"), ("--json", "explain", "--json"), ("explain", "--json", "--")]
)
def test_flags_stand_anywhere(words: tuple[str, ...], call: Call) -> None:
    """A common flag counts before the command's name, behind it, and twice."""
    said = call(*words)
    keep_the_contract(json.loads(said.out), said.code)


def test_two_dashes(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind `--` nothing is a flag, and a flag that is another one's value is none either."""
    monkeypatch.chdir(tmp_path)
    Path("--json").write_bytes(b"[wsl2]\nmemory=x\nswap=0\n")
    assert call("lint", "--", "--json").out.startswith("--json:2: ")
    assert call("get", "wsl2.swap", "--file", "--json") == (0, "0\n", "")
    Path("--").write_bytes(b"[wsl2]\nswap=4GB\n")
    assert json.loads(call("get", "wsl2.swap", "--file", "--", "--json").out)["data"]["effective"] == 4 << 30


def test_a_group_below(call: Call) -> None:
    """The common flags work before a group, between it and its command, and at the end."""
    for words in (("--json", "profile", "list"), ("profile", "--json", "list"), ("profile", "list", "--json")):
        assert json.loads(call(*words).out)["command"] == "profile list"


@pytest.mark.parametrize("flag", ["-q", "--quiet", "-vq"])
def test_quiet(flag: str, laptop: Machines, call: Call) -> None:
    """`--quiet` drops the notes, also in a bundle of short flags, and keeps the data."""
    machine = laptop()
    assert call("plan", *machine.flags).err != ""
    said = call("plan", flag, *machine.flags)
    assert said.err == ""
    assert "memory=10GB" in said.out


def test_verbose(laptop: Machines, call: Call) -> None:
    """`-v` says more: the reasons of a plan."""
    machine = laptop()
    assert "Why these numbers" in call("plan", "-v", *machine.flags).out
    assert "Why these numbers" not in call("plan", *machine.flags).out


def test_colour(laptop: Machines, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour in a pipe only where it is asked for; the word on the command line goes before the environment's."""
    machine = laptop()
    assert "\x1b[" in call("plan", "--color", "always", *machine.flags).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in call("--color", "always", "lint", *machine.flags).out
    monkeypatch.setattr("wslcfg.ui.paint._choice", "")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\x1b[" not in call("lint", *machine.flags).out
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[" in call("lint", *machine.flags).out
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in call("lint", *machine.flags).out


def test_help(call: Call) -> None:
    """The front page, a command's page three ways, a bare `wslcfg` is 2, and the version."""
    front = call("--help")
    assert front.code == 0
    assert all(f"\n  {name} " in front.out for name in COMMANDS)
    assert call("help") == call("-h") == front
    assert call() == (2, front.out, "")
    assert call("help", "plan") == call("plan", "--help") == call("plan", "-h")
    assert "--host-ram SIZE" in call("plan", "-h").out
    assert call("--version").out.startswith("wslcfg ")


def test_the_environment_names_a_machine(laptop: Machines, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """WSLCFG_MACHINE is --machine for those who cannot type it; the flag goes before it."""
    machine = laptop()
    monkeypatch.setenv("WSLCFG_MACHINE", str(machine.folder))
    assert asked("plan")["data"]["machine"]["host_ram"] == 16965120000
    assert asked("plan", *laptop("practice-32gb").flags)["data"]["machine"]["host_ram"] != 16965120000


def test_a_relative_machine(laptop: Machines, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is named from where one stands gives paths that hold anywhere."""
    machine = laptop()
    monkeypatch.chdir(machine.folder.parent)
    backup = asked("apply", "--yes", "--machine", machine.folder.name)["data"]["backup"]
    assert os.path.isabs(backup)


def test_a_bug(monkeypatch: pytest.MonkeyPatch, asked: Asked, call: Call, tmp_path: Path) -> None:
    """A mistake of ours is 70, with a report that names it and without the words of the command line."""

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("wslcfg.cli.explain.run_explain", broken)
    answer = asked("explain")
    assert (answer["exit_code"], answer["errors"][0]["code"]) == (70, "bug")
    said = call("explain", "secret")
    assert len(said.err.splitlines()) == 2
    reports = list(tmp_path.iterdir())
    assert len(reports) == 2
    assert all("ZeroDivisionError: on purpose" in path.read_text() and "secret" not in path.read_text() for path in reports)
    assert any(str(path) in said.err for path in reports)


def test_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch, asked: Asked, call: Call) -> None:
    """What the system refuses is 5, Ctrl-C is 130; both are two lines."""

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device", "/x")

    def stopped(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wslcfg.cli.explain.run_explain", full)
    assert asked("explain")["exit_code"] == 5
    assert len(call("explain").err.splitlines()) == 2
    monkeypatch.setattr("wslcfg.cli.explain.run_explain", stopped)
    assert asked("explain")["exit_code"] == 130
    assert len(call("explain").err.splitlines()) == 2
