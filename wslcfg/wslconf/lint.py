"""Think: lint: every mistake in one .wslconfig or wsl.conf, as findings with stable ids, and the report that the contract promises."""

from __future__ import annotations

from collections.abc import Sequence

from wslcfg.model.finding import Finding
from wslcfg.model.wslfile import Effective, HostView, Scan
from wslcfg.wslconf import lint_file, lint_host, lint_keys, lint_layout, lint_paths, lint_together, lint_values
from wslcfg.wslconf.lint_case import Around, Case, Hit, Rule

# In order of preference: of the hits on one part within one group the first is kept. What becomes of characters and backslashes comes
# before what the value then is.
RULES: tuple[Rule, ...] = (
    *lint_file.RULES,
    *lint_layout.RULES,
    *lint_keys.RULES,
    *lint_paths.RULES,
    *lint_values.RULES,
    *lint_host.RULES,
    *lint_together.RULES,
)

# Findings of these rules mean that no distro starts; apply refuses them.
STOPS_WSL = lint_host.STOPS_WSL | {"WC065"}

# The groups whose rules look at the text alone and not at what WSL finally uses.
_GROUPS_OF_THE_TEXT = frozenset({"file", "line", "value", "neighbours"})

# What a message shows of a long value: its beginning and its end.
_LONGEST, _BEGINNING, _END = 400, 280, 80


def lint(scan: Scan, effective: Effective, around: Around | None = None) -> tuple[Finding, ...]:
    """Every finding in a file, in the order of its lines; what concerns the whole file comes first.

    One problem of one line is one finding, of the most specific rule. Rules that need what `around` does not know find nothing.
    """
    found = [
        Finding(rule.id, hit.level or rule.level, hit.line, _clean(hit.key), _clean(hit.message) or "", _clean(hit.fix))
        for rule, hit in hits(Case(scan, effective, around or Around()))
    ]
    return tuple(sorted(found, key=lambda finding: (finding.line or 0, finding.id, finding.key or "")))


def of_settings(scan: Scan, effective: Effective, around: Around, names: frozenset[str]) -> tuple[Finding, ...]:
    """What lint finds on the lines of these settings that count, as their writer should hear it; worst first.

    An error is one that the value alone makes, whatever machine reads it: what needs the surroundings is a warning at most here.
    """
    lines = {entry.editor_line for entry in scan.entries if entry.live and entry.setting in names}
    found = []
    for rule, hit in hits(Case(scan, effective, around)):
        if hit.line in lines and hit.key in names:
            level = hit.level or rule.level
            level = "warning" if level == "error" and rule.group != "value" else level
            found.append(Finding(rule.id, level, hit.line, hit.key, _clean(hit.message) or "", _clean(hit.fix)))
    return tuple(sorted(found, key=lambda finding: (("error", "warning", "info").index(finding.level), finding.line or 0, finding.id)))


def hits(case: Case) -> tuple[tuple[Rule, Hit], ...]:
    """The hits of all rules on a case, one per part and group; an info on a part that has something worse is left out."""
    kept: dict[tuple[int, str], tuple[Rule, Hit]] = {}
    whole: list[tuple[Rule, Hit]] = []
    for rule in RULES:
        if case.effective.fatal is not None and rule.group not in _GROUPS_OF_THE_TEXT:
            continue  # the effective values are those of an empty file then
        for hit in rule.check(case):
            if hit.at < 0:
                whole.append((rule, hit))
            else:
                kept.setdefault((hit.at, rule.group), (rule, hit))
    serious = {hit.at for rule, hit in kept.values() if (hit.level or rule.level) != "info"}
    return (*whole, *((rule, hit) for rule, hit in kept.values() if (hit.level or rule.level) != "info" or hit.at not in serious))


def _clean(text: str | None) -> str | None:
    """A text for people without control characters of the file in it, and not longer than a paragraph."""
    if text is None:
        return None
    text = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
    return text if len(text) <= _LONGEST else f"{text[:_BEGINNING]} … {text[-_END:]}"


def as_dict(finding: Finding) -> dict[str, object]:
    """A finding as the contract's JSON has it."""
    return {
        "id": finding.id,
        "level": finding.level,
        "line": finding.line,
        "key": finding.key,
        "message": finding.message,
        "fix": finding.fix,
    }


def fatal(effective: Effective, findings: Sequence[Finding]) -> str | None:
    """Why no distro would start with this file: WSL's own text, else the first finding that means so; None when it starts."""
    if effective.fatal is not None:
        return effective.fatal
    return next((finding.message for finding in findings if finding.id in STOPS_WSL), None)


def report(scan: Scan, effective: Effective, findings: Sequence[Finding], view: HostView) -> dict[str, object]:
    """The `data` of `lint FILE`: what WSL makes of the file and what is wrong with it, as plain JSON values."""
    return {
        "target": scan.target,
        "encoding": scan.encoding,
        "defaults_for": {"host_ram": view.ram, "processors": view.processors},
        "effective": dict(effective.values),
        "wsl_warnings": list(effective.warnings),
        "fatal": fatal(effective, findings),
        "parse_aborted": effective.aborted,
        "findings": [as_dict(finding) for finding in findings],
    }
