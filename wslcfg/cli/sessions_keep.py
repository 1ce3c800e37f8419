"""`wslcfg sessions keep`: Claude Code deletes what was not used for `cleanupPeriodDays`; this raises it, every other byte of settings.json as it was."""

from __future__ import annotations

import json

from wslcfg.cli.backups import settle
from wslcfg.cli.carry import carry_out
from wslcfg.cli.place import glance, settle_near
from wslcfg.cli.shared import Consent, Flags, this_disk
from wslcfg.inside.jsonedit import edited, value_at
from wslcfg.model.plan import FileChange, KeyChange, Plan
from wslcfg.model.result import Message, Result
from wslcfg.sessions.examine import DEFAULT_DAYS, settings_path

_KEY = "cleanupPeriodDays"
# "Files with errors are skipped entirely", say 2.1.27 to 2.1.329 of a file with a comment or a trailing comma.
_SKIPPED = "Claude Code passes over all of {path} while it has comments or trailing commas: 30 days hold until they are out."


def run_keep(given: Flags, days: int, home: str, consent: Consent) -> Result:
    """Raise it to so many days; a larger one stays. Never 0, which deletes everything on some versions."""
    where = settle(given, home).where
    host = this_disk()
    path = settings_path(where)
    before = host.read(path)
    was = _said(before, path)
    after = before if 0 < was >= days else edited(before, [_KEY], days, label=path)
    why = f"Claude Code deletes a session that was not used for {was} days."
    change = FileChange(path, path, before, after, (KeyChange(path, "", _KEY, str(was), str(days), why),))
    plan = Plan(f"sessions keep {days}", (change,) if after != before else ())
    result = carry_out(
        given, host, settle_near(host, glance(host)), plan, consent, command=f"wslcfg sessions keep --days {days}", takes_effect=False
    )
    told = () if _strict(after) else (Message("warning", _SKIPPED.format(path=path)),)
    return result._replace(data={**result.data, "was": was, "days": max(was, days)}, messages=(*result.messages, *told))


def _strict(raw: bytes | None) -> bool:
    """Whether the client reads the file."""
    try:
        json.loads(raw or b"{}")
    except ValueError:
        return False
    return True


def _said(raw: bytes | None, path: str) -> int:
    """What the file says, comments or not; the client's default where it says nothing. Raises Unreadable: it is no JSON."""
    found = value_at(raw, [_KEY], label=path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else DEFAULT_DAYS
