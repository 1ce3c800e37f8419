"""The format as documented: a script that knows nothing of wslcfg reads it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.store.homes import PROJECT, Home
from wslcfg.errors import Unreadable
from wslcfg.store import codec, manifest, pack
from wslcfg.store.engine import Keep

SCRIPT = ROOT / "docs/read_store.py"


@pytest.mark.parametrize("how", ["zstd", "zlib"])
def test_the_script_reads_all_of_it(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script that ships lists and extracts every version from the packs alone, through appends, rewrites and a prune, in both codecs."""
    if how == "zlib":
        monkeypatch.setattr(codec, "ZSTD", None)
    home = Home(tmp_path)
    old = b'{"old":1}\n' * 300
    home.write(f"{PROJECT}/a.jsonl", old)
    home.write(f"{PROJECT}/gone.jsonl", b"gone\n" * 100)
    home.write(f"{PROJECT}/large.jsonl", os.urandom(pack.PIECE + 5))
    home.back_up()
    home.write(f"{PROJECT}/a.jsonl", b'{"new":1}\n' * 200)
    (home.path / f"{PROJECT}/gone.jsonl").unlink()
    for turn in range(8):
        home.append(f"{PROJECT}/a.jsonl", b'{"turn":%d}\n' % turn * 9)
        home.back_up()
    home.store.prune(Keep())
    home.append(f"{PROJECT}/a.jsonl", b"end\n")
    home.back_up()
    for one in (home.repo / "snapshots").iterdir():
        one.unlink()
    done = subprocess.run([sys.executable, SCRIPT, home.repo, tmp_path / "out"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = {str(one.relative_to(tmp_path / "out")): one.read_bytes() for one in (tmp_path / "out").rglob("*") if one.is_file()}
    older = [path for path in found if path.startswith(f"{PROJECT}/a.jsonl.")]
    assert [found.pop(path) for path in older] == [old]
    assert found == {**home.files(), f"{PROJECT}/gone.jsonl": b"gone\n" * 100}
    assert all(path in done.stdout for path in found)


def test_the_script_stands_alone() -> None:
    """The script is short and imports nothing of ours, so that it reads the backups when wslcfg is gone."""
    text = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= {"__future__", "hashlib", "json", "sys", "zlib", "pathlib", "compression", "backports"}
    assert len([line for line in text.splitlines() if line.strip()]) <= 60


@pytest.mark.parametrize("first", ["zstd", "zlib"])
def test_both_codecs_are_read_side_by_side(tmp_path: Path, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that was begun with one codec and goes on with the other comes back whole."""
    home = Home(tmp_path)
    home.write(f"{PROJECT}/a.jsonl", b"line\n" * 1000)
    real = codec.Squeezer
    for how in (first, "zlib" if first == "zstd" else "zstd"):
        for module in (pack, manifest):
            monkeypatch.setattr(module, "Squeezer", lambda how=how: real(how))
        home.append(f"{PROJECT}/a.jsonl", b"more\n" * 500)
        home.back_up()
    names = b"".join(one.read_bytes() for one in home.repo.rglob("*.pack"))
    assert b'"codec":"zstd"' in names
    assert b'"codec":"zlib"' in names
    assert home.present() == home.files()
    assert home.store.verify("full").problems == ()


def test_a_codec_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without zstd the person is told what to install, and that it is no damage."""
    home = Home(tmp_path)
    home.write(f"{PROJECT}/a.jsonl", b"line\n" * 1000)
    home.back_up()
    monkeypatch.setattr(codec, "ZSTD", None)
    with pytest.raises(Unreadable) as failed:
        home.present()
    assert (failed.value.code, "backports.zstd" in failed.value.hint) == ("codec", True)
