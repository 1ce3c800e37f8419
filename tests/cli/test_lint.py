"""`wslcfg lint FILE` against WSL's own parser, through the command line as a script would use it."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Asked, Call

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "wsl-parser-vectors.json").read_text(encoding="utf-8"))
HOST = RECORDED["host"]


def _as_typed(text: str, file: Path) -> str:
    """A recorded text with the file's name where the recording has its own."""
    return text.replace("<PATH>", str(file)).replace("/etc/wsl.conf", str(file))


@pytest.mark.parametrize("block", range(8))
def test_every_recorded_answer(block: int, tmp_path: Path, asked: Asked) -> None:
    """Every file of the recordings, on disk, gets the values and the warnings that WSL itself gave it."""
    wrong: list[str] = []
    for vector in RECORDED["vectors"][block::8]:
        target = "wslconf" if vector["target"].endswith("wsl.conf") else "wslconfig"
        file = tmp_path / "a file"
        file.write_bytes(base64.b64decode(vector["input_b64"]))
        host = vector.get("host_args", [])
        flags = ["--target", target, "--processors", HOST["processors"]]
        flags += ["--host-ram", host[host.index("--ram") + 1] if "--ram" in host else HOST["ram_bytes"]]
        for at, word in enumerate(host):
            assert word in ("--ram", "--cpus", "--policy") or at % 2, host
            if word == "--cpus":
                flags[3] = host[at + 1]
            elif word == "--policy":
                flags += ["--policy", host[at + 1]]
        answer = asked("lint", file, *flags)
        data: dict[str, Any] = answer["data"]
        want = RECORDED["defaults"][vector["target"]] | vector["changed_from_default"]
        if want.get("wsl2.networkingMode") == "Bridged":
            del want["wsl2.macAddress"]  # a random one
        pairs = [(name, data["effective"].get(name, "no such key"), value) for name, value in want.items()]
        warnings = [_as_typed(text, file) for text in vector["warnings"]]
        if vector.get("open_failed"):
            warnings = data["wsl_warnings"][:1] if data["wsl_warnings"][0].startswith(warnings[0].partition(",")[0]) else []
        pairs += [
            ("warnings", data["wsl_warnings"], warnings),
            ("fatal", data["fatal"], _as_typed(vector["fatal"], file) if "fatal" in vector else None),
            ("aborted", data["parse_aborted"], vector.get("parse_aborted", False)),
            ("target", data["target"], target),
            ("no more keys", sorted(data["effective"].keys() - want.keys() - {"wsl2.macAddress"}), []),
        ]
        wrong += [f"{vector['id']}: {name}: {got!r} for {value!r}" for name, got, value in pairs if got != value]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("size", ["34275848192", "34275848192B", " 34275848192 "])
def test_exact_bytes_of_the_host(size: str, tmp_path: Path, asked: Asked) -> None:
    """The host's RAM may be given to the byte, and is what the defaults are computed for."""
    data = asked("lint", _file(tmp_path, b""), "--host-ram", size, "--processors", 16)["data"]
    assert data["defaults_for"] == {"host_ram": 34275848192, "processors": 16}
    assert data["effective"]["wsl2.memory"] == 17137924096


def test_unknown_host(tmp_path: Path, asked: Asked) -> None:
    """What depends on a host that is not known is null, everything else is there."""
    data = asked("lint", _file(tmp_path, b"[wsl2]\nmemory=4GB\nvirtiofs=true\n"))["data"]
    assert data["defaults_for"] == {"host_ram": None, "processors": None}
    known = {key for key, value in data["effective"].items() if value is not None}
    assert data["effective"].keys() - known >= {"wsl2.memory", "vm.memory_mib", "wsl2.swap", "wsl2.processors"}
    assert data["effective"]["wsl2.virtiofs"] is True


def test_the_target_is_told_from_the_name(tmp_path: Path, asked: Asked) -> None:
    """A file called wsl.conf is read as one, and --target decides where the name does not."""
    file = _file(tmp_path, b"[boot]\nsystemd=true\n", "wsl.conf")
    assert asked("lint", file)["data"]["effective"]["boot.systemd"] is True
    assert asked("lint", file, "--target", "wslconfig")["data"]["target"] == "wslconfig"


def test_formats(tmp_path: Path, call: Call) -> None:
    """`--format json` prints the data alone, `github` workflow commands, `text` one line per finding; all three exit 1 for a mistake."""
    file = _file(tmp_path, b"[wsl2]\nmemory=8 GB\n")
    as_json = call("lint", file, "--format", "json")
    assert as_json.code == 1
    assert json.loads(as_json.out)["wsl_warnings"] == [f"Invalid memory string '8 GB' for .wslconfig entry 'wsl2.memory' in {file}:2"]
    github = call("lint", file, "--format", "github")
    assert github.code == 1
    assert re.match(rf"::(error|warning) file={re.escape(str(file))},line=2,title=WC\d+::", github.out)
    text = call("lint", file)
    assert text.code == 1
    assert text.out.startswith(f"{file}:2: ")


def test_info_is_no_mistake(tmp_path: Path, asked: Asked) -> None:
    """A remark alone leaves the exit code 0."""
    answer = asked("lint", _file(tmp_path, b"[wsl2]\nguiApplications=true\n"))
    assert [finding["level"] for finding in answer["data"]["findings"]] == ["info"]
    assert answer["exit_code"] == 0


def test_stdin(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads the file from the pipe, and the warnings call it so."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[wsl2]\nmemory=x\n")))
    assert asked("lint", "-")["data"]["wsl_warnings"] == ["Invalid memory string 'x' for .wslconfig entry 'wsl2.memory' in -:2"]


