"""Think: what of a user's record a person typed. The client puts texts of its own where a prompt would stand."""

from __future__ import annotations

from collections.abc import Iterable

from wslcfg.model.late import late

# How the client's own texts begin (Claude Code 2.1.27 to 2.1.329).
_MARKUP = ("<local-command", "<command-message", "<bash-", "<system-reminder", "<ide_", "<session-start", "<task-notification")
_CLIENTS_OWN = (*_MARKUP, "[Request interrupted", "Caveat:", "This session is being continued")
_COMMAND = late(r"(?s)<command-name>(.*?)</command-name>")


def said(texts: Iterable[str]) -> str:
    """The first of a record's texts that is a prompt, of a slash command its name; '' where none is."""
    for text in texts:
        if named := _COMMAND.search(text):
            return str(named[1])
        if text.strip() and not text.lstrip().startswith(_CLIENTS_OWN):
            return text
    return ""
