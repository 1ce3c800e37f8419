"""`wslcfg get`, `set` and `unset`: single settings, every other byte as it was."""

from __future__ import annotations

import os
import sys
from hashlib import sha256

from wslcfg.cli.carry import carry_out, repairs_json
from wslcfg.cli.keyname import known, spelled
from wslcfg.cli.lint import around
from wslcfg.cli.named import host_bytes
from wslcfg.cli.place import existence, glance, own_target, settle
from wslcfg.cli.shared import Consent, Flags, Json, absolute, open_host, this_disk
from wslcfg.errors import Refused, Usage
from wslcfg.host.port import Host
from wslcfg.model.facts import Machine
from wslcfg.model.plan import FileChange, Plan
from wslcfg.model.result import Message, Result
from wslcfg.model.wslfile import Target
from wslcfg.plan.filechange import change_file, judge
from wslcfg.plan.labels import LABELS
from wslcfg.plan.view import view_of
from wslcfg.ui.diff import painted, plan_diff
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.wslconf.edit import Want, edit
from wslcfg.wslconf.effective import effective
from wslcfg.wslconf.lint import of_settings
from wslcfg.wslconf.scan import scan
from wslcfg.wslconf.values import canonical


def run_set(given: Flags, settings: tuple[str, ...], file: str, consent: Consent) -> Result:
    """Set single settings; every other byte of the file stays."""
    wants: list[tuple[Target, Want]] = []
    settings = tuple(map(_as_utf8, settings))
    for item in settings:
        key, equals, value = item.partition("=")
        if not equals:
            raise Usage(f"'{item}' has no value.", f"Write {item}=VALUE, or `wslcfg unset {item}` to remove it.")
        target, setting = known(key.strip())
        wants.append((target, Want(setting.name, canonical(setting, value.strip()), "You set it.")))
    return _change(given, wants, file, consent, f"set {' '.join(settings)}")


def _as_utf8(item: str) -> str:
    """A word of the command line as the UTF-8 it was typed in; in the C locale Python gives each of its bytes as a lone surrogate.

    Raises:
        Refused: it is no UTF-8.
    """
    if not any("\ud800" <= sign <= "\udfff" for sign in item):
        return item
    try:
        return os.fsencode(item).decode("utf-8")
    except UnicodeError as error:
        raise Refused(
            f"'{ascii(item)[1:-1]}' is no UTF-8, in which the file would have to hold it.", "Type it in a UTF-8 terminal.", code="bad-value"
        ) from error


def run_unset(given: Flags, keys: tuple[str, ...], file: str, consent: Consent) -> Result:
    """Remove single settings, so that WSL's defaults hold again."""
    wants = [(target, Want(setting.name, None, "You removed it.")) for target, setting in map(known, keys)]
    return _change(given, wants, file, consent, f"unset {' '.join(keys)}")


def _change(given: Flags, wants: list[tuple[Target, Want]], file: str, consent: Consent, title: str) -> Result:
    host = open_host(given)
    machine = glance(host)
    own = own_target(host, machine, file) if file else None
    if file and own is None:
        return _in_file(given, machine, wants, file, dry_run=consent.dry_run)
    if own is not None:
        # What WSL reads goes the guarded way under whatever name it is given; with --file nothing asks.
        if any(target != own for target, _ in wants):
            raise Refused(
                f"{file} is your own {LABELS[own]}, which holds no setting of the other file.", "Leave --file out.", code="two-files"
            )
        consent = consent._replace(yes=True)
    place = settle(host, machine)
    files = [
        change_file(host.read(place.path(target)), target, place.path(target), mine, view_of(machine))
        for target in LABELS
        if (mine := [want for which, want in wants if which == target])
    ]
    said: tuple[Message, ...] = ()
    for one in files:
        if one.change is not None:
            said += _lint(host, machine, one.change.after or b"", one.target, wants)
    plan = Plan(title, tuple(one.change for one in files if one.change is not None), judge(files, machine, existence(host, machine)))
    result = carry_out(given, host, place, plan, consent, command=f"wslcfg {title}")
    result.data["changes"] = [
        row for file in plan.files for row in _by_key(file, "wslconf" if file.label == LABELS["wslconf"] else "wslconfig")
    ]
    return result._replace(messages=(*said, *result.messages))


def _lint(host: Host, machine: Machine, raw: bytes, target: Target, wants: list[tuple[Target, Want]]) -> tuple[Message, ...]:
    """What lint says of the lines as they are written. Raises Refused for a value that is a mistake on every machine."""
    names = frozenset(str(want.setting) for which, want in wants if which == target and want.value is not None)
    view = view_of(machine)
    found = scan(raw, target, LABELS[target])
    findings = of_settings(found, effective(found, view), around(host, machine, view, ""), names)
    for finding in findings:
        if finding.level == "error":
            hint = finding.fix or f"`wslcfg explain {spelled(target, finding.key or '')}` says what it takes."
            raise Refused(finding.message, hint, code="bad-value", data={"key": finding.key, "finding": finding.id})
    return tuple(
        Message("note" if finding.level == "info" else "warning", f"{finding.message} {finding.fix or ''}".strip() + f" ({finding.id})")
        for finding in findings
    )


def _by_key(file: FileChange, target: Target) -> list[Json]:
    """The key changes with `key` spelled as KEY: what `set` and `unset` take is what they answer; the section stands beside it."""
    return [change._asdict() | {"key": spelled(target, f"{change.section}.{change.key}")} for change in file.keys]


def _in_file(given: Flags, machine: Machine, wants: list[tuple[Target, Want]], file: str, *, dry_run: bool) -> Result:
    """Edit a file in place without asking; a file that does not exist yet is made.

    Raises:
        Refused: wants for both files, or what `edit` refuses. Unreadable, Unreachable, Conflict: the file.
    """
    targets = {target for target, _ in wants}
    if len(targets) > 1:
        raise Refused("One file cannot be both .wslconfig and wsl.conf.", "Change them in two calls.", code="two-files")
    target = targets.pop()
    path = absolute(file)
    before = host_bytes(open_host(given), path, given.machine)
    edited = edit(before, target, [want for _, want in wants], label=file)
    said = _lint(open_host(given), machine, edited.raw, target, wants) if edited.raw != (before or b"") else ()
    change = FileChange(file, path, before, edited.raw, edited.keys, edited.repairs)
    plan = Plan("set", (change,) if edited.raw != (before or b"") else ())
    diff = plan_diff(plan)
    if plan.files and not dry_run:
        digest = "" if before is None else sha256(before).hexdigest()
        own = given.machine and open_host(given).read(path) is not None
        (open_host(given) if own else this_disk()).write(path, edited.raw, if_digest=digest)
    data: dict[str, object] = {
        "changed": bool(plan.files),
        "changes": _by_key(change, target) if plan.files else [],
        "repairs": repairs_json(plan.files),
        "diff": diff,
    }
    shown = "Nothing to do: the file says so already." if not diff else painted(diff, Paint(on=wants_color(sys.stdout)))
    repairs = tuple(Message("note", f"line {repair.line}: {repair.why}") for repair in edited.repairs)
    return Result(data, lambda: "" if given.quiet and not dry_run else shown, (*said, *repairs))
