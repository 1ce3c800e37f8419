"""The restic engine with the real restic, on a folder and over the wire."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from wslcfg.errors import Conflict, Refused, Unreachable, Unreadable
from wslcfg.store.engine import Keep, Source
from wslcfg.store.restic import ResticStore
from wslcfg.store.restic_secret import Secret

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed"),
]
FIRST = ".claude/projects/-home-ana-shop/1e99f0aa-0000-4000-8000-000000000001.jsonl"
ODD = ".claude/projects/-home-ana-shop/od[d] *? \\ n\u00e4me.jsonl"
ROLLOUT = ".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-0199a1b2-0000-7000-8000-000000000002.jsonl"
TREE = {FIRST: b'{"a":1}\n' * 900, ODD: b"odd\n", ROLLOUT: b"codex\n", ".claude/history.jsonl": b'{"display":"hi"}\n'}


class Home:
    """A home with session files, a repository, and an engine on it."""

    def __init__(self, root: Path, repo: str = "") -> None:
        self.root = root
        self.repo = repo or str(root / "repo")
        self.home = root / "home"
        for path, data in TREE.items():
            self.write(path, data)

    def write(self, path: str, data: bytes) -> None:
        """Write a file below the home."""
        place = self.home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def engine(self, **more: str) -> ResticStore:
        """The engine as the commands make it."""
        return ResticStore(self.repo, str(self.root / "state"), secret=Secret(str(self.root / "password"), **more), host="Ubuntu")

    def sources(self) -> list[Source]:
        """Every file of the home."""
        found = sorted(path.relative_to(self.home).as_posix() for path in self.home.rglob("*") if path.is_file())
        return [Source(path, str(self.home / path)) for path in found]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty repository, made once: each use of its key costs restic half a second."""
    root = tmp_path_factory.mktemp("template")
    Home(root).engine()._make(Unreachable("", ""))
    return root


