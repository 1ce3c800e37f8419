"""`wslcfg lint`: what WSL will really read from a file, and every mistake in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from wslcfg.cli.named import LARGEST, host_bytes
from wslcfg.cli.place import existence, glance, own_target, settle, settle_near
from wslcfg.cli.shared import Consent, Flags, absolute, open_host
from wslcfg.errors import Unreachable, Unreadable, Usage
from wslcfg.host.port import Host
from wslcfg.model.facts import Machine
from wslcfg.model.finding import Finding
from wslcfg.model.record import NamedTuple
from wslcfg.model.result import Message, Result
from wslcfg.model.size import human, parse
from wslcfg.model.wslfile import Effective, HostView, Scan, Target
from wslcfg.plan.labels import LABELS
from wslcfg.plan.sizing import windows_reserve
from wslcfg.plan.view import view_of
from wslcfg.ui.paint import Paint, wants_color
from wslcfg.ui.tables import table
from wslcfg.ui.words import count, listing
from wslcfg.ui.wrap import columns, wrap
from wslcfg.wslconf.effective import OTHER_POLICIES, POLICIES, effective
from wslcfg.wslconf.keys import find
from wslcfg.wslconf.lint import lint as examine
from wslcfg.wslconf.lint import report
from wslcfg.wslconf.lint_case import Around
from wslcfg.wslconf.scan import scan

# GitHub's names for the three levels (workflow commands).
_GITHUB = {"error": "error", "warning": "warning", "info": "notice"}


class LintAsked(NamedTuple):
    """What the command line asks of lint: the file ('' for the person's own, `-` for stdin) and what to assume about the host."""

    file: str = ""
    target: str = ""
    host_ram: str = ""
    processors: int | None = None
    policies: tuple[str, ...] = ()
    form: str = "text"


def run_lint(given: Flags, asked: LintAsked, consent: Consent, *, fix: bool) -> Result:
    """Say what WSL will read from a file, and every mistake in it; errors and warnings make the exit code 1."""
    file, form = asked.file, asked.form
    if form not in ("text", "json", "github"):
        raise Usage(f"--format takes text, json or github, not '{form}'.", "Leave it out for text.")
    host = open_host(given)
    machine = glance(host)
    which = _target(asked.target, file)
    view = _view(machine, asked)
    if file:
        path, raw = (file, _piped()) if file == "-" else (absolute(file), host_bytes(host, file, given.machine))
        shown = file
    else:
        place = settle(host, machine)
        path = place.path(which)
        raw = host.read(path)
        shown = place.windows_wslconfig if which == "wslconfig" else path
    if raw is None and file:
        raise Unreachable(f"There is no file {file}.", "Check the path; without one, lint reads your own .wslconfig.", code="no-file")
    found = scan(raw or b"", which, "/etc/wsl.conf" if which == "wslconf" and not file else shown)
    will = effective(found, view)
    findings = examine(found, will, around(host, machine, view, path if raw is not None else ""))
    data = report(found, will, findings, view)
    bad = any(finding.level != "info" for finding in findings)
    if fix:
        # Lint itself is a hot command; mending brings apply and history along.
        from wslcfg.cli.lint_fix import mend

        own = not file
        if file and file != "-" and consent.yes and own_target(host, machine, file) == which:
            # Under whatever name it was given it has a history. Without --yes this is only a proposal, as for any file that is named.
            own, path = True, settle_near(host, machine).path(which)
        return mend(given, host, machine, found, will, around(host, machine, view, path), path, own=own, consent=consent)
    messages: tuple[Message, ...] = ()
    if raw is None:
        messages = (Message("note", f"There is no {LABELS[which]}: WSL uses its defaults."),)
    if form == "json" and not given.json:
        import json

        return Result(data, lambda: json.dumps(data, indent=2), messages, int(bad))
    if form == "github":
        return Result(data, lambda: "\n".join(_annotation(finding, file or path) for finding in findings), (), int(bad))
    return Result(data, lambda: "\n".join(as_text(found, will, findings, shown)), messages, int(bad))


def _piped() -> bytes:
    """What comes through stdin; the file's own bytes, whatever they are. Raises Unreadable where nothing comes: whatever should have written it failed."""
    raw = sys.stdin.buffer.read(LARGEST)
    if not raw:
        raise Unreadable("Nothing came through stdin.", "Pipe the file in, or name it: wslcfg lint FILE.", code="empty-input")
    return raw


def _target(stated: str, file: str) -> Target:
    """Which of the two files this is: as stated, else by its name."""
    if stated in ("wslconfig", ".wslconfig"):
        return "wslconfig"
    if stated in ("wslconf", "wsl.conf"):
        return "wslconf"
    if stated:
        raise Usage(f"--target takes wslconfig or wslconf, not '{stated}'.", "Leave it out to tell it from the file's name.")
    return "wslconf" if os.path.basename(file).startswith("wsl.conf") else "wslconfig"


def _view(machine: Machine, asked: LintAsked) -> HostView:
    """The host as flags and facts have it; flags win."""
    view = view_of(machine)
    known = dict(view.policies)
    spelling = {name.lower(): name for name in (*POLICIES, *OTHER_POLICIES)}
    for item in asked.policies:
        name, _, value = item.partition("=")
        digits = value.removeprefix("-")
        if not (name and digits.isascii() and digits.isdigit() and len(digits) <= 10):  # a registry DWORD has no more
            raise Usage(f"--policy takes NAME=VALUE with a number, not '{item}'.", "For example --policy AllowKernelUserSetting=0.")
        if name.lower() not in spelling:
            raise Usage(f"WSL has no policy '{name}'.", f"It has {listing(POLICIES)}.")
        known[spelling[name.lower()]] = int(value)
    return HostView(
        ram=int(parse(asked.host_ram, exact=False)) if asked.host_ram else view.ram,
        processors=asked.processors or view.processors,
        policies=tuple(sorted(known.items())),
        windows11=view.windows11,
        x64=view.x64,
    )


def around(host: Host, machine: Machine, view: HostView, path: str) -> Around:
    """What lint knows of a file's surroundings; `path` is where it lies, '' when it is not there."""
    windows = machine.host
    folder = os.path.dirname(path)
    names = host.list(folder) if path and machine.distro.is_wsl else ()
    own = path.endswith("/.wslconfig") and machine.distro.is_wsl
    return Around(
        ram=view.ram,
        processors=view.processors,
        disk_free=windows.disk_free.value,
        windows_reserve=windows_reserve(view.ram, "standard", windows.windows_in_use.value) if view.ram else None,
        policies=view.policies if windows.policies.known or view.policies else None,
        files=tuple(names),
        other_profiles=_others(host, folder, names) if own else (),
        exists=existence(host, machine),
        wsl_version=windows.wsl_version.value,
        windows_build=windows.build.value,
        systemd=machine.distro.systemd.value,
    )


def _others(host: Host, folder: str, names: Sequence[str]) -> tuple[str, ...]:
    """Other files of that name that people edit in vain: in Documents, in OneDrive and its Documents, in other profiles of this Windows."""
    homes = ["Documents", *(name for name in names if name.lower().startswith("onedrive"))]
    places = [f"{folder}/{home}{below}" for home in homes for below in ("", "/Documents")]
    users = os.path.dirname(folder)
    places += [f"{users}/{name}" for name in host.list(users) if f"{users}/{name}" != folder]
    return tuple(f"{place}/.wslconfig" for place in places if host.stat(f"{place}/.wslconfig") is not None)


def as_text(found: Scan, will: Effective, findings: tuple[Finding, ...], shown: str) -> list[str]:
    """The findings for a person, worst first for the eye by colour and in the file's order, then what WSL will use that is no default."""
    paint = Paint(on=wants_color(sys.stdout))
    colour = {"error": "red", "warning": "yellow", "info": "cyan"}
    lines: list[str] = []
    width = columns()
    for finding in findings:
        where = f"{shown}:{finding.line}" if finding.line else shown
        lines += wrap(f"{where}: {paint(finding.level, colour[finding.level], 'bold')} {finding.id}: {finding.message}", width, "  ")
        if finding.fix:
            lines += [f"    {paint(line, 'dim')}" for line in wrap(finding.fix, width and width - 4, "")]
    serious = sum(finding.level == "error" for finding in findings)
    mild = sum(finding.level == "warning" for finding in findings)
    lines.append(f"{count(serious, 'error')}, {count(mild, 'warning')}, {count(len(findings) - serious - mild, 'remark')}.")
    read = [
        (entry.setting, will.values.get(entry.setting))
        for entry in found.entries
        if entry.live and entry.setting is not None and entry.setting in will.values
    ]
    if read:
        lines.append("WSL will use:")
        lines += table([(name, _value(name, value)) for name, value in read], indent="  ")
    return lines


def _value(name: str, value: object) -> str:
    if value is None:
        return (
            "depends on the host's processors; say --processors"
            if name == "wsl2.processors"
            else "depends on the host's RAM; say --host-ram"
        )
    if isinstance(value, bool):
        return str(value).lower()
    if value == "":
        return "nothing"
    setting = find(name) or find(name, "wslconf")
    return human(value) if isinstance(value, int) and setting is not None and setting.type == "memory" else str(value)


def _annotation(finding: Finding, path: str) -> str:
    """One GitHub workflow command, escaped as its documentation asks."""
    text = f"{finding.message} {finding.fix or ''}".strip().replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    name = path.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    line = f",line={finding.line}" if finding.line else ""
    return f"::{_GITHUB[finding.level]} file={name}{line},title={finding.id}::{text}"
