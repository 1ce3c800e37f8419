"""Act: restic as the backup engine: for repositories on a NAS, over sftp, in S3, on a rest-server, with encryption.

restic never sees this machine's paths: a folder of links (`stage`) shows it the agents' folders as they lie under the home, so that a snapshot
holds `/.claude/projects/…` wherever CLAUDE_CONFIG_DIR points, and `restic restore` by hand gives `.claude/…` again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from wslcfg.errors import Conflict, Unreachable, Unreadable
from wslcfg.host import atomic
from wslcfg.model.record import NamedTuple
from wslcfg.store import restic_words as words
from wslcfg.store.engine import BackedUp, Held, Keep, Pruned, Snapshot, Source, Verified
from wslcfg.store.restic_index import Index
from wslcfg.store.restic_run import Ended, Restic
from wslcfg.store.restic_secret import Secret
from wslcfg.store.restic_stage import stage

# Patterns of one `restic restore`: each is held against each file of the snapshot, and an argument list has an end.
_MOST_PATTERNS = 400
# A quick look must not hang a timer; what moves data may take its time.
_QUICK_S = 600.0


class ResticStore:
    """The restic engine (see `engine.Engine`).

    Attributes:
        warnings: what a person should know beside the answer of the last call (the new password file).
    """

    name = "restic"

    def __init__(self, repo: str, state: str, *, secret: Secret, host: str, program: str = "restic") -> None:
        """`repo` as restic writes it (a folder, `sftp:…`, `s3:…`, `rest:…`); `state` is STATE/backup; `host` names this distro's snapshots."""
        self.repo = repo
        self.host = host
        self.warnings: list[str] = []
        self._secret = secret
        self._state = os.path.join(state, "restic", hashlib.sha256(repo.encode()).hexdigest()[:16])
        try:
            os.makedirs(self._state, mode=0o700, exist_ok=True)
        except OSError as error:
            raise atomic.unreachable(error, self._state, "make") from error
        env = {"RESTIC_REPOSITORY": repo, "RESTIC_REPOSITORY_FILE": "", "RESTIC_CACHE_DIR": os.path.join(self._state, "cache")}
        # A small heap and one thread: the machine's memory is what the agents are short of.
        env |= {"GOGC": "20", "GOMAXPROCS": "1", "RESTIC_PROGRESS_FPS": "0.1", "LC_ALL": "C.UTF-8"}
        self._restic = Restic(program, env | secret.env())
        self._known: words.Version | None = None
        self._index = Index(os.path.join(self._state, "snapshots"))

    def backup(self, sources: Iterable[Source], *, full_check: bool = False) -> BackedUp:
        """See Engine; `full_check` reads every byte again instead of trusting size, times and inode."""
        began = time.monotonic()
        self.warnings = []
        with self._alone():
            version = self._version()
            parent = self._parent()
            with stage(os.path.join(self._state, "stage"), sources) as (folder, listing):
                if not listing:
                    return BackedUp(None, 0, 0, 0, time.monotonic() - began, tuple(self.warnings))
                flags = ["--json", "--host", self.host, "--tag", words.TAG, "--one-file-system", "--files-from-verbatim", listing]
                flags += words.backup_flags(version)
                # By itself restic only takes a parent with just the same list of paths.
                flags += ["--force"] if full_check else ["--parent", parent.id] if parent is not None else []
                before = self._room()
                ended, out = self._do("back up", ["backup", *flags], cwd=folder, allowed=("ok", "partial"), timeout_s=None)
            summary = next((one for one in words.messages(out.splitlines()) if one.get("message_type") == "summary"), {})
            if ended.kind == "partial":
                self.warnings.append(f"restic could not read everything: {ended.said or 'it did not say what'}.")
            new_bytes, stored = self._grown(summary, before)
            made = summary.get("snapshot_id")
            snapshot = self._fresh(str(made), summary, parent) if made else None
            files = _count(summary, "total_files_processed")
            seconds = time.monotonic() - began
            return BackedUp(snapshot, files, new_bytes if snapshot else 0, stored, seconds, tuple(self.warnings))

    def snapshots(self) -> tuple[Snapshot, ...]:
        """See Engine; `files` and `bytes` are known for snapshots that were looked into before."""
        return tuple(self._index.describe(one.id, one.tree, one.made_at) for one in self._mine())

    def held(self, *, at: datetime | None = None) -> Iterator[Held]:
        """See Engine. Each snapshot is listed once and its list kept, since a snapshot never changes and a listing costs half a second."""
        mine = self._mine()
        self._index.forget_but({one.tree or one.id for one in mine})
        chosen = [one for one in mine if at is None or one.made_at <= at]
        for one in chosen:
            if not self._index.knows(one.id, one.tree):
                self._learn(one)
        yield from self._index.newest([(one.id, one.made_at) for one in chosen])

    def bring(self, wanted: Sequence[Held], into: Callable[[Held], str]) -> Iterator[Held]:
        """See Engine: restic proves every blob against its hash; the size is proven here. The error's `data["path"]` names what is damaged."""
        for snapshot in dict.fromkeys(one.snapshot for one in wanted):
            yield from self._restore(snapshot, [one for one in wanted if one.snapshot == snapshot], into)

    def verify(self, how: str) -> Verified:
        """See Engine: `quick` is `restic check`, `normal` reads a twentieth of the data as well, `full` all of it."""
        extra = {"quick": [], "normal": ["--read-data-subset=5%"], "full": ["--read-data"]}[how]
        with self._alone():
            snapshots = self._mine()
            ended, out = self._do("verify", ["check", *extra], allowed=("ok", "failed", "crashed"), timeout_s=None, whole=True)
            problems: tuple[str, ...] = ()
            if ended.kind != "ok":
                problems = words.complaints(ended.said + "\n" + out) or ("restic check failed without a reason.",)
            share = {"quick": 0.0, "normal": 0.05, "full": 1.0}[how]
            size = self._stored() if share and not problems else 0
            known = (self._index.files(snapshots[-1].id, snapshots[-1].tree) or 0) if snapshots else 0
            return Verified(len(snapshots), known, int(size * share), problems)

    def prune(self, keep: Keep, *, dry_run: bool = False) -> Pruned:
        """See Engine; restic forgets whole snapshots, so `keep.rewritten` has no counterpart (see `restic_words.keep_flags`)."""
        with self._alone():
            flags = ["--tag", words.TAG, "--host", self.host, "--group-by", "host,tags", *words.keep_flags(keep)]
            _, planned = self._do("look what to forget", ["forget", "--json", "--dry-run", *flags])
            gone = sum(len(_rows(group.get("remove"))) for group in words.listed(planned))
            if dry_run:
                ended, said = self._do("look what to remove", ["forget", "--dry-run", "--prune", *flags]) if gone else (None, "")
            elif gone:
                ended, said = self._do("prune", ["forget", "--prune", *flags], allowed=("ok", "partial"), timeout_s=None)
            else:  # what a killed backup left behind goes by a prune alone
                ended, said = self._do("prune", ["prune"], timeout_s=None)
            warnings = ("restic could not remove everything; the next prune tries again.",) if ended and ended.kind == "partial" else ()
            return Pruned(gone, 0, words.freed(said), warnings)

    # What stands below is how.

    def _version(self) -> words.Version:
        if self._known is None:
            ended, out = self._restic.run(["version"], timeout_s=_QUICK_S)
            self._known = words.parse_version(out or ended.said)
        return self._known

    def _do(
        self,
        what: str,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        allowed: tuple[str, ...] = ("ok",),
        timeout_s: float | None = _QUICK_S,
        whole: bool = False,
        take: Callable[[str], None] | None = None,
    ) -> tuple[words.Outcome, str]:
        """Run a command; where the repository is locked, unlock what is stale (never what lives) and try once more.

        Args:
            allowed: the ends that are no error. whole: `said` is all of stderr instead of its reason. take: gets the lines of stdout.
        """
        self._version()
        if self._secret.lacking:
            raise Unreachable(
                f"The password of the backups is not there: {self._secret.password_file}.",
                "Put it back, or name the right file as password-file in inside.conf; the first backup makes one.",
                code="no-password",
            )
        for attempt in (1, 2):
            lines: list[str] = []
            more = {} if timeout_s is None else {"timeout_s": timeout_s}
            ended: Ended = self._restic.lines(command, take or lines.append, cwd=cwd, **more)
            found = words.outcome(ended.code, ended.said)
            if found.kind == "locked" and attempt == 1:
                self._restic.run(["unlock"], timeout_s=_QUICK_S)
                continue
            break
        if found.kind not in allowed:
            raise words.failure(found, what)
        return (found._replace(said=ended.said) if whole else found), "\n".join(lines)

    def _list(self) -> list[_Listed]:
        """The snapshots of wslcfg in the repository, of any machine, oldest first. Raises Unreachable."""
        _, out = self._do("list snapshots", ["snapshots", "--json", "--tag", words.TAG])
        found = [
            _Listed(str(one["id"]), words.moment(one.get("time")), str(one.get("tree", "")), str(one.get("hostname", "")))
            for one in words.listed(out)
            if isinstance(one.get("id"), str)
        ]
        return sorted(found, key=lambda one: (one.made_at, one.id))

    def _mine(self) -> list[_Listed]:
        """This distro's snapshots; those of all where it has none: a new distro restores what the lost one backed up."""
        found = self._list()
        return [one for one in found if one.host == self.host] or found

    def _parent(self) -> _Listed | None:
        """The newest snapshot; makes the repository where there is none yet."""
        try:
            found = self._list()
        except Unreachable as error:
            if error.code not in {"no-repository", "no-password"}:
                raise
            self._make(error)
            found = []
        self._remember()
        return next((one for one in reversed(found) if one.host == self.host), None)

    def _make(self, why: Unreachable) -> None:
        """Make the repository, with a new password where none is set. A repository that was there before is never made anew: its place is away."""
        if os.path.exists(os.path.join(self._state, "made")):
            if why.code == "no-password":
                raise why
            raise Unreachable(
                f"The repository {words.plain(self.repo)} was there before and is not now.",
                "Mount or reach its place again. If it is gone for good, name another `repo` in inside.conf.",
                code="repository-away",
            )
        note = self._secret.make()
        try:
            self._do("make the repository", ["init"])
        except Unreachable:
            if note:  # nothing was locked with it: the password of a repository that is there is another one
                self._secret.take_back()
            raise
        if note:
            self.warnings.append(note)

    def _remember(self) -> None:
        made = os.path.join(self._state, "made")
        if not os.path.exists(made):
            atomic.replace(made, (words.plain(self.repo) + "\n").encode(), mode=0o600)

    def _fresh(self, made: str, summary: dict[str, object], parent: _Listed | None) -> str | None:
        """The id of the new snapshot; None when it holds just what its parent holds, and then it is taken back (versions below 0.17)."""
        if parent is None or _count(summary, "files_new") or _count(summary, "files_changed"):
            return made
        # No file is new or other, but some may be gone: the trees tell.
        new = next((one for one in self._list() if one.id.startswith(made)), None)
        if new is None or new.tree != parent.tree:
            return made
        with contextlib.suppress(Unreachable, Conflict):
            self._do("take back an empty snapshot", ["forget", new.id])
        return None

    def _grown(self, summary: dict[str, object], before: int | None) -> tuple[int, int]:
        """Raw bytes that were new, and what the repository grew by (as restic says, else as its folder has grown)."""
        added = _count(summary, "data_added")
        if "data_added_packed" in summary:
            return added, _count(summary, "data_added_packed")
        after = self._room()
        return added, added if before is None or after is None else max(0, after - before)

    def _room(self) -> int | None:
        """The size of a repository that is a folder here, None for another."""
        if not os.path.isdir(self.repo):
            return None
        total = 0
        for folder, _, names in os.walk(self.repo):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size
        return total

    def _stored(self) -> int:
        _, out = self._do("measure the repository", ["stats", "--mode", "raw-data", "--json"])
        return next((_count(one, "total_size") for one in words.messages(out.splitlines()) if "total_size" in one), 0)

    def _learn(self, one: _Listed) -> None:
        """List a snapshot and keep what it holds."""
        nodes: list[words.Node] = []

        def take(line: str) -> None:
            for message in words.messages((line,)):
                if found := words.node(message):
                    nodes.append(found)

        self._do("list a snapshot", ["ls", "--json", one.id], take=take)
        self._index.keep(one.id, one.tree, nodes)

    def _restore(self, snapshot: str, wanted: list[Held], into: Callable[[Held], str]) -> Iterator[Held]:
        """Several files of one snapshot by `restic restore` into a folder of ours, from where each goes to its place."""
        step = len(wanted) if len(wanted) > 4 * _MOST_PATTERNS else _MOST_PATTERNS
        for first in range(0, len(wanted), step):
            part = wanted[first : first + step]
            target = tempfile.mkdtemp(prefix="bring-", dir=self._state)
            try:
                flags = ["--target", target]
                if step == _MOST_PATTERNS:
                    flags += [flag for one in part for flag in ("--include", words.pattern(one.key))]
                ended, _ = self._do("restore", ["restore", snapshot, *flags], allowed=("ok", "partial", "failed"), timeout_s=None)
                for one in part:
                    came = os.path.join(target, one.key.lstrip("/"))
                    if _size(came) != one.bytes:
                        raise Unreadable(
                            f"{one.path} of snapshot {snapshot[:8]} cannot be restored: {ended.said or 'restic did not bring all of it'}.",
                            "Run `wslcfg sessions verify --full`, or choose an older version with --at.",
                            code="damaged",
                            data={"path": one.path},
                        )
                    _move(came, into(one))
                    yield one
            finally:
                shutil.rmtree(target, ignore_errors=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One wslcfg at a time on this repository from here; the kernel lets go of the lock with the process. Raises Conflict."""
        handle = os.open(os.path.join(self._state, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(
                    "Another wslcfg works on this repository.", "Wait until it is done and run the command again.", code="locked"
                ) from error
            self._tidy()
            yield
        finally:
            os.close(handle)

    def _tidy(self) -> None:
        """Remove what a killed run left in our folder."""
        for name in os.listdir(self._state):
            if name.startswith("bring-") and time.time() - os.lstat(os.path.join(self._state, name)).st_mtime > _QUICK_S:
                shutil.rmtree(os.path.join(self._state, name), ignore_errors=True)


class _Listed(NamedTuple):
    """A snapshot as the repository lists it; two with the same `tree` hold the same."""

    id: str
    made_at: datetime
    tree: str
    host: str


def _count(message: dict[str, object], key: str) -> int:
    value = message.get(key)
    return value if isinstance(value, int) else 0


def _rows(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _size(path: str) -> int | None:
    try:
        return os.lstat(path).st_size
    except OSError:
        return None


def _move(came: str, target: str) -> None:
    """Put a restored file where it is wanted, private; by a copy where that is another file system. Raises Unreachable."""
    try:
        os.chmod(came, 0o600)
        try:
            os.rename(came, target)
        except OSError:
            shutil.copyfile(came, target)
            os.chmod(target, 0o600)
            os.unlink(came)
    except OSError as error:
        raise atomic.unreachable(error, target, "write") from error