@pytest.fixture
def home(tmp_path: Path, template: Path) -> Home:
    """A home that was never backed up, and a new repository."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return Home(tmp_path)


@pytest.fixture
def backed_up(home: Home) -> Home:
    """A home with one snapshot."""
    home.engine().backup(home.sources())
    return home


def _fetched(engine: ResticStore, into: Path, at: datetime | None = None) -> dict[str, bytes]:
    """Everything that the engine holds, brought and read."""
    into.mkdir(exist_ok=True)
    held = list(engine.held(at=at))
    names = {one.path: str(into / str(number)) for number, one in enumerate(held)}
    brought = list(engine.bring(held, lambda one: names[one.path]))
    assert sorted(one.path for one in brought) == [one.path for one in held]
    assert all(Path(name).stat().st_mode & 0o777 == 0o600 for name in names.values())
    return {path: Path(name).read_bytes() for path, name in names.items()}


def test_what_is_backed_up_comes_back(tmp_path: Path) -> None:
    """Every byte comes back under the path it has below the home, names with pattern signs included; nothing new is no snapshot."""
    home = Home(tmp_path)
    engine = home.engine()
    done = engine.backup(home.sources())
    assert done.snapshot is not None and done.files == len(TREE) and done.new_bytes > 0 and done.stored_bytes > 0
    assert "losing it loses the backups" in " ".join(done.warnings)
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600 and len((tmp_path / "password").read_bytes()) == 45
    again = engine.backup(home.sources())
    assert again.snapshot is None and again.warnings == () and again.new_bytes == 0
    assert len(engine.snapshots()) == 1
    assert _fetched(engine, tmp_path / "out") == TREE
    assert [(one.files, one.bytes) for one in engine.snapshots()] == [(4, sum(map(len, TREE.values())))]


def test_deleted_and_grown_files_are_told_apart(home: Home, tmp_path: Path) -> None:
    """A file that is gone stays restorable and is marked deleted; a grown one is held as it is now, and with `at` as it was."""
    engine = home.engine()
    engine.backup(home.sources())
    then = datetime.now(timezone.utc)
    time.sleep(0.01)
    home.write(FIRST, TREE[FIRST] + b'{"b":2}\n')
    (home.home / ROLLOUT).unlink()
    home.write(".claude/projects/-home-ana-shop/new.jsonl", b"new\n")
    assert engine.backup(home.sources()).snapshot
    held = {one.path: one for one in engine.held()}
    assert {path for path, one in held.items() if one.deleted} == {ROLLOUT}
    assert held[FIRST].bytes == len(TREE[FIRST]) + 8
    assert _fetched(engine, tmp_path / "now")[ROLLOUT] == TREE[ROLLOUT]
    assert _fetched(engine, tmp_path / "then", at=then) == TREE


def test_files_that_lie_elsewhere_keep_their_path(home: Home, tmp_path: Path) -> None:
    """CLAUDE_CONFIG_DIR elsewhere and a database's copy are held under the home's own paths."""
    elsewhere = tmp_path / "cc"
    shutil.move(home.home / ".claude", elsewhere)
    (tmp_path / "copy").write_bytes(b"database")
    sources = [Source(path, str(elsewhere / path.removeprefix(".claude/"))) for path in sorted(TREE) if path.startswith(".claude/")]
    sources += [Source(ROLLOUT, str(home.home / ROLLOUT)), Source(".codex/state_5.sqlite", str(tmp_path / "copy"), snapshot=True)]
    engine = home.engine()
    engine.backup(sources)
    assert _fetched(engine, tmp_path / "out") == {**TREE, ".codex/state_5.sqlite": b"database"}


def test_linked_folders_are_followed(home: Home, tmp_path: Path) -> None:
    """Where `projects` or a project is a link to another disk, the files behind it are held, not the link."""
    shutil.move(home.home / ".claude/projects", tmp_path / "disk")
    (home.home / ".claude/projects").symlink_to(tmp_path / "disk")
    shutil.move(home.home / ".codex/sessions/2026", tmp_path / "2026")
    (home.home / ".codex/sessions/2026").symlink_to(tmp_path / "2026")
    engine = home.engine()
    engine.backup([Source(path, str(home.home / path)) for path in sorted(TREE)])
    assert [(one.path, one.bytes) for one in engine.held()] == [(path, len(TREE[path])) for path in sorted(TREE)]


def test_a_new_distro_restores_what_the_lost_one_backed_up(home: Home, tmp_path: Path) -> None:
    """Another host without snapshots of its own sees those of all; once it has some, it sees its own."""
    home.engine().backup(home.sources())
    other = ResticStore(home.repo, str(tmp_path / "new"), secret=Secret(str(tmp_path / "password")), host="Debian")
    assert [one.path for one in other.held()] == sorted(TREE)
    other.backup([one for one in home.sources() if one.path == FIRST])
    assert [one.path for one in other.held()] == [FIRST]


def test_only_what_was_named_is_in_a_snapshot(home: Home) -> None:
    """A secret beside the sessions is not backed up, however the list of paths is shortened."""
    wanted = home.sources()
    for secret in (".claude/.credentials.json", ".codex/auth.json", ".claude/projects/-home-ana-shop/token.key"):
        home.write(secret, b"secret")
    engine = home.engine()
    engine.backup(wanted)
    assert [one.path for one in engine.held()] == sorted(TREE)


def test_a_file_that_vanishes_is_no_failure(home: Home) -> None:
    """A session that is deleted between the walk and the backup is missing, and the backup stands."""
    gone = Source(".claude/projects/-home-ana-shop/gone.jsonl", str(home.home / ".claude/projects/-home-ana-shop/gone.jsonl"))
    assert home.engine().backup([*home.sources(), gone]).files == len(TREE)


def test_verify_finds_damage(home: Home, tmp_path: Path) -> None:
    """A byte that fell over in a pack is found by the full verification, and the file it hurts is named when it is brought."""
    engine = home.engine()
    engine.backup(home.sources())
    full = engine.verify("full")
    assert full.problems == () and full.checked_bytes > 0 and full.snapshots == 1
    held = list(engine.held())
    for pack in Path(home.repo, "data").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            data = bytearray(pack.read_bytes())
            data[len(data) // 3] ^= 1
            pack.write_bytes(data)
    shutil.rmtree(next((tmp_path / "state/restic").iterdir()) / "cache", ignore_errors=True)
    assert engine.verify("full").problems
    with pytest.raises(Unreadable) as caught:
        list(engine.bring(held, lambda one: str(tmp_path / "out")))
    assert caught.value.data["path"] in TREE


def test_prune_says_what_goes(home: Home) -> None:
    """Pruning keeps what is young, and a dry run removes nothing; what a killed backup left goes with it."""
    engine = home.engine()
    engine.backup(home.sources())
    old = ["backup", "--time", "2020-01-01 10:00:00", "--host", "Ubuntu", "--tag", "wslcfg-sessions", str(home.home)]
    for more in ("2020-01-02 10:00:00", "2020-01-02 11:00:00"):
        old[2] = more
        subprocess.run(["restic", *old], env={**os.environ, **_env(home)}, check=True, capture_output=True)
    # Monthly snapshots: the newest of January 2020 is one of the twelve.
    assert engine.prune(Keep(), dry_run=True).snapshots == 1
    assert len(engine.snapshots()) == 3
    assert engine.prune(Keep()).snapshots == 1
    assert len(engine.snapshots()) == 2


def _env(home: Home) -> dict[str, str]:
    return {"RESTIC_REPOSITORY": home.repo, "RESTIC_PASSWORD_FILE": str(home.root / "password")}


def _locks(home: Home) -> list[Path]:
    """The repository's locks; one that is being written is none yet."""
    return [path for path in Path(home.repo, "locks").iterdir() if "-tmp-" not in path.name]


