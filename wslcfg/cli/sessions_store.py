"""`wslcfg sessions snapshots`, `verify` and `prune`: the store of the backups itself."""

from __future__ import annotations

import shlex
from datetime import datetime, timezone

from wslcfg.cli.backups import engine_of, keep_of, settle
from wslcfg.cli.sessions_backup import short
from wslcfg.cli.sessions_kept import forget_old
from wslcfg.cli.shared import Consent, Flags, Json, absolute, asker
from wslcfg.errors import Refused, Usage
from wslcfg.model.inside import LAST_PRUNE, LAST_VERIFY
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human
from wslcfg.store import notes
from wslcfg.store.engine import Pruned, Verified
from wslcfg.store.restored import Cleaned, clean
from wslcfg.ui.tables import table
from wslcfg.ui.words import ago, count, listing, stamp


def run_snapshots(given: Flags, repo: str) -> Result:
    """List the snapshots, newest first."""
    backups = settle(given, repo=repo)
    engine = engine_of(backups)
    now = datetime.now(timezone.utc)
    found = engine.snapshots()
    listed = [
        {"id": one.id, "made_at": stamp(one.made_at), "files": one.files, "bytes": one.bytes, "new_bytes": one.new_bytes} for one in found
    ]
    rows = [
        (short(one.id), ago(one.made_at, now), *("-" if value is None else value for value in _words(one.files, one.bytes, one.new_bytes)))
        for one in reversed(found)
    ]
    header = ("snapshot", "when", "files", "size", "new")
    lines = table(rows, header=header, right=frozenset({2, 3, 4})) if rows else ["No snapshot yet: `wslcfg sessions backup` makes one."]
    return Result({"snapshots": listed, "engine": engine.name, "repo": backups.repo}, lambda: "\n".join(lines))


def _words(files: int | None, size: int | None, new: int | None) -> tuple[str | None, str | None, str | None]:
    return (
        None if files is None else str(files),
        None if size is None else human(size),
        None if new is None else human(new),
    )


def run_verify(given: Flags, repo: str, *, quick: bool, full: bool, rebuild: bool) -> Result:
    """Look whether what is stored can be restored; findings make the exit code 1."""
    if quick and full:
        raise Usage("--quick and --full exclude each other.", "Choose one; without them a part of the data is read.")
    backups = settle(given, repo=repo)
    engine = engine_of(backups)
    messages = []
    if rebuild:
        made = getattr(engine, "rebuild", None)
        if made is None:
            raise Refused(
                f"The {engine.name} engine is not rebuilt by wslcfg.",
                "Run `restic repair index`, then `restic repair snapshots`.",
                code="rebuild",
            )
        made()
        messages.append(Message("note", "The list of what the store holds was made anew from its packs."))
    how = "quick" if quick else "full" if full else "normal"
    found = engine.verify(how)
    if not backups.named:
        notes.write(backups.state, LAST_VERIFY, datetime.now(timezone.utc), how=how, problems=list(found.problems))
    data: Json = {
        "how": how,
        "snapshots": found.snapshots,
        "files": found.files,
        "checked_bytes": found.checked_bytes,
        "problems": list(found.problems),
        "engine": engine.name,
        "repo": backups.repo,
    }
    head = f"{count(found.snapshots, 'snapshot')} with {count(found.files, 'file')}, {human(found.checked_bytes)} read again: "
    text = head + (count(len(found.problems), "problem") + ".\n" + "\n".join(found.problems) if found.problems else "all well.")
    messages += [Message("note", text) for text in _remedies(found, repo)]
    return Result(data, lambda: text, tuple(messages), 1 if found.problems else 0)


def _remedies(found: Verified, repo: str) -> list[str]:
    """What to run about the problems."""
    named = f" --repo {shlex.quote(absolute(repo))}" if repo else ""
    said = []
    if found.unlisted:
        said.append(
            f"`wslcfg sessions verify --rebuild{named}` makes the lists anew from the packs; what cannot be read is kept beside them."
        )
    if found.lost:
        home = " (with the --home of these backups)" if repo else ""
        said.append(
            f"`wslcfg sessions backup --full-check{named}`{home} stores anew what is still on the disk; "
            "a mirror may have the rest (`wslcfg sessions restore --repo MIRROR`)."
        )
    return said


def run_prune(given: Flags, repo: str, consent: Consent) -> Result:
    """Remove what no rule keeps and give its room back; with what old restores and repairs kept to be undone."""
    backups = settle(given, repo=repo)
    engine, keep = engine_of(backups), keep_of(backups.conf)
    now = datetime.now(timezone.utc)
    done = engine.prune(keep, dry_run=True)
    old = Cleaned(0, 0) if backups.named else clean(backups.state, now, dry_run=True)
    mended = (0, 0) if backups.named else forget_old(backups, now, dry_run=True)
    if not consent.dry_run:
        if done.snapshots or done.versions or old.restores or mended[0]:
            question = f"Remove {_pruned(done, old, mended[0])} for good?"
            if not consent.yes and not asker(given).confirm(question, default=False, flag="--yes"):
                nothing: Json = {"snapshots": 0, "versions": 0, "restores": 0, "repairs": 0, "freed_bytes": 0, "dry_run": False}
                return Result(nothing, lambda: "Nothing was removed.")
        done = engine.prune(keep)
        if not backups.named:
            old, mended = clean(backups.state, now), forget_old(backups, now)
            notes.write(backups.state, LAST_PRUNE, now)
    verb = "would go" if consent.dry_run else "removed"
    freed = done.freed_bytes + old.bytes + mended[1]
    text = f"{_pruned(done, old, mended[0])} {verb}, {human(freed)} {'would be ' if consent.dry_run else ''}freed."
    data: Json = {
        "snapshots": done.snapshots,
        "versions": done.versions,
        "restores": old.restores,
        "repairs": mended[0],
        "freed_bytes": freed,
        "dry_run": consent.dry_run,
        "engine": engine.name,
        "repo": backups.repo,
    }
    return Result(data, lambda: text, tuple(Message("warning", warning) for warning in done.warnings))


def _pruned(done: Pruned, old: Cleaned, repairs: int) -> str:
    """What goes, in words."""
    words = f"{count(done.snapshots, 'snapshot')} and {count(done.versions, 'old version')}"
    undo = [
        *([f"{count(old.restores, 'restore')} into the home"] if old.restores else []),
        *([count(repairs, "repair")] if repairs else []),
    ]
    return f"{words}, and what {listing(undo)} kept to be undone," if undo else words