def test_nothing_through_stdin(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe without a byte is 4 and no clean bill: what should have written the file has failed."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    answer = asked("lint", "-")
    assert answer["exit_code"] == 4 and answer["errors"][0]["hint"]


def test_what_cannot_be_read(tmp_path: Path, asked: Asked) -> None:
    """A file that is not there is 5, a folder 4; both say what to do."""
    assert asked("lint", tmp_path / "none")["exit_code"] == 5
    assert asked("lint", tmp_path)["exit_code"] == 4
    assert asked("lint", f"{_file(tmp_path, b'')}/below")["exit_code"] == 5


@pytest.mark.parametrize(
    "raw", [bytes(range(256)) * 40, b"\x7fELF" + b"\0" * 5000, b"[" * 3000, b"\\\n" * 3000, b"\xff\xfe[\0w", b"\xef\xbb"]
)
def test_junk(raw: bytes, tmp_path: Path, asked: Asked, call: Call) -> None:
    """Bytes that are no settings file get an answer in every form."""
    file = _file(tmp_path, raw)
    assert asked("lint", file, "--host-ram", "16GB")["exit_code"] in (0, 1)
    for form in ("text", "github"):
        assert call("lint", file, "--format", form).code in (0, 1)


def test_names_that_are_no_utf8(tmp_path: Path, asked: Asked, call: Call) -> None:
    """A file name with stray bytes is read, and the answer can be printed."""
    file = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    Path(file).write_bytes(b"[wsl2]\nmemory=x\n")
    assert asked("lint", file)["data"]["wsl_warnings"][0].endswith(f"{file}:2")
    assert call("get", "wsl2.memory", "--file", file).code == 0
    assert asked("set", "wsl2.memory=4GB", "--file", file)["data"]["changed"] is True


def test_a_large_file(tmp_path: Path, asked: Asked, call: Call) -> None:
    """Five megabytes are read as WSL reads them; what has no end is refused."""
    file = _file(tmp_path, b"[wsl2]\nmemory=4GB\n" + b"# " + b"x" * 60 + b"\n" + b"#" * 5_000_000 + b"\nswap=0\n")
    effective = asked("lint", file, "--host-ram", "16GB")["data"]["effective"]
    assert (effective["wsl2.memory"], effective["wsl2.swap"]) == (4 << 30, 0)
    assert asked("lint", "/dev/zero")["exit_code"] == 4
    assert call("lint", "/dev/null").code == 0


def test_fix(tmp_path: Path, asked: Asked) -> None:
    """`--fix` proposes the repairs, `--yes` writes them, and then there is nothing left of them."""
    raw = b"[wsl2]\r\nmemory=4GB\r\nmemory=8GB\r\nguiAplications=true\r\n"
    file = _file(tmp_path, raw)
    proposed = asked("lint", file, "--fix")["data"]
    assert (proposed["changed"], file.read_bytes()) == (False, raw)
    assert proposed["diff"]
    assert asked("lint", file, "--fix", "--yes")["data"]["changed"] is True
    assert file.read_bytes() != raw
    assert asked("get", "wsl2.memory", "--file", file)["data"]["effective"] is None  # of an unknown host, as before
    assert b"memory=4GB" in file.read_bytes()
    assert asked("lint", file, "--fix", "--yes")["data"]["changed"] is False


def _file(folder: Path, raw: bytes, name: str = ".wslconfig") -> Path:
    file = folder / name
    file.write_bytes(raw)
    return file


def test_a_second_file_is_seen(tmp_path: Path, asked: Asked) -> None:
    """A .wslconfig in OneDrive's Documents, where WSL never looks, is named: people edit that one and wonder."""
    machine = tmp_path / "machine"
    shutil.copytree(Path(__file__).parents[1] / "machines" / "onedrive-profile", machine)
    found = asked("lint", "--machine", machine)["data"]["findings"]
    assert [finding["message"] for finding in found if finding["id"] == "WC012" and "OneDrive - Corp" in finding["message"]]


def test_a_value_that_policy_empties_is_said(tmp_path: Path, call: Call) -> None:
    """What a policy takes away shows as nothing, not as a blank that reads like a mistake of the table."""
    file = tmp_path / ".wslconfig"
    file.write_text("[wsl2]\nkernelCommandLine=quiet\n")
    said = call("lint", file, "--policy", "AllowKernelCommandLineUserSetting=0")
    assert re.search(r"wsl2\.kernelCommandLine +nothing", said.out)


def test_a_policy_that_is_none(tmp_path: Path, call: Call) -> None:
    """A misspelt policy is a usage error with the names there are; one of them counts in any case."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(b"[wsl2]\nkernelCommandLine=quiet\n")
    said = call("lint", file, "--policy", "AllowKernelCommandLine=0")
    assert said.code == 2
    assert "AllowKernelCommandLineUserSetting" in said.err
    assert call("lint", file, "--policy", "allowkernelcommandlineusersetting=0").code == 1
    assert call("lint", file, "--policy", "AllowWSL1=0").code == 0


def test_what_depends_on_processors_says_so(tmp_path: Path, call: Call) -> None:
    """A value that the host's processors decide names the flag that answers it."""
    file = tmp_path / ".wslconfig"
    file.write_bytes(b"[wsl2]\nprocessors=0\nmemory=0\n")
    out = call("lint", file).out
    assert [line.split(None, 1)[1] for line in out.splitlines() if line.startswith("  wsl2.")] == [
        "depends on the host's processors; say --processors",
        "depends on the host's RAM; say --host-ram",
    ]