def _await_lock(home: Home) -> None:
    deadline = time.monotonic() + 60
    while not _locks(home):
        assert time.monotonic() < deadline, "restic took no lock"
        time.sleep(0.01)


def test_a_wrong_password_is_said(home: Home, tmp_path: Path) -> None:
    """A wrong password is told as such, and no new repository is made over the old one."""
    home.engine().backup(home.sources())
    (tmp_path / "password").write_text("wrong\n")
    with pytest.raises(Unreachable) as caught:
        home.engine().backup(home.sources())
    assert caught.value.code == "restic-password"


def test_a_repository_that_is_away_is_not_made_anew(home: Home) -> None:
    """An unmounted drive must not turn into a new, empty repository in its mount point."""
    home.engine().backup(home.sources())
    os.rename(home.repo, home.repo + "-unmounted")
    with pytest.raises(Unreachable) as caught:
        home.engine().backup(home.sources())
    assert caught.value.code == "repository-away"
    assert not os.path.exists(home.repo)
    with pytest.raises(Unreachable):
        home.engine().snapshots()


def test_a_killed_backup_blocks_nothing(home: Home) -> None:
    """A SIGKILL leaves restic's lock behind; pruning and verifying take the stale one away, and no half snapshot is listed."""
    engine = home.engine()
    engine.backup(home.sources())
    home.write(".claude/projects/-home-ana-shop/big.jsonl", os.urandom(40 << 20))
    child = subprocess.Popen(
        ["restic", "backup", "--tag", "wslcfg-sessions", "--host", "Ubuntu", str(home.home)],
        env={**os.environ, **_env(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _await_lock(home)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert _locks(home), "restic ended before the kill"
    assert engine.prune(Keep()).snapshots == 0
    assert not _locks(home)
    assert len(engine.snapshots()) == 1


def test_a_lock_of_the_living_stays(home: Home) -> None:
    """A lock whose process lives is left alone: the command says so and changes nothing."""
    engine = home.engine()
    engine.backup(home.sources())
    holder = subprocess.Popen(
        ["restic", "backup", "--stdin", "--tag", "other"],
        env={**os.environ, **_env(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_lock(home)
        with pytest.raises(Conflict):
            engine.prune(Keep())
        assert _locks(home)
    finally:
        holder.kill()
        holder.communicate()


def test_two_wslcfg_on_one_repository(home: Home) -> None:
    """A second backup beside a running one is a conflict, told at once."""
    engine = home.engine()
    with engine._alone(), pytest.raises(Conflict):
        home.engine().backup(home.sources())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A rest-server on loopback, by rclone, with a user and a password."""
    if shutil.which("rclone") is None:
        pytest.skip("rclone is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "served").mkdir()
    command = ["rclone", "serve", "restic", "--addr", f"127.0.0.1:{port}", "--user", "ana", "--pass", "geheim", str(tmp_path / "served")]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "RCLONE_CONFIG": ""})
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"127.0.0.1:{port}"
    child.kill()
    child.wait()


def test_over_the_wire(server: str, tmp_path: Path) -> None:
    """The same engine over HTTP: backup, listing, restore, verification; a wrong user is an error without the password in it."""
    home = Home(tmp_path, f"rest:http://ana:geheim@{server}/")
    engine = home.engine()
    assert engine.backup(home.sources()).snapshot
    home.write(FIRST, TREE[FIRST] + b'{"c":3}\n')
    assert engine.backup(home.sources()).snapshot
    assert _fetched(engine, tmp_path / "out") == {**TREE, FIRST: TREE[FIRST] + b'{"c":3}\n'}
    with pytest.raises(Unreachable) as caught:
        Home(tmp_path / "other", f"rest:http://ana:falsch@{server}/").engine().backup(home.sources())
    assert "falsch" not in caught.value.message + caught.value.hint


def test_a_server_that_is_away(tmp_path: Path) -> None:
    """No server at the address: unreachable, with restic's own reason, and nothing is made."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = Home(tmp_path, f"rest:http://127.0.0.1:{port}/")
    with pytest.raises(Unreachable) as caught:
        home.engine().backup(home.sources())
    assert "refused" in caught.value.message


def test_keys_come_from_a_private_file(home: Home, tmp_path: Path) -> None:
    """Keys of S3 and the like come from a file that only the person may read, and no other variable does."""
    keys = tmp_path / "keys"
    keys.write_text("# mine\nexport AWS_ACCESS_KEY_ID='abc'\n")
    with pytest.raises(Refused):
        home.engine(keys_file=str(keys))
    keys.chmod(0o600)
    assert Secret("p", keys_file=str(keys)).env()["AWS_ACCESS_KEY_ID"] == "abc"
    keys.write_text("LD_PRELOAD=/x\n")
    with pytest.raises(Refused):
        home.engine(keys_file=str(keys))


def test_a_password_command(home: Home, tmp_path: Path) -> None:
    """The password may come from a command instead of a file; then no file is made."""
    os.rename(tmp_path / "password", tmp_path / "elsewhere")
    engine = home.engine(password_command=f"cat {tmp_path}/elsewhere")
    assert engine.backup(home.sources()).snapshot
    assert not (tmp_path / "password").exists()


def test_no_restic(home: Home, tmp_path: Path) -> None:
    """A missing restic is said with the way out."""
    engine = ResticStore(str(tmp_path / "r"), str(tmp_path / "s"), secret=Secret(str(tmp_path / "p")), host="h", program="no-such-restic")
    with pytest.raises(Unreachable) as caught:
        engine.snapshots()
    assert caught.value.code == "no-restic"


def test_nothing_secret_is_an_argument(home: Home, tmp_path: Path) -> None:
    """What restic is started with carries neither the repository nor a password."""
    told = tmp_path / "told"
    program = tmp_path / "restic"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>{told}\nexec restic "$@"\n')
    program.chmod(0o755)
    engine = ResticStore(home.repo, str(tmp_path / "s"), secret=Secret(str(tmp_path / "password")), host="h", program=str(program))
    engine.backup(home.sources())
    list(engine.held())
    assert home.repo not in told.read_text() and (tmp_path / "password").read_text().strip() not in told.read_text()
